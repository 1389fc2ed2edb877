"""How exact scans are: sums and products in a wider type, anything else step by step."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import exact
from .answers import Bits, Near
from .elementwise_rules import Rule
from .reduction_rules import UNIT, _finite, _steps, _ulp

_SUM = "float64 within 2·log₂(n)·u·Σ|x|, narrower floats rounded once; integers exact modulo 2ᵏ"
_PRODUCT = "float64 within (n − 1)·u, narrower floats rounded once; integers exact modulo 2ᵏ"


def running_sum(want, a, axis):
    """The running sums along an axis; any value where a partial sum may overflow float64."""
    kind = want.dtype
    with np.errstate(all="ignore"):
        values = a.astype(kind).astype(np.clongdouble if kind.kind == "c" else np.longdouble)
        total = np.cumsum(values, axis=axis)
        # The parts of complex numbers are added apart: an infinite one tells nothing of the other.
        sizes = [np.cumsum(np.where(np.isfinite(part), np.abs(part), 0), axis=axis) for part in exact.complex_parts(values)]
        size = np.sqrt(sum(each**2 for each in sizes))
    distance = _steps(a.shape[axis]) * UNIT * size + _ulp(_finite(total), kind)
    certain = size <= np.finfo("f8").max / 4
    return Near(total, distance, None, certain)


def running_product(want, a, axis):
    """The running products along an axis; any value where a partial product may leave the range of float64."""
    kind = want.dtype
    with np.errstate(all="ignore"):
        factors = a.astype(kind).astype(np.clongdouble if kind.kind == "c" else np.longdouble)
        value = np.cumprod(factors, axis=axis)
        ordinary = (factors != 0) & np.isfinite(factors)
        scales = np.abs(np.log2(np.abs(factors), where=ordinary, out=np.zeros(factors.shape, np.longdouble)))
        certain = np.cumsum(scales, axis=axis) < 1000
    if kind.kind == "c":
        # Infinite complex products depend on the order of their factors.
        certain &= np.logical_and.accumulate(np.isfinite(factors), axis=axis)
    steps = a.shape[axis] * UNIT * (math.sqrt(5) if kind.kind == "c" else 1)
    distance = _finite(value) * steps + _ulp(_finite(value), kind) + float(np.finfo(kind).smallest_subnormal)
    return Near(value, distance, None, certain)


def _cumulative(running, fill=None):
    """`cumsum` and its kin."""

    def answer(want, a, axis=None, dtype=None, out=None):
        want, a = np.asarray(want), np.asarray(a)
        if want.dtype.kind not in "fc":
            return None
        if fill is not None and a.dtype.kind in "fc":
            a = np.where(np.isnan(a), fill, a)
        if axis is None or a.ndim == 0:
            a, axis = a.ravel(), 0
        return running(want, a, axis)

    return answer


@dataclass(frozen=True)
class AfterFirst:
    """One answer for the first element along an axis, another for the rest."""

    first: Any
    rest: Any
    axis: int

    def check(self, got):
        for answer, part in ((self.first, slice(0, 1)), (self.rest, slice(1, None))):
            answer.check(np.moveaxis(np.moveaxis(got, self.axis, 0)[part], 0, self.axis))


def _with_initial(running):
    """`cumulative_sum` and its kin, which may start from the identity."""

    def answer(want, x, axis=None, dtype=None, out=None, include_initial=False):
        want, x = np.asarray(want), np.atleast_1d(x)
        if want.dtype.kind not in "fc":
            return None
        axis = 0 if axis is None else axis
        if not include_initial:
            return running(want, x, axis)
        start, rest = np.take(want, [0], axis), np.delete(want, 0, axis)
        return AfterFirst(Bits(start), running(rest, x, axis), axis)

    return answer


def _widened_unless_whole(values, wide):
    values = np.asarray(values)
    return values if values.dtype.kind in "biu" else values.astype(wide)


def _trapezoid(want, y, x=None, dx=1.0, axis=-1):
    kind = np.asarray(want).dtype
    if kind.kind not in "fc":
        return None
    wide = exact.wider(kind)
    with np.errstate(all="ignore"):
        # Integers wrap before they are halved.
        y = _widened_unless_whole(y, wide)
        low, high = (np.moveaxis(y, axis, -1)[..., part] for part in (slice(None, -1), slice(1, None)))
        if x is not None:
            x = _widened_unless_whole(x, wide)
            dx = np.diff(x) if x.ndim == 1 else np.moveaxis(np.diff(x, axis=axis), axis, -1)
        terms = (dx * (high + low) / 2.0).astype(wide)
        value = terms.sum(-1)
        size = np.abs(terms).sum(-1)
    steps = (_steps(max(np.shape(y), default=1)) + 4) * float(np.finfo(kind).eps)
    return Near(value, steps * _finite(size) + float(np.finfo(kind).smallest_subnormal), want)


@dataclass(frozen=True)
class Chain:
    """Each value is the function of the one before it, as it is, and the next element."""

    rule: Rule
    ufunc: Any
    array: Any
    axis: int

    def check(self, got):
        values, chain = (np.moveaxis(each, self.axis, 0) for each in (self.array.astype(got.dtype), got))
        Bits(values[:1]).check(chain[:1])
        with np.errstate(all="ignore"):
            want = self.ufunc(chain[:-1], values[1:])
        answer = self.rule.answer(want, chain[:-1], values[1:])
        (Bits(want) if answer is None else answer).check(chain[1:])


def accumulate(name):
    """`add.accumulate` is `cumsum` along the first axis."""
    rule = RULES[name]

    def answer(want, array, axis=0, dtype=None, out=None):
        return rule.answer(want, array, axis, dtype, out)

    return Rule(rule.text, answer)


def in_order(name, rule):
    """`accumulate` of a function that rounds: step by step."""
    ufunc = getattr(np, name)

    def answer(want, array, axis=0, dtype=None, out=None):
        if np.asarray(want).dtype.kind not in "fc":
            return None
        return Chain(rule, ufunc, np.asarray(array), axis)

    return Rule(f"each step {rule.text}", answer)


RULES = {
    "cumsum": Rule(_SUM, _cumulative(running_sum)),
    "nancumsum": Rule(_SUM, _cumulative(running_sum, 0)),
    "cumulative_sum": Rule(_SUM, _with_initial(running_sum)),
    "cumprod": Rule(_PRODUCT, _cumulative(running_product)),
    "nancumprod": Rule(_PRODUCT, _cumulative(running_product, 1)),
    "cumulative_prod": Rule(_PRODUCT, _with_initial(running_product)),
    "trapezoid": Rule("the sum as sum, everything before it NumPy's bits", _trapezoid),
}
