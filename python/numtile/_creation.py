"""Arrays from NumPy arrays, from other arrays, and of one value. Constants are never stored.

A lazy array has no memory layout: ``order=`` is checked and changes nothing. Nor are there subclasses or devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Shape = SupportsIndex | Sequence[SupportsIndex]

__all__ = [
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "asfortranarray",
    "copy",
    "empty",
    "empty_like",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def check_order(order: str | None, allowed: str = "CFAK") -> None:
    """``ValueError`` for a memory layout that NumPy would not take here."""
    if order is None or order in tuple(allowed):
        return
    if order in ("C", "F", "A", "K"):
        raise ValueError("only 'C' or 'F' order is permitted")
    raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got '{order}')")


def check_device(device: str | None) -> None:
    """``ValueError`` for any device but the processor."""
    if device not in (None, "cpu"):
        raise ValueError(f'Device not understood. Only "cpu" is allowed, but received: {device}')


def private(array: NDArray[Any]) -> NDArray[Any]:
    """An array that nobody else refers to, marked so that results computed from it may be remembered."""
    array.flags.writeable = False
    return array


def zero(dtype: DTypeLike) -> Array:
    """A zero-dimensional zero."""
    return _engine.full((), 0, dtype)


# ---- from arrays -----------------------------------------------------------------------------------------------


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
    and they are kept alive until then. Lists that contain lazy arrays are stacked, not computed. Object, string, date and
    structured arrays are refused with a ``TypeError``.
    """
    check_order(order)
    check_device(device)
    if copy is not None:
        return array(a, dtype, copy=copy)
    return _engine.asarray(_stacked(a), dtype)


asanyarray = asarray


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
    check_order(order)
    given = _stacked(object)
    if not isinstance(given, Array):
        given = private(np.array(given)) if copy else np.asarray(given, copy=copy)
    made = _engine.asarray(given, dtype)
    if made is object and copy:
        made = made.copy()
    return made if made.ndim >= ndmin else made.reshape((1,) * (ndmin - made.ndim) + made.shape)


def _stacked(a: Any) -> Any:
    """Nested lists with lazy arrays in them as one lazy array; everything else as it is."""
    if isinstance(a, (list, tuple)) and any(map(_holds_lazy, a)):
        return _engine.stack([_stacked(each) for each in a], 0)
    return a


def _holds_lazy(a: Any) -> bool:
    return isinstance(a, Array) or (isinstance(a, (list, tuple)) and any(map(_holds_lazy, a)))


def ascontiguousarray(a: ArrayLike | Array, dtype: DTypeLike | None = None, *, like: Any = None) -> Array:
    """As :func:`asarray` with at least one axis."""
    made = asarray(a, dtype)
    return made if made.ndim else made.reshape(1)


def asfortranarray(a: ArrayLike | Array, dtype: DTypeLike | None = None, *, like: Any = None) -> Array:
    """As :func:`ascontiguousarray`: a lazy array has no memory layout."""
    return ascontiguousarray(a, dtype)


def copy(a: ArrayLike | Array, order: str = "K", subok: bool = False) -> Array:
    """The array under another name: values are never shared. A NumPy array is copied, so that later changes to it are
    not seen."""
    return array(a, order=order)


# ---- of one value ----------------------------------------------------------------------------------------------


def _checked(order: str, device: str | None, dtype: DTypeLike | None) -> DTypeLike:
    check_order(order, "CF")
    check_device(device)
    return float if dtype is None else dtype


def full(
    shape: Shape,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    order: str = "C",
    *,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """An array in which every element is ``fill_value``, which may be an array that broadcasts to ``shape``."""
    check_order(order, "CF")
    check_device(device)
    if isinstance(fill_value, Array) or np.ndim(fill_value) != 0:
        return _engine.broadcast_to(_engine.asarray(fill_value, dtype), shape)
    own = np.asarray(fill_value).dtype
    # Python's integers must fit; anything else is cast.
    kind = own if dtype is None or not isinstance(fill_value, int) else np.dtype(dtype)
    if kind.kind == "b":
        np.int64(fill_value)
    return _engine.broadcast_to(_engine.full((), fill_value, kind).astype(kind if dtype is None else dtype), shape)


def zeros(
    shape: Shape,
    dtype: DTypeLike | None = None,
    order: str = "C",
    *,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """An array of zeros, float64 unless ``dtype`` says otherwise."""
    return _engine.full(shape, 0, _checked(order, device, dtype))


def ones(
    shape: Shape,
    dtype: DTypeLike | None = None,
    order: str = "C",
    *,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """An array of ones, float64 unless ``dtype`` says otherwise."""
    return _engine.full(shape, 1, _checked(order, device, dtype))


def empty(
    shape: Shape,
    dtype: DTypeLike | None = None,
    order: str = "C",
    *,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """The same as :func:`zeros`: a lazy array has no memory to leave unset."""
    return zeros(shape, dtype, order, device=device)


def _likeness(
    a: ArrayLike | Array, dtype: DTypeLike | None, order: str, shape: Shape | None, device: str | None
) -> tuple[Any, Any]:
    check_order(order)
    check_device(device)
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
    size, kind = _likeness(a, dtype, order, shape, device)
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
    size, kind = _likeness(a, dtype, order, shape, device)
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
    size, kind = _likeness(a, dtype, order, shape, device)
    return _engine.full(size, 1, kind)


def empty_like(
    prototype: ArrayLike | Array,
    /,
    dtype: DTypeLike | None = None,
    order: str = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: str | None = None,
) -> Array:
    """The same as :func:`zeros_like`."""
    return zeros_like(prototype, dtype, order, shape=shape, device=device)
