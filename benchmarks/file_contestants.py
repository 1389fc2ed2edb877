"""How each contestant does a job over a file larger than memory, in a process of its own that is told what to do.

A contestant gives a function that does the work, to be timed, and one that says more about it afterwards.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np

from numtile import _confine

#: What dask is asked for.
DASK_JOBS = ("map", "statistics", "standardise")


def numtile_run(job):
    import numtile as nt

    jobs = {
        "map": lambda x: nt.sqrt(x) * 2 + 1,
        "standardise": lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
        "transpose": lambda x: x.T,
        "cumsum": lambda x: nt.cumsum(x, axis=0),
    }

    def work():
        x = nt.open(job["source"])
        if job["name"] == "statistics":
            return [float(v) for v in nt.compute(x.mean(), x.std(), x.min(), x.max())]
        nt.save(job["target"], jobs[job["name"]](x))

    def more():
        run = nt.last_run()
        return {"projected": run.projected_peak, "read": run.bytes_read}

    nt.config(memory=job["budget"])
    return work, more


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

    def standardise(x):
        mean, std, _, _ = moments(x, 0)
        write(x, lambda block, out: np.divide(np.subtract(block, mean, out=out), std, out=out))

    def running_sums(x):
        last = np.zeros(x.shape[1])

        def add(block, out):
            np.cumsum(block, axis=0, out=out)
            out += last
            last[:] = out[-1]

        write(x, add)

    def transpose(x):
        """Blocks as wide as memory allows, so that runs in the result are long; turned in small squares that stay in the cache."""
        out = np.lib.format.open_memmap(job["target"], "w+", x.dtype, x.shape[::-1])
        wide, side = 10_000, 64
        buffer = np.empty((x.shape[1], wide))
        for start in range(0, len(x), wide):
            block = x[start : start + wide]
            part = buffer[:, : len(block)]
            for row in range(0, len(block), side):
                part[:, row : row + side] = block[row : row + side].T
            out[:, start : start + len(block)] = part
        out.flush()
        sync(job["target"])

    jobs = {
        "map": lambda x: write(x, root),
        "statistics": lambda x: [float(v) for v in moments(x, None)],
        "standardise": standardise,
        "transpose": transpose,
        "cumsum": running_sums,
    }
    return lambda: jobs[job["name"]](np.load(job["source"], mmap_mode="r")), dict


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


def cubed_run(job):
    """From Zarr to Zarr, which is what it is made for: uncompressed, in chunks of 10 MB."""
    import cubed
    import cubed.array_api as xp

    work_dir = job["target"] + ".work"
    spec = cubed.Spec(work_dir=work_dir, allowed_mem="150MB", executor_name="threads", executor_options={"max_workers": 2})
    jobs = {
        "standardise": lambda x: (x - xp.mean(x, axis=0)) / xp.std(x, axis=0),
        "transpose": lambda x: xp.permute_dims(x, (1, 0)),
    }

    def work():
        x = cubed.from_zarr(str(source_of("cubed", job["source"])), spec=spec)
        cubed.to_zarr(jobs[job["name"]](x), job["target"])
        for path in filter(Path.is_file, Path(job["target"]).rglob("*")):
            sync(path)
        shutil.rmtree(work_dir, ignore_errors=True)

    return work, dict


# ---- files in the format of those who have their own -----------------------------------------------------------

CHUNK_ROWS = 1250


def source_of(who, source):
    """What a contestant reads."""
    return zarr_of(source) if who == "cubed" else Path(source)


def zarr_of(source):
    return Path(source).with_suffix(".zarr")


def make_zarr(source, path):
    import zarr

    x = np.load(source, mmap_mode="r")
    copy = zarr.create_array(store=str(path), shape=x.shape, chunks=(CHUNK_ROWS, x.shape[1]), dtype=x.dtype, compressors=None)
    for start in range(0, len(x), CHUNK_ROWS):
        copy[start : start + CHUNK_ROWS] = x[start : start + CHUNK_ROWS]


def some_rows(who, target):
    """Rows of a result, to be compared."""
    if who == "cubed":
        import zarr

        y = zarr.open_array(str(target), mode="r")
    else:
        y = np.load(target, mmap_mode="r")
    return np.array(y[:: max(1, y.shape[0] // 25)])


def sync(path):
    descriptor = os.open(path, os.O_RDWR)
    os.fdatasync(descriptor)
    os.close(descriptor)


def child(job):
    who = {"numtile": numtile_run, "memmap loop": memmap_run, "dask": dask_run, "cubed": cubed_run}
    work, more = who[job["who"]](job)
    _confine.ready()
    start = time.perf_counter()
    values = work()
    _confine.tell(seconds=time.perf_counter() - start, values=values, **more())


if __name__ == "__main__":
    child(json.loads(sys.argv[1]))
