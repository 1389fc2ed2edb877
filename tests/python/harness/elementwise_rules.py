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
    """A rule for a ufunc: `of_loop(want, inputs, loop type, where)` answers for the elements that the call sets.

    What `where=` leaves out keeps its value in `out=`, and is anything without.
    """
    ufunc = getattr(np, name)

    def answer(want, *args, out=None, where=True, dtype=None, casting="same_kind", **_):
        inputs = args[: ufunc.nin]
        loop = np.asarray(ufunc(*inputs, dtype=dtype, casting=casting)).dtype
        made = of_loop(want, inputs, loop, where)
        made = made if np.asarray(want).dtype == loop or made is None else Widened(made, loop)
        kept = where is not True and (out is not None or len(args) > ufunc.nin)
        return All((made, Bits(want, ~np.broadcast_to(where, np.shape(want))))) if made and kept else made

    return Rule(text, answer)


def _any_complex(inputs):
    return any(np.asarray(x).dtype.kind == "c" for x in inputs)


def _near_complex(ufunc, want, inputs, loop, where, eps):
    """Within some eps of the norm of the exact value, or NumPy's value."""
    info = np.finfo(loop)
    kind = np.result_type(loop, np.complex64)
    value = exact.elementwise(ufunc, inputs, kind)
    if ufunc in (np.power, np.float_power):
        eps = eps * exact.condition_of_power(inputs, kind)
    return Near(value, eps * info.eps * np.abs(value) + 2 * info.smallest_subnormal, want, where)


def elementary(name, limit, eps=8):
    """Within `limit` ulps of the true value; complex numbers within some eps of its norm."""
    ufunc = getattr(np, name)

    def of_loop(want, inputs, loop, where):
        if loop.kind not in "fc":
            return None
        if _any_complex(inputs):
            return _near_complex(ufunc, want, inputs, loop, where, eps)
        return Ulps(exact.elementwise(ufunc, inputs, loop), limit, where)

    has_complex = any(loop[0] in "FD" for loop in ufunc.types)
    words = f"within {limit:g} ulp" + (f"; complex within {eps} eps of the norm" if has_complex else "")
    if ufunc in (np.power, np.float_power):
        words = words.replace(" of the norm", " times |y·log(x)| of the norm") + "; integers NumPy's bits"
    return _ufunc_rule(name, words, of_loop)


def complex_apart(name, eps=8):
    """NumPy's bits for real numbers; complex numbers within some eps of the norm."""
    ufunc = getattr(np, name)

    def of_loop(want, inputs, loop, where):
        return _near_complex(ufunc, want, inputs, loop, where, eps) if _any_complex(inputs) else None

    return _ufunc_rule(name, f"{BITS}; complex within {eps} eps of the norm", of_loop)


def own_formula(name, words):
    """The bits of a formula in `exact`: where NumPy disagrees with itself, numtile chooses."""
    formula = getattr(exact, name)

    def of_loop(want, inputs, loop, where):
        value = formula(*(exact.cast(x, loop) for x in inputs))
        return Bits(np.broadcast_to(value, np.shape(want)), where)

    return _ufunc_rule(name, words, of_loop)


_ONE_ULP = (
    "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
    "cbrt arctan2 hypot degrees radians deg2rad rad2deg logaddexp logaddexp2"
).split()

RULES = {
    **{name: elementary(name, 1) for name in _ONE_ULP},
    "power": elementary("power", 2, 16),
    "float_power": elementary("float_power", 2, 16),
    **{name: complex_apart(name) for name in ("divide", "reciprocal", "absolute", "sqrt", "sign")},
    **{name: own_formula(name, f"{BITS}; complex ac − bd, ad + bc") for name in ("multiply", "square")},
    **{name: own_formula(name, f"{BITS}; −0.0 is less than 0.0") for name in ("minimum", "maximum", "fmin", "fmax")},
}
