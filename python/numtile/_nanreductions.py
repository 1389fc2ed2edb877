"""Reductions that leave out NaN. Of integers and bool, which have none, they are the plain ones.

A complex number is left out when either part is NaN. Arguments are those of the plain reductions.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine, _out, _reductions
from ._engine import Array
from ._moments import degrees, deliver_spread, finished, squared_distances
from ._reduce import NO_VALUE, chosen, reduce_ufunc

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._reduce import Axis

__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def nansum(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The sum of the elements that are not NaN; 0 where all are."""
    return _reductions.sum(_replaced(_engine.asarray(a), 0), axis, dtype, out, keepdims, initial, where)


def nanprod(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The product of the elements that are not NaN; 1 where all are."""
    return _reductions.prod(_replaced(_engine.asarray(a), 1), axis, dtype, out, keepdims, initial, where)


def nanmin(
    a: ArrayLike | Array,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The least element that is not NaN; NaN where all are."""
    return reduce_ufunc("fmin", a, axis, None, out, keepdims, initial, where)


def nanmax(
    a: ArrayLike | Array,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """The greatest element that is not NaN; NaN where all are."""
    return reduce_ufunc("fmax", a, axis, None, out, keepdims, initial, where)


def nanargmin(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, out: Any = None, *, keepdims: bool = False
) -> Any:
    """The position of the first least element that is not NaN.

    Where all are NaN the evaluation raises ``ValueError``. As in NumPy, a NaN counts as infinite: beside nothing but
    infinities it may be found.
    """
    return _position(_reductions.argmin, _engine.asarray(a), np.inf, axis, out, keepdims)


def nanargmax(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, out: Any = None, *, keepdims: bool = False
) -> Any:
    """The position of the first greatest element that is not NaN.

    Where all are NaN the evaluation raises ``ValueError``. As in NumPy, a NaN counts as minus infinity: beside nothing
    but those it may be found.
    """
    return _position(_reductions.argmax, _engine.asarray(a), -np.inf, axis, out, keepdims)


def nanmean(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Any:
    """The mean of the elements that are not NaN; NaN where all are."""
    a = _engine.asarray(a)
    if _has_nan(a):
        _check_inexact(dtype, out)
        where = _valid(a, where)
    return _reductions.mean(a, axis, dtype, out, keepdims, where=where)


def nanvar(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Any:
    """The variance of the elements that are not NaN; NaN where there are not more than ``ddof`` of them."""
    return _spread("var", a, axis, dtype, out, degrees(ddof, correction), keepdims, where, mean)


def nanstd(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Any:
    """The standard deviation of the elements that are not NaN, the square root of :func:`nanvar`."""
    return _spread("std", a, axis, dtype, out, degrees(ddof, correction), keepdims, where, mean)


def _has_nan(a: Array) -> bool:
    """Whether the type has NaN."""
    return a.dtype.kind in "fc"


def _replaced(a: Array, value: float) -> Array:
    """``a`` with another value for NaN."""
    return _engine.map("where", _engine.map("isnan", a), value, a) if _has_nan(a) else a


def _valid(a: Array, where: Any) -> Array:
    """Where the elements are chosen and not NaN."""
    valid = _engine.map("logical_not", _engine.map("isnan", a))
    return valid if where is True else valid & chosen(where, a.shape)


def _check_inexact(dtype: Any, out: Any) -> None:
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError("If a is inexact, then dtype must be inexact")
    if out is not None and getattr(out, "dtype", np.dtype(float)).kind not in "fc":
        raise TypeError("If a is inexact, then out must be inexact")


def _position(find: Any, a: Array, last: float, axis: Any, out: Any, keepdims: bool) -> Any:
    """``argmin`` or ``argmax`` with NaN as the element that comes last."""
    if not _has_nan(a):
        return find(a, axis, out, keepdims=keepdims)
    axis = axis if axis is None else operator.index(axis)
    all_nan = _engine.reduce("all", _engine.map("isnan", a), axis, None, keepdims)
    found = _engine.map("reject_all_nan", find(_replaced(a, last), axis, keepdims=keepdims), all_nan)
    return _out.deliver(found, out, find.__name__, casting="unsafe", exact=True)


def _spread(
    name: str, a: Any, axis: Axis, dtype: Any, out: Any, ddof: float, keepdims: bool, where: Any, mean: Any
) -> Any:
    a = _engine.asarray(a)
    if not _has_nan(a):
        plain = getattr(_reductions, name)
        return plain(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean)
    _check_inexact(dtype, out)
    squares, count, target = squared_distances(a, axis, dtype, keepdims, _valid(a, where), mean)
    degrees = count - ddof
    variance = _engine.map("where", degrees <= 0, np.nan, squares / degrees)
    return deliver_spread(name, finished(name, variance, target), out)
