"""NumPy's methods that are functions with the array as first argument: each is written once, as the function.

The compiled class holds what must be fast (operators, indexing, views); the rest is attached here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _assignment, _diagonals, _rearrange, _reductions, _rounding, _scans, _selection
from ._engine import Array
from ._flat import Flat

if TYPE_CHECKING:
    from collections.abc import Callable

#: The functions that are methods under their own name.
_METHODS: tuple[Callable[..., Any], ...] = (
    _assignment.put,
    _diagonals.diagonal,
    _diagonals.trace,
    _rearrange.repeat,
    _reductions.all,
    _reductions.any,
    _reductions.argmax,
    _reductions.argmin,
    _reductions.max,
    _reductions.mean,
    _reductions.min,
    _reductions.prod,
    _reductions.std,
    _reductions.sum,
    _reductions.var,
    _rounding.round,
    _scans.cumprod,
    _scans.cumsum,
    _selection.choose,
    _selection.nonzero,
    _selection.take,
)

#: Methods whose parameters are not those of the function with their name.
_OTHERS: dict[str, Callable[..., Any]] = {"clip": _rounding.clipped, "compress": _selection.compressed}


def attach() -> None:
    """Gives :class:`numtile.Array` its methods."""
    for method in _METHODS:
        setattr(Array, method.__name__, method)
    for name, method in _OTHERS.items():
        setattr(Array, name, method)
    Array.flat = property(Flat, doc="The elements in C order: iterated over, indexed, or assigned to.")  # type: ignore[assignment]
