"""How NumPy's own functions treat an ``Array``: by tables, lazily, and never by loading it unasked.

``np.sqrt(x)`` is looked up in :data:`UFUNCS` by the compiled class, ``np.mean(x)`` arrives at :func:`array_function`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _complex, _creation, _elementwise, _engine, _interpolation, _logic, _manipulation, _reductions, _rounding
from . import _special
from ._engine import Array
from ._ufunc import ufunc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What NumPy's ufuncs become, however they are called.
UFUNCS: dict[np.ufunc, ufunc] = {
    getattr(np, name): ours for name, ours in vars(_elementwise).items() if isinstance(ours, ufunc) and hasattr(np, name)
}


def _same_name(module: Any, names: str) -> dict[Callable[..., Any], Callable[..., Any]]:
    return {getattr(np, name): getattr(module, name) for name in names.split() if hasattr(np, name)}


def _shape(a: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = a.shape if isinstance(a, Array) else np.shape(a)
    return shape


def _size(a: Any, axis: Any = None) -> int:
    shape = _shape(a)
    axes = range(len(shape)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, len(shape))
    return int(np.prod([shape[axis] for axis in axes], dtype=np.int64))


def _result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    return np.result_type(*(each.dtype if isinstance(each, Array) else each for each in arrays_and_dtypes))


def _can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    return np.can_cast(from_.dtype if isinstance(from_, Array) else from_, to, casting)


def _text(function: Callable[..., str]) -> Callable[..., str]:
    """NumPy's functions that print look at the array, as ``print(x)`` does."""
    return lambda a, *args, **kwargs: function(np.asarray(a), *args, **kwargs)


#: What NumPy's functions become.
_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = {
    **_same_name(_elementwise, "where astype"),
    **_same_name(_complex, "angle imag iscomplex iscomplexobj isreal isrealobj real real_if_close"),
    **_same_name(_interpolation, "interp"),
    **_same_name(_logic, "allclose array_equal array_equiv isclose isneginf isposinf"),
    **_same_name(_rounding, "around clip fix nan_to_num round"),
    **_same_name(_special, "i0 sinc unwrap"),
    **_same_name(_reductions, "sum mean var std min max amin amax argmin argmax any all"),
    **_same_name(
        _manipulation,
        "reshape ravel transpose permute_dims swapaxes moveaxis broadcast_to broadcast_arrays expand_dims squeeze "
        "flip flipud fliplr concatenate stack vstack hstack atleast_1d take",
    ),
    **_same_name(_creation, "full_like zeros_like ones_like empty_like linspace"),
    np.copy: lambda a, order="K", subok=False: _engine.asarray(a).copy(),
    np.shape: _shape,
    np.ndim: lambda a: len(_shape(a)),
    np.size: _size,
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
