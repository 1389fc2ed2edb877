"""How NumPy's own functions treat an ``Array``: by tables, lazily, and never by loading it unasked.

``np.sqrt(x)`` arrives at :func:`array_ufunc`, ``np.mean(x)`` at :func:`array_function`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import (
    _creation,
    _diagonals,
    _elementwise,
    _engine,
    _from_data,
    _grids,
    _join,
    _manipulation,
    _pad,
    _ranges,
    _rearrange,
    _reductions,
    _shape,
    _triangles,
)
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Elementwise operations by NumPy's name.
_UFUNCS = frozenset(name for name, _ in _engine.operations())


def array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A NumPy ufunc called with an ``Array`` among its arguments."""
    name = ufunc.__name__
    if method != "__call__":
        raise NotImplementedError(
            f"numtile does not support numpy.{name}.{method} yet: use a reduction such as numtile.sum, or "
            "np.asarray(x) to load the array"
        )
    for argument, value in kwargs.items():
        _check_argument(name, argument, value)
    if ufunc is np.divmod:
        return _elementwise.divmod(*inputs)
    if name not in _UFUNCS or getattr(np, name, None) is not ufunc:
        raise TypeError(f"numtile has no elementwise operation '{name}': load the array with np.asarray(x) to use it")
    return _engine.map(name, *inputs)


def _check_argument(ufunc: str, argument: str, value: Any) -> None:
    if argument == "out":
        raise NotImplementedError(
            f"numpy.{ufunc} cannot write a lazy numtile.Array into out=: compute it first, np.asarray(x), "
            "or use nt.save to write it to a file"
        )
    defaults = {"where": True, "casting": "same_kind", "order": "K", "subok": True, "dtype": None}
    is_plain = value is None or isinstance(value, bool | str)
    if argument not in defaults or not is_plain or value != defaults[argument]:
        raise NotImplementedError(f"numtile does not support the {argument}= argument of numpy.{ufunc} yet")


def _same_name(module: Any, names: str) -> dict[Callable[..., Any], Callable[..., Any]]:
    return {getattr(np, name): getattr(module, name) for name in names.split() if hasattr(np, name)}


def _all_of(*modules: Any) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Everything that a chapter has under the name of a function of NumPy's."""
    found: dict[Callable[..., Any], Callable[..., Any]] = {}
    for module in modules:
        found |= _same_name(module, " ".join(module.__all__))
    return found


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    one, other = _engine.asarray(a1), _engine.asarray(a2)
    if one.shape != other.shape:
        return False
    equal = _elementwise.equal(one, other)
    if equal_nan:
        equal = equal | (_elementwise.isnan(one) & _elementwise.isnan(other))
    return bool(equal.all())


def _allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    return bool(_elementwise.isclose(a, b, rtol, atol, equal_nan).all())


def _result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    return np.result_type(*(each.dtype if isinstance(each, Array) else each for each in arrays_and_dtypes))


def _can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    return np.can_cast(from_.dtype if isinstance(from_, Array) else from_, to, casting)


def _text(function: Callable[..., str]) -> Callable[..., str]:
    """NumPy's functions that print look at the array, as ``print(x)`` does."""
    return lambda a, *args, **kwargs: function(np.asarray(a), *args, **kwargs)


#: What NumPy's functions become.
_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = {
    **_same_name(_elementwise, "where clip round around real imag astype isclose"),
    **_same_name(_reductions, "sum mean var std min max amin amax argmin argmax any all"),
    **_all_of(_creation, _diagonals, _from_data, _grids, _join, _manipulation, _pad, _ranges, _rearrange, _shape, _triangles),
    np.lib.stride_tricks.sliding_window_view: _shape.sliding_window_view,
    np.array_equal: _array_equal,
    np.allclose: _allclose,
    np.result_type: _result_type,
    np.can_cast: _can_cast,
    np.iscomplexobj: lambda x: bool(np.issubdtype(_engine.asarray(x).dtype, np.complexfloating)),
    np.isrealobj: lambda x: not np.issubdtype(_engine.asarray(x).dtype, np.complexfloating),
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
