"""Sums over windows that move along an array: convolution and correlation.

A short kernel is a sum of shifted slices, which is one fused expression; a long one is a reduction over a view of windows,
which holds no copy of them. Either way the array is read in one pass.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array
from ._pad import pad
from ._shape import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["convolve", "correlate"]

#: Kernels up to this length are written out.
_SHORT = 32
_MODES = {"valid": 0, "same": 1, "full": 2}
#: Floats are added up in double precision and rounded once, as sums are.
_ACCUMULATORS = {"f": np.dtype(np.float64), "c": np.dtype(np.complex128)}


def convolve(a: ArrayLike | Array, v: ArrayLike | Array, mode: str = "full") -> Array:
    """The discrete convolution of two arrays with one axis: the sum over ``k`` of ``a[n - k] * v[k]``.

    ``mode`` says which ``n``: those where the shorter array overlaps the longer one at all (``"full"``), wholly
    (``"valid"``), or as many as the longer one has elements (``"same"``). Computed as the sum, not by a Fourier transform.
    """
    a, v = _line(a, "a"), _line(v, "v")
    longer, kernel = (a, v) if len(a) >= len(v) else (v, a)
    return _moving_sums(longer, kernel[::-1], mode)


def correlate(a: ArrayLike | Array, v: ArrayLike | Array, mode: str = "valid") -> Array:
    """The cross-correlation of two arrays with one axis: the sum over ``n`` of ``a[n + k] * conj(v[n])``.

    ``mode`` says which ``k``, as for :func:`convolve`.
    """
    a, v = _vector(a, "first"), _vector(v, "second")
    if len(a) >= len(v):
        return _moving_sums(a, v.conj(), mode)
    return _moving_sums(v.conj(), a, mode)[::-1]


def _line(x: ArrayLike | Array, name: str) -> Array:
    array = _engine.asarray(x)
    array = array.reshape(1) if array.ndim == 0 else array
    if array.ndim > 1:
        raise ValueError("object too deep for desired array")
    if len(array) == 0:
        raise ValueError(f"{name} cannot be empty")
    return array


def _vector(x: ArrayLike | Array, which: str) -> Array:
    array = _engine.asarray(x)
    if array.ndim != 1:
        raise ValueError(f"object of too {'small depth' if array.ndim == 0 else 'deep'} for desired array")
    if len(array) == 0:
        raise ValueError(f"{which} array argument cannot be empty")
    return array


def _moving_sums(x: Array, kernel: Array, mode: str) -> Array:
    """The sums of ``x[n + k] * kernel[k]``, the kernel being no longer than ``x``."""
    length, dtype = len(kernel), np.result_type(x.dtype, kernel.dtype)
    before = (0, length // 2, length - 1)[_overlap(mode)]
    after = (0, length - 1 - length // 2, length - 1)[_overlap(mode)]
    accumulator = _ACCUMULATORS.get(dtype.kind, dtype)
    padded, weights = pad(x.astype(accumulator), (before, after)), kernel.astype(accumulator)
    if length <= _SHORT:
        count = len(padded) - length + 1
        terms = (padded[k : k + count] * weights[k] for k in range(length))
        return functools.reduce(operator.add, terms).astype(dtype)
    sums: Array = (sliding_window_view(padded, length) * weights).sum(axis=1, dtype=accumulator)
    return sums.astype(dtype)


def _overlap(mode: Any) -> int:
    """The number of a mode, which NumPy takes as well."""
    if mode in _MODES.values():
        return int(mode)
    if mode not in _MODES:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    return _MODES[mode]
