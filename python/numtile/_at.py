"""``ufunc.at``: elements changed in place, one after the other.

A few long rows are changed lazily. Other elements that are touched are few, or NumPy could not hold the indices: they are
computed, changed by NumPy's own ``ufunc.at`` and put back into the lazy array.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array
from ._indexing import check_bounds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["change"]


def change(ufunc: np.ufunc, lazily: Callable[..., Any], a: Any, indices: Any, b: Any) -> None:
    """``ufunc.at(a, indices, b)``; ``b`` is ``None`` for functions of one operand, and ``lazily`` is the same function on
    lazy arrays."""
    operand = () if b is None else (b,)
    if isinstance(a, np.ndarray):
        ufunc.at(a, _evaluated(indices), *map(_looked_at, operand))
    elif isinstance(a, Array):
        _change_lazy(ufunc, lazily, a, _evaluated(indices), operand)
    else:
        raise TypeError("first operand must be array")


def _change_lazy(
    ufunc: np.ufunc, lazily: Callable[..., Any], a: Array, indices: Any, operand: tuple[Any, ...]
) -> None:
    _check_types(ufunc, a.dtype, operand)
    rows = _rows(a, indices)
    if rows is not None:
        _change_rows(lazily, a, rows, operand)
        return
    operand = tuple(map(_looked_at, operand))
    positions = _positions(a.shape, indices)
    touched, which = np.unique(positions, return_inverse=True)
    values = np.asarray(a.reshape(-1)[touched])
    # One axis everywhere: NumPy 2.4 reads past the end of operands that broadcast to indices of several.
    spread = (np.broadcast_to(each, positions.shape).ravel() for each in operand)
    ufunc.at(values, which.ravel(), *spread)
    a[...] = _engine.scatter(a, touched, values).reshape(a.shape)


#: Elements of a row from which on it stays lazy, and rows that may.
_LONG_ROW, _FEW_ROWS = 1024, 64


def _rows(a: Array, indices: Any) -> np.ndarray[Any, Any] | None:
    """The rows that the indices name, if that is all they name, and they are few and long."""
    if isinstance(indices, tuple) and len(indices) == 1:
        (indices,) = indices
    if not isinstance(indices, np.ndarray) or indices.dtype.kind not in "iu" or a.ndim < 2:
        return None
    return indices if math.prod(a.shape[1:]) >= _LONG_ROW and 0 < indices.size <= _FEW_ROWS else None


def _change_rows(lazily: Callable[..., Any], a: Array, rows: np.ndarray[Any, Any], operand: tuple[Any, ...]) -> None:
    """Changes rows one after the other."""
    check_bounds(rows, a.shape[0], 0)
    spread = [_engine.broadcast_to(_engine.asarray(each), rows.shape + a.shape[1:]) for each in operand]
    changed: dict[int, Any] = {}
    for place, row in np.ndenumerate(np.where(rows < 0, rows + a.shape[0], rows)):
        before = changed.get(int(row), a[int(row)])
        changed[int(row)] = lazily(before, *(each[place] for each in spread)).astype(a.dtype)
    touched = sorted(changed)
    a[touched] = _engine.stack([changed[row] for row in touched], 0)


def _check_types(ufunc: np.ufunc, dtype: np.dtype[Any], operand: tuple[Any, ...]) -> None:
    """The mistakes of types, which NumPy reports before those of indices."""
    nothing = [np.empty(0, each.dtype if isinstance(each, Array) else np.asarray(each).dtype) for each in operand]
    ufunc.at(np.empty(0, dtype), np.empty(0, np.intp), *nothing)


def _looked_at(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, Array) else value


def _evaluated(indices: Any) -> Any:
    """An index without lazy arrays; lists are arrays."""
    if isinstance(indices, tuple):
        return tuple(_evaluated(index) for index in indices)
    if isinstance(indices, list):
        return np.asarray(indices) if indices else np.empty(0, np.intp)
    return np.asarray(indices) if isinstance(indices, Array) else indices


def _positions(shape: tuple[int, ...], indices: Any) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Where the elements at ``indices`` are in the flattened array: what indexing an array of all positions gives."""
    everywhere = _engine.arange(0, 1, math.prod(shape), np.intp).reshape(shape)
    return np.asarray(everywhere[indices], np.intp)
