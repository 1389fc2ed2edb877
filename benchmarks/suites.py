"""The suites by name, in the order in which they run: cheap ones first."""

import functools

import arrays
import building
import calls
import expressions
import functions
import out_of_core
import plans
from race import race

#: Suites of jobs over arrays in memory.
JOBS = {"expressions": expressions.jobs, "functions": functions.jobs, "arrays": arrays.jobs}


def jobs(suite, quick=False):
    return JOBS[suite](quick)


def raced(suite, options, stream):
    """A row per job whose name contains what was asked for."""
    return (race(suite, job, options, stream) for job in jobs(suite, options.quick) if options.row in job.name)


ALL = {
    "building": lambda options, _: building.rows(options),
    "calls": lambda options, _: calls.rows(options),
    "plans": lambda options, _: plans.rows(options),
    **{name: functools.partial(raced, name) for name in JOBS},
    "files": lambda options, _: out_of_core.rows(options),
}
