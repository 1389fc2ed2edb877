"""Measures numtile against its peers in one run: ``make bench``, or ``run.py --only arrays --quick``."""

import argparse
import datetime
import json
import os
import platform
import signal
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import threads  # noqa: E402

threads.limit()

import report  # noqa: E402
import suites  # noqa: E402
from stream import PROGRAM, Stream, figures_text  # noqa: E402


def main():
    os.chdir(HERE.parent)
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that files and cgroups are removed
    machine, stream = versions(), None
    if PROGRAM.exists():
        stream = Stream(options.quick)
        machine.append(figures_text(stream.figures()))
    print("\n".join(machine), flush=True)
    measured = {}
    for name in options.only or suites.ALL:
        print(f"\n== {name}")
        rows = measured[name] = []
        for row in permitted(name, options, stream):
            report.show(row)
            rows.append(row)
    if stream:
        stream.close()
    keep(options, machine, measured)
    return verdict(measured)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=suites.ALL, action="append", help="one suite; may be given again")
    parser.add_argument("--row", default="", metavar="TEXT", help="of jobs over arrays and files, those with this in their name")
    parser.add_argument("--quick", action="store_true", help="small sizes, three rounds: to see that it runs")
    parser.add_argument("--rounds", type=int, help="rounds of each row (default: 11)")
    parser.add_argument("--json", metavar="FILE", help="write everything measured to a file")
    parser.add_argument("--record", metavar="TITLE", help="write a dated record in Markdown to benchmarks/record")
    parser.add_argument("--directory", help="where the large files go (default: build)")
    parser.add_argument("--no-dask", action="store_true", help="leave dask out")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 11)
    return options


def versions():
    """What is measured, and on what."""
    import numtile

    peers = ["numpy", "numba", "jax", "numexpr", "blosc2", "polars", "dask", "cubed"]
    found = [f"{peer} {metadata.version(peer)}" for peer in peers if is_installed(peer)]
    return [
        f"numtile {numtile.__version__} against {', '.join(found)}; Python {platform.python_version()}, {platform.platform()}",
        f"{processor()}, {threads.THREADS} threads each",
    ]


def is_installed(name):
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def permitted(name, options, stream):
    from numtile import _confine

    try:
        yield from suites.ALL[name](options, stream)
    except _confine.NotPermitted as reason:
        print(f"\n{name}: skipped, memory cgroups are not permitted here ({reason})", flush=True)


def keep(options, machine, measured):
    if options.json:
        told = {"machine": machine, "suites": {name: [row.as_json() for row in rows] for name, rows in measured.items()}}
        Path(options.json).write_text(json.dumps(told, indent=1))
        print(f"\nwritten: {options.json}")
    if options.record:
        today = datetime.date.today().isoformat()
        path = HERE / "record" / f"{today}-{options.record.lower().replace(' ', '-')}.md"
        path.write_text(report.markdown(f"{today}: {options.record}", machine, measured))
        print(f"\nwritten: {path}")


def verdict(measured):
    """The aims that were missed, together at the end; the exit status says whether there are any."""
    missed = report.missed([row for rows in measured.values() for row in rows])
    print("\nevery aim was reached" if not missed else f"\n{len(missed)} aims missed:")
    for row, aim in missed:
        print(f"  {row}: {aim}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
