"""Operations on each element: NumPy's universal functions, and those NumPy composes of them.

Operands are anything array-like; shapes broadcast and element types promote as in NumPy 2 (Python numbers are weak).
Nothing is computed here: each function returns a lazy :class:`numtile.Array`, and mistakes are reported at once, shapes
that do not broadcast as ``ValueError``, element types that an operation does not have as ``TypeError``, Python integers
that do not fit as ``OverflowError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

__all__ = [
    "abs",
    "absolute",
    "acos",
    "add",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "around",
    "asin",
    "astype",
    "atan",
    "atan2",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "clip",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "divmod",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "invert",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "pow",
    "power",
    "real",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]


#: Arguments of NumPy's ufuncs that numtile takes at their defaults only.
_DEFAULTS = {"out": None, "where": True, "dtype": None, "casting": "same_kind", "order": "K", "subok": True}


def _no(**given: object) -> None:
    """Refuses arguments that NumPy's functions have and numtile's do not."""
    for name, value in given.items():
        if name not in _DEFAULTS:
            raise TypeError(f"got an unexpected keyword argument '{name}'")
        is_default = value is None or (isinstance(value, bool | str) and value == _DEFAULTS[name])
        if not is_default:
            raise NotImplementedError(f"numtile does not support the {name}= argument yet")


def add(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The sum ``x1 + x2``."""
    _no(**given)
    return _engine.map("add", x1, x2)


def subtract(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The difference ``x1 - x2``.

    Not for two booleans (``TypeError``): use ``x1 ^ x2``.
    """
    _no(**given)
    return _engine.map("subtract", x1, x2)


def multiply(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The product ``x1 * x2``."""
    _no(**given)
    return _engine.map("multiply", x1, x2)


def divide(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The quotient ``x1 / x2``, in floating point.

    Integers and booleans become float64.
    """
    _no(**given)
    return _engine.map("divide", x1, x2)


def floor_divide(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The quotient ``x1 // x2``, rounded towards minus infinity.

    Not for complex numbers. Integers divided by zero give zero.
    """
    _no(**given)
    return _engine.map("floor_divide", x1, x2)


def remainder(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The remainder ``x1 % x2``, with the sign of ``x2``.

    Not for complex numbers. Integers modulo zero give zero.
    """
    _no(**given)
    return _engine.map("remainder", x1, x2)


def power(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """``x1`` raised to ``x2``.

    Integers raised to negative integers are a ``ValueError``. Scalar exponents -1, 0.5, 1 and 2 take exact ways.
    """
    _no(**given)
    return _engine.map("power", x1, x2)


def minimum(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The lesser of two elements; NaN wins, and -0.0 is less than 0.0."""
    _no(**given)
    return _engine.map("minimum", x1, x2)


def maximum(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The greater of two elements; NaN wins, and 0.0 is greater than -0.0."""
    _no(**given)
    return _engine.map("maximum", x1, x2)


def fmin(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The lesser of two elements; a number wins over NaN."""
    _no(**given)
    return _engine.map("fmin", x1, x2)


def fmax(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The greater of two elements; a number wins over NaN."""
    _no(**given)
    return _engine.map("fmax", x1, x2)


def arctan2(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The angle of the point with coordinates ``x2`` (across) and ``x1`` (up), in radians.

    Not for complex numbers.
    """
    _no(**given)
    return _engine.map("arctan2", x1, x2)


def hypot(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The length ``sqrt(x1**2 + x2**2)``, without overflow on the way.

    Not for complex numbers.
    """
    _no(**given)
    return _engine.map("hypot", x1, x2)


def copysign(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """``x1`` with the sign of ``x2``.

    Not for complex numbers.
    """
    _no(**given)
    return _engine.map("copysign", x1, x2)


def equal(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether ``x1 == x2``.

    The result is bool.
    """
    _no(**given)
    return _engine.map("equal", x1, x2)


def not_equal(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether ``x1 != x2``.

    The result is bool.
    """
    _no(**given)
    return _engine.map("not_equal", x1, x2)


def less(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether ``x1 < x2``.

    The result is bool. Complex numbers compare by real part, then by imaginary part.
    """
    _no(**given)
    return _engine.map("less", x1, x2)


def less_equal(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether ``x1 <= x2``.

    The result is bool. Complex numbers compare by real part, then by imaginary part.
    """
    _no(**given)
    return _engine.map("less_equal", x1, x2)


def greater(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether ``x1 > x2``.

    The result is bool. Complex numbers compare by real part, then by imaginary part.
    """
    _no(**given)
    return _engine.map("greater", x1, x2)


def greater_equal(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether ``x1 >= x2``.

    The result is bool. Complex numbers compare by real part, then by imaginary part.
    """
    _no(**given)
    return _engine.map("greater_equal", x1, x2)


def logical_and(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether both elements are true, that is, not zero.

    The result is bool.
    """
    _no(**given)
    return _engine.map("logical_and", x1, x2)


def logical_or(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether at least one element is true, that is, not zero.

    The result is bool.
    """
    _no(**given)
    return _engine.map("logical_or", x1, x2)


def logical_xor(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether exactly one element is true, that is, not zero.

    The result is bool.
    """
    _no(**given)
    return _engine.map("logical_xor", x1, x2)


def bitwise_and(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The bits set in both elements, ``x1 & x2``.

    For booleans and integers.
    """
    _no(**given)
    return _engine.map("bitwise_and", x1, x2)


def bitwise_or(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The bits set in either element, ``x1 | x2``.

    For booleans and integers.
    """
    _no(**given)
    return _engine.map("bitwise_or", x1, x2)


def bitwise_xor(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """The bits set in exactly one element, ``x1 ^ x2``.

    For booleans and integers.
    """
    _no(**given)
    return _engine.map("bitwise_xor", x1, x2)


def left_shift(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """``x1`` shifted by ``x2`` bits to the left.

    For integers. Shifts by the width of the type or more give zero.
    """
    _no(**given)
    return _engine.map("left_shift", x1, x2)


def right_shift(x1: ArrayLike | Array, x2: ArrayLike | Array, /, **given: Any) -> Array:
    """``x1`` shifted by ``x2`` bits to the right, keeping the sign.

    For integers.
    """
    _no(**given)
    return _engine.map("right_shift", x1, x2)


def negative(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The negated elements.

    Not for booleans (``TypeError``): use ``~x``.
    """
    _no(**given)
    return _engine.map("negative", x)


def positive(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The elements themselves, ``+x``.

    Not for booleans.
    """
    _no(**given)
    return _engine.map("positive", x)


def absolute(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The absolute values.

    Complex numbers give their real type. The least signed integer stays as it is.
    """
    _no(**given)
    return _engine.map("absolute", x)


def sqrt(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The square roots.

    Integers become floats of sufficient width. Negative numbers give NaN.
    """
    _no(**given)
    return _engine.map("sqrt", x)


def square(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The elements multiplied by themselves."""
    _no(**given)
    return _engine.map("square", x)


def reciprocal(x: ArrayLike | Array, /, **given: Any) -> Array:
    """One divided by the elements.

    Integers are divided as integers.
    """
    _no(**given)
    return _engine.map("reciprocal", x)


def sign(x: ArrayLike | Array, /, **given: Any) -> Array:
    """-1, 0 or 1 for negative, zero and positive elements.

    NaN stays NaN; complex numbers give ``x / abs(x)``.
    """
    _no(**given)
    return _engine.map("sign", x)


def exp(x: ArrayLike | Array, /, **given: Any) -> Array:
    """e raised to the elements."""
    _no(**given)
    return _engine.map("exp", x)


def exp2(x: ArrayLike | Array, /, **given: Any) -> Array:
    """2 raised to the elements.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("exp2", x)


def expm1(x: ArrayLike | Array, /, **given: Any) -> Array:
    """``exp(x) - 1``, accurate for small ``x``.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("expm1", x)


def log(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The natural logarithms.

    Negative numbers give NaN, zero minus infinity.
    """
    _no(**given)
    return _engine.map("log", x)


def log2(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The logarithms to base 2.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("log2", x)


def log10(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The logarithms to base 10.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("log10", x)


def log1p(x: ArrayLike | Array, /, **given: Any) -> Array:
    """``log(1 + x)``, accurate for small ``x``.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("log1p", x)


def sin(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The sines of angles in radians."""
    _no(**given)
    return _engine.map("sin", x)


def cos(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The cosines of angles in radians."""
    _no(**given)
    return _engine.map("cos", x)


def tan(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The tangents of angles in radians.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("tan", x)


def arcsin(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The angles whose sines are the elements.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("arcsin", x)


def arccos(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The angles whose cosines are the elements.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("arccos", x)


def arctan(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The angles whose tangents are the elements.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("arctan", x)


def sinh(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The hyperbolic sines.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("sinh", x)


def cosh(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The hyperbolic cosines.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("cosh", x)


def tanh(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The hyperbolic tangents.

    Not yet for complex numbers.
    """
    _no(**given)
    return _engine.map("tanh", x)


def cbrt(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The cube roots.

    Not for complex numbers.
    """
    _no(**given)
    return _engine.map("cbrt", x)


def logical_not(x: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether the elements are false, that is, zero.

    The result is bool.
    """
    _no(**given)
    return _engine.map("logical_not", x)


def invert(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The elements with every bit inverted, ``~x``.

    For booleans and integers.
    """
    _no(**given)
    return _engine.map("invert", x)


def rint(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The nearest whole numbers, halves to the even one.

    Integers become floats.
    """
    _no(**given)
    return _engine.map("rint", x)


def floor(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The greatest whole numbers not above the elements.

    Not for complex numbers; integers stay as they are.
    """
    _no(**given)
    return _engine.map("floor", x)


def ceil(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The least whole numbers not below the elements.

    Not for complex numbers; integers stay as they are.
    """
    _no(**given)
    return _engine.map("ceil", x)


def trunc(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The elements without their fractions.

    Not for complex numbers; integers stay as they are.
    """
    _no(**given)
    return _engine.map("trunc", x)


def isnan(x: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether the elements are NaN.

    The result is bool.
    """
    _no(**given)
    return _engine.map("isnan", x)


def isinf(x: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether the elements are infinite.

    The result is bool.
    """
    _no(**given)
    return _engine.map("isinf", x)


def isfinite(x: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether the elements are neither infinite nor NaN.

    The result is bool.
    """
    _no(**given)
    return _engine.map("isfinite", x)


def signbit(x: ArrayLike | Array, /, **given: Any) -> Array:
    """Whether the sign bit is set, as it is in -0.0.

    The result is bool.
    """
    _no(**given)
    return _engine.map("signbit", x)


def conjugate(x: ArrayLike | Array, /, **given: Any) -> Array:
    """The complex conjugates.

    Real elements stay as they are.
    """
    _no(**given)
    return _engine.map("conjugate", x)


def real(val: ArrayLike | Array) -> Array:
    """The real parts.

    Real elements stay as they are.
    """
    return _engine.asarray(val).real


def imag(val: ArrayLike | Array) -> Array:
    """The imaginary parts.

    Zeros of the same type for real elements.
    """
    return _engine.asarray(val).imag


def divmod(x1: ArrayLike | Array, x2: ArrayLike | Array, /) -> tuple[Array, Array]:
    """The quotient ``x1 // x2`` and the remainder ``x1 % x2``."""
    return floor_divide(x1, x2), remainder(x1, x2)


def where(condition: ArrayLike | Array, x: Any = None, y: Any = None, /) -> Array:
    """The elements of ``x`` where ``condition`` is true, those of ``y`` elsewhere.

    All three broadcast together. The form with the condition alone has a shape that depends on the data and is not
    supported yet (``NotImplementedError``).
    """
    if x is None and y is None:
        raise NotImplementedError("numtile has no nonzero yet: nt.where needs both x and y")
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    return _engine.map("where", condition, x, y)


def clip(
    a: ArrayLike | Array,
    a_min: Any = None,
    a_max: Any = None,
    out: None = None,
    *,
    min: Any = None,
    max: Any = None,
) -> Array:
    """The elements limited to the range from ``a_min`` to ``a_max``; either may be ``None``.

    Python integers beyond the range of an integer type limit nothing, as in NumPy 2.
    """
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise ValueError("Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden.")
    _no(out=out)
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    return _engine.asarray(a).clip(low, high)


def round(a: ArrayLike | Array, decimals: int = 0, out: None = None) -> Array:
    """The elements rounded to ``decimals`` decimals, halves to the even neighbour.

    As in NumPy this multiplies, rounds to a whole number and divides, so results can differ by an ulp from correct
    rounding. Negative ``decimals`` round to tens, hundreds and so on; integers keep their type.
    """
    return _engine.asarray(a).round(decimals, out)


def around(a: ArrayLike | Array, decimals: int = 0, out: None = None) -> Array:
    """The same as :func:`round`."""
    return round(a, decimals, out)


def astype(x: Array, dtype: DTypeLike, /, *, copy: bool = True) -> Array:
    """The elements of ``x`` converted to another type."""
    return _engine.asarray(x).astype(dtype, copy=copy)


def isclose(
    a: ArrayLike | Array,
    b: ArrayLike | Array,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Array:
    """Whether elements are equal within ``atol + rtol * abs(b)``."""
    x, y = _engine.asarray(a), _engine.asarray(b)
    if not np.issubdtype(y.dtype, np.inexact):
        y = y.astype(np.float64)
    near = (absolute(x - y) <= atol + rtol * absolute(y)) & isfinite(y) | (x == y)
    return near | (isnan(x) & isnan(y)) if equal_nan else near


abs = absolute
true_divide = divide
mod = remainder
pow = power
bitwise_not = invert
bitwise_invert = invert
bitwise_left_shift = left_shift
bitwise_right_shift = right_shift
conj = conjugate
acos = arccos
asin = arcsin
atan = arctan
atan2 = arctan2
