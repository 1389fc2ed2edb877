"""``ufunc.reduceat``: slices along an axis, each combined into one element."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _engine
from ._engine import Array
from ._out import deliver, single

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._ufunc import ufunc

__all__ = ["reduceat"]


class _Run(NamedTuple):
    """Slices of one length, one after the other: they are combined in one pass."""

    start: int
    length: int
    slices: int


def reduceat(function: ufunc, array: Any, indices: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """NumPy's ``function.reduceat`` for a function of two operands and one result."""
    name, x, out = function.__name__, _engine.asarray(array), single(out)
    axis = _one_axis(axis, x.ndim)
    starts = _starts(indices, name, x.shape[axis])
    if dtype is None and out is not None:
        dtype = out.dtype
    # The type of any reduction; also where there is nothing to reduce.
    kind = function.reduce(_engine.full((1,), 0, x.dtype), 0, dtype).dtype
    nothing = _engine.full((*x.shape[:axis], 0, *x.shape[axis + 1 :]), 0, kind)
    parts = [_combined(function, x, run, axis, dtype).astype(kind) for run in _runs(starts, x.shape[axis])]
    return deliver(_engine.concatenate([nothing, *parts], axis), out, f"{name}.reduceat", casting="unsafe")


def _one_axis(axis: Any, ndim: int) -> int:
    axes = () if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, max(ndim, 1))
    if ndim == 0:
        raise TypeError("cannot reduceat on a scalar")
    axes = tuple(range(ndim)) if axis is None else axes
    if len(axes) != 1:
        raise ValueError("reduceat does not allow multiple axes")
    return int(axes[0])


def _starts(indices: Any, name: str, length: int) -> list[int]:
    """Where slices start; every start must be an element."""
    given = np.asarray(indices) if isinstance(indices, Array | np.ndarray) else np.asarray(indices, np.intp)
    if given.ndim != 1:
        depth = "too deep" if given.ndim > 1 else "of too small depth"
        raise ValueError(f"object {depth} for desired array")
    starts: list[int] = given.astype(np.intp, casting="safe").tolist()
    for start in starts:
        if not 0 <= start < length:
            raise IndexError(f"index {start} out-of-bounds in {name}.reduceat [0, {length})")
    return starts


def _runs(starts: Sequence[int], length: int) -> Iterator[_Run]:
    """The slices, those of equal length that follow one another taken together."""
    run: _Run | None = None
    for start, following in itertools.pairwise([*starts, length]):
        size = max(following - start, 1)
        if run and run.length == size and run.start + run.length * run.slices == start:
            run = run._replace(slices=run.slices + 1)
            continue
        if run:
            yield run
        run = _Run(start, size, 1)
    if run:
        yield run


def _combined(function: ufunc, x: Array, run: _Run, axis: int, dtype: Any) -> Array:
    """The slices of one run: the axis becomes one over slices and one inside them, which is reduced."""
    stop = run.start + run.length * run.slices
    part = x[(slice(None),) * axis + (slice(run.start, stop),)]
    if run.length == 1:
        # The element itself, without the function's identity.
        return part
    shape = (*x.shape[:axis], run.slices, run.length, *x.shape[axis + 1 :])
    combined: Array = function.reduce(part.reshape(shape), axis + 1, dtype)
    return combined
