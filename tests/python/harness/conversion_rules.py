"""How exact the functions are that convert, round or look at single bits: where NumPy's result is undefined or an
accident of the processor, any result will do, and everywhere else its bits."""

import numpy as np

from . import exact
from .answers import Bits, Near
from .elementwise_rules import BITS, Rule


def fits(values, dtype):
    """Which values an integer type can hold once their fraction is cut off."""
    values = np.asarray(values)
    if values.dtype.kind not in "fc" or np.dtype(dtype).kind not in "iu":
        return np.True_
    info = np.iinfo(dtype)
    with np.errstate(all="ignore"):
        whole = np.trunc(values.real.astype(exact.WIDE))
        return (whole >= info.min) & (whole <= info.max)


def _astype(want, x, dtype, *_, **__):
    return Bits(want, fits(x, dtype))


def _filled(want, *args, fill_value=None, **_):
    value = args[1] if len(args) > 1 else fill_value
    return Bits(want, np.broadcast_to(fits(value, np.asarray(want).dtype), np.shape(want)))


def _round(want, a, decimals=0, out=None):
    """Integers rounded to tens may leave their type, where NumPy's result is undefined."""
    a = np.asarray(a)
    if decimals >= 0 or a.dtype.kind not in "iu":
        return None
    info, unit = np.iinfo(a.dtype), 10**-decimals
    inside = [info.min <= round(int(v), decimals) <= info.max and abs(int(v)) < 2**53 and unit < info.max for v in a.ravel()]
    return Bits(want, np.array(inside, bool).reshape(a.shape))


def _of_numbers(want, x, *_, where=True, **__):
    """NaN has no sign that means anything."""
    return Bits(want, ~np.isnan(x) & where)


def _copysign(want, x, y, *_, where=True, **__):
    return Bits(want, np.broadcast_to(~np.isnan(np.asarray(y, np.float64)) & where, np.shape(want)))


def _reciprocal(rule):
    def answer(want, x, *args, where=True, **kwargs):
        made = rule.answer(want, x, *args, where=where, **kwargs)
        loop = np.reciprocal(x, dtype=kwargs.get("dtype"), casting=kwargs.get("casting", "same_kind")).dtype
        return Bits(want, (np.asarray(x) != 0) & where) if loop.kind in "iu" else made

    return Rule(f"{rule.text}; 1/0 of integers is 0", answer)


def _clip(want, a, a_min=None, a_max=None, out=None, *, min=None, max=None, **_):
    """`minimum(maximum(a, low), high)`, with numtile's order of zeros."""
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    kind = np.asarray(want).dtype
    if kind.kind != "f" or out is not None:
        return Near(want, 0.0) if kind.kind == "c" else None
    value = exact.cast(a, kind)
    value = value if low is None else exact.maximum(value, exact.cast(low, kind))
    return Bits(value if high is None else exact.minimum(value, exact.cast(high, kind)))


def _nextafter(want, x1, x2, *_, where=True, **__):
    """Of two equal float16 NumPy gives the first, of other floats and in numtile the second: zeros differ."""
    kind = np.asarray(want).dtype
    same = exact.cast(x1, kind) == exact.cast(x2, kind)
    return Bits(np.where(same, x2, want).astype(kind), where)


def _zeros(want, *_, **__):
    return Bits(np.zeros_like(want))


_CAST = f"{BITS}; what does not fit an integer type follows one fixed table"

RULES = {
    "nextafter": Rule(f"{BITS}; of two equal numbers the second", _nextafter),
    "empty": Rule("zeros", _zeros),
    "empty_like": Rule("zeros", _zeros),
    "astype": Rule(_CAST, _astype),
    "full": Rule(_CAST, _filled),
    "full_like": Rule(_CAST, _filled),
    "round": Rule(f"{BITS}; integers rounded to tens beyond their type have a fixed result", _round),
    "around": Rule(f"{BITS}; integers rounded to tens beyond their type have a fixed result", _round),
    "signbit": Rule(BITS, _of_numbers),
    "copysign": Rule(BITS, _copysign),
    "clip": Rule(f"{BITS}; −0.0 is less than 0.0", _clip),
}


def adapted(rules):
    """The rules of other files to which something is added here."""
    return {**RULES, "reciprocal": _reciprocal(rules["reciprocal"])}
