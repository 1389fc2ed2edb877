"""What is computed: the table's calls, and every way of moving data."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from harness import large
from harness.functions import exists


@dataclass(frozen=True)
class Case:
    """A program from a file to files.

    `x` is the file's array, `parts` are files with one index of its first axis each, `xp` is the module.
    """

    name: str
    text: str
    kind: str = "f4"
    #: As how many axes the file is looked at, and in which order.
    dims: int = 3
    order: str = "C"
    #: NumPy's bits, or close to them.
    exact: bool = True
    #: How often the file has to be read, as far as that is known.
    readings: int = 1
    #: What the result has at some indices of its axis `along`, where NumPy cannot be asked for the whole.
    part: Callable | None = None
    along: int = 0


def table():
    """The first possible call of every function of the table."""
    for row in large.rows():
        program = large.program(row) if exists(row.name) else None
        if program:
            yield Case(program.name, program.text, program.kind, exact=program.exact)


def transposes():
    """All of two to four axes."""
    for dims in (2, 3, 4):
        yield from (Case(f"transpose {axes}", f"xp.transpose(x, {axes})", dims=dims) for axes in list(permutations(range(dims)))[1:])


_PADS = ("constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean")
_AXES = (0, 1, 2)


def moves():
    """Movement within one array."""
    yield Case("Fortran file to C file", "x", order="F")
    yield Case("Fortran file reshaped", "xp.reshape(x, (-1, x.shape[2]))", order="F")
    yield Case("reshape in Fortran order", "xp.reshape(x, x.shape[::-1], order='F')")
    yield Case("reshape of a transpose", "xp.reshape(x.T, -1)")
    yield Case("reshape of a permutation", "xp.reshape(xp.transpose(x, (1, 0, 2)), (-1, x.shape[2] // 2))")
    yield Case("reshape to short rows", "xp.reshape(x, (-1, 105))")
    yield Case("reshape and transpose", "xp.reshape(x, (-1, 105)).T")
    yield from (Case(f"flip axis {axis}", f"xp.flip(x, {axis})") for axis in _AXES)
    yield Case("flip all axes", "xp.flip(x)")
    yield Case("rot90", "xp.rot90(x, 1, (1, 2))")
    yield from (Case(f"roll axis {axis}", f"xp.roll(x, x.shape[{axis}] // 3, {axis})") for axis in _AXES)
    yield Case("roll of the flat array", "xp.roll(x, x.size // 3 + 1)")
    yield Case("roll of several axes", "xp.roll(x, (7, -5, 3), (0, 1, 2))")
    yield from (Case(f"repeat axis {axis}", f"xp.repeat(x, 2, {axis})") for axis in _AXES)
    yield Case("repeat of the flat array", "xp.repeat(x, 2)")
    yield Case("repeat by counts", "xp.repeat(x, np.arange(x.shape[1]) % 3, 1)")
    yield from (Case(f"tile {reps}", f"xp.tile(x, {reps})") for reps in ((2, 1, 1), (1, 2, 1), (1, 1, 2)))
    yield from (Case(f"pad {mode}", f"xp.pad(x, ((2, 3), (50, 20), (1, 100)), '{mode}')", exact=mode != "mean") for mode in _PADS)
    yield from (Case(f"every third of axis {axis}", f"x[{':, ' * axis}::3]") for axis in _AXES)
    yield from (Case(f"every seventh backwards of axis {axis}", f"x[{':, ' * axis}::-7]") for axis in _AXES)
    yield Case("diagonal of axes 1 and 2", "xp.diagonal(x, axis1=1, axis2=2)")
    yield Case("sum with its transpose", "s = x[:, : x.shape[2] // 2, : x.shape[2] // 2]; s + xp.swapaxes(s, 1, 2)")
    yield Case("two files in two orders", "x + 1, xp.transpose(x)")
    yield from (Case(f"as {kind}", f"x.astype('{kind}')") for kind in ("f8", "f2", "i2", "?"))


def joins():
    """Many files become one, and one becomes several."""
    yield Case("concatenate many files", "xp.concatenate(parts)")
    yield Case("concatenate many files, last axis", "xp.concatenate(parts, 1)")
    yield Case("concatenate many files, backwards", "xp.concatenate([p[::-1] for p in parts[::-1]])")
    yield Case("concatenate many transposes", "xp.concatenate([p.T for p in parts])")
    yield Case("stack many files", "xp.stack(parts)")
    yield Case("stack many files, last axis", "xp.stack(parts, -1)")
    yield Case("stack many files, middle axis", "xp.stack(parts, 1)")
    yield Case("block of files", "xp.block([[parts[0], parts[1]], [parts[2], parts[3]]])", readings=0)
    yield from (Case(f"split axis {axis}", f"xp.array_split(x, 7, {axis})") for axis in _AXES)
    yield Case("insert", "xp.insert(x, [3, 500, 500, 400], 7, 1)")
    yield Case("delete", "xp.delete(x, np.arange(0, x.shape[1], 3), 1)")


def looks():
    """Elements chosen by position and by value, and replaced."""
    yield from (Case(f"take of axis {axis}, shuffled", f"xp.take(x, np.random.default_rng(3).permutation(x.shape[{axis}]), {axis})") for axis in _AXES)
    yield Case("take of scattered elements", "xp.take(x, np.random.default_rng(3).integers(0, x.size, 300_000))")
    yield Case("take in rising order", "xp.take(x, xp.arange(0, x.size, 64))")
    yield Case("two integer arrays", "x[np.arange(x.shape[0])[:, None], :, np.arange(5)]")
    yield Case("take_along_axis, reversed", "xp.take_along_axis(x, np.arange(x.shape[2])[None, None, ::-1], 2)")
    yield Case("take_along_axis, computed", "xp.take_along_axis(x, xp.abs(x * 100).astype('i8') % x.shape[0], 0)")
    yield Case("elements above zero", "x[x > 0]", readings=2)
    yield Case("few elements", "x[x > 4]", readings=2)
    yield Case("rows by a mask of the data", "x[x[:, 0, 0] > 0]", readings=0)
    yield Case("columns by a mask of the data", "x[:, x[0, :, 0] > 0]", readings=0)
    yield Case("compress of the last axis", "xp.compress(np.arange(x.shape[2]) % 3 == 1, x, axis=2)")
    yield Case("nonzero of few", "xp.nonzero(x > 3)", readings=2)
    yield Case("assigned slices", "a = xp.array(x); a[::2] = 0; a[:, 5:9] = 1; a", readings=0)
    yield Case("assigned by a mask", "a = xp.array(x); a[a > 1] = 0; a")
    yield Case("assigned rows", "a = xp.array(x); a[[5, 3]] = x[:2]; a")
    yield Case("assigned columns", "a = xp.array(x); a[:, np.arange(0, x.shape[1], 2)] = x[:, 1::2]; a")


def passes():
    """Running values, reductions over each axis, arrays less their statistics, neighbours."""
    yield from (Case(f"cumsum axis {axis}", f"xp.cumsum(x, {axis})", "i4") for axis in _AXES)
    yield Case("cumsum of the flat array", "xp.cumsum(x)", "i4")
    yield Case("cumsum of a transpose", "xp.cumsum(x.T, 0)", "i4")
    yield Case("cumprod axis 0", "xp.cumprod(x, 0)", exact=False)
    yield from (Case(f"running maximum axis {axis}", f"xp.maximum.accumulate(x, {axis})") for axis in _AXES)
    yield from (Case(f"diff axis {axis}", f"xp.diff(x, axis={axis})") for axis in _AXES)
    for axis in (*_AXES, (0, 2), None):
        yield Case(f"sum over {axis}", f"xp.sum(x, {axis})", "i4")
        yield Case(f"std over {axis}", f"xp.std(x, {axis})", exact=False)
        yield Case(f"argmax over {axis}", f"xp.argmax(x, {axis})") if not isinstance(axis, tuple) else Case("extrema over (0, 2)", "xp.min(x, (0, 2)), xp.max(x, (0, 2))")
        yield Case(f"less the mean over {axis}", f"x - xp.mean(x, {axis}, keepdims=True)", exact=False, readings=2)
    yield Case("standardised columns", "(x - x.mean(0)) / x.std(0)", dims=2, exact=False, readings=2)
    yield Case("five-point stencil", "x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:] - 4 * x[1:-1, 1:-1]", dims=2)
    yield Case("sums of windows", "xp.lib.stride_tricks.sliding_window_view(x, 3, axis=1).sum(-1)", "i4")
    yield Case("smoothed flat array", "xp.convolve(x.ravel(), np.ones(5, 'f4'))", exact=False)


def movements():
    for group in (transposes, moves, joins, looks, passes):
        yield from group()


# ---- results too large for NumPy -------------------------------------------------------------------------------


def _standardised(x, columns):
    values = x[:, columns].astype("f8")
    return ((values - values.mean(0)) / values.std(0)).astype(x.dtype)


def _padded(x, rows):
    rows = np.pad(np.arange(x.shape[0]), 3, "reflect")[rows]
    return np.pad(x[rows], ((0, 0), (3, 3), (3, 3)), "reflect")


def _in_fortran_order(x, rows):
    """Of shape (shape[0] · shape[1], shape[2])."""
    return x[rows % x.shape[0], rows // x.shape[0]]


def sixteenfold():
    """Some of all kinds, with what NumPy gives for a part."""
    yield Case("map", "xp.sqrt(xp.abs(x)) * 2 + 1", part=lambda x, rows: np.sqrt(np.abs(x[rows])) * 2 + 1)
    yield Case("standardised columns", "(x - x.mean(0)) / x.std(0)", dims=2, exact=False, readings=2, along=1, part=_standardised)
    yield Case("sums of rows", "xp.sum(x, -1)", "i4", part=lambda x, rows: np.sum(x[rows], -1))
    yield Case("transpose (1, 0)", "x.T", dims=2, part=lambda x, rows: x[:, rows].T)
    yield Case("transpose (2, 1, 0)", "xp.transpose(x)", part=lambda x, rows: x[:, :, rows].T)
    yield Case("transpose (1, 0, 2)", "xp.transpose(x, (1, 0, 2))", part=lambda x, rows: x[:, rows].transpose(1, 0, 2))
    yield Case("reshape in Fortran order", "xp.reshape(x, (-1, x.shape[2]), order='F')", part=_in_fortran_order)
    yield Case("concatenate many files, last axis", "xp.concatenate(parts, 1)", part=lambda x, rows: x[:, rows].swapaxes(0, 1).reshape(len(rows), -1))
    yield Case("roll axis 0", "xp.roll(x, 7, 0)", part=lambda x, rows: x[(rows - 7) % x.shape[0]])
    yield Case("cumsum axis 0", "xp.cumsum(x, 0)", "i4", along=1, part=lambda x, columns: np.cumsum(x[:, columns], 0))
    yield Case("rows by a mask of the data", "x[x[:, 0, 0] > 0]", readings=0, part=lambda x, rows: x[np.flatnonzero(x[:, 0, 0] > 0)[rows]])
    yield Case("pad reflect", "xp.pad(x, 3, 'reflect')", part=_padded)
