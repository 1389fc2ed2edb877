"""Reductions against exact arithmetic, and everything else about them against NumPy."""

import math
from fractions import Fraction

import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, INTEGERS, REAL, arrays, finite_values, generators, laid_out, random_values
from compare import assert_like_numpy, assert_same_bits, assert_within_ulps, exact_sum, outcome, rounded_once, wrapped
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt

NAMES = ["sum", "mean", "var", "std", "min", "max", "argmin", "argmax", "any", "all"]
WITHOUT_DTYPE = {"min", "max", "argmin", "argmax", "any", "all"}
UNIT = {"f2": 2**-11, "f4": 2**-24, "f8": 2**-53}


def axes_of(ndim):
    """None, one axis, or several."""
    if ndim == 0:
        return st.none()
    one = st.integers(-ndim, ndim - 1)
    several = st.lists(st.integers(0, ndim - 1), unique=True, max_size=ndim).map(tuple)
    return st.one_of(st.none(), one, several)


# ---- shapes, types and errors are NumPy's ----------------------------------------------------------------------


@given(st.data(), st.sampled_from(NAMES), arrays(edges=0.1), st.booleans())
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


@given(st.data(), st.sampled_from(["min", "max", "argmin", "argmax"]), arrays(edges=0.2))
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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)])
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
@pytest.mark.parametrize("name", ["sum", "mean"])
def test_dtype_argument(name, dtype, target):
    a = np.abs(finite_values(dtype, (40, 30), np.random.default_rng(1))) if dtype != "?" else np.ones((40, 30), "?")
    want = outcome(lambda: getattr(np, name)(a, axis=0, dtype=target))
    got = outcome(lambda: getattr(nt, name)(nt.asarray(a), axis=0, dtype=target))
    if isinstance(want, Exception):
        assert isinstance(got, type(want)), f"NumPy {want!r}, numtile {got!r}"
        return
    assert not isinstance(got, Exception), got
    assert got.dtype == want.dtype
    if a.dtype.kind in "bui" and np.dtype(target).kind in "bui" and name == "sum":
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
