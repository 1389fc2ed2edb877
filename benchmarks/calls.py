"""A small computation again and again: what a call costs around its 1,000 elements."""

import numpy as np
from contestants import Unfit, entrants, module
from expressions import random
from job import Job
from measure import REFERENCE, Row, contest

import numtile as nt

TEXT = "a**2 + b**2 + 2*a*b"
#: Seconds a call may take.
AIMS = {"text": 5e-6, "operators": 10e-6}


def rows(options):
    """numtile's two ways of writing it, each beside the same peers."""
    job = Job("", lambda: {"a": random(1000, np.float64, 0), "b": random(1000, np.float64, 1)}, TEXT)
    arrays = job.arrays()
    calls, reasons = entrants(job, arrays, left_out=("numexpr", "blosc2", "dask"))
    operators = calls.pop(REFERENCE)
    calls |= re_evaluated(arrays)
    ours = {"text": evaluated(arrays), "operators": operators}
    for way, call in ours.items():
        row = Row(f"{TEXT} on 1,000 float64, {way}", contest({REFERENCE: call, **calls}, options.rounds))
        row.notes += [f"not in this row: {name} ({why})" for name, why in reasons.items()]
        row.judge(f"under {AIMS[way] * 1e6:.0f} µs", row.median(REFERENCE) < AIMS[way])
        yield row


def evaluated(arrays):
    return lambda: np.asarray(nt.evaluate(TEXT, arrays))


def re_evaluated(arrays):
    """numexpr without looking at the text again, its fastest way. (blosc2 evaluates with numexpr, which forgets then.)"""
    try:
        numexpr = module("numexpr")
    except Unfit:
        return {}
    numexpr.evaluate(TEXT, arrays)
    return {"numexpr, re_evaluate": lambda: numexpr.re_evaluate(arrays)}
