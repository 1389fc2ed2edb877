"""Views, joins, splits and rearrangements against NumPy: a table of calls, each tried on arrays of every kind."""

import inspect

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, arrays, generators, laid_out, layouts, random_values
from compare import assert_same_bits, outcome, public_class
from conftest import MB
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt
from numtile import _join, _pad, _rearrange, _shape

SHAPES = [(), (0,), (1,), (5,), (3, 4), (4, 4), (0, 3), (2, 3, 4), (2, 0, 3), (3, 1, 2, 2)]


def same(function, *given, message=""):
    """What numtile makes of the arrays is what NumPy makes of them: bits, or the class of the error."""
    want = outcome(function, np, *given)
    lazy = [nt.asarray(a) if isinstance(a, np.ndarray) else a for a in given]
    got = outcome(lambda: computed(function(nt, *lazy)))
    if isinstance(want, Exception):
        assert isinstance(got, public_class(want)), f"NumPy raises {want!r}, numtile {got!r} {message}"
        return
    if isinstance(got, Exception):
        raise AssertionError(f"numtile raises {got!r} {message}") from got
    many, results = got
    assert many == (type(want) if isinstance(want, tuple | list) else None), message
    wanted = want if many else [want]
    assert len(results) == len(wanted), message
    for one, right in zip(results, wanted, strict=True):
        assert_same_bits(one, np.asarray(right), message)


def computed(result):
    """The results, each of them lazy until now."""
    many = type(result) if isinstance(result, tuple | list) else None
    results = list(result) if many else [result]
    assert all(isinstance(one, nt.Array) for one in results), f"not lazy: {results}"
    return many, results


def call(name, *args, **kwargs):
    """One line of the table: a function of the array alone."""
    text = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())])
    return pytest.param(lambda xp, x: getattr(xp, name)(x, *args, **kwargs), id=f"{name}({text})")


def several(text):
    """A line that needs more than the array first."""
    return pytest.param(eval(f"lambda xp, x: {text}", {"np": np}), id=text)


TABLE = [
    # shapes
    call("ravel"), call("ravel", "F"), call("ravel", order="A"), call("ravel", "X"), call("reshape", -1), call("reshape", (4, -1), "F"),
    call("reshape", (2, 2), order="K"), call("reshape", (-1, -1)), call("squeeze"), call("squeeze", 0), call("squeeze", (0, 1)),
    call("expand_dims", 0), call("expand_dims", (0, -1)), call("expand_dims", (0, 0)), call("expand_dims", 9),
    call("atleast_1d"), call("atleast_2d"), call("atleast_3d"), several("xp.atleast_1d(x, x)"), several("xp.atleast_3d(x, 1)"),
    # axes
    call("transpose"), call("transpose", (1, 0)), call("permute_dims", (2, 0, 1)), call("transpose", (0, 0)), call("matrix_transpose"),
    call("swapaxes", 0, -1), call("swapaxes", 0, 3), call("moveaxis", 0, -1), call("moveaxis", (0, 1), (-1, 0)), call("moveaxis", (0, 1), 0),
    call("moveaxis", (0, 0), (0, 1)), call("rollaxis", 1), call("rollaxis", -1, 1), call("rollaxis", 0, 2), call("rollaxis", 0, -1),
    call("rollaxis", 0, 9), call("rollaxis", 4),
    # reversed
    call("flip"), call("flip", 0), call("flip", (0, -1)), call("flip", 7), call("fliplr"), call("flipud"), call("rot90"), call("rot90", 2),
    call("rot90", -1), call("rot90", 3, (1, 2)), call("rot90", 1, (1, 0)), call("rot90", 1, (0, 0)), call("rot90", 1, (0, 5)), call("rot90", 1, (0,)),
    # rolled
    call("roll", 1), call("roll", -7), call("roll", 0, 0), call("roll", 2, -1), call("roll", (1, 2), (0, 1)), call("roll", 1, (0, 1)),
    call("roll", (1, 2), 0), call("roll", (1, 1), (0, 0)), call("roll", (1, 2)), call("roll", 1, 9), call("roll", [[1]], 0), call("roll", (1, 2, 3), (0, 1)),
    # repeated
    call("repeat", 2), call("repeat", 0), call("repeat", 3, 0), call("repeat", 2, axis=-1), call("repeat", -1), call("repeat", 1.5), call("repeat", [2], 0),
    call("repeat", [1, 0, 2], 0), call("repeat", [1, 0, 2, 3], -1), call("repeat", [1, 0, 2, 3, 1]), call("repeat", [[1, 2]]), call("repeat", [], 0),
    call("repeat", [1, -1, 2], 0), call("repeat", np.uint64(2)), call("repeat", np.array([2, 1, 1], "u1"), 0), call("repeat", 2, 5),
    call("tile", 2), call("tile", (2, 1)), call("tile", (2, 3)), call("tile", (2, 1, 3)), call("tile", 0), call("tile", ()), call("tile", (1, 1, 1, 1, 2)), call("tile", 1.5),
    call("resize", 3), call("resize", (3, 7)), call("resize", ()), call("resize", (0, 2)), call("resize", (2, -1)), call("resize", (2, 2)),
    # split
    call("split", 1), call("split", 2), call("split", 5), call("split", 0), call("split", [1, 3]), call("split", [2, 9], -1), call("split", [3, 1]), call("split", [-1], 0),
    call("split", 2, 1), call("split", 2, 9), call("array_split", 2), call("array_split", 3, -1), call("array_split", 7), call("array_split", 0), call("array_split", [1, 2], 1),
    call("hsplit", 2), call("vsplit", 2), call("dsplit", 2), call("hsplit", [1]), call("vsplit", [1, 2]), call("dsplit", [0, 1]), call("unstack"), call("unstack", axis=-1),
    call("unstack", axis=1), call("unstack", axis=6),
    # joined
    several("xp.concatenate([x, x])"), several("xp.concatenate([x, x], -1)"), several("xp.concatenate([x, x], None)"), several("xp.concatenate([x], 5)"),
    several("xp.concatenate(x)"), several("xp.concatenate(x, 1)"), several("xp.concatenate(x, -1)"), several("xp.concatenate(x, None)"), several("xp.concatenate([x, 1])"),
    several("xp.concatenate([x, x], dtype='f4')"), several("xp.concatenate([x, x], dtype='f4', casting='safe')"), several("xp.concatenate([x, x], dtype='i1', casting='unsafe')[:0]"),
    several("xp.concatenate([x, x[:1]], 1)"), several("xp.stack([x, x])"), several("xp.stack([x, x], -1)"), several("xp.stack([x, x], 9)"), several("xp.stack(x)"),
    several("xp.stack(x, 1)"), several("xp.stack(x, -1)"), several("xp.stack([x, 1])"), several("xp.stack([x, x], dtype='c16', casting='safe')"),
    several("xp.hstack([x, x])"), several("xp.hstack(x)"), several("xp.vstack([x, x, x])"), several("xp.vstack(x)"), several("xp.dstack([x, x])"), several("xp.column_stack([x, x])"),
    several("xp.hstack([x, 1])"), several("xp.hstack([x, x], dtype='c16')"), several("xp.vstack([x, x], dtype='c16', casting='no')"), several("xp.column_stack([x, [1, 2, 3, 4, 5]])"),
    several("xp.block(x)"), several("xp.block([x, x])"), several("xp.block([[x, x], [x, x]])"), several("xp.block([[x, 1]])"), several("xp.block([[x], [x]])"), several("xp.block([[[x]], [[x]]])"),
    several("xp.block([x, [x]])"), several("xp.block([[x], []])"), several("xp.block((x, x))"), several("xp.block([[x, x], x])"),
    several("xp.append(x, x)"), several("xp.append(x, [1, 2])"), several("xp.append(x, x, 0)"), several("xp.append(x, x, -1)"), several("xp.append(x, 1, 0)"), several("xp.append(1, x)"),
    # deleted and inserted
    call("delete", 0), call("delete", -1), call("delete", 99), call("delete", 1, 0), call("delete", [0, 2], -1), call("delete", [0, 2, 2, -1], 0), call("delete", []),
    call("delete", slice(None, None, 2)), call("delete", slice(1, None, 3), 0), call("delete", slice(None, None, -1), 0), call("delete", slice(None, 1, -2), -1), call("delete", slice(2, 1), 0),
    call("delete", slice(0, 2), 1), call("delete", [True, False, True], 0), call("delete", [True, False, True, False], -1), call("delete", [1.0]), call("delete", [99], 0),
    call("delete", np.array([[0, 1]]), 0), call("delete", True, 0), call("delete", np.array([], bool)), call("delete", 0, 7),
    call("insert", 0, 7), call("insert", -1, 7, 0), call("insert", 1, [1], 0), call("insert", 99, 1), call("insert", [1], 7, 0), call("insert", [1, 1], 7, 0), call("insert", [0, 2], 9),
    call("insert", [2, 0], [1, 2], -1), call("insert", slice(0, 3), 5), call("insert", slice(None, None, 2), 5, 0), call("insert", [], 5), call("insert", [], [], 0), call("insert", [0], [[1], [2]], 0),
    call("insert", 0, [1, 2, 3, 4], 0), call("insert", 1, [1, 2, 3], 1), call("insert", [1], [[1], [2], [3]], 1), call("insert", [0, 99], 1), call("insert", [[0]], 1), several("xp.insert(x, [-1, 0], 3, -1) if x.size else x"),
    call("insert", 0, 7, 8), call("insert", [0, 1, 0, 1], [1, 2, 3, 4]), call("insert", -99, 1, 0), call("insert", 0, np.ones((1, 1, 2))), several("xp.insert(x, 1, x)"),
    call("trim_zeros"), call("trim_zeros", "f"), call("trim_zeros", "B"), call("trim_zeros", axis=0), call("trim_zeros", axis=(0, -1)), call("trim_zeros", "x"), call("trim_zeros", axis=9),
    # broadcast
    call("broadcast_to", (2, 3, 4)), call("broadcast_to", (5,)), call("broadcast_to", 4), several("xp.broadcast_arrays(x, 1)"), several("xp.broadcast_arrays(x, [[1], [2]])"),
    several("xp.broadcast_arrays(x, np.ones((2, 9)))"),
    # diagonals and triangles
    call("diagonal"), call("diagonal", 1), call("diagonal", -2), call("diagonal", 99), call("diagonal", -99, 1, 0), call("diagonal", 0, -1, 0), call("diagonal", 1, 1, 2),
    call("diagonal", axis1=0, axis2=0), call("diagonal", 0, 0, 5), call("diag"), call("diag", 2), call("diag", -1), call("diag", k=-9), call("diagflat"), call("diagflat", 1),
    call("diagflat", -2), call("tril"), call("tril", 1), call("tril", -2), call("triu"), call("triu", 2), call("triu", -9), call("tril", k=99),
    # windows
    several("xp.lib.stride_tricks.sliding_window_view(x, 2)"), several("xp.lib.stride_tricks.sliding_window_view(x, (2, 2))"),
    several("xp.lib.stride_tricks.sliding_window_view(x, 2, -1)"), several("xp.lib.stride_tricks.sliding_window_view(x, (2, 2), (0, 0))"), several("xp.lib.stride_tricks.sliding_window_view(x, 0, 0)"),
    several("xp.lib.stride_tricks.sliding_window_view(x, -1, 0)"), several("xp.lib.stride_tricks.sliding_window_view(x, 6, 0)"), several("xp.lib.stride_tricks.sliding_window_view(x, (2, 1), 0)"),
    several("xp.lib.stride_tricks.sliding_window_view(x, 2, 9)"), several("xp.lib.stride_tricks.sliding_window_view(x, (), ())"), several("xp.lib.stride_tricks.sliding_window_view(x, ())"),
]  # fmt: skip


@pytest.mark.parametrize("function", TABLE)
def test_as_numpy(function):
    """Every call on every shape, with types and memory layouts in turn."""
    rng = np.random.default_rng(5)
    for number, shape in enumerate(SHAPES):
        kinds = rng.permutation(ALL)
        for dtype, layout in zip(kinds[:3], rng.permutation(LAYOUTS), strict=False):
            a = laid_out(dtype, shape, str(layout), rng)
            same(function, a, message=f"on {dtype} {shape} {layout} ({number})")


@pytest.mark.parametrize("function", TABLE)
def test_through_numpy(function):
    """NumPy's own functions, given a lazy array, do the same and stay lazy."""
    rng = np.random.default_rng(6)
    for shape in [(4, 4), (5,)]:
        a = random_values("f4", shape, rng)
        want = outcome(function, np, a)
        got = outcome(function, np, nt.asarray(a))
        if isinstance(want, Exception):
            assert isinstance(got, public_class(want)), f"{got!r}, NumPy {want!r}"
            continue
        assert not isinstance(got, Exception), got
        for one, right in zip(*([got], [want]) if not isinstance(want, tuple | list) else (got, want), strict=True):
            assert isinstance(one, nt.Array)
            assert_same_bits(one, np.asarray(right))


def test_counting():
    for shape in SHAPES:
        a = np.zeros(shape)
        x = nt.asarray(a)
        for name, args in [("shape", ()), ("ndim", ()), ("size", ()), ("size", (0,)), ("size", ((0, -1),)), ("size", (3,))]:
            want = outcome(getattr(np, name), a, *args)
            for got in (outcome(getattr(nt, name), x, *args), outcome(getattr(nt, name), a, *args), outcome(getattr(np, name), x, *args)):
                assert got == want if not isinstance(want, Exception) else isinstance(got, type(want)), (name, args, got)
    assert nt.broadcast_shapes((3, 1), 4, ()) == np.broadcast_shapes((3, 1), 4, ())


def test_every_function_is_in_the_table():
    text = " ".join(inspect.getsource(inspect.getmodule(same)).split())
    for module in (_shape, _join, _rearrange, _pad):
        for name in set(module.__all__) - {"concat", "permute_dims"}:  # other names of functions in the table
            assert f'"{name}"' in text or f"xp.{name}(" in text or f"nt.{name}(" in text, name


@pytest.mark.parametrize("module", [_shape, _join, _rearrange, _pad, nt._diagonals, nt._triangles, nt._creation, nt._ranges, nt._grids, nt._from_data])
def test_signatures_are_numpys(module):
    for name in module.__all__:
        theirs = outcome(inspect.signature, getattr(np, name, None))
        if isinstance(theirs, inspect.Signature) and name not in ("array", "loadtxt"):
            ours = inspect.signature(getattr(nt, name))
            assert [p for p in ours.parameters] == [p for p in theirs.parameters], name
            for mine, other in zip(ours.parameters.values(), theirs.parameters.values(), strict=True):
                assert mine.kind == other.kind, f"{name}: {mine}"
                assert mine.default == other.default or (mine.default, other.default) == ("constant", "constant"), f"{name}: {mine}"


# ---- out= ------------------------------------------------------------------------------------------------------


def test_joins_into_out():
    a, b = np.arange(6.0).reshape(2, 3), np.ones((1, 3))
    x = nt.asarray(a)
    for kind in ("f8", "c16", "i8"):
        out, lazy = np.empty((3, 3), kind), nt.zeros((3, 3), kind)
        want = outcome(np.concatenate, [a, b], out=np.empty((3, 3), kind))
        for target in (out, lazy):
            got = outcome(nt.concatenate, [x, b], out=target)
            if isinstance(want, Exception):
                assert isinstance(got, type(want)), got
            else:
                assert got is target
                assert_same_bits(np.asarray(target), want)
    assert_same_bits(nt.stack([x, x], out=np.empty((2, 2, 3))), np.stack([a, a]))
    assert_same_bits(nt.concatenate([x, b], out=np.empty((3, 3), "i4"), casting="unsafe"), np.concatenate([a, b]).astype("i4"))
    for wrong in (dict(out=np.empty(3)), dict(out=np.empty((3, 3)), dtype="f8")):
        want, got = outcome(np.concatenate, [a, b], **wrong), outcome(nt.concatenate, [x, b], **wrong)
        assert isinstance(got, type(want)), got
    with pytest.raises(ValueError, match="wrong shape"):
        nt.stack([x, x], out=np.empty((2, 3, 2)))


def test_joins_want_sequences():
    for name in ("concatenate", "stack", "vstack", "hstack", "dstack", "column_stack"):
        for bad in ((part for part in [[1]]), [], 3):
            want, got = outcome(getattr(np, name), bad), outcome(getattr(nt, name), bad)
            assert isinstance(got, public_class(want)), f"{name}({bad!r}): {got!r}, NumPy {want!r}"


# ---- padding ---------------------------------------------------------------------------------------------------

PADDING = [
    ("constant", {}), ("constant", {"constant_values": 7}), ("constant", {"constant_values": (1, 2)}), ("constant", {"constant_values": 300}),
    ("constant", {"constant_values": ((1, 300),)}), ("constant", {"constant_values": 2.7}), ("constant", {"constant_values": 1j}), ("constant", {"stat_length": 1}),
    ("edge", {}), ("linear_ramp", {}), ("linear_ramp", {"end_values": 5}), ("linear_ramp", {"end_values": (4, 9)}), ("linear_ramp", {"end_values": 1.5}),
    ("maximum", {}), ("maximum", {"stat_length": 2}), ("minimum", {"stat_length": (1, 3)}), ("minimum", {"stat_length": 99}), ("minimum", {"stat_length": -1}),
    ("reflect", {}), ("reflect", {"reflect_type": "odd"}), ("symmetric", {}), ("symmetric", {"reflect_type": "odd"}), ("symmetric", {"reflect_type": "even"}),
    ("wrap", {}), ("maximum", {"stat_length": 0}), ("nonsense", {}), ("wrap", {"reflect_type": "odd"}),
]  # fmt: skip
WIDTHS = [0, 1, 2, (1, 2), (0, 3), 7, (13, 40), ((1, 2),), ((3,),), (), -1, 1.5, ((1, 2), (0, 3)), ((1,), (2,)), {0: 2}, {-1: (1, 3)}, {1: 1}]
SMALL = {"?": 2, "u1": 9, "i1": 9}


@pytest.mark.parametrize("mode, options", PADDING, ids=[f"{mode}-{options}" for mode, options in PADDING])
def test_pad(mode, options):
    rng = np.random.default_rng(7)
    for number, shape in enumerate([(), (0,), (1,), (5,), (3, 4), (1, 2), (0, 3), (2, 3, 4)]):
        for place, width in enumerate(WIDTHS):
            dtype = ALL[(number * len(WIDTHS) + place) % len(ALL)]
            if options.get("reflect_type") == "odd" and dtype in ("?", "f2", "f4", "f8", "c8", "c16"):
                dtype = "i2"  # images of images round differently, and booleans have none
            # Ramps of small numbers: NumPy casts what does not fit in ways of the processor.
            small = mode == "linear_ramp"
            a = rng.integers(0, 9, shape).astype(dtype) if small else random_values(dtype, shape, rng)
            same(lambda xp, x: xp.pad(x, width, mode, **options), a, message=f"{dtype} {shape} {width}")


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16", "?"])
def test_pad_with_odd_images(mode, dtype):
    a = random_values(dtype, (6, 5), np.random.default_rng(3), edges=0)
    near = dict(pad_width=((2, 5), (4, 1)), mode=mode, reflect_type="odd")
    same(lambda xp, x: xp.pad(x, **near), a)
    far = dict(pad_width=((30, 8), (0, 17)), mode=mode, reflect_type="odd")
    if dtype == "?":
        with pytest.raises(NotImplementedError, match="booleans"):
            nt.pad(nt.asarray(a), **far)
        return
    want = np.pad(a, **far)
    np.testing.assert_allclose(np.asarray(nt.pad(nt.asarray(a), **far)), want, rtol=0, atol=np.abs(want).max() * 40 * np.finfo(dtype).eps)


@given(st.data(), arrays(edges=0), st.sampled_from(["reflect", "symmetric", "wrap", "edge", "linear_ramp"]), st.sampled_from(["even", "odd"]))
def test_pad_of_any_array(data, a, mode, kind):
    widths = [data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4))) for _ in range(a.ndim)]
    options = {"reflect_type": kind} if mode in ("reflect", "symmetric") else {}
    if mode == "linear_ramp" and a.dtype.kind in "iufc":
        # Ramps of whole numbers are computed alike: NumPy casts what does not fit in ways of the processor.
        a = (a.real % 100).astype(a.dtype)
        a = np.where(np.isfinite(a), a, 0).astype(a.dtype)
    same(lambda xp, x: xp.pad(x, widths, mode, **options), a, message=f"{a.shape} {a.dtype} {widths}")


@pytest.mark.parametrize("dtype", ["i1", "u8", "i4", "f4", "f8", "c8", "?"])
def test_pad_with_means(dtype):
    a = np.arange(35).reshape(5, 7).astype(dtype)
    for options in ({}, {"stat_length": 3}, {"stat_length": ((2, 4), (3, 1))}):
        want = np.pad(a, (2, 1), "mean", **options)
        got = np.asarray(nt.pad(nt.asarray(a), (2, 1), "mean", **options))
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-6)


def test_pad_with_medians_and_functions():
    a = np.array([[5, 1, 9, 2], [7, 7, 3, 0]])

    def stripes(line, width, axis, given):
        line[: width[0]], line[len(line) - width[1] :] = given["before"], axis

    assert_same_bits(nt.pad(nt.asarray(a), (1, 2), "median", stat_length=3), np.pad(a, (1, 2), "median", stat_length=3))
    assert_same_bits(nt.pad(nt.asarray(a), 2, stripes, before=8), np.pad(a, 2, stripes, before=8))
    with pytest.raises(ValueError, match="unsupported keyword"):
        nt.pad(nt.asarray(a), 2, "median", before=8)


def test_pad_with_nothing_in_particular():
    x = nt.arange(5)
    assert nt.pad(x, 2, "empty").shape == (9,)
    assert_same_bits(nt.pad(x, 2, "empty")[2:-2], np.arange(5))


def test_long_pads_stay_small_plans():
    x = nt.asarray(np.arange(3))
    for mode in ("reflect", "symmetric", "wrap"):
        long = nt.pad(x, 10**6, mode)
        assert len(str(nt.explain(long))) < 2000
        assert_same_bits(long[999_990:1_000_010], np.pad(np.arange(3), 10**6, mode)[999_990:1_000_010])


# ---- laziness, reading, budgets --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: nt.roll(x, 3, 0)[5:6], lambda x: nt.tile(x, (2, 1))[1005:1006], lambda x: nt.repeat(x, 2, 0)[11:12],
        lambda x: nt.pad(x, 3)[5:6], lambda x: nt.delete(x, 4, 0)[5:6], lambda x: nt.insert(x, 4, 0, 0)[5:6], lambda x: nt.concatenate([x, x])[1005:1006],
        lambda x: nt.split(x, 4)[2][5:6], lambda x: nt.unstack(x)[5], lambda x: nt.sliding_window_view(x, 5, 0)[3:4], lambda x: nt.diagonal(x)[:9], lambda x: nt.trace(x[:9]),
        lambda x: nt.tril(x)[5], lambda x: nt.resize(x, (3000, 100))[2005],
    ],
)  # fmt: skip
def test_a_part_of_a_view_reads_a_part_of_the_file(function, save_npy):
    a = np.arange(100_000.0).reshape(1000, 100)
    x = nt.open(save_npy(a))
    lazy = function(x)
    assert isinstance(lazy, nt.Array)
    assert_same_bits(lazy, np.asarray(function(nt.asarray(a))))
    assert nt.last_run() is not None
    np.asarray(function(x) + 0)
    assert nt.last_run().bytes_read <= 200 * 1024


def test_building_reads_nothing(save_npy):
    x = nt.open(save_npy(np.arange(12.0).reshape(3, 4)))
    before = np.asarray(x) is not None and nt.last_run()
    lazy = [
        nt.roll(x, 1), nt.rot90(x), nt.tile(x, 3), nt.repeat(x, [1, 2, 3], 0), nt.pad(x, 2, "linear_ramp"), nt.pad(x, 9, "reflect", reflect_type="odd"), nt.delete(x, [0, 1], 1),
        nt.insert(x, 0, 9, 1), nt.block([[x, x], [x, x]]), nt.split(x, 2, 1)[1], nt.sliding_window_view(x, (2, 2)), nt.diagonal(x), nt.trace(x), nt.tril(x), nt.resize(x, (7, 5)),
        nt.linspace(x, x + 1, 5), nt.vander(x[0]), nt.diag(x[0]),
    ]  # fmt: skip
    assert all(isinstance(one, nt.Array) for one in lazy)
    assert nt.last_run() == before, "something was computed"


def test_windows_read_a_file_once(save_npy):
    a = np.random.default_rng(8).standard_normal((400, 300))
    x = nt.open(save_npy(a))
    want = np.lib.stride_tricks.sliding_window_view(a, (5, 7))
    windows = nt.sliding_window_view(x, (5, 7))
    np.testing.assert_allclose(np.asarray(windows.max(axis=(2, 3))), want.max(axis=(2, 3)))
    assert nt.last_run().bytes_read <= 2 * a.nbytes
    assert_same_bits(windows[::3, ::-2, :, ::-1], want[::3, ::-2, :, ::-1])
    assert "reads 960.0 kB" in nt.explain(windows.sum())


@given(st.data(), arrays(edges=0))
def test_views_that_move_several_axes(data, a):
    """Windows and diagonals of slices of windows of joined and computed arrays."""
    if a.ndim == 0:
        return
    axis = data.draw(st.integers(0, a.ndim - 1))
    window = data.draw(st.integers(0, a.shape[axis]))
    step = data.draw(st.sampled_from([1, 2, -1, -3]))
    offset = data.draw(st.integers(-3, 3))
    made = data.draw(st.sampled_from(["plain", "joined", "computed", "reshaped", "taken"]))

    def function(xp, x):
        if made == "joined":
            x = xp.concatenate([x, x], 0)
        if made == "computed":
            x = x + x
        if made == "reshaped":
            x = xp.concatenate([x, x], 0).reshape((2, *x.shape))
        if made == "taken" and x.shape[0]:
            x = xp.take(x, [0, -1, 0], 0)
        place = axis + (made == "reshaped")
        if window > x.shape[place]:
            return x
        wide = xp.lib.stride_tricks.sliding_window_view(x, window, place)[..., ::step]
        return xp.diagonal(wide, offset, place, -1)

    same(function, a, message=f"{a.shape} {axis} {window} {step} {offset} {made}")


def test_parts_of_joined_arrays_are_not_put_together(save_npy):
    a = np.arange(2000.0 * 500).reshape(2000, 500)
    x = nt.open(save_npy(a))
    joined, stacked = np.concatenate([a, a + 1]), np.stack([a, -a], -1)
    for got, want in [
        (nt.concatenate([x, x + 1])[::-500], joined[::-500]), (nt.concatenate([x, x + 1])[3::700, ::-3], joined[3::700, ::-3]), (nt.stack([x, -x], -1)[..., 1], stacked[..., 1]),
        (nt.concatenate([x, x + 1])[2500], joined[2500]), (nt.concatenate([x, x + 1]).diagonal(-1700), joined.diagonal(-1700)), (nt.concatenate([x, x + 1]).T[5::9, 1000:3000:400], joined.T[5::9, 1000:3000:400]),
        (nt.concatenate([x, x + 1])[::500].mean(axis=0), joined[::500].mean(axis=0)), (nt.concatenate([x, x + 1])[3999:0:-7, None], joined[3999:0:-7, None]),
    ]:  # fmt: skip
        assert_same_bits(got + 0, want + 0) if got.ndim != 1 or got.shape != (500,) else np.testing.assert_allclose(np.asarray(got), want)
    assert "build" not in nt.explain(nt.stack([x, -x], -1)[..., 1]), "one part is no join"
    np.asarray(nt.concatenate([x, x + 1])[::500] + 0)
    assert nt.last_run().bytes_read < 100_000


@pytest.mark.parametrize("memory", [8, 12, 64])
def test_large_arrays_at_small_budgets(memory, save_npy):
    rng = np.random.default_rng(9)
    a = rng.integers(-1000, 1000, (1500, 1100)).astype("i4")
    x = nt.open(save_npy(a))
    nt.config(memory=memory * MB)
    for function in [
        lambda xp, x: xp.roll(x, (700, -3), (0, 1)), lambda xp, x: xp.rot90(x), lambda xp, x: xp.tile(x, (1, 2)), lambda xp, x: xp.repeat(x, 2, 0),
        lambda xp, x: xp.pad(x, (5, 9), "reflect"), lambda xp, x: xp.pad(x, 2000, "wrap")[:50], lambda xp, x: xp.delete(x, slice(None, None, 3), 1),
        lambda xp, x: xp.insert(x, [4, 700], 7, 0), lambda xp, x: xp.block([[x, x], [x, x + 1]]), lambda xp, x: xp.lib.stride_tricks.sliding_window_view(x, (3, 3)).max((2, 3)),
        lambda xp, x: xp.tril(x) + xp.triu(x, 1), lambda xp, x: xp.diagonal(x, 3), lambda xp, x: xp.trace(x), lambda xp, x: xp.vstack([x, x[::-1]]),
        lambda xp, x: xp.diagonal(xp.concatenate([x, x], 1)), lambda xp, x: xp.lib.stride_tricks.sliding_window_view(xp.concatenate([x, x], 1), 4, 1).sum(-1),
    ]:  # fmt: skip
        assert_same_bits(function(nt, x), np.asarray(function(np, a)))


# ---- flat ------------------------------------------------------------------------------------------------------


def test_flat():
    a = np.arange(24.0).reshape(2, 3, 4)
    x = nt.asarray(a)
    for key in (5, -1, slice(3, 20, 4), [1, 7], slice(None)):
        assert_same_bits(x.flat[key], np.asarray(a.flat[key]))
    assert len(x.flat) == 24 and x.flat.base is x
    it = x.flat
    assert [float(next(it)), float(next(it))] == [0.0, 1.0] and it.index == 2 and it.coords == (0, 0, 2)
    assert [float(v) for v in nt.asarray(a[:1, :1]).flat] == [0.0, 1.0, 2.0, 3.0]
    assert_same_bits(np.asarray(x.flat), a.ravel())
    assert_same_bits(x.flat.copy(), a.ravel())
    third = np.arange(24) % 3 == 0
    for key, value in [
        (3, 9), (-2, 8), (slice(2, 9), [1, 2]), (slice(0, 3), np.arange(9)), (slice(None), 4), (slice(None, None, 5), [1, 2]), (slice(20, 3, -4), [1, 2, 3]), ([1, 7, 3], [5, 6, 7]), ([1, 7, 3], [5]), (third, -1),
        (third, [7, 8]),
    ]:  # fmt: skip
        b, y = a.copy(), nt.array(a)
        b.flat[key], y.flat[key] = value, value
        assert_same_bits(y, b, f"{key} {value}")
    with pytest.raises(IndexError):
        x.flat[24]


# ---- long axes and many pieces ---------------------------------------------------------------------------------


@given(generators, st.integers(0, 1), st.sampled_from(["i4", "f8", "c8"]), layouts)
def test_many_positions(rng, axis, dtype, layout):
    a = laid_out(dtype, (700, 3) if axis == 0 else (3, 700), layout, rng, edges=0)
    gone = rng.choice(700, 400, replace=False)
    where = rng.integers(0, 701, 400)
    counts = rng.integers(0, 3, 700)
    same(lambda xp, x: xp.delete(x, gone, axis), a)
    same(lambda xp, x: xp.delete(x, slice(1, 690, 2), axis), a)
    same(lambda xp, x: xp.insert(x, where, np.arange(400) if axis == 1 else np.arange(400)[:, None], axis), a)
    same(lambda xp, x: xp.repeat(x, counts, axis), a)


# ---- sums along diagonals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ALL)
def test_trace(dtype):
    a = (np.arange(60).reshape(3, 4, 5) - 20).astype(dtype)
    x = nt.asarray(a)
    for args in [(), (1,), (-1, 1, 2), (0, 2, 0), (9,)]:
        want = np.trace(a, *args)
        assert_same_bits(nt.trace(x, *args) + 0, np.asarray(want) + 0, f"{args}")
        assert_same_bits(x.trace(*args) + 0, np.asarray(want) + 0, f"{args}")
        assert_same_bits(np.trace(x, *args) + 0, np.asarray(want) + 0, f"{args}")
    assert_same_bits(nt.trace(x, dtype="f8") + 0, np.trace(a, dtype="f8") + 0)


def test_methods_are_functions():
    a = np.arange(24).reshape(2, 3, 4)
    x = nt.asarray(a)
    for name, args in [("diagonal", (1, 2, 1)), ("trace", ()), ("repeat", (2, 1)), ("swapaxes", (0, 2)), ("ravel", ("F",)), ("squeeze", ())]:
        assert_same_bits(getattr(x, name)(*args), np.asarray(getattr(a, name)(*args)), name)
