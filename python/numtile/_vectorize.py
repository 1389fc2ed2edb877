"""``vectorize``: a function of numbers on lazy arrays, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._gufunc import Core, Signature, add_sizes
from ._map_blocks import broadcast_needs
from ._user_functions import Box, Output, called, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._engine import Array

__all__ = ["vectorize"]


class vectorize:
    """A function of numbers as one of arrays of any size, as NumPy's ``vectorize``: a convenience, no gain in speed.

    ``pyfunc`` is called once per element, when results are looked at, tile by tile. Arguments broadcast together; those in
    ``excluded``, numbers of positions or names, are passed on as they are. With ``signature`` (``"(n),(n)->()"``) it is
    called with the core axes as arrays. Without ``pyfunc`` this is a decorator.

    ``otypes`` are the types of the results, as a string of type characters or a list. If they are not given, ``pyfunc`` is
    called at once with the first element of each argument, which is computed for that, and what it returns has the types;
    with ``cache`` it is not called for that element again. New core axes of results get their lengths in the same way.

    Raises ``ValueError`` for arguments that do not broadcast, and for such without elements where ``pyfunc`` would have to be
    called; what ``pyfunc`` raises is raised where results are looked at.
    """

    def __init__(
        self,
        pyfunc: Callable[..., Any] = np._NoValue,  # type: ignore[assignment]
        otypes: str | Iterable[Any] | None = None,
        doc: str | None = None,
        excluded: Iterable[int | str] | None = None,
        cache: bool = False,
        signature: str | None = None,
    ) -> None:
        numpys = np.vectorize(pyfunc, otypes, doc, excluded, cache, signature)
        # NumPy has checked what was given.
        self.otypes: list[Any] | None = None if otypes is None else list(numpys.otypes or ())
        self.excluded: set[int | str] = set(numpys.excluded)
        self.cache, self.signature, self._doc = cache, signature, doc
        self._parsed = None if signature is None else Signature.parsed(signature)
        self._take(pyfunc)

    def _take(self, pyfunc: Any) -> None:
        self.pyfunc = pyfunc
        self.__doc__ = getattr(pyfunc, "__doc__", None) if self._doc is None else self._doc
        if hasattr(pyfunc, "__name__"):
            self.__name__ = pyfunc.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for these arguments, lazily; a tuple of them where ``pyfunc`` returns one."""
        if self.pyfunc is np._NoValue:
            self._take(args[0])
            return self
        places: list[int | str] = [place for place in range(len(args)) if place not in self.excluded]
        places += [name for name in kwargs if name not in self.excluded]
        function = self.pyfunc if len(places) == len(args) and not kwargs else _partly(self.pyfunc, args, kwargs, places)
        if not places and self._parsed is None:
            return function()
        arrays = [_engine.asarray(kwargs[each] if isinstance(each, str) else args[each]) for each in places]
        looped = _Elements(self, function, arrays) if self._parsed is None else _Cores(self, function, arrays, self._parsed)
        results = called(named("vectorize", self.pyfunc), looped, arrays, looped.needs, looped.outputs)
        return results[0] if len(results) == 1 else tuple(results)


def _partly(pyfunc: Callable[..., Any], args: Any, kwargs: Any, places: list[int | str]) -> Callable[..., Any]:
    """The function of the arguments at some places; the others stay as they are."""

    def function(*values: Any) -> Any:
        given, by_name = list(args), dict(kwargs)
        for place, value in zip(places, values, strict=True):
            if isinstance(place, str):
                by_name[place] = value
            else:
                given[place] = value
        return pyfunc(*given, **by_name)

    return function


class _Elements:
    """A function of the elements of arrays."""

    def __init__(self, given: vectorize, function: Callable[..., Any], arrays: Sequence[Array]) -> None:
        self.function = function
        self.first: list[Any] = []
        self.otypes = given.otypes
        shape, self.needs = broadcast_needs(arrays)
        if self.otypes is None:
            results = function(*_first_elements(arrays, [()] * len(arrays)))
            self.otypes = [np.asarray(each).dtype for each in _as_tuple(results)]
            self.first = [results] if given.cache else []
        self.outputs = [Output(shape, kind, (0,) * len(shape)) for kind in self.otypes]

    def __call__(self, box: Box) -> Sequence[Any]:
        first = [] if any(box.start) else list(self.first)

        def function(*values: Any) -> Any:
            return first.pop() if first else self.function(*values)

        return _as_tuple(np.vectorize(function if first else self.function, otypes=self.otypes)(*box.arrays))


class _Cores:
    """A function of core axes of arrays."""

    def __init__(
        self, given: vectorize, function: Callable[..., Any], arrays: Sequence[Array], signature: Signature
    ) -> None:
        core = Core.of(arrays, signature)
        otypes, new = given.otypes, {name for names in signature.outputs for name in names} - set(core.sizes)
        if otypes is None or new:
            results = _as_tuple(function(*_first_elements(arrays, signature.inputs)))
            if len(results) != len(signature.outputs):
                expected = len(signature.outputs)
                raise ValueError(f"wrong number of outputs from pyfunc: expected {expected}, got {len(results)}")
            for result, names in zip(map(np.asarray, results), signature.outputs, strict=True):
                add_sizes(core.sizes, names, result.shape[result.ndim - len(names) :])
            otypes = otypes or [np.asarray(result).dtype for result in results]
        self.needs = core.needs(signature)
        self.outputs = [core.output(names, kind) for names, kind in zip(signature.outputs, otypes, strict=True)]
        self.looped = np.vectorize(function, otypes=otypes, signature=given.signature)

    def __call__(self, box: Box) -> Sequence[Any]:
        return _as_tuple(self.looped(*box.arrays))


def _first_elements(arrays: Sequence[Array], cores: Sequence[tuple[str, ...]]) -> list[Any]:
    """The first element of the loop of each array, computed."""
    loops = [array.ndim - len(names) for array, names in zip(arrays, cores, strict=True)]
    if any(0 in array.shape[:loop] for array, loop in zip(arrays, loops, strict=True)):
        raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
    return _engine.compute_all([array[(0,) * loop] for array, loop in zip(arrays, loops, strict=True)])


def _as_tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)
