"""Settings shared by all tests: a small budget, fixed hypothesis profiles, forced tiles undone after each test."""

import os

import hypothesis
import numpy as np
import pytest
from forbidden import forbid_executable_memory

import numtile as nt

MB = 1 << 20

common = dict(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
hypothesis.settings.register_profile("default", max_examples=60, derandomize=True, database=None, **common)
hypothesis.settings.register_profile("thorough", max_examples=1500, **common)
hypothesis.settings.load_profile(os.environ.get("NUMTILE_HYPOTHESIS", "default"))


#: The whole suite on the interpreter: NUMTILE_TEST_WITHOUT_EXECUTABLE_MEMORY=1.
FORBIDDEN = bool(os.environ.get("NUMTILE_TEST_WITHOUT_EXECUTABLE_MEMORY"))
if FORBIDDEN and not forbid_executable_memory():
    raise pytest.UsageError("this system cannot forbid a process to make memory executable")


def pytest_sessionfinish(session):
    """A run on the interpreter must have been one."""
    made, refused = nt._engine._machine_code()
    if FORBIDDEN and (made or not refused):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\n{made} pieces of machine code were made and {refused} refused: this was no run on the interpreter")


def pytest_addoption(parser):
    parser.addoption("--coverage-table", action="store_true", help="print what the harness of all functions covered")


def pytest_terminal_summary(terminalreporter, config):
    """What test_coverage.py covered: a line, or a line per function."""
    from harness.functions import ROWS, exists
    from harness.tally import TALLY

    if not TALLY.rows:
        return
    terminalreporter.section("functions covered")
    if config.getoption("--coverage-table"):
        terminalreporter.write_line("\n".join(TALLY.lines(ROWS)))
    terminalreporter.write_line(TALLY.summary())
    missing = [row.name for row in ROWS if not exists(row.name)]
    if missing:
        terminalreporter.write_line(f"in the table, but not in numtile: {' '.join(missing)}")


@pytest.fixture(autouse=True)
def _fresh_settings():
    """Every test starts with the same budget and threads and without forced tiles, and NumPy keeps quiet."""
    with np.errstate(all="ignore"):
        nt.config(memory=256 * MB, threads=2)
        yield
        force_tile(None)
        nt.config(memory=256 * MB, threads=2)


def force_tile(shape):
    """Makes the planner use tiles of this shape (None: its own choice again)."""
    nt._engine._force_tile(None if shape is None else tuple(shape))


@pytest.fixture
def save_npy(tmp_path):
    """Writes an array as .npy and gives back its path."""
    count = 0

    def save(array, order=None):
        nonlocal count
        count += 1
        path = tmp_path / f"saved{count}.npy"
        np.save(path, np.asfortranarray(array) if order == "F" else array)
        return path

    return save
