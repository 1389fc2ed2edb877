"""Histograms, and in which bin values lie.

The edges of bins are small and computed when a function is called, with the extremes of the data where those are asked
for; what is counted is one pass over data of any size.
"""

from __future__ import annotations

import math
import operator
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Bins = int | str | ArrayLike | Array

__all__ = ["digitize", "histogram", "histogram_bin_edges"]


def histogram(
    a: ArrayLike | Array,
    bins: Bins = 10,
    range: tuple[float, float] | None = None,
    density: bool | None = None,
    weights: ArrayLike | Array | None = None,
) -> tuple[Array, Array]:
    """How many elements lie in each bin, or the sum of their weights, and the edges of the bins.

    ``bins`` is a number of equal bins over ``range`` (from the least to the greatest element where it is not given), a
    method that chooses the number (``sqrt sturges rice scott doane``), or the edges, with each of which every element is
    compared. A bin includes its lower edge, the
    last one its upper edge too. ``density`` divides by the widths and the total. The type is int64, or that of the weights.

    Complex elements are a ``TypeError``. A range that is not finite, edges that do not rise, and weights of another shape are a ``ValueError``.
    """
    elements, weights = _flat(a, weights)
    edges, ends = _edges(elements, bins, range, weights)
    if ends is None:
        labels = _labels_among(elements, edges)
    else:
        labels = _labels_of_equal_bins(elements, edges, *ends)
    counts = _counted(labels, weights, max(edges.size - 1, 0))
    if density:
        counts = counts / np.array(np.diff(edges), float) / counts.sum()
    return counts, _engine.asarray(edges)


def histogram_bin_edges(
    a: ArrayLike | Array,
    bins: Bins = 10,
    range: tuple[float, float] | None = None,
    weights: ArrayLike | Array | None = None,
) -> Array:
    """The edges of the bins that ``histogram`` uses."""
    elements, weights = _flat(a, weights)
    return _engine.asarray(_edges(elements, bins, range, weights)[0])


def digitize(x: ArrayLike | Array, bins: ArrayLike | Array, right: bool = False) -> Array:
    """The number of the bin in which each element lies, with 0 for those before the first edge.

    A bin includes its lower edge, or with ``right`` its upper one. ``bins`` rise or fall; anything else is a
    ``ValueError``, complex elements are a ``TypeError``. Every element is compared with every edge.
    """
    values, edges = _engine.asarray(x), np.asarray(bins)
    if values.dtype.kind == "c":
        raise TypeError("x may not be complex")
    if edges.ndim != 1:
        raise ValueError(f"object {'too deep' if edges.ndim else 'of too small depth'} for desired array")
    rises, falls = (edges[:-1] <= edges[1:]).all(), (edges[:-1] >= edges[1:]).all()
    if not rises and not falls:
        raise ValueError("bins must be monotonically increasing or decreasing")
    if rises:
        return _edges_before(edges, values, not right)
    return edges.size - _edges_before(edges[::-1], values, not right)


def _map(name: str, *operands: Any) -> Array:
    return _engine.map(name, *operands)


def _edges_before(edges: np.ndarray[Any, Any], values: Array, or_equal: bool) -> Array:
    """How many of the rising edges lie before each value, or are equal to it; all of them before NaN.

    One comparison after the other, in a narrow type: few edges are quicker compared with than searched.
    """
    kind = np.result_type(edges.dtype, values.dtype)
    values, comes_before = values.astype(kind), "less_equal" if or_equal else "less"
    narrow = np.int16 if edges.size <= np.iinfo(np.int16).max else np.int64
    place = _engine.full(values.shape, 0, narrow)
    for edge in edges.astype(kind):
        place = place + _map(comes_before, edge, values).astype(narrow)
    place = place.astype(np.int64)
    if kind.kind != "f":
        return place
    numbers = edges.size if or_equal else int(edges.size - np.isnan(edges).sum())
    return _map("where", _map("isnan", values), numbers, place)


# ---- edges -----------------------------------------------------------------------------------------------------


def _flat(a: Any, weights: Any) -> tuple[Array, Array | None]:
    """Elements and weights along one axis."""
    elements = _engine.asarray(a)
    if elements.dtype.kind == "c":
        raise TypeError("bins of complex elements have no order")
    if elements.dtype == np.bool_:
        warnings.warn(
            f"Converting input from {elements.dtype} to {np.uint8} for compatibility.", RuntimeWarning, stacklevel=3
        )
        elements = elements.astype(np.uint8)
    if weights is not None:
        weights = _engine.asarray(weights)
        if weights.shape != elements.shape:
            raise ValueError("weights should have the same shape as a.")
        weights = weights.ravel()
    return elements.ravel(), weights


def _edges(
    elements: Array, bins: Any, given: Any, weights: Array | None
) -> tuple[np.ndarray[Any, Any], tuple[Any, Any] | None]:
    """The edges of the bins, and the first and last one in the type of the data where the bins are equal."""
    if isinstance(bins, Array):
        bins = np.asarray(bins)
    if not isinstance(bins, str) and np.ndim(bins) != 0:
        return np.histogram_bin_edges(np.zeros(0), bins, given), None
    if not isinstance(bins, str):
        try:
            operator.index(bins)
        except TypeError:
            raise TypeError("`bins` must be an integer, a string, or an array") from None
    ends = _outer_edges(elements, given)
    if isinstance(bins, str):
        bins = _number_of_bins(elements, bins, given, ends, weights)
    standing_in = np.array([] if not elements.size else [elements.dtype.type(0)], elements.dtype)
    return np.histogram_bin_edges(standing_in, bins, ends), ends


def _outer_edges(elements: Array, given: Any) -> tuple[Any, Any]:
    if given is not None:
        first, last = given
        if first > last:
            raise ValueError("max must be larger than min in range parameter.")
        known = "supplied"
    elif elements.size == 0:
        return 0, 1
    else:
        first, last = _engine.compute_all([elements.min(), elements.max()])
        known = "autodetected"
    if not (np.isfinite(first) and np.isfinite(last)):
        raise ValueError(f"{known} range of [{first}, {last}] is not finite")
    if first == last:
        first, last = first - 0.5, last + 0.5
    return first, last


def _number_of_bins(elements: Array, method: str, given: Any, ends: tuple[Any, Any], weights: Array | None) -> int:
    """How many equal bins NumPy's methods choose."""
    if method in ("auto", "fd", "stone"):
        raise NotImplementedError(f"numtile does not choose the number of bins by '{method}', which takes a sorted array")
    if method not in _WIDTHS:
        raise ValueError(f"{method!r} is not a valid estimator for `bins`")
    if weights is not None:
        raise TypeError("Automated estimation of the number of bins is not supported for weighted data")
    if given is not None:
        elements = elements[_inside(elements, *ends)]
    if elements.size == 0:
        return 1
    width = _WIDTHS[method](elements)
    if not width:
        return 1
    if elements.dtype.kind in "iu":
        width = max(width, 1)  # narrower bins of whole numbers would be empty
    return int(math.ceil(_distance(*ends) / width))


def _distance(first: Any, last: Any) -> Any:
    """``last - first``; of integers as a Python integer, because it may not fit their type."""
    if isinstance(first, np.integer | int) and isinstance(last, np.integer | int):
        return int(last) - int(first)
    return last - first


def _extent(x: Array) -> Any:
    return _distance(*_engine.compute_all([x.min(), x.max()]))


def _doane(x: Array) -> Any:
    n = x.size
    sigma = float(_engine.reduce("std", x))
    if n <= 2 or sigma <= 0:
        return 0.0
    skewness = float(_engine.reduce("mean", ((x - _engine.reduce("mean", x)) / sigma) ** 3))
    return _extent(x) / (1 + np.log2(n) + np.log2(1 + abs(skewness) / np.sqrt(6 * (n - 2) / ((n + 1) * (n + 3)))))


#: The width of a bin by NumPy's methods, of elements of which there are some.
_WIDTHS = {
    "sqrt": lambda x: _extent(x) / np.sqrt(x.size),
    "sturges": lambda x: _extent(x) / (np.log2(x.size) + 1),
    "rice": lambda x: _extent(x) / (2 * x.size ** (1 / 3)),
    "scott": lambda x: (24 * np.pi**0.5 / x.size) ** (1 / 3) * float(_engine.reduce("std", x)),
    "doane": _doane,
}


# ---- counting --------------------------------------------------------------------------------------------------


def _inside(elements: Array, first: Any, last: Any) -> Array:
    return _map("logical_and", elements >= first, elements <= last)


def _labels_of_equal_bins(elements: Array, edges: np.ndarray[Any, Any], first: Any, last: Any) -> Array:
    """The bin of each element by arithmetic, put right by the edges; −1 for elements outside, as NumPy's own."""
    bins, kind = edges.size - 1, edges.dtype
    inside = _inside(elements, first, last)
    x = elements.astype(kind)
    scaled = (x - kind.type(first)) / kind.type(_distance(first, last)) * kind.type(bins)
    label = _map("where", inside, scaled, kind.type(0)).astype(np.int64)
    label = _map("minimum", label, bins - 1)
    label = label - _map("less", x, _engine.take(edges, label, 0)).astype(np.int64)
    label = _map("maximum", label, 0)
    above = _map("greater_equal", x, _engine.take(edges, label + 1, 0))
    label = label + _map("logical_and", above, label != bins - 1).astype(np.int64)
    return _map("where", inside, label, -1)


def _labels_among(elements: Array, edges: np.ndarray[Any, Any]) -> Array:
    """The bin of each element among any edges; −1 for elements outside."""
    bins = edges.size - 1
    label = _edges_before(edges, elements, True) - 1
    label = _map("where", _map("equal", elements, edges[-1]), bins - 1, label) if bins >= 0 else label
    return _map("where", label < bins, label, -1)


def _counted(labels: Array, weights: Array | None, bins: int) -> Array:
    if weights is None:
        return _engine.group_count(labels, bins)
    if weights.dtype.kind in "fc":
        return _engine.group_reduce("sum", labels, weights, None, bins)
    return _engine.group_reduce("sum", labels, weights, None, bins, weights.dtype)
