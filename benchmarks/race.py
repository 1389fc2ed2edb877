"""One job, all contestants: a row with times, ratios, verdicts and what memory numtile took."""

import json
import subprocess
import sys

from contestants import entrants
from measure import REFERENCE, Row, contest

MIB = 1 << 20
#: Memory beyond the arrays and the result that numtile may take.
TEMPORARIES = 32 * MIB


def race(suite, job, options, stream):
    arrays = job.arrays()
    calls, reasons = entrants(job, arrays, left_out=("dask",) if options.no_dask else ())
    if REFERENCE not in calls:
        row = Row(job.name, {}, notes=[reasons[REFERENCE]])
        row.judge("numtile answers as NumPy does", False)
        return row
    ceiling = job.ceiling[0] if job.ceiling and stream else None
    walks = {f"STREAM {ceiling}": stream.walk(ceiling)} if ceiling else {}
    row = Row(job.name, contest({**calls, **walks}, options.rounds, ceilings=walks), frozenset(walks))
    if reasons:
        row.notes.append("not in this row: " + "; ".join(f"{name} ({why})" for name, why in reasons.items()))
    row.judge_against_best(job.times)
    for walk in walks:
        judge_against_ceiling(row, walk, job.ceiling[1], stream.elements / max(array.size for array in arrays.values()))
    if job.watch_memory and sys.platform == "linux":
        del arrays, calls  # the child holds as much
        judge_memory(row, suite, options)
    return row


def judge_against_ceiling(row, walk, part, elements_ratio):
    reached, low, high = (value / elements_ratio for value in row.ratio(walk))
    row.notes.append(f"{reached:.0%} of {walk} ({low:.0%} to {high:.0%})")
    row.judge(f"at least {part:.0%} of {walk}", high >= part)


def judge_memory(row, suite, options):
    """In a process of its own, so that nobody else's memory is in it."""
    command = [sys.executable, __file__.replace("race.py", "temporaries.py"), suite, row.name, *(["--quick"] if options.quick else [])]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    taken = json.loads(child.stdout)
    row.details["temporary_bytes"] = taken
    row.notes.append(f"memory beyond arrays and result: {taken / MIB:.0f} MiB")
    row.judge(f"at most {TEMPORARIES // MIB} MiB of temporaries", taken <= TEMPORARIES)
