"""Functions of the user's on boxes of arrays: how the engine calls them, and what it makes of their results."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _engine
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike, NDArray

    #: What a box needs along one axis of an array: all of it, or what it has along an axis, and so many before and behind.
    Need = tuple[int, int, int] | None

__all__ = ["Box", "Output", "called", "fitting", "found_dtypes", "is_array", "named", "ones"]


atexit.register(_engine.end_functions)


class Box(NamedTuple):
    """A box that a function is called for."""

    #: The box of each array: C-contiguous, the function's own to keep and to change.
    arrays: list[NDArray[Any]]
    #: Where each of those begins in its array.
    starts: list[tuple[int, ...]]
    #: Where the box of the result begins.
    start: tuple[int, ...]
    #: The shape of the box of the result.
    shape: tuple[int, ...]


class Output(NamedTuple):
    """A result of a function."""

    shape: tuple[int, ...]
    dtype: DTypeLike
    #: The length of blocks along each axis; 0 where boxes may be any.
    block: tuple[int, ...]


class _Function:
    """A function as the engine calls it."""

    def __init__(self, name: str, compute: Callable[[Box], Sequence[Any]], dtypes: list[np.dtype[Any]]) -> None:
        self.name, self.compute, self.dtypes = name, compute, dtypes

    def __call__(
        self,
        numbers: tuple[int, ...],
        start: tuple[int, ...],
        shape: tuple[int, ...],
        arrays: list[NDArray[Any]],
        starts: list[tuple[int, ...]],
    ) -> list[NDArray[Any]]:
        try:
            results = self.compute(Box(arrays, starts, start, shape))
            return [fitting(results[number], shape, self.dtypes[number], self.name) for number in numbers]
        except BaseException as error:
            error.add_note(f"while computing {self.name} on region {_region(start, shape)}")
            raise


def called(
    name: str,
    compute: Callable[[Box], Sequence[Any]],
    arrays: Sequence[Array],
    needs: Sequence[Sequence[Need]],
    outputs: Sequence[Output],
) -> list[Array]:
    """The results of a function as lazy arrays: ``compute`` gives all of them for one box.

    Raises ``TypeError`` for types of results that numtile does not hold.
    """
    dtypes = [np.dtype(output.dtype) for output in outputs]
    function = _Function(name, compute, dtypes)
    rows = [(output.shape, dtype, output.block) for output, dtype in zip(outputs, dtypes, strict=True)]
    return _engine.call(name, function, arrays, needs, rows)


def named(caller: str, function: Any) -> str:
    """What messages call a function that was given to ``caller``; ``TypeError`` where it is none."""
    if not callable(function):
        raise TypeError(f"{caller}() takes a function first, not '{type(function).__name__}'")
    return f"{caller}({getattr(function, '__name__', type(function).__name__)})"


def is_array(argument: Any) -> bool:
    """Whether an argument is an array, of which a function is to get boxes, and no number or something else."""
    if isinstance(argument, np.generic):
        return False
    return isinstance(argument, Array | np.ndarray | list | tuple) or hasattr(argument, "__array__")


def ones(shape: Sequence[int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """An array to try a function on."""
    return np.ones(tuple(shape), dtype)


def found_dtypes(name: str, argument: str, compute: Callable[[], Sequence[Any]]) -> list[np.dtype[Any]]:
    """The types of the results of ``compute``, which tries a function on small arrays of ones.

    Raises ``TypeError`` where it fails: then ``argument`` must be given.
    """
    try:
        with np.errstate(all="ignore"):
            return [np.asarray(result).dtype for result in compute()]
    except Exception as error:
        raise TypeError(
            f"{name} was tried on small arrays of ones to find the type of its results, and raised "
            f"{type(error).__name__}: {error}. Give {argument}= and it is not tried"
        ) from error


def fitting(result: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """What a function returned as an array of this shape and type.

    Raises ``ValueError`` for another shape, ``TypeError`` for a type that does not cast by the rule ``"same_kind"`` and for
    masked arrays, which would lose their mask.
    """
    if isinstance(result, np.ma.MaskedArray):
        raise TypeError(f"{name} returned a masked array: fill it first, x.filled(value)")
    array = np.asarray(result)
    if array.shape != shape:
        kind = "an array" if isinstance(result, np.ndarray | Array) else f"'{type(result).__name__}'"
        raise ValueError(f"{name} returned {kind} of shape {array.shape} where shape {shape} was expected")
    if array.dtype == dtype:
        return array
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(
            f"{name} returned elements of type {array.dtype} where {dtype} was expected, to which they do not cast by the "
            "rule 'same_kind'; dtype= says what it returns"
        )
    return array.astype(dtype)


def _region(start: tuple[int, ...], shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(f"{at}:{at + length}" for at, length in zip(start, shape, strict=True)) + "]"
