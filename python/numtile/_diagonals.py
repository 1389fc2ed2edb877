"""What stands on diagonals, and matrices that have nothing else."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from . import _engine
from ._creation import check_device, check_order, zero
from ._ranges import positions

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from ._engine import Array

__all__ = ["diag", "diag_indices", "diag_indices_from", "diagflat", "diagonal", "eye", "identity", "trace"]


def diagonal(
    a: ArrayLike | Array, offset: SupportsIndex = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1
) -> Array:
    """The elements whose position on ``axis2`` is that on ``axis1`` plus ``offset``, along a new last axis; a view.

    Raises ``ValueError`` for fewer than two axes and for one axis named twice, ``AxisError`` for one that is not there.
    """
    return _engine.diagonal(a, operator.index(offset), operator.index(axis1), operator.index(axis2))


def trace(
    a: ArrayLike | Array,
    offset: SupportsIndex = 0,
    axis1: SupportsIndex = 0,
    axis2: SupportsIndex = 1,
    dtype: DTypeLike | None = None,
    out: Any = None,
) -> Any:
    """The sum along a diagonal, as :func:`sum` adds: integers of less than 64 bits in 64. Reads the diagonal alone."""
    return diagonal(a, offset, axis1, axis2).sum(-1, dtype, out)


# ---- matrices --------------------------------------------------------------------------------------------------


def _is_diagonal(rows: int, cols: int, offset: int) -> Array:
    return positions(rows, offset)[:, None] == positions(cols)


def eye(
    N: SupportsIndex,
    M: SupportsIndex | None = None,
    k: SupportsIndex = 0,
    dtype: DTypeLike | None = float,
    order: str = "C",
    *,
    device: str | None = None,
    like: Any = None,
) -> Array:
    """A matrix of ``N`` rows and ``M`` columns (``N`` by default) with ones on diagonal ``k`` and zeros elsewhere.

    It is a comparison of positions and needs no storage.
    """
    check_order(order, "CF")
    check_device(device)
    rows = operator.index(N)
    cols = rows if M is None else operator.index(M)
    if rows < 0 or cols < 0:
        raise ValueError("negative dimensions are not allowed")
    return _is_diagonal(rows, cols, operator.index(k)).astype(float if dtype is None else dtype)


def identity(n: SupportsIndex, dtype: DTypeLike | None = None, *, like: Any = None) -> Array:
    """The square matrix of ``n`` rows with ones on its main diagonal and zeros elsewhere."""
    return eye(n, dtype=dtype)


def diag(v: ArrayLike | Array, k: SupportsIndex = 0) -> Array:
    """Of a matrix its diagonal ``k``, a view; of a vector the square matrix that has it on diagonal ``k``.

    Raises ``ValueError`` for any other number of axes.
    """
    values, offset = _engine.asarray(v), operator.index(k)
    if values.ndim == 2:
        return diagonal(values, offset)
    if values.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    nothing = zero(values.dtype)
    if offset:
        values = _engine.concatenate([values, _engine.broadcast_to(nothing, (abs(offset),))], 0)
    # Above the main diagonal an element keeps its row, below it its column.
    placed = values[:, None] if offset >= 0 else values
    return _engine.map("where", _is_diagonal(len(values), len(values), offset), placed, nothing)


def diagflat(v: ArrayLike | Array, k: SupportsIndex = 0) -> Array:
    """The square matrix that has the elements of an array of any shape on its diagonal ``k``."""
    return diag(_engine.asarray(v).ravel(), k)


# ---- positions -------------------------------------------------------------------------------------------------


def diag_indices(n: SupportsIndex, ndim: SupportsIndex = 2) -> tuple[Array, ...]:
    """The positions of the main diagonal of an array with ``ndim`` axes of length ``n``, one array per axis."""
    return (positions(operator.index(n)),) * operator.index(ndim)


def diag_indices_from(arr: ArrayLike | Array) -> tuple[Array, ...]:
    """The positions of the main diagonal of ``arr``, whose axes must be two or more of one length (``ValueError``)."""
    array = _engine.asarray(arr)
    if array.ndim < 2:
        raise ValueError("input array must be at least 2-d")
    if len(set(array.shape)) != 1:
        raise ValueError("All dimensions of input must be of equal length")
    return diag_indices(len(array), array.ndim)
