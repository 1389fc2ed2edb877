"""Linear interpolation in a table of points.

The points are few enough for NumPy, the positions are lazy. Each position is found among the points by a binary search
that is made of ``take`` and comparisons, one pair per doubling of the number of points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _engine
from ._complex import from_parts
from ._elementwise import isnan
from ._engine import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["interp"]


class _Place(NamedTuple):
    """Positions, and the points around each: the last one not after it, and the next one."""

    at: Array
    number: Array
    here: Array
    following: Array
    before_all: Array
    after_all: Array


def interp(
    x: ArrayLike | Array,
    xp: ArrayLike | Array,
    fp: ArrayLike | Array,
    left: Any = None,
    right: Any = None,
    period: float | None = None,
) -> Array:
    """The values at ``x`` of the line through the points ``xp``, ``fp``, whose positions ``xp`` must increase.

    Before the first point it is ``left``, by default its value, after the last one ``right``; with ``period`` the points
    repeat. The points are looked at once, now. The result is float64, or complex128 for complex ``fp``.
    """
    at = _engine.asarray(x).astype(np.float64, casting="safe")
    points, values = np.asarray(xp), np.asarray(fp)
    points = points.astype(np.float64, casting="safe")
    values = values.astype(np.complex128 if np.iscomplexobj(values) else np.float64, casting="safe")
    if period is not None:
        left = right = None
        at, points, values = _repeated(at, points, values, period)
    _check(points, values)
    left = values[0] if left is None else left
    right = values[-1] if right is None else right
    place = _placed(at, points)
    with np.errstate(all="ignore"):
        if not np.iscomplexobj(values):
            return _on_line(place, values, np.diff(values) / np.diff(points), float(left), float(right))
        inverse = 1.0 / np.diff(points)
        left, right = complex(left), complex(right)
        real = _on_line(place, values.real, np.diff(values.real) * inverse, left.real, right.real)
        imag = _on_line(place, values.imag, np.diff(values.imag) * inverse, left.imag, right.imag)
    return from_parts(real, imag)


def _repeated(
    at: Array, points: NDArray[Any], values: NDArray[Any], period: float
) -> tuple[Array, NDArray[Any], NDArray[Any]]:
    """Everything brought into one period, with a point of the next one on either side."""
    if period == 0:
        raise ValueError("period must be a non-zero value")
    period = abs(period)
    _check_shapes(points, values)
    points = points % period
    order = np.argsort(points)
    points, values = points[order], values[order]
    points = np.concatenate((points[-1:] - period, points, points[:1] + period))
    return at % period, points, np.concatenate((values[-1:], values, values[:1]))


def _check(points: NDArray[Any], values: NDArray[Any]) -> None:
    _check_shapes(points, values)
    if not len(points):
        raise ValueError("array of sample points is empty")


def _check_shapes(points: NDArray[Any], values: NDArray[Any]) -> None:
    if points.ndim != 1 or values.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if len(points) != len(values):
        raise ValueError("fp and xp are not of the same length.")


def _placed(at: Array, points: NDArray[Any]) -> _Place:
    index = _last_not_after(points, at)
    here, following = _column(points).take(index), _next(points).take(index)
    return _Place(at, index, here, following, at < float(points[0]), at > float(points[-1]))


def _on_line(place: _Place, values: NDArray[Any], slopes: NDArray[Any], left: float, right: float) -> Array:
    """The values at positions; NumPy's formula, and its ways around infinities and NaN."""
    here, following = _column(values).take(place.number), _next(values).take(place.number)
    slope = _column(np.append(slopes, np.nan)).take(place.number)
    line = slope * (place.at - place.here) + here
    line = _chosen((isnan(line), slope * (place.at - place.following) + following), otherwise=line)
    line = _chosen((isnan(line) & (here == following), here), otherwise=line)
    # NaN is nowhere, except that it gives the value of an only point.
    line = _chosen((isnan(place.at), place.at), otherwise=line) if len(values) > 1 else here
    return _chosen(
        (place.before_all, left), (place.after_all, right), (place.here == place.at, here), otherwise=line
    )


def _last_not_after(points: NDArray[Any], at: Array) -> Array:
    """The index of the last point that is not after each position; 0 where there is none."""
    doublings = (len(points) - 1).bit_length()
    # No position is beyond a NaN, so that indices stay among the points.
    padded = np.full(1 << doublings, np.nan)
    padded[: len(points)] = points
    table = _column(padded)
    index = _engine.broadcast_to(_engine.full((), 0, np.int64), at.shape)
    for doubling in reversed(range(doublings)):
        further = index + (1 << doubling)
        index = _engine.map("where", table.take(further) <= at, further, index)
    return index


def _column(values: NDArray[Any]) -> Array:
    """A private copy: later changes to the points are not seen."""
    private = values.copy()
    private.flags.writeable = False
    return _engine.asarray(private)


def _next(values: NDArray[Any]) -> Array:
    """For each point the next one, NaN after the last."""
    return _column(np.append(values[1:], np.nan))


def _chosen(*cases: tuple[Array, Any], otherwise: Array) -> Array:
    """The value of the first case that holds."""
    for holds, value in reversed(cases):
        otherwise = _engine.map("where", holds, value, otherwise)
    return otherwise
