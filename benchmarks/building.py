"""What it costs to build an expression, without computing it: one operator on arrays of one element, and the import."""

import contextlib
import subprocess
import sys
import time
import timeit

import numpy as np
from contestants import Unfit, module
from measure import Row, in_turns

import numtile as nt

#: As users write them; `xp` is the contestant's module, `s` a scalar of NumPy.
OPERATORS = [
    "x + y", "x + 1", "x * 2.0", "x > 1", "-x", "xp.add(x, y)", "xp.sqrt(x)", "np.sqrt(x)", "x + s", "x.sum()", "x[::2]",
    "xp.where(m, x, y)",
]  # fmt: skip
#: Seconds an operator may take, and the import beyond NumPy's.
OPERATOR, IMPORT = 1e-6, 0.1


def rows(options):
    """A row per operator beside NumPy, which computes it meanwhile, and dask; and one for the import."""
    modules = {"numtile": nt, "NumPy": np}
    if not options.no_dask:
        with contextlib.suppress(Unfit):
            modules["dask"] = module("dask.array")
    for operator in OPERATORS:
        yield operator_row(operator, modules, 5 if options.quick else 31)
    yield import_row(5 if options.quick else 15)


def operator_row(operator, modules, repeats):
    timers = {name: lambda operator=operator, xp=xp: seconds_per_operator(operator, xp) for name, xp in modules.items()}
    row = Row(operator, in_turns(timers, repeats))
    # Nothing makes a round faster than it is, much makes it slower.
    best = min(row.seconds["numtile"])
    row.notes.append(f"numtile at best {best * 1e9:.0f} ns")
    row.judge(f"under {OPERATOR * 1e9:.0f} ns at best", best < OPERATOR)
    return row


def seconds_per_operator(operator, xp):
    """Processor time, because nothing is waited for."""
    number = 200 if xp not in (nt, np) else 5000
    arrays = {"x": xp.asarray(np.ones(1)), "y": xp.asarray(np.ones(1)), "m": xp.asarray(np.ones(1, bool))}
    return timeit.Timer(operator, timer=time.thread_time, globals={"xp": xp, "np": np, "s": np.float64(1), **arrays}).timeit(number) / number


def import_row(repeats):
    statements = {"numtile": "import numpy, numtile", "NumPy": "import numpy"}
    row = Row("import", in_turns({name: lambda code=code: run(code) for name, code in statements.items()}, repeats))
    beyond = row.median("numtile") - row.median("NumPy")
    row.notes.append(f"numtile beyond NumPy: {beyond * 1e3:.0f} ms")
    row.judge(f"under {IMPORT * 1e3:.0f} ms beyond NumPy", beyond < IMPORT)
    return row


def run(code):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start
