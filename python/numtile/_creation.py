"""Arrays from NumPy arrays, numbers and rules. Sequences and constants are never stored."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    Shape = SupportsIndex | Sequence[SupportsIndex]

__all__ = [
    "arange",
    "array",
    "asarray",
    "empty",
    "empty_like",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def asarray(
    a: ArrayLike | Array,
    dtype: DTypeLike | None = None,
    order: str | None = None,
    *,
    device: str | None = None,
    copy: bool | None = None,
    like: Any = None,
) -> Array:
    """An array of anything array-like.

    NumPy arrays are not copied: whatever their strides and byte order, their memory is read when results are computed,
    and they are kept alive until then. Object, string, date and structured arrays are refused with a ``TypeError``.
    """
    if copy:
        return array(a, dtype)
    return _engine.asarray(a, dtype)


def array(
    object: ArrayLike | Array,
    dtype: DTypeLike | None = None,
    *,
    copy: bool | None = True,
    order: str | None = "K",
    subok: bool = False,
    ndmin: int = 0,
    like: Any = None,
) -> Array:
    """As :func:`asarray`, but NumPy arrays are copied, so that later changes to them are not seen."""
    private = object if isinstance(object, Array) or not copy else np.array(object)
    if isinstance(private, np.ndarray):
        private.flags.writeable = not copy and private.flags.writeable
    made = _engine.asarray(private, dtype)
    if made is object and copy:
        made = made.copy()
    return made if made.ndim >= ndmin else made.reshape((1,) * (ndmin - made.ndim) + made.shape)


def arange(
    start: Any,
    stop: Any = None,
    step: Any = None,
    *,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """Values from ``start`` (0 if only one bound is given) up to, not including, ``stop``, ``step`` apart.

    The type is that of the arguments together. As in NumPy the length is ``ceil((stop - start) / step)`` and the values
    are ``start + i * ((start + step) - start)``, rounded in that type.
    """
    if stop is None:
        start, stop = 0, start
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
            raise TypeError("arange takes numbers, not arrays")
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


def linspace(
    start: Any,
    stop: Any,
    num: SupportsIndex = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike | None = None,
    axis: SupportsIndex = 0,
    *,
    device: str | None = None,
) -> Any:
    """``num`` evenly spaced values from ``start`` to ``stop``, which is the last one unless ``endpoint`` is false.

    With ``retstep`` the result is a pair of the array and the step. Arrays as bounds are not supported yet.
    """
    count = operator.index(num)
    if count < 0:
        raise ValueError(f"Number of samples, {count}, must be non-negative.")
    first, last = _end(start), _end(stop)
    kind = np.dtype(np.float64 if dtype is None else dtype)
    made = _engine.linspace(first, last, count, bool(endpoint), kind)
    if not retstep:
        return made
    intervals = count - 1 if endpoint else count
    return made, np.float64((last - first) / intervals if intervals > 0 else math.nan)


def _end(value: Any) -> float:
    if np.ndim(value) != 0:
        raise NotImplementedError("numtile's linspace takes numbers, not arrays, so far")
    if isinstance(value, complex | np.complexfloating):
        raise NotImplementedError("numtile's linspace takes real numbers, so far")
    return float(value)


def full(
    shape: Shape,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    order: str = "C",
    *,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """An array in which every element is ``fill_value``."""
    if isinstance(fill_value, Array) or np.ndim(fill_value) != 0:
        return _engine.broadcast_to(_engine.asarray(fill_value, dtype), shape)
    return _engine.full(shape, fill_value, np.asarray(fill_value).dtype if dtype is None else dtype)


def zeros(
    shape: Shape, dtype: DTypeLike = float, order: str = "C", *, device: str | None = None, like: Any = None
) -> Array:
    """An array of zeros."""
    return _engine.full(shape, 0, float if dtype is None else dtype)


def ones(
    shape: Shape, dtype: DTypeLike | None = None, order: str = "C", *, device: str | None = None, like: Any = None
) -> Array:
    """An array of ones."""
    return _engine.full(shape, 1, float if dtype is None else dtype)


def empty(
    shape: Shape, dtype: DTypeLike = float, order: str = "C", *, device: str | None = None, like: Any = None
) -> Array:
    """The same as :func:`zeros`: a lazy array has no memory to leave unset."""
    return zeros(shape, dtype)


def _likeness(a: ArrayLike | Array, dtype: DTypeLike | None, shape: Shape | None) -> tuple[Any, Any]:
    if not isinstance(a, Array | np.ndarray):
        a = np.asarray(a)
    return (a.shape if shape is None else shape), (a.dtype if dtype is None else dtype)


def full_like(
    a: ArrayLike | Array,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    order: str = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: str | None = None,
) -> Array:
    """An array of the shape and type of ``a`` in which every element is ``fill_value``."""
    size, kind = _likeness(a, dtype, shape)
    return full(size, fill_value, kind)


def zeros_like(
    a: ArrayLike | Array,
    dtype: DTypeLike | None = None,
    order: str = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: str | None = None,
) -> Array:
    """An array of zeros of the shape and type of ``a``."""
    size, kind = _likeness(a, dtype, shape)
    return _engine.full(size, 0, kind)


def ones_like(
    a: ArrayLike | Array,
    dtype: DTypeLike | None = None,
    order: str = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: str | None = None,
) -> Array:
    """An array of ones of the shape and type of ``a``."""
    size, kind = _likeness(a, dtype, shape)
    return _engine.full(size, 1, kind)


def empty_like(
    prototype: ArrayLike | Array,
    dtype: DTypeLike | None = None,
    order: str = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: str | None = None,
) -> Array:
    """The same as :func:`zeros_like`."""
    return zeros_like(prototype, dtype, shape=shape)
