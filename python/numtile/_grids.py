"""Coordinates of grids, as views of one sequence per axis: however large the grid, nothing of it is stored."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._creation import empty
from ._ranges import arange
from ._shape import broadcast_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._engine import Array

__all__ = ["fromfunction", "indices", "meshgrid", "mgrid", "ogrid"]


def _along(array: Array, axis: int, count: int) -> Array:
    """The elements of an array along one of ``count`` axes; the others have length one."""
    return array.reshape((1,) * axis + (-1,) + (1,) * (count - axis - 1))


def meshgrid(
    *xi: ArrayLike | Array, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Array, ...]:
    """One array per vector, which repeats it over the grid that all of them span.

    ``indexing="xy"`` puts the first vector on the second axis and the second on the first. With ``sparse`` each result
    is long along its own axis only. Raises ``ValueError`` for another ``indexing`` than ``"xy"`` or ``"ij"``.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    count = len(xi)
    axes = [1, 0, *range(2, count)] if indexing == "xy" and count > 1 else range(count)
    lines = tuple(_along(_engine.asarray(x), axis, count) for x, axis in zip(xi, axes, strict=True))
    return lines if sparse else broadcast_arrays(*lines)


def indices(dimensions: Sequence[SupportsIndex], dtype: DTypeLike = int, sparse: bool = False) -> Any:
    """The positions along each axis of a grid: one array with an axis in front, or with ``sparse`` a tuple."""
    lengths = tuple(operator.index(length) for length in dimensions)
    if any(length < 0 for length in lengths):
        raise ValueError("negative dimensions are not allowed")
    count = len(lengths)
    lines = tuple(_along(arange(length, dtype=dtype), axis, count) for axis, length in enumerate(lengths))
    return lines if sparse else _dense(lines, dtype)


def _dense(lines: Sequence[Array], dtype: DTypeLike) -> Array:
    return _engine.stack(broadcast_arrays(*lines), 0) if lines else empty((0,), dtype)


def fromfunction(
    function: Callable[..., Any],
    shape: Sequence[SupportsIndex],
    *,
    dtype: DTypeLike = float,
    like: Any = None,
    **kwargs: Any,
) -> Any:
    """``function`` called once with the coordinates of a grid of this shape, one lazy array per axis, and ``kwargs``."""
    lines = indices(shape, dtype, sparse=True)
    return function(*broadcast_arrays(*lines), **kwargs)


class _Grid:
    """``grid[start:stop:step, ...]``: coordinates between bounds, in steps, or in so many points for a step like ``5j``."""

    def __init__(self, sparse: bool) -> None:
        self._sparse = sparse
        self.__doc__ = (
            "Coordinates of a grid, a tuple of arrays that are long along one axis each: ``ogrid[0:3, -1:1:5j]``."
            if sparse
            else "Coordinates of a grid, one array with an axis in front: ``mgrid[0:3, -1:1:5j]``."
        )

    def __getitem__(self, key: slice | tuple[slice, ...]) -> Any:
        if not isinstance(key, tuple):
            return _single(key)
        kind = np.result_type(0, *(number for part in key for number in _numbers(part)))
        lines = []
        for axis, part in enumerate(key):
            start, step, length = _steps(part)
            if length < 0 and not self._sparse:
                raise ValueError("negative dimensions are not allowed")
            lines.append(_along(arange(length, dtype=kind) * step + start, axis, len(key)))
        if self._sparse:
            return tuple(lines)
        return _dense([line.astype(kind) for line in lines], kind)


def _numbers(part: slice) -> tuple[Any, Any, Any]:
    start, step, _ = _steps(part)
    step = abs(part.step) if _is_count(part.step) else step
    return start, part.stop, step


def _is_count(step: Any) -> bool:
    return isinstance(step, complex | np.complexfloating)


def _steps(part: slice) -> tuple[Any, Any, int]:
    """The start, the step and the number of points."""
    start = 0 if part.start is None else part.start
    step = 1 if part.step is None else part.step
    if not _is_count(step):
        return start, step, math.ceil((part.stop - start) / step)
    length = int(abs(step))
    return start, (part.stop - start) / float(length - 1) if length != 1 else 1, length


def _single(part: slice) -> Array:
    if not _is_count(part.step):
        return arange(0 if part.start is None else part.start, part.stop, part.step)
    start, step, length = _steps(part)
    kind = np.result_type(start, part.stop, abs(part.step))
    values: Array = arange(0, length, 1, dtype=kind) * step + start
    return values


mgrid = _Grid(sparse=False)
ogrid = _Grid(sparse=True)
