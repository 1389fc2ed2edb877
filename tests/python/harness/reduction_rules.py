"""How exact each reduction is: exact arithmetic on the elements of each result."""

import math

import numpy as np

from . import exact
from .answers import Bits, Near
from .conversion_rules import fits
from .elementwise_rules import BITS, Rule

UNIT = 2.0**-53
NO_VALUE = np._NoValue


def _rule(name, text, of_groups):
    """A rule for a reduction: `of_groups(want, a, axis, type of the result, ...)` answers.

    The type is the result's without `out=`: into a wider one it may be put before or after it is rounded.
    """

    def answer(want, a, axis=None, dtype=None, out=None, *args, **kwargs):
        a = np.asarray(a)
        kind = np.asarray(getattr(np, name)(np.ones(2, a.dtype), dtype=dtype)).dtype
        return of_groups(np.asarray(want), a, axis, kind, dtype, *args, **kwargs)

    return Rule(text, answer)


def _steps(count):
    """How many roundings a tree over so many elements may make."""
    return 2 * math.log2(max(count, 2))


def _ulp(value, dtype):
    """One unit of the last place of the result type; nothing for float64."""
    info = np.finfo(dtype)
    if info.bits >= 64:
        return 0.0
    return np.maximum(_finite(value) * float(info.eps), float(info.smallest_subnormal))


def _finite(value):
    """The magnitude, without parts that are infinite or NaN."""
    parts = (np.where(np.isfinite(part), np.abs(part), 0) for part in exact.complex_parts(np.asarray(value)))
    return np.sqrt(sum(part**2 for part in parts))


def _near(want, value, distance):
    """An answer; where the distance is infinite, any value will do."""
    shape = np.shape(want)
    certain = np.isfinite(distance)
    return Near(np.reshape(value, shape), np.where(certain, distance, 0).reshape(shape), None, certain.reshape(shape))


def _undefined_conversions(want, a, dtype):
    """An exact answer, unless elements do not fit the integer type that they are reduced in."""
    return None if np.all(fits(a, dtype)) else Bits(want, np.False_)


# ---- sums and products -----------------------------------------------------------------------------------------


def _sums(values, counted):
    """The exact sums and how far a result in float64 may be off; infinitely far where partial sums overflow."""
    parts = []
    for part in exact.complex_parts(np.where(counted, values, 0)):
        total, size = exact.row_sums(part)
        parts.append((total, np.where(np.isfinite(size), _steps(values.shape[1]) * UNIT * size, np.inf)))
    value = parts[0][0] if len(parts) == 1 else exact.join(*(part[0] for part in parts))
    return value, np.maximum(parts[0][1], parts[-1][1])


def _sum(want, a, axis, kind, dtype=None, keepdims=False, initial=NO_VALUE, where=True):
    if kind.kind not in "fc":
        return _undefined_conversions(want, a, kind)
    value, distance = _sums(*exact.groups(a.astype(kind), axis, where))
    if initial is not NO_VALUE:
        value, distance = value + initial, distance + UNIT * (_finite(value) + abs(initial))
    return _near(want, value, distance + _ulp(value, kind))


def _product(want, a, axis, kind, dtype=None, keepdims=False, initial=NO_VALUE, where=True):
    """The product in a wider type; anything where partial products may leave the range of float64."""
    if kind.kind not in "fc":
        return _undefined_conversions(want, a, kind)
    values, counted = exact.groups(a.astype(kind), axis, where)
    factors = np.where(counted, values, 1).astype(np.clongdouble if kind.kind == "c" else np.longdouble)
    with np.errstate(all="ignore"):
        value = factors.prod(axis=1) * (1 if initial is NO_VALUE else initial)
        ordinary = (factors != 0) & np.isfinite(factors)
        scale = np.abs(np.log2(np.abs(factors), where=ordinary, out=np.zeros(factors.shape, np.longdouble))).sum(axis=1)
    steps = (values.shape[1] + 1) * UNIT * (math.sqrt(5) if kind.kind == "c" else 1)
    distance = _finite(value) * steps + _ulp(value, kind) + np.finfo(kind).smallest_subnormal
    # Infinite complex products depend on the order of their factors.
    uncertain = (scale > 1000) | ((kind.kind == "c") & ~np.isfinite(factors).all(axis=1))
    return _near(want, value, np.where(uncertain, np.inf, distance))


# ---- means and spreads -----------------------------------------------------------------------------------------


def _mean(want, a, axis, kind, dtype=None, keepdims=False, *, where=True):
    if kind.kind not in "fc":
        # The sum in the type, which wraps, divided without a rest. What does not fit the type follows a table: floats, and
        # the NaN of nothing.
        number = exact.groups(a, axis, where)[1].sum(axis=1).reshape(want.shape)
        return Bits(want, (number > 0) & (a.dtype.kind in "biu"))
    values, counted = exact.groups(a if dtype is None else a.astype(kind), axis, where)
    number = counted.sum(axis=1)
    total, distance = _sums(values, counted)
    with np.errstate(all="ignore"):
        if total.dtype.kind == "c":
            value = exact.join(total.real / number, total.imag / number)
        else:
            value = total / number
        distance = np.where(number > 0, distance / number, 0)
    ulps = 1 if where is True else 2  # the sum of what is chosen is rounded, and then the quotient
    rounding = _finite(value) * ulps * float(np.finfo(kind).eps) + float(np.finfo(kind).smallest_subnormal)
    return _near(want, value, distance + rounding)


def _variance(a, axis, dtype, ddof, where, mean):
    """The variances of groups, in two passes in a wider type; infinite distances where squares leave float64."""
    is_real = dtype is not None and np.dtype(dtype).kind == "f"
    narrowed = dtype is not None and a.dtype.kind in "fc" and not (is_real and a.dtype.kind == "c")
    values, counted = exact.groups(a.astype(dtype) if narrowed else a, axis, where)
    values = values.astype(np.clongdouble if values.dtype.kind == "c" else np.longdouble)
    number = counted.sum(axis=1)
    with np.errstate(all="ignore"):
        centre = np.where(counted, values, 0).sum(axis=1, keepdims=True) / number[:, None]
        # NumPy takes complex distances from a mean that has no imaginary part.
        centre = centre.real if is_real else centre
        if mean is not NO_VALUE:
            centre = np.reshape(mean, (-1, 1)).astype(values.dtype)
        squares = np.where(counted, np.abs(values - centre) ** 2, 0).sum(axis=1)
        value = squares / np.maximum(number - ddof, 0)
    largest = np.abs(np.where(counted, values, 0)).max(axis=1, initial=0)
    all_finite = np.isfinite(largest)
    value = np.where(all_finite, value, np.nan)
    with np.errstate(all="ignore"):
        of_mean = (_steps(values.shape[1]) * UNIT * largest) ** 2 * number / np.maximum(number - ddof, 0)
    distance = np.where(all_finite & (largest > 1e150), np.inf, 1e-13 * _finite(value) + _finite(of_mean))
    return value, distance, number


def _spread(root, without_nan=False):
    def of_groups(
        want, a, axis, kind, dtype=None, ddof=0, keepdims=False, *, where=True, mean=NO_VALUE, correction=NO_VALUE
    ):
        if kind.kind not in "fc":
            return Bits(want, np.False_)  # the type in which NumPy rounds on the way
        ddof = ddof if correction is NO_VALUE else correction
        value, distance, number = _variance(a, axis, dtype, ddof, where, mean)
        if without_nan:
            value = np.where(number <= ddof, np.nan, value)
        with np.errstate(all="ignore"):
            if root:
                value, distance = np.sqrt(value), np.sqrt(value + distance) - np.sqrt(value)
        distance = np.where(np.isnan(distance), 0, distance)
        distance = distance + _finite(value) * _two_ulp(kind) + float(np.finfo(kind).smallest_subnormal)
        # A complex NaN has any imaginary part.
        return _near(want, value, np.where(np.isnan(value) & (kind.kind == "c"), np.inf, distance))

    return of_groups


def _two_ulp(dtype):
    return 2 * float(np.finfo(dtype).eps) if np.finfo(dtype).bits < 64 else 0.0


def _average(want, a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Like a mean of what is weighted, and the sum of the weights."""
    if returned:
        exactness = float(np.finfo(np.asarray(want[1]).dtype).eps) * 4
        return _average(want[0], a, axis, weights), Near(want[1], np.abs(want[1]) * exactness)
    kind = np.asarray(want).dtype
    wide = exact.wider(kind)
    if weights is None:
        return RULES["mean"].answer(want, a, axis)
    a, weights = np.asarray(a).astype(wide), np.asarray(weights).astype(wide)
    with np.errstate(all="ignore"):
        value = np.average(a, axis, weights, keepdims=keepdims)
        size = np.average(np.abs(a), axis, np.abs(weights), keepdims=keepdims)
    rounding = 2 * _steps(a.size) * _finite(size) * float(np.finfo(kind).eps)
    return Near(value, rounding + float(np.finfo(kind).smallest_subnormal), want)


def _trace(want, a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return RULES["sum"].answer(want, np.diagonal(a, offset, axis1, axis2), -1, dtype)


def _bincount(want, x, weights=None, minlength=0):
    """The weights of each number are added up exactly, but for one rounding."""
    if weights is None or np.asarray(want).dtype.kind != "f":
        return None
    x, weights = np.asarray(x), np.asarray(weights, np.float64)
    size = np.bincount(x, np.where(np.isfinite(weights), np.abs(weights), 0), minlength)
    return Near(want, size * _steps(x.size) * float(np.finfo(float).eps), want)


def _histogram(want, a, bins=10, range=None, density=None, weights=None):
    """Counts are exact, weights are added up as by bincount, densities are divided twice."""
    counts, edges = want
    if counts.dtype.kind not in "fc":
        return None
    size = np.abs(counts)
    if weights is not None:
        size = size + np.histogram(a, edges, weights=np.abs(np.where(np.isfinite(weights), weights, 0)))[0]
    distance = size * float(np.finfo(counts.dtype).eps) * max(_steps(np.size(a)), 8)
    return Near(counts, distance, counts), Bits(edges)


# ---- extremes --------------------------------------------------------------------------------------------------


def _extreme(negative_wins):
    """NumPy's value, with zeros in order; of complex numbers that compare equal, any."""

    def answer(want, a, axis=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        want = np.asarray(want)
        if want.dtype.kind == "c":
            return Near(want, 0.0, want)
        if want.dtype.kind != "f" or out is not None:
            return None
        values, counted = exact.groups(a, axis, where)
        zeros, signs = counted & (values == 0), np.signbit(values)
        if initial is not NO_VALUE and initial == 0:
            zeros, signs = (np.c_[each, np.full(len(each), last)] for each, last in ((zeros, True), (signs, np.signbit(initial))))
        negative = (zeros & signs).any(axis=1) if negative_wins else ~(zeros & ~signs).any(axis=1)
        ordered = np.where(negative, -0.0, 0.0).reshape(want.shape)
        return Bits(np.where(want == 0, ordered, want).astype(want.dtype))

    return answer


def _without_nan(plain, fill, rule=None):
    """The rule of the reduction that leaves NaN out; `plain` for types without NaN."""
    rule = rule or plain

    def answer(want, a, axis=None, *args, where=True, **kwargs):
        a = np.asarray(a)
        if a.dtype.kind not in "fc":
            return plain.answer(want, a, axis, *args, where=where, **kwargs)
        return rule.answer(want, np.where(np.isnan(a), fill, a), axis, *args, where=where & ~np.isnan(a), **kwargs)

    return Rule(plain.text, answer)


_SUM = "float16 and float32 within 1 ulp, float64 within 2·log₂(n)·u·Σ|x|; integers exact modulo 2ᵏ"
_PRODUCT = "float16 and float32 rounded once, float64 within (n − 1)·u; integers exact modulo 2ᵏ"
_MEAN = "float16 and float32 within 1 ulp, float64 within 2·log₂(n)·u·Σ|x|/n; integers rounded once"
_VARIANCE = "float16 and float32 rounded once, float64 within a relative 10⁻¹³ and the square of the mean's error"
_ORDERED = f"{BITS}; −0.0 is less than 0.0"

RULES = {
    "sum": _rule("sum", _SUM, _sum),
    "prod": _rule("prod", _PRODUCT, _product),
    "mean": _rule("mean", _MEAN, _mean),
    "var": _rule("var", _VARIANCE, _spread(False)),
    "std": _rule("std", _VARIANCE, _spread(True)),
    "average": Rule("as means, of what is weighted", _average),
    "trace": Rule(_SUM, _trace),
    "histogram": Rule("exact; weights as by bincount", _histogram),
    "bincount": Rule("exact; weights are added up in float64, with what rounding takes kept", _bincount),
    **{name: Rule(_ORDERED, _extreme(True)) for name in ("min", "amin")},
    **{name: Rule(_ORDERED, _extreme(False)) for name in ("max", "amax")},
}
RULES |= {
    "nansum": _without_nan(RULES["sum"], 0),
    "nanprod": _without_nan(RULES["prod"], 1),
    "nanmean": _without_nan(RULES["mean"], 0),
    "nanvar": _without_nan(RULES["var"], 0, _rule("var", _VARIANCE, _spread(False, True))),
    "nanstd": _without_nan(RULES["std"], 0, _rule("std", _VARIANCE, _spread(True, True))),
    "nanmin": _without_nan(RULES["min"], np.inf),
    "nanmax": _without_nan(RULES["max"], -np.inf),
}
