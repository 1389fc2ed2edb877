"""What the machine's memory gives: STREAM's copy and triad, from a program of our own that takes turns with others."""

import os
import subprocess
from pathlib import Path

from threads import THREADS

PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release" / "examples" / "stream"
#: Bytes moved per element of float64, reads and writes.
WALKS = {"copy": 16, "copy-nt": 16, "triad": 24, "triad-nt": 24}


class Stream:
    """The program, waiting for the next walk."""

    def __init__(self, quick=False):
        self.elements = (16 if quick else 32) << 20
        command = [PROGRAM, str(THREADS), str(self.elements)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, walk):
        self._child.stdin.write(f"{walk}\n")
        self._child.stdin.flush()
        return float(self._child.stdout.readline())

    def walk(self, name):
        """A walk as a contestant; it takes the time of one message more."""
        return lambda: self.seconds(name)

    def figures(self, rounds=10):
        """Gigabytes per second, the best of some rounds, as STREAM counts."""
        best = {walk: min(self.seconds(walk) for _ in range(rounds)) for walk in WALKS}
        return {walk: WALKS[walk] * self.elements / seconds * 1e-9 for walk, seconds in best.items()}

    def close(self):
        self._child.stdin.close()
        self._child.wait()


def figures_text(figures):
    return f"STREAM, {THREADS} threads: " + ", ".join(f"{walk} {speed:.1f} GB/s" for walk, speed in figures.items())
