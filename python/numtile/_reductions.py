"""Reductions: one number from many, over all axes, one, or several.

``axis`` is ``None`` (all axes), an integer or a tuple of integers; ``keepdims`` keeps reduced axes with length one. An
axis that does not exist is an ``AxisError``. Result types are NumPy's. Sums are exact modulo 2**64 for integers and
accurate on every axis for floats; the bits depend on the shape and the axes alone, never on the memory budget or the
number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    Axis = SupportsIndex | Sequence[SupportsIndex] | None

__all__ = ["all", "amax", "amin", "any", "argmax", "argmin", "max", "mean", "min", "std", "sum", "var"]


def sum(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """The sum of the elements; integers of less than 64 bits are summed in 64."""
    return _engine.asarray(a).sum(axis, dtype, out, keepdims, initial, where)


def mean(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Array:
    """The arithmetic mean; integers give float64."""
    return _engine.asarray(a).mean(axis, dtype, out, keepdims, where=where)


def var(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Array:
    """The variance: squared distances from the mean, divided by their number minus ``ddof``."""
    return _engine.asarray(a).var(axis, dtype, out, _degrees(ddof, correction, mean), keepdims, where=where)


def std(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Array:
    """The standard deviation, the square root of :func:`var`."""
    return _engine.asarray(a).std(axis, dtype, out, _degrees(ddof, correction, mean), keepdims, where=where)


def _degrees(ddof: float, correction: float | None, mean: Any) -> float:
    """What is taken off the divisor; the array API calls it ``correction``."""
    if mean is not None:
        raise NotImplementedError("numtile does not support the mean= argument yet")
    if correction is None:
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    return correction


def min(
    a: ArrayLike | Array,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """The least element; NaN wins. An empty array is a ``ValueError``."""
    return _engine.asarray(a).min(axis, out, keepdims, initial, where)


def max(
    a: ArrayLike | Array,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """The greatest element; NaN wins. An empty array is a ``ValueError``."""
    return _engine.asarray(a).max(axis, out, keepdims, initial, where)


def argmin(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, out: None = None, *, keepdims: bool = False
) -> Array:
    """The position of the first least element along an axis, or in the flattened array; NaN counts as least."""
    return _engine.asarray(a).argmin(axis, out, keepdims=keepdims)


def argmax(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, out: None = None, *, keepdims: bool = False
) -> Array:
    """The position of the first greatest element along an axis, or in the flattened array; NaN counts as greatest."""
    return _engine.asarray(a).argmax(axis, out, keepdims=keepdims)


def any(
    a: ArrayLike | Array, axis: Axis = None, out: None = None, keepdims: bool = False, *, where: Any = None
) -> Array:
    """Whether any element is true, that is, not zero; NaN is true."""
    return _engine.asarray(a).any(axis, out, keepdims, where=where)


def all(
    a: ArrayLike | Array, axis: Axis = None, out: None = None, keepdims: bool = False, *, where: Any = None
) -> Array:
    """Whether all elements are true, that is, not zero; NaN is true."""
    return _engine.asarray(a).all(axis, out, keepdims, where=where)


amin = min
amax = max
