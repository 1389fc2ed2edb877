"""Elements moved, repeated, added and taken away along an axis.

All of it is views and joins: nothing is computed, and nothing copied, before a result is asked for. Arguments that say
where (positions, counts) are looked at at once, since the shape of the result depends on them.
"""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from . import _engine
from ._creation import private, zeros
from ._engine import Array
from ._shape import moveaxis

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, NDArray

    Axis = int | Sequence[int] | None

__all__ = ["delete", "insert", "repeat", "resize", "roll", "tile", "trim_zeros"]

#: Up to so many pieces an array is put together of its slices; more are looked up by their positions.
_FEW = 256


def _line(a: ArrayLike | Array, axis: SupportsIndex | None) -> tuple[Array, int]:
    """The array and one of its axes; flattened where none is named."""
    array = _engine.asarray(a)
    if axis is None:
        return array.ravel(), 0
    return array, normalize_axis_index(operator.index(axis), array.ndim)


def _part(array: Array, axis: int, part: slice) -> Array:
    """A slice along one axis."""
    return array[(slice(None),) * axis + (part,)]


# ---- moved -----------------------------------------------------------------------------------------------------


def roll(a: ArrayLike | Array, shift: Any, axis: Axis = None) -> Array:
    """The elements moved on by ``shift`` positions along an axis, those pushed out at the end back in at the beginning.

    Several axes may be given, with one shift for all or one each; without any the array is rolled as if it were flat.
    """
    array = _engine.asarray(a)
    if axis is None:
        return roll(array.ravel(), shift, 0).reshape(array.shape)
    axes = normalize_axis_tuple(axis, array.ndim, allow_duplicate=True)
    pairs = np.broadcast(shift, axes)
    if pairs.ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    shifts = dict.fromkeys(range(array.ndim), 0)
    for by, each in pairs:
        shifts[int(each)] += int(by)
    for each, by in shifts.items():
        cut = -by % (array.shape[each] or 1)
        if cut:
            array = _engine.concatenate([_part(array, each, slice(cut, None)), _part(array, each, slice(cut))], each)
    return array


# ---- repeated --------------------------------------------------------------------------------------------------


def repeat(a: ArrayLike | Array, repeats: ArrayLike | Array, axis: SupportsIndex | None = None) -> Array:
    """Each element repeated, along an axis or in the flattened array; ``repeats`` is one number or one per position.

    Different numbers of repeats cost 8 bytes of memory per position of the result. Raises ``ValueError`` for negative
    repeats and for a wrong number of them, ``TypeError`` where they are no integers.
    """
    array = _engine.asarray(a)
    array, place = _line(array.reshape(1) if array.ndim == 0 else array, axis)
    length = array.shape[place]
    counts = _counts(repeats)
    if length and (counts < 0).any():
        raise ValueError("repeats may not contain negative values.")
    if counts.size == 1:
        return _repeated(array, place, max(int(counts[0]), 0))
    if len(counts) != length:
        raise ValueError(f"operands could not be broadcast together with shape ({length},) ({len(counts)},)")
    repeated: Array = array.take(private(np.repeat(np.arange(length), counts)), place)
    return repeated


def _counts(repeats: ArrayLike | Array) -> NDArray[Any]:
    is_array = isinstance(repeats, Array | np.ndarray)
    # As in NumPy, numbers and lists become integers whatever they are; arrays must hold some.
    counts = np.atleast_1d(np.asarray(repeats, None if is_array else np.intp))
    if not np.can_cast(counts.dtype, np.intp, "safe"):
        raise TypeError(f"Cannot cast array data from {counts.dtype!r} to dtype('int64') according to the rule 'safe'")
    if counts.ndim > 1:
        raise ValueError("repeats must be one number or have one axis")
    return counts


def _repeated(array: Array, axis: int, count: int) -> Array:
    """Each position of an axis ``count`` times: a broadcast, flattened."""
    shape = array.shape
    wide = _engine.broadcast_to(_engine.expand_dims(array, axis + 1), (*shape[: axis + 1], count, *shape[axis + 1 :]))
    return wide.reshape(*shape[:axis], shape[axis] * count, *shape[axis + 1 :])


def tile(A: ArrayLike | Array, reps: Any) -> Array:
    """The whole array repeated along each of its axes; more numbers than axes make new axes in front."""
    array = _engine.asarray(A)
    counts = tuple(operator.index(count) for count in (reps if np.iterable(reps) else (reps,)))
    counts = (1,) * (array.ndim - len(counts)) + counts
    if any(count < 0 for count in counts):
        raise ValueError("negative dimensions are not allowed")
    array = array.reshape((1,) * (len(counts) - array.ndim) + array.shape)
    for axis, count in enumerate(counts):
        if count != 1:
            array = tiled_along(array, axis, count)
    return array


def tiled_along(array: Array, axis: int, count: int) -> Array:
    """An axis ``count`` times in a row: a broadcast along a new axis before it, flattened."""
    shape = array.shape
    if shape[axis] == 1:
        return _engine.broadcast_to(array, (*shape[:axis], count, *shape[axis + 1 :]))
    wide = _engine.broadcast_to(_engine.expand_dims(array, axis), (*shape[:axis], count, *shape[axis:]))
    return wide.reshape(*shape[:axis], count * shape[axis], *shape[axis + 1 :])


def resize(a: ArrayLike | Array, new_shape: Any) -> Array:
    """The elements in C order under another shape, from the beginning again when there are too few; zeros of nothing."""
    lengths = tuple(operator.index(n) for n in (new_shape if np.iterable(new_shape) else (new_shape,)))
    if any(length < 0 for length in lengths):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat = _engine.asarray(a).ravel()
    count = 1
    for length in lengths:
        count *= length
    if len(flat) == 0 or count == 0:
        return zeros(lengths, flat.dtype)
    return tile(flat, -(-count // len(flat)))[:count].reshape(lengths)


# ---- taken away ------------------------------------------------------------------------------------------------


def delete(arr: ArrayLike | Array, obj: Any, axis: SupportsIndex | None = None) -> Array:
    """The array without some positions of an axis, or of the flattened array.

    ``obj`` is a position, a slice, an array of positions, or a mask of the axis. Raises ``IndexError`` for positions
    outside the axis.
    """
    array, place = _line(arr, axis)
    length = array.shape[place]
    if isinstance(obj, slice):
        run = range(length)[obj]
        return _without(array, place, run if run.step > 0 else run[::-1])
    gone = np.unique(_gone(obj, length, place))
    if len(gone) > _FEW:
        left: Array = array.take(private(np.delete(np.arange(length), gone)), place)
        return left
    cuts = [-1, *map(int, gone), length]
    return _pieces(array, place, [(before + 1, after) for before, after in pairwise(cuts)])


def _pieces(array: Array, axis: int, bounds: list[tuple[int, int]]) -> Array:
    """Parts of an axis one after the other."""
    parts = [_part(array, axis, slice(start, stop)) for start, stop in bounds if start < stop]
    return _engine.concatenate(parts, axis) if parts else _part(array, axis, slice(0))


def _without(array: Array, axis: int, gone: range) -> Array:
    """The array without ascending positions at even distances."""
    shape, step = array.shape, gone.step
    if not gone:
        return array
    if step == 1 or len(gone) == 1:
        return _pieces(array, axis, [(0, gone[0]), (gone[-1] + 1, shape[axis])])
    # Between the first and the last one lie rows of `step` positions, of which the first goes.
    rows = _part(array, axis, slice(gone[0], gone[-1])).reshape(*shape[:axis], -1, step, *shape[axis + 1 :])
    between = _part(rows, axis + 1, slice(1, None)).reshape(*shape[:axis], -1, *shape[axis + 1 :])
    before, after = _part(array, axis, slice(gone[0])), _part(array, axis, slice(gone[-1] + 1, None))
    return _engine.concatenate([before, between, after], axis)


def _gone(obj: Any, length: int, axis: int) -> NDArray[Any]:
    """Positions to delete, as NumPy understands them."""
    given = np.asarray(obj)
    if given.size == 0 and not isinstance(obj, np.ndarray):
        given = given.astype(np.intp)
    if given.dtype == bool:
        if given.shape != (length,):
            raise ValueError(
                "boolean array argument obj to delete must be one dimensional and match the axis length of "
                f"{length}"
            )
        return np.flatnonzero(given)
    if given.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    outside = (given < -length) | (given >= length)
    if outside.any():
        raise IndexError(f"index {given[outside].flat[0]} is out of bounds for axis {axis} with size {length}")
    return np.where(given < 0, given + length, given).astype(np.intp)


# ---- added -----------------------------------------------------------------------------------------------------


def insert(
    arr: ArrayLike | Array, obj: Any, values: ArrayLike | Array, axis: SupportsIndex | None = None
) -> Array:
    """The array with ``values`` before some positions of an axis, or of the flattened array; they take its type.

    ``obj`` is a position, a slice, an array of positions, or a mask. As in NumPy, one position is given the whole of
    ``values``, several are given one part of it each. Raises ``IndexError`` for positions outside the axis.
    """
    array, place = _line(arr, axis)
    length = array.shape[place]
    before = _before(obj, length)
    if before.size != 1:
        return _interleaved(array, place, before, _as_values(values, array.dtype))
    at = before.item()
    if not -length <= at <= length:
        raise IndexError(f"index {obj} is out of bounds for axis {place} with size {length}")
    new = _as_values(values, array.dtype)
    new = new.reshape((1,) * (array.ndim - new.ndim) + new.shape)
    new = moveaxis(new, 0, place) if before.ndim == 0 else new
    new = _assigned(new, (*array.shape[:place], new.shape[place], *array.shape[place + 1 :]))
    at = at + length if at < 0 else at
    return _engine.concatenate([_part(array, place, slice(at)), new, _part(array, place, slice(at, None))], place)


def _before(obj: Any, length: int) -> NDArray[Any]:
    """Positions to insert before, as NumPy understands them."""
    if isinstance(obj, slice):
        return np.arange(*obj.indices(length), dtype=np.intp)
    given = np.asarray(obj)
    if given.dtype == bool:
        if given.ndim != 1:
            raise ValueError("boolean array argument obj to insert must be one dimensional")
        return np.flatnonzero(given)
    if given.ndim > 1:
        raise ValueError("index array argument obj to insert must be one dimensional or scalar")
    if given.size == 0 and not isinstance(obj, np.ndarray):
        given = given.astype(np.intp)
    if given.size != 1 and given.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    return given


def _as_values(values: ArrayLike | Array, dtype: np.dtype[Any]) -> Array:
    """Values in the type of the array they go into, converted as an assignment does."""
    return values.astype(dtype) if isinstance(values, Array) else _engine.asarray(np.asarray(values, dtype))


def _assigned(values: Array, shape: tuple[int, ...]) -> Array:
    """Values broadcast as an assignment does, which overlooks axes of length one in front."""
    extra = values.ndim - len(shape)
    if extra > 0 and all(length == 1 for length in values.shape[:extra]):
        values = values.reshape(values.shape[extra:])
    if values.ndim > len(shape):
        raise ValueError(f"could not broadcast input array from shape {values.shape} into shape {shape}")
    return _engine.broadcast_to(values, shape)


def _interleaved(array: Array, axis: int, before: NDArray[Any], values: Array) -> Array:
    """One part of ``values`` before each of several positions."""
    length, count = array.shape[axis], len(before)
    wrapped = np.where(before < 0, before + length, before).astype(np.intp)
    outside = (wrapped < 0) | (wrapped > length)
    if outside.any():
        raise IndexError(f"index {before[outside][0]} is out of bounds for axis {axis} with size {length}")
    values = _assigned(values, (*array.shape[:axis], count, *array.shape[axis + 1 :]))
    order = np.argsort(wrapped, kind="stable")
    if (np.diff(order) < 0).any():
        values = values.take(private(order), axis)
    wrapped = wrapped[order]
    groups = np.flatnonzero(np.diff(wrapped, prepend=-1, append=length + 1))
    if len(groups) > _FEW:
        return _looked_up(array, axis, wrapped, values)
    parts, done = [], 0
    for first, last in pairwise(map(int, groups)):
        at = int(wrapped[first])
        parts += [_part(array, axis, slice(done, at)), _part(values, axis, slice(first, last))]
        done = at
    return _engine.concatenate([*parts, _part(array, axis, slice(done, None))], axis)


def _looked_up(array: Array, axis: int, before: NDArray[Any], values: Array) -> Array:
    """The same for many ascending positions, by the position that each element of the result comes from."""
    is_new = np.zeros(array.shape[axis] + len(before), bool)
    is_new[before + np.arange(len(before))] = True
    along = (slice(None),) + (None,) * (array.ndim - axis - 1)
    number = np.cumsum(is_new)
    old_at = np.minimum(np.arange(len(is_new)) - number, max(array.shape[axis] - 1, 0))
    new: Array = values.take(private(np.maximum(number - 1, 0)), axis)
    if array.shape[axis] == 0:
        return new
    return _engine.map("where", private(is_new[along]), new, array.take(private(old_at), axis))


# ---- trimmed ---------------------------------------------------------------------------------------------------


def trim_zeros(filt: ArrayLike | Array, trim: str = "fb", axis: Axis = None) -> Array:
    """The smallest box that holds every element that is not zero, or only cut so along the axes named.

    ``trim`` says whether the front (``"f"``), the back (``"b"``) or both are cut. The shape of the result depends on the
    values, so they are looked at: this reads the array once, at once.
    """
    array = _engine.asarray(filt)
    sides = trim.lower()
    if sides not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    axes = tuple(range(array.ndim)) if axis is None else normalize_axis_tuple(axis, array.ndim, argname="axis")
    if not axes:
        return array
    bounds = _bounds(array)
    key = [slice(None)] * array.ndim
    for each in axes:
        start, stop = bounds[each] if bounds else (0, 0)
        key[each] = slice(start if "f" in sides or not bounds else None, stop if "b" in sides or not bounds else None)
    return array[tuple(key)]


def _bounds(array: Array) -> list[tuple[int, int]]:
    """The smallest box around what is not zero, computed in one pass; empty when there is nothing."""
    if array.size == 0:
        return []
    others = [tuple(each for each in range(array.ndim) if each != axis) for axis in range(array.ndim)]
    lines = [np.flatnonzero(line) for line in _engine.compute_all([(array != 0).any(axis=rest) for rest in others])]
    return [(int(line[0]), int(line[-1]) + 1) for line in lines if len(line)]
