"""The same elements under other shapes and in other orders of axes.

Everything here is a view: arithmetic on indices, done when results are computed. Nothing is copied, and a part of a
view reads its part of the array alone. ``order="A"`` and ``order="K"`` mean C order: a lazy array has no memory layout.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import broadcast_shapes
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    Shape = SupportsIndex | Sequence[SupportsIndex]
    Axes = int | Sequence[int]
    Axis = Axes | None

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "ndim",
    "permute_dims",
    "ravel",
    "reshape",
    "rollaxis",
    "rot90",
    "shape",
    "size",
    "sliding_window_view",
    "squeeze",
    "swapaxes",
    "transpose",
]


def shape(a: ArrayLike | Array) -> tuple[int, ...]:
    """The lengths of the axes."""
    return a.shape if isinstance(a, Array) else np.shape(a)


def ndim(a: ArrayLike | Array) -> int:
    """The number of axes."""
    return len(shape(a))


def size(a: ArrayLike | Array, axis: Axis = None) -> int:
    """The number of elements, or of positions along some axes."""
    lengths = shape(a)
    axes = range(len(lengths)) if axis is None else normalize_axis_tuple(axis, len(lengths))
    count = 1
    for each in axes:
        count *= lengths[each]
    return count


def reshape(a: ArrayLike | Array, /, shape: Shape, order: str = "C", *, copy: bool | None = None) -> Array:
    """The same elements in the same order under another shape; one length may be -1.

    Raises ``ValueError`` when the number of elements would change.
    """
    if order == "K":
        raise ValueError("order 'K' is not permitted for reshaping")
    return _engine.asarray(a).reshape(shape, order=order)


def ravel(a: ArrayLike | Array, order: str = "C") -> Array:
    """The elements along one axis."""
    return _engine.asarray(a).ravel(order)


# ---- axes ------------------------------------------------------------------------------------------------------


def transpose(a: ArrayLike | Array, axes: Sequence[SupportsIndex] | None = None) -> Array:
    """The array with its axes in another order, reversed by default."""
    array = _engine.asarray(a)
    return array.transpose() if axes is None else array.transpose(tuple(axes))


permute_dims = transpose


def matrix_transpose(x: ArrayLike | Array, /) -> Array:
    """The array with its last two axes swapped; ``ValueError`` for fewer than two."""
    array = _engine.asarray(x)
    if array.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {array.ndim}")
    return array.swapaxes(-1, -2)


def swapaxes(a: ArrayLike | Array, axis1: SupportsIndex, axis2: SupportsIndex) -> Array:
    """The array with two axes swapped."""
    return _engine.asarray(a).swapaxes(axis1, axis2)


def moveaxis(a: ArrayLike | Array, source: Axes, destination: Axes) -> Array:
    """The array with some axes moved to new positions; the others keep their order."""
    array = _engine.asarray(a)
    places = normalize_axis_tuple(source, array.ndim, "source")
    targets = normalize_axis_tuple(destination, array.ndim, "destination")
    if len(places) != len(targets):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [axis for axis in range(array.ndim) if axis not in places]
    for target, place in sorted(zip(targets, places, strict=True)):
        order.insert(target, place)
    return array.transpose(tuple(order))


def rollaxis(a: ArrayLike | Array, axis: SupportsIndex, start: SupportsIndex = 0) -> Array:
    """The array with one axis moved backwards until it stands before position ``start``."""
    array = _engine.asarray(a)
    count, given = array.ndim, operator.index(start)
    place = normalize_axis_index(operator.index(axis), count)
    before = given + count if given < 0 else given
    if not 0 <= before <= count:
        raise np.exceptions.AxisError(f"'start' arg requires {-count} <= start < {count + 1}, but {before} was passed in")
    order = [each for each in range(count) if each != place]
    order.insert(before - (place < before), place)
    return array.transpose(tuple(order))


def expand_dims(a: ArrayLike | Array, axis: Axes) -> Array:
    """The array with new axes of length one at these positions of the result."""
    return _engine.expand_dims(a, axis)


def squeeze(a: ArrayLike | Array, axis: Axis = None) -> Array:
    """The array without its axes of length one, or without those named."""
    return _engine.asarray(a).squeeze(axis)


def _lifted(arys: tuple[ArrayLike | Array, ...], lift: Callable[[Array], Array]) -> Any:
    arrays = tuple(lift(_engine.asarray(array)) for array in arys)
    return arrays[0] if len(arrays) == 1 else arrays


def atleast_1d(*arys: ArrayLike | Array) -> Any:
    """The arrays with at least one axis: an ``Array`` for one argument, a tuple otherwise."""
    return _lifted(arys, lambda array: array.reshape(1) if array.ndim == 0 else array)


def atleast_2d(*arys: ArrayLike | Array) -> Any:
    """The arrays with at least two axes, new ones in front: an ``Array`` for one argument, a tuple otherwise."""
    return _lifted(arys, lambda array: array.reshape(1, -1) if array.ndim < 2 else array)


def atleast_3d(*arys: ArrayLike | Array) -> Any:
    """The arrays with at least three axes: shape (N,) becomes (1, N, 1) and (M, N) becomes (M, N, 1)."""

    def lift(array: Array) -> Array:
        return array[..., None] if array.ndim == 2 else array.reshape(1, -1, 1) if array.ndim < 2 else array

    return _lifted(arys, lift)


# ---- broadcasting ----------------------------------------------------------------------------------------------


def broadcast_to(array: ArrayLike | Array, shape: Shape, subok: bool = False) -> Array:
    """The array repeated along axes of length one, and along new axes in front."""
    return _engine.broadcast_to(array, shape)


def broadcast_arrays(*args: ArrayLike | Array, subok: bool = False) -> tuple[Array, ...]:
    """The arrays, all with their common shape."""
    arrays = [_engine.asarray(array) for array in args]
    common = broadcast_shapes(*(array.shape for array in arrays))
    return tuple(_engine.broadcast_to(array, common) for array in arrays)


# ---- reversed axes ---------------------------------------------------------------------------------------------


def flip(m: ArrayLike | Array, axis: Axis = None) -> Array:
    """The array reversed along all axes, or along those named."""
    return _engine.flip(m, axis)


def flipud(m: ArrayLike | Array) -> Array:
    """The array reversed along its first axis."""
    if ndim(m) < 1:
        raise ValueError("Input must be >= 1-d.")
    return _engine.flip(m, 0)


def fliplr(m: ArrayLike | Array) -> Array:
    """The array reversed along its second axis."""
    if ndim(m) < 2:
        raise ValueError("Input must be >= 2-d.")
    return _engine.flip(m, 1)


def rot90(m: ArrayLike | Array, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    """The array turned ``k`` times by 90 degrees from the first of the axes towards the second.

    Raises ``ValueError`` unless ``axes`` are two different axes of the array.
    """
    array, (first, second) = _engine.asarray(m), _two_axes(axes)
    if first == second or abs(first - second) == array.ndim:
        raise ValueError("Axes must be different.")
    if not all(-array.ndim <= axis < array.ndim for axis in (first, second)):
        raise ValueError(f"Axes={(first, second)} out of range for array of ndim={array.ndim}.")
    turns = k % 4
    if turns == 0:
        return array
    if turns == 2:
        return _engine.flip(array, (first, second))
    if turns == 1:
        return _engine.flip(array, second).swapaxes(first, second)
    return _engine.flip(array.swapaxes(first, second), second)


def _two_axes(axes: Sequence[int]) -> tuple[int, int]:
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    return axes[0], axes[1]


# ---- windows ---------------------------------------------------------------------------------------------------


def sliding_window_view(
    x: ArrayLike | Array,
    window_shape: Shape,
    axis: Axis = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> Array:
    """All windows of ``window_shape`` over the array, along all axes or those named, on new axes behind the others.

    The axes that are slid over become shorter by the window less one. A file is read once, however much the windows
    overlap. Raises ``ValueError`` for windows longer than their axis or of negative lengths, and where the number of
    lengths is not that of the axes.
    """
    array = _engine.asarray(x)
    lengths = _lengths(window_shape)
    if any(length < 0 for length in lengths):
        raise ValueError("`window_shape` cannot contain negative values")
    if axis is None:
        axes = tuple(range(array.ndim))
        expected = f"window_shape for all dimensions of `x`; got {len(lengths)} window_shape elements and `x.ndim` is {len(axes)}."
        if len(lengths) != len(axes):
            raise ValueError(f"Since axis is `None`, must provide {expected}")
    else:
        axes = normalize_axis_tuple(axis, array.ndim, allow_duplicate=True)
        if len(lengths) != len(axes):
            raise ValueError(
                f"Must provide matching length window_shape and axis; got {len(lengths)} window_shape elements and "
                f"{len(axes)} axes elements."
            )
    return _engine.windows(array, lengths, axes)


def _lengths(window_shape: Shape) -> tuple[int, ...]:
    each: Any = window_shape if np.iterable(window_shape) else (window_shape,)
    return tuple(operator.index(length) for length in each)
