"""Running values along an axis, and differences of neighbours: NumPy's answers, exact sums, one set of bits."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, INTEGERS, LAYOUTS, arrays, finite_values, laid_out, random_values
from compare import assert_like_numpy, assert_same_bits, outcome, public_class, wrapped
from conftest import MB, force_tile
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt
from numtile import _engine, _scans

accumulate = _scans.accumulate_ufunc

#: Binary ufuncs with one result, and those among them whose elementwise bits are NumPy's.
BINARY = [
    name
    for name in sorted(dir(np))
    if isinstance(ufunc := getattr(np, name), np.ufunc) and ufunc.__name__ == name and ufunc.nin == 2
]
EXACT = [
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "minimum", "maximum", "fmin", "fmax", "equal",
    "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
    "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "copysign",
]  # fmt: skip
HERE = {name for name, _ in _engine.operations()}
#: Lengths around whole leaves, on the last axis and on another one.
ACROSS = [1, 2, 255, 4095, 4096, 4097, 8192, 3 * 4096 + 1]
DOWN = [1, 2, 255, 256, 257, 512, 769]


def like_numpy(name, a, axis=0, dtype=None):
    """The bits of NumPy's accumulate, or an error of the same class."""
    want = outcome(getattr(np, name).accumulate, a, axis, dtype)
    got = outcome(lambda: np.asarray(accumulate(name, nt.asarray(a), axis, dtype)))
    if isinstance(want, Exception):
        assert isinstance(got, public_class(want)), f"{name} {a.dtype}: NumPy raises {want!r}, numtile {got!r}"
    else:
        assert_same_bits(got, want, f"{name} of {a.dtype} {a.shape} along {axis} dtype={dtype}")


def is_rounded(name, dtype):
    """Where numtile is more accurate than NumPy: float sums, and products of small floats."""
    dtype = np.dtype(dtype)
    return dtype.kind in "fc" and (name == "add" or (name == "multiply" and dtype.str[1:] in ("f2", "f4", "c8")))


# ---- types and errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BINARY)
def test_types_and_errors_are_numpys(name):
    rng = np.random.default_rng(len(name))
    for given_type, dtype in itertools.product(ALL, [None, *ALL]):
        a = rng.integers(0, 2, (5, 3)).astype(given_type)
        want = outcome(getattr(np, name).accumulate, a, 0, dtype)
        got = outcome(lambda: accumulate(name, nt.asarray(a), 0, dtype))
        note = f"{name} of {given_type}, dtype={dtype}"
        if isinstance(want, Exception):
            assert isinstance(got, public_class(want)), f"{note}: NumPy raises {want!r}, numtile {got!r}"
        elif name not in HERE:
            assert isinstance(got, NotImplementedError), note
        else:
            assert (got.dtype, got.shape) == (want.dtype, want.shape), f"{note}: {got!r}"


def test_ufuncs_that_do_not_accumulate():
    x = nt.arange(4)
    for name in ("negative", "frexp", "divmod", "matmul"):
        want = outcome(getattr(np, name).accumulate, np.arange(4))
        with pytest.raises(type(want)):
            accumulate(name, x)


@pytest.mark.parametrize("axis", [0, -1, 1, -2, 2, -3, None, (1,), (0, 1), (), 0.5, "x", True])
@pytest.mark.parametrize("shape", [(), (3,), (3, 4), (0, 3), (3, 0)])
def test_axes(shape, axis):
    a = np.arange(math.prod(shape)).reshape(shape)
    for name in ("add", "minimum"):
        like_numpy(name, a, axis)
    for name in ("cumsum", "cumprod"):
        assert_like_numpy(lambda m, x, name=name: getattr(m, name)(x, axis=axis), a)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1,), (1, 1), (2, 1, 3), (1, 0, 2)])
def test_empty_and_short(name, shape):
    for dtype, axis in itertools.product(["?", "i2", "f4", "c16"], range(len(shape))):
        like_numpy(name, np.ones(shape, dtype), axis)


def test_outputs():
    a = np.array([[100, 100, 3], [1, 2, 3]], "i1")
    for into in (np.zeros((2, 3)), np.zeros((2, 3), "i1"), np.zeros((2, 3), "i2"), np.zeros((2, 3), "c8")):
        for name in ("add", "subtract", "logical_and", "multiply"):
            want, got, lazy = into.copy(), into.copy(), nt.asarray(into.copy())
            getattr(np, name).accumulate(a, 1, None, want)
            assert accumulate(name, a, 1, None, got) is got
            assert accumulate(name, a, 1, None, (lazy,)) is lazy
            assert_same_bits(got, want)
            assert_same_bits(lazy, want)
    for wrong in (np.zeros(3), np.zeros((1, 2, 3))):
        with pytest.raises(ValueError, match="wrong size"):
            accumulate("add", a, 0, None, wrong)
    with pytest.raises(TypeError):
        accumulate("add", a, 0, None, [1, 2])
    out = np.zeros((2, 4), "f4")
    assert nt.cumulative_sum(a, axis=1, include_initial=True, out=out) is out
    assert_same_bits(out, np.cumulative_sum(a, axis=1, include_initial=True, out=np.zeros((2, 4), "f4")))


# ---- NumPy's bits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", ALL)
def test_exact_operations_have_numpys_bits(name, dtype):
    """Over several leaves along both kinds of axes, with values where arithmetic goes wrong."""
    rng = np.random.default_rng(len(name))
    loop = outcome(lambda: getattr(np, name).accumulate(np.ones(2, dtype)).dtype)
    if not isinstance(loop, Exception) and is_rounded(name, loop):
        pytest.skip("not NumPy's bits")
    for shape, axis in (((2 * 4096 + 3,), 0), ((3, 4099), 1), ((515, 5), 0), ((2, 259, 17), 1), ((9, 33), 1)):
        a = random_values(dtype, shape, rng)
        if name in ("left_shift", "right_shift") and a.dtype.kind in "iu":
            a = (a % 7).astype(dtype)
        like_numpy(name, a, axis)


@given(arrays(layouts=st.sampled_from(LAYOUTS)), st.data())
def test_every_layout(a, data):
    name = data.draw(st.sampled_from(["maximum", "subtract", "bitwise_xor", "logical_or", "add", "multiply"]))
    if a.ndim == 0 or (name in ("add", "multiply") and a.dtype.kind in "fc"):
        a = np.atleast_1d(a).astype("i4") if a.dtype.kind != "c" else np.atleast_1d(a.real).astype("i4")
    like_numpy(name, a, data.draw(st.integers(-a.ndim, a.ndim - 1)))


@given(arrays(dtypes=st.sampled_from(["?", *INTEGERS])), st.data())
def test_integers_are_exact(a, data):
    """Compared with Python's integers, wrapped at the end."""
    name = data.draw(st.sampled_from(["add", "multiply"]))
    dtype = data.draw(st.sampled_from([None, *INTEGERS]))
    a = a.reshape(-1)
    got = np.asarray(accumulate(name, nt.asarray(a), 0, dtype))
    exact = list(itertools.accumulate(map(int, a), int.__add__ if name == "add" else lambda x, y: wrapped(x * y, "i8")))
    assert got.tolist() == [wrapped(value, got.dtype) for value in exact]


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_sums_of_every_layout(dtype, layout):
    """Whole numbers below 2^11 add exactly in every type, so these must be NumPy's bits."""
    rng = np.random.default_rng(3)
    a = laid_out(dtype, (261, 4, 3), layout, rng, edges=0)
    small = (a.astype("i8") if a.dtype.kind != "c" else a.real.astype("i8")) % 3
    a = small.astype(a.dtype) if layout in ("C", "broadcast") else _same_layout(a, small)
    for axis in range(3):
        like_numpy("add", a, axis)


def _same_layout(a, values):
    """`values` lying in memory as `a` does, where that can be written to."""
    if not a.flags.writeable:
        return values.astype(a.dtype)
    a[...] = values
    return a


# ---- sums of floats --------------------------------------------------------------------------------------------------


def exact_prefixes(a):
    """Numerators and the common denominator of all running sums, and of those of absolute values."""
    ratios = [value.as_integer_ratio() for value in map(float, a)]
    unit = max((denominator for _, denominator in ratios), default=1)
    whole = [numerator * (unit // denominator) for numerator, denominator in ratios]
    return list(itertools.accumulate(whole)), list(itertools.accumulate(map(abs, whole))), unit


def hard(kind, n, rng):
    """Numbers that are hard to add."""
    if kind == "wide":
        return rng.standard_normal(n) * 2.0 ** rng.integers(-60, 60, n)
    if kind == "cancelling":
        a = rng.standard_normal(n) * 1e10
        a[1::2] = -a[: n // 2 * 2 : 2] * (1 + 2.0**-50)
        return a
    if kind == "creeping":
        return np.concatenate([[1.0], np.full(n - 1, 2.0**-53)])
    return rng.random(n)


@pytest.mark.parametrize("kind", ["wide", "cancelling", "creeping", "positive"])
@pytest.mark.parametrize("shape, axis", [((3 * 4096 + 1,), 0), ((1025, 2), 0)])
def test_float64_sums_keep_their_bound(kind, shape, axis):
    rng = np.random.default_rng(5)
    a = np.stack([hard(kind, shape[axis], rng) for _ in range(math.prod(shape[1:]))], -1).reshape(shape)
    got = np.asarray(nt.cumsum(a, axis=axis))
    for column, sums in zip(a.reshape(shape[0], -1).T, got.reshape(shape[0], -1).T, strict=True):
        exact, size, unit = exact_prefixes(column)
        for n, (value, total, absolute) in enumerate(zip(sums.tolist(), exact, size, strict=True), 1):
            error = abs(Fraction(value) - Fraction(total, unit))
            bound = Fraction(2 * math.log2(n)) * Fraction(absolute, unit) / 2**53
            assert error <= bound, f"{float(error)} exceeds {float(bound)} after {n} elements"


@pytest.mark.parametrize("kind", ["wide", "cancelling", "creeping"])
def test_a_leaf_of_float64_is_right_to_its_last_bit(kind):
    """Inside the first leaf the error is one rounding, and what cancels costs next to nothing."""
    a = hard(kind, 4096, np.random.default_rng(6))
    exact, size, unit = exact_prefixes(a)
    for n, value in enumerate(np.asarray(nt.cumsum(a)).tolist()):
        total, absolute = Fraction(exact[n], unit), Fraction(size[n], unit)
        assert abs(Fraction(value) - total) <= abs(total) / 2**53 + absolute * (n + 1) ** 2 / 2**106


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize("shape, axis", [((2 * 4096 + 5,), 0), ((700, 3), 0)])
def test_small_floats_are_rounded_once(dtype, shape, axis):
    a = finite_values(dtype, shape, np.random.default_rng(7), 0.01)
    got = np.asarray(nt.cumsum(a, axis=axis))
    for column, sums in zip(a.reshape(shape[0], -1).T, got.reshape(shape[0], -1).T, strict=True):
        exact, size, unit = exact_prefixes(column)
        for n, value in enumerate(sums):
            slack = Fraction(size[n], unit) / 2**40
            assert abs(Fraction(float(value)) - Fraction(exact[n], unit)) <= Fraction(float(np.spacing(abs(value)))) / 2 + slack


def test_complex_sums_are_those_of_the_parts():
    rng = np.random.default_rng(8)
    for shape, axis in (((2 * 4096 + 3,), 0), ((600, 5), 0), ((3, 2, 4099), 2)):
        for dtype, part in (("c8", "f4"), ("c16", "f8")):
            a = finite_values(dtype, shape, rng)
            got = np.asarray(nt.cumsum(a, axis=axis))
            want = np.empty_like(a)
            want.real = np.asarray(nt.cumsum(a.real.astype(part), axis=axis))
            want.imag = np.asarray(nt.cumsum(a.imag.astype(part), axis=axis))
            assert_same_bits(got, want)


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
def test_infinities_and_nans_spread_as_in_numpy(dtype):
    rng = np.random.default_rng(9)
    for special in ([np.inf], [-np.inf, np.inf], [np.nan], [np.inf, np.nan]):
        for shape, axis in (((3 * 4096 + 1,), 0), ((700, 3), 0)):
            a = finite_values(dtype, shape, rng)
            for value in special:
                a[tuple(int(rng.integers(0, n)) for n in shape)] = value
            got, want = np.asarray(nt.cumsum(a, axis=axis)), np.cumsum(a, axis=axis)
            for part in ("real", "imag"):
                g, w = getattr(got, part), getattr(want, part)
                assert np.array_equal(np.isnan(g), np.isnan(w))
                assert np.array_equal(g[np.isinf(w)], w[np.isinf(w)])
                assert np.isfinite(g).sum() == np.isfinite(w).sum()


def test_signs_of_zero():
    zeros = np.full(5000, -0.0)
    assert np.signbit(np.asarray(nt.cumsum(zeros))).all()
    assert not np.signbit(np.asarray(nt.cumsum(np.concatenate([zeros, [0.0], zeros])))[5000:]).any()
    assert np.asarray(nt.cumsum(np.array([1e16, 1.0, -1e16]))).tolist() == [1e16, 1e16, 1.0]


# ---- products --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_products_of_small_floats_are_rounded_once(dtype):
    rng = np.random.default_rng(10)
    for shape in ((4096 + 100,), (300, 2)):
        a = (1 + finite_values("f8", shape, rng, 0.01)).astype(dtype)
        got = np.asarray(nt.cumprod(a, axis=0)).reshape(shape[0], -1)
        for column, products in zip(a.reshape(shape[0], -1).T, got.T, strict=True):
            # The exact product is a whole number of 2^-40s per factor; its first 200 bits are exact enough.
            exact, shift = 1, 0
            for n, (factor, value) in enumerate(zip(column.tolist(), products, strict=True)):
                exact, shift = exact * int(factor * 2**40), shift + 40
                extra = max(exact.bit_length() - 200, 0)
                exact, shift = exact >> extra, shift - extra
                true = Fraction(exact, 2**shift)
                far = abs(Fraction(float(value)) - true)
                assert far <= Fraction(float(np.spacing(abs(value)))) / 2 + true * n / 2**52


def test_products_neither_overflow_nor_vanish_before_numpys():
    """Factors that would overflow in any other order than from the first to the last."""
    a = np.full(3 * 4096, 2.0**-1)
    a[4096:8192] = 2.0**2
    assert_same_bits(nt.cumprod(a), np.cumprod(a))
    a = np.concatenate([np.full(600, 1e300), np.full(600, 1e-300)])
    a[::2] = 1e-300
    assert_same_bits(nt.cumprod(a), np.cumprod(a))
    assert_same_bits(nt.cumprod(np.tile(a, 12)), np.cumprod(np.tile(a, 12)))


def test_complex_products():
    rng = np.random.default_rng(11)
    turns = np.exp(1j * rng.uniform(0, 2 * np.pi, 4096 + 500)) * rng.uniform(0.99, 1.01, 4596)
    for dtype, ulps in (("c8", 2.0**-23), ("c16", 4596 * 2.0**-51)):
        a = turns.astype(dtype)
        got, want = np.asarray(nt.cumprod(a)), np.cumprod(a.astype(np.clongdouble))
        assert (np.abs(got - want) <= ulps * np.abs(want)).all()


# ---- long, large, everywhere the same -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["add", "maximum", "subtract", "multiply"])
def test_lengths_around_leaves(name):
    rng = np.random.default_rng(12)
    for n in ACROSS:
        like_numpy(name, rng.integers(-9, 9, n), 0)
        like_numpy(name, rng.integers(-9, 9, (3, n)).astype("i4"), 1)
    for n in DOWN:
        like_numpy(name, rng.integers(-9, 9, (n, 2)), 0)
        like_numpy(name, rng.integers(-9, 9, (2, n, 37)).astype("i2"), 1)


def test_carries_of_carries():
    """More than 4096 leaves: their carries are scanned in leaves in turn."""
    n = 4096 * 4096 + 5
    a = (np.arange(n, dtype="u4") * np.uint32(2654435761) >> np.uint32(24)).astype("u1")
    got = np.asarray(accumulate("add", a, 0, "u1"))
    assert_same_bits(got, np.add.accumulate(a, dtype="u1"))
    sums = np.asarray(nt.cumsum(a.astype("f4"), dtype="f8")[:: 4096 * 64 + 1])
    assert_same_bits(sums, np.cumsum(a, dtype="f8")[:: 4096 * 64 + 1])
    down = a[: 256 * 256 * 2 + 2].reshape(-1, 2)
    like_numpy("add", down, 0)
    like_numpy("bitwise_xor", down, 0)


SETTINGS = [(16 * MB, 1), (8 * MB, 2), (64 * MB, 7), (1024 * MB, 2)]
CASES = [((52_361,), 0), ((1_031, 211), 0), ((131, 547), 1), ((5, 9_001), 1), ((31, 611, 7), 1)]


def everything(x, axis):
    """Scans of all kinds, alone, side by side and inside one another."""
    sums = nt.cumsum(x, axis=axis)
    other = (axis + 1) % x.ndim
    return [
        *nt.compute(sums, accumulate("subtract", x, axis), x.mean()),
        *nt.compute(nt.cumprod(1 + x / 1e4, axis=axis), accumulate("minimum", x.astype("f4"), axis)),
        np.asarray(nt.cumsum(sums, axis=axis)[..., ::-3]),
        np.asarray(nt.cumsum(sums.T, axis=other) * 0.5 + x.mean()),
        np.asarray(nt.cumsum(x.astype("c8"), axis=axis).sum(axis=axis)),
    ]


@pytest.mark.parametrize("shape, axis", CASES)
def test_same_bits_everywhere(shape, axis, save_npy):
    rng = np.random.default_rng(13)
    a = rng.standard_normal(shape)
    want = everything(nt.asarray(a), axis)
    paths = [save_npy(a), save_npy(a, "F")]
    for number, (budget, threads) in enumerate(SETTINGS):
        nt.config(memory=budget, threads=threads)
        x = [nt.asarray(a), nt.open(paths[0]), nt.open(paths[1]), nt.asarray(np.asfortranarray(a))][number]
        tile = tuple(int(rng.integers(max(1, n // 6), n // 2 + 2)) for n in shape)
        force_tile(tile if math.prod(tile) <= 40_000 and number else None)
        for index, (got, expected) in enumerate(zip(everything(x, axis), want, strict=True)):
            assert_same_bits(got, expected, f"result {index} with {budget // MB} MB, {threads} threads, tiles of {tile}")


#: Files so large that reading them once matters: shapes, axes, and whether totals are totalled in turn.
RELAYED = [((300_001,), 0), ((70_001, 5), 0), ((3, 90_001), 1), ((61, 700, 9), 1), ((2, 3, 50_001), 2), ((9_000_001,), 0)]


@pytest.mark.parametrize("shape, axis", RELAYED)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "c16"])
def test_values_handed_from_tile_to_tile_have_the_same_bits(shape, axis, dtype, save_npy):
    """As carries that are found in a pass of their own, which arrays in memory have."""
    rng = np.random.default_rng(16)
    a = random_values(dtype, shape, rng) if math.prod(shape) < 1e6 else rng.integers(-9, 9, shape).astype("i1").astype(dtype)
    names = ["add", "multiply", "maximum", "subtract"] if math.prod(shape) < 1e6 else ["add"]
    path = save_npy(a)
    for name in names:
        nt.config(memory=2000 * MB, threads=2)
        want = np.asarray(accumulate(name, nt.asarray(a), axis))
        for budget, threads, parts in ((8 * MB, 1, None), (64 * MB, 3, None), (256 * MB, 2, 3)):
            nt.config(memory=budget, threads=threads)
            force_tile(parts and tuple(length // parts + 1 for length in shape))
            scan = accumulate(name, nt.open(path), axis)
            if budget == 64 * MB and a.nbytes > MB:
                assert "tile after tile" in nt.explain(scan, save=True), "not what is to be tested"
            got = save_and_load(path.with_name("y.npy"), scan)
            assert_same_bits(got, want, f"{name} of {dtype} {shape} along {axis} with {budget // MB} MB")


def save_and_load(path, array):
    nt.save(path, array)
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak
    return np.load(path)


def test_a_failure_on_the_way_ends_all_tiles(save_npy):
    """Those too that wait for the one in front of them."""
    a = np.ones((500_000, 3), "i8")
    a[:, 1] = -1
    nt.config(memory=32 * MB, threads=2)
    with pytest.raises(ValueError, match="negative"):
        nt.save("never.npy", accumulate("power", nt.open(save_npy(a)), 0))
    assert np.asarray(nt.ones(3).sum()) == 3


def test_memory_is_what_was_projected():
    rng = np.random.default_rng(14)
    for shape, axis in CASES:
        x = nt.asarray(rng.standard_normal(shape))
        for tile in (None, tuple(n // 7 + 1 for n in shape), tuple(min(n, 61) for n in shape)):
            force_tile(tile)
            for result in (nt.cumsum(x, axis=axis), accumulate("divide", x, axis), nt.cumsum(nt.cumsum(x, axis=axis), axis=-1)):
                np.asarray(result[..., ::-2])
                run = nt.last_run()
                assert run.measured_peak <= run.projected_peak


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_file_larger_than_the_budget(tmp_path, order, axis):
    shape = (4096, 2048)  # 64 MB
    a = np.random.default_rng(15).integers(-1000, 1000, shape).astype("f8")
    np.save(tmp_path / "x.npy", np.asfortranarray(a) if order == "F" else a)
    nt.config(memory=16 * MB)
    x = nt.open(tmp_path / "x.npy")
    nt.save(tmp_path / "sum.npy", nt.cumsum(x, axis=axis))
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= 16 * MB
    # Once; across the order of the file, runs are short and read together with what lies between.
    times = 1.01 if (order, axis) in (("C", 0), ("C", 1), ("F", 0)) else 6
    assert run.bytes_read <= times * a.nbytes
    assert_same_bits(np.load(tmp_path / "sum.npy", "r"), np.cumsum(a, axis=axis))
    nt.save(tmp_path / "sub.npy", accumulate("subtract", x, axis))
    assert nt.last_run().measured_peak <= 16 * MB
    assert nt.last_run().bytes_read <= times * a.nbytes
    assert_same_bits(np.load(tmp_path / "sub.npy", "r"), np.subtract.accumulate(a, axis))


def test_the_integral_of_an_image(tmp_path):
    """Tiles are leaves of both scans, so that neither is computed again for each row of tiles."""
    a = np.random.default_rng(16).integers(0, 255, (1500, 5000)).astype("f4")
    np.save(tmp_path / "x.npy", a)
    nt.config(memory=64 * MB)
    nt.save(tmp_path / "y.npy", nt.cumsum(nt.cumsum(nt.open(tmp_path / "x.npy"), axis=0), axis=1))
    assert nt.last_run().bytes_read <= 6 * a.nbytes
    assert_same_bits(np.load(tmp_path / "y.npy"), a.astype("f8").cumsum(0).cumsum(1).astype("f4"))


# ---- inside expressions ----------------------------------------------------------------------------------------------

INSIDE = {
    "of itself": lambda m, x, y: m.cumsum(m.cumsum(x, axis=0), axis=0),
    "along both axes": lambda m, x, y: m.cumsum(m.cumsum(x, axis=0), axis=1),
    "along both axes, the other way": lambda m, x, y: m.cumsum(m.cumsum(x, axis=1), axis=0),
    "backwards": lambda m, x, y: m.cumsum(x, axis=0)[::-3, 5:2000:7],
    "of a reversed array": lambda m, x, y: m.cumsum(x[::-1, ::-2], axis=0)[::-1],
    "transposed": lambda m, x, y: m.cumsum(x.T, axis=1).T + x,
    "of a reduction": lambda m, x, y: m.cumsum(x.sum(axis=0)),
    "less its mean": lambda m, x, y: m.cumsum(x - x.max(axis=0), axis=0),
    "of a join": lambda m, x, y: m.cumsum(m.concatenate([x, y, x[:7]]), axis=0),
    "in a join": lambda m, x, y: m.concatenate([m.cumsum(x, axis=0), y])[::-1],
    "reduced": lambda m, x, y: m.cumsum(x, axis=0).sum(axis=0),
    "reduced along the other axis": lambda m, x, y: m.cumsum(x, axis=0).max(axis=1),
    "reshaped": lambda m, x, y: m.cumsum(x, axis=0).reshape(-1)[3::11],
    "of a flat array": lambda m, x, y: m.cumsum(x.T),
    "broadcast": lambda m, x, y: m.cumsum(x[:1], axis=1) + x,
    "of a broadcast array": lambda m, x, y: m.cumsum(m.broadcast_to(x[0], (300, x.shape[1])), axis=0)[-1],
    "looked up": lambda m, x, y: m.cumsum(x, axis=0)[[3, -1, 260, 3]],
    "of what was looked up": lambda m, x, y: m.cumsum(x[[3, -1, 260, 3]], axis=0),
    "twice": lambda m, x, y: m.cumsum(x, axis=0) - m.cumsum(x, axis=0)[::-1],
    "stacked": lambda m, x, y: m.stack([m.cumsum(x, axis=1), x], axis=-1)[:, ::500],
}


@pytest.mark.parametrize("what", INSIDE)
def test_inside_expressions(what, save_npy):
    rng = np.random.default_rng(17)
    a, b = rng.integers(-50, 50, (601, 4103)), rng.integers(-50, 50, (40, 4103))
    want = INSIDE[what](np, a, b)
    assert_same_bits(INSIDE[what](nt, nt.asarray(a), nt.asarray(b)), want)
    nt.config(memory=48 * MB)
    assert_same_bits(INSIDE[what](nt, nt.open(save_npy(a)), nt.open(save_npy(b, "F"))), want)


def test_nothing_is_computed_before_it_is_asked_for(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(10_000.0))
    x = nt.open(tmp_path / "x.npy")
    float(x[0])
    before = nt.last_run()
    results = [nt.cumsum(x), nt.cumprod(x), nt.diff(x, 3), nt.gradient(x), nt.trapezoid(x), nt.ediff1d(x, 1, 2)]
    results += [accumulate("divide", x), nt.cumulative_sum(x, include_initial=True), nt.nancumsum(x)]
    assert all(isinstance(result, nt.Array) for result in results)
    assert nt.last_run() == before


def test_explanations():
    x = nt.asarray(np.ones((1000, 3)))
    text = nt.explain(nt.cumsum(x, axis=0))
    assert "add accumulated along axis 0 in leaves of 256" in text
    assert "float64 sum over axes (1,)" in text
    assert "one value per leaf of 256" in nt.explain(accumulate("subtract", x, 0))
    assert str(nt.explain(nt.cumsum(x, axis=1))).startswith("1 pass")


# ---- the order, written to be read --------------------------------------------------------------------------------------


def two_sum(a, b):
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def running_sum(rows, carry=None):
    """One leaf: the plain running sum, and the sum of what its roundings took, added at the end."""
    high = rows[0] if carry is None else carry + 0 * rows[0]
    low = np.zeros_like(high)
    out = [high] if carry is None else []
    for row in rows[len(out) :]:
        high, lost = two_sum(high, row)
        low = low + lost
        out.append(np.where(low == 0, high, high + low))
    return out


def model(x, axis):
    """docs/scans.md in a few lines."""
    y = np.moveaxis(x, axis, 0)
    leaf = 4096 if axis == x.ndim - 1 else 256
    leaves = np.split(y, range(leaf, len(y), leaf))
    if len(leaves) == 1:
        return np.moveaxis(np.array(running_sum(y)), 0, axis)
    cut = np.moveaxis(y[: (len(leaves) - 1) * leaf].reshape(-1, leaf, *y.shape[1:]), (0, 1), (axis, axis + 1))
    carries = np.moveaxis(model(np.asarray(nt.asarray(cut).sum(axis=axis + 1)), axis), axis, 0)
    out = running_sum(leaves[0])
    for carry, part in zip(carries, leaves[1:], strict=True):
        out += running_sum(part, carry)
    return np.moveaxis(np.array(out), 0, axis)


@pytest.mark.parametrize("shape, axis", [((20_011,), 0), ((1_031, 9), 0), ((2, 9_001), 1), ((3, 700, 5), 1), ((66_000, 1), 0)])
def test_sums_follow_the_documented_order(shape, axis):
    x = np.random.default_rng(18).standard_normal(shape) * 10.0 ** np.arange(shape[-1]).clip(0, 9)
    assert_same_bits(nt.cumsum(x, axis=axis), model(x, axis))


# ---- NumPy's functions -------------------------------------------------------------------------------------------------


@given(arrays(dtypes=st.sampled_from(["?", *INTEGERS])), st.data())
def test_cumulative_functions(a, data):
    axis = data.draw(st.sampled_from([None, *range(-a.ndim - 1, a.ndim + 1)]))
    dtype = data.draw(st.sampled_from([None, "i2", "u8", "f8", "c16"]))
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        assert_like_numpy(lambda m, x, name=name: getattr(m, name)(x, axis=axis, dtype=dtype), a)
    for name in ("cumsum", "cumprod"):
        assert_like_numpy(lambda m, x, name=name: getattr(x, name)(axis, dtype), a)
    initial = data.draw(st.booleans())
    for name in ("cumulative_sum", "cumulative_prod"):
        assert_like_numpy(
            lambda m, x, name=name: getattr(m, name)(x, axis=axis, dtype=dtype, include_initial=initial), a
        )


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
def test_nan_counts_as_nothing(dtype):
    a = np.array([[1, np.nan, 3, np.inf], [np.nan, np.nan, 0.5, 2]], dtype)
    for axis in (None, 0, 1):
        assert_like_numpy(lambda m, x, axis=axis: m.nancumsum(x, axis=axis), a)
        assert_like_numpy(lambda m, x, axis=axis: m.nancumprod(x[:, :3], axis=axis), a)


def test_numpys_own_functions_stay_lazy():
    x = nt.arange(12.0).reshape(3, 4)
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod", "diff", "ediff1d", "trapezoid"):
        result = getattr(np, name)(x)
        assert isinstance(result, nt.Array)
        assert_same_bits(result, getattr(np, name)(np.asarray(x)))
    assert_same_bits(np.cumulative_sum(x, axis=1), np.cumulative_sum(np.asarray(x), axis=1))
    assert_same_bits(np.cumulative_prod(x, axis=1), np.cumulative_prod(np.asarray(x), axis=1))
    assert all(isinstance(part, nt.Array) for part in np.gradient(x))


@given(arrays(), st.data())
def test_diff(a, data):
    n = data.draw(st.integers(-1, 4))
    axis = data.draw(st.integers(-a.ndim - 1, a.ndim))
    assert_like_numpy(lambda m, x: m.diff(x, n, axis), a)
    before = data.draw(st.sampled_from([0, 1.5, np.ones((2, 2)), np.float32(3), a, True]))
    behind = data.draw(st.sampled_from([0, 2j, [1, 2], a]))
    assert_like_numpy(lambda m, x: m.diff(x, 1, axis, prepend=before), a)
    assert_like_numpy(lambda m, x: m.diff(x, n, axis, prepend=before, append=behind), a)


@given(arrays(), st.data())
def test_ediff1d(a, data):
    ends = st.sampled_from([None, 3, [1, 2], 2.5, [[1j], [2]], np.int64(7), True])
    to_end, to_begin = data.draw(ends), data.draw(ends)
    assert_like_numpy(lambda m, x: m.ediff1d(x, to_end, to_begin), a)
    assert_like_numpy(lambda m, x: m.ediff1d(x), a)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("edge_order", [1, 2, 3])
def test_gradient(dtype, edge_order):
    a = finite_values(dtype, (7, 5, 4), np.random.default_rng(19), 100)
    uneven = [np.cumsum(np.random.default_rng(n).random(n) + 0.5) for n in a.shape]
    spacings = [(), (2.0,), (3,), (np.float64(0.7),), (np.float32(0.7),), (1, 2.0, 0.3), (2j,), tuple(uneven)]
    spacings += [(uneven[0], 2, np.arange(4)), (np.arange(7.0), [1, 2, 4, 8, 16], 1.5), (1, 2), (uneven[0],)]
    spacings += [(np.ones((7, 1)), 1, 1), (uneven[1], 1, 1)]
    for spacing in spacings:
        assert_like_numpy(lambda m, x, s=spacing: _arrays(m.gradient(x, *s, edge_order=edge_order)), a)
    for axis, spacing in ((0, ()), (-1, (2,)), ((2, 0), ()), ((2, 0), (uneven[2], 3.0)), (3, ()), ((0, 0), ())):
        assert_like_numpy(lambda m, x, i=axis, s=spacing: _arrays(m.gradient(x, *s, axis=i, edge_order=edge_order)), a)


def _arrays(result):
    """Several results side by side, as one array."""
    return result if not isinstance(result, tuple) else np.stack([np.asarray(each) for each in result])


@pytest.mark.parametrize("length", [1, 2, 3, 4])
@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_of_short_arrays(length, edge_order):
    a = np.arange(length * 2.0).reshape(length, 2) ** 2
    assert_like_numpy(lambda m, x: m.gradient(x, axis=0, edge_order=edge_order), a)
    assert_like_numpy(lambda m, x: m.gradient(x, np.arange(length) ** 2.0, axis=0, edge_order=edge_order), a)


def test_gradient_with_lazy_positions():
    a, positions = np.arange(9.0) ** 3, np.arange(9) ** 2
    assert_same_bits(nt.gradient(nt.asarray(a), nt.asarray(positions)), np.gradient(a, positions))
    assert_same_bits(nt.gradient(nt.asarray(a), nt.asarray(0.5)), np.gradient(a, np.asarray(0.5)))


@pytest.mark.parametrize("dtype", ALL)
def test_trapezoid(dtype):
    rng = np.random.default_rng(20)
    y = rng.integers(0, 2, (6, 5, 4)).astype(dtype)
    x = np.sort(rng.integers(0, 50, 6)).astype("f8")
    for axis in range(-4, 4):
        assert_like_numpy(lambda m, y, axis=axis: m.trapezoid(y, axis=axis), y)
        assert_like_numpy(lambda m, y, axis=axis: m.trapezoid(y, dx=3, axis=axis), y)
        assert_like_numpy(lambda m, y, axis=axis: m.trapezoid(y, x, axis=axis), y)
        assert_like_numpy(lambda m, y, axis=axis: m.trapezoid(y, np.cumsum(y.real, axis=0), 1.0, axis), y, lazy=[y])
    assert_like_numpy(lambda m, y: m.trapezoid(y[0, 0, 0]), y)
