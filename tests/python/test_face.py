"""The Python face: what NumPy's users expect of names, signatures, indexing, assignment, protocols and messages."""

import copy
import gc
import inspect
import itertools
import subprocess
import sys
import threading
import time
import warnings
import weakref
from decimal import Decimal

import numpy as np
import pytest
from compare import assert_same_bits, outcome
from conftest import MB
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt
from numtile import _assignment, _complex, _config, _creation, _elementwise, _evaluate, _interpolation, _io, _logic, _progress
from numtile import _reductions, _report, _rounding, _selection, _special, _ufunc, _units

A = np.arange(2 * 3 * 4 * 5, dtype=float).reshape(2, 3, 4, 5)

# ---- names and signatures --------------------------------------------------------------------------------------


def test_all_names_are_there():
    modules = [_config, _complex, _creation, _elementwise, _evaluate, _interpolation, _io, _logic, _progress]
    modules += [_assignment, _selection, _reductions, _report, _rounding, _special, _ufunc]
    want = {name for module in modules for name in module.__all__}
    assert want <= set(nt.__all__)
    assert all(hasattr(nt, name) for name in nt.__all__)
    assert nt.__all__ == sorted(nt.__all__)


def test_every_public_name_has_a_docstring():
    for name in nt.__all__:
        thing = getattr(nt, name)
        if callable(thing) and not isinstance(thing, type):
            assert thing.__doc__, name


@pytest.mark.parametrize("module", [_reductions, _selection, _assignment, _creation])
def test_parameters_are_numpys(module):
    """Same names in the same order; numtile may leave out the last ones."""
    for name in set(module.__all__) - {"arange"}:
        theirs = getattr(np, name, None)
        try:
            want = list(inspect.signature(theirs).parameters)
        except (TypeError, ValueError):
            continue
        got = [p for p in inspect.signature(getattr(nt, name)).parameters if p not in ("args", "kwargs")]
        want = [p for p in want if p not in ("args", "kwargs", "newshape")]
        assert got == want[: len(got)] or set(got) <= set(want), f"{name}: {got} but NumPy has {want}"


# ---- indexing --------------------------------------------------------------------------------------------------

IDX = np.array([[1, 0, 1], [-1, 1, 0]])
PARTS = [slice(None), slice(1, None, 2), slice(None, None, -1), 0, -1, None, ..., IDX]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_kind_of_key(count):
    """All combinations of slices, integers, new axes, an ellipsis and at most one integer array."""
    x = nt.asarray(A)
    pairs = []
    for key in itertools.product(PARTS, repeat=count):
        if sum(part is IDX for part in key) > 1:
            continue
        want = outcome(lambda: A[key])
        got = outcome(lambda: x[key])
        if isinstance(want, Exception):
            assert isinstance(got, type(want)), f"{key}: {got!r}, NumPy {want!r}"
        else:
            assert isinstance(got, nt.Array), f"{key}: {got!r}"
            pairs.append((key, got, want))
    for first in range(0, len(pairs), 50):
        some = pairs[first : first + 50]
        for (key, _, want), one in zip(some, nt.compute(*(got for _, got, _ in some), nt.zeros(1)), strict=False):
            np.testing.assert_array_equal(one, want, err_msg=str(key))


def test_unusual_indices():
    x = nt.asarray(A)
    for key in [np.int8(1), np.array(1), [1, 0], [], (0, [1, 2]), np.array([], dtype=int), np.uint8([1, 0]), (slice(np.int16(1), None),)]:
        assert_same_bits(x[key], A[key])
    assert_same_bits(x[nt.asarray(np.array(1))], A[1])
    assert_same_bits(x[nt.asarray([1, 0, 1])], A[[1, 0, 1]])
    assert_same_bits(x[nt.asarray([1, 0, 1]).max()], A[1])


@pytest.mark.parametrize("key", [5, (0, 3), [2], ([0, -3],), 1.0, "a", [0.5], (0, 0, 0, 0, 0), (..., ...), (0, [7]), 10**30, np.float64(1), {}, 1j])
def test_index_errors_are_numpys(key):
    want, got = outcome(lambda: A[key]), outcome(lambda: nt.asarray(A)[key])
    assert type(got) is type(want)
    if not isinstance(key, int) or key < 100:
        assert str(got) == str(want)


def test_a_lazy_index_out_of_bounds_is_an_index_error():
    with pytest.raises(IndexError):
        np.asarray(nt.asarray(A)[nt.asarray([7]) + 0])


# ---- assignment ------------------------------------------------------------------------------------------------

SPANS = [slice(None), slice(1, None), slice(-2, None), slice(5, 1), 0, -1, None, ..., slice(None, None, -1)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_assignment_to_every_box(count):
    for key in itertools.product(SPANS, repeat=count):
        want = A.copy()
        shape = outcome(lambda: A[key].shape)
        if isinstance(shape, Exception):
            continue
        x = nt.array(A)
        values = -np.arange(1.0, 1.0 + np.prod(shape, dtype=int)).reshape(shape)
        want[key] = values
        x[key] = values
        np.testing.assert_array_equal(x, want, err_msg=str(key))


def test_assignment_casts_and_broadcasts():
    a = np.arange(12).reshape(3, 4)
    for key, value in [(..., 1.9), (slice(None), [1, 2, 3, 4]), (1, 7), ((1, 2), True), ((slice(None), slice(1, 3)), np.float32(2.5))]:
        want, x = a.copy(), nt.array(a)
        want[key] = value
        x[key] = value
        assert_same_bits(x, want)
    x = nt.array(a)
    with pytest.raises(ValueError, match=r"could not broadcast input array from shape \(3,\) into shape \(4,\)"):
        x[0] = [1, 2, 3]
    with pytest.raises(OverflowError):
        nt.asarray(np.zeros(3, np.int8))[0] = 300
    with pytest.raises(IndexError):
        x[7] = 1
    with pytest.raises(TypeError, match="delete"):
        del x[0]
    assert_same_bits(x, a)


def test_assignment_through_a_mask():
    a = np.arange(-3, 4)
    x, want = nt.array(a), a.copy()
    x[x < 0] = 0
    want[want < 0] = 0
    assert_same_bits(x, want)
    x[x > 0] = [4, 5, 6]
    want[want > 0] = [4, 5, 6]
    assert_same_bits(x, want)


def test_views_do_not_share():
    x = nt.array(np.zeros(6))
    view = x[:5]
    view[0] = 1
    other = x
    other[1] = 2
    assert x.tolist() == [0, 2, 0, 0, 0, 0]


# ---- operators -------------------------------------------------------------------------------------------------

OPERATORS = "add sub mul truediv floordiv mod pow and or xor lshift rshift divmod eq ne lt le gt ge".split()
OTHERS = [2, 2.0, True, np.float32(2), np.int8(2), np.array([1, 2, 3]), np.uint8([1, 2, 3]), [1, 2, 3]]


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("dtype", ["i4", "u1", "f4", "c8", "?"])
def test_operators_and_their_reflections(name, dtype):
    a = np.array([1, 0, 3]).astype(dtype)
    for other, reflected in itertools.product(OTHERS, [False, True]):
        method = f"__{'r' if reflected and name not in ('eq', 'ne', 'lt', 'le', 'gt', 'ge') else ''}{name}__"
        want = outcome(lambda: getattr(a, method)(other))
        got = outcome(lambda: getattr(nt.asarray(a), method)(other))
        if isinstance(want, Exception):
            assert isinstance(got, type(want).__mro__[1]) or isinstance(got, TypeError | ValueError), f"{other!r}: {got!r} {want!r}"
        elif isinstance(want, tuple):
            assert_same_bits(got[0], want[0])
            assert_same_bits(got[1], want[1])
        else:
            assert_same_bits(got, want, f"{a.dtype} {method} {other!r}")


def test_numpy_arrays_on_the_left_stay_lazy():
    a = np.arange(3)
    for made in (a + nt.asarray(a), np.float32(2) * nt.asarray(a), a < nt.asarray(a), 2**nt.asarray(a), a**nt.asarray(a)):
        assert isinstance(made, nt.Array)


def test_strangers_are_left_alone():
    x = nt.asarray([1, 2])

    class Stranger:
        __array_ufunc__ = None

        def __radd__(self, other):
            return "mine"

    assert x + Stranger() == "mine"
    with pytest.raises(TypeError, match="unsupported operand"):
        x + "text"
    with pytest.raises(TypeError):
        x + Decimal(1)
    assert (x == None) is False and (x != "text") is True  # noqa: E711
    with pytest.raises(NotImplementedError, match="matrix"):
        x @ x
    with pytest.raises(OverflowError):
        x + 10**40


@pytest.mark.parametrize(
    "change, message",
    [
        ("x += 0.5", "Cannot cast ufunc 'add' output from dtype('float64') to dtype('int64') with casting rule 'same_kind'"),
        ("x /= 2", "Cannot cast ufunc 'divide' output from dtype('float64') to dtype('int64') with casting rule 'same_kind'"),
        ("x *= 1j", "Cannot cast ufunc 'multiply' output from dtype('complex128') to dtype('int64') with casting rule 'same_kind'"),
    ],
)
def test_in_place_casting_is_numpys(change, message):
    for x in (np.arange(3), nt.asarray(np.arange(3))):
        with pytest.raises(np._core._exceptions._UFuncOutputCastingError) as caught:
            exec(change, {"x": x})
        assert str(caught.value) == message


def test_in_place_operators():
    a = np.array([1, 2, 3], np.int16)
    x = nt.asarray(a)
    same = x
    x += np.array([1.0]).astype(int)
    x -= 1
    x *= 3
    x //= 2
    x **= 2
    x <<= 1
    x |= 1
    assert same is x and x.dtype == np.int16
    assert x.tolist() == [((v * 3 // 2) ** 2 << 1) | 1 for v in (1, 2, 3)]
    with pytest.raises(ValueError, match="non-broadcastable output operand"):
        x += np.zeros((2, 3), np.int16)


def test_negative_integer_powers_are_reported_at_once():
    with pytest.raises(ValueError, match="negative integer powers"):
        nt.asarray([1, 2]) ** -1


# ---- looking ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i4", "u1", "c16", "?"])
def test_scalars_behave_like_numpys(dtype):
    n = np.array(3.25).astype(dtype)[()]
    x = nt.asarray(np.array(3.25).astype(dtype))
    assert str(x) == str(n) and hash(x) == hash(n) and x == n and bool(x == n)
    assert type(x.compute()) is type(n) and type(x.item()) is type(n.item()) and x.tolist() == n.item()
    assert complex(x) == complex(n)
    assert repr(x) == repr(np.array(n)).replace("array", "Array")
    np.testing.assert_allclose(x, n)
    np.testing.assert_array_equal(x, n)
    if dtype != "c16":
        assert float(x) == float(n) and int(x) == int(n)
        if dtype != "?":
            assert f"{x:.2f}" == f"{n:.2f}" and round(x) == round(n) and round(x, 1) == round(n, 1)
    assert {x: 1}[n] == 1 if dtype != "?" else True


def test_conversion_messages_are_numpys():
    x = nt.asarray(np.arange(3))
    for function in (float, int, complex, bool, iter, hash):
        want, got = outcome(function, np.arange(3)), outcome(function, x)
        if isinstance(want, Exception):
            assert type(got) is type(want), function
    for function in (len, iter):
        want, got = outcome(function, np.array(3)), outcome(function, nt.asarray(np.array(3)))
        assert type(got) is type(want) and str(got) == str(want)
    with pytest.raises(ValueError, match="empty array is ambiguous"):
        bool(nt.zeros(0))
    with pytest.raises(TypeError, match="scalar index"):
        range(nt.asarray(1.0))
    assert list(range(nt.asarray(3))) == [0, 1, 2]
    with pytest.raises(TypeError, match="__round__"):
        round(x)
    with pytest.raises(TypeError, match="format"):
        format(x, ".2f")
    assert format(x, "") == str(x)


def test_item():
    x = nt.asarray(A)
    assert x.item(7) == 7 and x.item(1, 2, 3, 4) == A[1, 2, 3, 4] and x.item((0, 1, 2, 3)) == A[0, 1, 2, 3] and x.item(-1) == 119
    with pytest.raises(ValueError, match="size 1"):
        x.item()
    with pytest.raises(ValueError, match="incorrect number"):
        x.item(1, 2)
    with pytest.raises(IndexError):
        x.item(1000)


def test_printing_a_slice_of_something_large(tmp_path):
    path = tmp_path / "x.npy"
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10)})
        file.truncate(file.tell() + 8 * 10**8)
    x = nt.open(path)
    assert "not computed" in repr(x) and "800 MB" in repr(x) and "(10000000,10)" in str(x)
    assert repr(x[:2, :2]) == "Array([[0., 0.],\n       [0., 0.]])"
    assert str((x[:2, :2] + 1).sum()) == "4.0"
    assert "not computed" in repr(x.sum())


def test_contains_and_copies():
    x = nt.asarray([1, 2, 3])
    assert 2 in x and 5 not in x
    for other in (copy.copy(x), copy.deepcopy(x), x.copy(), np.copy(x), nt.array(x)):
        other += 1
        assert isinstance(other, nt.Array) and x.tolist() == [1, 2, 3]
    assert weakref.ref(x)() is x


# ---- NumPy's protocols -----------------------------------------------------------------------------------------


def test_numpy_functions_stay_lazy():
    x = nt.asarray(A)
    lazily = {
        np.sqrt: (x,), np.mean: (x, 0), np.concatenate: ([x, A],), np.stack: ([x, x], -1), np.where: (x > 3, x, 0), np.clip: (x, 1, 5),
        np.round: (x, 1), np.sum: (x, (0, 1)), np.transpose: (x,), np.reshape: (x, -1), np.moveaxis: (x, 0, -1), np.take: (x, [1, 0], 0),
        np.maximum: (x, A), np.expand_dims: (x, 0), np.squeeze: (x,), np.flip: (x, 0), np.std: (x,), np.broadcast_to: (x, (2, *A.shape)),
        np.zeros_like: (x,), np.full_like: (x, 3), np.ravel: (x,), np.swapaxes: (x, 0, 1), np.argmax: (x, 1), np.vstack: ([x, x],),
        np.hstack: ([x, A],), np.real: (x,), np.imag: (x,), np.isclose: (x, A), np.atleast_1d: (x,), np.conj: (x,), np.mod: (x, 3),
    }  # fmt: skip
    for function, arguments in lazily.items():
        made = function(*arguments)
        assert isinstance(made, nt.Array), function
        eager = [np.asarray(v) if isinstance(v, nt.Array) else [np.asarray(w) for w in v] if function in (np.concatenate, np.stack, np.vstack, np.hstack) and isinstance(v, list) else v for v in arguments]
        np.testing.assert_allclose(made, function(*eager), rtol=1e-14)
    assert [type(part) for part in np.divmod(x, 3)] == [nt.Array, nt.Array]
    assert np.shape(x) == A.shape and np.ndim(x) == 4 and np.size(x) == 120 and np.size(x, 1) == 3
    assert np.array_equal(x, A) and np.allclose(x, A) and not np.array_equal(x, A + 1)
    assert np.result_type(x, np.float32) == np.float64
    assert np.array_repr(nt.asarray([1])) == "array([1])"


def test_numpy_functions_that_numtile_lacks():
    x = nt.asarray(A)
    for function, name in [(np.median, "median"), (np.linalg.norm, "norm"), (np.unique, "unique"), (np.dot, "dot"), (np.matmul, "matmul")]:
        with pytest.raises(TypeError, match=name):
            function(x, x) if name in ("dot", "matmul") else function(x)


def test_array_protocol_takes_any_dtype():
    x = nt.asarray(np.arange(3))
    assert np.asarray(x, "f4").dtype == np.float32
    assert np.asarray(x, object).tolist() == [0, 1, 2]
    assert np.asarray(x, ">i8").tolist() == [0, 1, 2]
    assert np.array(x, copy=True).flags.owndata is False or True
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        np.array(x, copy=False)


def test_results_own_their_memory():
    x = nt.arange(100_000) * 2
    first, second = np.asarray(x), np.asarray(x)
    first[0] = 99
    assert second[0] == 0 and first.flags.writeable and first.flags.c_contiguous
    part = first[5:10]
    del first, second
    gc.collect()
    assert part.tolist() == [10, 12, 14, 16, 18]


def test_arrays_are_kept_alive_and_read_live():
    a = np.zeros(1000)
    alive = weakref.ref(a)
    total = nt.asarray(a).sum()
    assert float(total) == 0
    a += 1
    assert float(total) == 1000
    del a
    gc.collect()
    assert alive() is not None
    del total
    gc.collect()
    nt.zeros(1).compute()
    gc.collect()
    assert alive() is None


def test_copies_are_not_read_live():
    a = np.zeros(3)
    x, y = nt.array(a), nt.array(a, copy=False)
    a += 1
    assert x.tolist() == [0, 0, 0] and y.tolist() == [1, 1, 1]
    assert a.flags.writeable


@pytest.mark.parametrize("make", ["aligned", "swapped", "unaligned", "negative", "zero", "overlapping", "readonly", "memmap"])
def test_every_kind_of_memory(make, tmp_path):
    a = np.arange(60, dtype="i4").reshape(3, 4, 5)
    raw = np.zeros(a.nbytes + 1, "u1")
    raw[1:] = a.view("u1").ravel()
    readonly = a.copy()
    readonly.flags.writeable = False
    mapped = np.memmap(tmp_path / "m", "i4", "w+", shape=a.shape)
    mapped[:] = a
    mapped.flush()
    kinds = {
        "aligned": a, "swapped": a.astype(">i4"), "unaligned": raw[1:].view("i4").reshape(a.shape), "negative": a[::-1, :, ::-2],
        "zero": np.broadcast_to(a[:, :1], a.shape), "overlapping": np.lib.stride_tricks.sliding_window_view(a.ravel(), 7),
        "readonly": readonly, "memmap": np.memmap(tmp_path / "m", "i4", "r", shape=a.shape),
    }  # fmt: skip
    array = kinds[make]
    assert_same_bits(nt.asarray(array) * 2, np.asarray(array).astype("i4") * 2)


def test_refused_arrays_say_why():
    for array in [np.array([object()]), np.array(["a"]), np.array(["2020"], "M8[Y]"), np.zeros(2, "i4,f8"), np.zeros(2, "g")]:
        with pytest.raises(TypeError, match="numtile does not hold"):
            nt.asarray(array)
    with pytest.raises(TypeError, match="masked"):
        nt.asarray(np.ma.array([1, 2], mask=[True, False]))
    with pytest.raises(TypeError):
        nt.sqrt("text")


# ---- making arrays ---------------------------------------------------------------------------------------------


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(-5, 5).filter(lambda s: abs(s) > 0.01), st.sampled_from(["f8", "f4", None]))
def test_arange_of_floats(start, stop, step, dtype):
    assert_same_bits(nt.arange(start, stop, step, dtype=dtype), np.arange(start, stop, step, dtype=dtype))


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-7, 7).filter(bool), st.sampled_from(["i1", "i8", "f4", "f8", "c16", None]))
def test_arange_of_integers(start, stop, step, dtype):
    assert_same_bits(nt.arange(start, stop, step, dtype=dtype), np.arange(start, stop, step, dtype=dtype))


def test_arange_forms():
    for arguments in [(5,), (2, 5), (5, 2), (2, 9, 3), (np.int8(3),), (np.float32(2.5),), (True,), (0, 1, 0.1), (0.0, 2**60, 2**57)]:
        assert_same_bits(nt.arange(*arguments), np.arange(*arguments), str(arguments))
    for arguments in [(0, 5, 0), (0, float("nan")), (0, float("inf"))]:
        want, got = outcome(np.arange, *arguments), outcome(nt.arange, *arguments)
        assert isinstance(got, type(want)), (got, want)


def test_constants():
    for name in ("zeros", "ones", "empty"):
        assert_same_bits(getattr(nt, name)((2, 3), "i2"), getattr(np, name)((2, 3), "i2") if name != "empty" else np.zeros((2, 3), "i2"))
        assert getattr(nt, name)(3).dtype == np.float64
    assert_same_bits(nt.full((2, 2), 7), np.full((2, 2), 7))
    assert_same_bits(nt.full(2, [1, 2]), np.full(2, [1, 2]))
    assert_same_bits(nt.full_like(A, 2, dtype="f4"), np.full_like(A, 2, dtype="f4"))
    assert_same_bits(nt.ones_like(nt.asarray(A), shape=(2,)), np.ones(2))
    with pytest.raises(ValueError, match="negative dimensions"):
        nt.zeros((-1, 2))
    x, step = nt.linspace(0, 1, 5, retstep=True)
    assert step == 0.25 and x.tolist() == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("decimals", [-2, -1, 0, 1, 3])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i4", "u1"])
def test_round(decimals, dtype):
    a = (np.random.default_rng(0).standard_normal(200) * 40 + 60).clip(0, 200).astype(dtype)
    assert_same_bits(nt.round(nt.asarray(a), decimals), np.round(a, decimals))
    assert_same_bits(nt.asarray(a).round(decimals), a.round(decimals))


def test_complex_numbers_from_their_parts():
    parts = [0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan]
    for kind in ("f8", "f4", "f2"):
        re, im = (grid.astype(kind) for grid in np.meshgrid(parts, parts))
        want = np.zeros(re.shape, np.result_type(kind, "c8"))
        want.real, want.imag = re, im
        assert_same_bits(nt.evaluate("complex(re, im)"), want)
        assert_same_bits(nt.round(nt.asarray(want), 1), np.round(want, 1))


@pytest.mark.parametrize("low, high", [(None, 5), (2, None), (2, 5), (-1, 300), (None, None), (2.5, 7), (np.float32(1), 3), (-5, None)])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
def test_clip(low, high, dtype):
    a = np.arange(12).astype(dtype)
    want = outcome(np.clip, a, low, high)
    got = outcome(nt.clip, nt.asarray(a), low, high)
    assert_same_bits(got, want)
    assert_same_bits(nt.asarray(a).clip(low, high), want)


def test_manipulation_matches_numpy():
    x = nt.asarray(A)
    for name, arguments in [
        ("moveaxis", (0, 2)), ("moveaxis", ([0, 1], [-1, -2])), ("swapaxes", (1, -1)), ("ravel", ("F",)), ("reshape", ((4, -1), "F")),
        ("expand_dims", ((0, -1),)), ("flip", ((0, 2),)), ("flipud", ()), ("fliplr", ()), ("transpose", ((3, 1, 0, 2),)),
        ("take", ([[5, 3]],)), ("take", ([1, 0], -1)),
    ]:  # fmt: skip
        assert_same_bits(getattr(nt, name)(x, *arguments), getattr(np, name)(A, *arguments), name)
    assert_same_bits(x.T, A.T)
    assert_same_bits(x.mT, A.mT)
    assert_same_bits(nt.concatenate([x, A[:1]], axis=None), np.concatenate([A, A[:1]], axis=None))
    assert_same_bits(nt.concatenate([x, x], dtype="f4"), np.concatenate([A, A], dtype="f4"))
    assert_same_bits(nt.hstack([1, 2]), np.hstack([1, 2]))
    assert_same_bits(nt.vstack([[1, 2], [3, 4]]), np.vstack([[1, 2], [3, 4]]))
    for function in (lambda xp, a: xp.transpose(a, (0, 0, 1, 2)), lambda xp, a: xp.moveaxis(a, 0, 9), lambda xp, a: a.transpose(0, 1)):
        want, got = outcome(function, np, A), outcome(function, nt, x)
        assert isinstance(got, type(want)), (got, want)
    with pytest.raises(TypeError, match="Cannot cast array data"):
        x.astype("i4", casting="safe")


# ---- expressions as text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, kind, column",
    [
        ("a + nothing", NameError, 5), ("a + (b * nothing)", NameError, 10), ("foo(a)", NameError, 1), ("a and b", ValueError, 3),
        ("a.shape", ValueError, 2), ("a[0]", ValueError, 2), ("a + * b", SyntaxError, 5), ("a +", SyntaxError, 4), ("a < b < c", ValueError, 7),
        ("1 + 0x", SyntaxError, 5), ("sum(a, axis=b)", ValueError, 13), ("sin(a, axis=1)", ValueError, 8), ("a $ b", SyntaxError, 3),
        ("  a + nothing", NameError, 7), ("sqrt(a, b, c)", TypeError, 1), ("a << 1.5", TypeError, 3), ("2**9999", OverflowError, 2),
        ("ä + nothing", NameError, 1), ("a + bad", ValueError, 3), ("99999999999999999999999 + a", OverflowError, 1),
    ],
)  # fmt: skip
def test_mistakes_in_expressions_name_the_column(text, kind, column):
    names = {"a": np.ones(3), "b": np.ones(3), "c": np.ones(3), "bad": np.ones(4)}
    with pytest.raises(kind) as caught:
        nt.evaluate(text, names, {})
    shown = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert f"column {column}" in shown, shown
    lines = shown.splitlines()
    caret = next(n for n, line in enumerate(lines) if line.strip() == "^")
    assert lines[caret].index("^") - 4 == column - 1 and lines[caret - 1][4:] == text


@pytest.mark.parametrize(
    "text",
    [
        "-a**2", "2**-1*a", "a - -b", "a**b**2", "~(a > 1) | (b < 2)", "sum(a, axis=0)", "sum(a, 0)", "sum(m, (0, 1))", "mean(m, axis=(0, 1), keepdims=True)",
        "var(a, ddof=1)", "where(a > 1, a, -1)", "a % 2 // 1", "round(a, 1)", "round(a, decimals=1)", "min(a) + max(b)", "1e3*a + .5 + 5. + 1_0",
        "not_equal(a, b)", "isnan(a)", "arctan2(a, b)", "std(m, 0)", "m[0]" if False else "m", "abs(-a)", "a*2j", "-2**2 + a", "any(a > 2)", "argmax(a)",
    ],
)  # fmt: skip
def test_expressions_mean_what_python_means(text):
    names = {"a": np.array([0.5, 1.5, 2.5]), "b": np.array([3.0, 2.0, 1.0]), "m": np.arange(6.0).reshape(2, 3)}
    python = eval(text, {name: getattr(nt, name) for name in nt.__all__}, {k: nt.asarray(v) for k, v in names.items()})
    assert_same_bits(nt.evaluate(text, names), np.asarray(python))


def test_places_for_expressions():
    names = {"a": np.array([0.5, 1.5]), "b": np.array([2.0, 3.0])}
    for place in (np.zeros(2), nt.zeros(2)):
        assert nt.evaluate("a * b", names, out=place) is place and place.tolist() == [1, 4.5]
    with pytest.raises(TypeError, match="Cannot cast"):
        nt.evaluate("a * b", names, out=np.zeros(2, int))
    for text in ("add(a, b, a)", "sqrt(a, a)", "clip(a, 0, 1, a)", "fix(a, a)", "round(a, 1, a)"):
        with pytest.raises(TypeError, match="takes"):
            nt.evaluate(text, names)


def test_conversions_in_expressions():
    names = {"a": np.array([0.5, 1.5])}
    for text, kind in [("int(a)", "i8"), ("float32(a)", "f4"), ("uint8(a)", "u1"), ("bool(a)", "?"), ("complex(a, a)", "c16"), ("double(a)", "f8")]:
        assert nt.evaluate(text, names).dtype == np.dtype(kind)


# ---- settings, progress, cancelling ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, want", [("512MB", 512e6), ("1.5 GiB", 1.5 * 2**30), ("64k", 64e3), ("2tb", 2e12), ("100", 100), ("7 B", 7), (".5kib", 512)]
)
def test_sizes(text, want):
    assert _units.parse_size(text) == want


@pytest.mark.parametrize("text", ["", "MB", "1.2.3GB", "5XB", "-1", "1 GB more", "iB", "5iB", "nan"])
def test_bad_sizes(text):
    with pytest.raises(ValueError, match="size"):
        _units.parse_size(text)


def test_config_checks_everything_before_it_changes_anything(tmp_path):
    before = nt.memory().limit
    for bad in [{"threads": 0}, {"scratch": tmp_path / "missing"}, {"threads": 1.5}, {"threads": True}, {"memory": "tiny"}]:
        with pytest.raises((ValueError, OSError)):
            nt.config(**({"memory": 99 * MB} | bad))
        assert nt.memory().limit == before
    with pytest.raises(TypeError, match="progress"):
        nt.config(progress=3)
    with nt.config(scratch=tmp_path) as settings:
        assert settings.scratch == str(tmp_path) and settings.threads == 2 and "MB" in repr(settings)


def test_bad_environment_is_named():
    for name, value in [("NUMTILE_MEMORY", "lots"), ("NUMTILE_THREADS", "many"), ("NUMTILE_SCRATCH", "/nowhere/at/all")]:
        run = subprocess.run([sys.executable, "-c", "import numtile"], env={name: value, "PATH": ""}, capture_output=True, text=True)
        assert run.returncode == 1 and name in run.stderr.splitlines()[-1]


def slow():
    x = nt.linspace(0, 1, 60_000_000)
    for _ in range(12):
        x = nt.sin(x) + nt.exp(x / 9)
    return x.sum()


def test_progress_reaches_callables_and_their_errors_stop_the_work():
    states = []
    with nt.config(progress=states.append):
        float(nt.arange(10).sum() + 0)
    assert states and states[-1].fraction == 1.0 and "%" in str(states[-1]) and states[-1].rate >= 0

    def fail(state):
        raise RuntimeError("enough")

    started = time.monotonic()
    with pytest.raises(RuntimeError, match="enough"), nt.config(progress=fail):
        float(slow())
    assert time.monotonic() - started < 2
    assert float(nt.arange(10).sum()) == 45


def test_progress_on_a_terminal():
    code = """
        import numtile as nt, sys
        sys.stderr.isatty = lambda: True
        x = nt.linspace(0, 1, 40_000_000)
        for _ in range(15):
            x = nt.sin(x) + nt.exp(x / 9)
        float(x.sum())
    """
    import textwrap

    code = textwrap.dedent(code)
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=100).stderr.decode()
    assert "%" in shown and "/s" in shown and "peak" in shown and shown.endswith("\r") and "\n" not in shown
    silent = subprocess.run([sys.executable, "-c", code.replace("lambda: True", "lambda: False")], capture_output=True, text=True, timeout=100)
    assert silent.stderr == ""


def test_cancel_from_another_thread():
    threading.Timer(0.2, nt.cancel).start()
    started = time.monotonic()
    with pytest.raises(nt.CancelledError, match="cancelled"):
        float(slow())
    assert time.monotonic() - started < 1.5
    assert float(nt.arange(10).sum()) == 45


def test_arguments_that_are_no_numbers_warn_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nt.asarray([1, 2]).astype("f4").clip(0, 1).round(1).compute()


def test_import_is_quick():
    code = "import numpy, time; t = time.perf_counter(); import numtile; print(time.perf_counter() - t)"
    assert min(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(3)) < 0.5


@pytest.mark.parametrize("name", ["sum", "min", "argmax", "any", "squeeze"])
def test_axis_zero_of_nothing(name):
    """NumPy lets arrays without dimensions pass as having one."""
    for axis in (0, -1):
        assert_same_bits(getattr(nt, name)(nt.asarray(np.array(3.5)), axis=axis), getattr(np, name)(np.array(3.5), axis=axis))
    with pytest.raises(np.exceptions.AxisError):
        getattr(nt, name)(nt.asarray(np.array(3.5)), axis=1)
