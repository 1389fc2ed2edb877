"""``ufunc.reduce`` as NumPy has it, for every binary ufunc with one output.

The engine reduces whole arrays with associative operations. NumPy's other arguments are composed of that: elements that
``where`` leaves out are replaced by something that changes nothing, ``initial`` is combined with the result, and float32
is computed in float64 and rounded once. Operations that are not associative go through the array in order.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from . import _engine, _out
from ._engine import Array
from ._scans import accumulate_ufunc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    Axis = SupportsIndex | Sequence[SupportsIndex] | None

__all__ = ["NO_VALUE", "chosen", "reduce_ufunc", "reduced_axes", "widened"]

#: What an argument is that was not given, where ``None`` is something else.
NO_VALUE = np._NoValue

#: Ufuncs that the engine reduces with under another name.
_NAMES = {
    "add": "sum", "multiply": "prod", "minimum": "min", "maximum": "max", "logical_or": "any", "logical_and": "all",
}  # fmt: skip
#: Ufuncs that the engine reduces with under their own.
_ASSOCIATIVE = frozenset(
    "bitwise_and bitwise_or bitwise_xor logical_xor fmin fmax gcd lcm hypot logaddexp logaddexp2".split()
)
#: Those without an identity that may still take the axes in any order.
_REORDERABLE = frozenset(["minimum", "maximum", "fmin", "fmax"])
#: Those whose results are rounded.
_ROUNDING = frozenset(["add", "multiply", "hypot", "logaddexp", "logaddexp2"])
#: What the right operand must be to give back the left one, where the order matters.
_RIGHT_NEUTRAL = {
    "subtract": 0, "divide": 1, "power": 1, "float_power": 1, "left_shift": 0, "right_shift": 0,
}  # fmt: skip


def reduce_ufunc(
    name: str,
    a: ArrayLike | Array,
    axis: Axis = 0,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """NumPy's ``ufunc.reduce`` for the ufunc ``name``.

    ``axis=None`` is all axes. Elements where ``where`` is false are left out; ``initial`` is combined with the result,
    and ``None`` means that there is none, not even the ufunc's identity. Raises ``TypeError`` for element types that the
    ufunc does not reduce, ``ValueError`` for several axes of a ufunc whose order matters, for nothing to reduce without
    an identity, and for ``where`` without one.
    """
    direct = _NAMES.get(name)
    if direct and out is None and initial is NO_VALUE and where is True and (dtype is None or direct in ("sum", "prod")):
        return _engine.reduce(direct, a, axis, dtype, keepdims)
    a, out = _engine.asarray(a), _out.single(out)
    axes = reduced_axes(axis, a.ndim)
    loop = _loop_type(name, a.dtype, dtype, getattr(out, "dtype", None))
    _check_reorderable(name, axes)
    start = _start(name, initial, loop)
    _check_start(name, a.shape, axes, start, where)
    if _is_empty(a.shape, axes):
        result = _engine.broadcast_to(start, _kept(a.shape, axes, keepdims))
        return _out.deliver(result, out, name, casting="unsafe", exact=True)
    elements = a.astype(widened(loop) if name in _ROUNDING else loop)
    if where is not True:
        elements = _engine.map("where", chosen(where, a.shape), elements, _neutral(name, start, loop))
    if direct or name in _ASSOCIATIVE:
        result = _at_once(name, elements, axes, keepdims)
        # An identity is combined as well where it is not quite one: the gcd of one number has no sign.
        if start is not None and (initial is not NO_VALUE or name in _ASSOCIATIVE):
            result = _engine.map(name, start, result)
    else:
        result = _in_order(name, elements, axes, keepdims, start)
    return _out.deliver(result.astype(loop), out, name, casting="unsafe", exact=True)


def reduced_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, none of them negative; an array without axes passes as having one, the axis 0."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, tuple):
        return normalize_axis_tuple(axis, ndim)
    number = operator.index(axis)  # type: ignore[arg-type]  # a TypeError for lists, as in NumPy
    if ndim == 0 and number in (0, -1):
        return ()
    return normalize_axis_tuple(number, ndim)


def chosen(where: Any, shape: tuple[int, ...]) -> Array:
    """The mask ``where`` over an array of this shape.

    Raises ``TypeError`` for an array that is not of bool, ``ValueError`` for one that does not broadcast to the shape.
    """
    if not isinstance(where, Array | np.ndarray):
        where = np.asarray(where, np.bool_)
    if not np.can_cast(where.dtype, np.bool_, "safe"):
        raise TypeError(f"Cannot cast array data from {where.dtype!r} to dtype('bool') according to the rule 'safe'")
    return _engine.broadcast_to(where, shape)


@functools.cache
def widened(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type that float16, float32 and complex64 are computed in; any other type itself."""
    wide = {np.dtype(np.float16): np.float64, np.dtype(np.float32): np.float64, np.dtype(np.complex64): np.complex128}
    return np.dtype(wide.get(dtype, dtype))


def _loop_type(name: str, given: Any, dtype: Any, out: Any) -> np.dtype[Any]:
    """The type in which NumPy would compute, which is the result's; its ``TypeError`` where it would not."""
    return _resolved(name, given, None if dtype is None else np.dtype(dtype), out)


@functools.cache
def _resolved(name: str, given: Any, dtype: Any, out: Any) -> np.dtype[Any]:
    fixed = {} if dtype is None else {"signature": (dtype, None, None)}
    types = getattr(np, name).resolve_dtypes((out, given, None), casting="unsafe", reduction=True, **fixed)
    result: np.dtype[Any] = types[-1]
    if types[1] != result:
        raise NotImplementedError(f"numtile does not have numpy.{name}.reduce, whose operands differ in type")
    return result


def _check_reorderable(name: str, axes: tuple[int, ...]) -> None:
    if len(axes) > 1 and name not in _REORDERABLE and getattr(np, name).identity is None:
        raise ValueError(
            f"reduction operation '{name}' is not reorderable, so at most one axis may be specified"
        )


def _start(name: str, initial: Any, dtype: np.dtype[Any]) -> Any:
    """What a reduction starts from, as a scalar of this type; ``None`` where it starts from the first element."""
    if initial is NO_VALUE:
        return _identity(name, dtype)
    if initial is None:
        return None
    if isinstance(initial, Array):
        if initial.ndim != 0:
            raise ValueError("Input object to FillWithScalar is not a scalar")
        return initial.astype(dtype)
    cell = np.empty((), dtype)
    cell[()] = initial
    return cell[()]


def _check_start(name: str, shape: tuple[int, ...], axes: tuple[int, ...], start: Any, where: Any) -> None:
    """Without something to start from there must be a first element."""
    if start is not None:
        return
    if where is not True:
        raise ValueError(
            f"reduction operation '{name}' does not have an identity, so to use a where mask one has to specify 'initial'"
        )
    if _is_empty(shape, axes):
        raise ValueError(f"zero-size array to reduction operation {name} which has no identity")


def _identity(name: str, dtype: np.dtype[Any]) -> Any:
    identity = getattr(np, name).identity
    return None if identity is None else np.array(identity).astype(dtype)[()]


def _neutral(name: str, start: Any, dtype: np.dtype[Any]) -> Any:
    """What stands for elements that are left out."""
    if name in _RIGHT_NEUTRAL:
        return dtype.type(_RIGHT_NEUTRAL[name])
    if name not in _NAMES and name not in _ASSOCIATIVE:
        raise NotImplementedError(f"numtile does not support the where= argument of numpy.{name}.reduce")
    identity = _identity(name, dtype)
    # A second helping of what it starts from changes a minimum as little as an identity would.
    return start if identity is None else identity


def _is_empty(shape: tuple[int, ...], axes: tuple[int, ...]) -> bool:
    return any(shape[axis] == 0 for axis in axes)


def _kept(shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return tuple(length for axis, length in enumerate(shape) if axis not in axes)


def _at_once(name: str, a: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The reduction in the engine's order."""
    dtype = a.dtype if name in ("add", "multiply") else None  # which would widen integers otherwise
    return _engine.reduce(_NAMES.get(name, name), a, axes, dtype, keepdims)


def _in_order(name: str, a: Array, axes: tuple[int, ...], keepdims: bool, start: Any) -> Array:
    """The reduction from the first element to the last, as the end of an accumulation."""
    # Over no axis every element is its own set: reduce over a new axis of length one.
    axis = axes[0] if axes else a.ndim
    a = a if axes else _engine.expand_dims(a, axis)
    if start is not None:
        first = _kept(a.shape, (axis,), keepdims=True)
        a = _engine.concatenate([_engine.broadcast_to(start, first), a], axis)
    last = accumulate_ufunc(name, a, axis, a.dtype)[(*[slice(None)] * axis, -1)]
    return _engine.expand_dims(last, axis) if keepdims and axes else last
