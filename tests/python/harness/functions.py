"""The table: every public function, and how to call it.

A call is Python text in which `xp` is the module under test and single letters are operands (see `operands.py`). What
NumPy refuses is a case like any other: numtile must refuse it with the same class of exception. Rows of functions that
numtile does not have yet wait here until it does.
"""

from dataclasses import dataclass

import numpy as np

import numtile as nt


@dataclass(frozen=True)
class Chapter:
    """Functions that are tested on the same arrays."""

    title: str
    #: The shape on which every type meets every layout.
    shape: tuple[int, ...]
    #: Other shapes for each call; what NumPy refuses for a shape counts too.
    shapes: tuple[tuple[int, ...], ...]
    #: The part of x and y that are edge values; 1 stands for every edge value there is.
    edges: float


@dataclass(frozen=True)
class Row:
    """A public function: its name, and its calls."""

    name: str
    chapter: Chapter
    calls: tuple[str, ...]
    #: The name of which this is another one.
    alias_of: str = ""

    @property
    def canonical(self):
        """The name under which the function is documented and its accuracy is written down."""
        return self.alias_of or self.name


SHAPES = ((), (0,), (1,), (7,), (5, 5), (3, 0), (2, 3, 1, 4))

ELEMENTWISE = Chapter("Elementwise", (7, 131), ((), (0,), (5,), (2, 3, 4)), 1)
VIEWS = Chapter("Views and shape", (4, 5, 6), SHAPES, 0.2)
JOINS = Chapter("Joining and splitting", (4, 6, 6), SHAPES, 0.2)
SELECTION = Chapter("Selection", (4, 5, 6), SHAPES, 0.2)
REDUCTIONS = Chapter("Reductions", (6, 5, 7), SHAPES, 0.02)
SCANS = Chapter("Scans and differences", (6, 5, 7), SHAPES, 0.02)
WINDOWS = Chapter("Windows", (6, 5, 7), SHAPES, 0.02)
CREATION = Chapter("Creation", (5,), ((), (0,), (3, 3), (2, 3, 4)), 0.2)
METHODS = Chapter("Methods of ufuncs", (5, 4, 3), SHAPES, 0.02)
CHAPTERS = (ELEMENTWISE, VIEWS, JOINS, SELECTION, REDUCTIONS, SCANS, WINDOWS, CREATION, METHODS)

# ---- universal functions: their calls follow from the number of their operands ---------------------------------

#: Ufuncs that are no elementwise functions, or only for types that numtile does not have.
NOT_ELEMENTWISE = {"matmul", "matvec", "vecdot", "vecmat", "isnat"}


def ufuncs():
    """NumPy's elementwise ufuncs by their names, aliases among them."""
    return {
        name: value
        for name, value in sorted(vars(np).items())
        if isinstance(value, np.ufunc) and value.__name__ not in NOT_ELEMENTWISE
    }


_OPERANDS = {1: ["x"], 2: ["x, y"]}
_SCALARS = {
    1: ["True", "-3", "2.5", "1j"],
    2: ["x, 3", "x, True", "2, x", "x, -1", "x, 2.5", "0.5, x", "x, 1j", "x, np.int8(3)", "x, np.float32(1.5)", "7, 2"],
}
_OUT = {1: "xp.zeros(x.shape, 'c16')", 2: "(xp.zeros(x.shape, 'c16'), xp.zeros(x.shape, 'c16'))"}
_NARROW = {1: "xp.zeros(x.shape, 'i1')", 2: "(xp.zeros(x.shape, 'i1'), None)"}


def _called(name, each):
    """The text of a call; what has several statements is one already."""
    return (each if ";" in each else f"xp.{name}({each})").replace("xp.NAME", f"xp.{name.removesuffix('.accumulate')}")


def _ufunc_calls(name, ufunc):
    call = f"xp.{name}({_OPERANDS[ufunc.nin][0]}"
    given = [f"out={_OUT[ufunc.nout]}", f"out={_NARROW[ufunc.nout]}", f"where=m, out={_OUT[ufunc.nout]}"]
    given += ["dtype='f8'", "dtype='f4', casting='unsafe'", "dtype='f8', casting='safe'", "dtype='?'", "order='C', subok=True"]
    given += ["where=True, casting='equiv'", "nonsense=1", f"signature={(None,) * ufunc.nargs}"]
    plain = [f"{call})"] + [f"{call}, {each})" for each in given]
    return tuple(plain + [f"xp.{name}({each})" for each in _SCALARS[ufunc.nin]])


def _method_calls(name):
    """Of binary ufuncs with one output."""
    calls = {
        "reduce": ["f", "x, axis=None", "x, -1", "f, 1, keepdims=True", "f, (0, 1)", "x, initial=1", "f, 0, where=m, initial=2", "f, 1, 'f8'"],
        "accumulate": ["f", "x, 1", "f, axis=-1", "f, 0, 'f8'", "f, out=xp.zeros(f.shape, xp.NAME.accumulate(f).dtype)"],
        "reduceat": ["f, [0, 2, 1]", "f, [1, 0], axis=1", "f, [0, 3], 1, 'f8'", "f, [0, 99]"],
        "outer": ["f, i", "x, 2.5", "f, i, dtype='f8'"],
    }  # fmt: skip
    rows = {f"{name}.{method}": [_called(f"{name}.{method}", args) for args in each] for method, each in calls.items()}
    rows[f"{name}.at"] = [
        f"a = xp.array(f); xp.{name}.at(a, [0, 0, -1], 2); a", f"a = xp.array(f); xp.{name}.at(a, i, f[0]); a",
        f"a = xp.array(f); xp.{name}.at(a, (slice(None), 1), 2.5); a",
    ]  # fmt: skip
    return rows


# ---- everything else -------------------------------------------------------------------------------------------

_ELEMENTWISE = {
    "where": ["m, x, y", "x, y, x", "m, x, 2.5", "x, 1, 0", "m, x", "m, 1j, x"],
    "clip": ["x, 0, 3", "x, y, None", "f, None, 2.5", "x, min=1, max=2", "x, None, None", "x, 3, out=xp.zeros(x.shape, 'c16')", "x, 1, 2, min=1"],
    "round": ["x", "f, 1", "f, 2", "f, -1", "f, decimals=1, out=xp.zeros(f.shape, 'c16')"],
    "around": ["x", "f, 1", "f, decimals=-1", "f, 1, out=xp.zeros(f.shape, 'c16')"],
    "fix": ["x", "x, out=xp.zeros(x.shape, 'c16')"],
    "real": ["x"],
    "imag": ["x"],
    "angle": ["x", "f, deg=True"],
    "sinc": ["f", "x"],
    "i0": ["f", "x"],
    "isclose": ["x, y", "x, x, equal_nan=True", "f, f * 1.00001", "f, 1, rtol=0.5, atol=0.25", "x, 2.0"],
    "nan_to_num": ["x", "x, nan=3, posinf=9, neginf=-9", "x, copy=True, nan=1.5"],
    "astype": ["x, 'c16'", "f, 'f4', copy=False", "f, '?'", "p, 'i4'", "p, 'u1'", "x, 'f8', device='cpu'", "x, 'U3'"],
    "isreal": ["x"],
    "iscomplex": ["x"],
    "isneginf": ["x", "x, out=xp.zeros(x.shape, '?')"],
    "isposinf": ["x", "x, out=xp.zeros(x.shape, '?')"],
    "real_if_close": ["f", "f.real + 0j", "f, tol=1000"],
    "unwrap": ["f", "f, 4.0", "f, axis=0, period=4", "f, discont=2.0"],
    "select": ["[m, x > 1], [x, y]", "[m, ~m], [f, 1], default=7", "[m], [f, f]", "[m], [1.5], f"],
    "interp": ["p, [0, 1, 2], [10, 20, 40]", "p, [0, 1], [5, 6], 1, 2", "x, xp=[0.5, 1, 9], fp=[1, 2j, 3], left=-1, right=1j", "p, [3, 1], [1, 2], period=4", "p, [], []", "p, [1, 2], [1]"],
    "iscomplexobj": ["x"],
    "isrealobj": ["x"],
    "isscalar": ["3", "x", "np.float32(1)", "'a'"],
}  # fmt: skip

_VIEWS = {
    "reshape": ["x, (-1, 3)", "x, x.size", "x, (6, 20), order='F'", "x, (5, -1), copy=True", "x, (-1, -1)", "x, ()"],
    "ravel": ["x", "x, 'F'", "x, order='C'"],
    "transpose": ["x", "x, (1, 0, 2)", "x, axes=(-1, 0, 1)", "x, (0, 0, 1)"],
    "matrix_transpose": ["x"],
    "swapaxes": ["x, 0, 2", "x, -1, 0", "x, axis1=1, axis2=0", "x, 0, 3"],
    "moveaxis": ["x, 0, -1", "x, [0, 1], [-1, -2]", "x, source=2, destination=0", "x, [0, 1], [1]", "x, [0, 0], [1, 2]"],
    "rollaxis": ["x, 2", "x, 1, 3", "x, axis=-1, start=1", "x, 0, 9"],
    "expand_dims": ["x, 0", "x, (0, -1)", "x, axis=2", "x, (0, 0)", "x, 9"],
    "squeeze": ["x", "x[:1, :, 2:3], 0", "x[:1], axis=(0,)", "x, 0"],
    "flip": ["x", "x, 0", "x, axis=(0, -1)", "x, 5"],
    "fliplr": ["x"],
    "flipud": ["x"],
    "roll": ["x, 3", "x, -2, 1", "x, (1, 2), axis=(0, 2)", "x, 1, axis=(0, 0)", "x, 10**9 + 7, -1", "x, 1, 5"],
    "rot90": ["x", "x, 2", "x, k=-1, axes=(1, 2)", "x, 1, (0, 0)", "x, 4"],
    "broadcast_to": ["x, (2,) + x.shape", "x[:1], x.shape", "x, x.shape, subok=True", "x, (9,)"],
    "broadcast_arrays": ["x, y", "x, i[:1], subok=True", "x", "x, xp.zeros(99)"],
    "atleast_1d": ["x", "x, i, 3"],
    "atleast_2d": ["x", "x, i, 3"],
    "atleast_3d": ["x", "x, i, 3"],
    "diagonal": ["x", "x, 1", "x, offset=-2, axis1=1, axis2=2", "x, 0, 2, 0", "x, 99", "x, 0, 0, 0"],
    "trace": ["f", "f, 1", "f, offset=-1, axis1=1, axis2=2", "f, dtype='c16'", "f, out=xp.zeros(f.shape[2:], 'c16')"],
    "diag": ["x", "x[0, 0]", "x[0], 1", "x[0, 0], k=-2"],
    "diagflat": ["x", "x[0, 0], 1", "x, k=-1"],
    "tril": ["x", "x, 1", "x, k=-2"],
    "triu": ["x", "x, 1", "x, k=-2"],
    "tile": ["x, 2", "x, (2, 1, 3)", "x, reps=(2, 1, 1, 2)", "x, 0", "x, ()"],
    "repeat": ["x, 2", "x, 3, axis=1", "x, o, 0", "x, repeats=[2], axis=-1", "x, -1", "x, [1, 2, 3]", "x, 0"],
    "resize": ["x, (3, 5)", "x, new_shape=7", "x, (20, 20)", "x, (0, 2)", "x, (-1,)"],
    "pad": [
        "x, 2", "x, ((1, 2), (0, 3), (2, 0))", "x, 1, constant_values=3", "x, (2, 3), mode='edge'", "x, 2, 'reflect'",
        "x, 2, 'symmetric'", "x, (4, 9), 'wrap'", "f, 2, 'linear_ramp', end_values=4", "x, 3, 'maximum'", "f, 2, 'mean', stat_length=2",
        "x, 2, 'minimum', stat_length=3", "f, 2, 'median'", "f, (1, 2), 'median', stat_length=4",
        "f, 1, lambda line, width, axis, given: line.__setitem__(slice(0, width[0]), given['v']), v=7", "f, 3, 'reflect', reflect_type='odd'", "x, 11, 'symmetric', reflect_type='even'", "x, 0",
        "x, -1", "x, 1, 'nonsense'", "x, 1, 'edge', constant_values=1", "x, {0: 1}", "x, pad_width=1, mode='empty'",
    ],
    "lib.stride_tricks.sliding_window_view": [
        "x, 3, axis=1", "x[0, 0], 2", "x, (2, 3), axis=(0, 2)", "x, (2, 2, 2)", "x, window_shape=1, axis=-1, subok=False, writeable=False",
        "x, 9, 0", "x, 2", "x, 2, writeable=True",
    ],
    "ndim": ["x", "3", "[[1, 2]]"],
    "shape": ["x", "3", "[[1, 2]]"],
    "size": ["x", "x, 1", "x, axis=(0, 1)", "x, 9", "3"],
    "broadcast_shapes": ["(2, 1), (3,)", "(2,), (3,)", "", "5, (1, 1)"],
    "trim_zeros": ["p[:, 0, 0] * [0, 1, 0, 0]", "p, 'f'", "p, trim='b', axis=0"],
}  # fmt: skip

_JOINS = {
    "concatenate": ["(x, x, x)", "[x, f], 1", "(x, y[None]), axis=0", "(x, i), None", "(x, x), dtype='c16'", "(x, x), 0, xp.zeros((2 * x.shape[0],) + x.shape[1:], 'c16')", "()", "(f, f), dtype='c8', casting='unsafe'", "(x, i), casting='no'"],
    "stack": ["(x, f)", "[x, x], -1", "(x, y), axis=1", "(x, x), 1, dtype='c16'", "(x, x), dtype='f8', casting='safe'", "(x, x), out=xp.zeros((2,) + x.shape, 'c16')", "[]"],
    "vstack": ["(x, y[None])", "(x, x), dtype='c16'", "(i, i), casting='no'", "(x, i)", "()"],
    "hstack": ["(x, x)", "(i, i)", "(x, x), dtype='c16', casting='unsafe'", "(x, i)"],
    "dstack": ["(x, x)", "(y, y)", "(i, i)", "(x, i)"],
    "column_stack": ["(x, x)", "(i, i)", "(y, y)"],
    "block": ["[x, x]", "[[y, y], [y, y]]", "[[y], [x]]", "x", "[i, 3]", "[[x], x]", "[]"],
    "append": ["x, f", "x, y[None], 0", "x, values=f, axis=-1", "x, 3", "x, i, 0"],
    "insert": ["x, 1, 5, 0", "x, [1, 3], 2, axis=1", "x, 2, x[0], 0", "x, slice(1, 4), 7, 2", "x, 0, 9", "x, 99, 1, 0", "x, [0, 0, 2], 3, 1", "x, obj=1, values=f[:, 0], axis=1"],
    "delete": ["x, 1, 0", "x, [0, -1], axis=1", "x, slice(None, None, 2), 2", "x, 3", "x, obj=[True, False, True, False], axis=0", "x, 99, 0", "x, [], 1"],
    "split": ["x, 2", "x, 3, 1", "x, [1, 3], axis=2", "x, indices_or_sections=(2, 9), axis=-1", "x, 5"],
    "array_split": ["x, 3", "x, 4, 1", "x, [1, 3], axis=2", "x, 0"],
    "hsplit": ["x, 2", "x, [1, 3]"],
    "vsplit": ["x, 2", "x, [1, 3]"],
    "dsplit": ["x, 2", "x, [1, 3]"],
    "unstack": ["x", "x, axis=1", "x, axis=5"],
}  # fmt: skip

_SELECTION = {
    "take": ["x, i", "x, [1, 0, -1], 1", "x, i, axis=0, mode='clip'", "x, [[99, -99]], 0, None, 'wrap'", "x, 2, axis=-1", "x, 99", "x, i, 0, out=xp.zeros((4,) + x.shape[1:], x.dtype)", "x, [1.5]"],
    "take_along_axis": ["x, (x[:1] * 0 == 1).astype('i8'), 0", "x, i, None", "x, i[:, None, None], axis=0", "x, xp.zeros(x.shape, 'i8'), -1"],
    "compress": ["c, x, 0", "[True, False, True], x", "[1, 0, 1], x, axis=1", "c, x, axis=0, out=xp.zeros((int(np.sum(np.asarray(c))),) + x.shape[1:], x.dtype)", "[True] * 99, x"],
    "extract": ["m, x", "x > 1, x", "[True, False], x"],
    "nonzero": ["x", "m", "x > 1"],
    "flatnonzero": ["x", "m"],
    "argwhere": ["x", "m"],
    "choose": ["o, [x[0, 0, 0], 2, 3]", "o[:, None, None], [x, f, x]", "o, [1, 2, 3], mode='clip'", "o + 5, [1, 2, 3], mode='wrap'", "o + 5, [1, 2]", "o, [1, 2, 3], out=xp.zeros(o.shape, 'f8')", "o[:, None, None], choices=[x, x, x]"],
    "copyto": ["a = xp.array(f); xp.copyto(a, 3); a", "a = xp.array(f); xp.copyto(a, f * 2, where=f > 0, casting='same_kind'); a", "a = xp.array(f); xp.copyto(dst=a, src=True); a", "a = xp.array(f); xp.copyto(a, x[0], 'no'); a"],
    "put": ["a = xp.array(x); xp.put(a, [0, -1, 2], [5, 6]); a", "a = xp.array(x); xp.put(a, ind=i, v=f); a", "a = xp.array(x); xp.put(a, [99999, -99999], 1, mode='clip'); a", "a = xp.array(x); xp.put(a, [500], 1, 'wrap'); a", "a = xp.array(x); xp.put(a, [99999], 1); a"],
    "place": ["a = xp.array(x); xp.place(a, x > 1, [1, 0]); a", "a = xp.array(x); xp.place(arr=a, mask=m, vals=1); a", "a = xp.array(x); xp.place(a, m, []); a"],
    "putmask": ["a = xp.array(x); xp.putmask(a, m, 1); a", "a = xp.array(x); xp.putmask(a, mask=x > 1, values=[1, 0, 2]); a", "a = xp.array(x); xp.putmask(a, m, f); a"],
    "put_along_axis": ["a = xp.array(x); xp.put_along_axis(a, np.zeros((4, 1, 6), int), 1, 1); a", "a = xp.array(x, order='C'); xp.put_along_axis(arr=a, indices=i, values=3, axis=None); a", "a = xp.array(x); xp.put_along_axis(a, i[:, None, None], f[:1], axis=0); a"],
    "fill_diagonal": ["a = xp.array(x[0, :, :5]); xp.fill_diagonal(a, 1); a", "a = xp.array(x); xp.fill_diagonal(a, 1); a", "a = xp.array(x[0]); xp.fill_diagonal(a, [1, 2], True); a", "a = xp.array(x[:, 0]); xp.fill_diagonal(a, val=0, wrap=False); a"],
}  # fmt: skip

_AXES = ["f", "x", "f, 0", "x, axis=1", "x, (0, 2)", "f, -1, keepdims=True", "f, 9", "f, (0, 0)", "x, ()"]
_WHERE = ["f, where=m", "x, axis=1, where=m"]
_OUT0 = ["f, 0, out=xp.zeros(f.shape[1:], 'c16')"]
_ADD = [*_AXES, *_WHERE, *_OUT0, "f, dtype='f8'", "f, 1, 'c16'", "f, initial=2", "f, 0, where=m, initial=3", "x, dtype='f2'"]
_MEAN = [*_AXES, *_WHERE, *_OUT0, "f, dtype='f8'", "f, 1, 'c16'", "f, dtype='f4'"]
_VAR = [*_MEAN, "f, ddof=1", "f, 0, ddof=2.5", "f, correction=1", "f, 0, mean=xp.mean(f, axis=0, keepdims=True)", "f, ddof=1, correction=1", "x, ddof=99"]
_LEAST = [*_AXES, *_OUT0, "f, initial=0", "f, 1, where=m, initial=1", "x, where=m", "f, axis=0, initial=100, where=m"]
_ARG = ["f", "x", "f, 0", "x, axis=1", "f, -1, keepdims=True", "f, 9", "f, 0, out=xp.zeros(f.shape[1:], 'i8')"]
_TRUTH = [*_AXES, *_WHERE, "x, 0, out=xp.zeros(x.shape[1:], '?')", "m, 1, where=m"]

_REDUCTIONS = {
    "sum": _ADD, "prod": _ADD, "nansum": _ADD, "nanprod": _ADD,
    "mean": _MEAN, "nanmean": _MEAN, "var": _VAR, "std": _VAR, "nanvar": _VAR, "nanstd": _VAR,
    "min": _LEAST, "max": _LEAST, "amin": _LEAST, "amax": _LEAST, "nanmin": _LEAST, "nanmax": _LEAST,
    "argmin": _ARG, "argmax": _ARG, "nanargmin": _ARG, "nanargmax": _ARG, "any": _TRUTH, "all": _TRUTH,
    "ptp": ["f", "x", "f, 0", "f, axis=(0, 1)", "f, -1, keepdims=True", *_OUT0],
    "count_nonzero": ["x", "x, 0", "m, axis=(0, 2)", "x, axis=1, keepdims=True", "x, 9"],
    "average": ["f", "f, 0", "f, axis=1, weights=p", "f, weights=p", "f, 0, o + 1", "f, axis=(0, 1)", "f, 1, keepdims=True", "f, 0, weights=o + 1, returned=True", "f, returned=True", "f, weights=o", "f, 0, p * 0"],
    "bincount": ["p[:, 0, 0]", "o", "o, p[:, 0, 0]", "o, f[:, 0, 0], 7", "o, minlength=2", "o, weights=x[:, 0, 0]", "o, minlength=-1", "i", "p", "3", "o, f[:0, 0, 0]", "o, None", "[], minlength=3", "[], []"],
    "histogram": ["f", "x", "f, 5", "f, bins=3, range=(-1, 2.5)", "f, [-1, 0, 0.5, 3]", "x, [-1, 0, 0.5, 3]", "f, 4, weights=p", "f, [0, 1, 3], weights=f", "f, 4, density=True", "f, 'sqrt'", "f, 'rice', (-2, 2)", "f, 'sturges'", "p, 'doane'", "f, [2, 1]", "f, 0", "f, 2.5", "f, 4, weights=o", "f, 'nonsense'"],
    "histogram_bin_edges": ["f", "f, 5, (0, 1)", "f, [1, 2, 3]", "f, bins='sturges', weights=None", "f, 3, range=(2, 1)"],
    "digitize": ["f, [-1, 0, 2]", "x, [3, 1, 0.5], right=True", "x, bins=[1, 1, 2]", "f, [1, 3, 2]", "x, []", "f, [[1]]"],
    "array_equal": ["x, x", "f, f", "x, y", "x, x, equal_nan=True"],
    "array_equiv": ["f, f", "x, y", "f, f[:1]"],
    "allclose": ["f, f", "x, x", "f, f + 1e-9", "x, x, equal_nan=True", "f, 1, rtol=0.1, atol=10"],
}  # fmt: skip

_CUMULATIVE = ["f", "x, 0", "f, axis=1", "f, -1, 'c16'", "f, 0, dtype='f8'", "f, axis=0, out=xp.zeros(f.shape or 1, xp.NAME(f, axis=0).dtype)", "f, 9"]
_CUMULATE = ["f[:, 0, 0]", "f, axis=1", "f, axis=0, include_initial=True", "f, axis=-1, dtype='c16'", "f", "x, axis=0", "f, axis=0, out=xp.zeros(f.shape or 1, xp.NAME(f, axis=0).dtype)"]

_SCANS = {
    "cumsum": _CUMULATIVE, "cumprod": _CUMULATIVE, "nancumsum": _CUMULATIVE, "nancumprod": _CUMULATIVE,
    "cumulative_sum": _CUMULATE, "cumulative_prod": _CUMULATE,
    "diff": ["x", "x, 2", "x, n=1, axis=0", "x, prepend=0", "x, append=f[..., :1], axis=-1", "x, 0", "x, -1", "x, 9", "x, 1, 0, prepend=f[:1], append=1"],
    "ediff1d": ["x", "f, 1", "f, to_end=[1, 2], to_begin=3", "f, to_end=2.5"],
    "gradient": ["f", "f, 2.0", "f, axis=1", "f, 2, axis=(0, 1)", "f, o * 3 + np.arange(f.shape[0]), axis=0", "f, edge_order=2", "x, axis=-1", "f, 1, 2, 3", "f, 1, 2", "f, edge_order=3"],
    "trapezoid": ["f", "f, dx=2.0", "f, np.arange(f.shape[-1]) ** 2", "f, axis=0", "f, x=o * 1.5, axis=0", "x, axis=1", "f, np.arange(3)"],
}  # fmt: skip

_WINDOWS = {
    "convolve": ["f[0, 0], f[0, 0, :3]", "f[0, 0, :2], f[:, 0, 0], 'same'", "f[0, 0], y[0, :4], mode='valid'", "x[0, 0], 2", "f, f", "f[0, 0], f[0, 0, :0]", "f.ravel(), f.ravel()[:40]", "f[0, 0], [1, 2], 'nonsense'"],
    "correlate": ["f[0, 0], f[0, 0, :3]", "f[0, 0, :2], f[:, 0, 0], 'same'", "f[0, 0], y[0, :4], mode='full'", "f[0, 0], 2", "f, f", "f[0, 0, :0], f[0, 0]", "f.ravel()[:40], f.ravel(), 'full'", "f[0, 0], [1, 2], 'nonsense'"],
}  # fmt: skip

_CREATION = {
    "asarray": ["x", "x, 'c16'", "[[1, 2], [3, 4.5]]", "x, dtype='c8', order='C'", "x, copy=True", "[1, 2], device='cpu'", "x, copy=False"],
    "array": ["x", "x, 'c16'", "[[1, 2], [3, 4]]", "x, ndmin=3", "x, copy=True, order='K', subok=False", "['a']", "[[1], [1, 2]]", "5"],
    "copy": ["x", "x, order='K'", "x, subok=True"],
    "arange": ["5", "2, 9", "2, 9, 3", "9, 2, -2", "0, 1, 0.1", "5, dtype='f4'", "3.5", "0, 5, 0", "2, stop=7, step=2", "5, device='cpu'", "1j"],
    "linspace": ["0, 1", "0, 1, 7", "3, -2, 5, False", "0, 5, num=6, endpoint=True, dtype='i4'", "0, 1, 5, retstep=True", "0, 1, -1", "1j, 2, 5", "f, 3, 4", "0, f, 4, axis=-1", "0, 1, 0", "0, 1, device='cpu'"],
    "logspace": ["0, 3", "0, 3, 4", "0, 3, 5, False", "0, 8, num=9, base=2.0, dtype='f4'", "f, 3, 4, axis=-1", "0, 1, base=o + 2.0"],
    "geomspace": ["1, 1000", "1, 1000, 4", "1, 256, num=9, endpoint=False, dtype='f8'", "-1, -1000, 4", "1j, 8j, 4", "p + 1, 100, 4, axis=-1", "0, 1"],
    "zeros": ["3", "(2, 3), 'i4'", "shape=(0, 2), dtype=None, order='C'", "3, device='cpu'", "-1", "(2, 3), order='F'"],
    "ones": ["3", "(2, 3), 'i4'", "shape=(0, 2), dtype=None, order='C'", "3, device='cpu'"],
    "full": ["3, 7", "(2, 3), 1.5, 'i4'", "shape=(2,), fill_value=[1, 2], order='C'", "3, 2, device='cpu'", "3, 300, 'i1'", "(), 1j"],
    "zeros_like": ["x", "x, 'f4'", "x, dtype=None, order='K', subok=True, shape=(2, 2)", "x, device='cpu'"],
    "ones_like": ["x", "x, 'f4'", "x, dtype=None, order='K', subok=True, shape=(2, 2)", "x, device='cpu'"],
    "full_like": ["x, 1", "x, 2.5, 'f4'", "x, 1, dtype=None, order='K', subok=True, shape=(2, 2)", "x, 1, device='cpu'", "x, f"],
    "eye": ["3", "3, 4", "3, 4, 1, 'i4'", "N=2, M=None, k=-1, dtype='?', order='C'", "3, device='cpu'", "-1"],
    "identity": ["3", "n=2, dtype='c8'", "0"],
    "tri": ["3", "3, 4, 1", "N=3, M=2, k=-1, dtype='i2'", "0"],
    "vander": ["f", "f, 3", "f, N=3, increasing=True", "f, 0"],
    "indices": ["(2, 3)", "(2, 3), 'f4'", "dimensions=(2, 3), dtype='i2', sparse=True", "()"],
    "fromfunction": ["lambda i, j: i + j, (2, 3)", "lambda i: i * 2, (4,), dtype='i4'", "lambda i, j, k: i * j + k, (2, 3), k=5"],
    "meshgrid": ["f, i", "f, i, indexing='ij'", "f, i, sparse=True", "f, o, i, copy=False", "f", "f, i, indexing='nonsense'"],
    "asanyarray": ["x", "x, 'c16'", "x, dtype='c8', order='C', device='cpu', copy=None"],
    "ascontiguousarray": ["x", "x, 'c16'", "x, dtype='c8'"],
    "asfortranarray": ["x", "x, 'c16'", "x, dtype='c8'"],
    "empty": ["3", "(2, 3), 'i4'", "shape=(0, 2), dtype=None, order='C'", "3, device='cpu'", "-1"],
    "empty_like": ["x", "x, 'f4'", "x, dtype=None, order='K', subok=True, shape=(2, 2)", "x, device='cpu'"],
    "diag_indices": ["3", "n=2, ndim=3", "0"],
    "diag_indices_from": ["x"],
    "tril_indices": ["3", "3, 1", "n=3, k=-1, m=4"],
    "triu_indices": ["3", "3, 1", "n=3, k=-1, m=4"],
    "tril_indices_from": ["x", "x, k=1"],
    "triu_indices_from": ["x", "x, k=1"],
    "mask_indices": ["3, xp.triu", "n=3, mask_func=xp.tril, k=-1"],
    "frombuffer": ["b'abcdefgh', 'u2'", "b'abcdefgh', dtype='i1', count=3, offset=1", "b'abc', 'f8'", "np.arange(3.).tobytes()"],
    "fromiter": ["(v * v for v in range(5)), 'i4'", "iter=range(9), dtype='f8', count=3", "[1, 2], 'i4', 5"],
    "fromstring": ["'1 2 3', sep=' '", "'1,2,3', 'i4', 2, sep=','"],
    "from_dlpack": ["np.arange(5.)", "np.arange(4), device='cpu', copy=True"],
}  # fmt: skip

_GRIDS = {
    "mgrid": ["xp.mgrid[0:3, 1:4]", "xp.mgrid[0:1:5j]", "xp.mgrid[0:3:0.5, -1:2]", "xp.mgrid[2:9:3]"],
    "ogrid": ["xp.ogrid[0:3, 1:4]", "xp.ogrid[0:1:5j]", "xp.ogrid[0:3:0.5, -1:2]", "xp.ogrid[2:9:3]"],
}


def _rows(chapter, table):
    return [Row(name, chapter, tuple(_called(name, each) for each in calls)) for name, calls in table.items()]


def lookup(module, name):
    """The function or method of this dotted name; `None` where there is none."""
    value = module
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def _alias_rows(rows):
    """Other names that NumPy has for the same functions."""
    known = {row.name for row in rows}
    same = {id(lookup(np, row.name)): row for row in rows}
    for name, value in sorted(vars(np).items()):
        row = same.get(id(value))
        if row and name not in known:
            yield Row(name, row.chapter, tuple(call.replace(f".{row.name}(", f".{name}(") for call in row.calls), row.name)


def _all_rows():
    rows = [
        Row(name, ELEMENTWISE, _ufunc_calls(name, ufunc), ufunc.__name__ if ufunc.__name__ != name else "")
        for name, ufunc in ufuncs().items()
    ]
    for chapter, table in (
        (ELEMENTWISE, _ELEMENTWISE), (VIEWS, _VIEWS), (JOINS, _JOINS), (SELECTION, _SELECTION), (REDUCTIONS, _REDUCTIONS),
        (SCANS, _SCANS), (WINDOWS, _WINDOWS), (CREATION, _CREATION),
    ):  # fmt: skip
        rows += _rows(chapter, table)
    rows += [Row(name, CREATION, tuple(calls)) for name, calls in _GRIDS.items()]
    rows += list(_alias_rows(rows))
    for name, ufunc in ufuncs().items():
        if ufunc.nin == 2 and ufunc.nout == 1 and ufunc.__name__ == name:
            rows += [Row(each, METHODS, tuple(calls)) for each, calls in _method_calls(name).items()]
    return tuple(rows)


ROWS = _all_rows()


#: What is public and not a function of NumPy's, and where it is tested.
OWN = {
    "compute": "test_face.py", "config": "test_budget.py", "cancel": "test_face.py", "evaluate": "test_expressions.py",
    "explain": "test_expressions.py", "group_reduce": "test_groups.py", "last_run": "test_budget.py", "memory": "test_budget.py", "trim": "test_diagnostics.py", "open": "test_files.py",
    "save": "test_files.py", "fromfile": "test_creation.py", "loadtxt": "test_creation.py",
    "map_blocks": "test_user_functions.py", "map_overlap": "test_user_functions.py", "apply_gufunc": "test_user_functions.py",
}  # fmt: skip

#: What takes functions of the user's, in the order of the page. NumPy has but the last.
USER_FUNCTIONS = ("map_blocks", "map_overlap", "apply_gufunc", "vectorize")

#: Arguments of NumPy's that numtile's functions do not have.
LACKING = {
    ("array", "ndmax"): "not in every NumPy 2",
}

#: Arguments that change nothing for arrays without memory layouts, devices or subclasses: accepted, not exercised everywhere.
WITHOUT_EFFECT = {"order", "subok", "device", "like", "copy"}


def exists(name):
    """Whether numtile has the function or method of this dotted name."""
    return lookup(nt, name) is not None
