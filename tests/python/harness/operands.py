"""The arrays that the table's texts speak of, in every type, memory layout and edge value.

====  ==============================================================================================================
x     the subject: the case's type, layout and shape; it holds edge values of its type
f     the same without infinities, NaNs and extremes
p     the same, and not negative
y     a second operand that broadcasts with x, of another type and layout
m     a mask of x's shape
c     a mask for x's first axis
i     indices into x's first axis, negative ones among them
o     counts for x's first axis
====  ==============================================================================================================
"""

import functools
import zlib
from dataclasses import dataclass

import numpy as np
from arrays import edge_values, finite_values, laid_out, random_values


@dataclass(frozen=True)
class Case:
    """Which arrays a call is given."""

    dtype: str
    layout: str
    shape: tuple[int, ...]
    #: The part of the elements of x and y that are edge values; 1 stands for every edge value there is.
    edges: float = 1
    #: The type and the layout of y.
    other: tuple[str, str] = ("f8", "C")

    def operands(self, names):
        """The arrays of these names. They are shared between calls: nobody writes to them."""
        return {name: make(self) for name, make in _MAKERS.items() if name in names}


def _all_edges(dtype, shape, rng, _edges):
    """Every edge value that there is room for, then random values, edges again among them."""
    values = random_values(dtype, shape, rng, edges=0.3)
    every = edge_values(dtype)[: values.size]
    values.reshape(-1)[: every.size] = every
    return values


def _moderate(dtype, shape, rng, _edges):
    """Numbers around one, or whole numbers below ten."""
    kind = np.dtype(dtype).kind
    if kind in "iu":
        return np.asarray(rng.integers(0 if kind == "u" else -9, 10, shape)).astype(dtype)
    return finite_values(dtype, shape, rng)


def _positive(dtype, shape, rng, edges):
    return np.asarray(np.abs(_moderate(dtype, shape, rng, edges))).astype(dtype)


@functools.lru_cache(maxsize=4096)
def _array(name, values, dtype, layout, shape, edges):
    rng = np.random.default_rng(zlib.crc32(repr((name, dtype, layout, shape)).encode()))
    return laid_out(dtype, shape, layout, rng, edges, values=values)


def _subject(values):
    return lambda case: _array("x", values, case.dtype, case.layout, case.shape, 0)


def _with_edges(name, case, dtype, layout, shape):
    return _array(name, _all_edges if case.edges == 1 else random_values, dtype, layout, shape, case.edges)


def _mask(shape):
    return _array("m", random_values, "?", "C", shape, 0)


def _first(case):
    return case.shape[0] if case.shape else 1


def _indices(case):
    length = _first(case)
    return np.array([0, -1, length // 2, 0] if length else [], np.int64)


_MAKERS = {
    "x": lambda case: _with_edges("x", case, case.dtype, case.layout, case.shape),
    "f": _subject(_moderate),
    "p": _subject(_positive),
    "y": lambda case: _with_edges("y", case, *case.other, case.shape[1:] if len(case.shape) > 1 else case.shape),
    "m": lambda case: _mask(case.shape),
    "c": lambda case: _mask((_first(case),)),
    "i": _indices,
    "o": lambda case: np.arange(_first(case)) % 3,
}
NAMES = frozenset(_MAKERS)
