"""How NumPy's own functions treat an ``Array``: by tables, lazily, and never by loading it unasked.

``np.sqrt(x)`` is looked up in :data:`UFUNCS` by the compiled class, ``np.mean(x)`` arrives at :func:`array_function`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import (
    _assignment,
    _complex,
    _creation,
    _diagonals,
    _elementwise,
    _from_data,
    _grids,
    _groups,
    _histograms,
    _interpolation,
    _join,
    _logic,
    _nanreductions,
    _pad,
    _ranges,
    _rearrange,
    _reductions,
    _rounding,
    _scans,
    _selection,
    _shape,
    _special,
    _triangles,
    _windows,
)
from ._engine import Array
from ._ufunc import ufunc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What NumPy's ufuncs become, however they are called.
UFUNCS: dict[np.ufunc, ufunc] = {
    getattr(np, name): ours for name, ours in vars(_elementwise).items() if isinstance(ours, ufunc)
}


#: The modules whose functions NumPy's functions of the same name become.
_CHAPTERS = (
    _assignment,
    _complex,
    _creation,
    _diagonals,
    _elementwise,
    _from_data,
    _grids,
    _groups,
    _histograms,
    _interpolation,
    _join,
    _logic,
    _nanreductions,
    _pad,
    _ranges,
    _rearrange,
    _reductions,
    _rounding,
    _scans,
    _selection,
    _shape,
    _special,
    _triangles,
    _windows,
)


def _same_name(module: Any) -> dict[Callable[..., Any], Callable[..., Any]]:
    return {getattr(np, name): getattr(module, name) for name in module.__all__ if hasattr(np, name)}


def _result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    return np.result_type(*(each.dtype if isinstance(each, Array) else each for each in arrays_and_dtypes))


def _can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    return np.can_cast(from_.dtype if isinstance(from_, Array) else from_, to, casting)


def _text(function: Callable[..., str]) -> Callable[..., str]:
    """NumPy's functions that print look at the array, as ``print(x)`` does."""
    return lambda a, *args, **kwargs: function(np.asarray(a), *args, **kwargs)


#: What NumPy's functions become.
_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = {
    **{numpys: ours for module in _CHAPTERS for numpys, ours in _same_name(module).items()},
    np.lib.stride_tricks.sliding_window_view: _shape.sliding_window_view,
    np.result_type: _result_type,
    np.can_cast: _can_cast,
    np.array2string: _text(np.array2string),
    np.array_repr: _text(np.array_repr),
    np.array_str: _text(np.array_str),
}


def array_function(
    function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A NumPy function called with an ``Array`` among its arguments."""
    ours = _FUNCTIONS.get(function)
    if ours is None:
        name = f"{getattr(function, '__module__', 'numpy')}.{function.__name__}"
        raise TypeError(
            f"numtile has no {name}: it does not load the array behind your back; call np.asarray(x) first if the "
            "array fits in memory"
        )
    return ours(*args, **kwargs)
