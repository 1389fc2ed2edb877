"""A function of whole axes on lazy arrays: the other axes, over which it loops, are tiled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _engine
from ._shape import moveaxis
from ._user_functions import Output, called, found_dtypes, named, ones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from ._engine import Array

    Names = tuple[str, ...]

__all__ = ["Core", "Signature", "apply_gufunc"]

_ARGUMENT = r"\((?:\w+(?:,\w+)*)?\)"
_SIGNATURE = re.compile(rf"{_ARGUMENT}(?:,{_ARGUMENT})*->{_ARGUMENT}(?:,{_ARGUMENT})*")


class Signature(NamedTuple):
    """The core axes of a function's arguments and results, by their names."""

    inputs: list[Names]
    outputs: list[Names]

    @classmethod
    def parsed(cls, text: str) -> Signature:
        """A signature such as ``"(i,j),(j)->(i)"``; ``ValueError`` where it is none."""
        bare = re.sub(r"\s+", "", text)
        if not _SIGNATURE.fullmatch(bare):
            raise ValueError(f"not a valid gufunc signature: {text}")
        sides = [re.findall(_ARGUMENT, side) for side in bare.split("->")]
        inputs, outputs = ([tuple(re.findall(r"\w+", each)) for each in side] for side in sides)
        return cls(inputs, outputs)


class Core(NamedTuple):
    """Arrays whose last axes are core axes, and how long all those are."""

    arrays: list[Array]
    loop: tuple[int, ...]
    sizes: dict[str, int]

    @classmethod
    def of(cls, arrays: Sequence[Array], signature: Signature) -> Core:
        """Arguments for a function of this signature.

        Raises ``TypeError`` for another number of them, ``ValueError`` where axes are missing or of different lengths.
        """
        if len(arrays) != len(signature.inputs):
            expected = len(signature.inputs)
            raise TypeError(f"wrong number of positional arguments: expected {expected}, got {len(arrays)}")
        sizes: dict[str, int] = {}
        for array, names in zip(arrays, signature.inputs, strict=True):
            if array.ndim < len(names):
                raise ValueError(
                    f"{array.ndim}-dimensional argument does not have enough dimensions for all core dimensions {names!r}"
                )
            add_sizes(sizes, names, array.shape[array.ndim - len(names) :])
        shapes = (
            array.shape[: array.ndim - len(names)] for array, names in zip(arrays, signature.inputs, strict=True)
        )
        return cls(list(arrays), np.broadcast_shapes(*shapes), sizes)

    def needs(self, signature: Signature) -> list[list[tuple[int, int, int] | None]]:
        """What a box of the loop needs of each array: core axes whole."""
        needs = []
        for array, names in zip(self.arrays, signature.inputs, strict=True):
            own = array.shape[: array.ndim - len(names)]
            lead = len(self.loop) - len(own)
            along = [(lead + axis, 0, 0) if length == self.loop[lead + axis] else None for axis, length in enumerate(own)]
            needs.append([*along, *(None for _ in names)])
        return needs

    def output(self, names: Names, dtype: DTypeLike) -> Output:
        """A result with these core axes, each of them one block."""
        missing = [name for name in names if name not in self.sizes]
        if missing:
            raise ValueError(f"the lengths of the core dimensions {missing} are not known: give output_sizes=")
        core = tuple(self.sizes[name] for name in names)
        block = (*(0 for _ in self.loop), *(max(length, 1) for length in core))
        return Output((*self.loop, *core), dtype, block)


def add_sizes(sizes: dict[str, int], names: Names, lengths: Sequence[int]) -> None:
    """Takes note of the lengths of core axes; ``ValueError`` where one is known to be of another length."""
    for name, length in zip(names, lengths, strict=True):
        if sizes.setdefault(name, length) != length:
            raise ValueError(f"inconsistent size for core dimension {name!r}: {length!r} vs {sizes[name]!r}")


def apply_gufunc(
    func: Callable[..., Any],
    signature: str,
    *args: ArrayLike | Array,
    axes: Sequence[Any] | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    output_dtypes: DTypeLike | Sequence[DTypeLike] | None = None,
    output_sizes: Mapping[str, int] | None = None,
    vectorize: bool = False,
    **kwargs: Any,
) -> Any:
    """``func`` of NumPy arrays with core axes, as a generalized ufunc of arrays of any size.

    ``signature`` names the core axes, the last ones of each argument and result: ``"(i,j),(j)->(i)"``. The axes before
    them broadcast together; they are tiled, as by :func:`map_blocks`, and core axes come whole: ``func`` is called with a
    box of each argument, and returns the results for it, several as a tuple. With ``vectorize`` it is called with core axes
    alone, once per element of the loop.

    ``axes`` says where the core axes are, as for NumPy's generalized ufuncs: a list with a tuple (or one number) per argument
    and result. ``axis`` is that of the one core axis that all arguments have, ``keepdims`` leaves it in results without
    core axes, with length one. ``output_sizes`` are the lengths of core axes that results alone have. ``output_dtypes`` are
    the types of the results; if they are not given, ``func`` is tried on arrays of ones. ``**kwargs`` are passed on.

    Several results of one shape that are computed together come of one call; others come of one each, so that ``func`` is
    called again for them.

    Raises ``TypeError`` for a wrong number of arguments or results, ``ValueError`` for signatures, axes and shapes that do
    not fit, and what ``func`` raises where results are looked at.
    """
    name, parsed = named("apply_gufunc", func), Signature.parsed(signature)
    places = _places(parsed, axes, axis, keepdims)
    arrays = [_engine.asarray(argument) for argument in args]
    if len(arrays) == len(parsed.inputs):
        arrays = [_to_the_end(array, place) for array, place in zip(arrays, places, strict=False)]
    core = Core.of(arrays, parsed)
    add_sizes(core.sizes, tuple(output_sizes or ()), tuple((output_sizes or {}).values()))
    kinds = _dtypes(output_dtypes, len(parsed.outputs))
    looped = np.vectorize(func, signature=signature, otypes=kinds) if vectorize else func

    def compute(*given: Any) -> tuple[Any, ...]:
        return _results(looped(*given, **kwargs), len(parsed.outputs), name)

    if kinds is None:
        kinds = found_dtypes(name, "output_dtypes", lambda: compute(*_tiny(core, parsed)))
    outputs = [core.output(names, kind) for names, kind in zip(parsed.outputs, kinds, strict=True)]
    made = called(name, lambda box: compute(*box.arrays), core.arrays, core.needs(parsed), outputs)
    placed = [
        _from_the_end(array, names, place, keepdims)
        for array, names, place in zip(made, parsed.outputs, places[len(arrays) :], strict=True)
    ]
    return placed[0] if len(placed) == 1 else tuple(placed)


def _results(given: Any, count: int, name: str) -> tuple[Any, ...]:
    """What a function returned as so many results."""
    if count == 1:
        return (given,)
    if not isinstance(given, tuple | list) or len(given) != count:
        number = len(given) if isinstance(given, tuple | list) else 1
        raise TypeError(f"wrong number of outputs from {name}: expected {count}, got {number}")
    return tuple(given)


def _dtypes(given: Any, count: int) -> list[Any] | None:
    if given is None:
        return None
    kinds = list(given) if isinstance(given, tuple | list) else [given] * count
    if len(kinds) != count:
        raise ValueError(f"output_dtypes has {len(kinds)} entries for {count} results")
    return kinds


def _tiny(core: Core, signature: Signature) -> list[Any]:
    """Arrays of ones to try a function on: one element, or none where a core axis has none."""
    return [
        ones([1] * (array.ndim - len(names)) + [min(core.sizes[name], 1) for name in names], array.dtype)
        for array, names in zip(core.arrays, signature.inputs, strict=True)
    ]


# ---- where core axes are ---------------------------------------------------------------------------------------


def _places(signature: Signature, axes: Any, axis: Any, keepdims: bool) -> list[tuple[int, ...]]:
    """The core axes of each argument and result."""
    everything = [*signature.inputs, *signature.outputs]
    if keepdims and (len({len(names) for names in signature.inputs}) != 1 or any(signature.outputs)):
        raise ValueError("keepdims is for arguments with equally many core dimensions and results without any")
    kept = len(signature.inputs[0]) if keepdims else 0
    lengths = [len(names) for names in signature.inputs] + [max(len(names), kept) for names in signature.outputs]
    if axis is not None:
        if axes is not None:
            raise ValueError("axis and axes cannot both be given")
        core = {name for names in everything for name in names}
        if len(core) != 1 or any(len(names) > 1 for names in everything):
            raise ValueError("axis is for a signature with one core dimension that all have in common")
        return [(axis.__index__(),) * length for length in lengths]
    if axes is None:
        return [tuple(range(-length, 0)) for length in lengths]
    if not isinstance(axes, list):
        raise TypeError("axes must be a list of tuples or numbers, one per argument and result")
    places = [tuple(each) if isinstance(each, tuple | list) else (each,) for each in axes]
    if len(places) == len(signature.inputs) and not any(signature.outputs):
        places += [places[0] if keepdims else ()] * len(signature.outputs)
    if [len(each) for each in places] != lengths:
        raise ValueError(f"axes must have {len(everything)} entries with as many axes as there are core dimensions")
    return places


def _to_the_end(array: Array, places: tuple[int, ...]) -> Array:
    if array.ndim < len(places):
        return array
    return moveaxis(array, places, tuple(range(-len(places), 0)))


def _from_the_end(array: Array, names: Names, places: tuple[int, ...], keepdims: bool) -> Array:
    if keepdims and not names:
        array = array.reshape((*array.shape, *(1 for _ in places)))
    return moveaxis(array, tuple(range(-len(places), 0)), places)
