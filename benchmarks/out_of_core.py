"""Files larger than memory: numtile against hand-written numpy.memmap loops, each in a memory cgroup.

Every run is a process of its own in a group of 512 MB without swap; numtile's budget is 256 MB. Sources are evicted
from the page cache before each run, and every run ends when its result is on the disk (fdatasync).
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import Row, in_turns

from numtile import _confine

MB = 1_000_000
MIB = 1 << 20
LIMIT = 512 * MIB
BUDGET = 256 * MIB
FOOTPRINT = 100 * MIB
COLUMNS = 1000

TITLES = {"map": "sqrt(x)*2 + 1 to a file", "statistics": "mean, std, min and max", "standardise": "standardised columns to a file"}
# Where the aim is to be no slower than the loop.
RACED = ("map", "statistics")


def rows(options):
    """The three jobs, one after the other; memory and times come from the same runs."""
    shape = (25_000 if options.quick else 250_000), COLUMNS
    base = Path(options.directory or "build")
    base.mkdir(parents=True, exist_ok=True)
    need = shape[0] * COLUMNS * 8 * 2.2
    if shutil.disk_usage(base).free < need:
        raise SystemExit(f"the out-of-core rows need {need / 1e9:.1f} GB in {base}")
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=base))
    try:
        source = make_source(folder / "x.npy", shape)
        for name in TITLES:
            yield contest(name, source, folder, 3 if options.quick else 5, not options.no_dask)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_source(path, shape):
    """Random positive numbers with different means in the columns, written in pieces."""
    rng = np.random.default_rng(0)
    offsets = np.linspace(0, 10, shape[1])
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
        for start in range(0, shape[0], 5000):
            (rng.random((min(5000, shape[0] - start), shape[1])) + offsets).tofile(file)
        file.flush()
        os.fsync(file.fileno())
    return path


def evict(path):
    """Drops a file from the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def contest(name, source, folder, repeats, dask):
    target = folder / "y.npy"
    seen, answers = {}, {}

    def contestant(who):
        def run():
            target.unlink(missing_ok=True)
            evict(source)
            result = confined(who, name, source, target)
            seen.setdefault(who, []).append(result)
            answers[who] = answer(name, result, target)
            return result.said["seconds"]

        return run

    seconds = in_turns({who: contestant(who) for who in ("numtile", "memmap loop")}, repeats, warmups=0)
    np.testing.assert_allclose(answers["numtile"], answers["memmap loop"], rtol=1e-9, atol=1e-10)
    row = Row(f"{TITLES[name]}, {source.stat().st_size / MB:,.0f} MB", seconds)
    add_memory(row, seen["numtile"])
    if name in RACED:
        row.judge("no slower than the loop", row.ratio("memmap loop")[0] >= 1)
    if dask:
        evict(source)
        target.unlink(missing_ok=True)
        result = confined("dask", name, source, target, may_fail=True)
        told = f"{result.said['seconds']:.1f} s" if result.returncode == 0 else "killed" if result.returncode == -9 else "failed"
        row.notes.append(f"dask in the same group, once: {told}")
    target.unlink(missing_ok=True)
    return row


def confined(who, name, source, target, may_fail=False):
    """One run of one contestant in a group of its own."""
    job = {"who": who, "name": name, "source": str(source), "target": str(target), "budget": BUDGET}
    command = [sys.executable, __file__, json.dumps(job)]
    with _confine.memory_group(LIMIT) as group:
        result = _confine.follow(command, group)
    if result.returncode != 0 and not may_fail:
        raise RuntimeError(f"{who} failed at {name} ({result.returncode}):\n{result.complaints}")
    return result


def answer(name, result, target):
    if name == "statistics":
        return result.said["values"]
    return np.load(target, mmap_mode="r")[::9973].copy()


def add_memory(row, runs):
    """What was promised and what was seen, over all runs; every run has to keep the promise."""
    footprints = [run.said["footprint"] for run in runs]
    peaks = [max(0, run.watch.peak - run.said["footprint"]) for run in runs]
    projected = [run.said["projected"] for run in runs]
    gaps = [run.watch.longest_gap for run in runs]
    kept = all(m <= p <= BUDGET and p <= 1.5 * m + 16 * MIB for m, p in zip(peaks, projected))
    kept = kept and max(footprints) <= FOOTPRINT
    row.notes.append(
        f"memory: footprint {max(footprints) / MIB:.0f} MiB, measured {min(peaks) / MIB:.0f} to {max(peaks) / MIB:.0f} MiB, "
        f"projected {max(projected) / MIB:.0f} MiB, budget {BUDGET / MIB:.0f} MiB"
    )
    row.judge("memory as projected", kept)
    row.notes.append(f"sampled {statistics.median(run.watch.samples for run in runs):.0f} times, longest gap {max(gaps) * 1000:.1f} ms")
    row.details["memory"] = {"footprints": footprints, "measured": peaks, "projected": projected, "kept": kept}


# ---- the contestants, in their own processes -------------------------------------------------------------------


def numtile_run(job):
    import numtile as nt

    def work():
        x = nt.open(job["source"])
        if job["name"] == "map":
            nt.save(job["target"], nt.sqrt(x) * 2 + 1)
        elif job["name"] == "standardise":
            nt.save(job["target"], (x - x.mean(axis=0)) / x.std(axis=0))
        else:
            return [float(v) for v in nt.compute(x.mean(), x.std(), x.min(), x.max())]

    nt.config(memory=job["budget"])
    return work, lambda: {"projected": nt.last_run().projected_peak}


def memmap_run(job):
    """What a careful person writes: blocks of a few megabytes, no temporaries, each value read once per pass."""
    rows = 1000

    def blocks(x):
        return ((start, x[start : start + rows]) for start in range(0, len(x), rows))

    def write(x, function):
        out = np.lib.format.open_memmap(job["target"], "w+", x.dtype, x.shape)
        buffer = np.empty((rows, x.shape[1]))
        for start, block in blocks(x):
            part = buffer[: len(block)]
            function(block, part)
            out[start : start + len(block)] = part
        out.flush()
        sync(job["target"])

    def root(block, out):
        np.sqrt(block, out=out)
        out *= 2
        out += 1

    def moments(x, axis):
        """Count, mean and sum of squared deviations, joined block by block."""
        count, mean, squares = 0, 0.0, 0.0
        low, high = np.inf, -np.inf
        for _, block in blocks(x):
            n = block.size if axis is None else len(block)
            m = block.mean(axis=axis)
            deviation = block - m
            s = np.einsum("ij,ij->j" if axis == 0 else "ij,ij->", deviation, deviation)
            delta = m - mean
            mean = mean + delta * (n / (count + n))
            squares = squares + s + delta * delta * (count * n / (count + n))
            count += n
            if axis is None:
                low, high = min(low, block.min()), max(high, block.max())
        return mean, np.sqrt(squares / count), low, high

    def work():
        x = np.load(job["source"], mmap_mode="r")
        if job["name"] == "map":
            write(x, root)
        elif job["name"] == "standardise":
            mean, std, _, _ = moments(x, 0)
            write(x, lambda block, out: np.divide(np.subtract(block, mean, out=out), std, out=out))
        else:
            return [float(v) for v in moments(x, None)]

    return work, dict


def dask_run(job):
    import dask.array as da

    def work():
        x = da.from_array(np.load(job["source"], mmap_mode="r"))
        if job["name"] == "statistics":
            return [float(v) for v in da.compute(x.mean(), x.std(), x.min(), x.max())]
        y = da.sqrt(x) * 2 + 1 if job["name"] == "map" else (x - x.mean(axis=0)) / x.std(axis=0)
        out = np.lib.format.open_memmap(job["target"], "w+", x.dtype, x.shape)
        da.store(y, out, lock=False)
        out.flush()
        sync(job["target"])

    return work, dict


def sync(path):
    descriptor = os.open(path, os.O_RDWR)
    os.fdatasync(descriptor)
    os.close(descriptor)


def child(job):
    import time

    work, more = {"numtile": numtile_run, "memmap loop": memmap_run, "dask": dask_run}[job["who"]](job)
    _confine.ready()
    start = time.perf_counter()
    values = work()
    _confine.tell(seconds=time.perf_counter() - start, values=values, **more())


if __name__ == "__main__":
    child(json.loads(sys.argv[1]))
