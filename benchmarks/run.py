"""Measures numtile against its peers in one run: ``make bench``, or ``run.py --only memory --quick``."""

import argparse
import json
import os
import platform
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that files and cgroups are removed
    os.chdir(ROOT)
    describe()
    rows = []
    for name, measure in SUITES.items():
        if options.only in (None, name):
            for row in run(name, measure, options):
                show_row(row)
                rows.append(row)
    if options.json:
        Path(options.json).write_text(json.dumps([row.as_json() for row in rows], indent=1))
        print(f"\nwritten: {options.json}")
    return 1 if any("NO" in note.split() or "NOT KEPT" in note for row in rows for note in row.notes) else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=SUITES, help="one suite")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, fewer repeats: to see that it runs")
    parser.add_argument("--json", metavar="FILE", help="write everything measured to a file")
    parser.add_argument("--directory", help="where the large files go (default: build)")
    parser.add_argument("--no-dask", action="store_true", help="leave dask out")
    return parser.parse_args()


def describe():
    import numpy

    import numtile

    print(f"numtile {numtile.__version__}, NumPy {numpy.__version__}, Python {platform.python_version()}, {platform.platform()}")
    print(f"{processor()}, {len(os.sched_getaffinity(0))} processors")


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def run(name, measure, options):
    from numtile import _confine

    try:
        yield from measure(options)
    except _confine.NotPermitted as reason:
        print(f"\n{name}: skipped, memory cgroups are not permitted here ({reason})", flush=True)


def building(options):
    import building

    return building.costs(options.quick, not options.no_dask)


def memory(options):
    import in_memory

    return in_memory.expression(options.quick)


def files(options):
    import out_of_core

    return out_of_core.jobs(options.quick, options.directory, not options.no_dask)


def show_row(row):
    import measure

    measure.show(row)


SUITES = {"building": building, "memory": memory, "files": files}

if __name__ == "__main__":
    sys.exit(main())
