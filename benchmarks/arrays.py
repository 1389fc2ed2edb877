"""Reductions, neighbours, transposes, pictures and numbers of other types, over arrays in memory."""

import numpy as np
from expressions import random
from job import Job, prange

SIDE, QUICK_SIDE = 5632, 1408
MOMENTS = "four moments in one pass, sums of powers"


def jobs(quick=False):
    side = QUICK_SIDE if quick else SIDE
    shape, count = (side, side), side * side
    yield from reductions(count, quick)
    yield job("standardised columns, (x - x.mean(0)) / x.std(0)", lambda: {"a": random(shape, np.float64, 0)}, words=standardise, loops=standardise_loops, exact=False)
    yield job("a + a.T", lambda: {"a": random(shape, np.float64, 0)}, words=lambda xp, a: a + a.T, loops=with_transpose_loops)
    yield job("five-point stencil", lambda: {"a": random(shape, np.float64, 0)}, words=stencil, loops=stencil_loops)
    yield from pictures(side)
    yield from numbers(count)


def job(name, arrays, **how):
    return Job(name, arrays, watch_memory=True, **how)


# ---- reductions ------------------------------------------------------------------------------------------------


def reductions(count, quick):
    two = lambda: {"a": random(count, np.float64, 0), "b": random(count, np.float64, 1)}  # noqa: E731
    yield job("sum((a - b)**2)", two, text="sum((a - b)**2)", words=lambda xp, a, b: ((a - b) ** 2).sum(), loops=distance_loops, exact=False)
    yield job(MOMENTS, lambda: {"a": random(count, np.float64, 0)}, words=moments, loops=moments_loops, exact=False)
    cube = (160,) * 3 if quick else (320,) * 3
    for axis in range(3):
        yield job(
            f"mean over axis {axis} of {cube}",
            lambda: {"a": random(cube, np.float64, 0)},
            words=lambda xp, a, axis=axis: a.mean(axis=axis),
            loops=(mean0_loops, mean1_loops, mean2_loops)[axis],
            exact=False,
        )


def distance_loops(a, b):
    out = 0.0
    for i in prange(a.size):
        out += (a[i] - b[i]) ** 2
    return out


def moments(xp, a):
    """Mean, variance, skewness and kurtosis are a few operations on these numbers."""
    square = a * a
    return a.mean(), square.mean(), (square * a).mean(), (square * square).mean()


def moments_loops(a):
    s1 = s2 = s3 = s4 = 0.0
    for i in prange(a.size):
        square = a[i] * a[i]
        s1 += a[i]
        s2 += square
        s3 += square * a[i]
        s4 += square * square
    return s1 / a.size, s2 / a.size, s3 / a.size, s4 / a.size


def mean0_loops(a):
    out = np.zeros(a.shape[1:])
    for j in prange(a.shape[1]):
        for i in range(a.shape[0]):
            for k in range(a.shape[2]):
                out[j, k] += a[i, j, k]
        for k in range(a.shape[2]):
            out[j, k] /= a.shape[0]
    return out


def mean1_loops(a):
    out = np.zeros((a.shape[0], a.shape[2]))
    for i in prange(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                out[i, k] += a[i, j, k]
        for k in range(a.shape[2]):
            out[i, k] /= a.shape[1]
    return out


def mean2_loops(a):
    out = np.empty(a.shape[:2])
    for i in prange(a.shape[0]):
        for j in range(a.shape[1]):
            total = 0.0
            for k in range(a.shape[2]):
                total += a[i, j, k]
            out[i, j] = total / a.shape[2]
    return out


# ---- matrices --------------------------------------------------------------------------------------------------


def standardise(xp, a):
    return (a - a.mean(axis=0)) / a.std(axis=0)


def standardise_loops(a):
    rows, columns = a.shape
    mean, std = np.zeros(columns), np.zeros(columns)
    parts = 2
    sums, squares = np.zeros((parts, columns)), np.zeros((parts, columns))
    for p in prange(parts):
        for i in range(p * rows // parts, (p + 1) * rows // parts):
            for j in range(columns):
                sums[p, j] += a[i, j]
    for j in range(columns):
        mean[j] = (sums[0, j] + sums[1, j]) / rows
    for p in prange(parts):
        for i in range(p * rows // parts, (p + 1) * rows // parts):
            for j in range(columns):
                squares[p, j] += (a[i, j] - mean[j]) ** 2
    for j in range(columns):
        std[j] = np.sqrt((squares[0, j] + squares[1, j]) / rows)
    out = np.empty_like(a)
    for i in prange(rows):
        for j in range(columns):
            out[i, j] = (a[i, j] - mean[j]) / std[j]
    return out


def with_transpose_loops(a):
    """In squares that fit into the first-level cache."""
    n, edge = a.shape[0], 32
    out = np.empty_like(a)
    for block in prange(n // edge):
        for start in range(0, n, edge):
            for i in range(block * edge, block * edge + edge):
                for j in range(start, start + edge):
                    out[i, j] = a[i, j] + a[j, i]
    return out


def stencil(xp, a):
    return a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] - 4 * a[1:-1, 1:-1]


def stencil_loops(a):
    rows, columns = a.shape
    out = np.empty((rows - 2, columns - 2))
    for i in prange(1, rows - 1):
        for j in range(1, columns - 1):
            out[i - 1, j - 1] = a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1] - 4 * a[i, j]
    return out


# ---- pictures --------------------------------------------------------------------------------------------------


def pictures(side):
    yield job(
        "gamma curve of a uint8 picture",
        lambda: {"a": np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)},
        words=gamma,
        loops=gamma_loops,
        slack=1,
        others={"NumPy, table": gamma_by_table},
    )
    yield job(
        "RGB to CMYK, uint8",
        lambda: {"a": np.random.default_rng(0).integers(0, 256, (side, side // 2, 3), np.uint8)},
        words=cmyk,
        loops=cmyk_loops,
    )


def gamma(xp, a):
    return ((a.astype("float32") / 255) ** 0.45 * 255 + 0.5).astype("uint8")


def gamma_by_table(a):
    """What one writes who knows that there are 256 answers."""
    return gamma(np, np.arange(256, dtype=np.uint8))[a]


def gamma_loops(a):
    table = np.empty(256, np.uint8)
    for value in range(256):
        table[value] = np.uint8((np.float32(value) / np.float32(255)) ** np.float32(0.45) * np.float32(255) + np.float32(0.5))
    out = np.empty_like(a)
    for i in prange(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = table[a[i, j]]
    return out


def cmyk(xp, a):
    """By the simple formula: black is what all three inks have in common."""
    light = a.max(axis=-1)
    inks = xp.floor_divide(255 * (light[..., None].astype("uint16") - a), xp.maximum(light, 1)[..., None].astype("uint16"))
    return xp.concatenate([inks.astype("uint8"), (255 - light)[..., None]], axis=-1)


def cmyk_loops(a):
    out = np.empty((*a.shape[:2], 4), np.uint8)
    for i in prange(a.shape[0]):
        for j in range(a.shape[1]):
            light = max(a[i, j, 0], a[i, j, 1], a[i, j, 2])
            divisor = np.uint16(max(light, 1))
            for k in range(3):
                out[i, j, k] = np.uint16(255 * np.uint16(light - a[i, j, k])) // divisor
            out[i, j, 3] = 255 - light
    return out


# ---- numbers of other types ------------------------------------------------------------------------------------


def numbers(count):
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        yield job(f"a*b + c, {np.dtype(dtype).name}", lambda dtype=dtype: {name: integers(count, dtype, seed) for seed, name in enumerate("abc")}, text="a*b + c")
    # NumPy contracts these products on some machines.
    for dtype in (np.complex64, np.complex128):
        yield job(f"a*b, {np.dtype(dtype).name}", lambda dtype=dtype: {"a": plane(count // 2, dtype, 0), "b": plane(count // 2, dtype, 2)}, text="a*b", exact=False)


def integers(count, dtype, seed):
    return np.random.default_rng(seed).integers(-100, 100, count, dtype)


def plane(count, dtype, seed):
    part = np.empty(0, dtype).real.dtype
    return (random(count, part, seed) + 1j * random(count, part, seed + 1)).astype(dtype)
