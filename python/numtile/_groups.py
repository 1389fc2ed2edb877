"""Reductions of the elements with equal labels, and counts of them.

One pass over the array gives the results of all groups, however many there are. What a group has depends on its elements
and their places alone: the bits are the same whatever the memory budget, the tiles and the number of threads.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine, _out
from ._engine import Array
from ._reduce import reduced_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._reduce import Axis

__all__ = ["bincount", "group_reduce"]

_FUNCTIONS = ("sum", "prod", "mean", "var", "std", "min", "max", "any", "all", "count")
#: Other names of the same.
_ALIASES = {
    "amin": "min", "amax": "max", "add": "sum", "multiply": "prod", "minimum": "min", "maximum": "max",
    "logical_or": "any", "logical_and": "all",
}  # fmt: skip


def group_reduce(
    labels: ArrayLike | Array,
    x: ArrayLike | Array,
    func: str | Callable[..., Any],
    axis: Axis = None,
    *,
    groups: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    ddof: float = 0,
    out: Any = None,
) -> Any:
    """The sum, the mean or another reduction of the elements with equal labels, for every group at once.

    ``labels`` are integers: along ``axis``, an integer; over several axes, a tuple; or of the shape of ``x`` where
    ``axis`` is ``None``. The elements with label ``g`` are group ``g`` of ``groups``; a negative label belongs to no group.
    In the result the groups take the place of the (first) axis, and other axes named are gone. Where ``groups`` is not
    given it is the greatest label plus one, which is computed at once.

    ``func`` is one of ``sum prod mean var std min max any all count``, by name or as NumPy's or numtile's function; the
    type of the result is that of ``func`` without groups. ``count`` counts elements, NaN included, as int64. ``dtype`` is
    that of ``sum prod mean var std``, ``ddof`` that of ``var`` and ``std``.

    A group without elements has the sum 0, the product 1, ``any`` false, ``all`` true, and a NaN for its mean, variance,
    least and greatest element; least and greatest integers of nothing are a ``ValueError`` when the result is computed,
    and a label of ``groups`` or more is an ``IndexError`` then. Labels that are no integers are a ``TypeError``, labels of
    another shape a ``ValueError``.
    """
    name = _name(func)
    labels, x = _engine.asarray(labels), _engine.asarray(x)
    _check_integers(labels)
    axes = reduced_axes(axis, x.ndim)
    if x.ndim and not axes:
        raise ValueError("elements are grouped along one axis at least")
    if labels.ndim != len(axes):
        raise ValueError(f"labels for {_counted(len(axes), 'axis', 'axes')} have {labels.ndim} dimensions")
    if axes != tuple(sorted(axes)):
        labels, axes = labels.transpose(sorted(range(len(axes)), key=axes.__getitem__)), tuple(sorted(axes))
    number = _greatest(labels) + 1 if groups is None else operator.index(groups)
    if number < 0:
        raise ValueError("groups must not be negative")
    if name == "count":
        result = _counts(labels, x.shape, axes, number)
        result = result if dtype is None else result.astype(dtype)
    else:
        result = _engine.group_reduce(name, labels, x, axes or None, number, dtype, ddof)
    return _out.deliver(result, out, name, casting="unsafe", exact=True)


def bincount(
    x: ArrayLike | Array, /, weights: ArrayLike | Array | None = None, minlength: SupportsIndex = 0
) -> Array:
    """How often each number from 0 on occurs in ``x``, or the sum of the ``weights`` of its occurrences, in float64.

    The length is the greatest number plus one, at least ``minlength``; ``x`` is read once for it when the function is
    called. A negative number or length, an ``x`` that has not one dimension, and weights of another length are a
    ``ValueError``; numbers that are no integers and complex weights a ``TypeError``.
    """
    if minlength is None:
        raise TypeError("use 0 instead of None for minlength")
    least = operator.index(minlength)
    if least < 0:
        raise ValueError("'minlength' must not be negative")
    numbers, length = _numbers(x), least
    if numbers.size:
        low, high = (int(end) for end in _engine.compute_all([numbers.min(), numbers.max()]))
        if low < 0 or high > np.iinfo(np.int64).max:
            raise ValueError("'list' argument must have no negative elements")
        length = max(high + 1, least)
    if weights is None:
        return _engine.group_count(numbers, length)
    weights = _one_dimensional(_engine.asarray(weights))
    if not np.can_cast(weights.dtype, np.float64, "same_kind"):
        raise TypeError(f"Cannot cast array data from {weights.dtype!r} to dtype('float64') according to the rule 'safe'")
    if weights.shape != numbers.shape:
        raise ValueError("The weights and list don't have the same length.")
    if not numbers.size:
        return _engine.group_count(numbers, length)
    return _engine.group_reduce("sum", numbers, weights.astype(np.float64), None, length)


def _name(func: Any) -> str:
    """The engine's name of a reduction given by its name or as a function."""
    name = func if isinstance(func, str) else getattr(func, "__name__", "")
    known = _ALIASES.get(name, name)
    if known not in _FUNCTIONS:
        raise ValueError(f"func must be one of {', '.join(_FUNCTIONS)}, or NumPy's function of that name; it is {func!r}")
    return known


def _check_integers(labels: Array) -> None:
    if labels.dtype.kind not in "biu":
        raise TypeError(f"labels must be integers, not {labels.dtype}")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _greatest(labels: Array) -> int:
    """The greatest label; −1 where there is none that names a group."""
    return max(int(labels.max()), -1) if labels.size else -1


def _counts(labels: Array, shape: Sequence[int], axes: tuple[int, ...], groups: int) -> Array:
    """How many elements each group has for every kept element: the same for all of them."""
    along = tuple(shape[axis] for axis in axes)
    if labels.shape != along:
        raise ValueError(f"labels of shape {labels.shape} do not match the axes that they are for, of shape {along}")
    counts = _engine.group_count(labels, groups)
    behind = [axis for axis in range(axes[0], len(shape)) if axis not in axes] if axes else []
    front = tuple(shape[: axes[0]]) if axes else ()
    counts = counts.reshape((groups,) + (1,) * len(behind))
    return _engine.broadcast_to(counts, (*front, groups, *(shape[axis] for axis in behind)))


def _numbers(x: Any) -> Array:
    """What is counted, as integers along one axis."""
    numbers = _one_dimensional(_engine.asarray(x))
    if not isinstance(x, Array | np.ndarray) and not numbers.size:
        return numbers.astype(np.int64)  # an empty list has no type
    if numbers.dtype.kind not in "biu":
        raise TypeError(f"Cannot cast array data from {numbers.dtype!r} to dtype('int64') according to the rule 'safe'")
    return numbers


def _one_dimensional(array: Array) -> Array:
    if array.ndim != 1:
        raise ValueError(f"object {'too deep' if array.ndim else 'of too small depth'} for desired array")
    return array
