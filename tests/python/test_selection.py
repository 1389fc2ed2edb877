"""Selection by mask and by position against NumPy, and when masks are counted."""

import itertools
import threading

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, arrays, dtypes, generators, laid_out, layouts, random_values, small_shapes
from compare import assert_like_numpy, assert_same_bits, outcome
from conftest import MB, force_tile
from hypothesis import given
from hypothesis import strategies as st
from keys import keys, masks

import numtile as nt


@pytest.fixture
def no_evaluation():
    """A check that nothing was computed since the test began."""
    nt.compute(nt.ones(3) * 2)
    before = nt.last_run()

    def check():
        assert nt.last_run() == before, "something was computed"

    return check


# ---- against NumPy ---------------------------------------------------------------------------------------------


@given(st.data(), arrays(shapes=small_shapes))
def test_every_key(data, a):
    key = data.draw(keys(a.shape))
    assert_like_numpy(lambda xp, x: x[key], a, message=f"{a.shape}[{key}]")


@given(st.data(), arrays(shapes=small_shapes))
def test_lazy_keys(data, a):
    """Arrays of a key may be lazy."""
    key = data.draw(keys(a.shape))
    items = key if isinstance(key, tuple) else (key,)
    lazy = tuple(nt.asarray(item) if isinstance(item, np.ndarray) else item for item in items)
    want, got = outcome(lambda: a[key]), outcome(lambda: np.asarray(nt.asarray(a)[lazy]))
    if isinstance(want, Exception):
        assert isinstance(got, type(want)), got
    else:
        assert_same_bits(got, want, f"{a.shape}[{key}]")


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_types_and_layouts(dtype, layout):
    rng = np.random.default_rng([len(layout), ALL.index(dtype)])
    for shape in [(), (7,), (3, 5), (2, 3, 4), (0, 3), (3, 0), (4, 1033)]:
        a = laid_out(dtype, shape, layout, rng)
        for mask in masks(shape, rng):
            assert_same_bits(nt.asarray(a)[mask], a[mask], f"{shape} {mask.shape}")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_masks_in_every_layout(layout):
    rng = np.random.default_rng(len(layout))
    a = rng.standard_normal((6, 5, 4))
    for covered in (1, 2, 3):
        mask = laid_out("?", a.shape[:covered], layout, rng)
        assert_same_bits(nt.asarray(a)[mask], a[mask])
        assert_same_bits(nt.asarray(a)[nt.asarray(mask)], a[mask])


def test_flags_that_are_not_one():
    """NumPy takes every byte but zero for true."""
    a, mask = np.arange(8.0), np.array([0, 1, 2, 255, 0, 7, 1, 0], np.uint8).view(bool)
    assert_same_bits(nt.asarray(a)[mask], a[mask])
    assert_same_bits(nt.asarray(a)[mask].sum(), np.float64(17))


@given(dtypes, st.sampled_from([1, 4095, 4096, 4097, 8192, 3 * 4096 + 5, 20_011]), generators, st.sampled_from([0, 1e-4, 0.01, 0.5, 0.999, 1]))
def test_around_the_borders_of_leaves(dtype, size, rng, density):
    a, mask = random_values(dtype, (size,), rng), rng.random(size) < density
    x = nt.asarray(a)
    assert_same_bits(x[mask], a[mask])
    assert_same_bits(x[mask][::-3], a[mask][::-3])
    assert_same_bits(nt.nonzero(x)[0], np.nonzero(a)[0])
    pairs = np.stack([a, a[::-1]], axis=1)
    assert_same_bits(nt.asarray(pairs)[mask], pairs[mask])
    assert_same_bits(nt.asarray(pairs)[mask][:, 1], pairs[mask][:, 1])


@pytest.mark.parametrize("key", [
    np.ones(4, bool), np.ones((3, 3), bool), (slice(None), np.ones(3, bool)), (0, np.ones(3, bool)),
    (None, np.ones(4, bool)), np.ones((3, 4, 1), bool), (np.ones(3, bool), np.ones(3, bool)),
    ([0, 1, 2], [0, 1]), ([0, 5], [0, 1]), ([0], [-5]), ([0], [0], [0]), (True, [0], [0], [0]), ([True, False], 0),
    [[0.5]], (..., [0], ...), (np.ones(2, bool), [0, 1]), (np.zeros(3, bool), [0, 1]), ([0, 1], 1.5), ({}, [0]),
], ids=str)  # fmt: skip
def test_errors_are_numpys(key):
    a = np.zeros((3, 4))
    want, got = outcome(lambda: a[key]), outcome(lambda: np.asarray(nt.asarray(a)[key]))
    if not isinstance(want, Exception):
        return assert_same_bits(got, want)
    assert type(got) is type(want), f"NumPy {want!r}, numtile {got!r}"
    assert str(got) == str(want)


def test_sequences_index_as_arrays():
    a = np.arange(12).reshape(3, 4)
    for key in [range(2), ([0, 1], (1, 2)), ((0, 2),), [], [[], []], (np.uint8(1), [0, 1]), np.array(2), [np.array(1), 2]]:
        assert_like_numpy(lambda xp, x, key=key: x[key], a, message=str(key))


# ---- functions -------------------------------------------------------------------------------------------------


@given(arrays(shapes=small_shapes))
def test_nonzero(a):
    assert_like_numpy(lambda xp, x: xp.flatnonzero(x), a)
    assert_like_numpy(lambda xp, x: xp.argwhere(x), a)
    for function in (lambda xp, x: xp.nonzero(x), lambda xp, x: xp.where(x), lambda xp, x: x.nonzero()):
        want, got = outcome(function, np, a), outcome(function, nt, nt.asarray(a))
        if isinstance(want, Exception):
            assert type(got) is type(want)
        else:
            assert isinstance(got, tuple) and len(got) == len(want)
            for one, other in zip(got, want):
                assert_same_bits(one, other)


def test_nan_is_not_zero():
    a = np.array([0.0, -0.0, np.nan, 1e-320, np.inf])
    assert_same_bits(nt.flatnonzero(a), np.flatnonzero(a))


@given(st.data(), arrays(shapes=small_shapes), generators)
def test_compress_and_extract(data, a, rng):
    axis = data.draw(st.none() | st.integers(-a.ndim, max(a.ndim - 1, 0)))
    length = data.draw(st.integers(0, (a.size if axis is None or not a.ndim else a.shape[axis]) + 2))
    condition = random_values(data.draw(st.sampled_from(["?", "i4", "f8"])), (length,), rng)
    assert_like_numpy(lambda xp, x: xp.compress(condition, x, axis=axis), a)
    assert_like_numpy(lambda xp, x: x.compress(condition, axis), a)
    assert_like_numpy(lambda xp, x: xp.extract(condition, x), a)


def test_compress_errors():
    x = nt.arange(3)
    with pytest.raises(ValueError, match="condition must be a 1-d array"):
        nt.compress([[True]], x)
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        nt.compress([1, 0, 0, 1], x)
    with pytest.raises(np.exceptions.AxisError):
        nt.compress([1], x, axis=1)
    assert_same_bits(nt.compress([1, 0, 1, 0, 0], x), np.array([0, 2]))


@given(st.data(), arrays(shapes=small_shapes), generators)
def test_take(data, a, rng):
    axis = data.draw(st.none() | st.integers(-a.ndim, max(a.ndim - 1, 0)))
    mode = data.draw(st.sampled_from(["raise", "wrap", "clip"]))
    length = a.size if axis is None or not a.ndim else a.shape[axis]
    reach = length + (2 if mode != "raise" or data.draw(st.booleans()) else 0)
    indices = rng.integers(-reach, max(reach, 1), data.draw(small_shapes.filter(lambda s: len(s) < 3)))
    indices = indices.astype(data.draw(st.sampled_from(["i8", "i1", "i4"])))
    assert_like_numpy(lambda xp, x: xp.take(x, indices, axis=axis, mode=mode), a)
    assert_like_numpy(lambda xp, x: x.take(indices, axis, mode=mode), a)
    if a.size or reach == length:  # lazy positions outside an array without elements are found by nobody: nothing is taken
        assert_like_numpy(lambda xp, x, i: xp.take(x, i, axis=axis, mode=mode), a, indices)


@pytest.mark.parametrize("indices", [True, [True, False], 1.0, [1.5], np.array([1.5]), np.uint64([1]), 1j, "a", [], np.array([])])
def test_take_converts_positions_as_numpy(indices):
    assert_like_numpy(lambda xp, x: xp.take(x, indices), np.arange(5))


def test_take_errors():
    with pytest.raises(ValueError, match="clipmode must be one of 'clip', 'raise', or 'wrap'"):
        nt.take(nt.arange(5), [0], mode="bad")
    for mode in ("raise", "wrap", "clip"):
        with pytest.raises(IndexError, match="cannot do a non-empty take from an empty axes"):
            nt.take(nt.arange(0), [0], mode=mode)
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 1 with size 3"):
        nt.take(nt.ones((2, 3)), [7], axis=1)
    out = np.zeros(2)
    assert nt.take(nt.arange(5.0), [1, 3], out=out) is out and out.tolist() == [1, 3]


@given(st.data(), arrays(shapes=small_shapes), generators, st.booleans())
def test_take_along_axis(data, a, rng, lazy):
    axis = data.draw(st.none() | st.integers(-a.ndim, max(a.ndim - 1, 0)))
    if axis is None:
        shape, length = (data.draw(st.integers(0, 4)),), a.size
    else:
        at = axis % max(a.ndim, 1)
        shape = tuple(data.draw(st.sampled_from([n, n, 1, 2]) if k != at else st.integers(0, 4)) for k, n in enumerate(a.shape))
        length = a.shape[at] if a.ndim else 1
    reach = length + data.draw(st.sampled_from([0, 0, 0, 1]))
    indices = rng.integers(-reach, max(reach, 1), shape)

    def function(xp, x):
        given = nt.asarray(indices) if lazy and xp is nt else indices
        return xp.take_along_axis(x, given, axis)

    assert_like_numpy(function, a, message=f"{a.shape} {indices!r} {axis}")


def test_take_along_axis_finds_extrema():
    a = np.random.default_rng(0).standard_normal((40, 50))
    x = nt.asarray(a)
    assert_same_bits(nt.take_along_axis(x, x.argmax(axis=1, keepdims=True), 1), a.max(axis=1, keepdims=True))
    with pytest.raises(IndexError, match="must be an integer array"):
        nt.take_along_axis(x, np.zeros((1, 1)), 0)
    with pytest.raises(ValueError, match="same number of dimensions"):
        nt.take_along_axis(x, np.zeros(1, int), 0)


@given(st.data(), generators)
def test_choose(data, rng):
    shape = data.draw(small_shapes)
    count = data.draw(st.integers(1, 4))
    kinds = [data.draw(dtypes) for _ in range(count)]
    choices = [random_values(kind, shape[data.draw(st.integers(0, len(shape))) :], rng) for kind in kinds]
    mode = data.draw(st.sampled_from(["raise", "wrap", "clip"]))
    reach = count if mode == "raise" else count + 3
    a = rng.integers(0 if mode == "raise" else -reach, reach, shape)
    assert_like_numpy(lambda xp, x, *cases: xp.choose(x, cases, mode=mode), a, *choices)


def test_choose_errors():
    for a, choices in [([0, 3], [[1, 2], [3, 4]]), ([0.0], [1, 2]), ([0], []), ([0, -1], [1, 2]), (np.uint64([1]), [1, 2])]:
        want, got = outcome(np.choose, a, choices), outcome(nt.choose, a, choices)
        assert type(got) is type(want), (a, choices)
    with pytest.raises(IndexError):
        nt.choose(nt.asarray([0, 2]) + 0, [1, 2]).compute()
    with pytest.raises(IndexError):
        nt.choose(nt.asarray([0, -1]) + 0, [1, 2]).compute()
    assert_same_bits(nt.arange(2).choose([10, 20]), np.array([10, 20]))


@given(st.data(), generators)
def test_select(data, rng):
    shape = data.draw(small_shapes)
    count = data.draw(st.integers(1, 4))
    some = [shape[data.draw(st.integers(0, len(shape))) :] for _ in range(2 * count)]
    conditions = [rng.random(shape) < 0.4 for shape in some[:count]]
    choices = [random_values(data.draw(dtypes), shape, rng) for shape in some[count:]]
    default = data.draw(st.sampled_from([0, 1.5, 2j, np.float32(3), True]))
    assert_like_numpy(lambda xp, *args: xp.select(args[:count], args[count:], default), *conditions, *choices)


def test_select_errors():
    for args in [([], []), ([[True]], [1, 2]), ([[1, 0]], [1]), ([[True], [0.0]], [1, 2])]:
        assert type(outcome(nt.select, *args)) is type(outcome(np.select, *args))


def test_numpys_functions_stay_lazy(no_evaluation):
    x = nt.asarray(np.arange(-3.0, 3))
    lazy = [
        *np.nonzero(x), np.flatnonzero(x), np.argwhere(x), np.compress(x > 0, x), np.extract(x > 0, x), np.take(x, [1, 2]),
        np.choose(x > 0, [x, x]), np.select([x > 0], [x]), np.take_along_axis(x, np.array([1]), 0), *np.where(x),
    ]  # fmt: skip
    assert all(isinstance(each, nt.Array) for each in lazy)
    no_evaluation()


# ---- what is counted, and when ---------------------------------------------------------------------------------


def test_building_counts_nothing(no_evaluation, save_npy):
    a = np.random.default_rng(0).standard_normal((500, 40))
    x = nt.open(save_npy(a))
    m, rows = x > 0, x[:, 0] > 0
    lazy = {
        "sum": x[m].sum(), "mean": nt.sqrt(x[m]).mean(), "both": x[m] + x.T.T[m], "scaled": -x[m] * 2 + x.mean(),
        "rows": x[rows].std(axis=0), "kept": x[rows].max(axis=1), "some": x[rows][:, ::3], "turned": x[rows].T,
        "more": x[m][:, None] * np.arange(3), "again": (x[m] > 1) & (x[m] < 2), "chosen": nt.where(x[m] > 1, x[m], 0),
        "cast": x[m].astype("f4"), "twice": x[m][x[m] > 1], "columns": x[:, x[0] > 0], "flat": x[m].ravel(), "at": x.T[:, rows],
        "in place": x[rows][..., None].squeeze(-1),
    }  # fmt: skip
    assert lazy["rows"].ndim == 1 and lazy["both"].dtype == np.float64
    no_evaluation()
    s, r, one = a[a > 0], a[a[:, 0] > 0], a[:, 0] > 0
    want = {
        "sum": s.sum(), "mean": np.sqrt(s).mean(), "both": s + s, "scaled": -s * 2 + a.mean(), "rows": r.std(axis=0),
        "kept": r.max(axis=1), "some": r[:, ::3], "turned": r.T, "more": s[:, None] * np.arange(3),
        "again": (s > 1) & (s < 2), "chosen": np.where(s > 1, s, 0), "cast": s.astype("f4"), "twice": s[s > 1],
        "columns": a[:, a[0] > 0], "flat": s, "at": a.T[:, one], "in place": r,
    }  # fmt: skip
    for name, each in lazy.items():
        np.testing.assert_allclose(np.asarray(each), want[name], rtol=1e-12, err_msg=name)
        assert each.shape == want[name].shape


def test_in_place_operators_count_nothing(no_evaluation):
    a = np.arange(-5.0, 5)
    x = nt.array(a)
    y = x[x > 0]
    y += 1
    y *= x[x > 0]
    no_evaluation()
    assert_same_bits(y, (a[a > 0] + 1) * a[a > 0])


def test_looking_at_a_shape_counts():
    a = np.random.default_rng(1).standard_normal((60, 3))
    x = nt.array(a)
    for look in (lambda y: y.shape[0], len, lambda y: y.size // 3, lambda y: y.nbytes // 24, lambda y: sum(1 for _ in y)):
        assert look(x[x[:, 0] > 0]) == (a[:, 0] > 0).sum()
    assert_same_bits(x[x > 0][3], a[a > 0][3])
    assert_same_bits(x[x > 0][-5:], a[a > 0][-5:])
    assert_same_bits(x[x > 0][: 4].reshape(2, 2), a[a > 0][: 4].reshape(2, 2))
    assert_same_bits(nt.concatenate([x[x > 0], x[x < 0]]), np.concatenate([a[a > 0], a[a < 0]]))
    assert_same_bits(x[x > 0].reshape(-1, 1), a[a > 0].reshape(-1, 1))
    assert_same_bits(nt.take(x[x > 0], [0, 2]), a[a > 0][[0, 2]])
    assert x[x > 9].shape == (0,) and x[x > 9].tolist() == []


def test_a_file_is_counted_once(save_npy):
    """The count stays with the selection; looking again only selects."""
    a = np.random.default_rng(2).standard_normal(1 << 20)
    x = nt.open(save_npy(a))
    y = x[x > 0]
    float(y.sum())
    assert nt.last_run().bytes_read <= 2.1 * a.nbytes, "one pass counts, one selects"
    float((y + 1).sum())
    assert nt.last_run().bytes_read <= 1.1 * a.nbytes
    np.asarray(y[:5])
    assert nt.last_run().bytes_read < a.nbytes / 10
    assert len(y) == (a > 0).sum()
    before = nt.last_run()
    assert y.shape == (len(y),)
    assert nt.last_run() == before


def test_one_count_serves_several_results(save_npy):
    a = np.random.default_rng(3).standard_normal(1 << 20)
    x = nt.open(save_npy(a))
    y = x[x > 0]
    low, high, total = nt.compute(y.min(), y.max(), y.sum())
    assert (low, high) == (a[a > 0].min(), a[a > 0].max()) and abs(total - a[a > 0].sum()) < 1e-6
    assert nt.last_run().bytes_read <= 2.1 * a.nbytes


def test_what_selects_nothing_is_not_read(save_npy):
    """Parts of a file in which the mask is false everywhere are only counted."""
    a = np.zeros((1 << 20, 2))
    a[500_000:500_100] = 1
    path, flags = save_npy(a), save_npy(a[:, 0] > 0)
    rows = nt.open(path)[nt.open(flags)]
    assert_same_bits(rows, a[500_000:500_100])
    assert nt.last_run().bytes_read <= (1 << 20) + 2 * 4096 * 17
    sparse = np.zeros((2000, 500))
    sparse[::400] = np.arange(500)
    x = nt.open(save_npy(sparse))
    assert_same_bits(x[np.arange(2000) % 400 == 0], sparse[::400])
    assert nt.last_run().bytes_read <= 5 * 4000 + 64 * 1024


def test_shapes_that_must_agree_are_counted(no_evaluation):
    a = np.arange(-5.0, 6)
    x = nt.array(a)
    fits, misfits = x[x > 0] + x[x < 0], outcome(lambda: x[x > 0] + x[x >= 0])
    assert_same_bits(fits, a[a > 0] + a[a < 0])
    assert isinstance(misfits, ValueError) and str(misfits) == "operands could not be broadcast together with shapes (5,) (6,)"
    assert_same_bits(x[x > 4] + np.arange(3), a[a > 4] + np.arange(3))
    assert isinstance(outcome(lambda: x[x > 0] + np.arange(3)), ValueError)
    with pytest.raises(ValueError, match="non-broadcastable"):
        y = x[x > 4]
        y += np.arange(3)


def test_nothing_selected():
    a = np.ones(10)
    x = nt.array(a)
    none = x[x > 5]
    for name in ("min", "max", "argmin", "argmax"):
        assert isinstance(outcome(lambda name=name: getattr(none, name)().compute()), ValueError), name
    assert float(none.sum()) == 0 and np.isnan(float(none.mean())) and bool(none.all()) and not bool(none.any())
    assert_same_bits(x[None][:, x > 5].max(axis=0), np.zeros(0))


def test_an_array_not_counted_is_shown():
    a = np.arange(6.0)
    assert repr(nt.asarray(a)[nt.asarray(a) > 3]) == "Array([4., 5.])"


def test_large_files_are_described(save_npy):
    x = nt.open(save_npy(np.zeros(9 << 20)))
    assert repr(x[x > 0]) == "<numtile.Array: shape (count,), dtype float64; not computed, it would read 75.5 MB>"
    assert "select" in nt.explain(x[x > 0]) and "9437184" in nt.explain(x[x > 0])


def test_memory_that_changes():
    """The mask is read when it is looked at; a count that has entered a shape must still hold."""
    a = np.arange(-4.0, 5)
    x = nt.asarray(a)
    y = x[x > 0]
    total = y.sum()
    assert float(total) == 10 and y.shape == (4,)
    a[0] = 100
    assert float(total) == 110 and y.shape == (5,)
    column = y.reshape(-1, 1)
    assert_same_bits(column, np.array([[100.0], [1], [2], [3], [4]]))
    a[1] = 7
    assert y.shape == (6,)
    with pytest.raises(nt.SourceChangedError, match="selects other elements than when they were counted"):
        np.asarray(column)
    a[1] = -3
    assert_same_bits(column, np.array([[100.0], [1], [2], [3], [4]]))
    a[0], a[1] = -4, 100
    assert_same_bits(column[0], np.array([100.0]), "as many in the same leaf: the shape still holds")


def test_a_file_that_changes_is_noticed(save_npy):
    path = save_npy(np.arange(-1000.0, 1000))
    x = nt.open(path)
    y = x[x > 0]
    assert len(y) == 999
    np.save(path, np.arange(2000.0))
    with pytest.raises(OSError):
        y.sum().compute()


def test_memory_written_to_meanwhile():
    """Either an answer of the right length or an error; nothing else."""
    a = np.random.default_rng(5).standard_normal(400_000)
    x = nt.asarray(a)
    stop = threading.Event()

    def scribble():
        rng = np.random.default_rng(6)
        while not stop.is_set():
            a[rng.integers(0, a.size, 500)] *= -1

    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        seen = [outcome(lambda: np.asarray(x[x > 0])) for _ in range(20)]
    finally:
        stop.set()
        thread.join()
    for each in seen:
        assert isinstance(each, nt.SourceChangedError) or (each.ndim == 1 and 0 < each.size < a.size), each


# ---- budget, tiles, threads ------------------------------------------------------------------------------------


def results(x):
    m = x > 0.5
    rows = x[:, 1] > 0
    return nt.compute(
        x[m], x[m].sum(), x[m].mean(), x[m].var(), x[rows], x[rows].sum(axis=0), x[rows].sum(axis=1), x.T[:, rows], *nt.nonzero(m),
        x[:, np.arange(x.shape[1]) % 3 == 1][rows].argmax(axis=0),
    )  # fmt: skip


SHAPES = [(3_001, 7), (12, 4_099)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("where", ["memory", "C", "F"])
def test_same_bits(shape, where, save_npy):
    a = np.random.default_rng(shape[0]).standard_normal(shape)
    source = nt.asarray(a) if where == "memory" else nt.open(save_npy(a, where))
    nt.config(memory=256 * MB, threads=1)
    want = results(nt.asarray(a))
    assert_same_bits(want[0], a[a > 0.5])
    for budget, threads, tile in itertools.product((16 * MB, 64 * MB), (1, 3), (None, (97, 2), (5_000, 1))):
        nt.config(memory=budget, threads=threads)
        force_tile(tile)
        for got, wanted in zip(results(source), want, strict=True):
            assert_same_bits(got, wanted, f"{budget} {threads} {tile}")


def test_a_file_larger_than_the_budget(save_npy, tmp_path):
    a = np.random.default_rng(7).standard_normal((1 << 20, 8)).astype("f8")
    x = nt.open(save_npy(a))
    nt.config(memory=16 * MB)
    rows = x[:, 3] > 0.5
    nt.save({tmp_path / "elements.npy": x[x > 0.5] * 2, tmp_path / "rows.npy": x[rows]})
    assert nt.last_run().measured_peak <= nt.last_run().projected_peak <= 16 * MB
    assert_same_bits(np.load(tmp_path / "elements.npy"), a[a > 0.5] * 2)
    assert_same_bits(np.load(tmp_path / "rows.npy"), a[a[:, 3] > 0.5])
    np.testing.assert_allclose(float(nt.sqrt(x[x > 0]).mean()), np.sqrt(a[a > 0]).mean(), rtol=1e-12)
    assert nt.last_run().measured_peak <= nt.last_run().projected_peak <= 16 * MB
    assert_same_bits(nt.argwhere(x > 4.5), np.argwhere(a > 4.5))
    assert_same_bits(nt.compress(a[0] > 0, x, axis=1)[::1000], a[::1000, a[0] > 0])


def test_a_small_budget_is_enough(save_npy):
    a = np.random.default_rng(8).standard_normal((300, 9_000))
    nt.config(memory=8 * MB, threads=2)
    x = nt.open(save_npy(a))
    assert_same_bits(x[x[:, 0] > 0][:, ::50], a[a[:, 0] > 0][:, ::50])
    assert_same_bits((x * x)[x > 2], (a * a)[a > 2])
    assert nt.last_run().measured_peak <= nt.last_run().projected_peak <= 8 * MB


@pytest.mark.parametrize("table", ["file", "computed", "Fortran order", "reversed"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("spread", ["dense", "sparse", "clusters", "falling", "one", "runs"])
def test_positions_in_large_tables(table, axis, spread, tmp_path):
    """In any order, however far apart: what lies close together is read or computed at once."""
    rng = np.random.default_rng(7)
    values = rng.standard_normal((3000, 5) if axis == 0 else (5, 3000)).repeat(100, axis)
    array = np.asfortranarray(values) if table == "Fortran order" else values
    np.save(tmp_path / "x.npy", array)
    length = array.shape[axis]
    positions = {
        "dense": rng.integers(-length, length, 50_000),
        "sparse": rng.integers(-length, length, 300),
        "clusters": (rng.integers(0, length - 900, 50)[:, None] + rng.integers(0, 900, (50, 40))),
        "falling": np.arange(length)[::-3],
        "one": np.full((3, 500), length // 2),
        "runs": (rng.integers(0, length - 900, 30)[:, None] + np.arange(900)).T,
    }[spread]
    x = nt.open(tmp_path / "x.npy")
    x, want = {"computed": (x + 1, array + 1), "reversed": (x[::-1], array[::-1])}.get(table, (x, array))
    for memory, threads in ((7 * MB, 1), (12 * MB, 2), (256 * MB, 3)):
        nt.config(memory=memory, threads=threads)
        for index in (positions, nt.asarray(positions) + 0):
            nt.save(tmp_path / "y.npy", nt.take(x, index, axis))
            run = nt.last_run()
            np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), np.take(want, positions, axis))
            assert run.measured_peak <= run.projected_peak <= memory


@pytest.mark.parametrize("axis", [0, 1, None])
def test_elements_along_an_axis_at_computed_positions(axis, tmp_path):
    rng = np.random.default_rng(8)
    array = rng.standard_normal((400, 1500)).astype("f4")
    places = rng.integers(-array.shape[axis or 0], array.shape[axis or 0], array.shape if axis is not None else 300_000)
    np.save(tmp_path / "x.npy", array)
    np.save(tmp_path / "places.npy", places)
    x, lazy = nt.open(tmp_path / "x.npy"), nt.open(tmp_path / "places.npy")
    for memory, threads in ((7 * MB, 1), (16 * MB, 2)):
        nt.config(memory=memory, threads=threads)
        for table, other in ((x, array), (x * 2, array * 2)):
            nt.save(tmp_path / "y.npy", nt.take_along_axis(table, lazy, axis))
            np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), np.take_along_axis(other, places, axis))
            assert nt.last_run().measured_peak <= nt.last_run().projected_peak <= memory
    with pytest.raises(IndexError, match="out of bounds"):
        nt.compute(nt.take_along_axis(x, nt.where(lazy == 3, 100_000_000, lazy), axis))
