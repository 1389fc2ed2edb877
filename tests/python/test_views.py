"""Views and gathers against NumPy: slices, transposes, reshapes, broadcasts, take, concatenate."""

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, arrays, generators, laid_out, layouts, random_values, small_shapes
from compare import assert_like_numpy, assert_same_bits, outcome
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import numtile as nt

# ---- slices ----------------------------------------------------------------------------------------------------


@given(st.data(), arrays())
def test_basic_indexing(data, a):
    index = data.draw(hnp.basic_indices(a.shape, allow_newaxis=True, allow_ellipsis=True, max_dims=6))
    assert_like_numpy(lambda xp, x: x[index], a, message=f"{a.shape}[{index}]")


@given(st.data(), arrays(edges=0))
def test_slices_of_slices(data, a):
    first = data.draw(hnp.basic_indices(a.shape))
    second = data.draw(hnp.basic_indices(a[first].shape))
    assert_like_numpy(lambda xp, x: (x[first] * 2 if x.dtype != bool else x[first])[second], a)


@pytest.mark.parametrize("start", [None, 0, 3, -3, 100, -100])
@pytest.mark.parametrize("stop", [None, 0, 7, -2, 100, -100])
@pytest.mark.parametrize("step", [None, 1, 2, 7, -1, -3, 100])
def test_every_slice(start, stop, step):
    a = np.arange(11)
    assert_same_bits(nt.asarray(a)[start:stop:step], a[start:stop:step])


def test_index_errors():
    a = np.zeros((3, 4))
    x = nt.asarray(a)
    for index in [3, -4, (0, 4), (0, 0, 0), (..., ...), "a", 1.5, (slice(None), 9)]:
        want = outcome(lambda: a[index])
        got = outcome(lambda: x[index])
        assert isinstance(want, Exception)
        assert isinstance(got, type(want)), f"{index}: NumPy {want!r}, numtile {got!r}"
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        x[::0]


def test_slices_are_lazy_and_read_only_their_part(save_npy):
    path = save_npy(np.arange(100_000.0).reshape(1000, 100))
    part = (nt.open(path) * 2)[5:7, ::10]
    assert isinstance(part, nt.Array)
    assert_same_bits(part, (np.arange(100_000.0).reshape(1000, 100) * 2)[5:7, ::10])
    assert nt.last_run().bytes_read <= 64 * 1024


def test_iterating_is_lazy():
    a = np.arange(12).reshape(3, 4)
    rows = list(nt.asarray(a))
    assert len(rows) == 3 and all(isinstance(row, nt.Array) for row in rows)
    r, g, b = nt.asarray(a)
    assert_same_bits(g, a[1])
    with pytest.raises(TypeError):
        iter(nt.asarray(np.array(3)))
    assert len(nt.asarray(a)) == 3


# ---- shapes ----------------------------------------------------------------------------------------------------


@given(st.data(), arrays())
def test_transpose(data, a):
    order = data.draw(st.permutations(range(a.ndim)))
    assert_like_numpy(lambda xp, x: x.transpose(order) if order else x.T, a)
    assert_like_numpy(lambda xp, x: x.T, a)


@given(st.data(), arrays())
def test_reshape(data, a):
    shape = data.draw(reshapes(a.size))
    assert_like_numpy(lambda xp, x: xp.reshape(x, shape), a, message=f"{a.shape} to {shape}")
    assert_like_numpy(lambda xp, x: x.T.reshape(shape), a, message=f"{a.shape}.T to {shape}")


@st.composite
def reshapes(draw, size):
    """A shape of this size, sometimes with -1."""
    if size == 0:
        return draw(st.permutations([0, *draw(st.lists(st.integers(1, 4), max_size=3))]))
    factors = []
    rest = size
    for divisor in (2, 3, 5, 7, 11, 13, 17):
        while rest % divisor == 0:
            factors.append(divisor)
            rest //= divisor
    factors = draw(st.permutations([*factors, rest]))
    shape = [1] * draw(st.integers(1, 5))
    for factor in factors:
        shape[draw(st.integers(0, len(shape) - 1))] *= factor
    if draw(st.booleans()):
        shape[draw(st.integers(0, len(shape) - 1))] = -1
    return tuple(shape)


@pytest.mark.parametrize("shape", [(7,), (-1, 5), (-1, -1), (2, 3, 3), (0,), (-1, 0)])
def test_reshape_errors(shape):
    a = np.zeros((3, 4))
    want, got = outcome(a.reshape, shape), outcome(nt.asarray(a).reshape, shape)
    assert isinstance(want, ValueError) and isinstance(got, ValueError), got


@given(arrays(), small_shapes)
def test_broadcast_to(a, more):
    shape = more + tuple(3 if n == 1 else n for n in a.shape)
    assert_like_numpy(lambda xp, x: xp.broadcast_to(x, shape), a)
    assert_like_numpy(lambda xp, x: xp.broadcast_to(x, (*shape, 2)), a)


@given(st.data(), arrays())
def test_expand_squeeze_flip(data, a):
    axes = st.one_of(st.integers(-a.ndim - 2, a.ndim + 1), st.tuples(*[st.integers(-a.ndim - 2, a.ndim + 2)] * 2))
    axis = data.draw(axes)
    assert_like_numpy(lambda xp, x: xp.expand_dims(x, axis), a, message=f"{a.shape} expand {axis}")
    assert_like_numpy(lambda xp, x: xp.squeeze(x, axis), a, message=f"{a.shape} squeeze {axis}")
    assert_like_numpy(lambda xp, x: xp.flip(x, axis), a, message=f"{a.shape} flip {axis}")
    assert_like_numpy(lambda xp, x: xp.squeeze(x), a)
    assert_like_numpy(lambda xp, x: xp.flip(x), a)


@given(arrays(edges=0), generators)
def test_chains_of_views(a, rng):
    """Views of computed values: the map of indices is what counts, not the memory."""

    def chain(xp, x):
        x = xp.where(x == x, x, x)
        x = xp.flip(xp.expand_dims(x, 0))
        x = x.T[..., ::-1]
        return x.reshape(-1)[::3] if x.size else x

    assert_like_numpy(chain, a)


# ---- creation --------------------------------------------------------------------------------------------------

ARANGES = [(5,), (0,), (-3,), (2, 9), (2, 9, 3), (9, 2, -2), (0, 1, 0.1), (0.5, 3.0), (1, 0), (-5, 5, 4), (2**40, 2**40 + 3)]


@pytest.mark.parametrize("args", ARANGES)
@pytest.mark.parametrize("dtype", [None, "f4", "f8", "i2", "u8"])
def test_arange(args, dtype):
    if dtype == "u8" and min(args) < 0:
        return
    assert_like_numpy(lambda xp: xp.arange(*args, dtype=dtype), message=f"{args} {dtype}")


@pytest.mark.parametrize("args", [(0, 1, 5), (0, 1, 1), (0, 1, 0), (3, -2, 7), (0.1, 0.7, 50), (1e-30, 1e30, 9), (5, 5, 3)])
@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("dtype", [None, "f4", "i4"])
def test_linspace(args, endpoint, dtype):
    if dtype == "i4" and max(args) > 2**31:
        return
    assert_like_numpy(lambda xp: xp.linspace(*args, endpoint=endpoint, dtype=dtype), message=f"{args} {endpoint} {dtype}")


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape", [(), 5, (0, 3), (3, 1000)])
def test_constants(dtype, shape):
    for name, args in (("zeros", ()), ("ones", ()), ("full", (1,))):
        assert_like_numpy(lambda xp: getattr(xp, name)(shape, *args, dtype=dtype), message=name)


def test_creation_needs_no_storage():
    nt.config(memory=16 << 20)
    assert int(nt.arange(10**10)[-1]) == 10**10 - 1
    assert float(nt.linspace(0, 1, 10**11)[10**10]) == pytest.approx(0.1)
    assert nt.zeros((10**6, 10**6)).shape == (10**6, 10**6)


# ---- gathers ---------------------------------------------------------------------------------------------------


@given(st.data(), arrays(), st.sampled_from(["i1", "i4", "i8", "u1", "u2", "u8"]), layouts)
def test_take(data, a, index_dtype, layout):
    if a.ndim == 0:
        return
    axis = data.draw(st.integers(-a.ndim, a.ndim - 1))
    length = a.shape[axis]
    shape = data.draw(st.lists(st.integers(0, 4), max_size=2))
    if length == 0:
        shape = [*shape, 0]
    low = 0 if index_dtype.startswith("u") else -min(length, 128)
    high = min(length, 127)
    indices = data.draw(hnp.arrays(index_dtype, tuple(shape), elements=st.integers(low, max(high - 1, low))))
    assert_like_numpy(lambda xp, x, i: xp.take(x, i, axis=axis), a, indices, message=f"{a.shape} axis {axis}")


def test_take_of_lists_and_flat():
    a = np.arange(24.0).reshape(4, 6)
    for index in ([0, 3, -1], [[1], [2]], [], 2):
        index = np.array(index, dtype=np.int64) if index == [] else index
        assert_like_numpy(lambda xp, x: xp.take(x, index, axis=0), a, message=str(index))
    assert_like_numpy(lambda xp, x: xp.take(x, [3, 23, -24]), a)
    assert_same_bits(nt.asarray(a)[nt.asarray(np.array([2, 0, 2]))], a[[2, 0, 2]])
    assert_same_bits(nt.asarray(a)[np.array([[2, 0], [-1, 2]])], a[[[2, 0], [-1, 2]]])


def test_take_with_computed_indices():
    rng = np.random.default_rng(0)
    table = random_values("u1", (256, 4), rng)
    picture = rng.integers(0, 256, (97, 103), dtype=np.uint8)
    assert_like_numpy(lambda xp, t, p: xp.take(t, (p >> 1) + 3, axis=0), table, picture)
    assert_like_numpy(lambda xp, t, p: xp.take(t * 2, p, axis=0) + 1, table, picture)


@pytest.mark.parametrize("bad", [4, -5, 10**12])
def test_take_out_of_bounds(bad):
    a = np.arange(4.0)
    with pytest.raises(IndexError, match=f"index {bad} is out of bounds for axis 0 with size 4"):
        np.asarray(nt.take(nt.asarray(a), nt.asarray(np.array([0, bad])), axis=0))


def test_take_wants_integers():
    with pytest.raises((TypeError, IndexError)):
        nt.take(nt.asarray(np.arange(4.0)), nt.asarray(np.array([0.5])), axis=0)


# ---- joining ---------------------------------------------------------------------------------------------------


@given(st.data(), st.lists(st.sampled_from(ALL), min_size=1, max_size=4), small_shapes, generators)
def test_concatenate_and_stack(data, dtypes, shape, rng):
    parts = [laid_out(dtype, shape, data.draw(layouts), rng) for dtype in dtypes]
    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    assert_like_numpy(lambda xp, *x: xp.stack(x, axis=axis), *parts)
    assert_like_numpy(lambda xp, *x: xp.concatenate(x, axis=axis), *parts)


def test_concatenate_of_different_lengths():
    rng = np.random.default_rng(1)
    parts = [random_values("f4", (n, 513), rng) for n in (0, 3, 700, 1, 301)]
    assert_like_numpy(lambda xp, *x: xp.concatenate(x), *parts)
    assert_like_numpy(lambda xp, *x: xp.concatenate([y.T for y in x], axis=1) * 2, *parts)
    assert_like_numpy(lambda xp, *x: xp.concatenate(x[:2], axis=None), *parts)


def test_joining_errors():
    a, b = np.ones((2, 3)), np.ones((2, 4))
    for function in (lambda xp, x, y: xp.concatenate([x, y]), lambda xp, x, y: xp.stack([x, y]), lambda xp, x, y: xp.concatenate([])):
        assert_like_numpy(function, a, b)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_views_of_each_layout(layout, tmp_path):
    a = laid_out("f4", (37, 5, 41), layout, np.random.default_rng(3), folder=tmp_path)
    assert_like_numpy(lambda xp, x: x[::-2, 1:, None, ::7].T, a)
    assert_like_numpy(lambda xp, x: x.reshape(41, -1)[3], a)
    assert_like_numpy(lambda xp, x: x.transpose(1, 0, 2) + x.transpose(1, 0, 2)[:, ::-1], a)


@pytest.mark.parametrize("key", ["[:, :-2:-2, :-7:-1]", "[:, ::2, ::-1]", "[:, -1:]", "[1:, :, 2:]"])
def test_joined_arrays_seen_in_two_ways_at_once(key):
    """One of the views is a join of parts that happens to have the shape of the whole."""
    x = np.arange(72).reshape(3, 1, 6, 4)
    joined = nt.concatenate([x[:1], x[1:] * 2])
    want = np.concatenate([x[:1], x[1:] * 2])
    whole, seen = nt.compute(joined, eval(f"joined{key}"))
    np.testing.assert_array_equal(whole, want)
    np.testing.assert_array_equal(seen, eval(f"want{key}"))
