"""The kernels behind NumPy's universal functions, through the engine's own door: types, bits, ulps, special values."""

import itertools

import mpmath
import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, INTEGERS, SIGNED, edge_values, finite_values, random_values
from compare import assert_same_bits, assert_within_ulps, exactly, outcome
from harness.exact import log_of_sum_size

import numtile as nt
from numtile import _engine

#: NumPy's ufuncs with two results are two operations each: the ufunc, and which result.
PARTS = {
    "frexp_mantissa": ("frexp", 0), "frexp_exponent": ("frexp", 1),
    "modf_fraction": ("modf", 0), "modf_whole": ("modf", 1),
}  # fmt: skip
#: Operations that are no ufuncs.
OTHERS = {"cast", "complex", "imag", "real", "reject_all_nan", "where"}
#: Ufuncs that are not elementwise, or of types that numtile does not have.
ELSEWHERE = {"isnat", "matmul", "matvec", "vecdot", "vecmat"}
ARITY = dict(_engine.operations())
UFUNCS = sorted(ARITY.keys() - OTHERS)
UNARY = [name for name in UFUNCS if ARITY[name] == 1]
BINARY = [name for name in UFUNCS if ARITY[name] == 2]


def numpys(name, *operands):
    """What NumPy says."""
    ufunc, result = PARTS.get(name, (name, None))
    with np.errstate(all="ignore"):
        answer = getattr(np, ufunc)(*operands)
    return np.asarray(answer if result is None else answer[result])


def lazily(name, *operands):
    return _engine.map(name, *(nt.asarray(a) if isinstance(a, np.ndarray) else a for a in operands))


def ours(name, *operands):
    """What the engine says."""
    return np.asarray(lazily(name, *operands))


def pairs(left, right):
    """Every element of one with every element of the other."""
    return tuple(np.ascontiguousarray(a.ravel()) for a in np.meshgrid(left, right))


def seeded(*words):
    return np.random.default_rng([len(str(word)) * 31 + sum(map(ord, str(word))) for word in words])


# ---- the list, and its types -----------------------------------------------------------------------------------


def test_every_elementwise_ufunc_is_there():
    theirs = {getattr(np, name).__name__ for name in dir(np) if isinstance(getattr(np, name), np.ufunc)}
    covered = {PARTS.get(name, (name,))[0] for name in UFUNCS} | {"divmod"}
    assert theirs - ELSEWHERE == covered
    assert len(covered) == 85


@pytest.mark.parametrize("name", UNARY)
def test_types_of_one_operand(name):
    for dtype in ALL:
        same_type_or_error(name, np.ones(2, dtype))
    for scalar in (True, 1.5, 1j):
        same_type_or_error(name, scalar)


@pytest.mark.parametrize("name", BINARY)
def test_types_of_two_operands(name):
    for left, right in itertools.product(ALL, ALL):
        same_type_or_error(name, np.ones(2, left), np.ones(2, right))
    for dtype, scalar in itertools.product(ALL, (True, 1, 1.5, 1j)):
        same_type_or_error(name, np.ones(2, dtype), scalar)
        same_type_or_error(name, scalar, np.ones(2, dtype))


def same_type_or_error(name, *operands):
    want = outcome(numpys, name, *operands)
    got = outcome(lazily, name, *operands)
    case = f"{name} {[np.asarray(a).dtype.str for a in operands]}: {got!r}, NumPy {want!r}"
    if isinstance(want, Exception):
        assert isinstance(want, TypeError) and isinstance(got, TypeError), case
    else:
        assert not isinstance(got, Exception), case
        assert got.dtype == want.dtype and got.shape == want.shape, case


# ---- bits ------------------------------------------------------------------------------------------------------

EXACT_UNARY = [
    "bitwise_count", "deg2rad", "degrees", "fabs", "frexp_exponent", "frexp_mantissa", "modf_fraction", "modf_whole",
    "rad2deg", "radians", "rint", "sign", "spacing",
]  # fmt: skip
EXACT_BINARY = ["copysign", "fmod", "gcd", "heaviside", "lcm", "nextafter"]


def has_loop(name, *dtypes):
    return not isinstance(outcome(numpys, name, *(np.ones(1, d) for d in dtypes)), Exception)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("name", EXACT_UNARY)
def test_bits_of_one_operand(name, dtype):
    if not has_loop(name, dtype):
        return
    values = np.concatenate([edge_values(dtype), random_values(dtype, (3000,), seeded(name, dtype))])
    if name == "sign" and dtype in COMPLEX:
        values = edge_values(dtype)[np.isfinite(edge_values(dtype))]  # quotients, compared below
        values = values[(values.real == 0) | (values.imag == 0)]
    assert_same_bits(ours(name, values), numpys(name, values), f"{name} {dtype}")


@pytest.mark.parametrize("name", EXACT_UNARY)
def test_bits_of_every_float16(name):
    if not has_loop(name, "f2"):
        return
    values = np.arange(1 << 16, dtype="u2").view("f2")
    assert_same_bits(ours(name, values), numpys(name, values), name)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("name", EXACT_BINARY)
def test_bits_of_two_operands(name, dtype):
    if not has_loop(name, dtype, dtype):
        return
    rng = seeded(name, dtype)
    edges = pairs(edge_values(dtype), edge_values(dtype))
    for a, b in (edges, (random_values(dtype, (4000,), rng), random_values(dtype, (4000,), rng))):
        if name == "nextafter" and dtype == "f2":
            apart = (a != 0) | (b != 0)  # there NumPy's float16 gives the first zero, its other floats the second
            a, b = a[apart], b[apart]
        assert_same_bits(ours(name, a, b), numpys(name, a, b), f"{name} {dtype}")


@pytest.mark.parametrize("name", ["fmod", "gcd", "lcm"])
@pytest.mark.parametrize("dtype", ["i1", "u1"])
def test_bits_of_every_pair_of_bytes(name, dtype):
    every = np.arange(256, dtype="u1").view(dtype)
    a, b = pairs(every, every)
    assert_same_bits(ours(name, a, b), numpys(name, a, b), f"{name} {dtype}")


def test_nextafter_of_equal_numbers_is_the_second():
    for dtype in FLOATS:
        zeros = np.array([0.0, -0.0], dtype)
        assert_same_bits(ours("nextafter", zeros, zeros[::-1].copy()), zeros[::-1])


@pytest.mark.parametrize("exponents", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "?"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_ldexp(dtype, exponents):
    """Every way of leaving the range, with one rounding where the result is subnormal."""
    rng = seeded(dtype, exponents)
    edges = pairs(edge_values(dtype), edge_values(exponents))
    near = rng.integers(-1100, 1100, 4000).clip(*limits(exponents)).astype(exponents)
    for x, n in (edges, (random_values(dtype, (4000,), rng), near)):
        assert_same_bits(ours("ldexp", x, n), numpys("ldexp", x, n), f"{dtype} {exponents}")


def limits(dtype):
    return (0, 1) if dtype == "?" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def test_ldexp_rounds_once():
    subnormal = np.array([1.0 + 2**-52, 1.5, 1.0 - 2**-53, -1.25])
    for n in (-1074, -1073, -1060, -1023):
        assert_same_bits(ours("ldexp", subnormal, n), numpys("ldexp", subnormal, n))
    assert_same_bits(ours("ldexp", ours("ldexp", subnormal, -600), 600), subnormal)


def test_ldexp_takes_python_numbers():
    x = np.ones(2, "f4")
    assert_same_bits(ours("ldexp", x, 3), np.ldexp(x, 3))
    assert_same_bits(ours("ldexp", 3, np.arange(3)), np.ldexp(3, np.arange(3)))
    assert_same_bits(ours("ldexp", 2.0, np.arange(3)), np.ldexp(2.0, np.arange(3)))
    for n in (2**40, -(2**40)):
        with pytest.raises(OverflowError):
            np.ldexp(x, n)
        with pytest.raises(OverflowError):
            lazily("ldexp", x, n)
    with pytest.raises(TypeError, match="ldexp.*not supported"):
        lazily("ldexp", x, np.ones(2, "u8"))


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_parts_of_a_float_make_it_again(dtype):
    values = np.concatenate([edge_values(dtype), random_values(dtype, (3000,), seeded(dtype))])
    mantissa, exponent = lazily("frexp_mantissa", values), lazily("frexp_exponent", values)
    assert_same_bits(np.asarray(_engine.map("ldexp", mantissa, exponent)), values)
    finite = values[np.isfinite(values)]
    assert_same_bits(ours("modf_whole", finite) + ours("modf_fraction", finite), finite)


@pytest.mark.parametrize("dtype", SIGNED)
def test_results_beyond_the_type_wrap(dtype):
    least = np.array([np.iinfo(dtype).min], dtype)
    assert_same_bits(ours("gcd", least, np.zeros(1, dtype)), least)
    assert_same_bits(ours("lcm", least, np.full(1, -1, dtype)), least)
    assert_same_bits(ours("fmod", least, np.full(1, -1, dtype)), np.zeros(1, dtype))
    assert ours("bitwise_count", least)[0] == 1


@pytest.mark.parametrize("name", ["gcd", "lcm"])
def test_divisors_refuse_what_is_not_whole(name):
    for a, b in (("?", "?"), ("i8", "u8"), ("f8", "i4"), ("c8", "c8")):
        with pytest.raises(TypeError, match=f"ufunc '{name}' did not contain a loop"):
            lazily(name, np.ones(2, a), np.ones(2, b))


# ---- real elementary functions ---------------------------------------------------------------------------------

#: Within one ulp everywhere.
ELEMENTARY = (
    "arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh exp exp2 expm1 log log10 log1p log2 sin sinh tan tanh"
).split()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_functions(name, dtype):
    rng = seeded(name, dtype)
    size = np.dtype(dtype).itemsize
    bits = rng.integers(0, 2 ** (8 * size), 20_000, dtype=f"u{size}").view(dtype)
    near = 1 + finite_values(dtype, 5000, rng) * np.array(10.0 ** rng.integers(-3, 1, 5000), dtype)
    values = np.concatenate([edge_values(dtype), bits, finite_values(dtype, 20_000, rng, scale=20), near, near - 1])
    with np.errstate(all="ignore"):
        exact = exactly(name, values)
    got = ours(name, values)
    assert got.dtype == values.dtype
    assert_within_ulps(got, exact, 1.0, values)
    zeros = np.array([0.0, -0.0], dtype)
    assert_same_bits(ours(name, zeros), numpys(name, zeros), name)


@pytest.mark.parametrize("dtype", ["?", *INTEGERS])
@pytest.mark.parametrize("name", [*ELEMENTARY, "deg2rad", "fabs", "spacing"])
def test_elementary_functions_of_integers(name, dtype):
    values = random_values(dtype, (500,), seeded(name, dtype))
    got, floats = ours(name, values), values.astype(numpys(name, values).dtype)
    assert_same_bits(got, ours(name, floats))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["arctan2", "hypot"])
def test_elementary_functions_of_two(name, dtype):
    rng = seeded(name, dtype)
    edges = pairs(edge_values(dtype), edge_values(dtype))
    for a, b in (edges, (finite_values(dtype, 20_000, rng), finite_values(dtype, 20_000, rng, scale=3))):
        wide = np.longdouble if dtype == "f8" else np.float64
        exact = numpys(name, a.astype(wide), b.astype(wide))
        assert_within_ulps(ours(name, a, b), exact, 1.0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_logarithms_of_sums(name, dtype):
    """Within a unit in the last place: of the result or, where they cancel, of the terms it is the sum of."""
    rng = seeded(name, dtype)
    edges = pairs(edge_values(dtype), edge_values(dtype))
    apart = finite_values(dtype, 20_000, rng, scale=30)
    share = rng.uniform(0.01, 0.99, 5000)  # terms that cancel: the result is near zero
    for a, b in (
        edges,
        (apart, (apart + rng.uniform(-40, 40, 20_000)).astype(dtype)),
        (np.log(share).astype(dtype), np.log1p(-share).astype(dtype)),
    ):
        got, want = ours(name, a, b), numpys(name, a.astype(np.longdouble), b.astype(np.longdouble))
        rounded = want.astype(dtype)
        special = ~np.isfinite(rounded)
        assert_same_bits(got[special], rounded[special])
        unit = np.spacing(log_of_sum_size(want, a, b).astype(dtype)[~special])
        assert np.all(np.abs(got[~special].astype(np.longdouble) - want[~special]) <= unit.astype(np.longdouble))


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
def test_float_power_is_in_double_precision(dtype):
    rng = seeded(dtype)
    base = random_values(dtype, (3000,), rng)
    exponent = rng.choice([-2.5, -1.0, 0.0, 0.5, 2.0, 3.7], 3000)
    exact = numpys("power", base.astype("f8").astype(np.longdouble), exponent.astype(np.longdouble))
    assert_within_ulps(ours("float_power", base, exponent), exact, 1.0, base)
    negative = np.full(3, -3, "i4")
    assert_same_bits(ours("float_power", np.array([1, 2, 4], "i4"), negative), np.array([1, 0.125, 0.015625]))


@pytest.mark.parametrize("dtype", COMPLEX)
def test_float_power_of_complex_numbers(dtype):
    rng = seeded(dtype)
    a, b = (finite_values(dtype, 1000, rng) for _ in range(2))
    got, want = ours("float_power", a, b), numpys("power", a.astype("clongdouble"), b.astype("clongdouble"))
    assert got.dtype == np.complex128
    assert np.all(np.abs(got - want) <= 1e-14 * np.abs(want))


# ---- complex elementary functions ------------------------------------------------------------------------------

#: Ulps per component of complex128, and whether they are of the modulus instead.
COMPLEX_FUNCTIONS = {
    "arccos": (4, False), "arccosh": (4, False), "arcsin": (4, False), "arcsinh": (4, False), "arctan": (4, False),
    "arctanh": (4, False), "cos": (3, False), "cosh": (3, False), "exp": (3, False), "exp2": (3, False),
    "expm1": (3, True), "log": (3, False), "log10": (3, False), "log1p": (3, False), "log2": (3, False),
    "sin": (3, False), "sinh": (3, False), "sqrt": (3, False), "tan": (6, False), "tanh": (6, False),
}  # fmt: skip
MPMATH = {
    "arccos": mpmath.acos, "arccosh": mpmath.acosh, "arcsin": mpmath.asin, "arcsinh": mpmath.asinh,
    "arctan": mpmath.atan, "arctanh": mpmath.atanh, "exp2": lambda z: mpmath.exp(z * mpmath.log(2)),
    "log10": lambda z: mpmath.log(z) / mpmath.log(10), "log2": lambda z: mpmath.log(z) / mpmath.log(2),
    "log1p": lambda z: mpmath.log(1 + z),
}  # fmt: skip


def points(rng, count):
    """Points of every size, on the unit circles around 0 and -1, and beside the branch points."""
    wide = [rng.uniform(1, 2, count) * rng.choice([-1, 1], count) * 2.0 ** rng.integers(-30, 9, count) for _ in "xy"]
    circle = np.exp(1j * rng.uniform(0, 2 * np.pi, count))
    beside = circle * 10.0 ** rng.integers(-17, 0, count)
    return np.concatenate([wide[0] + 1j * wide[1], circle, circle - 1, rng.choice([1, -1, 1j, -1j], count) + beside])


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("name", COMPLEX_FUNCTIONS)
def test_complex_functions(name, dtype):
    values = points(seeded(name), 120).astype(dtype)
    got = ours(name, values)
    assert got.dtype == values.dtype
    limit, of_modulus = COMPLEX_FUNCTIONS[name]
    # Rounding to complex64 adds half an ulp to what complex128 has lost.
    limit = limit if dtype == "c16" else 0.501
    function = MPMATH.get(name, getattr(mpmath, name, None))
    for value, answer in zip(values.tolist(), got):
        with mpmath.workprec(300):
            exact = function(mpmath.mpc(value))
            errors = [abs(mpmath.mpf(float(g)) - e) for g, e in ((answer.real, exact.real), (answer.imag, exact.imag))]
            sizes = [abs(exact)] * 2 if of_modulus else [abs(exact.real), abs(exact.imag)]
        if not np.isfinite(answer):
            assert max(sizes) >= 0.99 * np.finfo(dtype).max, f"{name}({value}) = {answer}, exactly {exact}"
            continue
        units = [float(np.spacing(answer.real.dtype.type(float(size)))) for size in sizes]
        worst = max(float(error) / unit for error, unit in zip(errors, units))
        assert worst <= limit, f"{worst:.2f} ulp: {name}({value}) = {answer}, exactly {exact}"


#: Where the true value differs from NumPy's formula for it.
NUMPYS_FORMULA = {
    # exp(x) sin(y) with an infinite factor, exp(z) - 1 of what exp(z) is defined for, and -y²/2 lost before its sign
    "expm1": lambda z: ~np.isfinite(z) | (z.real > 700) | (np.abs(z) < 1e-30),
    # hypot(1 + x, y) has forgotten a tiny x
    "log1p": lambda z: np.abs(z) < 1e-30,
    # the rounding error of y log(2)
    "exp2": lambda z: np.isfinite(z.imag) & (np.abs(z.imag) > 10),
}


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("name", [*COMPLEX_FUNCTIONS, "reciprocal", "sign"])
def test_complex_special_values(name, dtype):
    """Infinities, NaNs, the signs of zeros and the sides of branch cuts, as C99 Annex G and NumPy have them."""
    info = np.finfo(dtype)
    positive = [0, 1, 0.5, 2.5, 30, info.max / 16, info.tiny, np.inf]
    parts = np.array([*positive, *(-np.array(positive)), np.nan], info.dtype)
    values = np.empty((parts.size, parts.size), dtype)
    values.real, values.imag = parts[:, None], parts
    values = values.ravel()
    values = values[~NUMPYS_FORMULA.get(name, np.zeros_like)(values).astype(bool)]
    got, want = ours(name, values), numpys(name, values)
    for g, w, other in ((got.real, want.real, want.imag), (got.imag, want.imag, want.real)):
        both_nan = np.isnan(g) & np.isnan(w)
        near = np.isclose(g, w, rtol=20 * info.eps, atol=2 * float(info.smallest_subnormal))
        # C99 leaves the sign of a zero or an infinity beside NaN open.
        signs = (np.signbit(g) == np.signbit(w)) | np.isnan(other)
        same = both_nan | near & signs | np.isinf(g) & np.isinf(w) & signs
        assert same.all(), [(str(z), str(a), str(b)) for z, a, b in zip(values[~same], got[~same], want[~same])][:8]


def test_complex_functions_keep_what_numpys_formulas_lose():
    inf, nan = np.inf, np.nan

    def one(name, *parts):
        return ours(name, np.array([complex(*parts)]))

    assert_same_bits(one("expm1", inf, 0.0), np.array([complex(inf, 0)]))
    assert_same_bits(one("expm1", -inf, nan), np.array([complex(-1, 0)]))
    assert_same_bits(one("expm1", nan, -0.0), np.array([complex(nan, -0.0)]))
    assert_same_bits(one("log1p", 1e-320, 1e-320), np.array([1e-320 + 1e-320j]))
    assert_same_bits(one("log1p", -0.0, 0.0), np.array([complex(-0.0, 0.0)]))
    assert_same_bits(one("exp2", 3.0, 0.0), np.array([8 + 0j]))
    assert_same_bits(one("log10", 1000.0, 0.0), np.array([3 + 0j]))
    assert_same_bits(one("log2", -0.125, -0.0).real, np.array([-3.0]))


@pytest.mark.parametrize("dtype", COMPLEX)
def test_sign_of_complex_numbers(dtype):
    values = random_values(dtype, (2000,), seeded(dtype), edges=0)
    got, want = ours("sign", values), values / np.abs(values)
    assert np.all(np.abs(got - want) <= 4 * np.finfo(dtype).eps)


# ---- the engine's own ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_complex_numbers_are_made_of_their_parts(dtype):
    re, im = pairs(edge_values(dtype), edge_values(dtype))
    want = np.empty(re.shape, np.result_type(dtype, "c8"))
    want.real, want.imag = re, im
    assert_same_bits(ours("complex", re, im), want)
    want.imag = 1
    assert_same_bits(ours("complex", re, 1), want)
    with pytest.raises(TypeError):
        lazily("complex", want, im)


def test_parts_of_complex_numbers_take_a_common_type():
    for left, right, want in (("f4", "f4", "c8"), ("f2", "f2", "c8"), ("f4", "f8", "c16"), ("i4", "f4", "c16"), ("u1", "?", "c8")):
        assert lazily("complex", np.ones(2, left), np.ones(2, right)).dtype == want


@pytest.mark.parametrize("dtype", ALL)
def test_rejecting(dtype):
    values = random_values(dtype, (9000,), seeded(dtype))
    bad = np.zeros(9000, bool)
    assert_same_bits(ours("reject_all_nan", values, bad), values)
    assert_same_bits(ours("reject_all_nan", values[:0], bad[:0]), values[:0])
    assert_same_bits(ours("reject_all_nan", values, False), values)
    bad[8999] = True
    rejected = lazily("reject_all_nan", values, bad)  # building it raises nothing
    with pytest.raises(ValueError, match="^All-NaN slice encountered$"):
        np.asarray(rejected)
    with pytest.raises(ValueError, match="^All-NaN slice encountered$"):
        np.asarray(rejected.sum())
