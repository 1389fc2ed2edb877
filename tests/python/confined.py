"""Running the engine in a memory cgroup and holding its projection to what was seen from outside."""

import json
import os
import sys

import pytest

from numtile import _confine

MB = 1 << 20
# What `import numpy, numtile` may take.
FOOTPRINT = 100 * MB

CHILD = """
import json, sys
import numpy, numtile as nt
from numtile import _confine
job = json.loads(sys.argv[1])
nt.config(memory=job["memory"], threads=job["threads"])
_confine.ready()
x = nt.open(job["source"]) if job["source"] else None
exec(job["code"])
run = nt.last_run()
_confine.tell(projected=run.projected_peak, read=run.bytes_read, written=run.bytes_written)
"""


def run(code, source, memory, threads=2, limit=None, **more):
    """Runs `code` (which sees `x`, `nt` and `job`) in a group of its own; skips where groups are not permitted."""
    job = {"code": code, "source": source and str(source), "memory": memory, "threads": threads, **more}
    command = [sys.executable, "-c", CHILD, json.dumps(job)]
    try:
        with _confine.memory_group(limit or memory + FOOTPRINT) as group:
            seen = _confine.follow(command, group)
            kills = group.kills()
    except _confine.NotPermitted as reason:
        pytest.skip(f"memory cgroups are not permitted here: {reason}")
    assert not kills, "killed for exceeding its memory limit"
    assert seen.returncode == 0, seen.complaints
    return seen


def assert_promise_kept(seen, memory, threads=1):
    """Peak − footprint ≤ projection ≤ budget, and the projection is not idle: ≤ 1.5 × measured + 16 MB.

    More threads than there are processors need not all be at work at once, so that less is used than might have been.
    """
    footprint, projected = seen.said["footprint"], seen.said["projected"]
    measured = max(seen.watch.peak - footprint, 0)
    note = f"footprint {footprint / MB:.1f}, measured {measured / MB:.1f}, projected {projected / MB:.1f}, budget {memory / MB:.0f} MB"
    assert footprint <= FOOTPRINT, note
    assert measured <= projected <= memory, note
    assert projected <= 1.5 * measured + 16 * MB or threads > len(os.sched_getaffinity(0)), note
