"""Means and variances, of all elements or of chosen ones.

The engine has the moments of whole arrays. Those of chosen elements, or about a mean that is given, are composed of sums
in float64 and rounded once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from . import _engine, _out
from ._engine import Array
from ._reduce import NO_VALUE, chosen, reduce_ufunc, reduced_axes, widened

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from ._reduce import Axis

__all__ = ["average", "degrees", "deliver_spread", "finished", "mean", "squared_distances", "std", "var"]


def mean(
    a: ArrayLike | Array,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Any:
    """The arithmetic mean; integers give float64. The mean of nothing is NaN."""
    if out is not None:
        dtype = dtype or _delivered(_engine.asarray(a).dtype, out)
    if where is True:
        result = _engine.reduce("mean", a, axis, dtype, keepdims)
    else:
        a = _engine.asarray(a)
        target = _mean_type(a.dtype, dtype)
        result = _mean_where(a, reduced_axes(axis, a.ndim), target, keepdims, where).astype(target)
    return _out.deliver(result, out, "mean", casting="unsafe", exact=True)


def var(
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
    """The variance: squared distances from the mean, divided by their number minus ``ddof`` (or ``correction``).

    ``mean`` is the mean over the same axes with ``keepdims=True``, for those who know it already.
    """
    return _spread("var", a, axis, dtype, out, degrees(ddof, correction), keepdims, where, mean)


def std(
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
    """The standard deviation, the square root of :func:`var`."""
    return _spread("std", a, axis, dtype, out, degrees(ddof, correction), keepdims, where, mean)


def average(
    a: ArrayLike | Array,
    axis: Axis = None,
    weights: ArrayLike | Array | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """The mean with weights; ``returned`` gives the sum of the weights as well.

    ``weights`` has the shape of ``a``, or of its axes ``axis``, in that order; ``TypeError`` when there is no axis to say
    so, ``ValueError`` for another shape. Where the weights sum to zero the result is infinite or NaN.
    """
    a = _engine.asarray(a)
    axes = None if axis is None else normalize_axis_tuple(axis, a.ndim, argname="axis")  # type: ignore[arg-type]
    if weights is None:
        result = mean(a, axes, keepdims=keepdims)
        total = _engine.full((), a.size / result.size, result.dtype)
    else:
        weights = _weights_along(_engine.asarray(weights), a.shape, axes)
        floor = (np.float64,) if a.dtype.kind in "biu" else ()
        target = np.result_type(a.dtype, weights.dtype, *floor)
        wide = widened(target)
        weights = weights.astype(wide)
        scale = _engine.reduce("sum", weights, axes, None, keepdims)
        result = (_engine.reduce("sum", a.astype(wide) * weights, axes, None, keepdims) / scale).astype(target)
        total = scale.astype(target)
    return (result, _engine.broadcast_to(total, result.shape)) if returned else result


def _weights_along(weights: Array, shape: tuple[int, ...], axes: tuple[int, ...] | None) -> Array:
    """The weights with the number of axes of the array that they are for."""
    if weights.shape == shape:
        return weights
    if axes is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    if weights.shape != tuple(shape[axis] for axis in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    ordered: Array = weights.transpose(sorted(range(len(axes)), key=axes.__getitem__))
    return ordered.reshape(tuple(length if axis in axes else 1 for axis, length in enumerate(shape)))


def _spread(
    name: str, a: Any, axis: Axis, dtype: Any, out: Any, ddof: float, keepdims: bool, where: Any, mean: Any
) -> Any:
    a = _engine.asarray(a)
    if out is not None:
        dtype = dtype or _delivered(a.dtype, out)
    if where is True and mean is NO_VALUE and _in_engine(a.dtype, dtype):
        result = _engine.reduce(name, a, axis, dtype, keepdims, ddof)
        if dtype is not None:
            result = result.astype(dtype)
    else:
        squares, count, target = squared_distances(a, axis, dtype, keepdims, where, mean)
        result = finished(name, squares / _engine.map("maximum", count - ddof, 0), target)
    return deliver_spread(name, result, out)


def finished(name: str, variance: Array, target: np.dtype[Any]) -> Array:
    """The variance or its root in its type. NumPy truncates a root in an integer type only where it stands alone."""
    if name == "var":
        return variance.astype(target)
    if target.kind in "biu" and variance.ndim:
        raise TypeError(f"Cannot cast ufunc 'sqrt' output to {target!r} with casting rule 'same_kind'")
    return _engine.map("sqrt", variance).astype(target)


def deliver_spread(name: str, result: Array, out: Any) -> Any:
    """A variance goes into an ``out`` of any type, a standard deviation not into integers."""
    return _out.deliver(result, out, "sqrt", casting="unsafe" if name == "var" else "same_kind", exact=True)


def _in_engine(given: np.dtype[Any], dtype: Any) -> bool:
    """Whether the engine has this variance. NumPy computes one in integers, or a real one of complex numbers, otherwise."""
    kind = "f" if dtype is None else np.dtype(dtype).kind
    return kind == "c" or (kind == "f" and (dtype is None or given.kind != "c"))


def degrees(ddof: float, correction: Any) -> float:
    """What is taken off the divisor; the array API calls it ``correction``."""
    if correction is NO_VALUE:
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    degrees: float = correction
    return degrees


def count(shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool, where: Any) -> Array:
    """The number of elements that a reduction takes: one for all results, or an array of them."""
    if where is True:
        return _engine.asarray(np.int64(math.prod(shape[axis] for axis in axes)))
    return _engine.reduce("sum", chosen(where, shape), axes, np.int64, keepdims)


def _delivered(given: np.dtype[Any], out: Any) -> Any:
    """The type in which a moment is computed for ``out``: a wider float there is worth more digits."""
    dtype = getattr(out, "dtype", given)
    return np.result_type(given, dtype) if given.kind == dtype.kind and given.kind in "fc" else None


def _mean_type(given: np.dtype[Any], dtype: Any) -> np.dtype[Any]:
    return np.dtype(dtype or (np.float64 if given.kind in "biu" else given))


def _mean_where(a: Array, axes: tuple[int, ...], target: np.dtype[Any], keepdims: bool, where: Any) -> Array:
    """The mean of chosen elements, not yet rounded to its type. NumPy truncates one in an integer type."""
    total: Array = reduce_ufunc("add", a, axes, widened(target), None, keepdims, where=where)
    mean = _quotient(total, count(a.shape, axes, keepdims, where))
    return mean.astype(target) if target.kind in "biu" else mean


def _quotient(total: Array, count: Array) -> Array:
    """A total divided by a count; of a complex one each part, so that an infinite part leaves the other alone."""
    if total.dtype.kind != "c":
        return total / count
    return _engine.map("complex", total.real / count, total.imag / count)


def squared_distances(
    a: Array, axis: Axis, dtype: Any, keepdims: bool, where: Any, mean: Any
) -> tuple[Array, Array, np.dtype[Any]]:
    """The sum of squared distances from the mean in a wide type, the number of elements, and the variance's type.

    Two passes: the mean, and then the distances from it.
    """
    if where is True and a.ndim == 0 and axis is not None and not isinstance(axis, tuple):
        axis = (axis,)  # type: ignore[assignment]  # elements are counted along an axis, and there is none
    axes = reduced_axes(axis, a.ndim)
    target = _variance_type(a, dtype, mean)
    center = _mean_where(a, axes, _mean_type(a.dtype, dtype), True, where) if mean is NO_VALUE else mean
    distances = a.astype(widened(a.dtype)) - center
    total = reduce_ufunc("add", _squared(distances, a.dtype), axes, widened(target), None, keepdims, where=where)
    return total, count(a.shape, axes, keepdims, where), target


def _variance_type(a: Array, dtype: Any, mean: Any) -> np.dtype[Any]:
    """That of the squared distances, unless it is given: real for complex numbers, float64 for integers."""
    if dtype is not None or a.dtype.kind in "biu":
        return np.dtype(dtype or np.float64)
    distances = a.dtype if mean is NO_VALUE else (a - mean).dtype
    return distances.type(0).real.dtype if a.dtype.kind == "c" else distances


def _squared(distances: Array, given: np.dtype[Any]) -> Array:
    if given.kind == "c":
        return distances.real * distances.real + distances.imag * distances.imag
    return distances * distances
