"""Arrays put together, and taken apart again.

Joined arrays are not copied: each tile of a result takes its parts from where they are. Element types promote.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from . import _engine
from ._engine import Array
from ._out import deliver
from ._shape import atleast_1d, atleast_2d, atleast_3d, moveaxis

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]


def concatenate(
    arrays: Sequence[ArrayLike | Array] | Array,
    /,
    axis: SupportsIndex | None = 0,
    out: Any = None,
    *,
    dtype: DTypeLike | None = None,
    casting: str = "same_kind",
) -> Any:
    """Arrays one after the other along an axis, or flattened when ``axis`` is ``None``.

    Raises ``ValueError`` where the shapes differ along other axes, and ``TypeError`` where the rule ``casting`` forbids
    what ``dtype`` or the type of ``out`` demands.
    """
    if not hasattr(arrays, "__getitem__"):
        raise TypeError("The first input argument needs to be a sequence")
    if out is not None and dtype is not None:
        raise TypeError("concatenate() only takes `out` or `dtype` as an argument, but both were provided.")
    wanted = dtype if out is None else out.dtype
    if isinstance(arrays, Array | np.ndarray) and arrays.ndim > 1 and len(arrays):
        joined = _rows_joined(_cast(_engine.asarray(arrays), wanted, casting), axis)
    else:
        parts = [_engine.asarray(array) for array in arrays]
        if axis is None:
            parts = [part.ravel() for part in parts]
        if wanted is not None and any(part.ndim == 0 for part in parts):
            raise ValueError("zero-dimensional arrays cannot be concatenated")
        cast = parts if wanted is None else [_cast(part, wanted, casting) for part in parts]
        joined = _engine.concatenate(cast, axis or 0)
        if casting in ("no", "equiv"):
            _forbid_promotion(parts, joined.dtype, casting)
    if out is not None and out.shape != joined.shape:
        raise ValueError("Output array is the wrong shape")
    return deliver(joined, out, "concatenate")


concat = concatenate


def _forbid_promotion(parts: Sequence[Array], joined: np.dtype[Any], casting: str) -> None:
    """Promotion is a safe cast, which stricter rules forbid."""
    for dtype in (part.dtype for part in parts if part.dtype != joined):
        raise TypeError(f"Cannot cast array data from {dtype!r} to {joined!r} according to the rule '{casting}'")


def _cast(array: Array, dtype: DTypeLike | None, casting: str) -> Array:
    return array if dtype is None else array.astype(dtype, casting=casting)


def _rows_joined(array: Array, axis: SupportsIndex | None) -> Array:
    """What joining ``array[0]``, ``array[1]``, ... along an axis of theirs gives, by one reshape."""
    if axis is None:
        return array.ravel()
    place = normalize_axis_index(operator.index(axis), array.ndim - 1)
    lengths = list(array.shape[1:])
    lengths[place] *= len(array)
    return moveaxis(array, 0, place).reshape(lengths)


def _sequence(arrays: Any) -> Any:
    if not hasattr(arrays, "__getitem__"):
        raise TypeError('arrays to stack must be passed as a "sequence" type such as list or tuple.')
    return arrays


def stack(
    arrays: Sequence[ArrayLike | Array] | Array,
    axis: SupportsIndex = 0,
    out: Any = None,
    *,
    dtype: DTypeLike | None = None,
    casting: str = "same_kind",
) -> Any:
    """Arrays of one shape joined along a new axis."""
    if isinstance(arrays, Array | np.ndarray) and arrays.ndim > 0 and len(arrays) and out is None:
        return _cast(moveaxis(arrays, 0, operator.index(axis)), dtype, casting)
    parts = [_engine.asarray(array) for array in _sequence(arrays)]
    if not parts:
        raise ValueError("need at least one array to stack")
    if any(part.shape != parts[0].shape for part in parts):
        raise ValueError("all input arrays must have the same shape")
    place = normalize_axis_index(operator.index(axis), parts[0].ndim + 1)
    return concatenate([_engine.expand_dims(part, place) for part in parts], place, out, dtype=dtype, casting=casting)


def vstack(
    tup: Sequence[ArrayLike | Array] | Array, *, dtype: DTypeLike | None = None, casting: str = "same_kind"
) -> Array:
    """Arrays joined along the first axis; those with one axis become rows."""
    rows = [atleast_2d(array) for array in _sequence(tup)]
    return concatenate(rows, 0, dtype=dtype, casting=casting)  # type: ignore[no-any-return]


def hstack(
    tup: Sequence[ArrayLike | Array] | Array, *, dtype: DTypeLike | None = None, casting: str = "same_kind"
) -> Array:
    """Arrays joined along the second axis, or along the first when they have only one."""
    parts = [atleast_1d(array) for array in _sequence(tup)]
    axis = 0 if parts and parts[0].ndim == 1 else 1
    return concatenate(parts, axis, dtype=dtype, casting=casting)  # type: ignore[no-any-return]


def dstack(tup: Sequence[ArrayLike | Array] | Array) -> Array:
    """Arrays joined along the third axis; those with fewer axes get new ones as by :func:`atleast_3d`."""
    return concatenate([atleast_3d(array) for array in _sequence(tup)], 2)  # type: ignore[no-any-return]


def column_stack(tup: Sequence[ArrayLike | Array] | Array) -> Array:
    """Arrays joined along the second axis; those with fewer than two axes become columns."""
    arrays = [_engine.asarray(array) for array in _sequence(tup)]
    columns = [array.reshape(-1, 1) if array.ndim < 2 else array for array in arrays]
    return concatenate(columns, 1)  # type: ignore[no-any-return]


def append(arr: ArrayLike | Array, values: ArrayLike | Array, axis: SupportsIndex | None = None) -> Array:
    """``arr`` with ``values`` behind it along an axis, or both flattened when ``axis`` is ``None``."""
    return concatenate([arr, values], axis)  # type: ignore[no-any-return]


# ---- blocks ----------------------------------------------------------------------------------------------------


def block(arrays: Any) -> Array:
    """An array made of nested lists of blocks: innermost lists are joined along the last axis, and so outwards.

    Raises ``TypeError`` for tuples, ``ValueError`` for empty lists, lists of different depth and shapes that do not fit.
    """
    depth = _depth(arrays, "arrays")
    leaves = list(_leaves(arrays))
    count = max(depth, *(leaf.ndim for leaf in leaves))
    return _joined(arrays, depth, count)


def _depth(arrays: Any, place: str) -> int:
    """How deep the lists are, the same everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError(f"{place} is a tuple. Only lists can be used to arrange blocks, and np.block does not allow implicit "
                        "conversion from tuple to ndarray.")  # fmt: skip
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError(f"List at {place} cannot be empty")
    depths = [_depth(each, f"{place}[{number}]") for number, each in enumerate(arrays)]
    for number, depth in enumerate(depths):
        if depth != depths[0]:
            raise ValueError(
                f"List depths are mismatched. First element was at depth {depths[0] + 1}, but there is an element at depth "
                f"{depth + 1} ({place}[{number}])"
            )
    return depths[0] + 1


def _leaves(arrays: Any) -> Any:
    if isinstance(arrays, list):
        for each in arrays:
            yield from _leaves(each)
    else:
        yield _engine.asarray(arrays)


def _joined(arrays: Any, depth: int, count: int) -> Array:
    """The block of ``count`` axes that lists of this depth stand for."""
    if depth > 0:
        return concatenate([_joined(each, depth - 1, count) for each in arrays], -depth)  # type: ignore[no-any-return]
    leaf = _engine.asarray(arrays)
    return leaf.reshape((1,) * (count - leaf.ndim) + leaf.shape)


# ---- apart -----------------------------------------------------------------------------------------------------


def array_split(ary: ArrayLike | Array, indices_or_sections: Any, axis: SupportsIndex = 0) -> list[Array]:
    """The array cut before the given positions of an axis, or into a number of parts as equal as can be.

    Raises ``ValueError`` for fewer than one part.
    """
    array, place = _engine.asarray(ary), operator.index(axis)
    length = array.shape[place]
    try:
        cuts = [0, *indices_or_sections, length]
    except TypeError:
        cuts = _even_cuts(length, int(indices_or_sections))
    front = array.swapaxes(place, 0)
    return [front[start:stop].swapaxes(place, 0) for start, stop in zip(cuts, cuts[1:], strict=False)]


def _even_cuts(length: int, sections: int) -> list[int]:
    """Where ``sections`` parts meet, the longer ones first."""
    if sections <= 0:
        raise ValueError("number sections must be larger than 0.")
    each, longer = divmod(length, sections)
    return [number * each + min(number, longer) for number in range(sections + 1)]


def split(ary: ArrayLike | Array, indices_or_sections: Any, axis: SupportsIndex = 0) -> list[Array]:
    """As :func:`array_split`, but a number of parts must divide the axis: ``ValueError`` otherwise."""
    array = _engine.asarray(ary)
    if not np.iterable(indices_or_sections) and array.shape[operator.index(axis)] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(array, indices_or_sections, axis)


def hsplit(ary: ArrayLike | Array, indices_or_sections: Any) -> list[Array]:
    """The array cut along its second axis, or its first when it has only one."""
    array = _engine.asarray(ary)
    if array.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return split(array, indices_or_sections, 1 if array.ndim > 1 else 0)


def vsplit(ary: ArrayLike | Array, indices_or_sections: Any) -> list[Array]:
    """The array cut along its first axis."""
    array = _engine.asarray(ary)
    if array.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(array, indices_or_sections, 0)


def dsplit(ary: ArrayLike | Array, indices_or_sections: Any) -> list[Array]:
    """The array cut along its third axis."""
    array = _engine.asarray(ary)
    if array.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(array, indices_or_sections, 2)


def unstack(x: ArrayLike | Array, /, *, axis: SupportsIndex = 0) -> tuple[Array, ...]:
    """The array's parts along an axis, without that axis."""
    array = _engine.asarray(x)
    if array.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(moveaxis(array, operator.index(axis), 0))
