"""numtile with one function that is wrong: does the harness notice?"""

import numpy as np

import numtile as nt

#: Functions that change an array and return nothing: these are broken by leaving the array as it is.
IN_PLACE = {"copyto", "place", "put", "putmask", "put_along_axis", "fill_diagonal", "at"}


class Broken:
    """Numtile's names, one of them (dotted for methods) broken for results computed from arrays of one type."""

    def __init__(self, name, dtype, change):
        self._name, self._dtype, self._change = name, np.dtype(dtype), change

    def __getattr__(self, name):
        return self._part(name, getattr(nt, name))

    def _part(self, name, value):
        if name == self._name:
            return self._broken(value)
        return _Holder(self, name, value) if self._name.startswith(name + ".") else value

    def _broken(self, function):
        def call(*args, **kwargs):
            if self._name.rpartition(".")[2] in IN_PLACE:
                return None
            return self._change(function(*args, **kwargs))

        return call if callable(function) else _BrokenGrid(function, self._change)


class _Holder:
    """A function of which one attribute is broken."""

    def __init__(self, broken, name, value):
        self._broken, self._name, self._value = broken, name, value

    def __getattr__(self, name):
        return self._broken._part(f"{self._name}.{name}", getattr(self._value, name))


class _BrokenGrid:
    """`mgrid` and `ogrid`, which are indexed."""

    def __init__(self, grid, change):
        self._grid, self._change = grid, change

    def __getitem__(self, key):
        return self._change(self._grid[key])


def missing(_result):
    """What an operation without a kernel does."""
    raise NotImplementedError("broken for a test")


def wrong(result):
    """The result with its last element changed, or with the last of several results so."""
    if isinstance(result, (tuple, list)):
        return type(result)([*result[:-1], wrong(result[-1])] if result else [nt.ones(1)])
    if not isinstance(result, nt.Array):
        return not result
    if result.size == 0:
        return nt.ones((*result.shape, 1), result.dtype)
    last = nt.arange(result.size).reshape(result.shape) == result.size - 1
    other = (result == 0) | (result != result)
    return nt.where(last, other.astype(result.dtype), result)
