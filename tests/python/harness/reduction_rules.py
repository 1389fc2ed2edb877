"""How exact each reduction is: exact arithmetic on the elements of each result."""

import math

import numpy as np

from . import exact
from .answers import Bits, Near
from .conversion_rules import fits
from .elementwise_rules import BITS, Rule

UNIT = 2.0**-53
NO_VALUE = np._NoValue


def _steps(count):
    """How many roundings a tree over so many elements may make."""
    return 2 * math.log2(max(count, 2))


def _result_ulp(value, dtype):
    """One unit of the last place of the result type, where it is not float64."""
    real = np.finfo(dtype)
    if real.bits >= 64:
        return 0.0
    info = np.finfo({32: "f4", 16: "f2"}[real.bits])
    size = np.where(np.isfinite(value), np.abs(value), 0)
    return np.maximum(size * float(info.eps), float(info.smallest_subnormal))


def _sum_of(values, counted, dtype, want, extra=0.0):
    """Sums within the bound: 2·log2(n)·u·Σ|x|, and the rounding to a narrower result."""
    parts = []
    for part in exact.complex_parts(np.where(counted, values, 0)):
        total, size = exact.row_sums(part)
        total, size = total + float(np.real(extra)), size + abs(extra)
        rounding = np.where(np.isfinite(size), _steps(values.shape[1]) * UNIT * size, np.inf)
        parts.append((total, rounding + _result_ulp(total, dtype)))
    return parts


def _near(parts, want):
    """An answer of the real parts and their distances."""
    shape = np.shape(want)
    value = exact.join(parts[0][0], parts[1][0]) if len(parts) == 2 else parts[0][0]
    distance = np.maximum(parts[0][1], parts[-1][1])
    certain = np.isfinite(distance)
    return Near(value.reshape(shape), np.where(certain, distance, 0).reshape(shape), None, certain.reshape(shape))


def _sum(want, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True):
    kind = np.asarray(want).dtype
    if kind.kind not in "fc":
        # What does not fit the type that is asked for is undefined.
        return Bits(want) if np.all(fits(a, kind)) else Bits(want, np.False_)
    values, counted = exact.groups(np.asarray(a).astype(kind), axis, where)
    return _near(_sum_of(values, counted, kind, want, 0 if initial is NO_VALUE else initial), want)


def _mean(want, a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    kind = np.asarray(want).dtype
    if kind.kind not in "fc":
        return _whole_mean(want, a, axis, where)
    a = np.asarray(a)
    values, counted = exact.groups(a if dtype is None else a.astype(kind), axis, where)
    number = counted.sum(axis=1)
    with np.errstate(all="ignore"):
        parts = [(total / number, size / number + _last_place(total / number, kind)) for total, size in _sum_of(values, counted, kind, want)]
    return _near(parts, want)


def _whole_mean(want, a, axis, where):
    """With an integer `dtype=`: the exact mean without its fraction, where NumPy's sum wraps first."""
    values, counted = exact.groups(a, axis, where)
    if values.dtype.kind not in "biu":
        return Bits(want, np.False_)
    sums = [sum(int(v) for v in row[chosen]) for row, chosen in zip(values, counted)]
    means = [abs(total) // n * (1 if total >= 0 else -1) if n else 0 for total, n in zip(sums, counted.sum(axis=1).tolist())]
    low, high = (0, 1) if want.dtype.kind == "b" else (np.iinfo(want.dtype).min, np.iinfo(want.dtype).max)
    fitting = np.array([low <= mean <= high for mean in means], bool)
    return Bits(np.where(fitting, means, 0).astype(want.dtype).reshape(np.shape(want)), fitting.reshape(np.shape(want)))


def _last_place(value, dtype):
    return np.where(np.isfinite(value), np.abs(value), 0) * float(np.finfo(dtype).eps)


def _variance(want, a, axis, dtype, ddof, where):
    """The variance of each group and its tolerance: computed in a wider type, in two passes."""
    kind = np.asarray(want).dtype
    a = np.asarray(a)
    values, counted = exact.groups(a if dtype is None or a.dtype.kind not in "fc" else a.astype(dtype), axis, where)
    values = values.astype(np.clongdouble if values.dtype.kind == "c" else np.longdouble)
    number = counted.sum(axis=1)
    with np.errstate(all="ignore"):
        mean = np.where(counted, values, 0).sum(axis=1, keepdims=True) / number[:, None]
        squares = np.where(counted, np.abs(values - mean) ** 2, 0).sum(axis=1)
        value = squares / np.maximum(number - ddof, 0)
    largest = np.abs(np.where(counted, values, 0)).max(axis=1, initial=0)
    representable = largest < 1e150  # squares of more overflow float64 on the way
    finite = np.isfinite(np.where(counted, np.abs(values), 0)).all(axis=1)
    value = np.where(finite, value, np.nan)
    return value, representable | ~finite, kind


def _spread(root):
    def answer(
        want, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=NO_VALUE, correction=NO_VALUE
    ):
        if np.asarray(want).dtype.kind not in "fc":
            return None
        value, certain, kind = _variance(want, a, axis, dtype, ddof if correction is NO_VALUE else correction, where)
        with np.errstate(all="ignore"):
            value = np.sqrt(value) if root else value
        relative = max(1e-13, 2 * float(np.finfo(kind).eps) if np.finfo(kind).bits < 64 else 0)
        distance = np.where(np.isfinite(value), np.abs(value) * relative, 0) + float(np.finfo(kind).smallest_subnormal)
        shape = np.shape(want)
        return Near(value.reshape(shape), distance.reshape(shape), None, certain.reshape(shape))

    return answer


def _extreme(name, negative_wins):
    """NumPy's value, with zeros in order; of complex numbers that compare equal, any."""

    def answer(want, a, axis=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        want = np.asarray(want)
        if want.dtype.kind == "f":
            values, counted = exact.groups(a, axis, where)
            zeros = counted & (values == 0)
            signs = np.signbit(values)
            if initial is not NO_VALUE and initial == 0:
                zeros, signs = (np.c_[each, np.full(len(each), one)] for each, one in ((zeros, True), (signs, np.signbit(initial))))
            negative = (zeros & signs).any(axis=1) if negative_wins else ~(zeros & ~signs).any(axis=1)
            ordered = np.where(negative, -0.0, 0.0).reshape(want.shape)
            return Bits(np.where(want == 0, ordered, want).astype(want.dtype))
        return Near(want, 0.0, want) if want.dtype.kind == "c" else None

    return answer


def _product(want, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True):
    """The product in a wider type; anything where partial products may leave float64."""
    kind = np.asarray(want).dtype
    if kind.kind not in "fc":
        return Bits(want) if np.all(fits(a, kind)) else Bits(want, np.False_)
    values, counted = exact.groups(np.asarray(a).astype(kind), axis, where)
    factors = np.where(counted, values, 1).astype(np.clongdouble if kind.kind == "c" else np.longdouble)
    with np.errstate(all="ignore"):
        value = factors.prod(axis=1) * (1 if initial is NO_VALUE else initial)
        sizes = np.log2(np.abs(factors), where=(factors != 0) & np.isfinite(factors), out=np.zeros(factors.shape, np.longdouble))
        certain = np.abs(sizes).sum(axis=1) < 1000
        finite = np.where(np.isfinite(value), np.abs(value), 0)
    steps = max(values.shape[1], 1) * UNIT * (np.sqrt(5) if kind.kind == "c" else 1)
    distance = finite * steps + np.abs(_result_ulp(finite, kind)) + np.finfo(kind).smallest_subnormal
    # Infinite complex products depend on the order of their factors.
    certain &= (kind.kind != "c") | np.isfinite(factors).all(axis=1)
    shape = np.shape(want)
    return Near(value.reshape(shape), distance.reshape(shape), None, certain.reshape(shape))


def _average(want, a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Like a mean of what is weighted, and the sum of the weights."""
    if returned:
        return _average(want[0], a, axis, weights), Near(want[1], np.abs(want[1]) * 1e-3 if want[1].dtype.char == "e" else np.abs(want[1]) * 1e-6)
    kind = np.asarray(want).dtype
    wide = exact.wider(kind)
    with np.errstate(all="ignore"):
        if weights is None:
            return _mean(want, a, axis)
        value = np.average(np.asarray(a).astype(wide), axis, np.asarray(weights).astype(wide), keepdims=keepdims)
        size = np.average(np.abs(np.asarray(a).astype(wide)), axis, np.abs(np.asarray(weights).astype(wide)), keepdims=keepdims)
    rounding = 2 * _steps(np.size(a)) * np.where(np.isfinite(size), size, 0) * float(np.finfo(kind).eps)
    return Near(value, rounding + float(np.finfo(kind).smallest_subnormal), want)


def _trace(want, a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return _sum(want, np.diagonal(a, offset, axis1, axis2), -1, dtype)


def _without_nan(rule, fill):
    """The rule of the reduction that leaves NaN out."""

    def answer(want, a, axis=None, *args, where=True, **kwargs):
        a = np.asarray(a)
        if a.dtype.kind not in "fc":
            return rule(want, a, axis, *args, where=where, **kwargs)
        return rule(want, np.where(np.isnan(a), fill, a), axis, *args, where=where & ~np.isnan(a), **kwargs)

    return answer


_SUM = "float16 and float32 within 1 ulp, float64 within 2·log₂(n)·u·Σ|x|; integers exact modulo 2ᵏ"
_PRODUCT = "float16 and float32 rounded once, float64 within (n − 1)·u; integers exact modulo 2ᵏ"
_MEAN = "float16 and float32 within 1 ulp, float64 within 2·log₂(n)·u·Σ|x|/n; integers rounded once"
_VARIANCE = "float16 and float32 rounded once, float64 within a relative 10⁻¹³"
_EXTREME = f"{BITS}; −0.0 is less than 0.0"

RULES = {
    "sum": Rule(_SUM, _sum),
    "prod": Rule(_PRODUCT, _product),
    "mean": Rule(_MEAN, _mean),
    "average": Rule("as means of what is weighted", _average),
    "trace": Rule(_SUM, _trace),
    "var": Rule(_VARIANCE, _spread(False)),
    "std": Rule(_VARIANCE, _spread(True)),
    **{name: Rule(_EXTREME, _extreme(name, True)) for name in ("min", "amin")},
    **{name: Rule(_EXTREME, _extreme(name, False)) for name in ("max", "amax")},
    "nansum": Rule(_SUM, _without_nan(_sum, 0)),
    "nanprod": Rule(_PRODUCT, _without_nan(_product, 1)),
    "nanmean": Rule(_MEAN, _without_nan(_mean, 0)),
    "nanvar": Rule(_VARIANCE, _without_nan(_spread(False), 0)),
    "nanstd": Rule(_VARIANCE, _without_nan(_spread(True), 0)),
    "nanmin": Rule(_EXTREME, _without_nan(_extreme("min", True), np.inf)),
    "nanmax": Rule(_EXTREME, _without_nan(_extreme("max", False), -np.inf)),
}
