"""``ufunc.at``: elements changed in place, one after the other.

The touched elements are few, or NumPy could not hold the indices: they are computed, changed by NumPy's own ``ufunc.at``
and put back into the lazy array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _engine
from ._engine import Array

__all__ = ["change"]


def change(ufunc: np.ufunc, a: Any, indices: Any, b: Any) -> None:
    """``ufunc.at(a, indices, b)``; ``b`` is ``None`` for functions of one operand."""
    operand = () if b is None else (_looked_at(b),)
    if isinstance(a, np.ndarray):
        ufunc.at(a, _evaluated(indices), *operand)
    elif isinstance(a, Array):
        _change_lazy(ufunc, a, _evaluated(indices), operand)
    else:
        raise TypeError("first operand must be array")


def _change_lazy(ufunc: np.ufunc, a: Array, indices: Any, operand: tuple[Any, ...]) -> None:
    positions = _positions(a.shape, indices)
    touched, which = np.unique(positions, return_inverse=True)
    values = np.asarray(a.reshape(-1)[touched])
    ufunc.at(values, which.reshape(positions.shape), *operand)
    a[...] = _engine.scatter(a, touched, values).reshape(a.shape)


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
    items = _without_masks(indices if isinstance(indices, tuple) else (indices,))
    shape, items = _one_array(shape, items)
    size = int(np.prod(shape, dtype=np.int64))
    everywhere = _engine.arange(0, 1, size, np.intp).reshape(shape)
    return np.asarray(everywhere[items], np.intp)


def _without_masks(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Boolean arrays replaced by the integer arrays that select the same elements."""
    plain: list[Any] = []
    for item in items:
        is_mask = isinstance(item, np.ndarray) and item.dtype == np.bool_
        plain.extend(np.nonzero(item) if is_mask and item.ndim else (item,))
    return tuple(plain)


def _one_array(shape: tuple[int, ...], items: tuple[Any, ...]) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """Several leading integer arrays as one into an array whose leading axes are one."""
    count = 0
    while count < len(items) and _is_integers(items[count]):
        count += 1
    if count < 2 or count > len(shape):
        return shape, items
    coordinates = [_wrapped(items[axis], axis, shape[axis]) for axis in range(count)]
    try:
        together = np.broadcast_arrays(*coordinates)
    except ValueError as error:
        raise IndexError(f"shape mismatch: indexing arrays could not be broadcast together: {error}") from None
    joined = np.ravel_multi_index(tuple(together), shape[:count])
    return (int(np.prod(shape[:count], dtype=np.int64)), *shape[count:]), (joined, *items[count:])


def _is_integers(item: Any) -> bool:
    return np.asarray(item).dtype.kind in "iu" if isinstance(item, np.ndarray | np.integer | int) else False


def _wrapped(index: Any, axis: int, length: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """An index with negative ones counted from the end, all within bounds."""
    given = np.asarray(index, np.intp)
    outside = (given < -length) | (given >= length)
    if outside.any():
        first = given[outside].flat[0]
        raise IndexError(f"index {first} is out of bounds for axis {axis} with size {length}")
    return np.where(given < 0, given + length, given)
