"""Elements by mask and by position: which are not zero, those where a condition holds, those at positions.

What a mask selects has a length that only counting tells. Such arrays stay lazy: elementwise operations, reductions and
views of their other axes need no count, and selections by one mask go together. Looking at ``shape``, ``len`` or the
elements counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array
from ._indexing import check_bounds, truth
from ._out import deliver
from ._ranges import positions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

__all__ = [
    "argwhere",
    "choose",
    "compress",
    "extract",
    "flatnonzero",
    "nonzero",
    "select",
    "take",
    "take_along_axis",
]


def _where(condition: Any, x: Any, y: Any) -> Array:
    return _engine.map("where", condition, x, y)


def nonzero(a: ArrayLike | Array) -> tuple[Array, ...]:
    """The positions of the elements that are not zero, in C order: one int64 array per axis.

    Their length is counted when it is looked at. An array without axes is a ``ValueError``.
    """
    array = _engine.asarray(a)
    if array.ndim == 0:
        raise ValueError(
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead. "
            "If the context of this error is of the form `arr[nonzero(cond)]`, just use `arr[cond]`."
        )
    flat, lengths = flatnonzero(array), array.shape
    if len(lengths) == 1:
        return (flat,)
    return tuple(flat // step % length for step, length in zip(_steps(lengths), lengths, strict=True))


def _steps(shape: tuple[int, ...]) -> list[int]:
    """How many elements lie between neighbours along each axis in C order; for counting with, so never zero."""
    steps = [1]
    for length in reversed(shape[1:]):
        steps.insert(0, steps[0] * max(length, 1))
    return steps[: len(shape)]


def flatnonzero(a: ArrayLike | Array) -> Array:
    """The positions, in the flattened array, of the elements that are not zero."""
    flat = _engine.asarray(a).ravel()
    return _engine.select(positions(flat.size), truth(flat), 0)


def argwhere(a: ArrayLike | Array) -> Array:
    """The indices of the elements that are not zero, one row each: shape ``(count, a.ndim)``, int64."""
    array = _engine.asarray(a)
    lengths = np.array([max(length, 1) for length in array.shape], np.int64)
    # Dividing by arrays of one element per axis needs no count, as stacking would.
    steps = np.array(_steps(array.shape)[: array.ndim], np.int64)
    return flatnonzero(array)[:, None] // steps % lengths


def compress(
    condition: ArrayLike | Array, a: ArrayLike | Array, axis: SupportsIndex | None = None, out: Any = None
) -> Any:
    """The elements along an axis, or of the flattened array, where a condition with one axis is true.

    A condition that is too short is false for the rest. Raises ``IndexError`` for one that is true beyond the axis (it
    is looked at if it is longer), ``ValueError`` for one with another number of axes.
    """
    mask = truth(condition)
    if mask.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    array, at = _along(a, axis)
    length, given = array.shape[at], len(mask)
    if given > length:
        beyond = np.flatnonzero(np.asarray(mask[length:]))
        if beyond.size:
            check_bounds(beyond + length, length, at)
        mask = mask[:length]
    array = array[(slice(None),) * at + (slice(min(given, length)),)]
    return deliver(_engine.select(array, mask, at), out, "compress")


def compressed(a: Array, condition: ArrayLike | Array, axis: SupportsIndex | None = None, out: Any = None) -> Any:
    """The elements along an axis, or of the flattened array, where a condition with one axis is true."""
    return compress(condition, a, axis, out)


def _along(a: ArrayLike | Array, axis: SupportsIndex | None) -> tuple[Array, int]:
    """The array and the axis, or the flattened array and its only one; an array without axes passes as having one."""
    array = _engine.asarray(a)
    if axis is None or array.ndim == 0:
        array, axis = array.ravel(), 0 if axis is None else axis
    return array, _axis(axis, array.ndim)


def _axis(axis: SupportsIndex, ndim: int) -> int:
    normalize: Any = np.lib.array_utils.normalize_axis_index
    return int(normalize(axis, ndim))


def extract(condition: ArrayLike | Array, arr: ArrayLike | Array) -> Array:
    """The elements of the flattened array where the flattened condition is true."""
    extracted: Array = compress(truth(condition).ravel(), _engine.asarray(arr).ravel())
    return extracted


# ---- by position -----------------------------------------------------------------------------------------------


def integers(indices: Any, casting: Any = "same_kind") -> Any:
    """Positions as int64: an ``Array``, or a NumPy array (not copied where it has the type)."""
    if isinstance(indices, Array):
        return indices.astype(np.int64, casting=casting)
    if not isinstance(indices, np.ndarray):
        return np.array(indices, np.int64)
    return indices.astype(np.int64, casting=casting, copy=False)


def by_mode(index: Any, length: int, axis: int, mode: str) -> Any:
    """Positions brought into the axis as ``mode`` says: ``"raise"`` checks those that are known, ``"wrap"`` and ``"clip"``
    compute."""
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    if mode == "raise":
        if isinstance(index, np.ndarray):
            check_bounds(index, length, axis)
        return index
    if length == 0:
        return index
    return index % length if mode == "wrap" else index.clip(0, length - 1)


def take(
    a: ArrayLike | Array,
    indices: ArrayLike | Array,
    axis: SupportsIndex | None = None,
    out: Any = None,
    mode: str = "raise",
) -> Any:
    """The elements at positions given by an integer array, along an axis or in the flattened array.

    Positions outside the axis are an ``IndexError``, at once for NumPy arrays and when the result is computed for lazy
    ones; with ``mode="wrap"`` they start again, with ``"clip"`` the nearest is taken. Negative ones count from the end
    unless clipped.
    """
    (array, at), index = _along(a, axis), integers(indices)
    length = array.shape[at]
    if length > 0:
        index = by_mode(index, length, at, mode)
    return deliver(_engine.take(array, index, at), out, "take")


def positions_along(array: Array, indices: Any, axis: SupportsIndex | None) -> Array:
    """The positions, in the flattened array, of the elements at ``indices`` along an axis: lazily, for they can be many more
    than the indices."""
    if not isinstance(indices, Array):
        indices = np.asarray(indices)
    shape, at = (array.shape, _axis(axis, array.ndim)) if axis is not None else ((array.size,), 0)
    if axis is None and indices.ndim != 1:
        raise ValueError("when axis=None, `indices` must have a single dimension.")
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if indices.ndim != len(shape):
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    _check_others(indices.shape, shape, at)
    steps = _steps(shape)
    flat = _engine.asarray(_offsets(integers(indices, "unsafe"), shape[at], at, steps[at]))
    for other in (axis for axis in range(len(shape)) if axis != at):
        offsets = _engine.arange(0, steps[other], shape[other], np.int64)
        flat = flat + offsets.reshape((shape[other],) + (1,) * (len(shape) - 1 - other))
    return flat


def _check_others(indices: tuple[int, ...], shape: tuple[int, ...], axis: int) -> None:
    """Whether indices broadcast with the axes that they do not index."""
    for other, (given, length) in enumerate(zip(indices, shape, strict=True)):
        if other != axis and given != length and 1 not in (given, length):
            raise IndexError(
                f"shape mismatch: indexing arrays could not be broadcast together with shapes {indices} and the other "
                f"axes of {shape}"
            )


def _offsets(index: Any, length: int, axis: int, step: int) -> Any:
    """How far positions on an axis are from its beginning. Those outside are an ``IndexError``: at once in a NumPy
    array, and in a lazy one far outside of everything, where the engine meets them."""
    if isinstance(index, np.ndarray):
        check_bounds(index, length, axis)
        return np.where(index < 0, index + length, index) * step
    from_start = _where(index < 0, index + length, index)
    is_outside = (from_start < 0) | (from_start >= length)
    return _where(is_outside, -(2**62), from_start * step)


def take_along_axis(
    arr: ArrayLike | Array, indices: ArrayLike | Array, axis: SupportsIndex | None = -1
) -> Array:
    """The elements at positions along an axis that differ from place to place, as ``argmax`` with ``keepdims`` gives them.

    ``indices`` has as many axes as ``arr``; the others broadcast. With ``axis=None`` it is ``arr.ravel()[indices]``.
    Positions outside the axis are an ``IndexError``, for lazy ones when the result is computed.
    """
    array = _engine.asarray(arr)
    return _engine.take(array.ravel(), positions_along(array, indices, axis), 0)


# ---- by case ---------------------------------------------------------------------------------------------------


def choose(
    a: ArrayLike | Array, choices: Sequence[ArrayLike | Array] | Array, out: Any = None, mode: str = "raise"
) -> Any:
    """For each element of ``a``, the element there of the choice with that number; all broadcast together.

    A number without a choice is a ``ValueError``, in a lazy ``a`` an ``IndexError`` when the result is computed;
    ``mode="wrap"`` and ``"clip"`` are as in :func:`take`.
    """
    numbers = integers(a if isinstance(a, Array) else np.asarray(a), "safe")
    cases = list(choices)
    if not cases:
        raise ValueError("0-length sequence.")
    if mode == "raise" and isinstance(numbers, np.ndarray):
        if ((numbers < 0) | (numbers >= len(cases))).any():
            raise ValueError("invalid entry in choice array")
    elif mode == "raise":
        # No choice is counted from the end; the engine refuses what lies outside a table of the choices' numbers.
        beyond = _where(numbers < 0, len(cases), numbers)
        numbers = _engine.take(positions(len(cases)), beyond, 0)
    numbers, dtype = by_mode(numbers, len(cases), 0, mode), _common_type(cases)
    chosen: Any = _engine.asarray(cases[-1]).astype(dtype)
    for number, case in reversed(list(enumerate(cases[:-1]))):
        chosen = _where(_engine.map("equal", numbers, number), _engine.asarray(case).astype(dtype), chosen)
    shape = np.broadcast_shapes(np.shape(numbers), chosen.shape)
    return deliver(_engine.broadcast_to(chosen, shape), out, "choose")


def _common_type(cases: Sequence[Any]) -> np.dtype[Any]:
    """The type to which arrays and Python numbers promote."""
    kinds = [case if isinstance(case, int | float | complex) else _engine.asarray(case).dtype for case in cases]
    return np.result_type(*kinds)


def select(
    condlist: Sequence[ArrayLike | Array], choicelist: Sequence[ArrayLike | Array], default: Any = 0
) -> Array:
    """The elements of the first choice whose condition is true there, ``default`` where none is; all broadcast together.

    Raises ``ValueError`` for lists of different lengths or without entries, ``TypeError`` for conditions that are not
    boolean.
    """
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if len(condlist) == 0:
        raise ValueError("select with an empty condition list is not possible")
    conditions = [_engine.asarray(condition) for condition in condlist]
    for number, condition in enumerate(conditions):
        if condition.dtype != np.bool_:
            raise TypeError(f"invalid entry {number} in condlist: should be boolean ndarray")
    dtype = _common_type([*choicelist, default])
    chosen: Array = _engine.asarray(default).astype(dtype)
    for condition, choice in reversed(list(zip(conditions, choicelist, strict=True))):
        chosen = _where(condition, _engine.asarray(choice).astype(dtype), chosen)
    return chosen
