"""Keys with arrays in them: ``x[key]`` and ``x[key] = value`` as NumPy's advanced indexing has them.

The compiled class handles keys of integers, slices, ``None`` and ``...`` itself and comes here with the others. A key is
taken apart into a view and the arrays that index some axes of it. One boolean array selects, lazily; one integer array
takes, lazily; several arrays become one array of positions in the axes from the first to the last of them, for which they
are computed at once. Assignment does the same backwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._creation import private
from ._engine import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["broadcast_values", "check_bounds", "get", "put", "scatter", "truth"]

_INVALID = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices"
)
_WHOLE = slice(None)

#: Index arrays up to this size are checked at once, so that mistakes show on the user's own line.
_CHECKED_AT_ONCE = 1 << 16


@dataclass
class _Index:
    """An array of a key."""

    #: The integers or truth values: a NumPy array, or an ``Array``.
    array: Any
    #: The first axis that it indexes, in the view.
    place: int
    #: The same in the array itself, for messages.
    axis: int

    @property
    def is_mask(self) -> bool:
        return bool(self.array.dtype == np.bool_)


@dataclass
class _Key:
    """A key taken apart: a view, and the arrays that index axes of it."""

    basic: tuple[Any, ...]
    arrays: list[_Index] = field(default_factory=list)
    #: True when the axes of the result that stem from arrays come first: slices stand between arrays and integers.
    in_front: bool = False
    #: True when an array is the only item.
    is_alone: bool = False


def get(x: Array, key: Any) -> Array:
    """``x[key]`` for a key that contains arrays."""
    parsed = _parse(x, key)
    viewed = x[parsed.basic]
    place = parsed.arrays[0].place
    if len(parsed.arrays) > 1:
        result, count = _take_several(viewed, parsed.arrays)
    elif (index := parsed.arrays[0]).is_mask:
        if index.place != index.axis:
            _check_mask(index, viewed)
        result, count = _engine.select(viewed, index.array, place), 1
    else:
        _check_now(index, viewed)
        result, count = _engine.take(viewed, index.array, place), index.array.ndim
    return _moved(result, place, 0, count) if parsed.in_front else result


def put(x: Array, key: Any, value: Array) -> Array:
    """``x`` with ``value``, of the same type, in place of ``x[key]``."""
    parsed = _parse(x, key)
    if len(parsed.arrays) == 1 and parsed.arrays[0].is_mask:
        _check_values(x, parsed, value)
        after = _placed(x[parsed.basic], parsed, value)
    else:
        after = _scattered(x[parsed.basic], parsed, value)
    if all(isinstance(item, slice) and item == _WHOLE for item in parsed.basic):
        return after
    whole = x.copy()
    whole[parsed.basic] = after
    return whole


# ---- keys ------------------------------------------------------------------------------------------------------


def _parse(x: Array, key: Any) -> _Key:
    items = [_item(item) for item in (key if isinstance(key, tuple) else (key,))]
    if sum(item is Ellipsis for item in items) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    missing = x.ndim - sum(_width(item) for item in items)
    if missing < 0:
        raise IndexError(
            f"too many indices for array: array is {x.ndim}-dimensional, but {x.ndim - missing} were indexed"
        )
    parsed, basic, axis, place = _Key(()), [], 0, 0
    for item in items if Ellipsis in map(_same, items) else [*items, Ellipsis]:
        if item is Ellipsis:
            here: list[Any] = [_WHOLE] * missing
        elif _is_array(item):
            index = _Index(item if item.ndim or item.dtype != np.bool_ else item.reshape(1), place, axis)
            parsed.arrays.append(index)
            # A mask without axes indexes an axis of its own.
            here = [_WHOLE] * _width(item) or [None]
        else:
            here = [item]
        basic += here
        axis += _width(item) if item is not Ellipsis else missing
        place += sum(not isinstance(each, int) for each in here)
    parsed.basic = tuple(basic)
    parsed.in_front = _is_split(items)
    parsed.is_alone = len(items) == 1 and None not in basic
    return parsed


def _item(item: Any) -> Any:
    """An item of a key: ``None``, ``...``, a slice, an integer, or an array of integers or truth values."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if not isinstance(item, Array | np.ndarray):
        if hasattr(item, "__index__") and not isinstance(item, bool | np.bool_):
            return item.__index__()
        item = _as_array(item)
    if isinstance(item, np.ndarray) and item.ndim == 0 and item.dtype.kind in "iu":
        return int(item)
    if item.dtype.kind not in "biu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    return item


def _as_array(item: Any) -> Any:
    if isinstance(item, str | bytes | float | complex):
        raise IndexError(_INVALID)
    array = np.asarray(item)
    if array.size == 0 and isinstance(item, list | tuple):
        array = array.astype(np.intp)
    if array.dtype.kind not in "biu" and not hasattr(item, "__array__"):
        raise IndexError(_INVALID)
    return array if hasattr(item, "__array__") else private(array)


def _is_array(item: Any) -> bool:
    return isinstance(item, Array | np.ndarray)


def _same(item: Any) -> Any:
    """The item itself where comparing it is harmless."""
    return None if _is_array(item) else item


def _width(item: Any) -> int:
    """How many axes an item of a key indexes."""
    if item is None or item is Ellipsis:
        return 0
    return int(item.ndim) if _is_array(item) and item.dtype == np.bool_ else 1


def _is_split(items: list[Any]) -> bool:
    """Whether slices, ``None`` or ``...`` stand between the arrays and integers of a key."""
    places = [at for at, item in enumerate(items) if _is_array(item) or isinstance(item, int)]
    return places != list(range(places[0], places[-1] + 1))


def _check_mask(index: _Index, viewed: Array) -> None:
    """NumPy's check of the shape of a mask. (The engine's own names axes of the view.)"""
    lengths = zip(viewed.shape[index.place :], index.array.shape, strict=False)
    for axis, (have, length) in enumerate(lengths, index.axis):
        if have != length:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis}; size of axis is {have} but size of "
                f"corresponding boolean axis is {length}"
            )


def _check_values(x: Array, parsed: _Key, value: Array) -> None:
    """NumPy's check of what is assigned through a mask of the array's own shape."""
    if parsed.is_alone and parsed.arrays[0].array.ndim == x.ndim and value.ndim > 1:
        raise TypeError(
            "NumPy boolean array indexing assignment requires a 0 or 1-dimensional input, input has "
            f"{value.ndim} dimensions"
        )


def check_bounds(index: NDArray[Any], length: int, axis: int) -> None:
    """Raises ``IndexError`` where an integer of ``index`` is no position of an axis of this length."""
    outside = (index < -length) | (index >= length)
    if outside.any():
        first = index[outside][0]
        raise IndexError(f"index {first} is out of bounds for axis {axis} with size {length}")


def _check_now(index: _Index, viewed: Array) -> None:
    array = index.array
    if isinstance(array, np.ndarray) and 0 < array.size <= _CHECKED_AT_ONCE:
        check_bounds(array, viewed.shape[index.place], index.axis)


# ---- several arrays --------------------------------------------------------------------------------------------


def _integers(arrays: list[_Index], viewed: Array) -> list[tuple[int, NDArray[np.int64]]]:
    """The arrays of a key as integers, computed, with the axes of the view that they index; they broadcast together."""
    found: list[tuple[int, NDArray[np.int64]]] = []
    for index in arrays:
        if index.is_mask:
            _check_mask(index, viewed)
        computed = np.asarray(index.array)
        for number, each in enumerate(computed.nonzero() if index.is_mask else (computed,)):
            place, length = index.place + number, viewed.shape[index.place + number]
            check_bounds(each, length, index.axis + number)
            positions = each.astype(np.int64)
            found.append((place, np.where(positions < 0, positions + length, positions)))
    try:
        shape = np.broadcast_shapes(*(positions.shape for _, positions in found))
    except ValueError:
        shapes = " ".join(str(positions.shape).replace(" ", "") for _, positions in found)
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {shapes} "
        ) from None
    return [(place, np.broadcast_to(positions, shape)) for place, positions in found]


def _take_several(viewed: Array, arrays: list[_Index]) -> tuple[Array, int]:
    """The elements at several arrays, and how many axes those have together.

    The axes from the first array's to the last one's become one, of which one array takes. Axes between them that no
    array indexes come behind those of the arrays.
    """
    indices = dict(_integers(arrays, viewed))
    first, last, shape = min(indices), max(indices), viewed.shape
    index_shape = next(iter(indices.values())).shape
    between = [axis for axis in range(first, last) if axis not in indices]
    steps = {axis: math.prod(shape[axis + 1 : last + 1]) for axis in range(first, last + 1)}
    flat: Any = sum(positions * steps[axis] for axis, positions in indices.items())
    flat = private(np.array(flat).reshape(index_shape + (1,) * len(between)))
    for behind, axis in enumerate(reversed(between)):
        flat = flat + _engine.arange(0, steps[axis], shape[axis], np.int64).reshape((shape[axis],) + (1,) * behind)
    merged = viewed.reshape((*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))
    return _engine.take(merged, flat, first), len(index_shape)


# ---- assignment ------------------------------------------------------------------------------------------------


def _moved(x: Array, source: int, target: int, count: int) -> Array:
    """``x`` with ``count`` axes from ``source`` on moved together, so that they start at ``target``."""
    order = [axis for axis in range(x.ndim) if not source <= axis < source + count]
    order[target:target] = range(source, source + count)
    return x.transpose(order) if order != list(range(x.ndim)) else x


def _placed(viewed: Array, parsed: _Key, value: Array) -> Array:
    """The view with ``value`` where a mask is true."""
    index = parsed.arrays[0]
    mask, place = index.array, index.place
    if place or index.axis:
        _check_mask(index, viewed)
    front = _moved(viewed, place, 0, mask.ndim)
    ndim = front.ndim - mask.ndim + 1
    rows = _moved(_with_ndim(value, ndim), 0 if parsed.in_front else place, 0, 1)
    return _moved(_engine.place(front, mask, rows), 0, place, mask.ndim)


def _with_ndim(value: Array, ndim: int) -> Array:
    """``value`` with leading axes of length one added, or dropped as far as they are too many."""
    surplus = value.ndim - ndim
    if surplus <= 0:
        return value[(None,) * -surplus]
    return value.squeeze(tuple(range(surplus))) if set(value.shape[:surplus]) == {1} else value


def _scattered(viewed: Array, parsed: _Key, value: Array) -> Array:
    """The view with ``value`` at the positions that arrays of integers say; the last of several for one stays."""
    indices = dict(_integers(parsed.arrays, viewed))
    order = [*sorted(indices), *(axis for axis in range(viewed.ndim) if axis not in indices)]
    front = viewed.transpose(order)
    lengths, rest = front.shape[: len(indices)], front.shape[len(indices) :]
    index_shape = next(iter(indices.values())).shape
    at = 0 if parsed.in_front else min(indices)
    result = (*rest[:at], *index_shape, *rest[at:])
    rows = _moved(broadcast_values(value, result), at, 0, len(index_shape))
    flat = np.zeros(index_shape, np.int64)
    for length, axis in zip(lengths, sorted(indices), strict=True):
        flat = flat * length + indices[axis]
    after = scatter(front.reshape((math.prod(lengths), *rest)), flat.ravel(), rows.reshape((flat.size, *rest)))
    return after.reshape(front.shape).transpose(tuple(np.argsort(order)))


def broadcast_values(value: Array, shape: tuple[int, ...]) -> Array:
    """``value`` broadcast to the shape of what it replaces; leading axes of length one may be too many."""
    try:
        return _engine.broadcast_to(_with_ndim(value, len(shape)), shape)
    except ValueError:
        raise ValueError(
            f"shape mismatch: value array of shape {value.shape} could not be broadcast to indexing result of shape {shape}"
        ) from None


def scatter(x: Array, positions: NDArray[np.int64], rows: Array) -> Array:
    """``x`` with rows at positions of its first axis, in any order: the last of several rows for one position stays."""
    if (positions[1:] > positions[:-1]).all():
        return _engine.scatter_rows(x, positions, rows)
    unique, last = np.unique(positions[::-1], return_index=True)
    return _engine.scatter_rows(x, unique, _engine.take(rows, private(len(positions) - 1 - last), 0))


def truth(condition: Any) -> Array:
    """``condition`` as an array of truth values: what is not zero is true."""
    return _engine.asarray(condition).astype(np.bool_)
