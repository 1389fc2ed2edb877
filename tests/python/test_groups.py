"""Reductions by labels against sums of fractions, whatever the type, the layout, the tiles, the threads and the budget."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, finite_values, laid_out
from compare import assert_same_bits, exact_sum, rounded_once, wrapped
from conftest import MB, force_tile

import numtile as nt

FUNCTIONS = ("sum", "prod", "mean", "var", "std", "min", "max", "any", "all", "count")
U = 2.0**-53


def labels_for(n, groups, seed=0, left_out=0.1):
    """Random labels, some of them negative; the last group but one stays empty."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, groups, n)
    labels[labels == groups - 2] = 0
    return np.where(rng.random(n) < left_out, -rng.integers(1, 9, n), labels)


def grouped(labels, x, axis, groups):
    """For each place of the result: its elements, in C order."""
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(a % x.ndim for a in axes)
    kept = [a for a in range(x.ndim) if a not in axes]
    rows = x.transpose(*axes, *kept).reshape(-1, math.prod(x.shape[a] for a in kept))
    flat = labels.ravel()
    before = sum(a < axes[0] for a in kept)
    shape = [x.shape[a] for a in kept]
    shape.insert(before, groups)
    cells = {}
    for group in range(groups):
        members = rows[flat == group]
        for number, column in enumerate(members.T):
            at = list(np.unravel_index(number, [x.shape[a] for a in kept])) if kept else []
            cells[tuple(map(int, [*at[:before], group, *at[before:]]))] = column
    return tuple(shape), cells


def fraction(value):
    return Fraction(value.item())


def check_sum(got, cell, dtype, divisor=1):
    """A sum, or a mean: exact for integers, rounded once from float64 for narrow floats, tight for float64."""
    if dtype.kind == "c":
        real = np.empty(0, dtype).real.dtype
        check_sum(got.real, cell.real, real, divisor)
        check_sum(got.imag, cell.imag, real, divisor)
        return
    if dtype.kind in "iu":
        assert int(got) == wrapped(int(exact_sum(cell.astype(object))) if cell.size else 0, dtype)
        return
    exact = exact_sum(cell) / divisor
    size = sum(map(abs, map(fraction, cell)), Fraction(0)) / divisor
    if dtype == np.float64:
        n = max(cell.size, 2)
        assert abs(fraction(np.float64(got)) - exact) <= Fraction(2 * U) * abs(exact) + Fraction(n * n * U * U) * size
    else:
        want = rounded_once(exact, dtype)
        slack = float(size) * max(cell.size, 1) * U + float(np.spacing(np.abs(want)))
        assert abs(float(got) - float(want)) <= slack


def check_cell(name, got, cell, x, dtype):
    if name == "count":
        assert got == cell.size
    elif name in ("any", "all"):
        assert got == getattr(cell, name)()
    elif name == "sum":
        check_sum(got, cell.astype(np.uint8) if x.dtype == bool else cell, dtype)
    elif name == "prod" and dtype.kind in "iu":
        assert int(got) == wrapped(math.prod(int(v) for v in cell), dtype)
    elif name == "prod":
        wide = np.clongdouble if dtype.kind == "c" else np.longdouble
        want = cell.astype(wide).prod() if cell.size else 1
        assert abs(got - want) <= abs(want) * (float(np.finfo(dtype).eps) * 2 + cell.size * 4 * U)
    elif cell.size == 0:
        assert np.isnan(got)
    elif name in ("min", "max"):
        assert got == getattr(cell, name)()
    elif name == "mean" and x.dtype.kind in "biu":
        assert got == rounded_once(Fraction(sum(int(v) for v in cell), cell.size), np.float64)
    elif name == "mean":
        check_sum(got, cell, dtype, cell.size)
    else:
        wide = cell.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble)
        want = (np.abs(wide - wide.mean()) ** 2).mean()
        want = np.sqrt(want) if name == "std" else want
        assert abs(got - want) <= want * (float(np.finfo(dtype).eps) * 2 + 64 * U) + 1e-300


AXES = [((523,), None), ((523,), 0), ((37, 11), None), ((301, 5), 0), ((5, 301), -1), ((3, 301, 4), 1), ((9, 4, 31), (0, 2)), ((4, 9, 7), (1, 2))]


def labels_along(shape, axis, groups, seed=0):
    axes = range(len(shape)) if axis is None else [axis] if isinstance(axis, int) else axis
    along = tuple(shape[a] for a in axes)
    return labels_for(math.prod(along), groups, seed).reshape(along)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape, axis", AXES, ids=str)
def test_every_type(dtype, shape, axis):
    """Every function of every type, with empty groups and elements that belong to none."""
    groups = 7
    x = finite_values(dtype, shape, np.random.default_rng(3), scale=3)
    if x.dtype.kind in "iu":
        x = np.random.default_rng(4).integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    labels = labels_along(shape, axis, groups)
    where, cells = grouped(labels, x, axis, groups)
    for name in FUNCTIONS:
        no_result = name in ("min", "max") and x.dtype.kind in "biu"
        subject = x
        if name == "prod" and x.dtype.kind in "fc":
            subject = (1 + x / 64).astype(dtype)
        result = nt.group_reduce(labels, subject, name, axis, groups=groups)
        if no_result:
            with pytest.raises(ValueError, match=f"group {groups - 2} has no elements"):
                result.compute()
            filled = np.where(labels == 0, groups - 2, labels)
            filled.flat[:2] = 0
            result = nt.group_reduce(filled, subject, name, axis, groups=groups)
            _, here = grouped(filled, subject, axis, groups)
        else:
            here = cells if subject is x else grouped(labels, subject, axis, groups)[1]
        got = np.asarray(result)
        plain = np.int64 if name == "count" else getattr(nt, name)(subject, axis=None).dtype
        assert got.dtype == result.dtype == plain and got.shape == result.shape == where
        for at, cell in here.items():
            try:
                check_cell(name, got[at], cell, subject, got.dtype)
            except AssertionError as error:
                raise AssertionError(f"{name} at {at} of {cell.size} elements: {got[at]!r}") from error


def all_of(labels, x, axis, groups, names=("sum", "mean", "var", "min", "any", "prod", "count")):
    """Several functions in one pass."""
    return nt.compute(*(nt.group_reduce(labels, x, name, axis, groups=groups) for name in names))


def same(got, want, note):
    for index, (one, other) in enumerate(zip(got, want, strict=True)):
        assert_same_bits(one, other, f"result {index} {note}")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "f2"])
def test_layouts(dtype, layout):
    """Strided, reversed, broadcast and swapped arrays give the bits of contiguous ones."""
    for shape, axis in (((301, 7), 0), ((7, 301), 1), ((19, 23), None), ((6, 40, 5), 1)):
        x = laid_out(dtype, shape, layout, np.random.default_rng(8), values=lambda *a, **k: finite_values(*a[:3]))
        labels = labels_along(shape, axis, 5)
        want = all_of(labels, np.ascontiguousarray(x).astype(x.dtype.newbyteorder("=")), axis, 5)
        same(all_of(labels, x, axis, 5), want, f"{shape} {axis}")


@pytest.mark.parametrize("kind", ["?", *"bhilBHIL"])
def test_types_of_labels(kind):
    """Any integers, strided and reversed too, and truth values."""
    n = 1000
    labels = np.random.default_rng(1).integers(0, 2 if kind == "?" else 6, n).astype(kind)
    x = np.random.default_rng(2).standard_normal((n, 3))
    want = nt.group_reduce(labels.astype("i8"), x, "sum", 0, groups=6).compute()
    backwards = np.repeat(labels, 2)[::-2]
    assert_same_bits(nt.group_reduce(labels, x, "sum", 0, groups=6), want)
    assert_same_bits(nt.group_reduce(backwards, x[::-1], "sum", 0, groups=6), nt.group_reduce(labels[::-1].copy(), x[::-1].copy(), "sum", 0, groups=6).compute())
    assert nt.group_reduce(labels, x, "sum", 0).shape == (int(labels.max()) + 1, 3)


# ---- the documented order -----------------------------------------------------------------------------------------


def leaf_edges(lengths, down, groups):
    edges = list({1: [256], 2: [16, 16]}[len(lengths)] if down else {1: [4096], 2: [64, 64]}[len(lengths)])
    while math.prod(map(min, edges, lengths)) < 8 * groups:
        grows = [j for j in reversed(range(len(edges))) if edges[j] < lengths[j]]
        if not grows:
            break
        edges[min(grows, key=edges.__getitem__)] *= 2
    return edges


def two_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


class Sum:
    """float64: what rounding takes from the sum is added up beside it."""

    nothing = 0.0

    @staticmethod
    def first(x):
        return np.stack([x, np.zeros_like(x)])

    @staticmethod
    def next(state, x):
        total, low = two_sum(state[0], x)
        return np.stack([total, state[1] + low])

    @staticmethod
    def join(left, right):
        total, low = two_sum(left[0], right[0])
        return np.stack([total, left[1] + low + right[1]])

    @staticmethod
    def result(state):
        return np.where(state[1] != 0, state[0] + state[1], state[0])


class Product:
    """From the first factor on: the bits depend on the order, which those of such exact sums hardly do."""

    nothing = 1.0

    @staticmethod
    def first(x):
        return x

    @staticmethod
    def next(state, x):
        return state * x

    @staticmethod
    def join(left, right):
        return left * right

    @staticmethod
    def result(state):
        return state


def in_pairs(terms, join):
    terms = list(terms)
    while len(terms) > 1:
        terms = [join(a, b) for a, b in zip(terms[::2], terms[1::2])] + terms[len(terms) & ~1 :]
    return terms[0]


def by_tree(labels, x, axes, groups, kind):
    """The tree of docs/reductions.md, written to be read: axes are the first ones or all."""
    lengths = [x.shape[a] for a in axes]
    edges = leaf_edges(lengths, x.ndim - 1 not in axes, groups)

    def leaf(labels, x):
        states = [None] * groups
        for label, row in zip(labels.ravel(), x.reshape(labels.size, -1)):
            if label >= 0:
                states[label] = kind.first(row) if states[label] is None else kind.next(states[label], row)
        return states

    def join(left, right):
        return [r if lft is None else lft if r is None else kind.join(lft, r) for lft, r in zip(left, right)]

    def tree(labels, x, depth):
        pieces = range(0, labels.shape[depth], edges[depth])
        cut = [(slice(None),) * depth + (slice(at, at + edges[depth]),) for at in pieces]
        if depth + 1 < len(axes):
            return in_pairs((tree(labels[c], x[c], depth + 1) for c in cut), join)
        return in_pairs((leaf(labels[c], x[c]) for c in cut), join)

    states = tree(labels, x, 0)
    kept = x.shape[len(axes) :]
    nothing = np.full(math.prod(kept), kind.nothing)
    return np.array([nothing if state is None else kind.result(state) for state in states]).reshape(groups, *kept)


@pytest.mark.parametrize("shape, axes, groups", [((9001,), (0,), 5), ((9001,), (0,), 1500), ((1100, 3), (0,), 12), ((1100, 3), (0,), 200), ((150, 131), (0, 1), 9), ((40, 50, 3), (0, 1), 9)])
def test_the_documented_order(shape, axes, groups):
    rng = np.random.default_rng(5)
    x = rng.standard_normal(shape) * 10.0 ** rng.integers(-8, 9, shape)
    labels = labels_for(math.prod(shape[: len(axes)]), groups, 6).reshape(shape[: len(axes)])
    axis = axes[0] if len(axes) == 1 else axes
    assert_same_bits(nt.group_reduce(labels, x, "sum", axis, groups=groups), by_tree(labels, x, axes, groups, Sum))
    x = 1 + rng.standard_normal(shape) / 64
    assert_same_bits(nt.group_reduce(labels, x, "prod", axis, groups=groups), by_tree(labels, x, axes, groups, Product))


# ---- the same bits ------------------------------------------------------------------------------------------------

SHAPES = [
    ((100_003,), None, 5), ((100_003,), 0, 3000), ((5_003, 37), 0, 12), ((5_003, 37), 0, 366), ((37, 9_001), 1, 12),
    ((61, 1_031, 7), 1, 30), ((300, 401), None, 40), ((131, 5, 257), (0, 2), 9), ((70, 90, 6), (0, 1), 50),
]  # fmt: skip


@pytest.mark.parametrize("shape, axis, groups", SHAPES, ids=str)
def test_same_bits(shape, axis, groups, save_npy):
    """Budgets, threads, forced tiles, layouts in memory and in files."""
    rng = np.random.default_rng(11)
    x = rng.standard_normal(shape) * 10.0 ** rng.integers(-5, 6, shape)
    labels = labels_along(shape, axis, groups, 3)
    nt.config(memory=64 * MB, threads=1)
    names = ("sum", "mean", "var", "max", "prod")
    want = all_of(labels, x, axis, groups, names)
    narrow = all_of(labels, x.astype("f4"), axis, groups, names)
    files = [nt.open(save_npy(x, order)) for order in "CF"]
    for memory, threads, tiled in itertools.product((16 * MB, 64 * MB), (1, 2, 7), (False, True)):
        nt.config(memory=memory, threads=threads)
        tile = [max(1, int(n * rng.uniform(0.05, 0.6))) for n in shape] if tiled else None
        force_tile(tile)
        note = f"{memory // MB} MB, {threads} threads, tile {tile}"
        same(all_of(labels, np.asfortranarray(x) if threads == 7 else x, axis, groups, names), want, note)
        same(all_of(labels, files[threads % 2], axis, groups, names), want, f"file, {note}")
        same(all_of(labels, x.astype("f4"), axis, groups, names), narrow, f"f4, {note}")


def test_lazy_labels_and_elements(save_npy):
    """Labels that are computed, and a result that goes on into arithmetic."""
    rng = np.random.default_rng(2)
    x, hours = rng.standard_normal((3_000, 50)), rng.integers(0, 10_000, 3_000)
    lazy, path = nt.open(save_npy(x)), nt.open(save_npy(hours))
    got = nt.group_reduce(path // 24 % 12, nt.exp(lazy) * 2, "mean", 0, groups=12) + 1
    want = nt.group_reduce(hours // 24 % 12, np.asarray(nt.exp(x) * 2), "mean", 0, groups=12).compute() + 1
    assert_same_bits(got, want)
    saved = nt.group_reduce(path // 24 % 12, lazy, "std", 0, groups=12)
    nt.save(save_npy(np.zeros(1)), saved)


def test_selected_rows():
    """What a mask selects is counted first."""
    rng = np.random.default_rng(2)
    x, labels = rng.standard_normal((1_000, 4)), rng.integers(0, 5, 1_000)
    mask = x[:, 0] > 0
    lazy = nt.asarray(x)
    got = nt.group_reduce(nt.asarray(labels)[lazy[:, 0] > 0], lazy[lazy[:, 0] > 0], "sum", 0, groups=5)
    assert_same_bits(got, nt.group_reduce(labels[mask], x[mask], "sum", 0, groups=5).compute())
    with pytest.raises(ValueError, match="labels of shape"):
        nt.group_reduce(labels, lazy[lazy[:, 0] > 0], "sum", 0, groups=5)


# ---- reading twice, and less memory than data -----------------------------------------------------------------------


def test_anomalies_read_twice(save_npy):
    """A climatology and what is left of the data without it: two passes."""
    x = np.random.default_rng(1).standard_normal((700, 20_000)).astype("f4")
    months = np.arange(700) // 30 % 12
    lazy = nt.open(save_npy(x))
    climatology = nt.group_reduce(months, lazy, "mean", axis=0)
    anomaly = lazy - nt.take(climatology, months, axis=0)
    nt.config(memory=16_000_000, threads=2)
    text = str(nt.explain(anomaly))
    assert text.startswith("2 passes") and "reduce float32 mean over axes (0,) into 12 groups to memory for the next pass" in text
    got = np.asarray(anomaly)
    run = nt.last_run()
    assert run.bytes_read == 2 * x.nbytes
    assert run.measured_peak <= run.projected_peak <= 16_000_000
    means = np.stack([x[months == g].mean(0, dtype="f8") for g in range(12)]).astype("f4")
    np.testing.assert_allclose(got, x - means[months], atol=1e-6)
    mean, std = nt.compute(climatology, nt.group_reduce(months, lazy, "std", axis=0))
    assert nt.last_run().bytes_read == x.nbytes and mean.shape == std.shape == (12, 20_000)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape, axis, groups", [((1_000, 12_000), 0, 12), ((12_000, 1_000), 1, 12), ((1_000, 12_000), None, 1_500), ((1_000, 12_000), 0, 366)], ids=str)
def test_more_data_than_memory(shape, axis, groups, order, save_npy):
    x = np.random.default_rng(1).standard_normal(shape)
    labels = labels_along(shape, axis, groups, 4)
    names = ("sum", "var", "count")
    nt.config(memory=1024 * MB)
    want = all_of(labels, x, axis, groups, names)
    lazy = nt.open(save_npy(x, order))
    budget = 16 * MB if groups > 100 else 8_000_000
    for threads in (1, 2, 7):
        nt.config(memory=budget, threads=threads)
        got = all_of(labels, lazy, axis, groups, names)
        run = nt.last_run()
        assert run.measured_peak <= run.projected_peak <= budget
        # Short runs of a Fortran file are read with what lies between.
        assert run.bytes_read == x.nbytes or (order, axis) == ("F", None)
        same(got, want, f"{threads} threads")


def test_too_many_groups_for_the_budget():
    nt.config(memory=8_000_000)
    labels = np.arange(1000)
    with pytest.raises(MemoryError, match="mean of 10000000 groups"):
        nt.group_reduce(labels, np.ones(1000), "mean", groups=10_000_000).compute()
    with pytest.raises(MemoryError, match="sum of 9000000000000000 groups"):
        nt.explain(nt.group_reduce(labels, np.ones(1000), "sum", groups=9 * 10**15))


# ---- accuracy ---------------------------------------------------------------------------------------------------------


def test_small_terms_are_not_lost():
    """Elements of a leaf come one after the other: a plain sum would lose all of these."""
    n = 250
    x = np.full((n, 1), 1e-16)
    x[0] = 1
    got = nt.group_reduce(np.zeros(n, int), x, "sum", 0).compute()[0, 0]
    assert abs(got - math.fsum(x[:, 0])) <= 2 * math.log2(n) * U
    x = np.random.default_rng(0).standard_normal(1_000_000) * 10.0 ** np.random.default_rng(1).integers(-20, 20, 1_000_000)
    labels = np.random.default_rng(2).integers(0, 3, x.size)
    got = nt.group_reduce(labels, x, "sum").compute()
    for group in range(3):
        chosen = x[labels == group]
        assert got[group] == pytest.approx(math.fsum(chosen), rel=4 * U)


def test_overflow_and_special_values():
    x = np.array([1e308, 1e308, -1e308, np.inf, 1, np.nan, -np.inf, np.inf, -0.0, -0.0, 1.5])
    labels = np.array([0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 6])
    got = nt.group_reduce(labels, x, "sum", groups=8).compute()
    assert got[0] == np.inf and got[1] == np.inf and np.isnan(got[2]) and np.isnan(got[3]) and got[6] == 1.5
    assert got[4] == 0 and np.signbit(got[4]) and got[5] == 0 and not np.signbit(got[5]) and got[7] == 0
    spread = nt.group_reduce(labels, x, "var", groups=8).compute()
    assert np.isnan(spread[[1, 2, 3, 5, 7]]).all() and spread[4] == spread[6] == 0
    least = nt.group_reduce(labels, x, "min", groups=8).compute()
    assert least[3] == -np.inf and np.isnan(least[[2, 5, 7]]).all()
    assert nt.group_reduce(labels, x, "any", groups=8).compute().tolist() == [True, True, True, True, False, False, True, False]


def test_variance_far_from_zero():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((20_000, 2)) + 1e9
    labels = rng.integers(0, 3, 20_000)
    got = nt.group_reduce(labels, x, "var", 0, ddof=1).compute()
    for group in range(3):
        wide = x[labels == group].astype(np.longdouble)
        np.testing.assert_allclose(got[group], wide.var(0, ddof=1).astype(float), rtol=1e-12)
    first_is_far = np.where(np.arange(20_000) == 0, 1e6, rng.standard_normal(20_000))
    want = first_is_far.astype(np.longdouble).var()
    assert nt.group_reduce(np.zeros(20_000, int), first_is_far, "var").compute()[0] == pytest.approx(float(want), rel=1e-9)


# ---- shapes and errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing(name):
    """Arrays without elements, and groups without any."""
    for x, labels, axis, shape in (
        (np.zeros((0, 3)), np.zeros(0, int), 0, (4, 3)),
        (np.zeros((3, 0)), np.zeros(3, int), 0, (4, 0)),
        (np.zeros((2, 0)), np.zeros((2, 0), int), None, (4,)),
        (np.zeros((2, 3)), np.full(3, -1), 1, (2, 4)),
        (np.float64(2.5), np.int64(1), None, (4,)),
    ):
        got = nt.group_reduce(labels, x, name, axis, groups=4).compute()
        assert got.shape == shape
        if x.ndim:
            want = {"sum": 0, "count": 0, "any": False, "prod": 1, "all": True}.get(name, np.nan)
            np.testing.assert_array_equal(got, np.full(shape, want, got.dtype))
    assert nt.group_reduce(np.zeros(0, int), np.zeros((0, 3)), name, 0).shape == (0, 3)
    assert nt.group_reduce([-1, -5], [1.0, 2.0], name, 0).compute().shape == (0,)


def test_wide_empty_results():
    """Many groups and kept elements, and nothing to read."""
    nt.config(memory=8_000_000)
    got = nt.group_reduce(np.zeros(0, int), np.zeros((0, 300)), "mean", 0, groups=700).compute()
    assert got.shape == (700, 300) and np.isnan(got).all()


def test_functions_and_names():
    labels, x = [0, 1, 0], [[1, 2], [3, 4], [5, 6]]
    for func in ("max", np.max, np.amax, nt.max, nt.amax, np.maximum):
        assert np.asarray(nt.group_reduce(labels, x, func, 0)).tolist() == [[5, 6], [3, 4]]
    assert np.asarray(nt.group_reduce(labels, x, "count", 0)).tolist() == [[2, 2], [1, 1]]
    assert np.asarray(nt.group_reduce([0, 1], x, "count", -1)).tolist() == [[1, 1], [1, 1], [1, 1]]
    assert nt.group_reduce(labels, x, "sum", 0, dtype="f4").dtype == np.float32
    assert nt.group_reduce(labels, x, "sum", 0, dtype="?").dtype == np.bool_
    out = np.zeros((2, 2))
    assert nt.group_reduce(labels, x, "sum", 0, out=out) is out and out.tolist() == [[6, 8], [3, 4]]
    swapped = nt.group_reduce(np.array([[0, 1, 1], [1, 0, 0]]), np.arange(6).reshape(3, 2), "sum", (1, 0))
    assert np.asarray(swapped).tolist() == [0 + 3 + 5, 2 + 4 + 1]


@pytest.mark.parametrize(
    "error, match, call",
    [
        (IndexError, "label 7 at position 2 is out of bounds for 3 groups", lambda: nt.group_reduce([0, -1, 7], np.ones((3, 2)), "sum", 0, groups=3).compute()),
        (IndexError, r"label 3 at position \(1,0\) is out of bounds", lambda: nt.group_reduce([[0, 1], [3, 0]], np.ones((2, 2)), "mean", groups=3).compute()),
        (IndexError, "position 70001", lambda: nt.group_reduce(np.where(np.arange(90_000) == 70_001, 5, 0), np.ones(90_000), "count", groups=5).compute()),
        (IndexError, "out of bounds", lambda: nt.group_reduce(np.array([1, 2**63 + 5], "u8"), np.ones(2), "sum", groups=3).compute()),
        (TypeError, "labels must be integers", lambda: nt.group_reduce([0.5, 1], [1, 2], "sum")),
        (ValueError, "labels of shape", lambda: nt.group_reduce([0, 1], np.ones((3, 2)), "sum", 0)),
        (ValueError, "labels of shape", lambda: nt.group_reduce([0, 1], np.ones((3, 2)), "count", 0)),
        (ValueError, "dimensions", lambda: nt.group_reduce([0, 1], np.ones((3, 2)), "sum")),
        (np.exceptions.AxisError, "axis 2", lambda: nt.group_reduce([0, 1], np.ones((3, 2)), "sum", 2)),
        (ValueError, "one axis at least", lambda: nt.group_reduce(0, np.ones((3, 2)), "sum", ())),
        (ValueError, "func must be one of", lambda: nt.group_reduce([0], [1], "median")),
        (ValueError, "func must be one of", lambda: nt.group_reduce([0], [1], np.argmax)),
        (ValueError, "negative", lambda: nt.group_reduce([0], [1], "sum", groups=-1)),
        (TypeError, "integer", lambda: nt.group_reduce([0], [1], "sum", groups=2.5)),
        (TypeError, "dtype", lambda: nt.group_reduce([0], [1], "min", dtype="f8")),
        (ValueError, "group 1 has no elements", lambda: nt.group_reduce([0, 2], [1, 5], "max").compute()),
    ],
)
def test_errors(error, match, call):
    with pytest.raises(error, match=match):
        call()


# ---- bincount ---------------------------------------------------------------------------------------------------------


def test_bincount(save_npy):
    rng = np.random.default_rng(0)
    x = rng.geometric(0.001, 200_000).astype("i4")
    weights = rng.standard_normal(x.size)
    nt.config(memory=16 * MB, threads=2)
    for numbers in (x, nt.open(save_npy(x)), nt.asarray(x[::-1])[::-1]):
        counted = nt.bincount(numbers)
        assert isinstance(counted, nt.Array)
        np.testing.assert_array_equal(counted, np.bincount(x), strict=True)
        np.testing.assert_array_equal(nt.bincount(numbers, minlength=50_000), np.bincount(x, minlength=50_000))
        got = nt.bincount(numbers, weights.astype("f4"), 5)
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, np.bincount(x, weights.astype("f4"), 5), atol=1e-11)
    assert isinstance(np.bincount(nt.asarray(x)), nt.Array)


# ---- histograms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bins, given", [(50, None), (1000, (-2.5, 3)), ([-3, -1, -0.5, 0, 2, 9], None), ("scott", None)], ids=str)
def test_histograms_of_files(bins, given, save_npy):
    """NumPy's counts in one pass over the data, two where their range is looked for."""
    x = np.random.default_rng(3).standard_normal((3_000, 1_000)).astype("f4")
    lazy = nt.open(save_npy(x))
    nt.config(memory=8_000_000, threads=2)
    counts, edges = nt.histogram(lazy, bins, given)
    want, want_edges = np.histogram(x, bins, given)
    np.testing.assert_array_equal(edges, want_edges, strict=True)
    np.testing.assert_array_equal(counts, want, strict=True)
    run = nt.last_run()
    assert run.bytes_read == x.nbytes and run.measured_peak <= run.projected_peak <= 8_000_000
    weights = np.abs(x[::-1]).astype("f8")
    np.testing.assert_allclose(nt.histogram(lazy, bins, given, weights=weights)[0] if bins != "scott" else 0, np.histogram(x, bins, given, weights=weights)[0] if bins != "scott" else 0, rtol=1e-12)
    np.testing.assert_allclose(nt.histogram(lazy, bins, given, density=True)[0], np.histogram(x, bins, given, density=True)[0], rtol=1e-12)


def test_bins_of_files(save_npy):
    rng = np.random.default_rng(4)
    x, edges = rng.standard_normal(1_000_000), np.sort(rng.standard_normal(300))
    lazy = nt.open(save_npy(x))
    nt.config(memory=8_000_000, threads=2)
    for right in (False, True):
        np.testing.assert_array_equal(nt.digitize(lazy, edges, right), np.digitize(x, edges, right), strict=True)
        np.testing.assert_array_equal(nt.digitize(lazy, edges[::-1], right), np.digitize(x, edges[::-1], right), strict=True)
    assert nt.last_run().bytes_read == x.nbytes


def test_climatology_of_a_histogram_of_hours():
    """Labels that are computed from the same array as what they group."""
    x = np.random.default_rng(4).standard_normal(100_000)
    edges = np.linspace(-3, 3, 13)
    lazy = nt.asarray(x)
    got = nt.group_reduce(nt.digitize(lazy, edges), lazy, "mean", groups=14)
    labels = np.digitize(x, edges)
    np.testing.assert_allclose(got, [x[labels == g].mean() for g in range(14)], rtol=1e-13)
