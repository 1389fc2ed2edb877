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
started, runs = time.perf_counter(), []
x = nt.open(job["source"]) if job["source"] else None
exec(job["code"])
seconds = time.perf_counter() - started
runs = [run for run in [*runs, nt.last_run()] if run]
_confine.tell(
    seconds=seconds, projected=max(run.projected_peak for run in runs),
    read=sum(run.bytes_read for run in runs), written=sum(run.bytes_written for run in runs),
)
"""


class Killed(MemoryError):
    """The operating system killed the process for exceeding its limit."""


def run(code, source, memory, threads=2, limit=None, **more):
    """Runs `code` in a group of its own; skips where groups are not permitted.

    It sees `x`, `nt` and `job`, and appends to `runs` what evaluations before the last did, if that is to be counted.
    """
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
