"""Elements chosen by their positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _engine

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from ._engine import Array

__all__ = ["take"]


def take(
    a: ArrayLike | Array,
    indices: ArrayLike | Array,
    axis: SupportsIndex | None = None,
    out: Any = None,
    mode: str = "raise",
) -> Array:
    """The elements at positions given by an integer array, along an axis or in the flattened array.

    Positions outside the axis are an ``IndexError`` when the result is computed.
    """
    return _engine.asarray(a).take(indices, axis, out, mode)
