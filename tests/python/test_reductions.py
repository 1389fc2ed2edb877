"""Reductions against exact arithmetic, and everything else about them against NumPy."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, INTEGERS, REAL, arrays, finite_values, generators, laid_out, random_values
from compare import assert_like_numpy, assert_same_bits, assert_within_ulps, exact_sum, outcome, public_class, rounded_once, wrapped
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt

NAMES = ["sum", "prod", "mean", "var", "std", "min", "max", "argmin", "argmax", "any", "all"]
FUNCTIONS = [*NAMES, "amin", "amax", "ptp", "count_nonzero", "average"]
UNIT = {"f2": 2**-11, "f4": 2**-24, "f8": 2**-53}


def axes_of(ndim):
    """None, one axis, or several."""
    if ndim == 0:
        return st.none()
    one = st.integers(-ndim, ndim - 1)
    several = st.lists(st.integers(0, ndim - 1), unique=True, max_size=ndim).map(tuple)
    return st.one_of(st.none(), one, several)


# ---- shapes, types and errors are NumPy's ----------------------------------------------------------------------


@given(st.data(), st.sampled_from(FUNCTIONS), arrays(edges=0.1), st.booleans())
def test_shape_type_and_errors(data, name, a, keepdims):
    axis = data.draw(axes_of(a.ndim))
    if name.startswith("arg") and isinstance(axis, tuple):
        axis = axis[0] if axis else None
    want = outcome(lambda: getattr(np, name)(a, axis=axis, keepdims=keepdims))
    got = outcome(lambda: getattr(nt, name)(nt.asarray(a), axis=axis, keepdims=keepdims))
    note = f"{name} {a.dtype} {a.shape} axis={axis} keepdims={keepdims}"
    if isinstance(want, Exception):
        assert isinstance(got, type(want)), f"{note}: NumPy {want!r}, numtile {got!r}"
        return
    assert isinstance(got, nt.Array), f"{note}: {got!r}"
    assert got.dtype == np.asarray(want).dtype and got.shape == np.shape(want), note
    got = np.asarray(got)
    if name in ("any", "all") or a.dtype.kind in "b":
        assert_same_bits(got, np.asarray(want), note) if name not in ("mean", "var", "std") else None


@given(st.data(), st.sampled_from(["min", "max", "ptp", "argmin", "argmax", "count_nonzero"]), arrays(edges=0.2))
def test_smallest_and_largest(data, name, a):
    if a.dtype.kind == "f":
        a = np.where(a == 0, 0, a)  # the order of zeros is tested elsewhere
    axis = data.draw(axes_of(a.ndim))
    if name.startswith("arg") and isinstance(axis, tuple):
        axis = None
    if a.dtype.kind == "c" and np.isnan(a).any():
        return
    assert_like_numpy(lambda xp, x: getattr(xp, name)(x, axis=axis), a, message=f"{name} {a.dtype} {a.shape} {axis}")


def test_order_of_zeros_and_first_of_equals():
    a = np.array([0.0, -0.0, 0.0, -0.0])
    assert np.signbit(np.asarray(nt.asarray(a).min()))
    assert not np.signbit(np.asarray(nt.asarray(a).max()))
    equal = np.ones((3000, 7))
    assert int(nt.asarray(equal).argmin()) == 0
    assert not np.asarray(nt.asarray(equal).argmax(axis=0)).any()
    later = np.ones(100_000)
    later[70_000] = later[90_000] = 0
    assert int(nt.asarray(later).argmin()) == 70_000
    later[50_000] = later[60_000] = np.nan
    assert int(nt.asarray(later).argmin()) == int(nt.asarray(later).argmax()) == 50_000


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (0, 0), (2, 0, 3)])
def test_nothing_to_reduce(name, shape):
    """Empty arrays: NumPy's values (zero, NaN) or NumPy's ValueError."""
    for axis in (None, *range(len(shape))):
        assert_like_numpy(lambda xp, x: getattr(xp, name)(x, axis=axis), np.ones(shape), message=f"{shape} {axis}")


def test_axis_errors():
    x = nt.asarray(np.ones((2, 3)))
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds for array of dimension 2"):
        x.sum(axis=2)
    with pytest.raises(ValueError, match="duplicate"):
        x.sum(axis=(0, 0))
    with pytest.raises(np.exceptions.AxisError):
        x.argmin(axis=-3)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std"])
def test_dtype_argument(name, dtype, target):
    a = np.abs(finite_values(dtype, (40, 30), np.random.default_rng(1))) if dtype != "?" else np.ones((40, 30), "?")
    want = outcome(lambda: getattr(np, name)(a, axis=0, dtype=target))
    got = outcome(lambda: getattr(nt, name)(nt.asarray(a), axis=0, dtype=target))
    if isinstance(want, Exception):
        assert isinstance(got, public_class(want)), f"NumPy {want!r}, numtile {got!r}"
        return
    assert not isinstance(got, Exception), got
    assert got.dtype == want.dtype
    if a.dtype.kind in "bui" and np.dtype(target).kind in "bui" and name in ("sum", "prod"):
        assert_same_bits(got, want)


# ---- sums are accurate -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_narrow_sums_within_one_ulp(dtype, axis):
    """On every axis, whatever the length: NumPy itself fails this on axis 0."""
    rng = np.random.default_rng(2)
    a = finite_values(dtype, (601, 403), rng, scale=1 if dtype == "f4" else 0.1)
    wide = a.astype(np.float64)
    exact = np.array(math.fsum(wide.ravel())) if axis is None else np.apply_along_axis(math.fsum, axis, wide)
    count = a.size / exact.size
    assert_within_ulps(np.asarray(nt.asarray(a).sum(axis=axis)), exact, 1.0)
    assert_within_ulps(np.asarray(nt.asarray(a).mean(axis=axis)), exact / count, 1.0)


def test_a_long_column_of_float32_ones():
    x = nt.ones((20_000_000, 2), dtype="f4")
    assert np.asarray(x.sum(axis=0)).tolist() == [20_000_000.0] * 2
    assert np.asarray(x.mean(axis=0)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("shape, axis", [((100_003,), None), ((257, 391), None), ((5003, 17), 0), ((17, 5003), 1), ((41, 43, 47), (0, 2))])
def test_double_sums_within_the_bound(shape, axis):
    """At most 2·log2(n)·u·Σ|x| away from the exact sum."""
    rng = np.random.default_rng(3)
    a = (rng.standard_normal(shape) * 10.0 ** rng.integers(-8, 9, shape)).astype("f8")
    got = np.asarray(nt.asarray(a).sum(axis=axis))
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = math.prod(shape[i] for i in axes)
    moved = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim)).reshape(*got.shape, count)
    for index in np.ndindex(got.shape):
        exact = math.fsum(moved[index])
        bound = 2 * math.log2(count) * UNIT["f8"] * math.fsum(np.abs(moved[index]))
        assert abs(float(got[index]) - exact) <= bound


@given(st.sampled_from(INTEGERS), generators, st.sampled_from([(5000,), (70, 90), (3, 5, 400)]))
def test_integer_sums_are_exact_modulo_the_type(dtype, rng, shape):
    a = random_values(dtype, shape, rng)
    got = np.asarray(nt.asarray(a).sum())
    assert got.dtype == a.sum().dtype
    assert int(got) == wrapped(sum(map(int, a.ravel().tolist())), got.dtype)
    for axis in range(len(shape)):
        assert_same_bits(nt.asarray(a).sum(axis=axis), a.sum(axis=axis))


@given(st.sampled_from(INTEGERS), generators)
def test_integer_means_are_rounded_once(dtype, rng):
    a = random_values(dtype, (3001,), rng)
    assert float(nt.asarray(a).mean()) == rounded_once(exact_sum(a) / a.size, "f8")


@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_sums(dtype):
    a = finite_values(dtype, (100, 207), np.random.default_rng(4))
    got = np.asarray(nt.asarray(a).sum())
    for part in ("real", "imag"):
        values = getattr(a, part).astype("f8").ravel()
        exact, size = math.fsum(values), math.fsum(np.abs(values))
        unit = np.finfo(dtype).eps
        bound = abs(exact) * unit if dtype == "c8" else 2 * math.log2(a.size) * unit / 2 * size
        assert abs(float(getattr(got, part)) - exact) <= bound
    mean = np.asarray(nt.asarray(a).mean(axis=0))
    assert mean.dtype == a.dtype and np.allclose(mean, a.mean(axis=0), rtol=1e-5 if dtype == "c8" else 1e-12)


def test_sums_of_special_values():
    for values, want in (
        ([np.inf, 1.0], np.inf), ([np.inf, -np.inf], np.nan), ([np.nan, 1.0], np.nan), ([-0.0, -0.0], -0.0), ([-0.0, 0.0], 0.0),
    ):  # fmt: skip
        for dtype in FLOATS:
            assert_same_bits(nt.asarray(np.array(values, dtype)).sum(), np.array(want, dtype), str(values))


# ---- products --------------------------------------------------------------------------------------------------


@given(st.sampled_from(["?", *INTEGERS]), generators, st.sampled_from([(5000,), (70, 90), (3, 5, 400)]))
def test_integer_products_are_exact_modulo_the_type(dtype, rng, shape):
    a = random_values(dtype, shape, rng) | rng.integers(0, 2, shape).astype(dtype)
    a[..., :3] = 1 if dtype == "?" else a[..., :3] | 1
    got = np.asarray(nt.asarray(a).prod())
    assert got.dtype == a.prod().dtype
    assert int(got) == wrapped(math.prod(map(int, a.ravel().tolist())), got.dtype)
    for axis in range(len(shape)):
        assert_same_bits(nt.asarray(a).prod(axis=axis), a.prod(axis=axis))


def factors(dtype, shape, seed):
    """Numbers whose partial products stay far from overflow."""
    rng = np.random.default_rng(seed)
    values = np.exp2(rng.uniform(-1, 1, shape)) * rng.choice([-1, 1], shape)
    if np.dtype(dtype).kind == "c":
        values = values * np.exp(2j * np.pi * rng.random(shape))
    return values.astype(dtype)


@pytest.mark.parametrize("dtype, shape, axis", [
    ("f8", (2003,), None), ("f8", (51, 39), None), ("f8", (2003, 3), 0), ("f8", (3, 2003), 1), ("f8", (7, 11, 13), (0, 2)),
    ("f8", (5,), None), ("f4", (2003,), None), ("f4", (2003, 3), 0), ("f2", (40,), None), ("f2", (40, 3), 0),
])  # fmt: skip
def test_products_within_the_bound(dtype, shape, axis):
    """Each of the n - 1 multiplications rounds once, in float64; narrow types once more."""
    a = factors(dtype, shape, 11)
    got = np.asarray(nt.asarray(a).prod(axis=axis))
    assert got.dtype == a.dtype
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    moved = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim)).reshape(*got.shape, -1)
    last = {"f8": 0, "f4": 2.0**-24, "f2": 2.0**-11}[dtype]
    for index in np.ndindex(got.shape):
        exact = math.prod(Fraction(v) for v in moved[index].tolist())
        bound = Fraction((moved.shape[-1] - 1) * UNIT["f8"] * (1 + 1e-9) + last * (1 + 1e-9))
        assert abs(Fraction(float(got[index])) - exact) <= bound * abs(exact)


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("axis", [None, 0])
def test_complex_products_within_the_bound(dtype, axis):
    a = factors(dtype, (503, 2), 12)
    got = np.asarray(nt.asarray(a).prod(axis=axis)).ravel()
    assert got.dtype == a.dtype
    for index, column in enumerate([a.ravel()] if axis is None else a.T):
        re, im = Fraction(1), Fraction(0)
        for z in column.tolist():
            c, d = Fraction(z.real), Fraction(z.imag)
            re, im = re * c - im * d, re * d + im * c
        unit = (len(column) - 1) * 5**0.5 * UNIT["f8"] + (2.0**-24 if dtype == "c8" else 0)
        off = (Fraction(float(got[index].real)) - re) ** 2 + (Fraction(float(got[index].imag)) - im) ** 2
        assert off <= Fraction(unit * (1 + 1e-9)) ** 2 * (re * re + im * im)


def test_products_of_special_values():
    inf, nan = np.inf, np.nan
    for values, want in (
        ([inf, -2.0], -inf), ([inf, 0.0], nan), ([nan, 0.0], nan), ([-0.0], -0.0), ([-0.0, -1.0], 0.0), ([], 1.0),
        ([-0.0] * 9, -0.0), ([inf] * 12 + [-1.0], -inf),
    ):  # fmt: skip
        for dtype in FLOATS:
            assert_same_bits(nt.asarray(np.array(values, dtype)).prod(), np.array(want, dtype), str(values))
            column = np.array(values, dtype)[:, None]
            assert_same_bits(nt.asarray(column).prod(axis=0), np.array([want], dtype), str(values))
    infinite = np.array([complex(inf, 0)])
    assert_same_bits(nt.asarray(infinite).prod(), infinite[0])


def test_partial_products_do_not_overflow_a_narrow_type():
    a = np.array([1e30] * 5 + [1e-30] * 5, "f4")
    assert np.isclose(float(nt.prod(a)), 1) and np.isinf(a.prod())


# ---- variance --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*FLOATS, "i4", "u1", "c16"])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("ddof", [0, 1, 2.5])
def test_variance(dtype, axis, ddof):
    rng = np.random.default_rng(5)
    a = finite_values(dtype, (307, 205), rng)
    wide = a.astype("c16" if dtype == "c16" else np.longdouble)
    want = np.var(wide, axis=axis, ddof=ddof)
    lazy = nt.asarray(a).var(axis=axis, ddof=ddof)
    assert lazy.dtype == np.var(a, axis=axis, ddof=ddof).dtype
    tolerance = {"f2": 2.0**-11, "f4": 2.0**-24}.get(dtype, 1e-13)  # one rounding of the exact value
    np.testing.assert_allclose(np.asarray(lazy).astype("f8"), want.astype("f8"), rtol=tolerance)
    deviation = np.asarray(nt.asarray(a).std(axis=axis, ddof=ddof))
    np.testing.assert_allclose(deviation.astype("f8"), np.sqrt(want).astype("f8"), rtol=tolerance)


def test_variance_far_from_zero():
    """Data with a mean a billion times their spread: the rounding of the mean does not show."""
    rng = np.random.default_rng(6)
    a = 1e9 + rng.standard_normal((1021, 37))
    tolerance = 1e-12
    exact = [exact_variance(a[:, column]) for column in range(3)]
    np.testing.assert_allclose(np.asarray(nt.asarray(a).var(axis=0))[:3], exact, rtol=tolerance)
    np.testing.assert_allclose(float(nt.asarray(a).var()), exact_variance(a), rtol=tolerance)


def exact_variance(values):
    fractions = [Fraction(v) for v in values.ravel().tolist()]
    mean = sum(fractions) / len(fractions)
    return float(sum((f - mean) ** 2 for f in fractions) / len(fractions))


def test_variance_of_constants_is_nothing():
    """Not more than the rounding of the mean can make."""
    assert float(nt.full((1000, 77), 3.0).var()) == 0
    assert float(nt.full((1000, 77), 0.1).var()) <= 1e-32
    assert np.asarray(nt.full((1000, 77), 0.1).std(axis=1)).max() <= 1e-16


@pytest.mark.parametrize("ddof", [1, 2])
def test_too_few_for_the_degrees_of_freedom(ddof):
    assert_like_numpy(lambda xp, x: xp.var(x, ddof=ddof), np.array([1.0]))


# ---- chosen elements -------------------------------------------------------------------------------------------


def exact_moments(values, ddof=0):
    """Mean and variance as Fractions."""
    fractions = [Fraction(v) for v in values.tolist()]
    mean = sum(fractions) / len(fractions)
    return mean, sum((f - mean) ** 2 for f in fractions) / (len(fractions) - ddof)


@pytest.mark.parametrize("dtype", [*FLOATS, "i4", "u1", "?", "i8"])
@pytest.mark.parametrize("far", [0, 1000])
def test_moments_of_chosen_elements(dtype, far):
    """Within one rounding of the exact values."""
    rng = np.random.default_rng(13)
    a = finite_values(dtype, (2011,), rng)
    a = a + np.dtype(dtype).type(far) if dtype in ("f4", "f8") else a
    mask = rng.random(a.shape) < 0.4
    mean, variance = exact_moments(a[mask], ddof=1)
    x = nt.asarray(a)
    unit = {"f2": 2.0**-11, "f4": 2.0**-24}.get(dtype, 0) * 1.001
    for got, want, tolerance in (
        (x.mean(where=mask), mean, 1e-14), (x.var(where=mask, ddof=1), variance, 1e-12), (x.std(where=mask, correction=1), math.sqrt(variance), 1e-12),
    ):  # fmt: skip
        assert got.dtype == (dtype if dtype in FLOATS else np.float64)
        np.testing.assert_allclose(float(got), float(want), rtol=unit + tolerance)


@pytest.mark.parametrize("name", ["mean", "var", "std"])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1), ()])
@pytest.mark.parametrize("dtype", ["f8", "c16", "i2"])
def test_moments_with_where_and_mean(name, axis, dtype):
    rng = np.random.default_rng(14)
    a = finite_values(dtype, (41, 23), rng)
    mask = rng.random((41, 1)) < 0.5
    mask[0] = False

    def close(**arguments):
        want = getattr(np, name)(a, axis=axis, **arguments)
        got = getattr(nt, name)(nt.asarray(a), axis=axis, **arguments)
        assert got.dtype == want.dtype and got.shape == want.shape
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-11, atol=1e-12)

    for keepdims in (False, True):
        close(where=mask, keepdims=keepdims)
        if name != "mean":
            mean = a.mean(axis=axis, keepdims=True)
            close(mean=mean, keepdims=keepdims)
            close(mean=mean, where=mask, ddof=2)


def test_a_lazy_mean_for_the_variance():
    a = finite_values("f4", (301, 7), np.random.default_rng(15))
    x = nt.asarray(a)
    mean = x.mean(axis=0, keepdims=True)
    np.testing.assert_allclose(np.asarray(x.var(axis=0, mean=mean)), a.astype("f8").var(axis=0), rtol=1e-6)
    with pytest.raises(ValueError, match="ddof and correction"):
        x.var(ddof=1, correction=1)


def test_sums_of_chosen_elements_are_sums():
    """The same bits as the sum with zeros in their places."""
    rng = np.random.default_rng(16)
    for dtype in ALL:
        a = random_values(dtype, (130, 67), rng, edges=0)
        mask = rng.random(a.shape) < 0.5
        assert_same_bits(nt.sum(a, axis=0, where=mask), np.asarray(nt.sum(np.where(mask, a, 0).astype(dtype), axis=0)))
        assert_same_bits(nt.any(a, axis=0, where=mask), np.any(a, axis=0, where=mask))
        assert_same_bits(nt.all(a, axis=0, where=mask), np.all(a, axis=0, where=mask))
        if dtype not in COMPLEX:
            assert_same_bits(
                nt.max(a, axis=0, where=mask, initial=0), np.max(a, axis=0, where=mask, initial=np.dtype(dtype).type(0))
            )


# ---- out= ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NAMES, "ptp"])
@pytest.mark.parametrize("target", ["?", "i1", "i8", "u8", "f4", "f8", "c16"])
@pytest.mark.parametrize("dtype", ["i2", "f4", "f8", "c8"])
@pytest.mark.parametrize("lazy", [False, True])
def test_out(name, target, dtype, lazy):
    a = (np.arange(12) % 5 % 3 + 1).reshape(4, 3).astype(dtype)
    for shape in ((3,), (1, 3), (4,)):
        want = outcome(lambda: getattr(np, name)(a, axis=0, out=np.zeros(shape, target)))
        out = nt.zeros(shape, target) if lazy else np.zeros(shape, target)
        got = outcome(lambda: getattr(nt, name)(nt.asarray(a), axis=0, out=out))
        note = f"{name} of {dtype} into {target} {shape}"
        if isinstance(want, Exception):
            assert isinstance(got, type(want)) or (isinstance(got, TypeError) and isinstance(want, TypeError)), note
            continue
        assert got is out, f"{note}: {got!r}"
        if name in ("mean", "var", "std") and np.dtype(target).kind in "iu":
            continue  # NumPy adds up in the integers
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-6, err_msg=note)


def test_out_that_is_no_array():
    for name in [*NAMES, "ptp"]:
        with pytest.raises(TypeError):
            getattr(nt, name)(nt.arange(4.0), out=3)


# ---- weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("weights", ["i4", "f4", "f8", "c8"])
def test_average(dtype, weights):
    rng = np.random.default_rng(17)
    a = np.abs(finite_values(dtype, (6, 5, 4), rng)).astype(dtype) if dtype != "?" else np.ones((6, 5, 4), "?")
    cases = [
        (None, (6, 5, 4)), (0, (6,)), (-1, (4,)), ((0, 2), (6, 4)), ((2, 0), (4, 6)), (1, (6, 5, 4)), ((1,), (5,)),
        (None, (4,)), (0, (5,)), ((0, 0), (6, 6)), (3, (4,)), (0, (6, 5)),
    ]  # fmt: skip
    for (axis, shape), returned, keepdims in itertools.product(cases, (False, True), (False, True)):
        w = (rng.integers(1, 9, shape)).astype(weights)
        want = outcome(lambda: np.average(a, axis, w, returned, keepdims=keepdims))
        got = outcome(lambda: nt.average(nt.asarray(a), axis, nt.asarray(w), returned, keepdims=keepdims))
        if isinstance(want, Exception):
            assert isinstance(got, type(want)), f"{axis} {shape}: NumPy {want!r}, numtile {got!r}"
            continue
        for g, e in zip(got, want, strict=True) if returned else [(got, want)]:
            assert g.dtype == e.dtype and g.shape == e.shape
            np.testing.assert_allclose(np.asarray(g), e, rtol={"f2": 2e-3}.get(dtype, 1e-5))


def test_average_without_weights():
    for a in (np.arange(12.0).reshape(3, 4), np.arange(6), np.ones((2, 3), "c8")):
        assert_like_numpy(lambda xp, x: xp.average(x, axis=0), a)
        assert_like_numpy(lambda xp, x: xp.average(x, returned=True)[1], a)


# ---- NumPy's functions and methods -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FUNCTIONS, "nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmin", "nanmax"])
def test_numpys_function_stays_lazy(name):
    a = np.arange(1.0, 7).reshape(2, 3)
    lazy = getattr(np, name)(nt.asarray(a), axis=0)
    assert isinstance(lazy, nt.Array)
    assert_same_bits(lazy, np.asarray(getattr(nt, name)(a, axis=0)))
    assert_same_bits(getattr(np, name)(nt.asarray(a), axis=1, keepdims=True), np.asarray(getattr(nt, name)(a, 1, keepdims=True)))


@pytest.mark.parametrize("name", NAMES)
def test_methods_are_the_functions(name):
    a = np.arange(1.0, 7).reshape(2, 3)
    x = nt.asarray(a)
    assert_same_bits(getattr(x, name)(0), np.asarray(getattr(nt, name)(a, 0)))
    assert_same_bits(getattr(x, name)(axis=1, keepdims=True), np.asarray(getattr(nt, name)(a, axis=1, keepdims=True)))
    assert getattr(x, name)().shape == ()
    assert hasattr(np.ndarray, name)


# ---- fused ends ------------------------------------------------------------------------------------------------


@given(st.data(), arrays(dtypes=st.sampled_from(REAL), edges=0), st.sampled_from(["min", "max", "any", "all", "argmax"]))
def test_reductions_of_expressions(data, a, name):
    axis = data.draw(st.one_of(st.none(), st.integers(-a.ndim, a.ndim - 1))) if a.ndim else None

    def expression(xp, x):
        return getattr(xp, name)(xp.where(x > 0, x, 1) == x, axis=axis)

    assert_like_numpy(expression, a)


@pytest.mark.parametrize("order", ["x - m", "m - x", "(x - m) / s"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_reductions_inside_expressions(order, axis):
    a = finite_values("f8", (301, 203), np.random.default_rng(7))
    x = nt.asarray(a)
    m, s = x.mean(axis=axis, keepdims=True), x.std(axis=axis, keepdims=True)
    known = {"x": a, "m": np.asarray(m), "s": np.asarray(s)}
    assert_same_bits(eval(order, {"x": x, "m": m, "s": s}), eval(order, known))


def test_reductions_of_reductions():
    a = finite_values("f8", (31, 41, 53), np.random.default_rng(8))
    x = nt.asarray(a)
    assert_same_bits(x.max(axis=0).min(axis=1), a.max(axis=0).min(axis=1))
    partial = np.asarray(x.sum(axis=2))
    assert_same_bits(x.sum(axis=2).max(axis=0) * 2, partial.max(axis=0) * 2)


def test_several_results_in_one_pass(save_npy):
    a = finite_values("f8", (2003, 505), np.random.default_rng(9))
    x = nt.open(save_npy(a))
    mean, std, low, high = nt.compute(x.mean(), x.std(), x.min(), x.max())
    assert nt.last_run().bytes_read < 1.2 * a.nbytes
    assert_same_bits(low, a.min())
    assert_same_bits(high, a.max())
    assert float(mean) == float(nt.asarray(a).mean()) and float(std) == float(nt.asarray(a).std())


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("layout", ["C", "fortran", "strided", "unaligned", "swapped", "broadcast", "overlapping"])
def test_layout_does_not_matter(dtype, layout):
    """The same values laid out differently give the same bits."""
    a = laid_out(dtype, (271, 67), layout, np.random.default_rng(10), edges=0)
    plain = np.ascontiguousarray(a.astype(a.dtype.newbyteorder("=")))
    for name in NAMES:
        for axis in (None, 0, 1):
            want = getattr(nt.asarray(plain), name)(axis=axis)
            assert_same_bits(getattr(nt.asarray(a), name)(axis=axis), np.asarray(want), f"{name} {dtype} {axis}")


def test_scalars_behave_like_numpys():
    a = np.linspace(0, 1, 1001)
    mean = nt.asarray(a).mean()
    assert f"{mean:.2f}" == "0.50"
    assert round(mean, 2) == 0.5 and math.isclose(float(mean), 0.5)
    assert bool(mean > 0) and mean == 0.5 and {0.5: "half"}[mean] == "half"
    assert int(nt.asarray(a).sum()) == 500
    assert nt.asarray(a).max().item() == 1.0
    np.testing.assert_allclose(mean, 0.5)
