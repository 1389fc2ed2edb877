"""An expression over arrays in memory: numtile, NumPy and numexpr in turns, with the temporaries each makes."""

import gc
import os
import time

import numpy as np
from measure import Row, in_turns

import numtile as nt
from numtile import _confine

MB = 1_000_000


def expression(quick=False):
    """a**2 + b**2 + 2*a*b on float64 arrays."""
    import numexpr

    count = 8_000_000 if quick else 32_000_000
    rng = np.random.default_rng(0)
    a, b = rng.random(count), rng.random(count)
    x, y = nt.asarray(a), nt.asarray(b)
    ways = {
        "numtile": lambda: nt.compute(x**2 + y**2 + 2 * x * y),
        "numexpr": lambda: numexpr.evaluate("a**2 + b**2 + 2*a*b", {"a": a, "b": b}),
        "NumPy": lambda: a**2 + b**2 + 2 * a * b,
    }
    want = ways["NumPy"]()
    for name, way in ways.items():
        got = way()
        assert np.array_equal(got, want) if name == "numtile" else np.allclose(got, want, rtol=1e-15), name
        del got
    del want
    temporaries = {name: temporary_bytes(way) for name, way in ways.items()}
    seconds = in_turns({name: lambda way=way: timed(way) for name, way in ways.items()}, repeats=5 if quick else 11)
    row = Row(f"a**2 + b**2 + 2*a*b on {count // 1_000_000} M float64 in memory", seconds)
    row.notes.append("temporaries: " + ", ".join(f"{name} {size / MB:.0f} MB" for name, size in temporaries.items()))
    row.details["temporary_bytes"] = temporaries
    return [row]


def timed(way):
    gc.collect()
    start = time.perf_counter()
    result = way()
    taken = time.perf_counter() - start
    del result
    return taken


def temporary_bytes(way):
    """Anonymous memory beyond the arguments and the result at the worst moment, seen from another thread."""
    most = 0
    for _ in range(3):
        gc.collect()
        before = _confine.anonymous()
        with _confine.Watch(os.getpid(), interval=0.0005) as watch:
            result = way()
        after = _confine.anonymous()
        most = max(most, watch.peak - max(after, before))
        del result
    return max(most, 0)
