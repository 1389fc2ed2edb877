"""How exact the methods of ufuncs are: `reduce`, `accumulate`, `reduceat`, `outer` and `at`.

Methods of exact operations have NumPy's bits. Sums and products are held against the same method in a wider type.
"""

import numpy as np

from . import exact, reduction_rules
from .answers import Bits, Near
from .elementwise_rules import BITS, Rule

NO_VALUE = np._NoValue
ORDERED = ("minimum", "maximum", "fmin", "fmax")
#: Their results pass through rounding functions again and again.
ELEMENTARY = ("hypot", "logaddexp", "logaddexp2", "arctan2", "power", "float_power")
SUM_LIKE, PRODUCT_LIKE = ("add",), ("multiply", "divide")


def _reduce_of(rule):
    """A rule of a reduction over all axes, for `reduce`, which takes the first axis."""

    def answer(want, a, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        return rule.answer(want, a, axis, dtype, out, keepdims, initial, where)

    return Rule(rule.text, answer)


def _same_values(want, *_, **__):
    """NumPy's values; zeros of either sign are equal."""
    return Near(want, 0.0)


def _running(name, method, growth):
    """`accumulate` and `reduceat`: the same in a wider type; errors grow with the number of steps."""
    ufunc = getattr(np, name)

    def answer(want, array, *args, dtype=None, out=None, **kwargs):
        kind = np.asarray(want).dtype
        if kind.kind not in "fc":
            return None
        positional = list(args)
        wide = exact.cast(array, kind).astype(exact.wider(kind))
        with np.errstate(all="ignore"):
            value = getattr(ufunc, method)(wide, *_without_dtype(method, positional), **kwargs)
            size = getattr(ufunc, method)(np.abs(wide), *_without_dtype(method, positional), **kwargs) if name == "add" else np.abs(value)
        steps = np.finfo(kind).eps * growth * max(np.shape(array), default=1)
        distance = np.where(np.isfinite(size), size, 0) * steps + np.finfo(kind).smallest_subnormal * growth
        return Near(value, distance, want)

    return answer


def _without_dtype(method, args):
    """The positional arguments in front of `dtype`."""
    return args[: {"accumulate": 1, "reduceat": 2}[method]]


def _close(growth):
    """NumPy's value within some eps."""

    def answer(want, *_, **__):
        kind = np.asarray(want).dtype
        if kind.kind not in "fc":
            return None
        size = np.where(np.isfinite(want), np.abs(want), 0)
        return Near(want, size * np.finfo(kind).eps * growth + np.finfo(kind).smallest_subnormal)

    return answer


def _outer_of(rule):
    """The rule of the function on all pairs."""

    def answer(want, a, b, **kwargs):
        a, b = np.asarray(a), np.asarray(b)
        return rule.answer(want, a.reshape(a.shape + (1,) * b.ndim), b, **kwargs)

    return Rule(rule.text, answer)


def _long_chain(want, *_, **__):
    """Powers of powers magnify every rounding without limit: only types and shapes are compared."""
    return Bits(want, np.False_) if np.asarray(want).dtype.kind in "fc" else None


_CHAIN = "each step as the function; the errors of a chain are not bounded"


def rules(elementwise):
    """The rules of the methods of all ufuncs, made of the rules of the functions."""
    made = {f"{name}.outer": _outer_of(rule) for name, rule in elementwise.items() if getattr(np, name, None) and name in _binary()}
    made["add.reduce"] = _reduce_of(reduction_rules.RULES["sum"])
    made["multiply.reduce"] = _reduce_of(reduction_rules.RULES["prod"])
    for name in ORDERED:
        for method in ("reduce", "accumulate", "reduceat", "at"):
            made[f"{name}.{method}"] = Rule(f"{BITS}; −0.0 is less than 0.0", _same_values)
    for name in (*SUM_LIKE, *PRODUCT_LIKE, "hypot", "logaddexp", "logaddexp2"):
        growth = 1 if name in (*SUM_LIKE, "multiply") else 4
        text = elementwise[name].text if name in elementwise else "float64 within 2·log₂(n)·u·Σ|x|"
        for method in ("accumulate", "reduceat"):
            made[f"{name}.{method}"] = Rule(f"the errors of the steps add up; a step: {text}", _running(name, method, growth))
    for name in ("hypot", "logaddexp", "logaddexp2", "divide"):
        made[f"{name}.reduce"] = Rule("the errors of the steps add up", _close(64))
    for name in ("multiply", "divide", *ELEMENTARY):
        made[f"{name}.at"] = Rule(f"as {name}", _close(16))
    for name in ("arctan2", "power", "float_power"):
        for method in ("reduce", "accumulate", "reduceat"):
            made[f"{name}.{method}"] = Rule(_CHAIN, _long_chain)
    return made


def _binary():
    return {name for name, value in vars(np).items() if isinstance(value, np.ufunc) and value.nin == 2 and value.nout == 1}
