"""``x.flat``: an array as a sequence of its elements in C order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._rearrange import resize
from ._shape import ndim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from ._engine import Array

__all__ = ["Flat"]


class Flat:
    """The elements of an array in C order: an iterator over them, and a sequence to be indexed and assigned to.

    Indexing gives lazy arrays; assigning replaces the expression of the array itself.
    """

    def __init__(self, base: Array) -> None:
        self._base = base
        self._next = 0

    @property
    def base(self) -> Array:
        """The array."""
        return self._base

    @property
    def index(self) -> int:
        """The number of the element that comes next."""
        return self._next

    @property
    def coords(self) -> tuple[int, ...]:
        """The position of the element that comes next."""
        return tuple(map(int, np.unravel_index(self._next, self._base.shape)))

    def copy(self) -> Array:
        """The elements along one axis."""
        return self._base.ravel()

    def __len__(self) -> int:
        return self._base.size

    def __iter__(self) -> Iterator[Array]:
        return self

    def __next__(self) -> Array:
        if self._next >= len(self):
            raise StopIteration
        self._next += 1
        return self._base.ravel()[self._next - 1]

    def __getitem__(self, key: Any) -> Array:
        return self._base.ravel()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        flat = self._base.ravel()
        # As in NumPy, too few values begin again with the first, and too many are not looked at.
        flat[key] = resize(value, flat[key].shape) if ndim(value) else value
        self._base[...] = flat.reshape(self._base.shape)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self._base.ravel(), dtype, copy=copy)
