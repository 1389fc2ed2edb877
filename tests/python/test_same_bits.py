"""The same bits whatever the budget, the number of threads, the tile shape, the layout, and where the data are.

Every case spans at least eight tiles and three leaves of the reduction tree along each reduced axis.
"""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from arrays import finite_values
from compare import assert_same_bits
from conftest import MB, force_tile

import numtile as nt
from numtile._reductions import reduce_ufunc

BUDGETS = [16 * MB, 64 * MB, 1024 * MB]
THREADS = [1, 2, 7]
# No multiples of powers of two; a leaf is 4096, 64×64, 16×16×16 or, down an axis that is not the last, 256 rows.
SHAPES = [(52_361,), (1_031, 1_147), (797, 61, 71), (13, 811, 17, 7)]
ALONG = {1: [None], 2: [None, 0, 1], 3: [None, 0, 2, (0, 1), (1, 2)], 4: [None, 1, (1, 3)]}
NAMES = ["sum", "mean", "var", "std", "min", "argmax"]


def reductions(x):
    """Every reduction over every interesting set of axes, of a fused expression; those over the same axes together."""
    y = x * 1.5 + 0.25
    out = []
    for axis in ALONG[x.ndim]:
        names = [name for name in NAMES if not (name == "argmax" and isinstance(axis, tuple))]
        out += nt.compute(*(getattr(y, name)(axis=axis) for name in names))
    return out


def others(x):
    """Products, operations of the table with states of 2, 4 and 8 bytes, and compositions, in one pass per set of axes."""
    factors, halves, words = 1 + x / 4096, x.astype("f2"), (x * 1000).astype("i4")
    out = []
    for axis in ALONG[x.ndim]:
        lazy = [
            factors.prod(axis=axis), reduce_ufunc("fmax", halves, axis), reduce_ufunc("bitwise_xor", words, axis),
            nt.sum(x, axis=axis, where=x > 0, initial=1.5), nt.nanmean(nt.sqrt(x), axis=axis),
        ]  # fmt: skip
        if axis in (None, 0):
            lazy.append(reduce_ufunc("hypot", x, axis))
        out += nt.compute(*lazy)
    return out


def elementwise(x):
    """Maps, views, joins, gathers, and a reduction fed back."""
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    return nt.compute(nt.sin(x) * 2 + x.T.T[::-1], nt.concatenate([x, scaled])[1::3], scaled)


def tiles(shape, rng):
    """Tile shapes that cut an array into at least eight pieces, at odd places."""
    while True:
        tile = tuple(int(np.exp(rng.uniform(0, np.log(n + 1)))) for n in shape)
        count = np.prod([-(-n // t) for n, t in zip(shape, tile)])
        # A forced tile is not fitted to the budget, so it must be small enough for the smallest one.
        if 8 <= count <= 3000 and np.prod(tile) <= 40_000:
            return tile


def same(got, want, note):
    for index, (g, w) in enumerate(zip(got, want, strict=True)):
        assert_same_bits(g, w, f"result {index} {note}")


@pytest.fixture(scope="module")
def reference():
    """Values and answers at one setting; every other setting has to repeat the bits."""
    nt.config(memory=64 * MB, threads=1)
    out = {}
    for shape in SHAPES:
        for dtype in ("f8", "f4"):
            a = finite_values(dtype, shape, np.random.default_rng(len(shape)), scale=10)
            x = nt.asarray(a)
            out[shape, dtype] = a, reductions(x), elementwise(x)
    return out


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_other_reductions(shape):
    """Over budgets, threads, forced tiles and layouts."""
    rng = np.random.default_rng(44)
    for dtype in ("f8", "f4"):
        a = finite_values(dtype, shape, np.random.default_rng(len(shape)), scale=10)
        want = None
        for memory, threads, tiled in (
            (64 * MB, 1, False), (16 * MB, 7, False), (1024 * MB, 2, True), (16 * MB, 2, True), (64 * MB, 7, True),
        ):  # fmt: skip
            nt.config(memory=memory, threads=threads)
            tile = tiles(shape, rng) if tiled else None
            force_tile(tile)
            got = others(nt.asarray(np.asfortranarray(a) if threads == 7 else a))
            want = got if want is None else want
            same(got, want, f"{shape} {dtype} {memory // MB} MB, {threads} threads, tile {tile}")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("budget, threads", list(itertools.product(BUDGETS, THREADS)))
def test_budgets_and_threads(reference, shape, budget, threads):
    rng = np.random.default_rng([budget // MB, threads])
    for dtype in ("f8", "f4"):
        a, sums, maps = reference[shape, dtype]
        nt.config(memory=budget, threads=threads)
        for tile in (None, tiles(shape, rng)):
            force_tile(tile)
            note = f"{shape} {dtype} budget {budget // MB} MB, {threads} threads, tile {tile}"
            same(reductions(nt.asarray(a)), sums, note)
            same(elementwise(nt.asarray(a)), maps, note)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_random_tiles(reference, shape):
    rng = np.random.default_rng(99)
    a, sums, maps = reference[shape, "f8"]
    for _ in range(12):
        tile = tiles(shape, rng)
        force_tile(tile)
        nt.config(memory=int(rng.choice(BUDGETS)), threads=int(rng.choice(THREADS)))
        same(reductions(nt.asarray(a)), sums, f"{shape} tile {tile}")
        same(elementwise(nt.asarray(a)), maps, f"{shape} tile {tile}")


def layouts_of(a):
    """The same values behind different strides."""
    wide = np.zeros(tuple(2 * n + 3 for n in a.shape), a.dtype)
    strided = wide[tuple(slice(1, 1 + 2 * n, 2) for n in a.shape)]
    strided[...] = a
    padded = np.zeros(tuple(n + 5 for n in a.shape), a.dtype)
    offset = padded[tuple(slice(3, 3 + n) for n in a.shape)]
    offset[...] = a
    reverse = np.ascontiguousarray(a[tuple(slice(None, None, -1) for _ in a.shape)])
    yield "Fortran", np.asfortranarray(a)
    yield "strided", strided
    yield "offset", offset
    yield "negative", reverse[tuple(slice(None, None, -1) for _ in a.shape)]
    yield "swapped", a.astype(a.dtype.newbyteorder())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layouts_in_memory(reference, shape):
    rng = np.random.default_rng(5)
    a, sums, maps = reference[shape, "f8"]
    for name, b in layouts_of(a):
        for tile in (None, tiles(shape, rng)):
            force_tile(tile)
            same(reductions(nt.asarray(b)), sums, f"{name} {tile}")
            same(elementwise(nt.asarray(b)), maps, f"{name} {tile}")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_files(reference, shape, order, save_npy):
    rng = np.random.default_rng(6)
    a, sums, maps = reference[shape, "f8"]
    whole, swapped = save_npy(a, order), save_npy(a.astype(">f8"), order)
    padded = np.zeros(tuple(n + 4 for n in shape))
    inner = tuple(slice(2, 2 + n) for n in shape)
    padded[inner] = a
    stepped = np.zeros(tuple(2 * n for n in shape))
    every_other = tuple(slice(None, None, -2) for _ in shape)
    stepped[every_other] = a
    sources = {
        "whole": lambda: nt.open(whole), "swapped": lambda: nt.open(swapped),
        "slice": lambda p=save_npy(padded, order): nt.open(p)[inner],
        "stepped": lambda p=save_npy(stepped, order): nt.open(p)[every_other],
    }  # fmt: skip
    for (name, source), budget in itertools.product(sources.items(), (16 * MB, 64 * MB)):
        nt.config(memory=budget, threads=int(rng.choice(THREADS)))
        for tile in (None, tiles(shape, rng)):
            force_tile(tile)
            same(reductions(source()), sums, f"{name} {order} {budget // MB} MB {tile}")
            same(elementwise(source()), maps, f"{name} {order} {budget // MB} MB {tile}")


def test_budget_alone_makes_the_tiles(save_npy):
    """Large enough that the smallest budget needs many tiles without being forced to."""
    a = finite_values("f4", (3_001, 7_013), np.random.default_rng(1))
    paths = {order: save_npy(a, order) for order in "CF"}
    want = None
    for budget, threads in ((16 * MB, 7), (64 * MB, 2), (1024 * MB, 1)):
        nt.config(memory=budget, threads=threads)
        for x in (nt.asarray(a), nt.open(paths["C"]), nt.open(paths["F"])):
            y = (x - x.mean(axis=0)) / x.std(axis=0)
            got = nt.compute(x.sum(), x.mean(axis=0), x.var(axis=1), y.sum(axis=0), y[::97, 13::11])
            want = got if want is None else want
            same(got, want, f"{budget // MB} MB, {threads} threads")


def test_saved_files_have_the_same_bytes(reference, tmp_path):
    shape = SHAPES[1]
    a, _, _ = reference[shape, "f8"]
    rng = np.random.default_rng(8)
    want = None
    for number, budget in enumerate(BUDGETS):
        nt.config(memory=budget, threads=THREADS[number])
        force_tile(tiles(shape, rng))
        x = nt.asarray(np.asfortranarray(a)) if number == 1 else nt.asarray(a)
        nt.save(tmp_path / "y.npy", nt.exp(x / 50).T + x.sum())
        data = (tmp_path / "y.npy").read_bytes()
        want = want or data
        assert data == want


ELSEWHERE = """
import hashlib, sys
import numpy as np, numtile as nt
rng = np.random.default_rng(3)
a = rng.standard_normal((1031, 517)); b = (a * 100).astype("i4"); c = a.astype("f4")
x, y, z = map(nt.asarray, (a, b, c))
digest = hashlib.sha256()
results = [nt.exp(x) + nt.sin(x * 1e3) * nt.log(nt.abs(x)) + nt.cos(z), x.sum(), z.var(axis=0), y.sum(axis=1), x.argmin(axis=0),
           x.std(), (1 + z / 64).prod(axis=1), nt.nanvar(nt.log(x)), y // 7 + y % 5, nt.where(z > 0, z, x) ** 1.7, nt.asarray(a + 1j * a) * (2 - 1j), z.astype("f2") * 3, x.mean(axis=1)]
reals = "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh cbrt"
with np.errstate(all="ignore"):
    for name in [*reals.split(), "arctan2", "hypot", "power", "logaddexp", "logaddexp2"]:
        function = getattr(nt, name)
        for v in (x, z, z.astype("f2")):
            results.append(function(v * 3) if function.nin == 1 else function(v * 3, v + 1))
results += [nt.exp(z[:7, :3] * (1 + 2j)), nt.abs(z * (3 + 4j)), nt.hypot.reduce(x, axis=0), nt.logaddexp.reduce(x, axis=1)]
for result in map(np.asarray, results):
    # Which NaN an operation makes is the compiler's business.
    digest.update(np.where(np.isnan(result), result.dtype.type(np.nan), result).tobytes() if result.dtype.kind in "fc" else result.tobytes())
print(digest.hexdigest())
"""


def test_instruction_sets_agree():
    """The portable kernels, those for AVX2 and FMA, and those for whatever else the machine has give the same bits."""
    hashes = set()
    for isa in ("", "avx2", "baseline"):
        environment = {**os.environ, "NUMTILE_ISA": isa} if isa else dict(os.environ)
        run = subprocess.run([sys.executable, "-c", ELSEWHERE], env=environment, capture_output=True, text=True, check=True)
        hashes.add(run.stdout)
    assert len(hashes) == 1
