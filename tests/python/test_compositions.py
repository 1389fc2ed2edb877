"""Elementwise functions that NumPy composes of ufuncs: rounding, limits, closeness, complex parts, special functions."""

import warnings

import numpy as np
import pytest
from arrays import ALL, COMPLEX, FLOATS, INTEGERS, REAL, arrays, edge_values, generators, random_values
from compare import assert_like_numpy, assert_same_bits, outcome, public_class
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt

INEXACT = [*FLOATS, *COMPLEX]


def looked_at(result):
    return np.asarray(result) if isinstance(result, nt.Array) else result


def assert_same(function, *arguments, message="", **keywords):
    """Through numtile and through NumPy's own function: NumPy's answer or an error of the same class."""
    want = outcome(getattr(np, function), *arguments, **keywords)
    lazy = [nt.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments]
    for module in (nt, np) if any(isinstance(a, nt.Array) for a in lazy) else (nt,):
        got = outcome(lambda: looked_at(getattr(module, function)(*lazy, **keywords)))
        note = f"{module.__name__}.{function}{arguments} {keywords} {message}"
        if isinstance(want, Exception):
            assert isinstance(got, public_class(want)), f"{got!r}, NumPy {want!r} {note}"
        elif isinstance(got, Exception):
            raise AssertionError(note) from got
        elif isinstance(want, bool):
            assert got is want, note
        else:
            assert_same_bits(got, np.asarray(want), note)


# ---- rounding and limits ---------------------------------------------------------------------------------------


@given(arrays(), st.sampled_from([0, 1, 3, -1, -2, -20, 20, 400]))
def test_round(a, decimals):
    if a.dtype.kind in "iu" and decimals < 0:
        a = (a % 20).astype(a.dtype)  # what does not fit any more wraps in NumPy
    assert_like_numpy(lambda xp, x: xp.round(x, decimals), a)
    assert_like_numpy(lambda xp, x: x.round(decimals), a)


def test_arguments_of_round():
    f, i, c = np.array([1.25, 3.345, -2.5], "f4"), np.array([15, 25, -7]), np.array([1.25 + 3.355j] * 3)
    for a, decimals, out in [
        (i, 1, "f8"), (i, -1, "f8"), (i, -1, "i8"), (i, -1, "f4"), (f, 1, "i4"), (f, 1, "f8"), (c, 1, "f8"), (c, 1, "c8"), (c, 1, "c16"), (i, 0, "f4"),
        (i, 0, "i1"), (i, 0, "u1"), (f, 0, "f8"), (f, 0, "i8"),
    ]:  # fmt: skip
        places = [np.zeros(3, out), np.zeros(3, out), nt.zeros(3, out)]
        want = outcome(np.round, a, decimals, places[0])
        for place in places[1:]:
            got = outcome(nt.round, nt.asarray(a), decimals, place)
            if isinstance(want, Exception):
                assert isinstance(got, public_class(want)), (a.dtype, decimals, out, got, want)
            else:
                assert got is place
                assert_same_bits(got, want)
    for decimals in (1.5, np.float64(1), "1", None):
        assert isinstance(outcome(nt.round, f, decimals), type(outcome(np.round, f, decimals)))
    assert_same("round", 1.25, 1)
    assert_same("around", [1.25, -0.5])
    assert_same("round", np.array([True, False]), np.int8(0))
    assert_same("round", np.array([True, False]), 1)


@given(arrays(dtypes=st.sampled_from(REAL)))
def test_fix(a):
    assert_like_numpy(lambda xp, x: xp.fix(x), a)


@pytest.mark.parametrize("dtype", ALL)
def test_clip_by_everything(dtype):
    rng = np.random.default_rng(1)
    a = random_values(dtype, (4, 5), rng, edges=0)
    limits = [None, 0, 3, -5, 300, 2.5, 1j, True, np.int8(2), np.float32(2.5), random_values(dtype, (5,), rng, edges=0), [1, 2, 3, 4, 5], 10**30]
    for low in limits:
        for high in limits:
            assert_same("clip", a, low, high, message=dtype)
            want = outcome(a.clip, low, high)
            got = outcome(lambda: np.asarray(nt.asarray(a).clip(low, high)))
            assert type(got) is type(want) or isinstance(got, public_class(want)), (dtype, low, high, got, want)


def test_arguments_of_clip():
    i, f = np.array([15, 25, -7]), np.array([1.25, 3.5], "f4")
    for args, keywords in [
        ((i, 1), {}), ((i,), {}), ((i,), {"min": 1}), ((i,), {"max": 1}), ((i, 1, 2), {"min": 3}), ((i,), {"a_min": 1}), ((i, 1, 20), {"dtype": "f4"}),
        ((i, 1, 20), {"dtype": "f4", "casting": "safe"}), ((f, 1, 2, 1j), {}), ((i, 1, 20), {"nonsense": 3}), ((i, "a", 3), {}), ((i, 20, 1), {}),
        ((i.astype("i1"), np.uint8(1), np.float16(3)), {}), ((i.astype("u1"), -5, 300), {}), ((i.astype("u1"), 300, None), {}), ((5, 1, 3), {}), ((i, None, 20), {"dtype": "f4"}),
    ]:  # fmt: skip
        assert_same("clip", *args, **keywords)
    out, lazy = np.zeros(3, int), nt.zeros(3, int)
    for place in (out, lazy):
        assert nt.clip(i, 1, 20, out=place, where=[True, False, True]) is place and place.tolist() == [15, 0, 1]
    with pytest.raises(TypeError, match="Cannot cast"):
        nt.clip(f, 1, 2, out=np.zeros(2, "i4"))


@given(arrays(edges=0.8))
def test_nan_to_num(a):
    for keywords in ({}, {"nan": 5}, {"posinf": 1.5, "neginf": -1.5}, {"nan": np.inf, "posinf": np.nan}):
        assert_like_numpy(lambda xp, x: xp.nan_to_num(x, **keywords), a, message=str(keywords))


def test_arguments_of_nan_to_num():
    a = np.array([np.nan, np.inf, -np.inf, 1.5])
    assert_same("nan_to_num", a, nan=1j)
    assert_same("nan_to_num", a, nan=np.array([1.0, 2, 3, 4]), posinf=np.array(7.0))
    assert_same("nan_to_num", a, nan=np.arange(3))
    assert_same("nan_to_num", [1.0, np.nan])
    assert_same("nan_to_num", [1.0, np.nan], copy=False)
    x, plain = nt.array(a), a.copy()
    assert nt.nan_to_num(x, copy=False) is x and nt.nan_to_num(plain, copy=False) is plain
    assert_same_bits(x, np.nan_to_num(a))
    assert_same_bits(plain, np.nan_to_num(a))


# ---- complex numbers -------------------------------------------------------------------------------------------


@given(arrays())
def test_complex_tests_and_parts(a):
    for name in ("real", "imag", "iscomplex", "isreal"):
        assert_like_numpy(lambda xp, x: getattr(xp, name)(x), a, message=name)
    for name in ("iscomplexobj", "isrealobj"):
        assert getattr(nt, name)(nt.asarray(a)) is getattr(np, name)(nt.asarray(a)) is bool(getattr(np, name)(a))


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("deg", [False, True])
def test_angle(dtype, deg):
    a = random_values(dtype, (200,), np.random.default_rng(2), edges=0)
    got, want = nt.angle(nt.asarray(a), deg), np.angle(a, deg)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=4 * float(np.finfo(want.dtype).eps))


def test_real_if_close():
    for a, tol in [([2.1 + 4e-14j, 5.2 + 3e-15j], 1000), ([2.1 + 4e-13j, 5.2 + 3e-15j], 1000), ([1.0, 2.0], 100), ([1 + 1e-3j], 0.1), ([1 + 0.2j], 0.1), ([], 100)]:
        assert_same("real_if_close", np.array(a), tol)
        assert_same("real_if_close", np.array(a, "c8"), tol)


# ---- tests -----------------------------------------------------------------------------------------------------

TOLERANCES = [{}, {"equal_nan": True}, {"rtol": 0.1}, {"atol": 2, "rtol": 0}, {"rtol": np.array([0.1, 0.0]), "atol": 0}]


@pytest.mark.parametrize("left", ALL)
@pytest.mark.parametrize("right", ALL)
def test_isclose(left, right):
    rng = np.random.default_rng(3)
    a = random_values(left, (30, 2), rng)
    b = random_values(right, (30, 2), rng)
    if np.can_cast(left, right, "same_kind"):
        b = np.where(rng.random((30, 2)) < 0.5, a.astype(right), b)
    for keywords in TOLERANCES:
        assert_same("isclose", a, b, **keywords)
        assert_same("allclose", a, b, **keywords)


def test_isclose_of_numbers_and_lists():
    for a, b in [(1, 1.0 + 1e-9), (np.ones(3, "f4"), 1.00001), (1.00001, np.ones(3, "f4")), ([1, 2], [1, 3]), (-(2**63), np.array([-(2**63)])), (np.nan, np.nan), (1, 2j), (True, 1)]:
        assert_same("isclose", a, b)
        assert_same("isclose", a, b, equal_nan=True)
        assert_same("allclose", a, b)
    with pytest.raises(ValueError, match="broadcast"):
        nt.isclose(np.ones(3), np.ones(2))


def test_tolerances_must_be_finite():
    with np.errstate(invalid="warn"), pytest.warns(RuntimeWarning, match="rtol or atol is not valid"):
        nt.isclose(1.0, 2.0, rtol=np.nan)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="not valid"):
        nt.isclose(1.0, 2.0, atol=np.inf)
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        nt.isclose(1.0, 2.0, atol=np.inf)


EQUALITIES = [
    ([1, 2], [1, 2]), ([1, 2], [1, 3]), ([1, 2], [[1, 2], [1, 2]]), ([1, 2], [1, 2, 3]), (1, [1, 1]), ([1.0, np.nan], [1.0, np.nan]), ([1.0, np.nan], [np.nan, 1.0]),
    ([1, 2], [1.0, 2.0]), ([], []), ([], [1]), ([[]], []), ([1j, np.nan], [1j, np.nan]), ([True], [1]),
]  # fmt: skip


@pytest.mark.parametrize("a, b", EQUALITIES)
def test_equality_of_arrays(a, b):
    for one, other in ((a, b), (b, a)):
        for made in ((one, other), (np.array(one), np.array(other)), (np.array(one), other)):
            assert_same("array_equal", *made)
            assert_same("array_equal", *made, equal_nan=True)
            assert_same("array_equiv", *made)


def test_ragged_sequences_equal_nothing():
    ragged = [[1, 2], [3]]
    assert nt.array_equal(ragged, ragged) is nt.array_equiv(ragged, [1]) is np.array_equal(ragged, ragged) is False


def test_array_equal_says_what_it_cannot_compare():
    with pytest.raises(TypeError, match="does not hold"):
        nt.array_equal(np.array(["a"]), np.array(["a"]))


@given(arrays(edges=0.8))
def test_infinities(a):
    for name in ("isposinf", "isneginf"):
        assert_like_numpy(lambda xp, x: getattr(xp, name)(x), a, message=name)


def test_places_for_tests_of_infinities():
    a = np.array([np.inf, 1, -np.inf])
    for place in (np.zeros(3, int), nt.zeros(3, int)):
        assert outcome(nt.isposinf, a, place) is not None
        assert nt.isneginf(a, out=place) is place and place.tolist() == [0, 0, 1]


def test_isscalar():
    for thing in [1, 1.5, 1j, True, "a", b"a", np.float32(1), np.array(1), [1], None, (1,)]:
        assert nt.isscalar(thing) is np.isscalar(thing)
    assert not nt.isscalar(nt.asarray(1))


# ---- special functions -----------------------------------------------------------------------------------------


def close(got, want, ulps=16):
    assert got.dtype == want.dtype and got.shape == want.shape
    eps = float(np.finfo(want.dtype).eps)
    np.testing.assert_allclose(got, want, rtol=ulps * eps, atol=ulps * eps)


@pytest.mark.parametrize("dtype", ALL)
def test_sinc(dtype):
    a = random_values(dtype, (200,), np.random.default_rng(4), edges=0)
    a = np.concatenate([a[np.abs(a.astype("c16")) < 30], np.array([0, 0, 1]).astype(dtype)])
    close(nt.sinc(nt.asarray(a)), np.sinc(a))
    close(np.sinc(nt.asarray(a)), np.sinc(a))


@pytest.mark.parametrize("dtype", REAL)
def test_i0(dtype):
    a = random_values(dtype, (200,), np.random.default_rng(5), edges=0)
    a = np.concatenate([a[np.abs(a.astype("f8")) < 50], np.array([0, 8, 7, 9]).astype(dtype)])
    got, want = nt.i0(nt.asarray(a)), np.i0(a)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=(64 if want.dtype != "f8" else 8) * float(np.finfo(want.dtype).eps))


def test_special_functions_of_special_values():
    assert np.isnan(np.asarray(nt.i0([np.nan, np.inf]))).tolist() == np.isnan(np.i0([np.nan, np.inf])).tolist()
    assert float(nt.sinc(0)) == 1 and float(nt.i0(0)) == 1
    assert_same("i0", np.array([1j]))
    assert nt.sinc([]).shape == (0,)


SORTED = [0.0, 0.5, 2.0, 2.5, 10.0]
VALUES = [1.0, -3.0, 4.0, 4.0, 0.5]


def places(seed):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.uniform(-3, 13, 300), SORTED, [np.nan, np.inf, -np.inf, -0.0]]).reshape(3, 103)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("keywords", [{}, {"left": -9, "right": 9.5}, {"period": 4}, {"period": -3.5, "left": 7}], ids=str)
def test_interp(count, keywords):
    a = places(1)
    assert_same("interp", a, SORTED[:count], VALUES[:count], **keywords)
    assert_same("interp", a, np.array(SORTED[:count]), np.array(VALUES[:count], "f4"), **keywords)
    assert_same("interp", a, SORTED[:count], np.array(VALUES[:count]) * (1 + 2j), **({**keywords, "left": 1j} if "left" in keywords else keywords))


def test_interp_through_infinities():
    a = np.linspace(-1, 6, 71)
    for points, values in [
        ([0, 1, 2, 3], [0, np.inf, np.inf, 1]), ([0, 1, 2, 3], [np.nan, 0, np.nan, 2]), ([0, 1, 1, 2], [0, 5, 7, 1]), ([-np.inf, 0, np.inf], [1, 2, 3]),
        ([0, np.inf], [2, 2]), ([0, 1e-320, 1], [0, 1, 2]), ([0, 1, np.nan], [1, 2, 3]),
    ]:  # fmt: skip
        assert_same("interp", a, points, values)


def test_arguments_of_interp():
    for args in [
        (1.5, [1, 2], [3, 4]), ([1, 2], [1, 2], [3, 4]), (np.array([1], "i4"), [1, 2], [3, 4]), (np.array([1j]), [1, 2], [3, 4]), (1.5, [], []),
        (1.5, [1, 2], [3]), (1.5, [[1, 2]], [[3, 4]]), (1.5, [1, 2], [3, 4], None, None, 0), (1.5, 1, 2), ([], [1, 2], [3, 4]), (1.5, [1j, 2], [3, 4]),
    ]:  # fmt: skip
        assert_same("interp", *args)


@given(generators, st.integers(1, 3000))
def test_interp_in_long_tables(rng, count):
    points, values = np.sort(rng.standard_normal(count)), rng.standard_normal(count)
    assert_same("interp", rng.standard_normal(1000), points, values)


def test_interp_does_not_see_later_changes():
    points, values = np.array([0.0, 1.0]), np.array([0.0, 10.0])
    x = nt.interp(nt.asarray([0.5]), points, values)
    points[:], values[:] = 5, 7
    assert x.tolist() == [5.0]


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
def test_unwrap(dtype):
    rng = np.random.default_rng(6)
    a = (rng.uniform(0, 100, (6, 50))).astype(dtype)
    for keywords in ({}, {"axis": 0}, {"discont": 20}, {"period": 10}, {"period": 7, "axis": 0}, {"period": 12.5}):
        want, got = outcome(np.unwrap, a, **keywords), outcome(nt.unwrap, nt.asarray(a), **keywords)
        if isinstance(want, Exception):
            continue  # unsigned numbers, from which NumPy cannot take a negative one
        assert got.dtype == want.dtype
        # Corrections of hundreds are added up, in another order.
        tolerance = 64 * 300 * float(np.finfo(want.dtype).eps) if want.dtype.kind == "f" else 0
        np.testing.assert_allclose(got, want, atol=tolerance)
    assert_same("unwrap", np.array(1.0))


def test_edge_values_everywhere():
    """No function falls over the values that break things."""
    for dtype in ALL:
        a = edge_values(dtype)
        for function in (nt.nan_to_num, nt.round, nt.isreal, nt.angle, nt.real_if_close, lambda x: nt.isclose(x, x), lambda x: nt.clip(x, 0, 1)):
            assert np.asarray(function(nt.asarray(a))).shape == a.shape
