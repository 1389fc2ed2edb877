"""``out=``: where a result is put instead of into a new array.

A lazy :class:`numtile.Array` gets the result as its new expression and computes nothing. A NumPy array is memory that
must be filled now: the result is computed at once and copied into it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _engine
from ._engine import Array

__all__ = ["deliver", "single"]


def single(out: Any) -> Any:
    """The one output of an operation that has one: ``out=`` may be a tuple around it."""
    if not isinstance(out, tuple):
        return out
    if len(out) != 1:
        raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")
    return out[0]


def deliver(
    result: Array,
    out: Any,
    name: str,
    *,
    casting: str = "same_kind",
    where: Array | None = None,
    exact: bool = False,
) -> Any:
    """``result`` in ``out``, cast by the rule ``casting``; ``result`` itself when ``out`` is ``None``.

    Elements at which the boolean array ``where`` is false keep their values. Raises ``TypeError`` for an ``out`` that is
    no array or of a type the result does not cast to, ``ValueError`` for one to whose shape the result does not
    broadcast, or, if ``exact``, one of another shape. ``name`` is the function that the messages speak of.
    """
    out = single(out)
    if out is None:
        return result
    if not isinstance(out, Array | np.ndarray):
        raise TypeError("return arrays must be of ArrayType")
    if exact and result.shape != out.shape:
        raise ValueError(f"output array of shape {out.shape} does not match the result of shape {result.shape}")
    _check_type(result, out, name, casting)
    if where is None:
        _check_shape(result, out)
        _write(result, out, casting)
    else:
        result, where = _broadcast_together(result, where)
        _check_shape(result, out)
        _write_some(result, out, casting, where)
    return out


def _write(result: Array, out: Any, casting: Any) -> None:
    if isinstance(out, Array):
        out[...] = result
    else:
        np.copyto(out, np.asarray(result), casting=casting)


def _write_some(result: Array, out: Any, casting: Any, where: Array) -> None:
    if isinstance(out, Array):
        out[...] = _engine.map("where", where, result.astype(out.dtype), out)
    else:
        values, chosen = _engine.compute_all([result, where])
        np.copyto(out, values, casting=casting, where=chosen)


def _broadcast_together(result: Array, where: Array) -> tuple[Array, Array]:
    shape = np.broadcast_shapes(result.shape, where.shape)
    return _engine.broadcast_to(result, shape), _engine.broadcast_to(where, shape)


def _check_type(result: Array, out: Any, name: str, casting: str) -> None:
    if not np.can_cast(result.dtype, out.dtype, casting):  # type: ignore[arg-type]
        raise TypeError(
            f"Cannot cast ufunc '{name}' output from {result.dtype!r} to {out.dtype!r} with casting rule '{casting}'"
        )


def _check_shape(result: Array, out: Any) -> None:
    fits = result.ndim <= out.ndim and all(
        n in (1, m) for n, m in zip(reversed(result.shape), reversed(out.shape), strict=False)
    )
    if not fits:
        raise ValueError(
            f"non-broadcastable output operand with shape {out.shape} doesn't match the broadcast shape {result.shape}"
        )
