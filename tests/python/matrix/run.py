"""A case in a memory cgroup, held to its promises and to NumPy's answer."""

import ast
from dataclasses import dataclass, field

from confined import Killed, confined

from numtile import _confine

from . import answers

#: Seconds that a case may take.
TIMEOUT = 600

CODE = """
xp, np = nt, numpy

def leaves(result):
    return [leaf for each in result for leaf in leaves(each)] if isinstance(result, (tuple, list)) else [result]

x = nt.open(job["path"], dtype=job["kind"], shape=job["shape"], order=job["order"])
parts = [nt.open(path) for path in job["parts"]]
{statements}
results = leaves({last})
runs.append(nt.last_run())
nt.save({{f"{{job['target']}}{{number}}.npy": result for number, result in enumerate(results)}})
"""


@dataclass
class Outcome:
    """What became of a case."""

    case: object
    promise: _confine.Promise | None = None
    #: Bytes read relative to the file's, and written relative to the results'.
    read: float = 0
    written: float = 0
    seconds: float = 0
    missed: list[str] = field(default_factory=list)

    @property
    def rereads(self):
        """True where more was read than has to be."""
        return self.read > 1.05 * (self.case.readings or 1)


def run(case, sources, threads=2):
    """Runs a case; whatever goes wrong is in the outcome."""
    outcome = Outcome(case)
    target = sources.folder / "result-"
    try:
        seen = in_group(case, sources, target, threads)
        if seen.returncode == 0:
            judge(outcome, seen, sources, sorted(sources.folder.glob("result-*.npy"), key=_number))
        else:
            said = seen.complaints.strip().splitlines()
            outcome.missed.append(said[-1] if said else f"not done in {TIMEOUT} s")
    except (Killed, AssertionError) as problem:
        outcome.missed.append(str(problem).strip())
    finally:
        for path in sources.folder.glob("result-*"):
            path.unlink()
    return outcome


def _number(path):
    return int(path.stem.removeprefix("result-"))


def in_group(case, sources, target, threads):
    """The process, its budget that of the scale, its limit that and the footprint."""
    scale = sources.scale
    job = {
        "code": code(case.text), "source": None, "memory": scale.budget, "threads": threads, "target": str(target),
        "path": str(getattr(sources, case.kind)), "kind": case.kind, "shape": scale.shape_of(case.dims), "order": case.order,
        "parts": sources.parts if "parts" in case.text else [],
    }  # fmt: skip
    return confined(job, scale.budget + _confine.FOOTPRINT, TIMEOUT)


def code(text):
    """What the process executes."""
    *statements, last = ast.parse(text).body
    return CODE.format(statements="\n".join(map(ast.unparse, statements)), last=ast.unparse(last))


def judge(outcome, seen, sources, results):
    """Memory, bytes moved, and last the answer."""
    outcome.promise = _confine.Promise.of(seen, sources.scale.budget)
    outcome.missed += outcome.promise.broken()
    outcome.seconds = seen.said["seconds"]
    outcome.read = seen.said["read"] / sources.scale.bytes
    outcome.written = seen.said["written"] / max(1, sum(path.stat().st_size - 128 for path in results))
    answers.check(outcome.case, sources, results)
