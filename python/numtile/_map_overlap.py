"""A function of NumPy arrays that looks at neighbours, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._map_blocks import block_lengths
from ._pad import pad
from ._user_functions import Box, Output, called, found_dtypes, named, ones

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._engine import Array

    Pair = tuple[int, int]

__all__ = ["map_overlap"]

#: What lies beyond the edges, as `pad` names it.
_MODES = {"reflect": "symmetric", "periodic": "wrap", "nearest": "edge"}


def map_overlap(
    func: Callable[..., Any],
    x: ArrayLike | Array,
    depth: Any,
    boundary: Any = "reflect",
    *,
    block: SupportsIndex | Sequence[SupportsIndex | None] | None = None,
    trim: bool = True,
    dtype: DTypeLike | None = None,
    **kwargs: Any,
) -> Array:
    """``func`` of NumPy arrays that looks at neighbours, applied to an array of any size.

    ``func`` is called with tiles that are longer by ``depth`` on each side, and ``**kwargs``. It returns an array of the
    shape it was given, of which the middle is kept, or, without ``trim``, the middle alone. What it gives for an element may
    depend on elements up to ``depth`` away. Otherwise it is called as by :func:`map_blocks`, also for ``block`` (the shape
    of the middles) and ``dtype``.

    ``depth`` is a number, a pair (before, behind), or a dict of those by axis (0 where it names none), or a sequence of
    them, one per axis. A pair of numbers for an array with two axes is one per axis.

    ``boundary`` says what lies beyond the edges of the array: its mirror image, edge included (``"reflect"``: ``b a | a b
    c``, which is the mode ``"symmetric"`` of :func:`pad`), the array again (``"periodic"``), the edge (``"nearest"``), a
    number, or nothing (``"none"`` or ``None``: tiles at the edges are shorter). It can be a tuple, one per axis, or a dict by
    axis, with nothing beyond the edges of axes that it does not name.

    Raises as :func:`map_blocks`, and ``ValueError`` for a negative depth or an unknown boundary.
    """
    name, array = named("map_overlap", func), _engine.asarray(x)
    depths = [_pair(each) for each in _by_axis(_depths(depth, array.ndim), array.ndim, 0, "depth")]
    boundaries = _by_axis(boundary, array.ndim, "none", "boundary")
    padded, needs, before = _with_edges(array, depths, boundaries)

    def compute(box: Box) -> list[Any]:
        [tile] = box.arrays
        shape = tile.shape
        result = func(tile, **kwargs)
        if not trim:
            return [result]
        if np.shape(result) != shape:
            raise ValueError(f"{name} returned shape {np.shape(result)} where {shape}, that of its tile, was expected")
        skipped = [at + edge - start for at, edge, start in zip(box.start, before, box.starts[0], strict=True)]
        middle = tuple(slice(skip, skip + length) for skip, length in zip(skipped, box.shape, strict=True))
        return [np.asarray(result)[middle]]

    def tried() -> list[Any]:
        return [func(ones([1 + sum(pair) for pair in depths], array.dtype), **kwargs)]

    lengths = block_lengths(block, array.shape)
    [kind] = found_dtypes(name, "dtype", tried) if dtype is None else [dtype]
    return called(name, compute, [padded], [needs], [Output(array.shape, kind, lengths)])[0]


def _depths(depth: Any, ndim: int) -> Any:
    """One pair for all axes, where that is what is meant."""
    is_pair = isinstance(depth, tuple | list) and len(depth) == 2 and ndim != 2 and not any(map(np.iterable, depth))
    return {axis: tuple(depth) for axis in range(ndim)} if is_pair else depth


def _by_axis(given: Any, ndim: int, otherwise: Any, what: str) -> list[Any]:
    """What is given for each axis."""
    if isinstance(given, dict):
        rows = [otherwise] * ndim
        for axis, each in given.items():
            rows[np.lib.array_utils.normalize_axis_index(axis, ndim)] = each
        return rows
    if isinstance(given, tuple | list):
        if len(given) != ndim:
            raise ValueError(f"{what} has {len(given)} entries for an array with {ndim} axes")
        return list(given)
    return [given] * ndim


def _pair(depth: Any) -> Pair:
    before, after = depth if isinstance(depth, tuple | list) else (depth, depth)
    for each in (before, after):
        if not hasattr(each, "__index__"):
            raise TypeError(f"depth is of integers, not of '{type(each).__name__}'")
        if each < 0:
            raise ValueError(f"depth must not be negative (got {each})")
    return int(before), int(after)


def _with_edges(
    array: Array, depths: list[Pair], boundaries: list[Any]
) -> tuple[Array, list[tuple[int, int, int] | None], list[int]]:
    """The array with what lies beyond its edges, what a box needs of that, and how much lies before index 0."""
    needs: list[tuple[int, int, int] | None] = []
    added: list[int] = []
    for axis, ((before, after), boundary) in enumerate(zip(depths, boundaries, strict=True)):
        options = _padding(boundary)
        if options is None or before == after == 0 or array.size == 0:
            needs.append((axis, before, after))
            added.append(0)
            continue
        array = pad(array, [(before, after) if each == axis else (0, 0) for each in range(array.ndim)], **options)
        # Index 0 of the box is `before` elements further on now.
        needs.append((axis, 0, before + after))
        added.append(before)
    return array, needs, added


def _padding(boundary: Any) -> dict[str, Any] | None:
    """Keywords for `pad`; none where nothing lies beyond the edges."""
    if boundary is None or isinstance(boundary, str) and boundary == "none":
        return None
    if isinstance(boundary, str):
        if boundary not in _MODES:
            raise ValueError(f"boundary must be 'reflect', 'periodic', 'nearest', 'none' or a number (got '{boundary}')")
        return {"mode": _MODES[boundary]}
    if np.ndim(boundary) != 0:
        raise TypeError("boundary is a word or a number for each axis")
    return {"mode": "constant", "constant_values": boundary}
