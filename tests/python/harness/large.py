"""The table's calls on an array larger than memory.

Each is a program in which `xp` is the module and `x` the array; what else the table's texts speak of is made of `x`.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from . import accuracy
from .functions import JOINS, METHODS, ROWS, SCANS, SELECTION, VIEWS, Row
from .operands import Case
from .run import Text

#: A shape like that of the large arrays, on which NumPy says which calls are possible.
SMALL = (4, 5, 6)
#: Calls that fit three long axes, where none of the table does.
CALLS = {
    "column_stack": "xp.column_stack((x, x))",
    "diag": "xp.diag(x[0])",
    "diagflat": "xp.diagflat(x[0, 0])",
    "put_along_axis": "a = xp.array(x); xp.put_along_axis(a, i[:, None, None], f[:1], axis=0); a",
    "resize": "xp.resize(x, (10 * x.shape[0], x.shape[1], x.shape[2] // 8))",
    "vander": "xp.vander(f[0, 0], 3)",
    "take_along_axis": "xp.take_along_axis(x, i[:, None, None], axis=0)",
    "trim_zeros": "xp.trim_zeros(x[:, 0, 0])",
}
#: What the texts speak of.
OPERANDS = {
    "f": "x", "p": "xp.abs(x)", "y": "x[0]", "m": "x > 0", "c": "np.arange(x.shape[0]) % 2 == 0",
    "i": "np.array([0, -1, x.shape[0] // 2, 0])", "o": "np.arange(x.shape[0]) % 3",
}  # fmt: skip
#: The methods of all ufuncs are the same code: some stand for all.
SOME_METHODS = {"add", "maximum", "subtract", "logaddexp"}


@dataclass(frozen=True)
class Program:
    """A call of the table."""

    name: str
    #: The type of x.
    kind: str
    text: str
    #: Whether NumPy's bits are promised.
    exact: bool


def rows():
    """Rows that are no other name for what another row is, and no method like those of other ufuncs."""
    return [row for row in ROWS if not row.alias_of and (row.chapter is not METHODS or row.name.split(".")[0] in SOME_METHODS)]


def program(row: Row):
    """The first call of a row that NumPy accepts on a small array of int32 or float32; `None` where no call takes an array."""
    kinds = ("i4", "f4") if row.chapter in (VIEWS, JOINS, SELECTION, SCANS) else ("f4", "i4")
    for call in [CALLS[row.name]] if row.name in CALLS else row.calls:
        text = Text(call)
        for kind in kinds if text.names else ():
            if _is_possible(text, kind):
                made = "".join(f"{name} = {OPERANDS[name]}; " for name in sorted(text.names - {"x"}))
                return Program(row.name, kind, made + call, accuracy.text(row.canonical) == accuracy.BITS)
    return None


def _is_possible(text, kind):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            text.run(np, Case(kind, "C", SMALL, 0.02).operands(text.names))
        except Exception:  # noqa: BLE001 - another type or another call
            return False
    return True
