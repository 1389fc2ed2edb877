"""Elementwise expressions at three sizes and in two types: cheap and dear ones, mixed types, a sum."""

import re

import numpy as np
from job import Job, prange

SIZES = {"4k": 4 << 10, "1M": 1 << 20, "32M": 32 << 20}
QUICK = {"4k": 4 << 10, "1M": 1 << 20}

HORNER = "1.0"
for _degree in range(1, 21):
    HORNER = f"({HORNER})*a + {1 / _degree:.3g}"

#: Elementwise in one type, over arrays of one length.
TEXTS = {
    "e1": "a*a + b*b + 2*a*b",
    "e2": HORNER,
    "e3": "where(a > b, a*0.5 + 1, b - a)*c",
    "e4": "exp(-a*a)*sin(b) + log1p(c)",
}
LONG = {"e2": "polynomial of degree 20"}


def jobs(quick=False):
    for size, count in (QUICK if quick else SIZES).items():
        for dtype in (np.float64, np.float32):
            for name, text in TEXTS.items():
                yield elementwise(name, text, size, count, dtype)
            yield total(size, count, dtype)
        yield picture(size, count)
        yield mixed(size, count)


def rows_of(dtype, size):
    return f"{np.dtype(dtype).name}, {size}"


def elementwise(name, text, size, count, dtype):
    is_e1 = name == "e1" and dtype is np.float64
    return Job(
        f"{name} {rows_of(dtype, size)}: {LONG.get(name, text)}",
        lambda: {key: random(count, dtype, seed) for seed, key in enumerate("abc") if re.search(rf"\b{key}\b", text)},
        text,
        exact=name != "e4",
        times=5 if name == "e4" else None,
        ceiling=("triad-nt", 0.9) if is_e1 and count == SIZES["32M"] else None,
        watch_memory=count == SIZES["32M"],
    )


def random(count, dtype, seed):
    return np.random.default_rng(seed).random(count, dtype)


def total(size, count, dtype):
    """e7: the sum of products."""
    return Job(
        f"e7 {rows_of(dtype, size)}: sum(a*b)",
        lambda: {"a": random(count, dtype, 0), "b": random(count, dtype, 1)},
        "sum(a*b)",
        words=lambda xp, a, b: (a * b).sum(),
        loops=sum_of_products,
        exact=False,
        watch_memory=count == SIZES["32M"],
    )


def sum_of_products(a, b):
    out = 0.0
    for i in prange(a.size):
        out += a[i] * b[i]
    return a.dtype.type(out)


def picture(size, count):
    """e5: the grey values of a picture."""
    return Job(
        f"e5 uint8, {size}: grey values, clip(r*.3 + g*.59 + b*.11, 0, 255) through float32",
        lambda: {key: np.random.default_rng(seed).integers(0, 256, count, np.uint8) for seed, key in enumerate("abc")},
        own_text="uint8(clip(float32(a)*0.3 + float32(b)*0.59 + float32(c)*0.11, 0, 255))",
        words=grey,
        loops=grey_loops,
        slack=1,
        watch_memory=count == SIZES["32M"],
    )


def grey(xp, a, b, c):
    light = a.astype("float32") * 0.3 + b.astype("float32") * 0.59 + c.astype("float32") * 0.11
    return xp.clip(light, 0, 255).astype("uint8")


def grey_loops(a, b, c):
    out = np.empty_like(a)
    for i in prange(a.size):
        light = np.float32(a[i]) * np.float32(0.3) + np.float32(b[i]) * np.float32(0.59) + np.float32(c[i]) * np.float32(0.11)
        out[i] = np.uint8(min(max(light, np.float32(0)), np.float32(255)))
    return out


def mixed(size, count):
    """e6: three types and a column for every row."""
    rows = count // 1024
    return Job(
        f"e6 {size}: int32 + float64*float32 with a column of float64",
        lambda: {
            "a": np.random.default_rng(0).integers(-1000, 1000, (rows, 1024), np.int32),
            "b": random((rows, 1), np.float64, 1),
            "c": random((rows, 1024), np.float32, 2),
        },
        "a + b*c",
        loops=mixed_loops,
        watch_memory=count == SIZES["32M"],
    )


def mixed_loops(a, b, c):
    out = np.empty(a.shape, np.float64)
    for i in prange(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + b[i, 0] * c[i, j]
    return out
