"""Elementary functions over arrays in memory."""

import numpy as np
from expressions import random, rows_of
from job import Job

SIZES = {"1M": 1 << 20, "16M": 16 << 20}

#: Each with the interval its arrays are drawn from.
TEXTS = {
    "exp(a)": (-20, 20),
    "log(a)": (1e-3, 1e3),
    "sin(a) + cos(a)": (-50, 50),
    "tanh(a)": (-4, 4),
    "a**b": (0.1, 10),
    "exp(-a*a/2)*cos(a)": (-4, 4),
    "hypot(a, b)": (-100, 100),
    "arctan2(a, b)": (-100, 100),
}


def jobs(quick=False):
    for size, count in list(SIZES.items())[: 1 if quick else None]:
        for dtype in (np.float64, np.float32):
            for text, interval in TEXTS.items():
                yield job(text, interval, size, count, dtype)


def job(text, interval, size, count, dtype):
    low, high = map(np.dtype(dtype).type, interval)
    names = "ab" if "b" in text else "a"  # no function here has one in its name
    return Job(
        f"{text}, {rows_of(dtype, size)}",
        lambda: {name: low + (high - low) * random(count, dtype, seed) for seed, name in enumerate(names)},
        text,
        exact=False,
        times=5,
        watch_memory=count == SIZES["16M"],
    )
