"""Padding: the array in the middle, with something before and behind it along each axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._creation import zeros
from ._ranges import linspace, positions
from ._rearrange import tiled_along

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from ._engine import Array

    Pair = tuple[Any, Any]

__all__ = ["pad"]

#: The keyword that each mode takes, with its default.
_KEYWORDS = {
    "constant": ("constant_values", 0),
    "edge": None,
    "empty": None,
    "linear_ramp": ("end_values", 0),
    "maximum": ("stat_length", None),
    "mean": ("stat_length", None),
    "median": ("stat_length", None),
    "minimum": ("stat_length", None),
    "reflect": ("reflect_type", "even"),
    "symmetric": ("reflect_type", "even"),
    "wrap": None,
}
#: The keywords that are given per axis and side.
_PAIRED = ("constant_values", "end_values", "stat_length")


def pad(array: ArrayLike | Array, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Array:
    """The array with ``pad_width`` more elements before and behind along each axis.

    ``pad_width`` is one number, a pair, one pair per axis, or a dict of them by axis. ``mode`` says what the new elements
    are, with its keyword: ``"constant"`` (``constant_values``), ``"edge"``, ``"linear_ramp"`` (``end_values``),
    ``"maximum"``, ``"minimum"``, ``"mean"`` and ``"median"`` (``stat_length``), ``"reflect"`` and ``"symmetric"``
    (``reflect_type``), ``"wrap"``, or ``"empty"`` (zeros). Medians are computed at once, from a NumPy array of what they
    are taken of; a function is called at once, with NumPy's lines of the whole array.
    """
    whole = _engine.asarray(array)
    if callable(mode):
        return _engine.asarray(np.pad(np.asarray(whole), pad_width, mode, **kwargs))
    widths = _pairs(_by_axis(pad_width, whole.ndim), whole.ndim, as_index=True)
    name, option = _keyword(mode, kwargs)
    if whole.size == 0 and mode not in ("constant", "empty"):
        return _nothing(whole, widths)
    options = _pairs(option, whole.ndim, as_index=name == "stat_length") if name in _PAIRED else [option] * whole.ndim
    for axis, (width, each) in enumerate(zip(widths, options, strict=True)):
        whole = _MODES[mode](whole, axis, width, each)
    return whole


def _by_axis(pad_width: Any, ndim: int) -> Any:
    if isinstance(pad_width, dict):
        widths: list[Any] = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            widths[axis] = width if isinstance(width, tuple) else (width, width)
        pad_width = widths
    pad_width = np.asarray(pad_width)
    if pad_width.dtype.kind != "i":
        raise TypeError("`pad_width` must be of integral type.")
    return pad_width


def _keyword(mode: Any, kwargs: dict[str, Any]) -> tuple[str, Any]:
    """The mode's keyword and its value."""
    if mode not in _KEYWORDS:
        raise ValueError(f"mode '{mode}' is not supported")
    name, default = _KEYWORDS[mode] or ("", None)
    unknown = set(kwargs) - {name}
    if unknown:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    return name, kwargs.get(name, default)


def _pairs(x: Any, ndim: int, as_index: bool = False) -> list[Pair]:
    """One pair per axis, made as NumPy makes them: one or two numbers keep their type, more become Python's numbers."""
    if x is None:
        return [(None, None)] * ndim
    x = np.array(x)
    if as_index:
        x = np.round(x).astype(np.intp)
        if x.size and x.min() < 0:
            raise ValueError("index can't contain negative values")
    if x.ndim < 3 and x.size == 1:
        return [(x.flat[0], x.flat[0])] * ndim
    if x.ndim < 3 and x.size == 2 and x.shape != (2, 1):
        return [(x.flat[0], x.flat[1])] * ndim
    return [(before, after) for before, after in np.broadcast_to(x, (ndim, 2)).tolist()]


def _nothing(array: Array, widths: list[Pair]) -> Array:
    """An array without elements stays so: there is nothing to pad it with."""
    for axis, width in enumerate(widths):
        if array.shape[axis] == 0 and any(width):
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
    return zeros([length + before + after for length, (before, after) in zip(array.shape, widths, strict=True)], array.dtype)


def _part(array: Array, axis: int, *bounds: int | None) -> Array:
    return array[(slice(None),) * axis + (slice(*bounds),)]


def _between(array: Array, axis: int, before: Array, after: Array) -> Array:
    """The array with something before and behind it, in the array's type."""
    pieces = [before.astype(array.dtype), array, after.astype(array.dtype)]
    return _engine.concatenate([piece for piece in pieces if piece.shape[axis]] or [array], axis)


def _filled(array: Array, axis: int, width: Pair, before: Array, after: Array) -> Array:
    """The same with things of length one (or none) along the axis, repeated to the width."""
    shapes = [(*array.shape[:axis], int(each), *array.shape[axis + 1 :]) for each in width]
    return _between(array, axis, _engine.broadcast_to(before, shapes[0]), _engine.broadcast_to(after, shapes[1]))


# ---- modes -----------------------------------------------------------------------------------------------------


def _constant(array: Array, axis: int, width: Pair, values: Pair) -> Array:
    before, after = (_assigned(value, array.dtype) for value in values)
    return _filled(array, axis, width, before, after)


def _assigned(value: Any, dtype: np.dtype[Any]) -> Array:
    """A number as NumPy's assignment converts it."""
    cell = np.empty(1, dtype)
    cell[:] = value
    return _engine.full((), cell[0], dtype)


def _edge(array: Array, axis: int, width: Pair, values: Any = None) -> Array:
    length = array.shape[axis]
    return _filled(array, axis, width, _part(array, axis, 0, 1), _part(array, axis, length - 1, length))


def _linear_ramp(array: Array, axis: int, width: Pair, values: Pair) -> Array:
    length = array.shape[axis]
    edges = (_part(array, axis, 0, 1), _part(array, axis, length - 1, length))
    before, after = (
        linspace(value, edge.squeeze(axis), each, endpoint=False, dtype=array.dtype, axis=axis)
        for value, edge, each in zip(values, edges, width, strict=True)
    )
    return _between(array, axis, before, _part(after, axis, None, None, -1))


def _maximum(array: Array, axis: int, width: Pair, lengths: Pair) -> Array:
    return _statistic(array, axis, width, _not_zero(lengths), lambda part: part.max(axis=axis, keepdims=True))


def _minimum(array: Array, axis: int, width: Pair, lengths: Pair) -> Array:
    return _statistic(array, axis, width, _not_zero(lengths), lambda part: part.min(axis=axis, keepdims=True))


def _not_zero(lengths: Pair) -> Pair:
    if 0 in lengths:
        raise ValueError("stat_length of 0 yields no value for padding")
    return lengths


def _mean(array: Array, axis: int, width: Pair, lengths: Pair) -> Array:
    return _statistic(array, axis, width, lengths, lambda part: _whole(part.mean(axis=axis, keepdims=True), array))


def _median(array: Array, axis: int, width: Pair, lengths: Pair) -> Array:
    def median(part: Array) -> Array:
        return _whole(_engine.asarray(np.median(np.asarray(part), axis=axis, keepdims=True)), array)

    return _statistic(array, axis, width, lengths, median)


def _whole(value: Array, array: Array) -> Array:
    """Rounded, where the array is of integers."""
    rounded: Array = value.round() if array.dtype.kind in "iu" else value
    return rounded


def _statistic(array: Array, axis: int, width: Pair, lengths: Pair, of: Callable[[Array], Array]) -> Array:
    """One number per line, of its first and of its last elements."""
    length = array.shape[axis]
    first, last = (length if each is None else min(int(each), length) for each in lengths)
    before = of(_part(array, axis, 0, first))
    after = before if first == last == length else of(_part(array, axis, length - last, length))
    return _filled(array, axis, width, before, after)


def _wrap(array: Array, axis: int, width: Pair, values: Any = None) -> Array:
    length = array.shape[axis]
    if max(width) > length:
        return _periodic(array, axis, width, length)
    return _between(array, axis, _part(array, axis, length - width[0], length), _part(array, axis, 0, int(width[1])))


def _reflect(array: Array, axis: int, width: Pair, kind: Any) -> Array:
    return _mirrored(array, axis, width, kind, 1)


def _symmetric(array: Array, axis: int, width: Pair, kind: Any) -> Array:
    return _mirrored(array, axis, width, kind, 0)


def _mirrored(array: Array, axis: int, width: Pair, kind: Any, skip: int) -> Array:
    """Mirror images, without the edge itself if ``skip`` is 1; also turned upside down about it if they are odd."""
    length = array.shape[axis]
    if length == 1:
        return _edge(array, axis, width)
    if kind == "odd":
        return _odd(array, axis, width, skip)
    if max(width) > length - skip:
        back = _engine.flip(_part(array, axis, skip, length - skip), axis)
        return _periodic(_engine.concatenate([array, back], axis), axis, width, length)
    return _between(array, axis, *_images(array, axis, width, skip))


def _images(array: Array, axis: int, width: Pair, skip: int) -> tuple[Array, Array]:
    """The mirror images of the first and the last elements."""
    end = array.shape[axis] - skip
    before = _engine.flip(_part(array, axis, skip, skip + int(width[0])), axis)
    return before, _engine.flip(_part(array, axis, end - int(width[1]), end), axis)


def _odd(array: Array, axis: int, width: Pair, skip: int) -> Array:
    """Mirror images turned upside down about the edge, and images of images: a sequence that climbs once per period."""
    length = array.shape[axis]
    first, last = _part(array, axis, 0, 1), _part(array, axis, length - 1, length)
    if max(width) <= length - skip:
        before, after = _images(array, axis, width, skip)
        return _between(array, axis, 2 * first - before, 2 * last - after)
    if array.dtype == bool:
        raise NotImplementedError("numtile's pad reflects booleans with reflect_type='odd' up to their own number only")
    upside_down = (2 * last - _engine.flip(array, axis)).astype(array.dtype)
    half = length - skip
    period = _engine.concatenate([_part(array, axis, 0, half), _part(upside_down, axis, 0, half)], axis)
    total = int(width[0]) + length + int(width[1])
    number = positions(total, -int(width[0])) // (2 * half)
    climbs = number.astype(array.dtype).reshape((-1,) + (1,) * (array.ndim - axis - 1))
    return _periodic(period, axis, width, length) + climbs * (2 * (last - first))


def _periodic(period: Array, axis: int, width: Pair, length: int) -> Array:
    """``length`` elements from the start of one period, continued on both sides by more periods."""
    cycle = period.shape[axis]
    start, total = -int(width[0]) % cycle, int(width[0]) + length + int(width[1])
    return _part(tiled_along(period, axis, -(-(start + total) // cycle)), axis, start, start + total)


_MODES: dict[str, Callable[[Array, int, Any, Any], Array]] = {
    "constant": _constant,
    "edge": _edge,
    "empty": lambda array, axis, width, _: _constant(array, axis, width, (0, 0)),
    "linear_ramp": _linear_ramp,
    "maximum": _maximum,
    "mean": _mean,
    "median": _median,
    "minimum": _minimum,
    "reflect": _reflect,
    "symmetric": _symmetric,
    "wrap": _wrap,
}
