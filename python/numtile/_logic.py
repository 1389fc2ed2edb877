"""Tests of elements and of arrays: closeness, equality, infinities."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._elementwise import absolute, add, equal, invert, isfinite, isinf, isnan, less_equal, logical_and, multiply
from ._elementwise import signbit, subtract
from ._engine import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["allclose", "array_equal", "array_equiv", "isclose", "isneginf", "isposinf", "isscalar"]


def isclose(
    a: ArrayLike | Array, b: ArrayLike | Array, rtol: Any = 1.0e-5, atol: Any = 1.0e-8, equal_nan: bool = False
) -> Array:
    """Whether elements are equal within ``atol + rtol * abs(b)``; with ``equal_nan`` NaNs are equal too."""
    x, y, rtol, atol = (_number_or_array(value) for value in (a, b, rtol, atol))
    # In a type in which the absolute value of the least integer exists.
    y = y.astype(np.result_type(y.dtype, 1.0)) if isinstance(y, Array) else float(y) if isinstance(y, int) else y
    _check_tolerances(rtol, atol)
    near = less_equal(absolute(subtract(x, y)), add(atol, multiply(rtol, absolute(y))))
    close: Array = near & isfinite(y) | equal(x, y)
    return close | (isnan(x) & isnan(y)) if equal_nan else close


def _number_or_array(value: Any) -> Any:
    return value if isinstance(value, int | float | complex) else _engine.asarray(value)


def _check_tolerances(rtol: Any, atol: Any) -> None:
    """Tolerances that are known already must be finite, or NumPy's error state for invalid values decides."""
    if all(isinstance(value, Array) or np.isfinite(value) for value in (rtol, atol)):
        return
    message = f"One of rtol or atol is not valid, atol: {atol}, rtol: {rtol}"
    match np.geterr()["invalid"]:
        case "warn":
            warnings.warn(message, RuntimeWarning, stacklevel=3)
        case "raise":
            raise FloatingPointError(message)
        case "print":
            print(message)


def allclose(
    a: ArrayLike | Array, b: ArrayLike | Array, rtol: Any = 1.0e-5, atol: Any = 1.0e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close, as :func:`isclose` says. Computes at once."""
    return bool(isclose(a, b, rtol, atol, equal_nan).all())


def array_equal(a1: ArrayLike | Array, a2: ArrayLike | Array, equal_nan: bool = False) -> bool:
    """Whether two arrays have the same shape and the same elements; with ``equal_nan`` NaNs are equal. Computes at once.

    Sequences that are no arrays, because they are ragged, are equal to nothing.
    """
    try:
        one, other = _engine.asarray(a1), _engine.asarray(a2)
    except ValueError:
        return False
    if one.shape != other.shape:
        return False
    same: Array = equal(one, other)
    if equal_nan:
        same = same | (isnan(one) & isnan(other))
    return bool(same.all())


def array_equiv(a1: ArrayLike | Array, a2: ArrayLike | Array) -> bool:
    """Whether two arrays have the same elements when they are broadcast against one another. Computes at once."""
    try:
        same: Array = equal(_engine.asarray(a1), _engine.asarray(a2))
    except ValueError:
        return False
    return bool(same.all())


def isposinf(x: ArrayLike | Array, out: Any = None) -> Any:
    """Whether the elements are infinite and positive. Not for complex numbers (``TypeError``)."""
    given = _ordered(x)
    return logical_and(isinf(given), invert(signbit(given)), out=out)


def isneginf(x: ArrayLike | Array, out: Any = None) -> Any:
    """Whether the elements are infinite and negative. Not for complex numbers (``TypeError``)."""
    given = _ordered(x)
    return logical_and(isinf(given), signbit(given), out=out)


def _ordered(x: ArrayLike | Array) -> Array:
    given = _engine.asarray(x)
    if given.dtype.kind == "c":
        message = f"This operation is not supported for {given.dtype} values because it would be ambiguous."
        raise TypeError(message)
    return given


def isscalar(element: Any) -> bool:
    """Whether an object is a number or another scalar of Python or NumPy; arrays without dimensions are none."""
    return np.isscalar(element)
