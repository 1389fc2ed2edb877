"""Linear interpolation in a table of points.

The points are few enough for NumPy, the positions are lazy: each is found among the points by a search tree that it walks
down by ``take``, one level for each doubling of the number of points. ``take`` computes its index wherever its result is
used, so a walk is a chain with one use per step: what two columns would need comes in one complex number.
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
    """Positions, the points themselves, and for each position the number of points that are not after it."""

    at: Array
    points: NDArray[Any]
    number: Array


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
    place = _Place(at, points, _number_not_after(points, at))
    with np.errstate(all="ignore"):
        if not np.iscomplexobj(values):
            return _on_line(place, values, np.diff(values) / np.diff(points), float(left), float(right), at)
        inverse = 1.0 / np.diff(points)
        left, right = complex(left), complex(right)
        real = _on_line(place, values.real, np.diff(values.real) * inverse, left.real, right.real, at)
        imag = _on_line(place, values.imag, np.diff(values.imag) * inverse, left.imag, right.imag, 0.0)
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


def _number_not_after(points: NDArray[Any], at: Array) -> Array:
    """How many of the points, which increase, are not after each position."""
    levels = len(points).bit_length()
    # The tree is complete; no position is beyond a NaN.
    padded = np.full((1 << levels) - 1, np.nan)
    padded[: len(points)] = points
    tree = np.concatenate([padded[(1 << (levels - level - 1)) - 1 :: 1 << (levels - level)] for level in range(levels)])
    # A node with its left child; the right one is the next.
    nodes = _column(tree, 2.0 * np.arange(len(tree)) + 1)
    node = _engine.broadcast_to(_engine.full((), 0, np.int64), at.shape)
    for _ in range(levels):
        reached = nodes.take(node)
        node = (reached.imag + (reached.real <= at)).astype(np.int64)
    return node - len(tree)


def _on_line(
    place: _Place, values: NDArray[Any], slopes: NDArray[Any], left: float, right: float, nowhere: Any
) -> Array:
    """The values at positions, ``nowhere`` at NaN."""
    at, points = place.at, place.points
    line, is_point, value = _lines(place, values, slopes)
    # NaN is nowhere, except that an only point is everywhere.
    inside = _chosen((isnan(at), nowhere), (is_point, value), otherwise=line) if len(points) > 1 else _constant(values[0])
    return _chosen((at < float(points[0]), left), (at > float(points[-1]), right), otherwise=inside)


def _lines(place: _Place, values: NDArray[Any], slopes: NDArray[Any]) -> tuple[Array, Array, Array]:
    """NumPy's formula on the line after a point; whether that is a point itself, and its value."""
    columns = [_before_first(each) for each in (place.points, np.append(slopes, np.nan), values)]
    first = _column(columns[0], columns[1]).take(place.number)
    here, slope = first.real, first.imag
    if all(np.isfinite(each).all() for each in (place.points, slopes, values)):
        value = _column(columns[2]).take(place.number)
        return slope * (place.at - here) + value, here == place.at, value
    second = _column(columns[2], _before_first(np.append(values[1:], np.nan))).take(place.number)
    value, next_value = second.real, second.imag
    following = _column(_before_first(np.append(place.points[1:], np.nan))).take(place.number)
    # Infinities may leave NaN, which the other end of the line may not, or both ends may be the same.
    line = slope * (place.at - here) + value
    line = _chosen((isnan(line), slope * (place.at - following) + next_value), otherwise=line)
    line = _chosen((isnan(line) & (value == next_value), value), otherwise=line)
    return line, here == place.at, value


def _before_first(column: NDArray[Any]) -> NDArray[Any]:
    """A column with an entry for positions before the first point, which is not used."""
    return np.insert(column, 0, np.nan)


def _column(real: NDArray[Any], imag: NDArray[Any] | None = None) -> Array:
    """A private table: later changes to the points are not seen."""
    table = real.copy() if imag is None else np.empty(len(real), np.complex128)
    if imag is not None:
        table.real, table.imag = real, imag
    table.flags.writeable = False
    return _engine.asarray(table)


def _constant(value: float) -> Array:
    return _engine.full((), value, np.float64)


def _chosen(*cases: tuple[Array, Any], otherwise: Array) -> Array:
    """The value of the first case that holds."""
    for holds, value in reversed(cases):
        otherwise = _engine.map("where", holds, value, otherwise)
    return otherwise
