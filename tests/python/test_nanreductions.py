"""Reductions that leave out NaN."""

import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, arrays, finite_values, generators, laid_out
from compare import assert_like_numpy, assert_same_bits, outcome
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt

NAMES = ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmin", "nanmax", "nanargmin", "nanargmax"]
MOMENTS = ["nanmean", "nanvar", "nanstd"]


def with_nan(dtype, shape, rng, share=0.3):
    values = finite_values(dtype, shape, rng)
    if values.dtype.kind in "fc":
        holes = rng.random(shape) < share
        values[holes] = np.nan
        if values.dtype.kind == "c":
            values.imag[rng.random(shape) < share / 3] = np.nan
    return values


def plain_zeros(a):
    """The order of zeros is not NumPy's."""
    return np.where(a == 0, 0, a).astype(a.dtype)


@given(st.data(), st.sampled_from(NAMES), arrays(edges=0.2), st.booleans())
def test_shape_type_and_errors(data, name, a, keepdims):
    axis = data.draw(st.one_of(st.none(), st.integers(-a.ndim - 1, a.ndim)))
    want = outcome(lambda: getattr(np, name)(a, axis=axis, keepdims=keepdims))
    got = outcome(lambda: getattr(nt, name)(nt.asarray(a), axis=axis, keepdims=keepdims))
    note = f"{name} {a.dtype} {a.shape} axis={axis} keepdims={keepdims}: NumPy {want!r}, numtile {got!r}"
    if isinstance(want, ValueError) and str(want) == "All-NaN slice encountered":
        with pytest.raises(ValueError, match="All-NaN slice encountered"):
            np.asarray(got)
    elif isinstance(want, Exception):
        assert isinstance(got, type(want)), note
    else:
        assert isinstance(got, nt.Array), note
        assert got.dtype == np.asarray(want).dtype and got.shape == np.shape(want), note


@given(st.data(), arrays(dtypes=st.sampled_from([*FLOATS, "i4", "u8", "?"]), edges=0.4), st.sampled_from(["nanmin", "nanmax"]))
def test_least_and_greatest(data, a, name):
    axis = data.draw(st.one_of(st.none(), st.integers(-a.ndim, a.ndim - 1))) if a.ndim else None
    assert_like_numpy(lambda xp, x: getattr(xp, name)(x, axis=axis), plain_zeros(a), message=f"{a.shape} {axis}")


@given(st.data(), generators, st.sampled_from([*FLOATS, *COMPLEX, "i2"]), st.sampled_from(["nanargmin", "nanargmax"]))
def test_positions(data, rng, dtype, name):
    a = with_nan(dtype, (17, 9), rng, 0.7)
    axis = data.draw(st.sampled_from([None, 0, 1]))
    assert_like_numpy(lambda xp, x: getattr(xp, name)(x, axis=axis, keepdims=True), a, message=f"{dtype} {axis}")


def test_positions_where_there_is_nothing_else():
    """It shows when the positions are computed, and only where they are."""
    a = np.array([[np.nan, 1], [np.nan, 2]])
    for name in ("nanargmin", "nanargmax"):
        lazy = getattr(nt, name)(nt.asarray(a), axis=0)
        with pytest.raises(ValueError, match="All-NaN slice encountered"):
            np.asarray(lazy)
        assert np.asarray(getattr(nt, name)(nt.asarray(a), axis=1)).tolist() == [1, 1]
        with pytest.raises(ValueError, match="empty sequence"):
            getattr(nt, name)(nt.ones((0,)))


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_sums_and_products_replace_nan(dtype, axis):
    """The same bits as the plain ones with 0 and 1 in the places of NaN."""
    a = with_nan(dtype, (301, 7), np.random.default_rng(1))
    known = ~np.isnan(a)
    for name, plain, value in (("nansum", nt.sum, 0), ("nanprod", nt.prod, 1)):
        want = plain(np.where(known, a, np.dtype(dtype).type(value)), axis=axis)
        assert_same_bits(getattr(nt, name)(nt.asarray(a), axis=axis), np.asarray(want), f"{name} {dtype}")


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("layout", ["C", "fortran", "negative", "swapped", "unaligned"])
def test_moments(dtype, name, layout):
    rng = np.random.default_rng(2)
    a = laid_out(dtype, (61, 23), layout, rng, edges=0)
    if a.dtype.kind in "fc":
        a = a.copy(order="K")
        a[rng.random(a.shape) < 0.4] = np.nan
        a[:, 3] = np.nan
    wide = a.astype({"f": "f8", "c": "c16"}.get(a.dtype.kind, a.dtype))
    for axis in (None, 0, 1):
        for arguments in ({}, {"keepdims": True}) if name == "nanmean" else ({}, {"ddof": 1}, {"correction": 30}):
            want = getattr(np, name)(wide, axis=axis, **arguments)
            got = getattr(nt, name)(nt.asarray(a), axis=axis, **arguments)
            assert got.dtype == getattr(np, name)(a, axis=axis, **arguments).dtype
            assert got.shape == want.shape
            tolerance = {"f2": 2e-3, "f4": 3e-7, "c8": 1e-6}.get(dtype, 1e-12)
            np.testing.assert_allclose(np.asarray(got), want.astype(got.dtype), rtol=tolerance, atol=tolerance / 100)


def test_too_few_for_the_degrees_of_freedom():
    """NaN, where the plain variance is infinite."""
    a = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 4.0]])
    for ddof in (0, 1, 2, 3):
        assert_like_numpy(lambda xp, x: xp.nanvar(x, axis=1, ddof=ddof), a)
        assert_like_numpy(lambda xp, x: xp.nanstd(x, axis=0, ddof=ddof), a)


@pytest.mark.parametrize("name", NAMES[:7])
@pytest.mark.parametrize("dtype", ["f8", "c16", "i4"])
def test_where(name, dtype):
    rng = np.random.default_rng(3)
    a = with_nan(dtype, (9, 6), rng)
    if dtype == "c16" and name in ("nanmin", "nanmax"):
        a = a.real + 0j
    mask = rng.random((9, 1)) < 0.7
    initial = {"initial": 2} if name in ("nansum", "nanprod", "nanmin", "nanmax") else {}
    for axis in (None, 0, 1):
        want = getattr(np, name)(a, axis=axis, where=mask, **initial)
        got = getattr(nt, name)(nt.asarray(a), axis=axis, where=nt.asarray(mask), **initial)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-10)


@pytest.mark.parametrize("name", MOMENTS)
def test_types_of_moments(name):
    a = np.array([1.0, np.nan, 4.0], "f4")
    for target in ALL:
        want = outcome(lambda: getattr(np, name)(a, dtype=target))
        got = outcome(lambda: getattr(nt, name)(nt.asarray(a), dtype=target))
        if isinstance(want, Exception):
            assert isinstance(got, type(want)), f"{target}: {got!r}"
        else:
            assert got.dtype == want.dtype
            np.testing.assert_allclose(np.asarray(got), want, rtol=2e-3)
        want = outcome(lambda: getattr(np, name)(a, out=np.zeros((), target)))
        got = outcome(lambda: getattr(nt, name)(nt.asarray(a), out=np.zeros((), target)))
        assert isinstance(got, type(want)), f"{target}: {got!r}"


def test_a_mean_that_is_known():
    a = with_nan("f8", (40, 5), np.random.default_rng(4))
    mean = np.nanmean(a, axis=0, keepdims=True)
    for name in ("nanvar", "nanstd"):
        want = getattr(np, name)(a, axis=0, mean=mean)
        np.testing.assert_allclose(np.asarray(getattr(nt, name)(nt.asarray(a), axis=0, mean=mean)), want, rtol=1e-13)


def test_one_pass_for_what_one_pass_can_give(save_npy):
    a = with_nan("f8", (2003, 305), np.random.default_rng(5))
    x = nt.open(save_npy(a))
    total, mean, low, where = nt.compute(nt.nansum(x), nt.nanmean(x), nt.nanmin(x), nt.nanargmax(x))
    assert nt.last_run().bytes_read < 1.2 * a.nbytes
    assert low == np.nanmin(a) and where == np.nanargmax(a) and abs(mean - np.nanmean(a)) < 1e-12
    assert abs(total - np.nansum(a)) < 1e-9
