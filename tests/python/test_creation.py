"""Creation functions against NumPy: bits, types, shapes and errors; and that formulas are never stored."""

import io

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, arrays, laid_out, random_values
from compare import assert_same_bits, outcome
from conftest import MB
from hypothesis import given
from hypothesis import strategies as st
from test_manipulation import same

import numtile as nt
from numtile import _creation, _diagonals, _from_data, _grids, _ranges, _triangles


def call(text):
    """One line of the table: an expression in ``xp``, a column of types, and some arrays."""
    names = {"np": np, "A": np.arange(6.0).reshape(2, 3), "V": np.array([3, -1, 4], "i2"), "C": np.array([1 + 2j, -3j]), "F": np.array([0.1, 7], "f4")}
    return pytest.param(eval(f"lambda xp: {text}", names), id=text)


TABLE = [
    # of one value
    *(call(f"xp.{name}({args})") for name in ("zeros", "ones") for args in ("()", "3", "(2, 0)", "(2, 3), 'i4'", "3, dtype='c8', order='F'", "-1", "(2, -1)", "2.5", "3, order='K'",
      "3, order='X'", "3, device='cpu'", "3, device='gpu'", "[2, 3], bool", "np.int64(4)", "3, None")),
    *(call(f"xp.zeros_like(xp.{name}({args}))") for name, args in [("empty", "(2, 3), 'i4'"), ("empty", "-1"), ("empty", "3, order='K'"), ("empty_like", "A"), ("empty_like", "A, 'i1', shape=(2,)"), ("empty_like", "A, device='gpu'")]),
    *(call(f"xp.{name}(A{args})") for name in ("zeros_like", "ones_like") for args in ("", ", 'i1'", ", shape=(4,)", ", subok=False", ", order='F'", ", device='gpu'", ", order='Z'", ", shape=()")),
    call("xp.full(3, 7)"), call("xp.full((2, 3), 1.5, 'f4')"), call("xp.full(3, 300, 'u1')"), call("xp.full(3, -1, 'u2')"), call("xp.full(3, 2.7, 'i4')"), call("xp.full((2, 3), V)"), call("xp.full((2, 2), V)"),
    call("xp.full(2, [1, 2], 'f4')"), call("xp.full((), 3j)"), call("xp.full(3, True)"), call("xp.full(3, np.float32(1.5))"), call("xp.full_like(A, 3)"), call("xp.full_like(V, 1.7)"), call("xp.full_like(V, 70000)"),
    call("xp.full_like(A, V, dtype='i8')"), call("xp.full_like(A, 1, shape=5)"),
    # from arrays
    *(call(f"xp.{name}({args})") for name in ("array", "asarray", "asanyarray", "ascontiguousarray", "copy") for args in ("A", "[1, 2.5]", "[[1], [2]]", "3", "V[::-1]", "True", "2**40", "1j", "[]", "A.T")),
    *(call(f"xp.{name}({args})") for name in ("array", "asarray") for args in ("A, 'i4'", "[1, 2], 'f2'", "A, order='F'", "A, order='bad'", "[[1], [1, 2]]", "'text'", "[1, 2], dtype=complex", "np.datetime64('2020')[()]")
      if "text" not in args and "datetime" not in args),
    call("xp.array(A, copy=False)"), call("xp.asarray([1], copy=False)"), call("xp.asarray(A, copy=True)"),
    call("xp.array(A, ndmin=4)"), call("xp.array(3, ndmin=1, copy=False)"), call("xp.ascontiguousarray(V, 'f8')"), call("xp.asfortranarray(A)"), call("xp.asfortranarray(3)"),
    # sequences
    *(call(f"xp.arange({args})") for args in ("5", "0", "-3", "2, 9", "9, 2, -2", "2, 9, 3", "0.5", "0, 1, 0.1", "1, 0, -0.25", "3, dtype='f4'", "0, 5, 0.7, dtype='f4'", "3j", "1, 9, 0", "5, dtype='i1'", "250, 260, dtype='u1'",
      "2, dtype=bool", "3, dtype=bool", "np.float32(0), 3", "np.int8(3), np.int16(9)", "0, 3, dtype='c16'", "True", "np.array(4)", "V", "1e30", "np.nan", "0, 2**62, 2**60", "-5, 5, 3, dtype='f2'", "stop=4")
      if args not in ("stop=4", "250, 260, dtype='u1'")),
    *(call(f"xp.linspace({args})") for args in ("0, 1", "0, 1, 5", "0, 1, 1", "0, 1, 0", "0, 1, -1", "3, -3, 7, False", "0, 10, 4, dtype=int", "-5, 5, 7, dtype='i1'", "0, 1, 5, dtype='f4'", "1, 1, 4", "0, 5e-324, 4", "0, 1e-322, 9",
      "np.float32(0), np.float32(1), 7", "np.float16(0), np.float16(1), 9", "0, 1j, 5", "1 + 2j, -3j, 4, False", "V, 10, 5", "0, F, 4", "F, F + 1, 4", "A, 10, 3, axis=1", "A, A + 1, 3, axis=-1", "C, 5, 3", "A, A, 4", "A, 1, 4", "0, V, 3, dtype='i4'",
      "0, 1, 5, dtype=bool", "0, 1, 5, dtype='c8'", "np.inf, 1, 3", "0, np.nan, 3", "0, 1, 2.5", "[1, 2], [[3], [4]], 3", "0, 1, 5, axis=3", "A, 1, 3, axis=9", "1, 2, 5, device='gpu'", "0, 1, True")),
    *(call(f"xp.linspace({args}, retstep=True)[0]") for args in ("0, 1, 5", "A, 1, 4")),
    call("xp.vander([1, 2, 3])"), call("xp.vander(V, 5)"), call("xp.vander(V, 3, True)"), call("xp.vander(V, 0)"), call("xp.vander(V, 1)"), call("xp.vander(V, -1)"), call("xp.vander(A)"), call("xp.vander(C, 4)"), call("xp.vander(F, 6, increasing=True)"),
    call("xp.vander([0.1, 1.1, 3.3], 9)"), call("xp.vander([], 3)"),
    # grids
    *(call(f"xp.meshgrid({args})") for args in ("", "V", "V, F", "V, F, indexing='ij'", "V, F, C", "V, F, C, sparse=True", "V, F, sparse=True, indexing='ij'", "V, 3", "A, V", "V, F, indexing='ab'", "V, F, copy=False", "[], V")),
    *(call(f"xp.indices({args})") for args in ("(2, 3)", "(2, 3), 'f4'", "()", "(3,)", "(0, 2)", "(2, 3), sparse=True", "(2, -1)", "3", "(3, 2), bool", "[2, 2], dtype='u1', sparse=True")),
    *(call(f"xp.{name}[{key}]") for name in ("mgrid", "ogrid") for key in ("0:3", "0:3:2", "5:0", "0:3:5j", "-1:1:4j", "0:3:1j", "0:3:0j", ":4", "0:1:0.1", "0:3, 0:2", "0:3, 0:2:3j", "0:3:2, -1:1:4j, 0:2", "0.5:2, 1:2:0.3", "5:0, 0:2", ":3, :4:0.5", "3",
      "np.float32(0):np.float32(2):0.5, 0:2", "0:3:1j, 0:2", "0:3:0, 0:1", "0:3:2.5j", "np.int8(0):np.int8(3), 0:2")),
    call("xp.fromfunction(lambda i, j: i + 10 * j, (3, 4))"), call("xp.fromfunction(lambda i, j: i == j, (3, 3), dtype=int)"), call("xp.fromfunction(lambda i, k: i * k, (3,), k=2)"), call("xp.fromfunction(lambda i: i, (0,))"),
    # matrices
    *(call(f"xp.eye({args})") for args in ("3", "0", "2, 4", "4, 2, 1", "3, k=-2", "3, k=9", "3, dtype=bool", "3, 3, 0, 'c8'", "-1", "2.0", "3, order='F'", "3, order='K'", "2, -1", "3, dtype=None", "3, device='tpu'")),
    call("xp.identity(3)"), call("xp.identity(2, 'i1')"), call("xp.identity(-1)"),
    *(call(f"xp.tri({args})") for args in ("3", "3, 4", "4, 3, 1", "3, k=-1", "3, k=9", "0", "-2", "2.0", "3, 3, 0, int", "3, dtype=bool", "3, k=0.5")),
    *(call(f"xp.{name}_indices({args})") for name in ("tril", "triu") for args in ("0", "1", "4", "4, 1", "4, -1", "4, 9", "4, -9", "4, 0, 6", "6, 0, 4", "5, -2, 3", "3, 2, 7", "7, -3, 3", "3, 0, 0", "-1", "3, -3", "3, 3", "5, -1, 9")),
    *(call(f"xp.{name}_indices_from({args})") for name in ("tril", "triu") for args in ("A", "A, 1", "V", "A.T, -1")),
    call("xp.diag_indices(4)"), call("xp.diag_indices(3, 3)"), call("xp.diag_indices(3, 1)"), call("xp.diag_indices_from(A)"), call("xp.diag_indices_from(A[:, :2])"), call("xp.diag_indices_from(V)"),
    # data
    call("xp.frombuffer(b'\\x01\\x02\\x03\\x04', 'u1')"), call("xp.frombuffer(b'\\x01\\x02\\x03\\x04', '>i2', 1, 2)"), call("xp.frombuffer(b'abc', 'i2')"), call("xp.frombuffer(b'12345678')"), call("xp.frombuffer(b'', 'u1')"),
    call("xp.fromiter((i * i for i in range(5)), float)"), call("xp.fromiter(iter([1, 2]), 'i4', count=2)"), call("xp.fromiter(iter([1, 2]), 'i4', count=3)"), call("xp.fromstring('1 2 3', sep=' ')"), call("xp.fromstring('1, 2', int, sep=',')"),
    call("xp.from_dlpack(A)"),
]  # fmt: skip


@pytest.mark.parametrize("function", TABLE)
def test_as_numpy(function):
    same(lambda xp: function(xp))


def test_every_function_is_in_the_table():
    text = " ".join(param.id for param in TABLE)
    elsewhere = {"logspace", "geomspace", "fromfile", "loadtxt", "mask_indices", "diag", "diagflat", "diagonal", "trace", "tril", "triu"}
    for module in (_creation, _ranges, _grids, _diagonals, _triangles, _from_data):
        for name in set(module.__all__) - elsewhere:
            assert f"xp.{name}(" in text or f"xp.{name}[" in text, name


# ---- ranges ----------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.floats(-1e6, 1e6), st.integers(-1000, 1000), st.floats(allow_infinity=False, allow_nan=False),
    st.complex_numbers(max_magnitude=1e6), st.floats(-100, 100, width=32).map(np.float32), st.floats(-100, 100, width=16).map(np.float16),
    st.integers(-100, 100).map(np.int8), st.sampled_from([0.0, 5e-324, -1e-310, 1e308]),
)  # fmt: skip
COUNTS = st.one_of(st.integers(0, 12), st.sampled_from([50, 4099]))


@given(NUMBERS, NUMBERS, COUNTS, st.booleans(), st.sampled_from([None, "f4", "f2", "c8"]))
def test_linspace_has_numpys_bits(start, stop, num, endpoint, dtype):
    if dtype and (isinstance(start, complex) or isinstance(stop, complex)):
        dtype = "c8"
    same(lambda xp: xp.linspace(start, stop, num, endpoint, dtype=dtype), message=f"{start!r} {stop!r} {num}")


@given(st.data(), arrays(st.sampled_from(ALL), st.sampled_from([(), (3,), (2, 3), (0, 2)]), edges=0), arrays(st.sampled_from(ALL), st.sampled_from([(), (3,), (2, 1)]), edges=0))
def test_linspace_between_arrays_has_numpys_bits(data, start, stop):
    num, endpoint = data.draw(st.integers(0, 6)), data.draw(st.booleans())
    axis = data.draw(st.sampled_from([0, -1, 1]))
    if start.dtype == stop.dtype == bool:
        stop = stop.astype("i1")
    same(lambda xp, a, b: xp.linspace(a, b, num, endpoint, axis=axis), start, stop, message=f"{start!r} {stop!r} {num}")
    if isinstance(outcome(np.linspace, start, stop, num, endpoint), Exception):
        return
    want, got = np.linspace(start, stop, num, endpoint, True), nt.linspace(start, stop, num, endpoint, True)
    assert_same_bits(np.asarray(got[1]), np.asarray(want[1]))


@given(st.sampled_from(["f4", "f8", "f2", "i4", "c8"]), st.integers(0, 40), st.integers(1, 9))
def test_ramps_from_a_lazy_array(dtype, num, seed):
    a = np.random.default_rng(seed).integers(-3, 3, (4, 3)).astype(dtype)
    same(lambda xp, x: xp.linspace(x, 2, num, False), a)
    same(lambda xp, x: xp.linspace(np.float32(1), x, num, axis=-1), a)


@given(st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 40), st.booleans(), st.sampled_from([2, 10.0, np.float32(3), 0.5]))
def test_logspace(start, stop, num, endpoint, base):
    want = np.logspace(start, stop, num, endpoint, base)
    got = np.asarray(nt.logspace(start, stop, num, endpoint, base))
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_max_ulp(got, want, 4)


NONZERO = st.one_of(st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6), st.floats(1, 100, width=32).map(np.float32), st.integers(1, 99), st.integers(-99, -1))


@given(NONZERO, NONZERO, st.integers(0, 40), st.booleans())
def test_geomspace(start, stop, num, endpoint):
    want, got = np.geomspace(start, stop, num, endpoint), np.asarray(nt.geomspace(start, stop, num, endpoint))
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-13)
    if num:
        assert_same_bits(got[:1], want[:1])
    if num > 1 and endpoint:
        assert_same_bits(got[-1:], want[-1:])


def test_geometric_sequences_of_every_kind():
    a, b = np.array([1.0, 2, 3]), np.array([[10.0], [100]])
    for args, kwargs in [
        ((a, b, 5), {}), ((a, b, 5), {"axis": 1}), ((a, b, 4), {"axis": -1, "endpoint": False}), ((1, 1000, 4), {"dtype": int}), ((1, 1000, 4), {"dtype": "f4"}), ((np.float32(2), 64, 6), {}),
        ((1j, 16j, 5), {}), ((-1, 1j, 7), {}), ((1 + 1j, 2 - 3j, 6), {"endpoint": False}), ((-1000.0, -1, 4), {}),
    ]:  # fmt: skip
        want, got = np.geomspace(*args, **kwargs), nt.geomspace(*args, **kwargs)
        assert got.dtype == want.dtype and got.shape == want.shape
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-6 if want.dtype.itemsize == 4 else 1e-12, atol=1 if want.dtype.kind == "i" else 1e-12)
        lazy = nt.geomspace(*(nt.asarray(arg) for arg in args[:2]), args[2], **kwargs)
        assert lazy.shape == want.shape
        np.testing.assert_allclose(np.asarray(lazy), want, rtol=1e-5, atol=1 if want.dtype.kind == "i" else 1e-10)
    for args, kwargs in [((a, b, 4), {"base": np.array([2.0, 3, 4])}), ((0, 2, 3), {"base": [[2.0], [3]]}), ((0, 3, 4), {"dtype": int}), ((a, b), {"axis": 1, "num": 3}), ((1j, 2, 4), {})]:
        want, got = np.logspace(*args, **kwargs), nt.logspace(*args, **kwargs)
        assert got.dtype == want.dtype and got.shape == want.shape
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12, atol=1 if want.dtype.kind == "i" else 1e-12)
    for bad in [(0, 1), (1, 0), ([1, 0], 3), (1, 2, -1)]:
        want, got = outcome(np.geomspace, *bad), outcome(nt.geomspace, *bad)
        assert isinstance(got, type(want)), (bad, got)


# ---- arrays ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["?", "i2", "u8", "f2", "f8", "c8"])
def test_arrays_of_arrays(dtype, layout):
    a = laid_out(dtype, (3, 4), layout, np.random.default_rng(2))
    for name in ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "copy"):
        same(lambda xp, x: getattr(xp, name)(x), a)


def test_copies_are_copies():
    a = np.arange(3.0)
    made = {name: getattr(nt, name)(a) for name in ("array", "copy", "asarray")}
    a[0] = 9
    assert [float(made[name][0]) for name in ("array", "copy", "asarray")] == [0.0, 0.0, 9.0]


def test_lists_of_lazy_arrays_are_stacked_not_computed(save_npy):
    a = np.arange(6.0).reshape(2, 3)
    x = nt.open(save_npy(a))
    before = np.asarray(x) is not None and nt.last_run()
    made = [nt.array([x, x + 1]), nt.asarray([[x[0], x[1]]]), nt.array([x[0, 0], 5, x[1, 1]], "f4"), nt.asarray((x, x), dtype="i4")]
    assert nt.last_run() == before
    for got, want in zip(made, [np.array([a, a + 1]), np.array([[a[0], a[1]]]), np.array([0, 5, 4], "f4"), np.array([a, a], "i4")], strict=True):
        assert_same_bits(got, want)


def test_like_makes_lazy_arrays():
    x = nt.zeros(3)
    for got, want in [
        (np.array([1, 2], like=x), np.array([1, 2])), (np.arange(4, like=x), np.arange(4)), (np.zeros((2, 2), "i4", like=x), np.zeros((2, 2), "i4")), (np.eye(2, like=x), np.eye(2)),
        (np.full(3, 7, like=x), np.full(3, 7)), (np.tri(3, like=x), np.tri(3)), (np.fromfunction(lambda i: i, (3,), like=x), np.arange(3.0)), (np.frombuffer(b"ab", "u1", like=x), np.frombuffer(b"ab", "u1")),
    ]:  # fmt: skip
        assert isinstance(got, nt.Array)
        assert_same_bits(got, want)


def test_numpys_functions_on_lazy_arrays():
    a = np.arange(3.0)
    x = nt.asarray(a)
    for name, args in [("linspace", (7, 4)), ("logspace", (2, 3)), ("vander", ()), ("diag", ()), ("meshgrid", (a,)), ("diagflat", ()), ("zeros_like", ()), ("full_like", (3,)), ("tril", ()), ("ones_like", ())]:
        want, got = getattr(np, name)(a, *args), getattr(np, name)(x, *args)
        for one, right in zip(got if isinstance(want, tuple | list) else [got], want if isinstance(want, tuple | list) else [want], strict=True):
            assert isinstance(one, nt.Array)
            np.testing.assert_allclose(np.asarray(one), right, rtol=1e-14)


# ---- data ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "i4", ">f8", "c16"])
def test_fromfile(dtype, tmp_path):
    a = random_values(np.dtype(dtype).newbyteorder("="), (100,), np.random.default_rng(4)).astype(dtype)
    path = tmp_path / "raw.bin"
    a.tofile(path)
    for args in [(), (10,), (1000,), (0,), (-1, "", 16), (5, "", 32), (-1, "", 10**6), (4, "", 10**6)]:
        want = outcome(np.fromfile, path, dtype, *args)
        for given in (path, str(path)):
            got = outcome(nt.fromfile, given, dtype, *args)
            assert isinstance(got, type(want)) if isinstance(want, Exception) else assert_same_bits(got, want, f"{args}") is None
    with open(path, "rb") as file, open(path, "rb") as other:
        for count in (3, 7, -1):
            assert_same_bits(nt.fromfile(file, dtype, count), np.fromfile(other, dtype, count))
            assert file.tell() == other.tell()
    (tmp_path / "text").write_text("1 2 3.5")
    assert_same_bits(nt.fromfile(tmp_path / "text", sep=" "), np.array([1, 2, 3.5]))
    with pytest.raises(FileNotFoundError):
        nt.fromfile(tmp_path / "none")


def test_loadtxt():
    text = "# a\n1 2 3\n4 5 6\n"
    assert_same_bits(nt.loadtxt(io.StringIO(text)), np.loadtxt(io.StringIO(text)))
    assert_same_bits(nt.loadtxt(io.StringIO(text), int, unpack=True, usecols=(0, 2)), np.loadtxt(io.StringIO(text), int, unpack=True, usecols=(0, 2)))


# ---- without storage -------------------------------------------------------------------------------------------


def test_formulas_need_no_storage():
    nt.config(memory=8 * MB)
    n = 10**9
    assert float(nt.eye(n)[5, 5]) == 1 and float(nt.eye(n, k=3)[5, 9]) == 0
    assert float(nt.tri(n, k=-2)[n - 1, n - 3]) == 1
    assert int(nt.indices((n, n))[1, 7, n - 1]) == n - 1
    assert float(nt.mgrid[0:n, 0:1:11j][1, 4, 5]) == 0.5
    x, y = nt.meshgrid(nt.arange(n), nt.arange(n))
    assert int((x + y)[-1, -1]) == 2 * n - 2
    assert int(nt.diag(nt.arange(n))[12345, 12345]) == 12345
    assert int(nt.diag(nt.arange(n), -1)[12346, 12345]) == 12345
    rows, cols = nt.tril_indices(n)
    assert (int(rows[-1]), int(cols[-1])) == (n - 1, n - 1) and len(rows) == n * (n + 1) // 2
    rows, cols = nt.triu_indices(n, 1)
    assert (int(rows[0]), int(cols[0])) == (0, 1) and (int(rows[n - 1]), int(cols[n - 1])) == (1, 2)
    assert float(nt.geomspace(1, 1e6, n)[0]) == 1 and float(nt.logspace(0, 6, n)[-1]) == 1e6
    assert float(nt.linspace(nt.zeros(2), 1, n)[n // 2, 1]) == pytest.approx(0.5)
    assert float(nt.fromfunction(lambda i, j: i + j, (n, n))[3, 4]) == 7


@pytest.mark.parametrize("n", [45000, 94906266, 3 * 10**8])
def test_triangular_positions_are_exact(n):
    """Where the square root of a position rounds, its row must not."""
    rows, cols = nt.tril_indices(n)
    for row in (n - 1, n - 2, n // 2, n // 3):
        first = row * (row + 1) // 2
        assert np.asarray(rows[first - 1 : first + 1]).tolist() == [row - 1, row]
        assert np.asarray(cols[first - 1 : first + 2]).tolist() == [row - 1, 0, 1]


def test_made_arrays_in_large_expressions():
    nt.config(memory=8 * MB)
    n = 2000
    got = (nt.eye(n) * 3 + nt.tri(n, k=1) - nt.diag(nt.arange(n)) + nt.indices((n, n))[1]).sum(axis=0)
    want = (np.eye(n) * 3 + np.tri(n, k=1) - np.diag(np.arange(n)) + np.indices((n, n))[1]).sum(axis=0)
    assert_same_bits(got, want)


def test_mask_indices():
    for function in ("tril", "triu"):
        for k in (0, 1, -1):
            want, got = np.mask_indices(5, getattr(np, function), k), nt.mask_indices(5, getattr(nt, function), k)
            for one, right in zip(got, want, strict=True):
                assert isinstance(one, nt.Array)
                assert_same_bits(np.asarray(one), right)
