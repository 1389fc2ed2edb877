"""Running values along an axis (cumulative sums and their kin), and differences of neighbours.

A scan reads its array twice at most, whatever the size: ``docs/scans.md`` says how, and what is promised of its bits.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from . import _engine
from ._engine import Array
from ._out import deliver, single

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "ediff1d",
    "gradient",
    "nancumprod",
    "nancumsum",
    "trapezoid",
]

_MISSING: Any = np._NoValue


# ---- running values ----------------------------------------------------------------------------------------------


def accumulate_ufunc(name: str, a: Any, axis: Any = 0, dtype: DTypeLike | None = None, out: Any = None) -> Any:
    """NumPy's ``ufunc.accumulate`` for the binary ufunc called ``name``.

    The first element of the result is that of ``a``, each further one is the ufunc of the one before it and the next
    element of ``a``. Loops are chosen as NumPy chooses them; ``add`` and ``multiply`` take narrow integers to 64 bits.

    Raises ``ValueError`` for ufuncs that are not binary or have several results, ``TypeError`` for types without a loop
    and for zero-dimensional arrays, ``AxisError``, and ``NotImplementedError`` for ufuncs that numtile lacks.
    """
    ufunc: np.ufunc = getattr(np, name)
    if ufunc.nin != 2:
        raise ValueError("accumulate only supported for binary functions")
    if ufunc.nout != 1:
        raise ValueError("accumulate only supported for functions returning a single value")
    if ufunc.signature is not None:
        raise RuntimeError("Reduction not defined on ufunc with signature")
    a, out = _engine.asarray(a), single(out)
    axis = _one_axis(axis, a.ndim)
    loop = _loop_type(ufunc, a.dtype, dtype, out)
    result = _engine.scan(name, a, axis, loop)
    if getattr(out, "shape", result.shape) != result.shape:
        raise ValueError("provided out is the wrong size for the accumulation.")
    return deliver(result, out, name, casting="unsafe")


def _one_axis(axis: Any, ndim: int) -> int:
    """The axis of ``accumulate``, which may be a tuple of one, or ``None`` where there is only one."""
    given = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(_integer(one) for one in given)
    if ndim == 0 and all(one in (0, -1) for one in axes):
        return 0
    axes = normalize_axis_tuple(axes, ndim)
    if len(axes) != 1:
        raise ValueError("accumulate does not allow multiple axes")
    return axes[0]


def _integer(axis: Any) -> int:
    if isinstance(axis, bool | np.bool):
        raise TypeError("an integer is required for the axis")
    return operator.index(axis)


def _loop_type(ufunc: np.ufunc, given: np.dtype[Any], dtype: DTypeLike | None, out: Any) -> np.dtype[Any]:
    """The type of the loop that NumPy would run; an output decides it unless there is a ``dtype``."""
    chosen = None if dtype is None else np.dtype(dtype)
    target = getattr(out, "dtype", None)
    if chosen is None and target is None and ufunc in (np.add, np.multiply):
        chosen = _at_least_64_bits(given)
    signature = {} if chosen is None else {"signature": (chosen, None, None)}
    loop = ufunc.resolve_dtypes((target, given, None), **signature, casting="unsafe", reduction=True)
    if not loop[0] == loop[1] == loop[2]:
        raise TypeError(
            f"the resolved dtypes are not compatible with {ufunc.__name__}.accumulate. "
            f"Resolved ({', '.join(map(repr, loop))})"
        )
    return loop[0]


def _at_least_64_bits(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    if dtype.kind in "bi":
        return np.dtype(np.int64)
    return np.dtype(np.uint64) if dtype.kind == "u" else None


def _cumulative(name: str, a: Any, axis: Any, dtype: DTypeLike | None, out: Any) -> Any:
    a = _engine.asarray(a)
    if axis is None or a.ndim == 0:
        a = a.reshape(-1)
    axis = normalize_axis_index(0 if axis is None else _integer(axis), a.ndim)
    return accumulate_ufunc(name, a, axis, dtype, out)


def cumsum(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, dtype: DTypeLike | None = None, out: Any = None
) -> Any:
    """Running sums along an axis, or of the flattened array.

    bool and integers are added in 64 bits and wrap; floats are more accurate than NumPy's (``docs/scans.md``).

    Raises ``AxisError``.
    """
    return _cumulative("add", a, axis, dtype, out)


def cumprod(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, dtype: DTypeLike | None = None, out: Any = None
) -> Any:
    """Running products along an axis, or of the flattened array; bool and integers are multiplied in 64 bits and wrap.

    Raises ``AxisError``.
    """
    return _cumulative("multiply", a, axis, dtype, out)


def nancumsum(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, dtype: DTypeLike | None = None, out: Any = None
) -> Any:
    """Running sums in which NaN counts as zero; otherwise as :func:`cumsum`."""
    return cumsum(_without_nan(a, 0), axis, dtype, out)


def nancumprod(
    a: ArrayLike | Array, axis: SupportsIndex | None = None, dtype: DTypeLike | None = None, out: Any = None
) -> Any:
    """Running products in which NaN counts as one; otherwise as :func:`cumprod`."""
    return cumprod(_without_nan(a, 1), axis, dtype, out)


def _without_nan(a: Any, value: int) -> Array:
    array = _engine.asarray(a)
    if not np.issubdtype(array.dtype, np.inexact):
        return array
    return _engine.map("where", _engine.map("isnan", array), value, array)


def cumulative_sum(
    x: ArrayLike | Array,
    /,
    *,
    axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """The array API's :func:`cumsum`: arrays of several dimensions need an axis, ``include_initial`` begins with 0.

    Raises ``ValueError`` without an axis where there are several, ``AxisError``.
    """
    return _array_api("add", 0, x, axis, dtype, out, include_initial)


def cumulative_prod(
    x: ArrayLike | Array,
    /,
    *,
    axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """The array API's :func:`cumprod`: arrays of several dimensions need an axis, ``include_initial`` begins with 1.

    Raises ``ValueError`` without an axis where there are several, ``AxisError``.
    """
    return _array_api("multiply", 1, x, axis, dtype, out, include_initial)


def _array_api(name: str, initial: int, x: Any, axis: Any, dtype: Any, out: Any, include_initial: bool) -> Any:
    x = _engine.asarray(x)
    x = x.reshape(-1) if x.ndim == 0 else x
    if axis is None and x.ndim > 1:
        raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
    axis = normalize_axis_index(0 if axis is None else _integer(axis), x.ndim)
    if not include_initial:
        return accumulate_ufunc(name, x, axis, dtype, out)
    out = single(out)
    loop = _loop_type(getattr(np, name), x.dtype, dtype, out)
    running = _engine.scan(name, x, axis, loop)
    shape = tuple(1 if at == axis else length for at, length in enumerate(x.shape))
    return deliver(_engine.concatenate([_engine.full(shape, initial, loop), running], axis), out, name, casting="unsafe")


# ---- differences of neighbours -----------------------------------------------------------------------------------


def diff(
    a: ArrayLike | Array, n: int = 1, axis: SupportsIndex = -1, prepend: Any = _MISSING, append: Any = _MISSING
) -> Array:
    """``a[i + 1] - a[i]`` along an axis, ``n`` times; bool gives where neighbours differ.

    ``prepend`` and ``append`` are joined to ``a`` first, numbers as one position of the axis.

    Raises ``ValueError`` for a negative ``n`` and for zero-dimensional arrays, ``AxisError``.
    """
    a = _engine.asarray(a)
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    if a.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(operator.index(axis), a.ndim)
    parts = [_one_position(prepend, a, axis), a, _one_position(append, a, axis)]
    a = _engine.concatenate([part for part in parts if part is not None], axis)
    step = "not_equal" if a.dtype == np.bool else "subtract"
    for _ in range(n):
        a = _engine.map(step, _along(a, axis, slice(1, None)), _along(a, axis, slice(None, -1)))
        if a.shape[axis] == 0:
            break
    return a


def _one_position(value: Any, a: Array, axis: int) -> Array | None:
    if value is _MISSING:
        return None
    array = _engine.asarray(value)
    if array.ndim > 0:
        return array
    return _engine.broadcast_to(array, tuple(1 if at == axis else length for at, length in enumerate(a.shape)))


def _along(a: Array, axis: int, item: slice | int) -> Array:
    """``a[..., item, ...]``, at an axis."""
    return a[(slice(None),) * axis + (item,)]


def ediff1d(ary: ArrayLike | Array, to_end: Any = None, to_begin: Any = None) -> Array:
    """``ary[i + 1] - ary[i]`` of the flattened array, with ``to_begin`` before and ``to_end`` behind, in its type.

    Raises ``TypeError`` where these do not cast to the type of ``ary``, and for bool.
    """
    ary = _engine.asarray(ary).reshape(-1)
    differences = _engine.map("subtract", ary[1:], ary[:-1])
    begin, end = _flat_end(to_begin, "to_begin", ary.dtype), _flat_end(to_end, "to_end", ary.dtype)
    parts = [part for part in (begin, differences, end) if part is not None]
    return _engine.concatenate(parts, 0)


def _flat_end(values: Any, name: str, dtype: np.dtype[Any]) -> Array | None:
    if values is None:
        return None
    array = _engine.asarray(values)
    if not np.can_cast(array.dtype, dtype, casting="same_kind"):
        raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
    return array.reshape(-1).astype(dtype)


def trapezoid(y: ArrayLike | Array, x: ArrayLike | Array | None = None, dx: Any = 1.0, axis: SupportsIndex = -1) -> Array:
    """The integral along an axis by the trapezoidal rule, at positions ``x`` or ``dx`` apart.

    ``x`` has one dimension, or broadcasts with ``y``. Raises ``IndexError`` for an axis that ``y`` lacks, ``ValueError``
    for an ``x`` that does not fit.
    """
    y = _engine.asarray(y)
    width = dx if x is None else _widths(_engine.asarray(x), y.ndim, axis)
    axis = _position(axis, y.ndim)
    both = _engine.map("add", _along(y, axis, slice(1, None)), _along(y, axis, slice(None, -1)))
    weighted: Array = (width * both / 2.0).sum(axis)
    return weighted


def _widths(x: Array, ndim: int, axis: SupportsIndex) -> Array:
    if x.ndim != 1:
        return diff(x, axis=axis)
    axis = _position(axis, ndim)
    return diff(x).reshape([-1 if at == axis else 1 for at in range(ndim)])


def _position(axis: SupportsIndex, ndim: int) -> int:
    """An axis where NumPy uses it as an index of a list."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


# ---- gradient ----------------------------------------------------------------------------------------------------


def gradient(f: ArrayLike | Array, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The gradient by central differences inside and one-sided ones at the edges: an array, or a tuple for several axes.

    ``varargs`` are nothing, one distance for all axes, or for each axis a distance or the positions along it, which are
    looked at now. ``edge_order`` 1 or 2 is the order of the differences at the edges.

    Raises ``ValueError`` for positions that do not fit, an ``edge_order`` above 2 and axes that are too short,
    ``TypeError`` for a wrong number of distances, ``AxisError``.
    """
    f = _engine.asarray(f)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    distances = _distances(f, axes, varargs)
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    dtype = f.dtype if np.issubdtype(f.dtype, np.inexact) else np.dtype(np.float64)
    if np.issubdtype(f.dtype, np.integer):
        f = f.astype(np.float64)
    results = tuple(_slope(f, *along, edge_order, dtype) for along in zip(axes, distances, strict=True))
    return results[0] if len(results) == 1 else results


def _distances(f: Array, axes: Sequence[int], given: tuple[Any, ...]) -> list[Any]:
    """For each axis the distance of neighbours: a number, or an array of them where they differ."""
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and np.ndim(given[0]) == 0:
        return [given[0]] * len(axes)
    if len(given) != len(axes):
        raise TypeError("invalid number of arguments")
    return [_distance(each, f.shape[axis]) for each, axis in zip(given, axes, strict=True)]


def _distance(given: Any, length: int) -> Any:
    if np.ndim(given) == 0:
        return given
    positions = np.asarray(given)
    if positions.ndim != 1:
        raise ValueError("distances must be either scalars or 1d")
    if len(positions) != length:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    if np.issubdtype(positions.dtype, np.integer):
        positions = positions.astype(np.float64)
    distances = np.diff(positions)
    return distances[0] if (distances == distances[0]).all() else distances


def _slope(f: Array, axis: int, dx: Any, edge_order: int, dtype: np.dtype[Any]) -> Array:
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."
        )
    first, last = _first_order_edges(f, axis, dx) if edge_order == 1 else _second_order_edges(f, axis, dx)
    parts = [_engine.expand_dims(first, axis), _interior(f, axis, dx), _engine.expand_dims(last, axis)]
    return _engine.concatenate([part.astype(dtype) for part in parts], axis)


def _interior(f: Array, axis: int, dx: Any) -> Array:
    before, here, after = (_along(f, axis, s) for s in (slice(None, -2), slice(1, -1), slice(2, None)))
    if np.ndim(dx) == 0:
        uniform: Array = (after - before) / (2.0 * dx)
        return uniform
    left, right = dx[:-1], dx[1:]
    weights = (
        -right / (left * (left + right)),
        (right - left) / (left * right),
        left / (right * (left + right)),
    )
    shape = [-1 if at == axis else 1 for at in range(f.ndim)]
    a, b, c = (_engine.asarray(each.reshape(shape)) for each in weights)
    return a * before + b * here + c * after


def _first_order_edges(f: Array, axis: int, dx: Any) -> tuple[Array, Array]:
    left, right = (dx, dx) if np.ndim(dx) == 0 else (dx[0], dx[-1])
    first = (_along(f, axis, 1) - _along(f, axis, 0)) / left
    return first, (_along(f, axis, -1) - _along(f, axis, -2)) / right


def _second_order_edges(f: Array, axis: int, dx: Any) -> tuple[Array, Array]:
    if np.ndim(dx) == 0:
        at_first = (-1.5 / dx, 2.0 / dx, -0.5 / dx)
        at_last = (0.5 / dx, -2.0 / dx, 1.5 / dx)
    else:
        left, right = dx[0], dx[1]
        at_first = (
            -(2.0 * left + right) / (left * (left + right)),
            (left + right) / (left * right),
            -left / (right * (left + right)),
        )
        left, right = dx[-2], dx[-1]
        at_last = (
            right / (left * (left + right)),
            -(right + left) / (left * right),
            (2.0 * right + left) / (right * (left + right)),
        )
    return _weighted(f, axis, at_first, (0, 1, 2)), _weighted(f, axis, at_last, (-3, -2, -1))


def _weighted(f: Array, axis: int, weights: tuple[Any, ...], places: tuple[int, ...]) -> Array:
    values = (_along(f, axis, place) for place in places)
    a, b, c = (_engine.map("multiply", weight, value) for weight, value in zip(weights, values, strict=True))
    return a + b + c
