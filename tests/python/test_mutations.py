"""The harness notices when any one function is missing or wrong in a single element, for any one type.

Every elementwise operation of the engine's table is among these functions, so no kernel can be lost without a failure.
"""

import pytest
from arrays import ALL
from harness import operands
from harness.broken import Broken, missing, wrong
from harness.functions import ROWS, exists
from harness.run import Text, check
from test_coverage import cases

import numtile as nt

#: Operations that are no functions of their own: the functions that need them.
INSIDE = {
    "cast": "astype", "complex": "sqrt", "reject_all_nan": "nanargmin", "frexp_mantissa": "frexp", "frexp_exponent": "frexp",
    "modf_fraction": "modf", "modf_whole": "modf",
}  # fmt: skip

#: Functions that change nothing, by kinds of types: the sign of unsigned integers.
NOTHING_TO_DO = {("copysign.at", "u")}


@pytest.mark.parametrize("row", [row for row in ROWS if exists(row.name)], ids=lambda row: row.name)
def test_broken_functions_are_noticed(row):
    survivors = [f"{how.__name__} for {dtype}" for dtype in ALL for how in (missing, wrong) if survives(row, dtype, how)]
    assert not [each for each in survivors if (row.name, each[-2]) not in NOTHING_TO_DO]


def survives(row, dtype, how):
    """Whether all cases of this type pass although the function is broken."""
    broken = Broken(row.name, dtype, how)
    accepted = False
    for text, case in cases(row):
        if (case.dtype != dtype and text.names) or 0 in case.shape:
            continue
        try:
            accepted |= not check(text, case, broken)
        except AssertionError:
            return False
    return accepted


def test_every_operation_is_a_function_of_the_table():
    rows = {row.name for row in ROWS}
    names = {INSIDE.get(name, name) for name, _ in nt._engine.operations()}
    assert names <= rows, f"the table of calls has no {sorted(names - rows)}"
