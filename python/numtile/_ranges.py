"""Sequences: numbers at even distances, at even ratios, and powers. None of them is stored."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._creation import check_device, empty, full, private
from ._engine import Array
from ._shape import broadcast_shapes, moveaxis, ndim, shape

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

__all__ = ["arange", "geomspace", "linspace", "logspace", "vander"]


def positions(count: int, first: int = 0) -> Array:
    """``count`` consecutive positions from ``first`` on, int64."""
    return _engine.arange(first, first + 1, max(count, 0), np.int64)


def arange(
    start_or_stop: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """Values from ``start`` (0 if only one bound is given) up to, not including, ``stop``, ``step`` apart.

    The type is that of the arguments together. As in NumPy the length is ``ceil((stop - start) / step)`` and the values
    are ``start + i * ((start + step) - start)``, rounded in that type.
    """
    check_device(device)
    start, stop = (0, start_or_stop) if stop is None else (start_or_stop, stop)
    step = 1 if step is None else step
    bounds = [_number(value) for value in (start, stop, step)]
    start, stop, step = bounds
    kind = np.dtype(dtype) if dtype is not None else np.result_type(*(np.asarray(value).dtype for value in bounds))
    if kind.kind == "b":
        kind = _check_bool_length(start, stop, step, dtype)
    if step == 0:
        raise ZeroDivisionError("division by zero")
    return _engine.arange(start, _next(start, step, kind), _length(start, stop, step), kind)


def _number(value: Any) -> Any:
    """A plain number: NumPy scalars and zero-dimensional arrays give their element."""
    if isinstance(value, Array | np.ndarray):
        if value.ndim != 0:
            raise ValueError("arange takes numbers, not arrays")
        value = value.compute() if isinstance(value, Array) else value[()]
    return value


def _check_bool_length(start: Any, stop: Any, step: Any, dtype: DTypeLike | None) -> np.dtype[Any]:
    if dtype is None:
        return np.dtype(np.int64)
    if _length(start, stop, step) > 2:
        raise TypeError("arange() is only supported for booleans when the result has at most length 2.")
    return np.dtype(bool)


def _length(start: Any, stop: Any, step: Any) -> int:
    span = stop - start
    count = _exact_ceil(span, step) if _are_ints(span, step) else _float_ceil(span / step)
    return max(count, 0)


def _are_ints(*values: Any) -> bool:
    return all(isinstance(value, int | np.integer) for value in values)


def _exact_ceil(span: Any, step: Any) -> int:
    return -(-int(span) // int(step))


def _float_ceil(quotient: Any) -> int:
    if isinstance(quotient, complex):
        return min(_float_ceil(quotient.real), _float_ceil(quotient.imag))
    if math.isnan(quotient):
        raise ValueError("arange: cannot compute length")
    if math.isinf(quotient) or abs(quotient) >= 2**63:
        raise ValueError("Maximum allowed size exceeded")
    return int(math.ceil(quotient))


def _next(start: Any, step: Any, kind: np.dtype[Any]) -> Any:
    """The second element; integers that leave the type on the way wrap, since no such element exists."""
    following = start + step
    if kind.kind not in "iu":
        return following
    info = np.iinfo(kind)
    return int(following) if info.min <= following <= info.max else start


# ---- even distances and ratios ---------------------------------------------------------------------------------


def linspace(
    start: ArrayLike | Array,
    stop: ArrayLike | Array,
    num: SupportsIndex = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike | None = None,
    axis: SupportsIndex = 0,
    *,
    device: str | None = None,
) -> Any:
    """``num`` evenly spaced values from ``start`` to ``stop``, which is the last one unless ``endpoint`` is false.

    Bounds may be complex, and may be arrays: then the values stand along a new axis. The element type is that of the
    bounds, and float64 where they are integers; an integer ``dtype`` rounds down. With ``retstep`` the result is a pair
    of the array and the step. Raises ``ValueError`` for a negative ``num``.
    """
    check_device(device)
    count = _samples(num)
    kind = np.result_type(_kind(start), _kind(stop), 0.0)
    first, last = _bound(start, kind), _bound(stop, kind)
    intervals = count - 1 if endpoint else count
    delta = last - first
    step = delta / intervals if intervals > 0 else math.nan
    wanted = kind if dtype is None else np.dtype(dtype)
    if kind == np.float64 and delta.ndim == 0 and not isinstance(delta, Array) and not _underflows(delta, step):
        line = _engine.linspace(float(first), float(last), count, bool(endpoint), wanted)
    else:
        line = _line(first, last, delta, step if intervals > 0 else None, intervals, count)
        line = (_engine.map("floor", line) if wanted.kind in "iu" else line).astype(wanted)
    line = moveaxis(line, 0, operator.index(axis)) if operator.index(axis) else line
    return (line, step) if retstep else line


def _samples(num: SupportsIndex) -> int:
    count = operator.index(num)
    if count < 0:
        raise ValueError(f"Number of samples, {count}, must be non-negative.")
    return count


def _kind(value: Any) -> Any:
    """What a bound contributes to the type: Python's numbers are weak."""
    is_plain = type(value) in (int, float, complex)
    return value if is_plain else value.dtype if isinstance(value, Array) else np.asarray(value).dtype


def _bound(value: Any, kind: np.dtype[Any]) -> Any:
    """A bound in the type of the computation: lazy, or a copy that nobody else writes to."""
    return value.astype(kind) if isinstance(value, Array) else private(np.array(value, kind))


def _underflows(delta: Any, step: Any) -> Any:
    return (delta != 0) & (step == 0)


def _line(first: Any, last: Any, delta: Any, step: Any, intervals: int, count: int) -> Array:
    """The samples along a new first axis, by NumPy's formulas, which depend on whether some step is zero."""
    kind = first.dtype
    index = _engine.arange(0, 1, count, kind).reshape((-1,) + (1,) * delta.ndim)
    if step is None:
        scaled = index * delta
    else:
        fine, coarse = index / intervals * delta, index * step
        some = (step == 0).any()
        scaled = _engine.map("where", some, fine, coarse) if isinstance(some, Array) else fine if some else coarse
    return _with_ends(scaled + first, None, last if 0 < intervals < count else None)


def _with_ends(line: Array, first: Any, last: Any) -> Array:
    """The samples with the first and the last one replaced."""
    place = positions(len(line)).reshape((-1,) + (1,) * (line.ndim - 1))
    if last is not None:
        line = _engine.map("where", place == len(line) - 1, last, line)
    return line if first is None else _engine.map("where", place == 0, first, line)


def logspace(
    start: ArrayLike | Array,
    stop: ArrayLike | Array,
    num: SupportsIndex = 50,
    endpoint: bool = True,
    base: ArrayLike | Array = 10.0,
    dtype: DTypeLike | None = None,
    axis: SupportsIndex = 0,
) -> Array:
    """``base`` to the powers that :func:`linspace` makes of the other arguments.

    ``base`` may be an array too; it then has no part in the new axis. The powers are within 1 ulp of the true ones.
    """
    if ndim(base):
        most = len(broadcast_shapes(shape(start), shape(stop), shape(base)))
        start, stop, base = (_at_least(each, most) for each in (start, stop, base))
        base = _engine.expand_dims(base, axis)
    line = _engine.map("power", base, linspace(start, stop, num, endpoint, axis=axis))
    return line if dtype is None else line.astype(dtype)


def _at_least(value: Any, count: int) -> Any:
    """An array with at least ``count`` axes, in whose type numbers are not weak."""
    array = value if isinstance(value, Array) else np.asarray(value)
    return array.reshape((1,) * (count - array.ndim) + array.shape)


def geomspace(
    start: ArrayLike | Array,
    stop: ArrayLike | Array,
    num: SupportsIndex = 50,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    axis: SupportsIndex = 0,
) -> Array:
    """``num`` values from ``start`` to ``stop``, each the same multiple of the one before it; both ends are exact.

    Bounds may be negative, complex and arrays. Raises ``ValueError`` for a bound of zero, which in a lazy array is not
    looked for: it gives NaN.
    """
    count = _samples(num)
    ends = [each if isinstance(each, Array) else np.asarray(each) for each in (start, stop)]
    if any(isinstance(end, np.ndarray) and (end == 0).any() for end in ends):
        raise ValueError("Geometric sequence cannot include zero")
    kind = np.result_type(ends[0].dtype, ends[1].dtype, 0.0, np.dtype(float if dtype is None else dtype))
    first, last = (end.astype(kind) for end in ends)
    sign = _apply("sign", first)
    first, last = first / sign, last / sign
    line = logspace(_apply("log10", first), _apply("log10", last), count, endpoint, dtype=kind)
    line = _with_ends(line, first, last if endpoint and count > 1 else None) * sign
    line = moveaxis(line, 0, operator.index(axis)) if operator.index(axis) else line
    return line.astype(kind if dtype is None else dtype)


def _apply(name: str, value: Any) -> Any:
    """An elementwise function: NumPy's for what is in memory, so that both begin with the same bits."""
    return _engine.map(name, value) if isinstance(value, Array) else getattr(np, name)(value)


# ---- powers ----------------------------------------------------------------------------------------------------


def vander(x: ArrayLike | Array, N: SupportsIndex | None = None, increasing: bool = False) -> Array:
    """The powers of the elements of a vector, one column per power, the highest first unless ``increasing``.

    ``N`` is the number of columns, the length of ``x`` by default. Raises ``ValueError`` unless ``x`` has one axis.
    """
    vector = _engine.asarray(x)
    if vector.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    count = len(vector) if N is None else operator.index(N)
    if count < 0:
        raise ValueError("negative dimensions are not allowed")
    kind = np.promote_types(vector.dtype, np.int64)
    if count == 0:
        return empty((len(vector), 0), kind)
    vector = vector.astype(kind)
    columns = [full(vector.shape, 1, kind), vector][:count]
    while len(columns) < count:
        columns.append(columns[-1] * vector)
    return _engine.stack(columns if increasing else columns[::-1], 1)
