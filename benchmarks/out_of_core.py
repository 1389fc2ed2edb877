"""Files larger than memory: numtile against hand-written numpy.memmap loops and cubed, each in a memory cgroup.

Every run is a process of its own in a group of 512 MB without swap; numtile's budget is 256 MB. Sources are evicted
from the page cache before each run, and every run ends when its result is on the disk (fdatasync).
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import file_contestants
import numpy as np
from contestants import Unfit, module
from measure import REFERENCE, Row, in_turns

from numtile import _confine

MB = 1_000_000
MIB = 1 << 20
LIMIT = 512 * MIB
BUDGET = 256 * MIB
COLUMNS = 1000


@dataclass(frozen=True)
class Contest:
    """A job over the file, and who does it beside numtile."""

    title: str
    rivals: tuple[str, ...] = ("memmap loop",)
    #: How many times faster than a rival numtile aims to be; 1 for no slower.
    aims: tuple[tuple[str, float], ...] = ()


CONTESTS = {
    "map": Contest("sqrt(x)*2 + 1 to a file", aims=(("memmap loop", 1),)),
    "statistics": Contest("mean, std, min and max", aims=(("memmap loop", 1),)),
    "standardise": Contest("standardised columns to a file", ("memmap loop", "cubed"), aims=(("cubed", 3),)),
    "transpose": Contest("transposed to a file", ("memmap loop", "cubed"), aims=(("memmap loop", 1),)),
    "cumsum": Contest("running sums of columns to a file", aims=(("memmap loop", 1),)),
}


def rows(options):
    """One job after the other; memory and times come from the same runs."""
    shape = (25_000 if options.quick else 250_000), COLUMNS
    base = Path(options.directory or "build")
    base.mkdir(parents=True, exist_ok=True)
    need = shape[0] * COLUMNS * 8 * 3.3
    if shutil.disk_usage(base).free < need:
        raise SystemExit(f"the out-of-core rows need {need / 1e9:.1f} GB in {base}")
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=base))
    try:
        source = make_source(folder / "x.npy", shape)
        absent = make_copies(source)
        for name, contest in CONTESTS.items():
            if options.row in contest.title:
                yield row(name, contest, source, folder, 3 if options.quick else 5, absent, options)
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


def make_copies(source):
    """The source in the format of those who have their own; who is absent, and why."""
    try:
        module("cubed")
    except Unfit as reason:
        return {"cubed": str(reason)}
    file_contestants.make_zarr(source, file_contestants.zarr_of(source))
    return {}


def evict(path):
    """Drops a file, or all files of a folder, from the page cache."""
    for each in filter(Path.is_file, path.rglob("*") if path.is_dir() else [path]):
        with open(each, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def remove(target):
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)


def row(name, contest, source, folder, repeats, absent, options):
    target = folder / "y"
    seen, answers = {}, {}

    def contestant(who):
        def run():
            remove(target)
            evict(file_contestants.source_of(who, source))
            result = confined(who, name, source, target)
            seen.setdefault(who, []).append(result)
            answers[who] = result.said["values"] if result.said["values"] else file_contestants.some_rows(who, target)
            return result.said["seconds"]

        return run

    rivals = [who for who in contest.rivals if who not in absent]
    seconds = in_turns({who: contestant(who) for who in (REFERENCE, *rivals)}, repeats, warmups=0)
    for who in rivals:
        np.testing.assert_allclose(answers[REFERENCE], answers[who], rtol=1e-9, atol=1e-10)
    row = Row(f"{contest.title}, {source.stat().st_size / MB:,.0f} MB", seconds)
    row.notes += [f"not in this row: {who} ({why})" for who, why in absent.items() if who in contest.rivals]
    add_memory(row, seen[REFERENCE])
    add_traffic(row, seen[REFERENCE], source)
    for rival, times in contest.aims:
        if rival in rivals:
            row.judge(f"no slower than the {rival}" if times == 1 else f"{times:g} times faster than {rival}", row.ratio(rival)[0] >= times)
    if name in file_contestants.DASK_JOBS and not options.no_dask:
        add_dask(row, name, source, target)
    remove(target)
    return row


def add_dask(row, name, source, target):
    """Once, because it seldom comes to an end in such a group."""
    evict(source)
    remove(target)
    result = confined("dask", name, source, target, may_fail=True)
    told = f"{result.said['seconds']:.1f} s" if result.returncode == 0 else "killed" if result.returncode == -9 else "failed"
    row.notes.append(f"dask in the same group, once: {told}")


def confined(who, name, source, target, may_fail=False):
    """One run of one contestant in a group of its own."""
    job = {"who": who, "name": name, "source": str(source), "target": str(target), "budget": BUDGET}
    command = [sys.executable, file_contestants.__file__, json.dumps(job)]
    with _confine.memory_group(LIMIT) as group:
        result = _confine.follow(command, group)
    if result.returncode != 0 and not may_fail:
        raise RuntimeError(f"{who} failed at {name} ({result.returncode}):\n{result.complaints}")
    return result


def add_traffic(row, runs, source):
    read, size = runs[-1].said["read"], source.stat().st_size
    row.notes.append(f"read {read / size:.2f} times the file")


def add_memory(row, runs):
    """What was promised and what was seen, over all runs; every run has to keep the promise."""
    promises = [_confine.Promise.of(run, BUDGET) for run in runs]
    footprints = [promise.footprint for promise in promises]
    peaks = [promise.measured for promise in promises]
    projected = [promise.projected for promise in promises]
    gaps = [run.watch.longest_gap for run in runs]
    kept = not any(promise.broken() for promise in promises)
    row.notes.append(
        f"memory: footprint {max(footprints) / MIB:.0f} MiB, measured {min(peaks) / MIB:.0f} to {max(peaks) / MIB:.0f} MiB, "
        f"projected {max(projected) / MIB:.0f} MiB, budget {BUDGET / MIB:.0f} MiB"
    )
    row.judge("memory as projected", kept)
    row.notes.append(f"sampled {statistics.median(run.watch.samples for run in runs):.0f} times, longest gap {max(gaps) * 1000:.1f} ms")
    row.details["memory"] = {"footprints": footprints, "measured": peaks, "projected": projected, "kept": kept}
