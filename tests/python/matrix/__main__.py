"""`python -m matrix [--quick] [--only TEXT]`, from `tests/python`: runs the matrix; fails where a promise was broken."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from numtile import _confine

from . import cases, run, sources

MIB = 1 << 20
ROOT = Path(__file__).resolve().parents[3]
HEADER = f"{'':<40}{'budget':>8}{'projected':>11}{'measured':>10}{'read':>7}{'written':>9}{'seconds':>9}"


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that files and cgroups are removed
    base = Path(options.directory)
    base.mkdir(parents=True, exist_ok=True)
    folder, started = Path(tempfile.mkdtemp(prefix="matrix-", dir=base)), time.monotonic()
    try:
        outcomes = [outcome for part in parts(options, folder) for outcome in shown(*part, options.only)]
    except _confine.NotPermitted as reason:
        print(f"memory cgroups are not permitted here ({reason}): nothing was measured")
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return conclude(outcomes, time.monotonic() - started)


def parse():
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__)
    parser.add_argument("--only", metavar="TEXT", action="append", help="cases with this in their name; may be given again")
    parser.add_argument("--part", choices=("table", "movements", "sixteenfold"), action="append", help="a part; may be given again")
    parser.add_argument("--quick", action="store_true", help="a quarter of the sizes")
    parser.add_argument("--directory", default=ROOT / "build", help="where the files go (default: build)")
    return parser.parse_args()


def parts(options, folder):
    """Titles, cases and the files they are run on."""
    four, sixteen = (sources.Sources(folder, scale) for scale in (sources.QUICK if options.quick else sources.FULL))
    chosen = options.part or ("table", "movements", "sixteenfold")
    made = {"table": (cases.table, four), "movements": (cases.movements, four), "sixteenfold": (cases.sixteenfold, sixteen)}
    for name in chosen:
        make, files = made[name]
        yield f"{name}: files of {files.scale.bytes / MIB:,.0f} MiB", make(), files


def shown(title, chosen, files, only):
    """Runs cases and prints a line about each."""
    chosen = [case for case in chosen if not only or any(text in case.name for text in only)]
    if chosen:
        print(f"\n{title}\n{HEADER}", flush=True)
    for case in chosen:
        outcome = run.run(case, files)
        print(line(outcome, files.scale.budget), flush=True)
        yield outcome


def line(outcome, budget):
    """Sizes in MiB; bytes read and written in relation to the file and to the results."""
    text = f"{outcome.case.name:<40}{budget / MIB:>8.0f}"
    if outcome.promise:
        text += f"{outcome.promise.projected / MIB:>11.1f}{outcome.promise.measured / MIB:>10.1f}"
        text += f"{outcome.read:>7.2f}{outcome.written:>9.2f}{outcome.seconds:>9.2f}"
    return text + "".join(f"\n    MISSED: {aim}" for aim in outcome.missed)


def conclude(outcomes, seconds):
    """What was read more often than it has to be, and what was missed; the exit status says whether anything was."""
    print(f"\n{len(outcomes)} cases in {seconds:.0f} s")
    rereads = [outcome for outcome in outcomes if outcome.rereads]
    if rereads:
        print("read more than has to be:", ", ".join(f"{outcome.case.name} ({outcome.read:.2f})" for outcome in rereads))
    missed = [(outcome.case.name, aim) for outcome in outcomes for aim in outcome.missed]
    print("every promise was kept" if not missed else f"{len(missed)} missed:")
    for name, aim in missed:
        print(f"  {name}: {aim}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
