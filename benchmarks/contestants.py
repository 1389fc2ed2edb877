"""How each contestant computes a job: every function here takes a job and its arrays and returns what is timed.

What is timed delivers NumPy arrays, with two threads where the contestant can use them. Preparations that a program does
once (handing over arrays without a copy, compiling) are not timed.
"""

import functools
import importlib
import re

import numpy as np
from job import function, with_named_numbers
from threads import THREADS

import numtile as nt


#: Units in the last place of the largest element that other orders of the same operations may be apart. Enough to see that
#: the same thing was computed; how well is for the tests.
ROUNDINGS = 256
#: Places of an answer that are compared, at least.
LOOKED_AT = 1_000_000
#: Elements up to which numtile takes the expression as text, as numexpr and blosc2 always do: what is written by those who
#: call it in a loop. The suite of calls has both.
SMALL = 1 << 13
#: Elements from which on threads are worth starting.
WORTH_THREADS = 1 << 16


class Unfit(Exception):
    """This contestant does not do this job; the text says why."""


@functools.cache
def module(name):
    try:
        return importlib.import_module(name)
    except ImportError as reason:
        raise Unfit(f"not installed ({reason})") from None


def numtile(job, arrays):
    text = job.own_text or job.text
    if text and max(array.size for array in arrays.values()) <= SMALL:
        return lambda: nt.compute(nt.evaluate(text, arrays))
    f, x = job.function(nt, tuple(arrays)), {name: nt.asarray(array) for name, array in arrays.items()}

    def call():
        result = f(**x)
        return nt.compute(*result) if isinstance(result, tuple) else nt.compute(result)

    return call


def numpy(job, arrays):
    f = job.function(np, tuple(arrays))
    return lambda: f(**arrays)


def numexpr(job, arrays):
    evaluate = module("numexpr").evaluate
    text, numbers = with_named_numbers(readable(job), kind(arrays), only_fractions=True)
    return lambda: evaluate(text, {**arrays, **numbers})


def blosc2(job, arrays):
    evaluate = module("blosc2").evaluate
    text, numbers = with_named_numbers(readable(job), kind(arrays), only_fractions=True)
    return lambda: evaluate(text, {**arrays, **numbers})


def readable(job):
    if not job.text:
        raise Unfit("more than an expression")
    return job.text


def kind(arrays):
    return next(iter(arrays.values())).dtype


def numba(job, arrays):
    """Parallel loops where there is enough to share; starting threads takes longer than small arrays do."""
    parallel = max(array.size for array in arrays.values()) >= WORTH_THREADS
    python = job.loops or _loop_of(readable(job), tuple(arrays), kind(arrays))
    loops, given = _compiled(python, parallel), list(arrays.values())
    return lambda: loops(*given)


@functools.cache
def _compiled(python, parallel):
    """Compiled once for all sizes."""
    return module("numba").njit(parallel=parallel, error_model="numpy")(python)


@functools.cache
def _loop_of(text, names, dtype):
    """A parallel loop over the elements, as one would write it by hand."""
    nb = module("numba")
    body, numbers = with_named_numbers(text, dtype)
    body = re.sub(rf"\b({'|'.join(names)})\b", r"\1[i]", body)
    space = {"np": np, "prange": nb.prange, "where": nb.njit(lambda c, x, y: x if c else y), **numbers}
    space.update({name: getattr(np, name) for name in re.findall(r"\b([a-z]\w+)\(", text) if name != "where"})
    lines = [
        f"def loop({', '.join(names)}):",
        f"    out = np.empty_like({names[0]})",
        f"    for i in prange({names[0]}.size):",
        f"        out[i] = {body}",
        "    return out",
    ]
    exec("\n".join(lines), space)
    return space["loop"]


def jax(job, arrays):
    jax = module("jax")
    jax.config.update("jax_enable_x64", True)
    f = jax.jit(job.function(module("jax.numpy"), tuple(arrays)))
    x = {name: jax.device_put(array) for name, array in arrays.items()}

    def call():
        result = jax.block_until_ready(f(**x))
        return tuple(map(np.asarray, result)) if isinstance(result, tuple) else np.asarray(result)

    return call


def dask(job, arrays):
    da, dask = module("dask.array"), module("dask")
    f, x = job.function(da, tuple(arrays)), {name: da.from_array(array) for name, array in arrays.items()}

    def call():
        result = f(**x)
        with dask.config.set(scheduler="threads", num_workers=THREADS):
            return dask.compute(*result) if isinstance(result, tuple) else result.compute()

    return call


def polars(job, arrays):
    pl = module("polars")
    if any(array.ndim != 1 or array.dtype.kind not in "iuf" for array in arrays.values()):
        raise Unfit("columns of numbers only")
    frame = pl.DataFrame(arrays)
    words = {name: getattr(pl.Expr, name) for name in ("exp", "log", "log1p", "sin", "cos", "tanh", "sqrt", "clip")}
    words["where"] = lambda c, x, y: pl.when(c).then(x).otherwise(y)
    words["sum"] = pl.Expr.sum
    try:
        query = function(readable(job), tuple(arrays), words)(**{name: pl.col(name) for name in arrays})
    except NameError as reason:
        raise Unfit(str(reason)) from None

    def call():
        column = frame.select(query.alias("out"))["out"].to_numpy()
        return column if column.size > 1 else column[0]

    return call


#: The order in which they are introduced.
ALL = {"numtile": numtile, "NumPy": numpy, "numba": numba, "JAX": jax, "numexpr": numexpr, "blosc2": blosc2, "polars": polars, "dask": dask}


def entrants(job, arrays, left_out=()):
    """What is timed of each contestant, and why others are not in this row.

    Everybody's first answer is compared with NumPy's: numtile's at every place, those of others at many.
    """
    want = numpy(job, arrays)()
    calls, reasons = {}, {}
    makers = {name: functools.partial(make, job, arrays) for name, make in ALL.items() if name not in left_out}
    makers |= {name: functools.partial(functools.partial, way, **arrays) for name, way in job.others.items()}
    for name, make in makers.items():
        try:
            call = make()
            check(call(), want, job, is_ours=name == "numtile")
        except Unfit as reason:
            reasons[name] = str(reason)
        except Exception as error:
            reasons[name] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:120]}"
        else:
            calls[name] = call
    return calls, reasons


def check(got, want, job, is_ours):
    """Raises Unfit for an answer that is not NumPy's: of another type, or further off than roundings explain."""
    if isinstance(want, tuple):
        for one, other in zip(got, want, strict=True):
            check(one, other, job, is_ours)
        return
    want = np.asarray(want)
    # numba delivers numbers of every type as Python's.
    got = np.asarray(got, want.dtype if isinstance(got, float) and want.dtype.kind == "f" else None)
    if got.dtype != want.dtype or got.shape != want.shape:
        raise Unfit(f"answers {got.dtype} {got.shape} instead of {want.dtype} {want.shape}")
    step = 1 if is_ours else max(1, want.size // LOOKED_AT)
    differ = differing(got.reshape(-1)[::step], want.reshape(-1)[::step], job, is_ours)
    if wrong := np.count_nonzero(differ):
        raise Unfit(f"answers otherwise at {wrong} of {differ.size} places")


def differing(got, want, job, is_ours):
    if is_ours and job.exact:
        return (got != want) & ~(np.isnan(got) & np.isnan(want))
    if want.dtype.kind in "fc":
        largest = np.abs(want).max(initial=0, where=np.isfinite(want))
        return ~(np.abs(got - want) <= ROUNDINGS * np.finfo(want.dtype).eps * largest)
    return np.abs(np.subtract(got, want, dtype=np.int64)) > job.slack
