"""How exact the methods of ufuncs are: `reduce`, `accumulate`, `reduceat`, `outer` and `at`.

Methods of exact operations have NumPy's bits. Sums and products are held against the same method in a wider type.
"""

import math

import numpy as np

import numtile as nt

from . import exact, reduction_rules, scan_rules
from .answers import Bits, Near
from .elementwise_rules import BITS, Rule

NO_VALUE = np._NoValue
#: The least common multiple of integers of any size.
LCM = np.frompyfunc(math.lcm, 2, 1)
ORDERED = ("minimum", "maximum", "fmin", "fmax")
#: Functions that round and are reduced in a tree, and in order.
LOGARITHMIC = ("hypot", "logaddexp", "logaddexp2")
IN_ORDER = ("arctan2", "power", "float_power", "divide")


def _reduce_of(rule):
    """A rule of a reduction over all axes, for `reduce`, which takes the first axis."""

    def answer(want, a, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        return rule.answer(want, a, axis, dtype, out, keepdims, initial, where)

    return Rule(rule.text, answer)


def _same_values(want, *_, **__):
    """NumPy's values; zeros of either sign are equal."""
    return Near(want, 0.0) if np.asarray(want).dtype.kind in "fc" else None


def _reduceat(name, growth):
    """The same in a wider type; errors grow with the number of elements."""
    ufunc = getattr(np, name)

    def answer(want, array, indices, axis=0, dtype=None, out=None):
        kind = np.asarray(want).dtype
        if kind.kind not in "fc":
            return None
        wide = exact.cast(array, kind).astype(exact.wider(kind))
        with np.errstate(all="ignore"):
            value = ufunc.reduceat(wide, indices, axis)
            size = ufunc.reduceat(np.abs(wide), indices, axis) if name == "add" else np.abs(value)
        steps = float(np.finfo(kind).eps) * growth * max(np.shape(array), default=1)
        distance = np.where(np.isfinite(size), size, 0) * steps + float(np.finfo(kind).smallest_subnormal) * growth
        return Near(value, distance, want)

    return answer


def _last_of_accumulate(name):
    """Reductions in order: the last running value, bit for bit, which is tested itself."""

    def answer(want, array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        want, array = np.asarray(want), np.asarray(array)
        if want.dtype.kind not in "fc":
            return None
        axis = axis[0] if isinstance(axis, tuple) else 0 if axis is None else axis
        if initial is not NO_VALUE or not array.ndim or not array.shape[axis]:
            return Bits(want, np.False_)
        running = np.asarray(getattr(nt, name).accumulate(array, axis, want.dtype))
        return Bits(np.take(running, -1, axis).reshape(want.shape))

    return answer


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


def rules(elementwise):
    """The rules of the methods of all ufuncs, made of the rules of the functions."""
    made = {f"{name}.outer": _outer_of(rule) for name, rule in elementwise.items() if name in _binary()}
    made["add.reduce"] = _reduce_of(reduction_rules.RULES["sum"])
    made["multiply.reduce"] = _reduce_of(reduction_rules.RULES["prod"])
    made["add.accumulate"] = scan_rules.accumulate("cumsum")
    made["multiply.accumulate"] = scan_rules.accumulate("cumprod")
    made["add.reduceat"] = Rule(reduction_rules.RULES["sum"].text, _reduceat("add", 1))
    made["multiply.reduceat"] = Rule(reduction_rules.RULES["prod"].text, _reduceat("multiply", 1))
    for name in ORDERED:
        for method in ("reduce", "accumulate", "reduceat", "at"):
            made[f"{name}.{method}"] = Rule(f"{BITS}; −0.0 is less than 0.0", _same_values)
    for name in LOGARITHMIC:
        made[f"{name}.reduce"] = made[f"{name}.reduceat"] = Rule("2·log₂(n) errors of the function add up", _close(64))
    made["subtract.reduce"] = Rule(f"{BITS}, float16 in order", _in_half("subtract"))
    made["subtract.reduceat"] = Rule(f"{BITS}, float16 in order", _slices_reduced("subtract", "f"))
    for method in ("reduce", "reduceat"):
        made[f"lcm.{method}"] = Rule("exact where it fits the type", _multiples(method))
    for name in IN_ORDER:
        made[f"{name}.reduce"] = Rule(f"in order; each step {elementwise[name].text}", _last_of_accumulate(name))
        made[f"{name}.reduceat"] = Rule(f"in order; each step {elementwise[name].text}", _slices_reduced(name, "fc"))
    for name in (*LOGARITHMIC, *IN_ORDER):
        made[f"{name}.accumulate"] = scan_rules.in_order(name, elementwise[name])
    for name in ("multiply", *LOGARITHMIC, *IN_ORDER):
        made[f"{name}.at"] = Rule(f"as {name}", _close(64))
    return made


def _in_half(name):
    """float16: NumPy rounds after each step along some axes and at the end along others; numtile after each step."""
    in_order = _last_of_accumulate(name)

    def answer(want, array, *args, **kwargs):
        return in_order(want, array, *args, **kwargs) if np.asarray(want).dtype == np.float16 else None

    return answer


def _multiples(method):
    """A least common multiple that leaves its type on the way depends on the order."""

    def answer(want, array, *args, dtype=None, out=None, **kwargs):
        kind = np.asarray(want).dtype
        if kind.kind not in "iu":
            return None
        args = [value for place, value in enumerate(args) if place != (1 if method == "reduce" else 2)]
        exact_value = getattr(LCM, method)(np.asarray(array).astype(kind).astype(object), *args, **kwargs)
        return Bits(want, np.asarray(exact_value <= np.iinfo(kind).max, bool))

    return answer


def _slices_reduced(name, kinds):
    """What `reduce` gives along each slice, bit for bit, which is tested itself."""
    ufunc = getattr(nt, name)

    def answer(want, array, indices, axis=0, dtype=None, out=None):
        want, array = np.asarray(want), np.asarray(array)
        if want.dtype.kind not in kinds:
            return None
        ends = [*indices[1:], array.shape[axis]]
        slices = (range(start, max(end, start + 1)) for start, end in zip(indices, ends, strict=True))
        parts = [np.asarray(ufunc.reduce(np.take(array, each, axis), axis, want.dtype)) for each in slices]
        return Bits(np.stack(parts, axis))

    return answer


def _binary():
    return {name for name, value in vars(np).items() if isinstance(value, np.ufunc) and value.nin == 2 and value.nout == 1}
