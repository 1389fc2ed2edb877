"""`x[key] = value` with every kind of key, and NumPy's functions that put values into arrays, against NumPy."""

import itertools

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, arrays, dtypes, generators, laid_out, random_values, small_shapes
from compare import assert_same_bits, outcome, public_class
from conftest import MB, force_tile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keys import keys, masks

import numtile as nt


def assert_assigns(a, change, message=""):
    """`change(xp, array)` changes a lazy array as it changes NumPy's, and nothing that it was made of."""
    source, want = a.copy(), a.copy()
    x = nt.asarray(source)
    failure, ours = outcome(change, np, want), outcome(change, nt, x)
    assert source.tobytes() == a.tobytes(), "the memory that the array came from was written to"
    if isinstance(failure, Exception):
        assert isinstance(ours, public_class(failure)), f"NumPy raises {failure!r}, numtile {ours!r} {message}"
        assert_same_bits(x, a, f"a failed assignment changed something {message}")
    elif isinstance(ours, Exception):
        raise AssertionError(f"numtile raises {ours!r} {message}") from ours
    else:
        assert_same_bits(x, want, message)


def setting(key, value):
    def change(_, x):
        x[key] = value

    return change


@st.composite
def values_for(draw, shape, dtypes=dtypes):
    """Values that broadcast to a shape, nearly always."""
    shape = tuple(1 if draw(st.integers(0, 3)) == 0 else n for n in shape)
    shape = shape[draw(st.integers(0, len(shape))) :] if draw(st.booleans()) else shape
    if draw(st.integers(0, 7)) == 0:
        shape = draw(st.sampled_from([(1, *shape), (*shape, 2), (*shape, 1)]))
    return random_values(draw(dtypes), shape, draw(generators), edges=0)


safe = st.sampled_from(["?", "i1", "u1", "f4"])


@given(st.data(), arrays(shapes=small_shapes, edges=0, dtypes=st.sampled_from(["i2", "f4", "f8", "c16"])))
def test_every_key(data, a):
    key = data.draw(keys(a.shape))
    picked = outcome(lambda: a[key])
    value = data.draw(values_for(() if isinstance(picked, Exception) else picked.shape, safe))
    assert_assigns(a, setting(key, value), f"{a.shape}[{key}] = {value.shape}")
    assert_assigns(a, lambda xp, x: x.__setitem__(key, xp.asarray(value)), f"{a.shape}[{key}] = lazy {value.shape}")


@given(st.data(), arrays(shapes=small_shapes, edges=0, dtypes=st.sampled_from(["i2", "f8"])))
def test_every_slice(data, a):
    key = data.draw(hnp.basic_indices(a.shape, allow_newaxis=True, allow_ellipsis=True, max_dims=6))
    value = data.draw(values_for(a[key].shape, safe))
    assert_assigns(a, setting(key, value), f"{a.shape}[{key}] = {value.shape}")


@pytest.mark.parametrize("start, stop, step", itertools.product([None, 0, 2, -3, 9], [None, 0, 5, -1], [1, 2, 3, 7, 20, -1, -2, -5]))
def test_steps(start, stop, step):
    a = np.arange(11.0)
    key = slice(start, stop, step)
    assert_assigns(a, setting(key, -np.arange(1.0, a[key].size + 1)))
    assert_assigns(np.stack([a, -a]), setting((slice(None, None, -1), key), 7))


def test_steps_along_several_axes():
    a = np.random.default_rng(0).standard_normal((9, 8, 7))
    for key in [np.s_[::2, ::3, ::-2], np.s_[1::2, ..., ::4], np.s_[::-1, 2, 1::3], np.s_[..., None, ::6, :]]:
        assert_assigns(a, setting(key, np.arange(a[key].size, dtype=float).reshape(a[key].shape)), str(key))


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_types_and_layouts(dtype, layout):
    rng = np.random.default_rng([len(layout), ALL.index(dtype)])
    for shape in [(7,), (3, 5), (2, 3, 4), (0, 3), (3, 1033)]:
        a = laid_out(dtype, shape, layout, rng)
        for mask in masks(shape, rng):
            value = laid_out(dtype, a[mask].shape, layout, rng)
            want = a.copy()
            want[mask] = value
            x = nt.array(a)
            x[mask] = value if mask.ndim < a.ndim or value.ndim < 2 else value.ravel()
            assert_same_bits(x, want, f"{shape} {mask.shape}")
        if a.size:
            rows = rng.integers(0, shape[0], 5)
            want, x = a.copy(), nt.array(a)
            want[rows], x[rows] = a[rows[::-1]], a[rows[::-1]]
            assert_same_bits(x, want)


def test_the_last_of_several_stays():
    a = np.zeros(5)
    assert_assigns(a, setting([1, 3, 1, -4, 3], [1, 2, 3, 4, 5]))
    assert_assigns(np.zeros((3, 4)), setting(([0, 2, 0], [1, 1, 1]), [1, 2, 3]))
    assert_assigns(np.zeros((3, 4)), setting((slice(None), [1, 1]), [[1, 2]]))


def test_numbers_are_converted_as_numpy_converts_them():
    for dtype, value, key in itertools.product(
        ["u1", "i8", "f4", "?", "c8"], [300, 300.5, -1.5, 2.7, np.nan, np.inf, 1e300, 1j, True], [0, ..., [0, 2], np.arange(3) > 1]
    ):
        assert_assigns(np.zeros(3, dtype), setting(key, value), f"{dtype} {value} {key}")


def test_errors_are_numpys():
    a = np.zeros((3, 4))
    rows, all_of_it = np.arange(3) > 0, np.ones((3, 4), bool)
    for key, value in [
        (rows, np.ones((3, 4))), (rows, np.ones((2, 3))), (all_of_it, np.ones(5)), (all_of_it, np.ones((1, 12))),
        (~all_of_it, np.ones(2)), (np.ones(4, bool), 1), ([5], 1), ([0, 1], np.ones((3, 4))), ([0, 1], np.ones((2, 3))),
        (([0, 1], [0, 1, 2]), 1), ((0, 0), [1.0]), ((0, 0), [1.0, 2.0]), (np.s_[::2, 0], np.ones(3)), ("a", 1), ([0.5], 1),
    ]:  # fmt: skip
        want, got = outcome(lambda: a.copy().__setitem__(key, value)), outcome(lambda: nt.array(a).__setitem__(key, value))
        assert isinstance(want, Exception) and type(got) is type(want), f"{key} NumPy {want!r}, numtile {got!r}"
    with pytest.raises(TypeError, match="cannot delete"):
        del nt.array(a)[0]


# ---- through masks, lazily -------------------------------------------------------------------------------------


@pytest.fixture
def no_evaluation():
    nt.compute(nt.ones(3) * 2)
    before = nt.last_run()

    def check():
        assert nt.last_run() == before, "something was computed"

    return check


def test_arithmetic_on_what_is_assigned_counts_nothing(no_evaluation, save_npy):
    a = np.random.default_rng(0).standard_normal((70, 50, 3))
    x, y = nt.open(save_npy(a)), nt.open(save_npy(-a))
    x[x > 1] = 1
    x[x < 0] *= -2
    x[x > 0.5] -= y[x > 0.5] + x.mean()
    rows = x[:, :, 0] > 0.25
    x[rows] = nt.sqrt(nt.abs(x[rows])) * np.array([1, 2, 3])
    x[x[..., 1] < 0] = [7, 8, 9]
    no_evaluation()
    want, other = a.copy(), -a
    want[want > 1] = 1
    want[want < 0] *= -2
    want[want > 0.5] -= other[want > 0.5] + want.mean()
    rows = want[:, :, 0] > 0.25
    want[rows] = np.sqrt(np.abs(want[rows])) * np.array([1, 2, 3])
    want[want[..., 1] < 0] = [7, 8, 9]
    np.testing.assert_allclose(np.asarray(x), want, rtol=1e-12)


def test_arithmetic_that_fails_elsewhere_is_done_where_it_holds():
    """Where the mask is false nothing is computed that NumPy would not compute."""
    a = np.array([2, 3, -1, 4, -2])
    x = nt.array(a)
    x[x >= 0] = nt.asarray(np.full(5, 2))[x >= 0] ** x[x >= 0]
    assert_same_bits(x, np.array([4, 8, -1, 16, -2]))


def test_values_from_elsewhere_go_in_order(save_npy):
    a = np.random.default_rng(1).standard_normal((90, 110))
    x, b = nt.open(save_npy(a)), nt.open(save_npy(np.arange(20_000.0)))
    count = int((a > 0.3).sum())
    x[x > 0.3] = b[:count]
    want = a.copy()
    want[a > 0.3] = np.arange(20_000.0)[:count]
    assert_same_bits(x, want)
    y = nt.array(a)
    y[y > 0] = y[y < 0][: (a > 0).sum()] if (a > 0).sum() <= (a < 0).sum() else np.arange((a > 0).sum())
    y[y > 1] = y[y > 1][::-1]
    want = a.copy()
    want[want > 0] = want[want < 0][: (a > 0).sum()] if (a > 0).sum() <= (a < 0).sum() else np.arange((a > 0).sum())
    want[want > 1] = want[want > 1][::-1]
    assert_same_bits(y, want)
    with pytest.raises(ValueError, match="cannot assign 3 input values to the"):
        x[x > 0] = [1, 2, 3]


def test_memory_that_changes():
    a, flags = np.arange(6.0), np.array([1, 0, 1, 0, 0, 0], bool)
    x = nt.asarray(a)
    x[flags] = [10, 20]
    assert_same_bits(x, np.array([10.0, 1, 20, 3, 4, 5]))
    a[1], flags[0], flags[5] = 7, False, True
    assert_same_bits(x, np.array([0.0, 7, 10, 3, 4, 20]))
    flags[1] = True
    with pytest.raises(ValueError, match="cannot assign 2 input values to the 3 output values"):
        np.asarray(x)


def test_positions_are_read_at_once():
    index = np.array([3, 1])
    x = nt.array(np.zeros(5))
    x[index] = [1, 2]
    index[:] = 0
    assert_same_bits(x, np.array([0, 2.0, 0, 1, 0]))


# ---- functions -------------------------------------------------------------------------------------------------


@given(st.data(), arrays(shapes=small_shapes, edges=0, dtypes=st.sampled_from(["i2", "f8", "c8"])), generators)
def test_put(data, a, rng):
    mode = data.draw(st.sampled_from(["raise", "wrap", "clip"]))
    reach = a.size + data.draw(st.sampled_from([0, 0, 2]))
    indices = rng.integers(-reach, max(reach, 1), data.draw(st.integers(0, 9)))
    value = random_values(data.draw(safe), (data.draw(st.integers(0, 12)),), rng, edges=0)
    assert_assigns(a, lambda xp, x: xp.put(x, indices, value, mode), f"{indices} {value} {mode}")
    assert_assigns(a, lambda xp, x: x.put(indices, xp.asarray(value), mode=mode))


@given(st.data(), arrays(shapes=small_shapes, edges=0, dtypes=st.sampled_from(["i2", "f8", "c8"])), generators)
def test_place_and_putmask(data, a, rng):
    mask = random_values(data.draw(st.sampled_from(["?", "i1"])), a.shape, rng)
    if data.draw(st.integers(0, 5)) == 0:
        mask = np.ones(a.size + 1, bool)
    value = random_values(data.draw(safe), (data.draw(st.integers(0, 12)),), rng, edges=0)
    assert_assigns(a, lambda xp, x: xp.place(x, mask, value), f"{mask} {value}")
    assert_assigns(a, lambda xp, x: xp.putmask(x, mask, value), f"{mask} {value}")
    assert_assigns(a, lambda xp, x: xp.putmask(x, mask.ravel(), random_values("i1", a.shape, np.random.default_rng(0))))


@given(st.data(), arrays(shapes=small_shapes, edges=0, dtypes=st.sampled_from(["i2", "f4", "f8", "?"])))
def test_copyto(data, a):
    value = data.draw(values_for(a.shape))
    where = data.draw(st.just(True) | values_for(a.shape, st.just("?")))
    casting = data.draw(st.sampled_from(["same_kind", "same_kind", "safe", "unsafe"]))
    if casting == "unsafe" and value.dtype.kind in "fc":
        value = np.trunc(value.real) % 100
    assert_assigns(a, lambda xp, x: xp.copyto(x, value, casting, where), f"{value.dtype} {value.shape} {casting}")
    assert_assigns(a, lambda xp, x: xp.copyto(x, xp.asarray(value), casting, xp.asarray(where)))


@pytest.mark.parametrize("dtype", ["u1", "?", "f4", "c8", "i8"])
@pytest.mark.parametrize("value", [5, True, 1.5, 2j, np.int64(5), np.float32(1), [300], [1.5], 300, -1])
def test_copyto_of_numbers(dtype, value):
    for casting in ("same_kind", "safe", "no"):
        assert_assigns(np.zeros(3, dtype), lambda xp, x, casting=casting: xp.copyto(x, value, casting), f"{casting}")


@given(st.data(), arrays(shapes=small_shapes, edges=0, dtypes=st.sampled_from(["i2", "f8"])), generators)
def test_put_along_axis(data, a, rng):
    axis = data.draw(st.none() | st.integers(-a.ndim, max(a.ndim - 1, 0)))
    at = 0 if axis is None else axis % max(a.ndim, 1)
    shape = (3,) if axis is None else tuple(n if k != at else data.draw(st.integers(0, 4)) for k, n in enumerate(a.shape))
    length = a.size if axis is None or not a.ndim else a.shape[at]
    reach = length + data.draw(st.sampled_from([0, 0, 1]))
    indices = rng.integers(-reach, max(reach, 1), shape)
    value = data.draw(values_for(shape, safe))
    if a.size == 0:  # Which of several mistakes is reported differs.
        value = np.zeros(shape, value.dtype)
    assert_assigns(a, lambda xp, x: xp.put_along_axis(x, indices, value, axis), f"{a.shape} {indices} {value.shape} {axis}")


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (7, 3), (3, 7), (4, 4), (1, 1), (0, 3), (3, 0), (3, 3, 3), (2, 2, 2, 2), (5,), (2, 3, 2), (9, 2), (2, 1)])
@pytest.mark.parametrize("value", [9, [1, 2], [1, 2, 3, 4, 5, 6, 7], [], [[1], [2]]])
@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal(shape, value, wrap):
    a = np.random.default_rng(0).standard_normal(shape)
    assert_assigns(a, lambda xp, x: xp.fill_diagonal(x, value, wrap))


def test_numpys_functions_reach_lazy_arrays():
    x = nt.array(np.arange(6.0).reshape(2, 3))
    np.put(x, [0], [10])
    np.place(x, x > 4, [20])
    np.putmask(x, x < 2, x + 0.5)
    np.copyto(x, -1, where=x == 2)
    np.put_along_axis(x, np.array([[2], [0]]), 7, 1)
    np.fill_diagonal(x, 3)
    assert_same_bits(x, np.array([[3, 1.5, 7], [7, 3, 20]]))


def test_numpys_arrays_are_filled_at_once():
    a, lazy = np.zeros((2, 3)), nt.arange(1.0, 7.0).reshape(2, 3)
    np.copyto(a, lazy, where=lazy > 3)
    assert a.tolist() == [[0, 0, 0], [4, 5, 6]]
    np.put(a, nt.asarray([0, 1]) + 0, lazy)
    nt.place(a, lazy == 3, lazy)
    np.putmask(a, lazy > 5, -lazy)
    np.fill_diagonal(a, lazy * 10)
    assert a.tolist() == [[10, 2, 1], [4, 20, -6]]
    for function, args in [(nt.put, ([0], 1)), (nt.copyto, (1,)), (nt.place, ([True], 1)), (nt.fill_diagonal, (1,))]:
        assert isinstance(outcome(function, [1, 2], *args), TypeError)


def test_the_engines_scatter():
    a = np.arange(12.0).reshape(3, 4)
    got = nt._engine.scatter(a, np.array([0, 5, 11]), [1, 2, 3])
    want = a.ravel().copy()
    want[[0, 5, 11]] = [1, 2, 3]
    assert_same_bits(got, want)
    assert_same_bits(nt._engine.scatter(a, np.zeros(0, int), np.zeros(0)), a.ravel())
    for index, error in [([1, 0], ValueError), ([1, 1], ValueError), ([12], IndexError), ([-1], IndexError), ([[0]], ValueError)]:
        with pytest.raises(error):
            nt._engine.scatter(a, np.array(index), np.zeros(len(index)))


# ---- budget, tiles, threads ------------------------------------------------------------------------------------


def changed(xp, a, b, rng):
    """An array after many assignments."""
    rows, cols = rng.integers(0, a.shape[0], 50), rng.integers(0, a.shape[1], 50)
    x = xp.asarray(a)
    x[rows] = b[rows[::-1]]
    x[:, cols] = b[:, cols] * 2
    x[rows, cols] = xp.asarray(np.arange(50.0))
    x[::3, 1::2] = b[::3, 1::2]
    x[x > 1.5] = xp.asarray(np.arange(float(len(x[x > 1.5]))))
    x[x[:, 0] > 0] = -x[x[:, 0] > 0]
    x[5:-5, 2] = 0
    return x


@pytest.mark.parametrize("shape", [(2_003, 9), (11, 1_203)], ids=str)
@pytest.mark.parametrize("where", ["memory", "C", "F"])
def test_same_bits(shape, where, save_npy):
    a, b = np.random.default_rng(shape[1]).standard_normal((2, *shape))
    want = changed(np, a.copy(), b, np.random.default_rng(0))
    source = (lambda v: nt.asarray(v)) if where == "memory" else (lambda v: nt.open(save_npy(v, where)))
    for budget, threads, tile in itertools.product((16 * MB, 64 * MB), (1, 3), (None, (97, 2), (3, 900))):
        nt.config(memory=budget, threads=threads)
        force_tile(tile)
        got = changed(nt, source(a).copy(), source(b), np.random.default_rng(0))
        assert_same_bits(got, want, f"{budget} {threads} {tile}")


def test_a_file_larger_than_the_budget(save_npy, tmp_path):
    a = np.random.default_rng(3).standard_normal((1 << 20, 8))
    b = np.random.default_rng(4).standard_normal((1 << 20, 4))
    x, y = nt.open(save_npy(a)), nt.open(save_npy(b))
    nt.config(memory=16 * MB)
    x[x > 2] -= 2
    x[:, ::2] = y
    x[[5, 1 << 19]] = 0
    x[x[:, 1] > 3] = np.arange(8)
    nt.save(tmp_path / "after.npy", x)
    assert nt.last_run().measured_peak <= nt.last_run().projected_peak <= 16 * MB
    want = a
    want[want > 2] -= 2
    want[:, ::2] = b
    want[[5, 1 << 19]] = 0
    want[want[:, 1] > 3] = np.arange(8)
    assert_same_bits(np.load(tmp_path / "after.npy"), want)


@pytest.mark.parametrize("axis, shape", [(0, (2, 5, 6)), (1, (4, 3, 6)), (-1, (4, 5, 40)), (1, (1, 3, 1)), (0, (7, 1, 6)), (2, (4, 1, 2))])
def test_positions_along_an_axis_in_their_order(axis, shape):
    """Where a place is named more than once the last value stays, however the positions are put in."""
    rng = np.random.default_rng(len(shape) + axis)
    plain = rng.integers(0, 99, (4, 5, 6))
    index = rng.integers(-plain.shape[axis], plain.shape[axis], shape)
    values = rng.integers(100, 999, np.broadcast_shapes(shape, tuple(1 if n == axis % 3 else k for n, k in enumerate(plain.shape))))
    want, lazy = plain.copy(), nt.array(plain)
    np.put_along_axis(want, index, values, axis)
    nt.put_along_axis(lazy, nt.asarray(index), values, axis)
    np.testing.assert_array_equal(np.asarray(lazy), want)
    taken = nt.take_along_axis(nt.asarray(plain), index, axis)
    np.testing.assert_array_equal(np.asarray(taken), np.take_along_axis(plain, index, axis))
    with pytest.raises(IndexError):
        nt.put_along_axis(lazy, np.full(shape, 77), 1, axis)
