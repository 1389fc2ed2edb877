"""Operations on each element: NumPy's universal functions, one statement each.

Operands are anything array-like; shapes broadcast and element types promote as in NumPy 2 (Python numbers are weak).
Nothing is computed here: each function returns a lazy :class:`numtile.Array`, and mistakes are reported at once, shapes
that do not broadcast as ``ValueError``, element types that an operation does not have as ``TypeError``, Python integers
that do not fit as ``OverflowError``. :class:`numtile.ufunc` says what else the functions take and do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _engine
from ._creation import check_device
from ._engine import Array
from ._selection import nonzero
from ._ufunc import ufunc

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_count",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "divmod",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "lcm",
    "ldexp",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "modf",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "spacing",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]

# ---- arithmetic ---------------------------------------------------------------------------------------------------

add = ufunc("add", "The sum ``x1 + x2``.")
subtract = ufunc("subtract", "The difference ``x1 - x2``. Not for two booleans (``TypeError``): use ``x1 ^ x2``.")
multiply = ufunc(
    "multiply",
    "The product ``x1 * x2``. Of complex numbers ``ac - bd`` and ``ad + bc``, without fused operations.",
)
divide = ufunc("divide", "The quotient ``x1 / x2``, in floating point. Integers and booleans become float64.")
floor_divide = ufunc(
    "floor_divide",
    "The quotient ``x1 // x2``, rounded towards minus infinity. Not for complex numbers. Integers divided by zero "
    "give zero.",
)
remainder = ufunc(
    "remainder",
    "The remainder ``x1 % x2``, with the sign of ``x2``. Not for complex numbers. Integers modulo zero give zero.",
)
fmod = ufunc(
    "fmod",
    "The remainder with the sign of ``x1``, as in C. Not for complex numbers. Integers modulo zero give zero.",
)
divmod = ufunc(
    "divmod",
    "The quotient ``x1 // x2`` and the remainder ``x1 % x2``. Not for complex numbers.",
    ("floor_divide", "remainder"),
)
power = ufunc(
    "power",
    "``x1`` raised to ``x2``. Integers raised to negative integers are a ``ValueError``. Scalar exponents -1, 0.5, 1 "
    "and 2 take exact ways.",
)
float_power = ufunc("float_power", "``x1`` raised to ``x2``, in float64 or complex128 whatever the types.")
negative = ufunc("negative", "The negated elements. Not for booleans (``TypeError``): use ``~x``.")
positive = ufunc("positive", "The elements themselves, ``+x``. Not for booleans.")
absolute = ufunc(
    "absolute",
    "The absolute values. Complex numbers give their real type. The least signed integer stays as it is.",
)
fabs = ufunc("fabs", "The absolute values in floating point. Not for complex numbers.")
square = ufunc("square", "The elements multiplied by themselves.")
sqrt = ufunc("sqrt", "The square roots. Integers become floats of sufficient width. Negative numbers give NaN.")
cbrt = ufunc("cbrt", "The cube roots. Not for complex numbers.")
reciprocal = ufunc("reciprocal", "One divided by the elements. Integers are divided as integers.")
sign = ufunc(
    "sign",
    "-1, 0 or 1 for negative, zero and positive elements. NaN stays NaN; complex numbers give ``x / abs(x)``.",
)
heaviside = ufunc(
    "heaviside",
    "0, ``x2`` or 1 for negative, zero and positive elements of ``x1``. NaN stays NaN. Not for complex numbers.",
)
gcd = ufunc("gcd", "The greatest common divisors of integers, never negative.")
lcm = ufunc("lcm", "The least common multiples of integers, never negative.")

# ---- exponentials and logarithms ----------------------------------------------------------------------------------

exp = ufunc("exp", "e raised to the elements.")
exp2 = ufunc("exp2", "2 raised to the elements.")
expm1 = ufunc("expm1", "``exp(x) - 1``, accurate for small ``x``.")
log = ufunc("log", "The natural logarithms. Negative numbers give NaN, zero minus infinity.")
log2 = ufunc("log2", "The logarithms to base 2.")
log10 = ufunc("log10", "The logarithms to base 10.")
log1p = ufunc("log1p", "``log(1 + x)``, accurate for small ``x``.")
logaddexp = ufunc("logaddexp", "``log(exp(x1) + exp(x2))``, without overflow on the way. Not for complex numbers.")
logaddexp2 = ufunc("logaddexp2", "``log2(2**x1 + 2**x2)``, without overflow on the way. Not for complex numbers.")

# ---- angles and triangles -----------------------------------------------------------------------------------------

sin = ufunc("sin", "The sines of angles in radians.")
cos = ufunc("cos", "The cosines of angles in radians.")
tan = ufunc("tan", "The tangents of angles in radians.")
arcsin = ufunc("arcsin", "The angles whose sines are the elements, from -pi/2 to pi/2.")
arccos = ufunc("arccos", "The angles whose cosines are the elements, from 0 to pi.")
arctan = ufunc("arctan", "The angles whose tangents are the elements, from -pi/2 to pi/2.")
arctan2 = ufunc(
    "arctan2",
    "The angle of the point with coordinates ``x2`` (across) and ``x1`` (up), in radians. Not for complex numbers.",
)
hypot = ufunc("hypot", "The length ``sqrt(x1**2 + x2**2)``, without overflow on the way. Not for complex numbers.")
sinh = ufunc("sinh", "The hyperbolic sines.")
cosh = ufunc("cosh", "The hyperbolic cosines.")
tanh = ufunc("tanh", "The hyperbolic tangents.")
arcsinh = ufunc("arcsinh", "The numbers whose hyperbolic sines are the elements.")
arccosh = ufunc(
    "arccosh",
    "The numbers, not negative, whose hyperbolic cosines are the elements. Elements less than 1 give NaN.",
)
arctanh = ufunc("arctanh", "The numbers whose hyperbolic tangents are the elements. Elements beyond -1 and 1 give NaN.")
degrees = ufunc("degrees", "Angles in radians as degrees. Not for complex numbers.")
radians = ufunc("radians", "Angles in degrees as radians. Not for complex numbers.")
rad2deg = ufunc("rad2deg", "Angles in radians as degrees. Not for complex numbers.")
deg2rad = ufunc("deg2rad", "Angles in degrees as radians. Not for complex numbers.")

# ---- comparisons and truth ----------------------------------------------------------------------------------------

equal = ufunc("equal", "Whether ``x1 == x2``. The result is bool.")
not_equal = ufunc("not_equal", "Whether ``x1 != x2``. The result is bool.")
less = ufunc(
    "less",
    "Whether ``x1 < x2``. The result is bool. Complex numbers compare by real part, then by imaginary part.",
)
less_equal = ufunc(
    "less_equal",
    "Whether ``x1 <= x2``. The result is bool. Complex numbers compare by real part, then by imaginary part.",
)
greater = ufunc(
    "greater",
    "Whether ``x1 > x2``. The result is bool. Complex numbers compare by real part, then by imaginary part.",
)
greater_equal = ufunc(
    "greater_equal",
    "Whether ``x1 >= x2``. The result is bool. Complex numbers compare by real part, then by imaginary part.",
)
logical_and = ufunc("logical_and", "Whether both elements are true, that is, not zero. The result is bool.")
logical_or = ufunc("logical_or", "Whether at least one element is true, that is, not zero. The result is bool.")
logical_xor = ufunc("logical_xor", "Whether exactly one element is true, that is, not zero. The result is bool.")
logical_not = ufunc("logical_not", "Whether the elements are false, that is, zero. The result is bool.")
minimum = ufunc("minimum", "The lesser of two elements; NaN wins, and -0.0 is less than 0.0.")
maximum = ufunc("maximum", "The greater of two elements; NaN wins, and 0.0 is greater than -0.0.")
fmin = ufunc("fmin", "The lesser of two elements; a number wins over NaN.")
fmax = ufunc("fmax", "The greater of two elements; a number wins over NaN.")

# ---- bits ---------------------------------------------------------------------------------------------------------

bitwise_and = ufunc("bitwise_and", "The bits set in both elements, ``x1 & x2``. For booleans and integers.")
bitwise_or = ufunc("bitwise_or", "The bits set in either element, ``x1 | x2``. For booleans and integers.")
bitwise_xor = ufunc("bitwise_xor", "The bits set in exactly one element, ``x1 ^ x2``. For booleans and integers.")
invert = ufunc("invert", "The elements with every bit inverted, ``~x``. For booleans and integers.")
left_shift = ufunc(
    "left_shift",
    "``x1`` shifted by ``x2`` bits to the left. For integers. Shifts by the width of the type or more give zero.",
)
right_shift = ufunc("right_shift", "``x1`` shifted by ``x2`` bits to the right, keeping the sign. For integers.")
bitwise_count = ufunc(
    "bitwise_count",
    "The number of bits set in the absolute values. For integers; the result is uint8.",
)

# ---- floating-point numbers and their parts -----------------------------------------------------------------------

rint = ufunc("rint", "The nearest whole numbers, halves to the even one. Integers become floats.")
floor = ufunc(
    "floor",
    "The greatest whole numbers not above the elements. Not for complex numbers; integers stay as they are.",
)
ceil = ufunc(
    "ceil",
    "The least whole numbers not below the elements. Not for complex numbers; integers stay as they are.",
)
trunc = ufunc("trunc", "The elements without their fractions. Not for complex numbers; integers stay as they are.")
isnan = ufunc("isnan", "Whether the elements are NaN. The result is bool.")
isinf = ufunc("isinf", "Whether the elements are infinite. The result is bool.")
isfinite = ufunc("isfinite", "Whether the elements are neither infinite nor NaN. The result is bool.")
signbit = ufunc("signbit", "Whether the sign bit is set, as it is in -0.0. The result is bool.")
copysign = ufunc("copysign", "``x1`` with the sign of ``x2``. Not for complex numbers.")
nextafter = ufunc(
    "nextafter",
    "The next number after ``x1`` towards ``x2`` in their floating-point type. Not for complex numbers.",
)
spacing = ufunc(
    "spacing",
    "The distance from each element to the next number of its type away from zero. Not for complex numbers.",
)
ldexp = ufunc("ldexp", "``x1 * 2**x2`` for integer ``x2``, rounded once. Not for complex numbers.")
frexp = ufunc(
    "frexp",
    "The mantissas, from 0.5 to 1 without their signs, and the exponents: ``x == mantissa * 2**exponent``. Not for "
    "complex numbers. The exponents are int32.",
    ("frexp_mantissa", "frexp_exponent"),
)
modf = ufunc(
    "modf",
    "The fractions and the whole parts, both with the sign of the element. Not for complex numbers.",
    ("modf_fraction", "modf_whole"),
)
conjugate = ufunc("conjugate", "The complex conjugates. Real elements stay as they are.")

# ---- other names --------------------------------------------------------------------------------------------------

abs = absolute
acos = arccos
acosh = arccosh
asin = arcsin
asinh = arcsinh
atan = arctan
atan2 = arctan2
atanh = arctanh
bitwise_invert = invert
bitwise_left_shift = left_shift
bitwise_not = invert
bitwise_right_shift = right_shift
conj = conjugate
mod = remainder
pow = power
true_divide = divide


_choice = _engine.Elementwise(["where"], 3)


def where(condition: ArrayLike | Array, x: Any = None, y: Any = None, /) -> Any:
    """The elements of ``x`` where ``condition`` is true, those of ``y`` elsewhere.

    All three broadcast together. With the condition alone it is :func:`nonzero`: a tuple of positions per axis.
    """
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    return _choice(condition, x, y)


def astype(x: Array, dtype: DTypeLike, /, *, copy: bool = True, device: str | None = None) -> Array:
    """The elements of ``x`` converted to another type."""
    check_device(device)
    return _engine.asarray(x).astype(dtype, copy=copy)
