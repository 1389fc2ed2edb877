"""Functions of the user's on tiles: `map_blocks`, `map_overlap`, `apply_gufunc` and `vectorize`, against NumPy."""

import gc
import itertools
import os
import subprocess
import sys
import threading
import time
import traceback
import weakref

import numpy as np
import pytest
from arrays import ALL
from conftest import MB, force_tile

import numtile as nt

RNG = np.random.default_rng(7)
SHAPES = [(), (1,), (0,), (7,), (5, 6), (3, 0), (1, 5), (4, 3, 5), (2, 1, 3, 2)]


def some(shape, dtype="f8"):
    """An array of small whole numbers of any type."""
    return RNG.integers(0, 2 if dtype == "?" else 50, shape).astype(dtype)


def tiles_for(shape):
    """The planner's choice, tiles of one element, and some between."""
    return [None, (1,) * len(shape), tuple(max(1, length // 2) for length in shape)]


def equal(got, want):
    got = np.asarray(got)
    assert got.dtype == np.asarray(want).dtype and got.shape == np.shape(want), (got.dtype, got.shape)
    np.testing.assert_array_equal(got, want)


class Recorder:
    """A function that remembers what it was called with."""

    def __init__(self, function=lambda a: a):
        self.function, self.calls, self.lock = function, [], threading.Lock()

    def __call__(self, *arrays, **kwargs):
        with self.lock:
            self.calls.append([array.copy() for array in arrays])
        return self.function(*arrays, **kwargs)


# ---- map_blocks: elementwise -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ALL)
def test_elementwise_on_every_type(dtype):
    for shape in SHAPES:
        a = some(shape, dtype)
        want = np.add(a, a)
        for tile in tiles_for(shape):
            force_tile(tile)
            equal(nt.map_blocks(lambda v: v + v, a), want)
            equal(nt.map_blocks(np.add, a, a), want)


@pytest.mark.parametrize("order", ["C", "F", "reversed", "swapped"])
def test_arrays_in_any_layout_arrive_native_and_contiguous(order):
    a = some((6, 7), "i4")
    given = {"C": a, "F": np.asfortranarray(a), "reversed": a[::-1, ::-2], "swapped": a.astype(">i4")}[order]

    def function(v):
        assert type(v) is np.ndarray and v.flags.c_contiguous and v.flags.writeable and v.dtype == np.dtype("i4")
        return v * 3

    equal(nt.map_blocks(function, given, dtype="i4"), (given * 3).astype("i4"))


def test_arguments_broadcast_and_others_are_passed_on():
    a, b, c = some((4, 1, 5)), some((3, 1), "i4"), some(5, "f4")

    def function(u, v, w, number, text, *, scale):
        assert (number, text) == (2, "text") and u.ndim == 3 and v.ndim == 2 and w.ndim == 1
        assert np.shape(u)[1] == 1 and np.shape(v)[1] == 1
        return (u + v * w) * scale + number

    want = (a + b * c) * 10 + 2
    for tile in [None, (1, 1, 1), (2, 2, 3), (4, 3, 5)]:
        force_tile(tile)
        equal(nt.map_blocks(function, a, nt.asarray(b), c, 2, "text", scale=10), want)
    equal(nt.map_blocks(lambda u, v: u + v, [1, 2, 3], np.float32(2)), np.array([1, 2, 3]) + np.float32(2))
    equal(nt.map_blocks(lambda number, v: v - number, 1, nt.ones(3, "u1")), np.zeros(3, "u1"))


def test_the_result_type():
    x = nt.asarray(some((4, 5), "i4"))
    assert nt.map_blocks(np.sqrt, x).dtype == np.float64
    assert nt.map_blocks(lambda v: v > 2, x).dtype == np.bool_
    equal(nt.map_blocks(lambda v: v * 1.5, x, dtype="f4"), (np.asarray(x) * 1.5).astype("f4"))
    with pytest.raises(TypeError, match=r"map_blocks\(<lambda>\) returned elements of type float64 where int32 was"):
        np.asarray(nt.map_blocks(lambda v: v * 1.5, x, dtype="i4"))
    with pytest.raises(TypeError, match="numtile does not hold"):
        nt.map_blocks(lambda v: v.astype("U3"), x)


def test_finding_the_type_can_fail():
    def needs_much(v):
        return v.reshape(-1, 5)[:, 0].repeat(5).reshape(v.shape)

    x = nt.ones((4, 5))
    with pytest.raises(TypeError, match=r"map_blocks\(needs_much\) was tried on small arrays of ones.*Give dtype=") as caught:
        nt.map_blocks(needs_much, x)
    assert isinstance(caught.value.__cause__, ValueError)
    equal(nt.map_blocks(needs_much, x, dtype="f8", block=(4, 5)), np.ones((4, 5)))


def test_part_of_larger_expressions():
    a = some((40, 30))
    x = nt.asarray(a)
    y = nt.map_blocks(lambda v: v * 2, x + 1)
    want = (a + 1) * 2
    for tile in [None, (1, 7), (13, 30)]:
        force_tile(tile)
        equal(y + x, want + a)
        equal(y[3:17, ::-2], want[3:17, ::-2])
        equal(y.T, want.T)
        equal(y.reshape(20, 60), want.reshape(20, 60))
        equal(y.ravel()[7:900], want.ravel()[7:900])
        equal(nt.concatenate([y, y[:3]]), np.concatenate([want, want[:3]]))
        equal(y[nt.asarray(a > 20)], want[a > 20])
        equal(nt.take(y, [3, 0, 3], axis=1), np.take(want, [3, 0, 3], axis=1))
        equal(nt.cumsum(y.astype("i8"), axis=0), np.cumsum(want.astype("i8"), axis=0))
        equal(nt.map_blocks(np.negative, y), -want)
        assert float((y - y.mean()).sum()) == 0
        equal(y.sum(axis=0), want.sum(axis=0))


def test_selections_as_arguments():
    a = some(10_000)
    x = nt.asarray(a)
    equal(nt.map_blocks(lambda v: v + 1, x[x > 20]), a[a > 20] + 1)
    y = nt.map_blocks(lambda v: v + 1, x)
    equal(y[y > 20], (a + 1)[a + 1 > 20])


# ---- map_blocks: blocks ----------------------------------------------------------------------------------------


def blocked(function, a, block):
    """What a function gives on the blocks of an array."""
    out = np.empty(a.shape, a.dtype)
    for corner in itertools.product(*(range(0, length, step) for length, step in zip(a.shape, block))):
        box = tuple(slice(at, at + step) for at, step in zip(corner, block))
        out[box] = function(a[box])
    return out


def first_elements(a, block):
    return {a[corner] for corner in itertools.product(*(range(0, length, step) for length, step in zip(a.shape, block)))}


@pytest.mark.parametrize("block", [(4, 5), (1, 1), (3, 14), (10, 14), (7, 2)])
@pytest.mark.parametrize("tile", [None, (1, 1), (3, 5), (6, 9), (10, 14)])
def test_blocks_are_exactly_those(block, tile):
    a = np.arange(140.0).reshape(10, 14)
    function = Recorder(lambda v: v - v.max())
    force_tile(tile)
    y = nt.map_blocks(function, a, block=block, dtype="f8")
    want = blocked(lambda v: v - v.max(), a, block)
    starts = first_elements(a, block)
    for part in [np.s_[:, :], np.s_[2:9, 3:], np.s_[::-1, ::3], np.s_[5], np.s_[:, 13]]:
        equal(y[part], want[part])
    equal(y.ravel(), want.ravel())
    equal(y.T + 1, want.T + 1)
    for [v] in function.calls:
        assert v[0, 0] in starts
        row, column = divmod(int(v[0, 0]), 14)
        np.testing.assert_array_equal(v, a[row : row + block[0], column : column + block[1]])


@pytest.mark.parametrize("block", [(100, 64), (50, 300), (7, 300), (1, 300), (100, 1)])
def test_no_block_is_computed_twice(block, save_npy):
    a = np.arange(90_000.0).reshape(300, 300)
    for x in (nt.asarray(a), nt.open(save_npy(a))):
        function = Recorder(lambda v: v + v[0, 0])
        equal(nt.map_blocks(function, x, block=block, dtype="f8"), blocked(lambda v: v + v[0, 0], a, block))
        assert len(function.calls) == len(first_elements(a, block))
        assert {v[0, 0] for [v] in function.calls} == first_elements(a, block)


def test_lengths_of_blocks():
    a = some((5, 6))
    for given, block in [(2, (2, 2)), ((2, -1), (2, 6)), ((None, 4), (5, 4)), (100, (5, 6)), ([np.int8(3), 2], (3, 2))]:
        equal(nt.map_blocks(lambda v: v - v.sum(), a, block=given), blocked(lambda v: v - v.sum(), a, block))
    for wrong in (0, -2, (2,), (1, 2, 3), (2, 0)):
        with pytest.raises(ValueError, match="block"):
            nt.map_blocks(np.sqrt, a, block=wrong)
    with pytest.raises(TypeError, match="block"):
        nt.map_blocks(np.sqrt, a, block=1.5)
    equal(nt.map_blocks(np.sqrt, nt.ones((3, 0)), block=2), np.ones((3, 0)))
    equal(nt.map_blocks(np.sqrt, nt.ones(()), block=2), np.float64(1))


def test_blocks_of_broadcast_arrays():
    a, b = some((6, 8)), some((6, 1))
    function = Recorder(lambda u, v: u * v)
    equal(nt.map_blocks(function, a, b, block=(4, 3), dtype="f8"), a * b)
    assert sorted((u.shape, v.shape) for u, v in function.calls) == sorted(
        ((rows, columns), (rows, 1)) for rows in (4, 2) for columns in (3, 3, 2)
    )


def test_a_value_of_many_passes_is_computed_once():
    function = Recorder(lambda v: v + 1)
    y = nt.map_blocks(function, nt.asarray(some((50, 40))), dtype="f8", block=(50, 40))
    np.asarray((y - y.mean(axis=0)) / y.std())
    assert len(function.calls) == 1


def test_a_value_seen_through_several_views_is_computed_once():
    function = Recorder(lambda v: v + 1)
    a = some((50, 40))
    y = nt.map_blocks(function, a, dtype="f8", block=(50, 40))
    equal(y[1:] - y[:-1], np.diff(a, axis=0))
    assert len(function.calls) == 1


# ---- map_overlap -----------------------------------------------------------------------------------------------


def moving_sums(depths):
    """Sums over all elements up to `depths` (before, after) away; what lies beyond the tile is left out."""

    def function(v):
        out = v
        for axis, (before, after) in enumerate(depths):
            padded = np.pad(out, [(before, after) if each == axis else (0, 0) for each in range(v.ndim)])
            out = np.lib.stride_tricks.sliding_window_view(padded, 1 + before + after, axis).sum(-1)
        return out

    return function


MODES = {"reflect": "symmetric", "periodic": "wrap", "nearest": "edge"}


def edged(a, depths, boundaries):
    for axis, (pair, boundary) in enumerate(zip(depths, boundaries)):
        width = [pair if each == axis else (0, 0) for each in range(a.ndim)]
        if boundary == "none":
            continue
        options = {"mode": MODES[boundary]} if isinstance(boundary, str) else {"constant_values": boundary}
        a = np.pad(a, width, **options)
    return a


def overlapped(a, depths, boundaries):
    """The same with the whole array in memory."""
    out = moving_sums(depths)(edged(a, depths, boundaries))
    cut = [0 if boundary == "none" else before for (before, _), boundary in zip(depths, boundaries)]
    return out[tuple(slice(at, at + length) for at, length in zip(cut, a.shape))]


@pytest.mark.parametrize("boundary", ["reflect", "periodic", "nearest", "none", 7])
@pytest.mark.parametrize("depths", [((1, 1), (1, 1)), ((0, 0), (2, 2)), ((2, 1), (0, 3)), ((9, 4), (1, 12))])
def test_neighbours_over_the_edges_of_tiles(depths, boundary):
    a = some((11, 13))
    want = overlapped(a, depths, [boundary] * 2)
    for tile, block in [(None, None), ((1, 1), None), ((3, 5), None), ((11, 4), None), (None, (4, 6)), ((2, 13), (3, 1))]:
        force_tile(tile)
        y = nt.map_overlap(moving_sums(depths), a, list(depths), boundary, block=block)
        equal(y, want)
        equal(y[2:9, ::-1].T, want[2:9, ::-1].T)
        force_tile(None)


@pytest.mark.parametrize("dtype", ALL)
def test_overlap_on_every_type(dtype):
    a = some((9, 8), dtype)

    def largest(v):
        padded = np.pad(v, 1, mode="edge")
        return np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max((-1, -2))

    force_tile((2, 3))
    equal(nt.map_overlap(largest, a, 1, "nearest", dtype=dtype), largest(a))


def test_ways_to_say_depth_and_boundary():
    a = some((8, 9))
    for depth, depths in [
        (1, ((1, 1), (1, 1))), ((1, 2), ((1, 1), (2, 2))), ([(2, 0), 1], ((2, 0), (1, 1))), ({1: 2}, ((0, 0), (2, 2))),
        ({-1: (1, 0), 0: 1}, ((1, 1), (1, 0))), (np.int8(2), ((2, 2), (2, 2))), (0, ((0, 0), (0, 0))),
    ]:  # fmt: skip
        equal(nt.map_overlap(moving_sums(depths), a, depth), overlapped(a, depths, ["reflect"] * 2))
    pairs = ((2, 1),) * 3
    b = some((4, 5, 6))
    equal(nt.map_overlap(moving_sums(pairs), b, (2, 1), 0), overlapped(b, pairs, [0] * 3))
    both = ((1, 2), (1, 2))
    for boundary, each in [
        (("periodic", 3), ["periodic", 3]), ({0: "nearest"}, ["nearest", "none"]), ([None, "reflect"], ["none", "reflect"]),
    ]:  # fmt: skip
        equal(nt.map_overlap(moving_sums(both), a, [(1, 2), (1, 2)], boundary), overlapped(a, both, each))


def test_step_after_step():
    """Edges are made of what was computed before, which is not computed once more for each of them."""
    a = some((20, 20))
    step = Recorder(around_with_edges)
    y, want = nt.asarray(a), a
    for _ in range(12):
        y, want = nt.map_overlap(step, y, 1, dtype="f8"), around_with_edges(np.pad(want, 1, mode="symmetric"))[1:-1, 1:-1]
    equal(y, want)
    assert len(step.calls) == 12


def around_with_edges(v):
    return np.roll(v, 1, 0) - np.roll(v, -1, 1)


def test_functions_that_trim_themselves():
    a = some(50)

    def valid(v):
        return v[:-2] + v[1:-1] + v[2:]

    force_tile((7,))
    want = valid(np.pad(a, 1, mode="wrap"))
    equal(nt.map_overlap(valid, a, 1, "periodic", trim=False), want)


def test_overlap_of_small_and_empty_arrays():
    for shape in [(), (1,), (0,), (3, 0), (1, 1)]:
        a = some(shape)
        equal(nt.map_overlap(lambda v: v, a, 2), a)
    assert nt.map_overlap(lambda v: v, nt.ones((3, 0)), 1).dtype == np.float64


def test_tiles_with_halos_have_the_shape_they_should():
    shapes = Recorder()
    np.asarray(nt.map_overlap(shapes, some((6, 10)), (1, 2), block=(3, 5), dtype="f8"))
    assert {v.shape for [v] in shapes.calls} == {(5, 9)}
    shapes = Recorder()
    np.asarray(nt.map_overlap(shapes, some((6, 10)), (1, 2), "none", block=(3, 5), dtype="f8"))
    assert {v.shape for [v] in shapes.calls} == {(4, 7)}


def test_what_overlap_refuses():
    x = nt.ones((4, 5))
    with pytest.raises(ValueError, match="negative"):
        nt.map_overlap(np.sqrt, x, -1)
    with pytest.raises(ValueError, match="boundary must be"):
        nt.map_overlap(np.sqrt, x, 1, "mirror")
    with pytest.raises(ValueError, match="depth has 3 entries for an array with 2 axes"):
        nt.map_overlap(np.sqrt, x, (1, 2, 3))
    with pytest.raises(TypeError, match="depth"):
        nt.map_overlap(np.sqrt, x, 1.5)
    with pytest.raises(IndexError):
        nt.map_overlap(np.sqrt, x, {2: 1})
    with pytest.raises(ValueError, match=r"returned shape \(4,\)"):
        np.asarray(nt.map_overlap(lambda v: np.ones(4), x, 1, dtype="f8"))


# ---- apply_gufunc ----------------------------------------------------------------------------------------------


def test_whole_axes():
    a = some((6, 5, 4, 3))
    for tile in [None, (1, 1), (2, 5), (4, 3)]:
        force_tile(tile)
        equal(nt.apply_gufunc(lambda v: v.sum((-1, -2)), "(i,j)->()", a), a.sum((2, 3)))
    for tile in [None, (1, 1, 1, 1), (5, 2, 1, 2)]:
        force_tile(tile)
        equal(nt.apply_gufunc(lambda v: np.sort(v, -1), "(i)->(i)", a), np.sort(a, -1))
        y = nt.apply_gufunc(lambda v: v - v.max(-1, keepdims=True), "(i)->(i)", a)
        equal(y[1:4, :, ::2, 1], (a - a.max(-1, keepdims=True))[1:4, :, ::2, 1])
        equal(y.reshape(30, 12), (a - a.max(-1, keepdims=True)).reshape(30, 12))


def test_a_core_function_gets_whole_axes():
    shapes = Recorder(lambda v: v.mean(-1))
    a = some((30, 40))
    force_tile((7,))
    equal(nt.apply_gufunc(shapes, "(i)->()", a, output_dtypes="f8"), a.mean(-1))
    assert {v.shape[1] for [v] in shapes.calls} == {40} and sum(v.shape[0] for [v] in shapes.calls) == 30


def test_arguments_with_different_loops():
    a, b = some((4, 1, 3, 2)), some((5, 2, 6))
    for tile in [None, (1, 1, 1, 1), (3, 2, 3, 6)]:
        force_tile(tile)
        equal(nt.apply_gufunc(np.matmul, "(i,j),(j,k)->(i,k)", a, b), np.matmul(a, b))
    equal(nt.apply_gufunc(lambda u, v: u @ v, "(j),(j)->()", b[0, 0], [1, 2, 3, 4, 5, 6]), b[0, 0] @ [1, 2, 3, 4, 5, 6])


def test_axes_axis_and_keepdims():
    a = some((3, 4, 5))
    want = a.sum(1)
    equal(nt.apply_gufunc(lambda v: v.sum(-1), "(i)->()", a, axis=1), want)
    equal(nt.apply_gufunc(lambda v: v.sum(-1), "(i)->()", a, axes=[(1,), ()]), want)
    equal(nt.apply_gufunc(lambda v: v.sum(-1), "(i)->()", a, axes=[1]), want)
    equal(nt.apply_gufunc(lambda v: v.sum(-1), "(i)->()", a, axis=1, keepdims=True), a.sum(1, keepdims=True))
    equal(nt.apply_gufunc(lambda v: v.sum((-1, -2)), "(i,j)->()", a, axes=[(0, 2)], keepdims=True), a.sum((0, 2), keepdims=True))
    equal(nt.apply_gufunc(lambda v: np.cumsum(v, -1), "(i)->(i)", a, axis=0), np.cumsum(a, 0))
    product = np.matmul(a, np.swapaxes(a, 1, 2))
    axes = [(1, 2), (2, 1), (0, 1)]
    equal(nt.apply_gufunc(np.matmul, "(i,j),(j,k)->(i,k)", a, a, axes=axes), np.moveaxis(product, (1, 2), (0, 1)))


def test_new_axes_have_given_lengths():
    a = some((4, 5))
    y = nt.apply_gufunc(lambda v: np.stack([v.min(-1), v.max(-1)], -1), "(i)->(k)", a, output_sizes={"k": 2})
    equal(y, np.stack([a.min(-1), a.max(-1)], -1))
    with pytest.raises(ValueError, match="output_sizes"):
        nt.apply_gufunc(np.sort, "(i)->(k)", a)


def test_several_results_come_of_one_call():
    a = some((60, 9))
    function = Recorder(lambda v: (v.min(-1), v.argmax(-1)))
    low, where = nt.apply_gufunc(function, "(i)->(),()", a, output_dtypes=["f8", "i8"])
    force_tile((7,))
    got = nt.compute(low, where)
    equal(got[0], a.min(-1))
    equal(got[1], a.argmax(-1))
    assert len(function.calls) == 9
    equal(low * where, a.min(-1) * a.argmax(-1))
    assert len(function.calls) == 18
    equal(low[::-3], a.min(-1)[::-3])


def test_results_of_different_shapes():
    a = some((6, 4, 4))
    s = a + np.swapaxes(a, 1, 2)
    values, vectors = nt.apply_gufunc(np.linalg.eigh, "(i,i)->(i),(i,i)", s)
    force_tile((2, 4, 1))
    got = nt.compute(values, vectors)
    np.testing.assert_allclose(got[0], np.linalg.eigh(s)[0])
    np.testing.assert_allclose(got[1], np.linalg.eigh(s)[1])


def test_vectorized_core_functions():
    a, b = some((3, 4, 5)), some(5)

    def dot(u, v):
        assert u.ndim == v.ndim == 1
        return float(u @ v)

    equal(nt.apply_gufunc(dot, "(i),(i)->()", a, b, vectorize=True), a @ b)
    equal(nt.apply_gufunc(dot, "(i),(i)->()", a, b, vectorize=True, output_dtypes="f4"), (a @ b).astype("f4"))


def test_empty_core_axes_and_empty_loops():
    equal(nt.apply_gufunc(lambda v: v.sum(-1), "(i)->()", nt.ones((3, 0))), np.zeros(3))
    equal(nt.apply_gufunc(lambda v: v.sum(-1), "(i)->()", nt.ones((0, 3))), np.zeros(0))
    equal(nt.apply_gufunc(lambda v: v, "(i)->(i)", nt.ones((3, 0))), np.ones((3, 0)))


def test_what_gufuncs_refuse():
    x = nt.ones((3, 4))
    for signature in ("", "i->i", "(i)", "(i)->", "(i->(i)"):
        with pytest.raises(ValueError, match="not a valid gufunc signature"):
            nt.apply_gufunc(np.sqrt, signature, x)
    with pytest.raises(TypeError, match="expected 2, got 1"):
        nt.apply_gufunc(np.matmul, "(i,j),(j,k)->(i,k)", x)
    with pytest.raises(ValueError, match="inconsistent size for core dimension 'j'"):
        nt.apply_gufunc(np.matmul, "(i,j),(j,k)->(i,k)", x, x)
    with pytest.raises(ValueError, match="does not have enough dimensions"):
        nt.apply_gufunc(np.sort, "(i,j,k)->(i,j,k)", x)
    with pytest.raises(ValueError, match="broadcast"):
        nt.apply_gufunc(np.add, "(i),(i)->(i)", nt.ones((2, 3)), nt.ones((4, 3)))
    with pytest.raises(TypeError, match="wrong number of outputs"):
        np.asarray(nt.apply_gufunc(lambda v: v, "(i)->(i),(i)", x, output_dtypes="f8")[0])
    with pytest.raises(ValueError, match="output_dtypes"):
        nt.apply_gufunc(np.sort, "(i)->(i)", x, output_dtypes=["f8", "f8"])
    with pytest.raises(ValueError, match="axis and axes"):
        nt.apply_gufunc(np.sort, "(i)->(i)", x, axis=0, axes=[0, 0])
    with pytest.raises(ValueError, match="axis is for"):
        nt.apply_gufunc(np.matmul, "(i,j),(j,k)->(i,k)", x, x, axis=0)
    with pytest.raises(ValueError, match="axes must have"):
        nt.apply_gufunc(np.sort, "(i)->(i)", x, axes=[(0, 1), (0,)])
    with pytest.raises(ValueError, match="keepdims"):
        nt.apply_gufunc(np.sort, "(i)->(i)", x, keepdims=True)
    with pytest.raises(TypeError, match="takes a function"):
        nt.apply_gufunc(3, "(i)->(i)", x)


# ---- vectorize: as NumPy's -------------------------------------------------------------------------------------


def threshold(a, b=3):
    return a - b if a > b else a + b


@pytest.mark.parametrize(
    "given, call",
    [
        ({}, "f(i, 2)"), ({}, "f(i)"), ({}, "f(x, i)"), ({}, "f(i, b=x)"), ({"otypes": [float]}, "f(i, 2)"), ({"otypes": "f"}, "f(i, 2)"),
        ({"otypes": ["i2"]}, "f(i, 2)"), ({"excluded": ["b"]}, "f(i, b=4)"), ({"excluded": {1}}, "f(i, 4)"), ({}, "f(3, 4)"),
        ({"cache": True}, "f(i, 2)"), ({"otypes": [float]}, "f(i[:0], 2)"), ({}, "f(m, 0)"), ({}, "f(i[:, None], x)"),
    ],
)  # fmt: skip
def test_vectorize_is_numpys(given, call):
    known = {"i": np.arange(7), "x": np.arange(7) * 0.5, "m": np.array([[True, False], [False, True]])}
    want = eval(call, {"f": np.vectorize(threshold, **given), **known})
    got = eval(call, {"f": nt.vectorize(threshold, **given), **known})
    assert isinstance(got, nt.Array)
    equal(got, want)
    force_tile((2,) * got.ndim)
    equal(got, want)


def test_vectorize_with_several_results():
    both = nt.vectorize(lambda a: (a + 1, a * 0.5))
    a = np.arange(6).reshape(2, 3)
    for got, want in zip(both(a), np.vectorize(lambda a: (a + 1, a * 0.5))(a), strict=True):
        equal(got, want)


def test_vectorize_with_a_signature():
    a, v = some((3, 4, 5)), some(5)
    for signature, function in [
        ("(n),(n)->()", lambda u, w: u @ w), ("(n),(n)->(k)", lambda u, w: np.array([u @ w, u.sum()])),
        ("(n),(n)->(),(n)", lambda u, w: (u.sum(), u + w)),
    ]:  # fmt: skip
        for otypes in (None, ["f4"] * (1 + signature.count("()") * ("(n)" in signature.split("->")[1]))):
            want = np.vectorize(function, otypes=otypes, signature=signature)(a, v)
            got = nt.vectorize(function, otypes=otypes, signature=signature)(a, v)
            assert isinstance(want, tuple) == isinstance(got, tuple)
            for ours, theirs in zip(got, want, strict=True) if isinstance(got, tuple) else [(got, want)]:
                equal(ours, theirs)


def test_vectorize_calls_once_per_element():
    calls = []

    def function(a):
        calls.append(a)
        return a * 2

    equal(nt.vectorize(function, cache=True)(np.arange(5)), np.arange(5) * 2)
    assert sorted(calls) == [0, 1, 2, 3, 4]
    calls.clear()
    y = nt.vectorize(function, otypes="d")(np.arange(5))
    assert calls == []
    equal(y, np.arange(5) * 2.0)
    assert sorted(calls) == [0, 1, 2, 3, 4] and all(type(each) is int for each in calls)


def test_vectorize_as_a_decorator_and_its_documentation():
    @nt.vectorize
    def one(a):
        """Plus one."""
        return a + 1

    @nt.vectorize(otypes=["f8"], doc="Other words.")
    def two(a):
        """Plus two."""
        return a + 2

    equal(one([1, 2]), np.array([2, 3]))
    equal(two([1, 2]), np.array([3.0, 4.0]))
    assert (one.__doc__, two.__doc__, one.__name__) == ("Plus one.", "Other words.", "one")
    assert nt.vectorize(lambda: 5)() == 5


def test_what_vectorize_refuses():
    for module in (np, nt):
        with pytest.raises(ValueError, match="size 0 inputs"):
            module.vectorize(threshold)(np.ones(0))
        with pytest.raises(ValueError, match="Invalid otype"):
            module.vectorize(threshold, otypes="?!")
        with pytest.raises(ValueError, match="gufunc signature"):
            module.vectorize(threshold, signature="nonsense")
        with pytest.raises(ValueError, match="broadcast"):
            module.vectorize(threshold)(np.ones(2), np.ones(3))


# ---- errors ----------------------------------------------------------------------------------------------------


class OurError(Exception):
    """An exception of no other's making."""


def test_an_exception_arrives_as_it_was_raised():
    raised = OurError("from inside")

    def fails(v):
        if (v == 77).any():
            raise raised
        return v

    a = np.arange(100.0).reshape(10, 10)
    force_tile((5, 5))
    y = nt.map_blocks(fails, a, dtype="f8")
    with pytest.raises(OurError) as caught:
        np.asarray(y)
    assert caught.value is raised
    assert "fails" in "".join(traceback.format_tb(caught.value.__traceback__))
    assert caught.value.__notes__ == ["while computing map_blocks(fails) on region [5:10, 5:10]"]
    del caught
    raised.__traceback__ = None
    gc.collect()
    assert nt.memory().reserved == 0
    equal(nt.map_blocks(lambda v: v + 1, a), a + 1)


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit, StopIteration, GeneratorExit, ZeroDivisionError])
def test_exceptions_of_every_kind(exception, save_npy):
    def fails(v):
        raise exception("ours")

    for x in (nt.ones((300, 300)), nt.open(save_npy(np.ones((300, 300))))):
        with pytest.raises(exception, match="ours"):
            np.asarray(nt.map_blocks(fails, x, dtype="f8"))
        assert float(x.sum()) == 90_000


@pytest.mark.parametrize(
    "result, kind, message",
    [
        (lambda v: v[:1], ValueError, r"returned an array of shape \(1, 5\) where shape \(4, 5\) was expected"),
        (lambda v: 5.0, ValueError, r"returned 'float' of shape \(\) where shape \(4, 5\)"),
        (lambda v: None, ValueError, "returned 'NoneType'"),
        (lambda v: v * 1j, TypeError, "returned elements of type complex128 where float64 was expected"),
        (lambda v: v.astype(object), TypeError, "type object where float64"),
        (lambda v: np.ma.masked_array(v), TypeError, "masked"),
    ],
)
def test_wrong_results(result, kind, message):
    y = nt.map_blocks(result, nt.ones((4, 5)), dtype="f8")
    with pytest.raises(kind, match=message) as caught:
        np.asarray(y)
    assert caught.value.__notes__ == ["while computing map_blocks(<lambda>) on region [0:4, 0:5]"]


def test_what_is_refused_at_once():
    with pytest.raises(TypeError, match="takes a function first, not 'int'"):
        nt.map_blocks(3, nt.ones(3))
    with pytest.raises(TypeError, match="needs an array"):
        nt.map_blocks(np.sqrt, 3)
    with pytest.raises(ValueError, match="broadcast"):
        nt.map_blocks(np.add, nt.ones(3), nt.ones(4))
    with pytest.raises(TypeError):
        nt.map_blocks(np.sqrt, np.array(["a"]))


# ---- what functions may do -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function, want",
    [
        (lambda v: v, lambda a: a),
        (lambda v: v.T.copy().T, lambda a: a),
        (lambda v: np.broadcast_to(v[:1], v.shape), lambda a: np.repeat(a[::3], 3, axis=0)),
        (lambda v: v.tolist(), lambda a: a),
        (lambda v: nt.asarray(v) + 1, lambda a: a + 1),
        (lambda v: v.astype(">f8"), lambda a: a),
        (lambda v: v.astype("f4"), lambda a: a),
        (lambda v: np.subtract(v, 1, out=v), lambda a: a - 1),
        (lambda v: v[::-1], lambda a: a.reshape(2, 3, 7)[:, ::-1].reshape(6, 7)),
    ],
)
def test_results_in_any_form(function, want):
    a = some((6, 7))
    equal(nt.map_blocks(function, a, dtype="f8", block=(3, 7)), want(a))
    b = RNG.standard_normal((600, 700))
    equal(nt.map_blocks(function, b, dtype="f8", block=(600, 700))[-1], np.asarray(function(b.copy()), "f8")[-1])


def test_arrays_are_the_functions_own():
    kept = []

    def function(v):
        kept.append(v)
        v += 1
        return v

    a = np.arange(600_000.0).reshape(600, 1000)
    before = a.copy()
    delivered = nt.memory().delivered
    got = np.asarray(nt.map_blocks(function, a, block=(100, 1000), dtype="f8"))
    equal(got, before + 1)
    equal(a, before)
    for _ in range(3):
        np.asarray(nt.sin(nt.ones((600, 1000))) * 3)
    equal(np.concatenate(sorted(kept, key=lambda v: v[0, 0])), before + 1)
    held = nt.memory().delivered - delivered
    assert held >= 2 * a.nbytes and nt.memory().reserved == 0
    kept.clear()
    del got
    gc.collect()
    assert nt.memory().delivered == delivered


def test_kept_arrays_do_not_use_up_the_budget(save_npy):
    a = np.ones((4000, 1000))
    kept = []

    def function(v):
        kept.append(v[:1])
        return v

    nt.config(memory=16 * MB)
    assert float(nt.map_blocks(function, nt.open(save_npy(a)), dtype="f8").sum()) == a.size
    assert sum(v.base.nbytes for v in kept) > 16 * MB
    assert nt.memory().reserved == 0


def test_computing_inside_a_function(save_npy):
    a = some((500, 400))
    path = save_npy(a)
    weights = nt.open(path)

    def function(v):
        total = float(weights.sum())
        least, most = nt.compute(nt.min(nt.asarray(v)), weights[:, :10].max())
        return v / total + (most - most) + (least - least)

    for x in (nt.asarray(a), nt.open(path)):
        equal(nt.map_blocks(function, x, dtype="f8", block=(50, 400)), a / a.sum())


def test_arrays_in_memory_inside_a_function():
    """Without a plan, by a new one and by one that is known."""
    a, other = some((8, 60_000)), some((300, 400))

    def function(v):
        scaled = np.asarray(nt.evaluate("v * 2 + 1"))
        column = np.asarray(nt.evaluate("mean(other, 0)", {"other": other}))
        total = float(nt.asarray(v.reshape(-1)).sum())
        assert abs(total - v.sum()) <= 1e-9 * abs(v).sum()
        return scaled + column[0]

    for threads in (1, 3):
        nt.config(threads=threads)
        for _ in range(3):
            got = np.asarray(nt.map_blocks(function, nt.asarray(a), dtype="f8", block=(1, 60_000)))
            np.testing.assert_allclose(got, a * 2 + 1 + other.mean(axis=0)[0], rtol=1e-12)


def test_saving_inside_a_function(tmp_path, save_npy):
    a = some((40, 1000))

    def function(v):
        nt.save(tmp_path / f"{int(v[0, 0])}.npy", nt.open(path) * 2)
        return v

    path = save_npy(np.ones(1000))
    np.asarray(nt.map_blocks(function, nt.asarray(a), dtype="f8", block=(10, 1000)))
    assert len(list(tmp_path.glob("*.npy"))) >= 2
    for file in tmp_path.glob("[0-9]*.npy"):
        np.testing.assert_array_equal(np.load(file), np.full(1000, 2.0))


def test_no_room_inside_a_function_is_an_error_at_once(save_npy):
    path = save_npy(np.ones((3000, 1000)))

    def function(v):
        return v + float(nt.open(path).sum())

    nt.config(memory=8 * MB, threads=2)
    before = time.monotonic()
    with pytest.raises(MemoryError, match="The evaluation that called this function holds the rest"):
        np.asarray(nt.map_blocks(function, nt.open(path), dtype="f8"))
    assert time.monotonic() - before < 30
    assert nt.memory().reserved == 0
    assert float(nt.open(path).sum()) == 3_000_000


def test_functions_within_functions():
    def inner(v):
        return v * 2

    def outer(v):
        return np.asarray(nt.map_blocks(inner, v, block=3, dtype="f8")) + 1

    a = some((100, 30))
    force_tile((10, 10))
    equal(nt.map_blocks(outer, a), a * 2 + 1)

    def fails(v):
        raise OurError

    with pytest.raises(OurError) as caught:
        np.asarray(nt.map_blocks(lambda v: np.asarray(nt.map_blocks(fails, v, dtype="f8")), a, dtype="f8", block=(100, 30)))
    assert caught.value.__notes__ == [
        "while computing map_blocks(fails) on region [0:10, 0:10]", "while computing map_blocks(<lambda>) on region [0:100, 0:30]",
    ]  # fmt: skip


def test_several_threads_call_at_once(save_npy):
    """Two tiles meet in their functions: the GIL is given up while they wait, and nobody holds a lock of the engine's."""
    meeting = threading.Barrier(2, timeout=60)

    def function(v):
        meeting.wait()
        return v

    a = np.ones((2000, 1000))
    for x in (nt.asarray(a), nt.open(save_npy(a))):
        equal(nt.map_blocks(function, x, dtype="f8", block=(1000, 1000)), a)


def test_python_threads_compute_with_functions_at_once():
    a = some((300, 300))
    failures = []

    def work():
        try:
            for _ in range(5):
                equal(nt.map_blocks(lambda v: v + float(nt.ones(1000).sum()), a, block=(40, 300)), a + 1000)
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures and not any(thread.is_alive() for thread in threads), failures


def test_a_function_and_its_arrays_are_let_go():
    class Big:
        """Something that can be seen to go."""

    big = Big()
    gone = weakref.ref(big)
    y = nt.map_blocks(lambda v, held=big: v + 1, nt.ones((1000, 1000)), dtype="f8")
    np.asarray(y)
    del big, y
    gc.collect()
    assert gone() is None


# ---- stopping --------------------------------------------------------------------------------------------------


def test_cancelling_between_tiles():
    calls = []

    def slow(v):
        calls.append(1)
        time.sleep(0.05)
        return v

    timer = threading.Timer(0.4, nt.cancel)
    timer.start()
    with pytest.raises(nt.CancelledError):
        np.asarray(nt.map_blocks(slow, nt.ones((1000, 1000)), block=(10, 100), dtype="f8"))
    timer.join()
    assert 2 <= len(calls) < 200
    assert nt.memory().reserved == 0


INTERRUPTED = """
import os, signal, threading, time
import numpy as np, numtile as nt

def slow(v):
    time.sleep(0.05)
    {inner}
    return v

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without it
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
before = time.monotonic()
try:
    np.asarray(nt.map_blocks(slow, nt.ones((1000, 1000)), block=(10, 100), dtype="f8"))
except KeyboardInterrupt:
    assert time.monotonic() - before < 20
    assert nt.memory().reserved == 0
    print("interrupted", float(nt.map_blocks(np.sqrt, nt.ones(100)).sum()))
"""


@pytest.mark.parametrize("inner", ["", "nt.map_blocks(lambda u: time.sleep(0.05) or u, v, block=1, dtype='f8').compute()"])
def test_ctrl_c(inner):
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(inner=inner)], capture_output=True, text=True, timeout=90, env=dict(os.environ)
    )
    assert run.stdout.split() == ["interrupted", "100.0"], run.stdout + run.stderr


LEAVING = """
import threading, time
import numpy as np, numtile as nt

def slow(v):
    time.sleep(0.05)
    return v

y = nt.map_blocks(slow, nt.ones((1000, 1000)), block=(10, 100), dtype="f8")
threading.Thread(target=lambda: np.asarray(y), daemon=True).start()
time.sleep(0.3)
print("over")
"""


def test_python_ends_while_functions_run():
    run = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert (run.returncode, run.stdout.split()) == (0, ["over"]), run.stderr


# ---- out of core -----------------------------------------------------------------------------------------------

BUDGET = 12_000_000
LARGE = (1000, 4100)  # 32.8 MB


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    a = np.random.default_rng(3).standard_normal(LARGE)
    path = tmp_path_factory.mktemp("large") / "x.npy"
    np.save(path, a)
    return path, a


def around(v):
    """The sum of two neighbours, around the edges too."""
    return np.roll(v, 1, 0) + np.roll(v, -2, 1)


OUT_OF_CORE = {
    "elementwise": (lambda x, _: nt.map_blocks(lambda v: v * 2, x), lambda a: a * 2),
    "blocks": (lambda x, _: nt.map_blocks(lambda v: v - v[:1, :1], x, block=(128, 300)), lambda a: blocked(lambda v: v - v[:1, :1], a, (128, 300))),
    "overlap": (lambda x, _: nt.map_overlap(around, x, (1, 2), "periodic"), around),
    "overlap, none": (lambda x, _: nt.map_overlap(lambda v: v, x, 3, "none"), lambda a: a),
    "rows": (lambda x, _: nt.apply_gufunc(lambda v: np.sort(v, -1), "(i)->(i)", x), lambda a: np.sort(a, -1)),
    "columns": (lambda x, _: nt.apply_gufunc(lambda v: np.sort(v, -1), "(i)->(i)", x, axis=0), lambda a: np.sort(a, 0)),
    "two arrays": (lambda x, b: nt.map_blocks(lambda v, w: v + w, x, b), lambda a: a + a[0]),
    "reshaped": (lambda x, _: nt.map_blocks(lambda v: v * 2, x, block=(50, 4100)).reshape(2000, 2050), lambda a: (a * 2).reshape(2000, 2050)),
    "twice": (lambda x, _: nt.map_blocks(np.negative, nt.map_blocks(lambda v: v * 2, x, block=(100, 500))), lambda a: -(a * 2)),
    "views": (lambda x, _: nt.map_blocks(lambda v: v * 2, x, block=(64, 64)).T[7:, 3:-3], lambda a: (a * 2).T[7:, 3:-3]),
}  # fmt: skip


@pytest.mark.parametrize("name", OUT_OF_CORE)
def test_more_data_than_memory(name, large, tmp_path):
    path, a = large
    lazy, want = OUT_OF_CORE[name]
    nt.config(memory=BUDGET, threads=2)
    x = nt.open(path)
    nt.save(tmp_path / "y.npy", lazy(x, a[0]))
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= BUDGET
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy", mmap_mode="r"), want(a))
    assert nt.memory().reserved == 0


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("memory", [7, 12, 64])
def test_budgets_and_threads(threads, memory, large):
    path, a = large
    nt.config(memory=memory * MB, threads=threads)
    y = nt.map_overlap(around, nt.open(path), (1, 2), "periodic")
    got = nt.compute(y.max(axis=0), y.min())
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= memory * MB
    want = around(a)
    np.testing.assert_array_equal(got[0], want.max(axis=0))
    assert got[1] == want.min()


def test_a_halo_is_read_with_its_tile(large):
    path, a = large
    nt.config(memory=48 * MB, threads=2)
    nt.compute(nt.map_overlap(lambda v: v, nt.open(path), (2, 0), "none").max())
    assert a.nbytes <= nt.last_run().bytes_read <= 1.1 * a.nbytes


def test_blocks_beyond_the_budget_are_refused(large):
    path, _ = large
    nt.config(memory=BUDGET)
    with pytest.raises(MemoryError, match="needs at least"):
        nt.compute(nt.map_blocks(lambda v: v, nt.open(path), block=LARGE, dtype="f8").sum())


def test_the_plan_tells_of_calls(large):
    path, _ = large
    x = nt.open(path)
    assert "call   map_blocks(sqrt) on tiles of (1000,4100), gives float64" in str(nt.explain(nt.map_blocks(np.sqrt, x)))
    assert "call   map_blocks(sqrt) on blocks of (5,7)" in str(nt.explain(nt.map_blocks(np.sqrt, x, block=(5, 7))))
    low, high = nt.apply_gufunc(lambda v: (v.min(-1), v.max(-1)), "(i)->(),()", x)
    assert str(nt.explain(low, high)).count("call   the same for another result") == 1


def test_printing():
    assert repr(nt.map_blocks(lambda v: v + 1, nt.asarray([1, 2]))) == "Array([2, 3])"
    assert "not computed" in repr(nt.map_blocks(lambda v: v, nt.ones((10_000, 10_000)), dtype="f8"))


def test_different_functions_are_different_values():
    x = nt.asarray(some(10))
    y, z = nt.map_blocks(lambda v: v + 1, x), nt.map_blocks(lambda v: v + 2, x)
    equal(z - y, np.ones(10))
