"""Views and joins: the same elements under other shapes and orders, selected, or put together.

Nothing here copies anything: shapes, slices and transposes are arithmetic on indices, done when results are computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    Shape = SupportsIndex | Sequence[SupportsIndex]
    Axis = SupportsIndex | Sequence[SupportsIndex] | None

__all__ = [
    "atleast_1d",
    "broadcast_arrays",
    "broadcast_to",
    "concat",
    "concatenate",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "hstack",
    "moveaxis",
    "permute_dims",
    "ravel",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "transpose",
    "vstack",
]


def reshape(a: ArrayLike | Array, /, shape: Shape, order: str = "C", *, copy: bool | None = None) -> Array:
    """The same elements in the same order under another shape; one length may be -1.

    Raises ``ValueError`` when the number of elements would change.
    """
    return _engine.asarray(a).reshape(shape, order=order)


def ravel(a: ArrayLike | Array, order: str = "C") -> Array:
    """The elements along one axis."""
    return _engine.asarray(a).ravel(order)


def transpose(a: ArrayLike | Array, axes: Sequence[SupportsIndex] | None = None) -> Array:
    """The array with its axes in another order, reversed by default."""
    array = _engine.asarray(a)
    return array.transpose() if axes is None else array.transpose(tuple(axes))


def swapaxes(a: ArrayLike | Array, axis1: SupportsIndex, axis2: SupportsIndex) -> Array:
    """The array with two axes swapped."""
    return _engine.asarray(a).swapaxes(axis1, axis2)


def moveaxis(
    a: ArrayLike | Array,
    source: SupportsIndex | Sequence[SupportsIndex],
    destination: SupportsIndex | Sequence[SupportsIndex],
) -> Array:
    """The array with some axes moved to new positions; the others keep their order."""
    array = _engine.asarray(a)
    normalize: Any = np.lib.array_utils.normalize_axis_tuple
    places: tuple[int, ...] = normalize(source, array.ndim, "source")
    targets: tuple[int, ...] = normalize(destination, array.ndim, "destination")
    if len(places) != len(targets):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [axis for axis in range(array.ndim) if axis not in places]
    for target, place in sorted(zip(targets, places, strict=True)):
        order.insert(target, place)
    return array.transpose(tuple(order))


def broadcast_to(array: ArrayLike | Array, shape: Shape, subok: bool = False) -> Array:
    """The array repeated along axes of length one, and along new axes in front."""
    return _engine.broadcast_to(array, shape)


def broadcast_arrays(*args: ArrayLike | Array, subok: bool = False) -> tuple[Array, ...]:
    """The arrays, all with their common shape."""
    arrays = [_engine.asarray(array) for array in args]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return tuple(_engine.broadcast_to(array, shape) for array in arrays)


def expand_dims(a: ArrayLike | Array, axis: SupportsIndex | Sequence[SupportsIndex]) -> Array:
    """The array with new axes of length one at these positions of the result."""
    return _engine.expand_dims(a, axis)


def squeeze(a: ArrayLike | Array, axis: Axis = None) -> Array:
    """The array without its axes of length one, or without those named."""
    return _engine.asarray(a).squeeze(axis)


def flip(m: ArrayLike | Array, axis: Axis = None) -> Array:
    """The array reversed along all axes, or along those named."""
    return _engine.flip(m, axis)


def flipud(m: ArrayLike | Array) -> Array:
    """The array reversed along its first axis."""
    if _engine.asarray(m).ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return _engine.flip(m, 0)


def fliplr(m: ArrayLike | Array) -> Array:
    """The array reversed along its second axis."""
    if _engine.asarray(m).ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return _engine.flip(m, 1)


def _no_out(out: object) -> None:
    if out is not None:
        raise NotImplementedError("numtile does not support the out= argument yet")


def _cast(array: Array, dtype: DTypeLike | None, casting: str) -> Array:
    return array if dtype is None else array.astype(dtype, casting=casting)


def concatenate(
    arrays: Iterable[ArrayLike | Array],
    /,
    axis: SupportsIndex | None = 0,
    out: None = None,
    *,
    dtype: DTypeLike | None = None,
    casting: str = "same_kind",
) -> Array:
    """Arrays one after the other along an axis, or flattened when ``axis`` is ``None``. Element types promote.

    Raises ``ValueError`` where the shapes differ along other axes.
    """
    _no_out(out)
    parts: list[Any] = [_engine.asarray(array) for array in arrays]
    if axis is None:
        parts, axis = [part.ravel() for part in parts], 0
    return _cast(_engine.concatenate(parts, axis), dtype, casting)


def stack(
    arrays: Iterable[ArrayLike | Array],
    axis: SupportsIndex = 0,
    out: None = None,
    *,
    dtype: DTypeLike | None = None,
    casting: str = "same_kind",
) -> Array:
    """Arrays of one shape joined along a new axis. Element types promote."""
    _no_out(out)
    return _cast(_engine.stack(list(arrays), axis), dtype, casting)


def atleast_1d(*arys: ArrayLike | Array) -> Any:
    """The arrays with at least one axis: an ``Array`` for one argument, a tuple for several."""
    arrays = tuple(_engine.asarray(array) for array in arys)
    lifted = tuple(array.reshape(1) if array.ndim == 0 else array for array in arrays)
    return lifted[0] if len(lifted) == 1 else lifted


def vstack(tup: Iterable[ArrayLike | Array], *, dtype: DTypeLike | None = None, casting: str = "same_kind") -> Array:
    """Arrays joined along the first axis; those with one axis become rows."""
    arrays = [_engine.asarray(array) for array in tup]
    rows = [array.reshape(1, -1) if array.ndim < 2 else array for array in arrays]
    return concatenate(rows, 0, dtype=dtype, casting=casting)


def hstack(tup: Iterable[ArrayLike | Array], *, dtype: DTypeLike | None = None, casting: str = "same_kind") -> Array:
    """Arrays joined along the second axis, or along the first when they have only one."""
    arrays = [atleast_1d(array) for array in tup]
    axis = 0 if arrays and arrays[0].ndim == 1 else 1
    return concatenate(arrays, axis, dtype=dtype, casting=casting)


def take(
    a: ArrayLike | Array,
    indices: ArrayLike | Array,
    axis: SupportsIndex | None = None,
    out: None = None,
    mode: str = "raise",
) -> Array:
    """The elements at positions given by an integer array, along an axis or in the flattened array.

    Positions outside the axis are an ``IndexError`` when the result is computed.
    """
    return _engine.asarray(a).take(indices, axis, out, mode)


concat = concatenate
permute_dims = transpose
