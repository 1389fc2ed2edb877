"""Elements brought to other values: rounded, limited to a range, or replaced where they are not finite."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._complex import from_parts
from ._elementwise import divide, isnan, maximum, minimum, multiply, positive, rint, trunc
from ._engine import Array
from ._logic import isneginf, isposinf
from ._out import deliver, single

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from ._ufunc import ufunc

__all__ = ["around", "clip", "fix", "nan_to_num", "round"]


def round(a: ArrayLike | Array, decimals: SupportsIndex = 0, out: Any = None) -> Any:
    """The elements rounded to ``decimals`` decimals, halves to the even neighbour.

    As in NumPy this multiplies, rounds to a whole number and divides, so results can differ by an ulp from correct
    rounding. Negative ``decimals`` round to tens, hundreds and so on; integers keep their type.
    """
    x, places, out = _engine.asarray(a), operator.index(decimals), single(out)
    if x.dtype.kind == "c":
        return deliver(from_parts(round(x.real, places), round(x.imag, places)), out, "round")
    is_integer = x.dtype.kind in "iu"
    if is_integer and places >= 0:
        return deliver(x, out, "round")
    if places == 0:
        return rint(x, out=out)
    if out is not None:
        return deliver(_rounded(x, places, out.dtype), out, "round")
    if is_integer:
        return _rounded(x, places, np.dtype(np.float64)).astype(x.dtype)
    return _rounded(x, places, x.dtype)


def _rounded(x: Array, places: int, kind: np.dtype[Any]) -> Array:
    """Scaled by a power of ten, rounded, scaled back, each result in the type ``kind``, as NumPy does it."""
    there, back = (multiply, divide) if places > 0 else (divide, multiply)
    scale = float(f"1e{operator.abs(places)}")
    large = there(x, scale).astype(kind, casting="same_kind")
    rounded: Array = back(rint(large), scale).astype(kind, casting="same_kind")
    return rounded


around = round


def fix(x: ArrayLike | Array, out: Any = None) -> Any:
    """The elements without their fractions, the same as :func:`trunc`."""
    return trunc(x, out=out)


def clip(
    a: ArrayLike | Array,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    **kwargs: Any,
) -> Any:
    """The elements limited to the range from ``a_min`` to ``a_max``; either may be ``None``.

    The result has the common type of all three. Python integers beyond the range of an integer type limit nothing, as in
    NumPy 2. Where the limits cross, the upper one wins. Further keyword arguments are those of :class:`numtile.ufunc`.
    """
    if a_min is np._NoValue and a_max is np._NoValue:
        a_min, a_max = (None if limit is np._NoValue else limit for limit in (min, max))
    elif a_min is np._NoValue or a_max is np._NoValue:
        missing = "a_min" if a_min is np._NoValue else "a_max"
        raise TypeError(f"clip() missing 1 required positional argument: '{missing}'")
    elif min is not np._NoValue or max is not np._NoValue:
        raise ValueError("Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden.")
    return clipped(_engine.asarray(a), a_min, a_max, out, **kwargs)


def clipped(a: Array, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    """The elements limited to the range from ``min`` to ``max``; either may be left out."""
    if a.dtype.kind in "iu":
        info = np.iinfo(a.dtype)
        min = None if type(min) is int and min <= info.min else min
        max = None if type(max) is int and max >= info.max else max
    if min is None and max is None:
        return _applied(positive, (a,), out, kwargs)
    if min is None:
        return _applied(minimum, (a, max), out, kwargs)
    if max is None:
        return _applied(maximum, (a, min), out, kwargs)
    low, high = (limit if isinstance(limit, (int, float, complex)) else _engine.asarray(limit) for limit in (min, max))
    if "dtype" in kwargs:
        raised = maximum(a, low, dtype=kwargs["dtype"], casting=kwargs.get("casting", "same_kind"))
        return minimum(raised, high, out=out, **kwargs)
    kind = _common_kind(a, low, high)
    low, high = (limit.astype(kind) if isinstance(limit, Array) else limit for limit in (low, high))
    return _applied(minimum, (maximum(a.astype(kind), low), high), out, kwargs)


def _common_kind(a: Array, low: Any, high: Any) -> np.dtype[Any]:
    """The type of elements that lie between these limits."""
    if a.dtype.kind == "f" and type(low) in (int, float) and type(high) in (int, float):
        return a.dtype  # what NumPy finds, too, but not in a microsecond
    return np.result_type(*(each.dtype if isinstance(each, Array) else each for each in (a, low, high)))


def _applied(function: ufunc, operands: tuple[Any, ...], out: Any, more: dict[str, Any]) -> Any:
    """The function, called the quick way where nothing but operands is given."""
    return function(*operands) if out is None and not more else function(*operands, out=out, **more)


def nan_to_num(x: ArrayLike | Array, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """The elements with numbers in place of NaN and of the infinities, by default the largest and the least finite one.

    Complex numbers are treated part by part, integers stay as they are. With ``copy=False`` ``x`` itself gets the result.
    """
    if not copy and not isinstance(x, Array | np.ndarray):
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    given = _engine.asarray(x)
    if given.dtype.kind == "c":
        finite = from_parts(*(_finite(part, nan, posinf, neginf) for part in (given.real, given.imag)))
    else:
        finite = _finite(given, nan, posinf, neginf) if given.dtype.kind == "f" else given
    return finite if copy else deliver(finite, x, "nan_to_num")


def _finite(x: Array, nan: Any, posinf: Any, neginf: Any) -> Array:
    info = np.finfo(x.dtype)
    numbers = [
        (isnan(x), nan),
        (isposinf(x), info.max if posinf is None else posinf),
        (isneginf(x), info.min if neginf is None else neginf),
    ]
    replaced = x
    for mask, number in numbers:
        replaced = _engine.map("where", mask, _like(number, x), replaced)
    return replaced


def _like(number: Any, x: Array) -> Array:
    """What is put into an array of the type and shape of ``x``."""
    if np.ndim(number) == 0 and not isinstance(number, Array):
        return _engine.full((), number, x.dtype)
    return _engine.broadcast_to(_engine.asarray(number).astype(x.dtype, casting="same_kind"), x.shape)
