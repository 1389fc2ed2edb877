"""NumPy's methods that are functions with the array as first argument: each is written once, as the function.

The compiled class holds what must be fast (operators, indexing, views); the rest is attached here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._diagonals import diagonal, trace
from ._engine import Array
from ._flat import Flat
from ._rearrange import repeat

if TYPE_CHECKING:
    from collections.abc import Callable

#: The functions that are methods under their own name.
_METHODS: tuple[Callable[..., Any], ...] = (diagonal, repeat, trace)


def attach() -> None:
    """Gives :class:`numtile.Array` its methods."""
    for method in _METHODS:
        setattr(Array, method.__name__, method)
    Array.flat = property(Flat, doc="The elements in C order: iterated over, indexed, or assigned to.")  # type: ignore[assignment]
