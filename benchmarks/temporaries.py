"""The memory one job takes beyond its arrays and its result, at the worst moment of its first run in a fresh process."""

import argparse
import json
from pathlib import Path

import threads


def temporary_bytes(job):
    import contestants

    arrays = job.arrays()
    result, taken = grown(contestants.numtile(job, arrays))
    parts = result if isinstance(result, tuple) else (result,)
    return max(0, taken - sum(part.nbytes for part in parts))


def grown(call):
    """A call's result, and by how many bytes this process grew at the worst moment.

    The kernel remembers the most that was resident since it was asked to forget.
    """
    before = resident("VmRSS:")
    Path("/proc/self/clear_refs").write_text("5")
    result = call()
    return result, resident("VmHWM:") - before


def resident(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite")
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    threads.limit()
    import suites

    job = next(job for job in suites.jobs(asked.suite, asked.quick) if job.name == asked.name)
    print(json.dumps(temporary_bytes(job)))


if __name__ == "__main__":
    main()
