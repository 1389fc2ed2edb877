"""Complex numbers: their parts, their angles, and whether there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._elementwise import arctan2
from ._engine import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["angle", "imag", "iscomplex", "iscomplexobj", "isreal", "isrealobj", "real", "real_if_close"]


def from_parts(real: ArrayLike | Array, imag: ArrayLike | Array) -> Array:
    """The complex numbers with these parts."""
    return _engine.map("complex", real, imag)


def real(val: ArrayLike | Array) -> Array:
    """The real parts. Real elements stay as they are."""
    return _engine.asarray(val).real


def imag(val: ArrayLike | Array) -> Array:
    """The imaginary parts. Zeros of the same type for real elements."""
    return _engine.asarray(val).imag


def angle(z: ArrayLike | Array, deg: bool = False) -> Array:
    """The angles of complex numbers with the positive real axis, from -pi to pi, or in degrees; real ones have 0 or pi."""
    x = _engine.asarray(z)
    radians: Array = arctan2(x.imag, x.real) if iscomplexobj(x) else arctan2(0, x)
    return radians * (180 / np.pi) if deg else radians


def iscomplex(x: ArrayLike | Array) -> Array:
    """Whether the imaginary parts are not zero."""
    return imag(x) != 0


def isreal(x: ArrayLike | Array) -> Array:
    """Whether the imaginary parts are zero."""
    return imag(x) == 0


def iscomplexobj(x: Any) -> bool:
    """Whether the element type is complex."""
    kind: np.dtype[Any] = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    return kind.kind == "c"


def isrealobj(x: Any) -> bool:
    """Whether the element type is not complex."""
    return not iscomplexobj(x)


def real_if_close(a: ArrayLike | Array, tol: float = 100) -> Array:
    """The real parts if all imaginary parts are near zero, else the array itself. Computes the imaginary parts to see.

    ``tol`` counts in epsilons of the type if it is more than 1, and is the greatest imaginary part itself otherwise.
    """
    x = _engine.asarray(a)
    if not iscomplexobj(x):
        return x
    nearest = np.finfo(x.dtype).eps * tol if tol > 1 else tol
    return x.real if bool((abs(x.imag) < nearest).all()) else x
