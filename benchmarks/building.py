"""What it costs to build an expression, without computing it: one operator on arrays of one element, and the import."""

import subprocess
import sys
import time
import timeit

import numpy as np
from measure import Row, in_turns

import numtile as nt

#: As users write them; `xp` is the contestant's module, `s` a scalar of NumPy.
OPERATORS = ["x + y", "x + 1", "x * 2.0", "x > 1", "-x", "xp.add(x, y)", "xp.sqrt(x)", "np.sqrt(x)", "x + s"]
#: Seconds an operator may take, and the import beyond NumPy's.
OPERATOR, IMPORT = 1e-6, 0.1


def costs(quick=False, dask=True):
    """A row per operator beside NumPy, which computes it meanwhile, and dask; and one for the import."""
    modules = {"numtile": nt, "NumPy": np}
    if dask and (found := dask_array()):
        modules["dask"] = found
    for operator in OPERATORS:
        yield operator_row(operator, modules, 5 if quick else 31)
    yield import_row(5 if quick else 15)


def dask_array():
    try:
        import dask.array
    except ImportError:
        return None
    return dask.array


def operator_row(operator, modules, repeats):
    timers = {name: lambda operator=operator, xp=xp: seconds_per_operator(operator, xp) for name, xp in modules.items()}
    row = Row(operator, in_turns(timers, repeats), unit="ns")
    # Nothing makes a round faster than it is, much makes it slower.
    best = min(row.seconds["numtile"])
    row.notes.append(f"numtile at best: {best * 1e9:.0f} ns; under {OPERATOR * 1e9:.0f} ns: {'yes' if best < OPERATOR else 'NO'}")
    return row


def seconds_per_operator(operator, xp):
    """Processor time, because nothing is waited for."""
    number = 200 if xp not in (nt, np) else 5000
    arrays = {"x": xp.asarray(np.ones(1)), "y": xp.asarray(np.ones(1))}
    return timeit.Timer(operator, timer=time.thread_time, globals={"xp": xp, "np": np, "s": np.float64(1), **arrays}).timeit(number) / number


def import_row(repeats):
    statements = {"numtile": "import numpy, numtile", "NumPy": "import numpy"}
    row = Row("import", in_turns({name: lambda code=code: run(code) for name, code in statements.items()}, repeats), unit="ms")
    beyond = row.median("numtile") - row.median("NumPy")
    row.notes.append(f"numtile beyond NumPy: {beyond * 1e3:.0f} ms; under {IMPORT * 1e3:.0f} ms: {'yes' if beyond < IMPORT else 'NO'}")
    return row


def run(code):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start
