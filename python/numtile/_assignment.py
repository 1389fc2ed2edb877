"""Functions that put values into an array: NumPy's ``put place putmask copyto put_along_axis fill_diagonal``.

An :class:`numtile.Array` gets a new expression and nothing is computed, except positions, and the count of a mask where
values are repeated behind it. A NumPy array is filled at once by NumPy's own function.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from . import _elementwise, _engine
from ._engine import Array
from ._indexing import broadcast_values, scatter, truth
from ._rearrange import resize
from ._selection import by_mode, integers, positions_along

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

__all__ = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]


def _in_numpy(function: Callable[..., Any], target: Any, *args: Any, **kwargs: Any) -> bool:
    """Lets NumPy fill one of its own arrays from computed arguments; false for an ``Array``."""
    if isinstance(target, Array):
        return False
    if not isinstance(target, np.ndarray):
        raise TypeError(f"argument 1 must be numpy.ndarray, not {type(target)}")
    computed = [np.asarray(arg) if isinstance(arg, Array) else arg for arg in args]
    function(target, *computed, **kwargs)
    return True


def _safely(values: Any, dtype: np.dtype[Any]) -> Array:
    """Values in a type to which they convert safely; lists and numbers convert as they can, which NumPy allows."""
    if isinstance(values, Array | np.ndarray):
        _check_casting(values, dtype, "safe")
    return _engine.converted(values, dtype)


def put(a: Array, ind: ArrayLike | Array, v: ArrayLike | Array, mode: str = "raise") -> None:
    """Puts values at positions of the flattened array; too few are repeated, the last of several for one position stays.

    The positions are computed at once. Those outside the array are an ``IndexError`` unless ``mode`` is ``"wrap"`` or
    ``"clip"``, as in :func:`take`.
    """
    if _in_numpy(np.put, a, ind, v, mode):
        return
    positions = np.asarray(integers(np.asarray(ind) if isinstance(ind, Array) else ind, "safe")).ravel()
    values = _engine.converted(v, a.dtype)
    positions = by_mode(positions, a.size, 0, mode) if a.size else positions
    if positions.size and not a.size:
        raise IndexError("cannot replace elements of an empty array")
    if positions.size and values.size:
        _put_flat(a, positions, resize(values, positions.size))


def _put_flat(a: Array, positions: np.ndarray[Any, Any], values: Array) -> None:
    from_start = np.where(positions < 0, positions + a.size, positions)
    a[...] = scatter(a.ravel(), from_start, values).reshape(a.shape)


def place(arr: Array, mask: ArrayLike | Array, vals: ArrayLike | Array) -> None:
    """Puts the first values where a mask is true, in C order; too few are repeated.

    The mask is counted at once unless there is one value. Raises ``ValueError`` for a mask of another size, and for no
    values where there are places for some.
    """
    if _in_numpy(np.place, arr, mask, vals):
        return
    where, values = truth(mask).ravel(), _safely(vals, arr.dtype).ravel()
    if where.size != arr.size:
        raise ValueError("place: mask and data must be the same size")
    if values.size != 1:
        count = len(_engine.select(where, where, 0))
        if count == 0:
            return
        if values.size == 0:
            raise ValueError("Cannot insert from an empty array!")
        values = resize(values, count)
    arr[...] = _engine.place(arr.ravel(), where, values).reshape(arr.shape)


def putmask(a: Array, mask: ArrayLike | Array, values: ArrayLike | Array) -> None:
    """Puts values where a mask is true: those at the same positions, from the beginning again where there are too few.

    Raises ``ValueError`` for a mask of another size.
    """
    if _in_numpy(np.putmask, a, mask, values):
        return
    where, given = truth(mask), _safely(values, a.dtype)
    if where.size != a.size:
        raise ValueError("putmask: mask and data must be the same size")
    if given.size and a.size:
        a[...] = _elementwise.where(where.reshape(a.shape), resize(given, a.shape), a)


def copyto(dst: Array, src: ArrayLike | Array, casting: str = "same_kind", where: ArrayLike | Array = True) -> None:
    """Puts an array, broadcast, into another, or into the elements where a mask is true.

    Raises ``TypeError`` where ``casting`` does not allow the conversion, ``ValueError`` for shapes that do not broadcast.
    """
    if _in_numpy(np.copyto, dst, src, casting=casting, where=np.asarray(where)):
        return
    _check_casting(src, dst.dtype, casting)
    if where is True or where is None:
        dst[...] = src
        return
    mask = _mask(where)
    if mask.ndim > dst.ndim or np.broadcast_shapes(mask.shape, dst.shape) != dst.shape:
        raise ValueError(f"could not broadcast where mask from shape {mask.shape} into shape {dst.shape}")
    whole = dst.copy()
    whole[...] = src
    dst[...] = _elementwise.where(mask, whole, dst)


def _mask(where: Any) -> Array:
    given = where if isinstance(where, Array | np.ndarray) else np.asarray(where, np.bool_)
    if given.dtype != np.bool_:
        raise TypeError(
            f"Cannot cast array data from {given.dtype!r} to dtype('bool') according to the rule 'safe'"
        )
    return _engine.asarray(given)


#: The kinds of types that Python's numbers go into.
_KINDS = {int: "iufc", float: "fc", complex: "c"}


def _check_casting(src: Any, to: np.dtype[Any], casting: str) -> None:
    if type(src) in _KINDS:
        # Python's numbers take the type of what they go into, if it is of their kind.
        given = np.asarray(src).dtype
        fits = to.kind in _KINDS[type(src)] or np.can_cast(given, to, casting)  # type: ignore[arg-type]
    else:
        given = _engine.asarray(src).dtype
        fits = np.can_cast(given, to, casting)  # type: ignore[arg-type]
    if not fits:
        what = "scalar" if np.ndim(src) == 0 else "array data"
        raise TypeError(f"Cannot cast {what} from {given!r} to {to!r} according to the rule '{casting}'")


def put_along_axis(
    arr: Array, indices: ArrayLike | Array, values: ArrayLike | Array, axis: SupportsIndex | None
) -> None:
    """Puts values at positions along an axis that differ from place to place; see :func:`take_along_axis`.

    Where the positions do not differ along the other axes, or where there are few along this one, nothing but the
    positions that are given is computed at once; elsewhere those of all values are.
    """
    if _in_numpy(np.put_along_axis, arr, indices, values, axis):
        return
    given = np.asarray(indices)
    everywhere = positions_along(arr, given, axis)
    put_in = broadcast_values(_engine.converted(values, arr.dtype), everywhere.shape)
    if not everywhere.size:
        return
    if axis is not None and given.size == given.shape[axis]:
        key = (slice(None),) * normalize_axis_index(operator.index(axis), arr.ndim)
        arr[(*key, given.ravel())] = put_in
    elif axis is not None and given.shape[axis] <= _FEW:
        _put_one_by_one(arr, given, put_in, normalize_axis_index(operator.index(axis), arr.ndim))
    else:
        _put_flat(arr, np.asarray(everywhere).ravel(), put_in.ravel())


#: So many positions along an axis are compared one by one.
_FEW = 32


def _put_one_by_one(arr: Array, given: np.ndarray[Any, Any], values: Array, axis: int) -> None:
    """Puts the values for the first positions along an axis everywhere, then for the second ones, and so on."""
    length = arr.shape[axis]
    places = _engine.arange(0, 1, length, np.int64).reshape((length,) + (1,) * (arr.ndim - 1 - axis))
    from_start = np.where(given < 0, given + length, given)
    result: Any = arr
    for number in range(given.shape[axis]):
        here = (slice(None),) * axis + (slice(number, number + 1),)
        result = _elementwise.where(places == _engine.asarray(from_start[here]), values[here], result)
    arr[...] = result


def fill_diagonal(a: Array, val: ArrayLike | Array, wrap: bool = False) -> None:
    """Puts values on the main diagonal of an array with two axes, or with more of equal length; too few are repeated.

    ``wrap`` starts a new diagonal below the first in an array with two axes that is taller than wide.
    """
    if _in_numpy(np.fill_diagonal, a, val, wrap):
        return
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if a.ndim > 2 and len(set(a.shape)) != 1:
        raise ValueError("All dimensions of input must be of equal length")
    width = a.shape[1]
    step = sum(width**power for power in range(a.ndim)) if a.ndim > 2 else width + 1
    end = width * width if a.ndim == 2 and not wrap else a.size
    flat, values = a.ravel(), _engine.converted(val, a.dtype)
    count = len(range(0, min(end, a.size), step))
    if count and values.size:
        flat[:end:step] = resize(values, count)
        a[...] = flat.reshape(a.shape)
