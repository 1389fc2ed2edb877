"""Arithmetic far more exact than what is tested, and the formulas that numtile chose where NumPy disagrees with itself."""

import math

import numpy as np
from compare import WIDE

_WIDER = {"e": "d", "f": "d", "d": np.longdouble, "F": "D", "D": np.clongdouble}


def wider(dtype):
    """A type with at least eleven more bits."""
    return np.dtype(_WIDER.get(np.dtype(dtype).char, np.longdouble))


def cast(value, dtype):
    """An operand as the loop sees it."""
    return np.asarray(value).astype(dtype)


def elementwise(ufunc, inputs, dtype):
    """A ufunc of operands of this type, computed in a wider one."""
    operands = [cast(x, dtype) for x in inputs]
    value = ufunc(*(x.astype(wider(dtype)) for x in operands))
    if ufunc in (np.power, np.float_power) and operands[0].dtype.kind == "f":
        # Some libraries have infinity to a large negative power wrong in the widest type.
        return np.where(np.isinf(operands[0]), np.power(*operands), value)
    return value


def log_of_sum_size(value, x, y):
    """The largest of a logarithm of a sum, the larger operand, and what the other adds to that."""
    larger = np.maximum(x, y)
    with np.errstate(invalid="ignore"):
        return np.fmax(np.fmax(np.abs(value), np.abs(larger)), np.abs(value - larger))


# ---- numtile's own choices -------------------------------------------------------------------------------------


def multiply(x, y):
    """The product; complex numbers without contraction."""
    if x.dtype.kind != "c":
        return np.multiply(x, y)
    return join(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


def square(x):
    """The square; of complex numbers the product with themselves."""
    return multiply(x, x) if x.dtype.kind == "c" else np.square(x)


def join(real, imag):
    """A complex array of its parts."""
    out = np.empty(np.shape(real), np.result_type(real, np.complex64))
    out.real, out.imag = real, imag
    return out


def _ordered(name, negative_wins):
    ufunc = getattr(np, name)

    def choose(x, y):
        chosen = np.asarray(ufunc(x, y))
        if chosen.dtype.kind != "f":
            return chosen
        zeros = (x == 0) & (y == 0)
        negative = (np.signbit(x) | np.signbit(y)) if negative_wins else (np.signbit(x) & np.signbit(y))
        return np.where(zeros, np.where(negative, -0.0, 0.0), chosen).astype(chosen.dtype)

    return choose


minimum, maximum = _ordered("minimum", True), _ordered("maximum", False)
fmin, fmax = _ordered("fmin", True), _ordered("fmax", False)


# ---- groups of elements that a reduction joins -----------------------------------------------------------------


def groups(a, axis=None, where=True):
    """The elements of each result along the last axis of a two-dimensional array, and which of them count."""
    a = np.atleast_1d(a)
    axes = range(a.ndim) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, a.ndim)
    last = tuple(range(a.ndim - len(axes), a.ndim))
    count = math.prod(a.shape[i] for i in axes)
    rows = math.prod(n for i, n in enumerate(a.shape) if i not in axes)
    counted = np.broadcast_to(where, a.shape)
    return tuple(np.moveaxis(each, tuple(axes), last).reshape(rows, count) for each in (a, counted))


def row_sums(values):
    """The exact sum of each row, rounded to float64, and the sum of the magnitudes: infinite where partial sums overflow."""
    pairs = [_row_sum(row) for row in values.astype(np.float64)]
    return np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs], float)


def _row_sum(row):
    finite = np.isfinite(row)
    if not finite.all():
        with np.errstate(invalid="ignore"):
            return float(row[~finite].sum()), 0.0
    try:
        return math.fsum(row), math.fsum(np.abs(row))
    except OverflowError:
        return 0.0, math.inf


def complex_parts(a):
    """The real values of which a complex array consists."""
    return (a.real, a.imag) if a.dtype.kind == "c" else (a,)




# ---- complex functions -----------------------------------------------------------------------------------------


def complex_function(ufunc, inputs, dtype):
    """A complex ufunc in a wider type, by formulas without cancellation where NumPy's own would lose everything."""
    if ufunc is np.log1p:
        return _log1p(cast(inputs[0], dtype).astype(wider(dtype)))
    if ufunc is np.expm1:
        return _expm1(cast(inputs[0], dtype).astype(wider(dtype)))
    return elementwise(ufunc, inputs, dtype)


def _log1p(z):
    modulus = np.where(np.abs(z) < 0.5, np.log1p(z.real * (2 + z.real) + z.imag**2) / 2, np.log(np.abs(1 + z)))
    return join(modulus, np.arctan2(z.imag, 1 + z.real))


def _expm1(z):
    real = np.expm1(z.real) * np.cos(z.imag) - 2 * np.sin(z.imag / 2) ** 2
    return join(real, np.where(z.imag == 0, z.imag, np.exp(z.real) * np.sin(z.imag)))


def condition(ufunc, inputs, dtype):
    """How much the rounding of an intermediate result grows in a complex function: powers are `exp(y * log(x))`."""
    operands = [cast(value, dtype).astype(wider(dtype)) for value in inputs]
    if ufunc in (np.power, np.float_power):
        grown = np.abs(operands[1] * np.log(operands[0]))
    elif ufunc is np.exp2:
        grown = np.abs(operands[0])
    else:
        return 1.0
    return np.where(np.isfinite(grown), np.maximum(grown, 1), 1)
