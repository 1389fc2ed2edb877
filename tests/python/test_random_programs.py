"""Random programs agree with NumPy, are refused where NumPy refuses, and give the same bits at every setting.

A share of them runs here; `make random-programs` runs 20,000. `programs/__init__.py` says how to run one again.
"""

import pytest
from programs.make import make
from programs.run import disagreement, instability, report

COUNT = 3000
BATCH = 250
#: How many programs there are for each that is run at every setting here.
STABLE_EVERY = 10


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_programs(first):
    failures = []
    for number in range(first, first + BATCH):
        program = make(number)
        if disagreement(program):
            failures.append(report(program))
        elif number % STABLE_EVERY == 0 and (message := instability(program)):
            failures.append(f"program {number}: {message}\n{program.source()}")
    if failures:
        pytest.fail(f"{len(failures)} of {BATCH} programs fail:\n\n" + "\n\n".join(failures[:3]), pytrace=False)


def test_a_program_depends_on_its_number_alone():
    assert make(17).source() == make(17).source() != make(18).source()


def test_a_failing_program_is_reduced(monkeypatch):
    """With a numtile that subtracts the wrong way round, what is left of a program is the subtraction."""
    import numtile as nt

    correct = nt.subtract
    monkeypatch.setattr(nt, "subtract", lambda x, y, **given: correct(y, x, **given))
    number = next(n for n in range(1000) if "xp.subtract" in make(n).source() and disagreement(make(n)))
    text = report(make(number))
    reduced = text.partition("reduced to")[2].partition("from")[0]
    assert "xp.subtract" in reduced and len(reduced.strip().splitlines()) <= 4
