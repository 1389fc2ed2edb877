"""What was covered: counted while the harness runs, printed as a table."""

from collections import defaultdict
from dataclasses import dataclass, field

from . import accuracy


@dataclass
class Covered:
    """Of one function."""

    calls: set = field(default_factory=set)
    dtypes: set = field(default_factory=set)
    layouts: set = field(default_factory=set)
    shapes: set = field(default_factory=set)
    cases: int = 0
    refused: int = 0


class Tally:
    """Of all functions."""

    def __init__(self):
        self.rows = defaultdict(Covered)

    def count(self, name, text, case, refused):
        """One call that agreed."""
        row = self.rows[name]
        row.calls.add(text)
        row.dtypes.add(case.dtype)
        row.layouts.add(case.layout)
        row.shapes.add(case.shape)
        row.cases += 1
        row.refused += refused

    def lines(self, order):
        """The table as text: one line per function."""
        head = ("function", "chapter", "calls", "types", "layouts", "shapes", "cases", "refused by both", "compared with")
        body = []
        for row in order:
            if row.name in self.rows:
                c = self.rows[row.name]
                numbers = (len(c.calls), len(c.dtypes), len(c.layouts), len(c.shapes), c.cases, c.refused)
                body.append((row.name, row.chapter.title, *map(str, numbers), accuracy.text(row.canonical)))
        widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
        return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in (head, *body)]

    def summary(self):
        """One line."""
        dtypes = set().union(*(row.dtypes for row in self.rows.values()))
        layouts = set().union(*(row.layouts for row in self.rows.values()))
        cases = sum(row.cases for row in self.rows.values())
        return f"{len(self.rows)} functions, {len(dtypes)} types, {len(layouts)} layouts: {cases} cases agreed"


TALLY = Tally()
