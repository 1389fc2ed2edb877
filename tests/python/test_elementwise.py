"""Elementwise operations against NumPy: types, layouts, broadcasting, scalars, special values."""

import operator

import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, INTEGERS, LAYOUTS, REAL, SIGNED, arrays, broadcastable, edge_values, generators
from arrays import finite_values, laid_out, random_values, shapes
from compare import assert_like_numpy, assert_same_bits, assert_within_ulps, exactly, outcome, ulps
from hypothesis import example, given
from hypothesis import strategies as st

import numtile as nt

EXACT_BINARY = [
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "equal", "not_equal", "less", "less_equal",
    "greater", "greater_equal", "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor",
    "left_shift", "right_shift", "minimum", "maximum", "fmin", "fmax",
]  # fmt: skip
EXACT_UNARY = [
    "negative", "positive", "absolute", "sqrt", "square", "reciprocal", "logical_not", "invert", "rint", "floor", "ceil",
    "trunc", "isnan", "isinf", "isfinite", "sign", "conjugate",
]  # fmt: skip
ELEMENTARY = ["exp", "log", "sin", "cos"]
OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift,
    ">>": operator.rshift, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

# Where numtile says in its documentation that it chooses for itself; each has a test of its own below.
OWN_COMPLEX = {"multiply", "divide", "square", "reciprocal", "absolute", "sqrt", "sign"}
OWN_ZEROS = {"minimum", "maximum", "fmin", "fmax"}


def without_negative_zero(array):
    if array.dtype.kind not in "fc":
        return array
    out = np.array(array)
    out[out == 0] = 0
    return out


def has_complex(*values):
    return any(np.result_type(value).kind == "c" for value in values)


# ---- every operation, every type -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXACT_BINARY)
@pytest.mark.parametrize("left", ALL)
def test_binary_types(name, left):
    """Every pair of types: the result's type, its bits, or NumPy's exception."""
    rng = np.random.default_rng([EXACT_BINARY.index(name), ALL.index(left)])
    for right in ALL:
        a, b = random_values(left, (37, 29), rng), random_values(right, (29,), rng)
        if name in OWN_ZEROS:
            a, b = without_negative_zero(a), without_negative_zero(b)
        if name in OWN_COMPLEX and has_complex(a, b):
            want = getattr(np, name)(a, b)
            assert getattr(nt, name)(nt.asarray(a), nt.asarray(b)).dtype == want.dtype
            continue
        assert_like_numpy(lambda xp, x, y: getattr(xp, name)(x, y), a, b, message=f"{name} {left} {right}")


@pytest.mark.parametrize("name", EXACT_UNARY)
@pytest.mark.parametrize("dtype", ALL)
def test_unary_types(name, dtype):
    rng = np.random.default_rng(len(name))
    a = random_values(dtype, (41, 101), rng)
    if name == "reciprocal" and a.dtype.kind in "iu":
        a[a == 0] = 1  # 1/0 as an integer is undefined in NumPy
    if name in OWN_COMPLEX and has_complex(a):
        assert getattr(nt, name)(nt.asarray(a)).dtype == getattr(np, name)(a).dtype
        return
    assert_like_numpy(lambda xp, x: getattr(xp, name)(x), a, message=f"{name} {dtype}")


@pytest.mark.parametrize("name", EXACT_BINARY)
def test_edges_against_edges(name):
    """Each edge value against each other one."""
    for dtype in REAL:
        edges = edge_values(dtype)
        if name in OWN_ZEROS:
            edges = without_negative_zero(edges)
        assert_like_numpy(lambda xp, x, y: getattr(xp, name)(x, y), edges[:, None], edges, message=f"{name} {dtype}")


@given(st.sampled_from(EXACT_BINARY), broadcastable(2))
def test_binary_broadcast_and_layout(name, pair):
    if name in OWN_ZEROS:
        pair = [without_negative_zero(a) for a in pair]
    if name in OWN_COMPLEX and has_complex(*pair):
        return
    assert_like_numpy(lambda xp, x, y: getattr(xp, name)(x, y), *pair, message=name)


@given(st.sampled_from(EXACT_UNARY), arrays())
def test_unary_layout(name, a):
    if name in OWN_COMPLEX and has_complex(a) or name == "reciprocal" and a.dtype.kind in "iu":
        return
    assert_like_numpy(lambda xp, x: getattr(xp, name)(x), a, message=name)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ALL)
def test_reading_each_layout(dtype, layout, tmp_path):
    rng = np.random.default_rng(5)
    for shape in [(), (0,), (1,), (5003,), (61, 67), (0, 3), (3, 0, 2), (7, 1, 5, 2), (2,) * 9]:
        a = laid_out(dtype, shape, layout, rng, folder=tmp_path)
        assert_same_bits(nt.asarray(a), a, f"{dtype} {layout} {shape}")
        assert_same_bits(+nt.asarray(a) if dtype != "?" else nt.asarray(a), a, f"{dtype} {layout} {shape}")


@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_and_reflected(symbol):
    rng = np.random.default_rng(3)
    function = OPERATORS[symbol]
    a, b = random_values("i4", (50,), rng), random_values("i4", (50,), rng)
    assert_like_numpy(lambda xp, x, y: function(x, y), a, b)
    # an ndarray on the left hands over to numtile
    mixed = function(a, nt.asarray(b))
    assert isinstance(mixed, nt.Array)
    assert_same_bits(mixed, function(a, b))
    assert_same_bits(function(3, nt.asarray(b)), np.asarray(function(3, b)))


def test_unary_operators():
    a = np.arange(-5, 5)
    x = nt.asarray(a)
    assert_same_bits(-x, -a)
    assert_same_bits(+x, +a)
    assert_same_bits(abs(x), abs(a))
    assert_same_bits(~x, ~a)
    assert_same_bits(x**2, a**2)
    assert_same_bits(divmod(x, 3)[0], divmod(a, 3)[0])


def test_numpy_functions_stay_lazy():
    x = nt.asarray(np.linspace(0, 9, 100))
    for result in (np.sqrt(x), np.add(x, 1), np.maximum(x, 3.0), np.where(x > 3, x, 0), np.mean(x)):
        assert isinstance(result, nt.Array)
    with pytest.raises(TypeError, match="fft|numtile"):
        np.fft.fft(x)


# ---- Python scalars --------------------------------------------------------------------------------------------

SCALARS = [True, 0, 1, 3, -1, 100, 127, 128, 255, 256, -129, 2**31, 2**63 - 1, 2**63, 2**64, 0.5, -0.0, 1e10, 1e39, 1j]
SCALARS += [float("nan"), float("inf"), np.float32(1.5), np.int8(3), np.uint64(2**63), np.float64(0.1), np.complex64(2j)]


def numpy_trips_over(result):
    """NumPy compares bool arrays with integers as C longs and gives up on larger ones; numtile answers."""
    return isinstance(result, OverflowError) and "C long" in str(result)


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "&", "|", "<<", ">>", "==", "<", ">="])
@pytest.mark.parametrize("dtype", ALL)
def test_scalars_are_weak(symbol, dtype):
    """Types, values and errors with a Python or NumPy scalar on either side."""
    function = OPERATORS[symbol]
    a = random_values(dtype, (23,), np.random.default_rng(8))
    for scalar in SCALARS:
        if symbol in "*/" and has_complex(a, scalar):
            continue
        for flipped in (False, True):

            def run(xp, x, scalar=scalar, flipped=flipped):
                return function(scalar, x) if flipped else function(x, scalar)

            if numpy_trips_over(outcome(run, np, a)):
                continue

            assert_like_numpy(run, a, message=f"{dtype} {symbol} {scalar!r} flipped={flipped}")


@given(st.sampled_from(ALL), st.integers(-(2**65), 2**65), generators)
@example("u8", -1, np.random.default_rng(0))
@example("i8", 2**63, np.random.default_rng(0))
def test_integer_scalars_anywhere(dtype, number, rng):
    a = random_values(dtype, (9,), rng)
    for function in (operator.add, operator.lt, operator.eq):
        if numpy_trips_over(outcome(function, a, number)):
            continue
        assert_like_numpy(lambda xp, x: function(x, number), a, message=f"{dtype} {number}")


def test_zero_dimensional_arrays_are_not_weak():
    a = np.ones(3, "f4")
    assert (nt.asarray(a) + nt.asarray(np.array(1.0))).dtype == np.float64
    assert (nt.asarray(a) + 1.0).dtype == np.float32
    assert (nt.asarray(a) + nt.asarray(a).sum()).dtype == np.float32


def test_shape_errors_are_numpys():
    a, b = nt.asarray(np.ones((3, 4))), nt.asarray(np.ones((5,)))
    with pytest.raises(ValueError, match=r"operands could not be broadcast together.*\(3,\s?4\).*\(5,\)"):
        a + b
    with pytest.raises(ValueError, match="broadcast"):
        nt.where(a > 0, a, b)


# ---- integers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_division_by_zero_and_overflow(dtype):
    edges = edge_values(dtype)
    for name in ("floor_divide", "remainder", "left_shift", "right_shift", "multiply"):
        assert_like_numpy(lambda xp, x, y: getattr(xp, name)(x, y), edges[:, None], edges, message=name)


@pytest.mark.parametrize("dtype", ["?", *INTEGERS])
@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5, 17, 63, -1])
def test_integer_power(dtype, exponent):
    a = random_values(dtype, (300,), np.random.default_rng(1))
    assert_like_numpy(lambda xp, x: x**exponent, a, message=f"{dtype}**{exponent}")


# ---- floating point --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_functions(name, dtype):
    """Within one ulp of the true value over the whole range, and exact where the answer is special."""
    rng = np.random.default_rng(11)
    bits = rng.integers(0, 2 ** (8 * np.dtype(dtype).itemsize), 40_000, dtype=f"u{np.dtype(dtype).itemsize}")
    values = np.concatenate([edge_values(dtype), bits.view(dtype), finite_values(dtype, 40_000, rng, scale=20)])
    got = np.asarray(getattr(nt, name)(nt.asarray(values)))
    assert got.dtype == values.dtype
    assert_within_ulps(got, exactly(name, values), 1.0, values)


@pytest.mark.parametrize("dtype", ["?", *INTEGERS])
@pytest.mark.parametrize("name", [*ELEMENTARY, "sqrt"])
def test_elementary_functions_of_integers(name, dtype):
    values = random_values(dtype, (500,), np.random.default_rng(2))
    want = getattr(np, name)(values)
    got = getattr(nt, name)(nt.asarray(values))
    assert got.dtype == want.dtype
    assert_within_ulps(np.asarray(got), exactly(name, values.astype(want.dtype)), 1.0, values)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, 0.5, -0.5, 1.5, 2.0, 10, 1 / 3, -3.7, 0.0, float("nan"), float("inf")])
def test_float_power(dtype, exponent):
    rng = np.random.default_rng(12)
    values = np.concatenate([edge_values(dtype), random_values(dtype, (2000,), rng)])
    want = values**exponent
    got = nt.asarray(values) ** exponent
    assert got.dtype == want.dtype
    # the exponent as NumPy sees it, rounded to the type of the array
    wide = np.float64 if dtype != "f8" else np.longdouble
    exact = np.power(values.astype(wide), wide(np.dtype(dtype).type(exponent)))
    if exponent == 0.5:
        exact = np.sqrt(values.astype(wide))  # which is not the power for -inf
    assert_within_ulps(np.asarray(got), exact, 2.0, values)
    if exponent in (2, 0.5, -1, 1, 0):
        assert_same_bits(got, want, f"**{exponent}")


def test_smallest_and_largest_order_zeros():
    zeros = np.array([0.0, -0.0])
    x, y = nt.asarray(zeros), nt.asarray(zeros[::-1])
    for smaller, larger in ((nt.minimum, nt.maximum), (nt.fmin, nt.fmax)):
        assert np.signbit(np.asarray(smaller(x, y))).all()
        assert not np.signbit(np.asarray(larger(x, y))).any()


@given(st.sampled_from(["minimum", "maximum", "fmin", "fmax"]), st.sampled_from(FLOATS), generators)
def test_smallest_and_largest_with_nan(name, dtype, rng):
    a, b = (without_negative_zero(random_values(dtype, (200,), rng, edges=0.7)) for _ in range(2))
    assert_like_numpy(lambda xp, x, y: getattr(xp, name)(x, y), a, b)


# ---- complex ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_product_is_uncontracted(dtype):
    rng = np.random.default_rng(4)
    a, b = (random_values(dtype, (5000,), rng) for _ in range(2))
    want = np.empty_like(a)
    want.real = a.real * b.real - a.imag * b.imag
    want.imag = a.real * b.imag + a.imag * b.real
    assert_same_bits(nt.asarray(a) * nt.asarray(b), want)


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("name", ["divide", "absolute", "sqrt", "reciprocal", "exp", "log", "sin", "cos"])
def test_complex_functions_are_close(name, dtype):
    """Normwise within a few ulps of the largest component."""
    rng = np.random.default_rng(6)
    a, b = (finite_values(dtype, 3000, rng) for _ in range(2))
    args = (a, b) if name == "divide" else (a,)
    want = getattr(np, name)(*(x.astype(np.clongdouble if dtype == "c16" else "c16") for x in args))
    result = getattr(nt, name)(*map(nt.asarray, args))
    assert result.dtype == getattr(np, name)(*args).dtype
    got = np.asarray(result)
    # log passes through zero, where a relative bound of the norm would be about its argument
    size = np.maximum(np.abs(want), 1e-3)
    error = np.abs(got - want) / size
    assert error.max() <= 8 * np.finfo(dtype).eps, f"{error.max() / np.finfo(dtype).eps} eps"


@given(arrays(dtypes=st.sampled_from(COMPLEX)))
def test_complex_parts(a):
    x = nt.asarray(a)
    assert_same_bits(x.real, a.real)
    assert_same_bits(x.imag, a.imag)
    assert_same_bits(nt.conj(x) if hasattr(nt, "conj") else x.conj(), a.conj())


def test_parts_of_reals():
    a = np.array([1.5, -0.0])
    assert_same_bits(nt.asarray(a).real, a)
    assert_same_bits(nt.asarray(a).imag, np.zeros(2))


# ---- conversions -----------------------------------------------------------------------------------------------


def convertible(values, target):
    """Only what the target can hold: what happens to the rest is numtile's own table."""
    target = np.dtype(target)
    if values.dtype.kind not in "fc" or target.kind not in "iu":
        return values
    info = np.iinfo(target)
    real = values.real.astype(np.float64)
    inside = np.isfinite(real) & (real > float(info.min) - 1) & (real < float(info.max) * (1 - 1e-3))
    if target.kind == "u":
        inside &= real >= 0
    return np.where(inside, values, 1).astype(values.dtype)


@pytest.mark.parametrize("source", ALL)
@pytest.mark.parametrize("target", ALL)
def test_astype(source, target):
    rng = np.random.default_rng(9)
    values = convertible(random_values(source, (31, 53), rng), target)
    assert_like_numpy(lambda xp, x: x.astype(target), values, message=f"{source} to {target}")


def test_astype_casting_rules():
    x, a = nt.asarray(np.ones(3)), np.ones(3)
    for casting in ("no", "equiv", "safe", "same_kind", "unsafe"):
        for target in ("f8", "f4", "i4", "c16"):
            want = outcome(lambda: a.astype(target, casting=casting))
            got = outcome(lambda: x.astype(target, casting=casting))
            assert isinstance(got, type(want)) if isinstance(want, Exception) else got.dtype == want.dtype


@pytest.mark.parametrize("dtype", FLOATS)
def test_out_of_range_conversions_are_deterministic(dtype):
    """Whatever the table says, the position in the array and the number of threads do not matter."""
    odd = np.array([np.nan, np.inf, -np.inf, np.finfo(dtype).max, np.finfo(dtype).min, -1], dtype)
    for target in INTEGERS:
        once = np.asarray(nt.asarray(odd).astype(target))
        many = np.asarray(nt.asarray(np.tile(odd, 4001)).astype(target))
        assert_same_bits(many, np.tile(once, 4001))


# ---- where, clip, round ----------------------------------------------------------------------------------------


@given(broadcastable(3))
def test_where(operands):
    condition, a, b = operands
    assert_like_numpy(lambda xp, c, x, y: xp.where(c, x, y), condition, a, b)


@pytest.mark.parametrize("dtype", ALL)
def test_where_with_scalars(dtype):
    rng = np.random.default_rng(1)
    mask, a = random_values("?", (77,), rng), random_values(dtype, (77,), rng)
    for scalar in (0, 1.5, -1, True, 300, 2j):
        if np.dtype(dtype).kind in "iu" and type(scalar) is int and not fits(scalar, dtype):
            with pytest.raises(OverflowError):  # where NumPy lets it wrap
                nt.where(nt.asarray(mask), nt.asarray(a), scalar)
            continue
        assert_like_numpy(lambda xp, c, x: xp.where(c, x, scalar), mask, a, message=f"{dtype} {scalar}")
        assert_like_numpy(lambda xp, c, x: xp.where(c, scalar, x), mask, a, message=f"{dtype} {scalar}")


def fits(number, dtype):
    return np.iinfo(dtype).min <= number <= np.iinfo(dtype).max


@pytest.mark.parametrize("dtype", REAL)
def test_clip(dtype):
    rng = np.random.default_rng(2)
    a = without_negative_zero(random_values(dtype, (500,), rng))
    for low, high in ((0, 10), (None, 5), (3, None), (2, 1), (0.5, 2.5), (-3, 300)):
        assert_like_numpy(lambda xp, x: xp.clip(x, low, high), a, message=f"{dtype} {low} {high}")
    bound = without_negative_zero(random_values(dtype, (500,), rng))
    assert_like_numpy(lambda xp, x, y: xp.clip(x, y, None), a, bound)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("decimals", [0, 1, 2, -1, -2])
def test_round(dtype, decimals):
    if dtype == "?" and decimals:
        return  # NumPy refuses, by accident
    a = random_values(dtype, (300,), np.random.default_rng(2), edges=0.1)
    if np.dtype(dtype).kind in "iu" and decimals < 0:
        a = a % 20  # what does not fit any more wraps in NumPy
    assert_like_numpy(lambda xp, x: xp.round(x, decimals), a, message=f"{dtype} {decimals}")


# ---- whole expressions -----------------------------------------------------------------------------------------


@given(broadcastable(3, dtypes=st.sampled_from(REAL)), st.sampled_from(SIGNED))
def test_fused_expressions(operands, wide):
    def expression(xp, a, b, c):
        small = xp.where(a > b, c, a) * 2
        return (small + (b <= c).astype(wide), xp.abs(b * b - c), (a == b) | (c != a))

    for index in range(3):
        clean = [without_negative_zero(a) for a in operands]
        assert_like_numpy(lambda xp, *args: expression(xp, *args)[index], *clean)


@given(shapes, generators)
def test_the_same_array_many_times(shape, rng):
    a = random_values("f8", shape, rng)
    assert_like_numpy(lambda xp, x: x * x + x - x / x, a)


def test_ulps_measures_what_it_says():
    one = np.array([1.0])
    assert ulps(np.nextafter(one, 2), one.astype(np.longdouble))[0] == 1
    assert ulps(one, one.astype(np.longdouble))[0] == 0
    assert ulps(np.array([np.inf]), np.array([1e300]).astype(np.longdouble))[0] == np.inf
