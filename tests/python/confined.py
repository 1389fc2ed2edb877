"""Running the engine in a memory cgroup and holding its projection to what was seen from outside."""

import json
import os
import sys

import pytest

from numtile import _confine

MB = _confine.MIB

CHILD = """
import json, sys, time
import numpy, numtile as nt
from numtile import _confine
job = json.loads(sys.argv[1])
nt.config(memory=job["memory"], threads=job["threads"])
_confine.ready()
started = time.perf_counter()
x = nt.open(job["source"]) if job["source"] else None
exec(job["code"])
seconds, run = time.perf_counter() - started, nt.last_run()
if run:
    projected = max(run.projected_peak, nt.memory().peak_reserved)  # of all evaluations
    _confine.tell(seconds=seconds, projected=projected, read=run.bytes_read, written=run.bytes_written)
"""


class Killed(MemoryError):
    """The operating system killed the process for exceeding its limit."""


def run(code, source, memory, threads=2, limit=None, **more):
    """Runs `code` (which sees `x`, `nt` and `job`) in a group of its own; skips where groups are not permitted."""
    job = {"code": code, "source": source and str(source), "memory": memory, "threads": threads, **more}
    try:
        seen = confined(job, limit or memory + _confine.FOOTPRINT)
    except _confine.NotPermitted as reason:
        pytest.skip(f"memory cgroups are not permitted here: {reason}")
    assert seen.returncode == 0, seen.complaints
    return seen


def confined(job, limit, timeout=None):
    """Runs a job in a group with this limit. Raises `NotPermitted` or `Killed`; other failures are told by the code returned."""
    with _confine.memory_group(limit) as group:
        seen = _confine.follow([sys.executable, "-c", CHILD, json.dumps(job)], group, timeout=timeout)
        if group.kills():
            raise Killed("killed for exceeding its memory limit")
    return seen


def assert_promise_kept(seen, memory, threads=1):
    """Peak − footprint ≤ projection ≤ budget, and the projection is not idle: ≤ 1.5 × measured + 16 MiB.

    More threads than there are processors need not all be at work at once, so that less is used than might have been.
    """
    promise = _confine.Promise.of(seen, memory)
    assert not promise.broken(may_idle=threads > len(os.sched_getaffinity(0))), promise
