"""How exact the functions are that NumPy composes of others, where that includes more than exact operations."""

import numpy as np

from . import exact
from .answers import Bits, Near, Ulps
from .elementwise_rules import Rule


def _relative(want, value, eps, special=None):
    kind = np.asarray(want).dtype
    size = np.where(np.isfinite(value), np.abs(value), 0)
    return Near(value, size * np.finfo(kind).eps * eps + np.finfo(kind).smallest_subnormal * 2, special)


def _sinc(want, x):
    """The sine of the rounded product with pi, as in NumPy, divided by that product."""
    kind = np.asarray(want).dtype
    with np.errstate(all="ignore"):
        angle = np.pi * exact.cast(x, kind)
        angle = np.where(angle == 0, np.finfo(kind).eps if kind.kind == "f" else 1e-20, angle).astype(kind)
        wide = angle.astype(exact.wider(kind))
        return _relative(want, np.sin(wide) / wide, 8 if kind.kind == "f" else 32, want)


def _i0(want, x):
    return _relative(want, want, 32)


def _angle(want, z, deg=False):
    z = np.asarray(z)
    if not np.iscomplexobj(z) and z.dtype.kind != "f":
        z = z.astype(float)
    parts = (z.imag, z.real) if z.dtype.kind == "c" else (np.zeros_like(z), z)
    value = np.arctan2(*(part.astype(exact.wider(part.dtype)) for part in parts))
    return Ulps(value * (180 / np.pi) if deg else value, 3 if deg else 1)


def _unwrap(want, p, discont=None, axis=-1, *, period=2 * np.pi):
    kind = np.asarray(want).dtype
    if kind.kind not in "fc":
        return None
    finite = np.where(np.isfinite(want), np.abs(want), 0)
    return Near(want, np.finfo(kind).eps * 8 * (finite + period * max(np.shape(want), default=1)))


def _power_of(name):
    def answer(want, *args, **kwargs):
        kind = np.asarray(want).dtype
        return _relative(want, want, 64) if kind.kind in "fc" else Bits(want)

    return Rule("within 64 eps", answer)


def _pad(want, array, pad_width, mode="constant", **kwargs):
    """What is set, and images of images in floating point, whose order of operations is numtile's own."""
    if mode == "empty":
        return Bits(want, np.pad(np.ones(np.shape(array), bool), pad_width))
    want = np.asarray(want)
    if kwargs.get("reflect_type") == "odd" and want.dtype.kind in "fc":
        largest = np.where(np.isfinite(want), np.abs(want), 0).max(initial=0)
        return Near(want, largest * float(np.finfo(want.dtype).eps) * 64, where=np.isfinite(want))
    return None


def _moving(name):
    """Sums of products in a wider type; the same with infinities and NaN, which are exact."""
    ufunc = getattr(np, name)

    def answer(want, a, v, mode="full" if name == "convolve" else "valid"):
        kind = np.asarray(want).dtype
        if kind.kind not in "fc":
            return None
        wide = np.dtype("D" if kind.kind == "c" else "d")
        parts = [np.asarray(each).astype(kind).astype(wide) for each in (a, v)]
        with np.errstate(all="ignore"):
            size = ufunc(*(np.where(np.isfinite(part), np.abs(part), 0) for part in parts), mode)
            value = ufunc(*parts, mode)
        steps = 2 * min(map(np.size, parts)) * float(np.finfo(wide).eps) + float(np.finfo(kind).eps)
        return Near(value, np.abs(size) * steps + float(np.finfo(kind).smallest_subnormal), want)

    words = "as a sum of products in float64, rounded once"
    return Rule(words, answer)


def _vander(want, x, N=None, increasing=False):
    """Products of complex numbers depend on contraction in NumPy."""
    return _relative(want, want, 16) if np.asarray(want).dtype.kind == "c" else None


RULES = {
    "sinc": Rule("the sine within 1 ulp, and one division", _sinc),
    "i0": Rule("within 32 eps of NumPy's", _i0),
    "angle": Rule("within 1 ulp; degrees within 3", _angle),
    "unwrap": Rule("corrections are sums in float64", _unwrap),
    "pad": Rule("NumPy's bits", _pad),
    "convolve": _moving("convolve"),
    "correlate": _moving("correlate"),
    "vander": Rule("NumPy's bits; complex within 16 eps", _vander),
    "logspace": _power_of("logspace"),
    "geomspace": _power_of("geomspace"),
}
