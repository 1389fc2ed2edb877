"""Reductions: one number from many, over all axes, one, or several.

``axis`` is ``None`` (all axes), an integer or a tuple of integers; ``keepdims`` keeps reduced axes with length one. An
axis that does not exist is an ``AxisError``. ``where`` is a mask that broadcasts to the array: elements where it is false
are left out. ``initial`` is combined with the result. ``out`` is an array of the result's shape that takes the result.

Result types are NumPy's. Sums and products are exact modulo 2**64 for integers and accurate on every axis for floats; the
bits depend on the shape and the axes alone, never on the memory budget or the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine, _out
from ._engine import Array
from ._moments import average, mean, std, var
from ._reduce import NO_VALUE, reduce_ufunc

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._reduce import Axis

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]


def sum(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The sum of the elements; integers of less than 64 bits are summed in 64. The sum of nothing is 0."""
    return reduce_ufunc("add", a, axis, dtype, out, keepdims, initial, where)


def prod(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The product of the elements; integers of less than 64 bits are multiplied in 64. The product of nothing is 1."""
    return reduce_ufunc("multiply", a, axis, dtype, out, keepdims, initial, where)


def min(
    a: ArrayLike | Array,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The least element; NaN wins. Nothing at all, or ``where`` without ``initial``, is a ``ValueError``."""
    return reduce_ufunc("minimum", a, axis, None, out, keepdims, initial, where)


def max(
    a: ArrayLike | Array,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The greatest element; NaN wins. Nothing at all, or ``where`` without ``initial``, is a ``ValueError``."""
    return reduce_ufunc("maximum", a, axis, None, out, keepdims, initial, where)


amin = min
amax = max


def any(
    a: ArrayLike | Array, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """Whether any element is true, that is, not zero; NaN is true."""
    return reduce_ufunc("logical_or", a, axis, None, out, keepdims, NO_VALUE, where)


def all(
    a: ArrayLike | Array, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """Whether all elements are true, that is, not zero; NaN is true."""
    return reduce_ufunc("logical_and", a, axis, None, out, keepdims, NO_VALUE, where)


def argmin(a: ArrayLike | Array, axis: SupportsIndex | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """The position of the first least element along an axis, or in the flattened array; NaN counts as least."""
    return _deliver_positions(_engine.reduce("argmin", a, axis, None, keepdims), out, "argmin")


def argmax(a: ArrayLike | Array, axis: SupportsIndex | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """The position of the first greatest element along an axis, or in the flattened array; NaN counts as greatest."""
    return _deliver_positions(_engine.reduce("argmax", a, axis, None, keepdims), out, "argmax")


def _deliver_positions(result: Array, out: Any, name: str) -> Any:
    """NumPy takes an ``out`` of an integer type that fits into int64, whether or not the positions fit into it."""
    fits = getattr(out, "shape", None) == result.shape
    if fits and not np.can_cast(out.dtype, np.int64, "safe"):
        raise TypeError(f"Cannot cast array data from {out.dtype!r} to dtype('int64') according to the rule 'safe'")
    return _out.deliver(result, out, name, casting="unsafe", exact=True)


def ptp(a: ArrayLike | Array, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """The greatest element minus the least one. bool is a ``TypeError``, nothing at all a ``ValueError``."""
    a = _engine.asarray(a)
    greatest, least = max(a, axis, None, keepdims), min(a, axis, None, keepdims)
    if out is not None:
        # NumPy puts the greatest there before it subtracts, which decides in what type it does.
        greatest = greatest.astype(getattr(out, "dtype", greatest.dtype))
    return _out.deliver(_engine.map("subtract", greatest, least), out, "subtract", exact=True)


def count_nonzero(a: ArrayLike | Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """How many elements are not zero, as int64; NaN is not zero."""
    return _engine.reduce("sum", _engine.asarray(a).astype(np.bool_), axis, np.int64, keepdims)
