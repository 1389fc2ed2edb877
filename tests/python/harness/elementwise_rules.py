"""How exact each elementwise function is."""

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from . import exact
from .answers import All, Bits, Near, Ulps, Widened


@dataclass(frozen=True)
class Rule:
    """How exact a function is, in words, and what makes the answer from NumPy's result and the call's arguments.

    `None` in place of an answer stands for NumPy's bits.
    """

    text: str
    answer: Callable[..., Any]


BITS = "NumPy's bits"


def _ufunc_rule(name, text, of_loop):
    """A rule for a ufunc: `of_loop(want, inputs, types of the loop, where)` answers for the elements that the call sets.

    What `where=` leaves out keeps its value in `out=`, and is anything without.
    """
    ufunc = getattr(np, name)

    def answer(want, *args, out=None, where=True, dtype=None, casting="same_kind", signature=None, **_):
        inputs = args[: ufunc.nin]
        loop = _loop(ufunc, inputs, dtype, casting, signature)
        made = of_loop(want, inputs, loop, where)
        if made is None:
            return None
        if np.asarray(want).dtype != loop[-1] and not isinstance(made, Bits):
            made = Widened(made, loop[-1])
        kept = where is not True and (out is not None or len(args) > ufunc.nin)
        return All((made, Bits(want, ~np.broadcast_to(where, np.shape(want))))) if kept else made

    return Rule(text, answer)


def _loop(ufunc, inputs, dtype, casting, signature):
    """The types of the loop that NumPy chooses."""
    if dtype is not None:
        signature = (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout
    kinds = tuple(type(x) if type(x) in (int, float, complex) else np.asarray(x).dtype for x in inputs)
    asked = {} if signature is None else {"signature": signature}
    return ufunc.resolve_dtypes((*kinds, *(None,) * ufunc.nout), casting=casting, **asked)


def _near_complex(ufunc, want, inputs, loop, where, eps):
    """Within some eps of the norm of the exact value, or NumPy's value.

    Where an operand is not finite and NumPy's formula gives NaN, C99 often has a value, and numtile follows it.
    """
    real = np.finfo(loop[-1])
    with np.errstate(all="ignore"):
        value = exact.complex_function(ufunc, inputs, loop[0])
        allowed = eps * real.eps * exact.condition(ufunc, inputs, loop[0]) * np.abs(value) + 2 * real.smallest_subnormal
        special = ~np.logical_and.reduce(np.broadcast_arrays(*(np.isfinite(np.asarray(x)) for x in inputs)))
        if ufunc in (np.power, np.float_power):
            # Powers that leave the range on the way are infinite or NaN in NumPy as the order of operations has it.
            where = where & (special | (np.abs(value) < real.max))
    return Near(value, allowed, want, where, free=special)


def elementary(name, limit=1, eps=8):
    """Within `limit` ulps of the true value; complex numbers within some eps of its norm."""
    ufunc = getattr(np, name)

    def of_loop(want, inputs, loop, where):
        if loop[-1].kind not in "fc":
            return None
        if loop[0].kind == "c":
            return _near_complex(ufunc, want, inputs, loop, where, eps)
        return Ulps(exact.elementwise(ufunc, inputs, loop[0]), limit, where)

    words = f"within {limit:g} ulp"
    has_complex = any(types[0] in "FD" for types in ufunc.types)
    return _ufunc_rule(name, words + (f"; complex within {eps} eps of the modulus" if has_complex else ""), of_loop)


def power(name):
    """Within 1 ulp; the error of a complex power grows with its logarithm. Integers are exact."""
    rule = elementary(name, 1, 16)
    return Rule("within 1 ulp; complex within 16·|y·log x| eps of the modulus; integers as NumPy's", rule.answer)


def complex_apart(name, eps=8):
    """NumPy's bits for real numbers; complex numbers within some eps of the norm."""
    ufunc = getattr(np, name)

    def of_loop(want, inputs, loop, where):
        return _near_complex(ufunc, want, inputs, loop, where, eps) if loop[0].kind == "c" else None

    return _ufunc_rule(name, f"{BITS}; complex within {eps} eps of the modulus", of_loop)


def own_formula(name, words):
    """The bits of a formula in `exact`: where NumPy disagrees with itself, numtile chooses."""
    formula = getattr(exact, name)

    def of_loop(want, inputs, loop, where):
        value = formula(*(exact.cast(x, loop[0]) for x in inputs)).astype(np.asarray(want).dtype)
        return Bits(np.broadcast_to(value, np.shape(want)), where)

    return _ufunc_rule(name, words, of_loop)


def log_of_sum(name):
    """Within a unit in the last place: of the result or, where they cancel, of the terms it is the sum of."""
    ufunc = getattr(np, name)

    def of_loop(want, inputs, loop, where):
        value = exact.elementwise(ufunc, inputs, loop[0])
        size = exact.log_of_sum_size(value, *(exact.cast(x, loop[0]) for x in inputs)).astype(loop[0])
        unit = np.where(np.isfinite(size), np.spacing(size), 0)
        return Near(value, unit, None, where)

    return _ufunc_rule(name, "within 1 ulp, of the result or of its larger term", of_loop)


_ELEMENTARY = (
    "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh cbrt "
    "arctan2 hypot"
).split()

RULES = {
    **{name: elementary(name) for name in _ELEMENTARY},
    **{name: log_of_sum(name) for name in ("logaddexp", "logaddexp2")},
    **{name: power(name) for name in ("power", "float_power")},
    **{name: complex_apart(name) for name in ("divide", "reciprocal", "absolute", "sqrt", "sign")},
    **{name: own_formula(name, f"{BITS}; complex ac − bd, ad + bc") for name in ("multiply", "square")},
    **{name: own_formula(name, f"{BITS}; −0.0 is less than 0.0") for name in ("minimum", "maximum", "fmin", "fmax")},
}
