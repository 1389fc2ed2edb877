"""Triangles of matrices: masks, matrices with nothing outside of a triangle, and the positions in one.

All of it is arithmetic on positions; none of it is stored.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from . import _engine
from ._creation import ones, zero
from ._ranges import arange, positions
from ._selection import nonzero

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._engine import Array

__all__ = [
    "mask_indices",
    "tri",
    "tril",
    "tril_indices",
    "tril_indices_from",
    "triu",
    "triu_indices",
    "triu_indices_from",
]


def tri(
    N: int, M: int | None = None, k: int = 0, dtype: DTypeLike | None = float, *, like: Any = None
) -> Array:
    """A matrix of ``N`` rows and ``M`` columns (``N`` by default) with ones on and below diagonal ``k``, else zeros."""
    rows = arange(N, dtype="int64")[:, None]
    cols = arange(-k, (N if M is None else M) - k, dtype="int64")
    return (rows >= cols).astype(float if dtype is None else dtype)


def tril(m: ArrayLike | Array, k: SupportsIndex = 0) -> Array:
    """The array with zeros above diagonal ``k`` of its last two axes."""
    array = _engine.asarray(m)
    return _engine.map("where", _up_to(array, operator.index(k)), array, zero(array.dtype))


def triu(m: ArrayLike | Array, k: SupportsIndex = 0) -> Array:
    """The array with zeros below diagonal ``k`` of its last two axes."""
    array = _engine.asarray(m)
    return _engine.map("where", _up_to(array, operator.index(k) - 1), zero(array.dtype), array)


def _up_to(array: Array, k: int) -> Array:
    """True on and below diagonal ``k`` of the last two axes; a vector is each row of a square matrix."""
    if array.ndim == 0:
        raise TypeError("a triangle has at least one axis")
    return tri(array.shape[-2:][0], array.shape[-1], k, bool)


# ---- positions -------------------------------------------------------------------------------------------------


def tril_indices(n: SupportsIndex, k: SupportsIndex = 0, m: SupportsIndex | None = None) -> tuple[Array, Array]:
    """The rows and the columns of the elements on and below diagonal ``k`` of an (n, m) matrix, in C order."""
    rows = operator.index(n)
    cols = rows if m is None else operator.index(m)
    return _lower(max(rows, 0), max(cols, 0), operator.index(k))


def triu_indices(n: SupportsIndex, k: SupportsIndex = 0, m: SupportsIndex | None = None) -> tuple[Array, Array]:
    """The rows and the columns of the elements on and above diagonal ``k`` of an (n, m) matrix, in C order."""
    rows = max(operator.index(n), 0)
    cols = rows if m is None else max(operator.index(m), 0)
    # Turned by half a circle it is a lower triangle.
    turned_rows, turned_cols = _lower(rows, cols, cols - rows - operator.index(k))
    return rows - 1 - turned_rows[::-1], cols - 1 - turned_cols[::-1]


def _lower(rows: int, cols: int, k: int) -> tuple[Array, Array]:
    """Rows of growing length, ``first`` elements in the first of them, and then rows of ``cols`` elements."""
    top = min(max(-k, 0), rows)
    first = min(max(top + k + 1, 0), cols)
    growing = min(cols - first, rows - top) if first else 0
    whole = rows - top - growing if first else 0
    if not first:
        return positions(0), positions(0)
    # Positions in a triangle that would begin with a row of one element.
    before = first * (first - 1) // 2
    inside = positions(growing * first + growing * (growing - 1) // 2, before)
    row = _triangular_root(inside)
    below = positions(whole * cols)
    rows_of = _engine.concatenate([row + (top - first + 1), below // cols + (top + growing)], 0)
    return rows_of, _engine.concatenate([inside - row * (row + 1) // 2, below % cols], 0)


def _triangular_root(number: Array) -> Array:
    """The largest ``r`` with ``r * (r + 1) / 2 <= number``, exactly."""
    near = ((_engine.map("sqrt", number * 8.0 + 1.0) - 1.0) * 0.5).astype("int64")
    near = near - (near * (near + 1) // 2 > number)
    return near + ((near + 1) * (near + 2) // 2 <= number)


def tril_indices_from(arr: ArrayLike | Array, k: SupportsIndex = 0) -> tuple[Array, Array]:
    """The positions on and below diagonal ``k`` of a matrix; ``ValueError`` unless it has two axes."""
    rows, cols = _matrix_shape(arr)
    return tril_indices(rows, k, cols)


def triu_indices_from(arr: ArrayLike | Array, k: SupportsIndex = 0) -> tuple[Array, Array]:
    """The positions on and above diagonal ``k`` of a matrix; ``ValueError`` unless it has two axes."""
    rows, cols = _matrix_shape(arr)
    return triu_indices(rows, k, cols)


def _matrix_shape(arr: ArrayLike | Array) -> tuple[int, int]:
    array = _engine.asarray(arr)
    if array.ndim != 2:
        raise ValueError("input array must be 2-d")
    return array.shape[0], array.shape[1]


def mask_indices(n: SupportsIndex, mask_func: Callable[[Array, Any], Array], k: Any = 0) -> tuple[Array, ...]:
    """The positions at which ``mask_func(ones((n, n)), k)`` is not zero, for functions such as :func:`triu`.

    How many there are is counted where it must be known.
    """
    size = operator.index(n)
    return nonzero(mask_func(ones((size, size), int), k) != 0)
