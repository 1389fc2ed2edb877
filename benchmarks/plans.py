"""What it costs to build, optimise and explain a plan over very many sources, and over a very large one."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import REFERENCE, Row
from temporaries import grown

MIB = 1 << 20
SOURCES = 10_000
PETABYTE = 10**15
ROW_BYTES = 8 * 1000
#: Seconds a plan may take, and memory it may need.
SECONDS, MEMORY = 0.1, 50 * MIB


def rows(options):
    """A row per plan; every round is a process of its own."""
    base = Path(options.directory or "build")
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="plans-", dir=base))
    try:
        yield row(f"a plan over {SOURCES:,} concatenated sources", make_many(folder / "many"), options.rounds)
        files, size = make_petabyte(folder / "large")
        yield row(f"a plan over {size / 1e15:.2f} PB in {len(files)} sparse files", files, options.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_many(folder):
    """Small files."""
    folder.mkdir()
    for number in range(SOURCES):
        np.save(folder / f"{number:05}.npy", np.full((4, 1000), number % 251, "u1"))
    return sorted(map(str, folder.iterdir()))


def make_petabyte(folder):
    """Files without contents, each as large as the file system lets it be, and their size together."""
    folder.mkdir()
    largest = largest_file(folder / "largest")
    count = -(-PETABYTE // largest)
    length = -(-PETABYTE // (count * ROW_BYTES))
    for number in range(count):
        with open(folder / f"{number:05}.npy", "wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (length, 1000)})
            file.truncate(file.tell() + length * ROW_BYTES)
    return sorted(map(str, folder.glob("*.npy"))), count * length * ROW_BYTES


def largest_file(path):
    """About how many bytes a file may have."""
    size = 2 * PETABYTE
    with open(path, "wb") as file:
        while True:
            try:
                file.truncate(size)
                return size - MIB
            except OSError:
                size //= 2


def row(name, files, rounds):
    runs = [run(files) for _ in range(rounds)]
    row = Row(name, {REFERENCE: [each["seconds"] for each in runs]})
    taken = max(each["bytes"] for each in runs)
    row.details["bytes"] = taken
    row.notes.append(f"at most {taken / MIB:.1f} MiB more memory, at best {min(row.seconds[REFERENCE]) * 1e3:.0f} ms")
    row.notes.append(f"opening the sources, not counted: {min(each['opening'] for each in runs) * 1e3:.0f} ms, {runs[0]['held'] / MIB:.1f} MiB")
    row.judge(f"at most {SECONDS * 1e3:.0f} ms", row.median(REFERENCE) <= SECONDS)
    row.judge(f"at most {MEMORY // MIB} MiB", taken <= MEMORY)
    return row


def run(files):
    child = subprocess.run([sys.executable, __file__], input=json.dumps(files), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout)


# ---- in a process of its own -----------------------------------------------------------------------------------


def child(files):
    import numtile as nt

    allow_open_files(len(files) + 100)
    nt.config(memory="256MB", threads=2)
    nt.explain(nt.zeros((10, 10)).mean(0))  # what is loaded once
    start = time.perf_counter()
    sources, held = grown(lambda: [nt.open(path) for path in files])
    opening = time.perf_counter() - start

    def plan():
        start = time.thread_time()  # nothing is waited for
        x = nt.concatenate(sources)
        text = nt.explain((x - x.mean(axis=0)) / x.std(axis=0), save=True)
        return text, time.thread_time() - start

    (text, seconds), taken = grown(plan)
    assert "pass" in text, text
    return {"seconds": seconds, "bytes": taken, "opening": opening, "held": held}


def allow_open_files(count):
    """As far as this process may: sources stay open."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard))


if __name__ == "__main__":
    print(json.dumps(child(json.load(sys.stdin))))
