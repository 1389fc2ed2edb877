"""`python -m programs FIRST [END]`, from `tests/python`: shows and runs one program, or runs many."""

import sys
import time

from . import make, run


def main(first, end):
    """Runs programs; the number of those that fail."""
    started, failed = time.monotonic(), 0
    for number in range(first, end):
        program = make.make(number)
        message = run.disagreement(program)
        if message:
            failed += 1
            print(run.report(program), "\n", "-" * 100, flush=True)
            continue
        message = run.instability(program)
        if message:
            failed += 1
            print(f"program {number}: {message}\n{program.source()}\n", "-" * 100, flush=True)
    print(f"{end - first} programs in {time.monotonic() - started:.0f} s, {failed} failed")
    return failed


if __name__ == "__main__":
    start = int(sys.argv[1])
    if len(sys.argv) == 2:
        print(make.make(start).source())
    sys.exit(bool(main(start, int(sys.argv[2]) if len(sys.argv) > 2 else start + 1)))
