"""NumPy's universal functions as objects: over elements, and their methods reduce, accumulate, reduceat, outer and at.

The plain call is Rust (:class:`numtile._engine.Elementwise`). What else NumPy's ufuncs take comes here: their type rules
for ``dtype=``, ``signature=`` and ``casting=`` are asked of NumPy, the rest are compositions of lazy arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _at, _engine
from ._engine import Array
from ._out import deliver

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self, SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

__all__ = ["ufunc"]

#: The keyword arguments of a call, with the values that change nothing.
_DEFAULTS: dict[str, Any] = {
    "out": None,
    "where": True,
    "casting": "same_kind",
    "order": "K",
    "dtype": None,
    "subok": True,
    "signature": None,
    "sig": None,
}

#: Operations whose evaluation can fail for some elements: those not selected by ``where=`` must not be the ones.
_CAN_FAIL = frozenset({"power"})


class ufunc(_engine.Elementwise):
    """A function of each element that has NumPy's name and does what NumPy's ufunc does, lazily.

    Operands are anything array-like; shapes broadcast and element types promote as in NumPy 2. The keyword arguments of
    a call are NumPy's:

    - ``out``: an array, or a tuple of one per output, that gets the result, also as argument after the operands. A lazy
      :class:`numtile.Array` gets a new expression; a NumPy array is filled at once.
    - ``where``: a boolean array; elements where it is false stay as they are in ``out``. Without ``out`` they are zero
      (NumPy leaves them undefined).
    - ``dtype``, ``signature``, ``casting``: the types to compute in, by NumPy's rules.
    - ``order``, ``subok``: for layouts and subclasses, which lazy arrays do not have.

    Raises ``TypeError`` where NumPy has no loop for the types, ``ValueError`` where shapes do not broadcast,
    ``OverflowError`` where a Python integer does not fit.
    """

    __module__ = "numtile"

    __name__: str
    __qualname__: str
    __signature__: Any
    _numpys: np.ufunc

    def __new__(cls, name: str, doc: str, operations: Sequence[str] = ()) -> Self:
        """The counterpart of ``numpy.<name>``; one engine operation per output, by default that of the same name."""
        numpys: np.ufunc = getattr(np, name)
        made = super().__new__(cls, list(operations) or [name], numpys.nin)
        made._numpys = numpys
        made.__name__ = made.__qualname__ = name
        usage = (numpys.__doc__ or "").partition("\n")[0]
        made.__doc__ = f"{usage}\n\n{doc}"
        made.__signature__ = getattr(numpys, "__signature__", None)
        return made

    def __repr__(self) -> str:
        return f"<numtile.ufunc '{self.__name__}'>"

    def __reduce__(self) -> str:
        return self.__name__

    # ---- what it is --------------------------------------------------------------------------------------------

    @property
    def nin(self) -> int:
        """The number of operands."""
        return self._numpys.nin

    @property
    def nout(self) -> int:
        """The number of results."""
        return self._numpys.nout

    @property
    def nargs(self) -> int:
        """The number of operands and results."""
        return self._numpys.nargs

    @property
    def ntypes(self) -> int:
        """The number of NumPy's loops."""
        return self._numpys.ntypes

    @property
    def types(self) -> list[str]:
        """NumPy's loops by the letters of their types; numtile has no objects, dates and long doubles."""
        return self._numpys.types

    @property
    def identity(self) -> Any:
        """The value that changes nothing it is combined with, if there is one."""
        return self._numpys.identity

    @property
    def signature(self) -> None:
        """``None``: these functions work on single elements."""
        return None

    def resolve_dtypes(self, dtypes: tuple[Any, ...], **given: Any) -> tuple[np.dtype[Any], ...]:
        """The types of the loop for these types of operands and results, as NumPy chooses them.

        ``signature``, ``casting`` and ``reduction`` may be given as for NumPy's ufuncs.
        """
        if given.get("casting") == "equiv":
            # The same in native byte order, and NumPy 2.4 crashes when it is to report that a Python number is not.
            given["casting"] = "no"
        found: tuple[np.dtype[Any], ...] = self._numpys.resolve_dtypes(dtypes, **given)
        return found

    # ---- calls -------------------------------------------------------------------------------------------------

    def _call(self, *args: Any, **given: Any) -> Any:
        """A call that is more than its operands."""
        settings = _settings(self.__name__, given)
        inputs = self._inputs(args)
        outs = self._outs(args[self.nin :], given)
        operands = self._typed([_operand(value) for value in inputs], settings)
        mask = None if settings["where"] is True else _mask(settings["where"])
        if mask is not None and self.__name__ in _CAN_FAIL:
            operands = [_shielded(value, mask) for value in operands]
        made = self._apply(*operands)
        results = _together(made if self.nout > 1 else (made,), outs)
        finished = tuple(
            deliver(result if out is not None else _zeroed(result, mask), out, name=self.__name__, where=mask,
                    casting=settings["casting"])
            for result, out in zip(results, outs, strict=True)
        )  # fmt: skip
        return finished if self.nout > 1 else finished[0]

    def _inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if not self.nin <= len(args) <= self.nargs:
            number = f"{len(args)} {'was' if len(args) == 1 else 'were'} given"
            raise TypeError(f"{self.__name__}() takes from {self.nin} to {self.nargs} positional arguments but {number}")
        return args[: self.nin]

    def _outs(self, positional: tuple[Any, ...], given: dict[str, Any]) -> tuple[Any, ...]:
        """One place per output, ``None`` where the result is to be a new array."""
        if positional and "out" in given:
            raise TypeError("cannot specify 'out' as both a positional and keyword argument")
        out = positional + (None,) * (self.nout - len(positional)) if positional else given.get("out")
        if out is None:
            out = (None,) * self.nout
        if not isinstance(out, tuple):
            if self.nout > 1:
                raise TypeError("'out' must be a tuple of arrays")
            out = (out,)
        if len(out) != self.nout:
            raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")
        return out

    def _typed(self, operands: list[Any], settings: dict[str, Any]) -> list[Any]:
        """The operands in the types of the loop that is asked for; as they are where none is."""
        wanted = {} if settings["signature"] is None else {"signature": settings["signature"]}
        if settings["dtype"] is not None:
            wanted["signature"] = (None,) * self.nin + (settings["dtype"],) * self.nout
        if not wanted and settings["casting"] == "same_kind":
            return operands
        kinds = (*(_kind(value) for value in operands), *(None,) * self.nout)
        loop = self.resolve_dtypes(kinds, casting=settings["casting"], **wanted)
        if settings["signature"] is None and loop == self._usual_loop(kinds):
            return operands
        return [_converted(value, dtype) for value, dtype in zip(operands, loop, strict=False)]

    def _usual_loop(self, kinds: tuple[Any, ...]) -> tuple[np.dtype[Any], ...] | None:
        """The loop that is not asked for; it compares Python integers by value, whatever their size."""
        try:
            return self.resolve_dtypes(kinds)
        except TypeError:
            return None

    # ---- methods -----------------------------------------------------------------------------------------------

    def reduce(
        self,
        array: ArrayLike | Array,
        axis: SupportsIndex | Sequence[SupportsIndex] | None = 0,
        dtype: DTypeLike | None = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = np._NoValue,
        where: Any = True,
    ) -> Any:
        """The elements along one axis, several or all (``None``), combined into one."""
        self._check_reducible("reduce")
        from ._reduce import reduce_ufunc

        start = {} if initial is np._NoValue else {"initial": initial}
        return reduce_ufunc(self.__name__, array, axis, dtype, out, keepdims, where=where, **start)

    def accumulate(
        self, array: ArrayLike | Array, axis: SupportsIndex = 0, dtype: DTypeLike | None = None, out: Any = None
    ) -> Any:
        """Each element combined with all before it along an axis."""
        self._check_reducible("accumulate")
        from ._scans import accumulate_ufunc

        return accumulate_ufunc(self.__name__, array, axis, dtype, out)

    def reduceat(
        self,
        array: ArrayLike | Array,
        indices: ArrayLike | Array,
        axis: SupportsIndex = 0,
        dtype: DTypeLike | None = None,
        out: Any = None,
    ) -> Any:
        """Slices along an axis combined into one element each.

        The slices start at ``indices``, whose values are needed at once, and end where the next one starts; where that is
        not after its own start, and the slice would be empty, it is the single element at the start.
        """
        self._check_reducible("reduceat")
        from ._reduceat import reduceat

        return reduceat(self, array, indices, axis, dtype, out)

    def outer(self, A: ArrayLike | Array, B: ArrayLike | Array, /, **kwargs: Any) -> Any:
        """The function of each pair of one element of ``A`` and one of ``B``; the shape is that of both in a row."""
        if self.nin != 2:
            raise ValueError("outer product only supported for binary functions")
        first, second = _engine.asarray(A), _engine.asarray(B)
        return self(first.reshape(first.shape + (1,) * second.ndim), second, **kwargs)

    def at(self, a: Array, indices: Any, b: Any = None, /) -> None:
        """Changes the elements of ``a`` at ``indices`` in place, an element that is named twice twice.

        A few long rows stay lazy. Otherwise the elements that are touched are computed at once, and changed by NumPy, and the
        others stay lazy. An element that is not touched is never read for it. ``a`` may also be a NumPy array.
        """
        _at.change(self._numpys, self, a, indices, b)

    def _check_reducible(self, method: str) -> None:
        if self.nin != 2:
            raise ValueError(f"{method} only supported for binary functions")
        if self.nout != 1:
            raise ValueError(f"{method} only supported for functions returning a single value")


def _settings(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a call, each checked."""
    for keyword in given:
        if keyword not in _DEFAULTS:
            raise TypeError(f"{name}() got an unexpected keyword argument '{keyword}'")
    settings = _DEFAULTS | given
    if settings["sig"] is not None:
        if settings["signature"] is not None:
            raise TypeError("cannot specify both 'sig' and 'signature'")
        settings["signature"] = settings["sig"]
    if settings["signature"] is not None and settings["dtype"] is not None:
        raise TypeError("cannot specify both 'signature' and 'dtype'")
    if not isinstance(settings["subok"], bool):
        raise TypeError("'subok' must be a boolean")
    _check_order(settings["order"])
    return settings


def _check_order(order: Any) -> None:
    if order is None:
        return
    if not isinstance(order, str):
        raise TypeError(f"order must be str, not {type(order).__name__}")
    if order.upper() not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got '{order}')")


def _operand(value: Any) -> Any:
    """Python's numbers stay what they are, because they are weak; all else is an array."""
    is_weak = isinstance(value, int | float | complex) and not isinstance(value, bool | np.generic)
    return value if is_weak else _engine.asarray(value)


def _kind(operand: Any) -> Any:
    """An operand as NumPy's type resolution takes it."""
    if isinstance(operand, Array):
        return operand.dtype
    return next(kind for kind in (int, float, complex) if isinstance(operand, kind))


def _converted(operand: Any, dtype: np.dtype[Any]) -> Array:
    """An operand in the type of a loop; Python integers that do not fit are an ``OverflowError``."""
    if isinstance(operand, int):
        return _engine.full((), operand, dtype)
    return _engine.asarray(operand).astype(dtype)


def _mask(where: Any) -> Array:
    """``where=`` as booleans: other arrays are refused, other objects are true or false as Python sees them."""
    if not isinstance(where, Array | np.ndarray):
        where = np.asarray(where, bool)
    if where.dtype != np.bool_:
        raise TypeError(f"Cannot cast array data from {where.dtype!r} to dtype('bool') according to the rule 'safe'")
    return _engine.asarray(where)


def _shielded(operand: Any, mask: Array) -> Any:
    """The operand with ones where the mask is false."""
    if not isinstance(operand, Array):
        return operand
    return _engine.map("where", mask, operand, _engine.full((), 1, operand.dtype))


def _zeroed(result: Array, mask: Array | None) -> Array:
    """The result with zeros where the mask is false."""
    return result if mask is None else _engine.map("where", mask, result, _engine.full((), 0, result.dtype))


def _together(results: tuple[Array, ...], outs: tuple[Any, ...]) -> tuple[Array, ...]:
    """The results; several of which some go to NumPy arrays are computed in one pass, before any of those changes."""
    if len(results) == 1 or not any(isinstance(out, np.ndarray) for out in outs):
        return results
    return tuple(_engine.asarray(np.asarray(value)) for value in _engine.compute_all(results))
