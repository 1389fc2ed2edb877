"""Every public function × type × memory layout × edge value, against NumPy; `make coverage-table` prints what was covered."""

import pytest
from arrays import ALL, LAYOUTS
from harness import accuracy
from harness.functions import ROWS, exists
from harness.operands import Case
from harness.run import Text, check
from harness.tally import TALLY

import numtile as nt

SOME_TYPES = ["?", "i4", "u8", "f4", "c16"]


def cases(row):
    """The calls of a row and the arrays each is given."""
    for number, call in enumerate(row.calls):
        text = Text(call)
        for case in _cases_of(row.chapter, text, number):
            yield text, case


def _cases_of(chapter, text, number):
    if not text.names:
        yield Case("f8", "C", (), chapter.edges)
        return
    for dtype, layout in _types_and_layouts(number):
        for other in _others(text, number, dtype):
            yield Case(dtype, layout, chapter.shape, chapter.edges, other)
    for shape in chapter.shapes:
        for dtype in SOME_TYPES:
            yield Case(dtype, "C", shape, chapter.edges)


def _types_and_layouts(number):
    """The first call of a function meets every type in every layout, the others every type and every layout in turn."""
    if number == 0:
        return [(dtype, layout) for dtype in ALL for layout in LAYOUTS]
    return [(dtype, LAYOUTS[(number + index) % len(LAYOUTS)]) for index, dtype in enumerate(ALL)]


def _others(text, number, dtype):
    """The types and layouts of the second operand: all types, in turn or each."""
    if "y" not in text.names:
        return [("f8", "C")]
    start = ALL.index(dtype) + number
    return [(ALL[start % len(ALL)], LAYOUTS[start % len(LAYOUTS)])]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_function(row):
    if not exists(row.name):
        pytest.skip(f"numtile has no {row.name} yet")
    failures = []
    for text, case in cases(row):
        try:
            refused = check(text, case)
        except AssertionError as error:
            failures.append(str(error))
        else:
            TALLY.count(row.name, text.text, case, refused)
    if failures:
        some = failures[:: max(1, len(failures) // 8)][:8]
        pytest.fail(f"{len(failures)} cases fail, among them:\n" + "\n".join(some), pytrace=False)
