"""A function of NumPy arrays on lazy ones, tile by tile or block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._user_functions import Box, Output, called, found_dtypes, is_array, named, ones

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import SupportsIndex

    from numpy.typing import DTypeLike

    from ._engine import Array

__all__ = ["block_lengths", "broadcast_needs", "map_blocks"]


def map_blocks(
    func: Callable[..., Any],
    *args: Any,
    block: SupportsIndex | Sequence[SupportsIndex | None] | None = None,
    dtype: DTypeLike | None = None,
    **kwargs: Any,
) -> Array:
    """``func`` of NumPy arrays, applied to arrays of any size.

    Arguments that are arrays broadcast together; ``func`` is called with a box of each (in which axes of length one keep
    it) and returns an array of the shape of the box of the result. Numbers and other objects are passed on as they are,
    and so is what is given by keyword. ``func`` may be called from several threads, for boxes in any order, and more than
    once for one box; the arrays that it gets are its own.

    Without ``block`` the boxes are whatever suits the memory budget: ``func`` must be elementwise. With ``block``, a length
    or one per axis (-1 or ``None`` for the whole axis), it gets exactly the blocks of that shape from index 0 on, the last
    ones shorter.

    ``dtype`` is the type of the result, to which what ``func`` returns is cast by the rule ``"same_kind"``. If it is not
    given, ``func`` is tried on arrays of ones with one element.

    What ``func`` raises is raised where the result is looked at, with a note of the region. Raises ``TypeError`` where no
    argument is an array or the type cannot be found, ``ValueError`` where shapes do not broadcast or ``block`` does not
    fit, and for results of another shape.
    """
    name = named("map_blocks", func)
    places = [place for place, argument in enumerate(args) if is_array(argument)]
    if not places:
        raise TypeError(f"{name} needs an array among its arguments")
    arrays = [_engine.asarray(args[place]) for place in places]
    shape, needs = broadcast_needs(arrays)

    def compute(box: Box) -> list[Any]:
        given = list(args)
        for place, array in zip(places, box.arrays, strict=True):
            given[place] = array
        return [func(*given, **kwargs)]

    def tried() -> list[Any]:
        tiny = [ones((1,) * array.ndim, array.dtype) for array in arrays]
        return compute(Box(tiny, [(0,) * array.ndim for array in arrays], (0,) * len(shape), (1,) * len(shape)))

    lengths = block_lengths(block, shape)
    [kind] = found_dtypes(name, "dtype", tried) if dtype is None else [dtype]
    return called(name, compute, arrays, needs, [Output(shape, kind, lengths)])[0]


def broadcast_needs(arrays: Sequence[Array]) -> tuple[tuple[int, ...], list[list[tuple[int, int, int] | None]]]:
    """The shape to which arrays broadcast, and what a box of that needs of each."""
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    needs = []
    for array in arrays:
        lead = len(shape) - array.ndim
        axes = range(lead, len(shape))
        needs.append([(axis, 0, 0) if array.shape[axis - lead] == shape[axis] else None for axis in axes])
    return shape, needs


def block_lengths(block: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The lengths of blocks along each axis; 0 for any.

    Raises ``ValueError`` for lengths below one or another number of them than there are axes, ``TypeError`` for what is no
    length.
    """
    if block is None:
        return (0,) * len(shape)
    each = tuple(block) if np.iterable(block) else (block,) * len(shape)
    if len(each) != len(shape):
        raise ValueError(f"block has {len(each)} lengths for an array with {len(shape)} axes")
    return tuple(_block_length(length, whole) for length, whole in zip(each, shape, strict=True))


def _block_length(length: Any, whole: int) -> int:
    number = -1 if length is None else length.__index__() if hasattr(length, "__index__") else None
    if number is None:
        raise TypeError(f"a block has integers for lengths, not '{type(length).__name__}'")
    if number == -1:
        return max(whole, 1)
    if number < 1:
        raise ValueError(f"the lengths of a block are at least 1 (got {number})")
    return min(int(number), max(whole, 1))
