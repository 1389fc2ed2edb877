"""What the engine would do, does and did: plans, memory, the latest evaluation, and stopping those under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _engine
from ._plan import PassReport, Plan, plan_of
from ._units import duration_text, size_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ._engine import Array

__all__ = ["MemoryUsage", "Plan", "RunReport", "cancel", "explain", "last_run", "memory", "trim"]


@dataclass(frozen=True)
class MemoryUsage:
    """Who holds what, in bytes. ``str()`` makes it a table."""

    #: The budget.
    limit: int
    #: Reserved inside the budget.
    reserved: int
    #: The greatest amount reserved so far.
    peak_reserved: int
    #: The most bytes of buffers that were in use at once during the latest evaluation.
    peak_live: int
    #: What is reserved, by who holds it.
    by_owner: dict[str, int]
    #: Freed buffers that are kept for reuse.
    cached: int
    #: Results that were handed over as NumPy arrays and are still alive; outside the budget.
    delivered: int
    #: How many of them there are.
    delivered_buffers: int
    #: Bytes of files in the scratch directory, and the most there may be; ``None`` for as many as the disk has.
    scratch: int
    scratch_limit: int | None

    def __str__(self) -> str:
        rows = [("budget", self.limit), ("reserved", self.reserved)]
        rows += [(f"  by {owner}", held) for owner, held in self.by_owner.items() if held]
        rows += [("greatest reserved so far", self.peak_reserved), ("kept for reuse", self.cached)]
        rows += [(f"delivered in {self.delivered_buffers} arrays", self.delivered), ("scratch", self.scratch)]
        limit = "what the disk has" if self.scratch_limit is None else size_text(self.scratch_limit)
        return _table([(name, size_text(held)) for name, held in rows] + [("scratch limit", limit)])


@dataclass(frozen=True)
class RunReport:
    """What the latest evaluation did. ``str()`` makes it a table."""

    #: The greatest memory that the plan allowed for, in bytes.
    projected_peak: int
    #: The greatest memory that was held, in bytes.
    measured_peak: int
    #: Bytes read from files.
    bytes_read: int
    #: Bytes written to files.
    bytes_written: int
    #: How long it took.
    seconds: float
    #: Bytes that had to be read and written at least: what was looked at of each file, once, and results in files.
    bytes_minimum: int
    #: The most bytes of scratch that were in use at once.
    scratch_peak: int
    #: What each pass did, in order; passes that counted masks come first. Empty where nothing was planned: arrays in memory
    #: need no plan for simple expressions, and none again for others like those met before.
    passes: tuple[PassReport, ...]
    #: The plan of the results, with what was measured in its passes; ``None`` where there was none.
    plan: Plan | None

    def __str__(self) -> str:
        rows = [("time", duration_text(self.seconds))]
        rows += [("memory, projected", size_text(self.projected_peak)), ("memory, measured", size_text(self.measured_peak))]
        rows += [("read", size_text(self.bytes_read)), ("written", size_text(self.bytes_written))]
        rows += [("at least to read and write", size_text(self.bytes_minimum)), ("scratch", size_text(self.scratch_peak))]
        return "\n".join([_table(rows), *_pass_table(self.passes)])


def _table(rows: list[tuple[str, str]]) -> str:
    width, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:<{width}}  {value:>{values}}" for name, value in rows)


def _pass_table(passes: tuple[PassReport, ...]) -> list[str]:
    """A line per pass, below their headings."""
    if not passes:
        return []
    rows: list[tuple[str, ...]] = [("pass", "time", "read", "written", "busy: reading", "computing", "writing", "operators")]
    for number, each in enumerate(passes, 1):
        times = (duration_text(busy) for busy in (each.reading, each.computing, each.writing))
        sizes = (size_text(each.bytes_read), size_text(each.bytes_written))
        rows.append((str(number), duration_text(each.seconds), *sizes, *times, _operators_text(each.operators)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return ["", *("  ".join([*(f"{cell:>{width}}" for cell, width in zip(row, widths)), row[-1]]) for row in rows)]


def _operators_text(operators: tuple[tuple[str, int], ...], most: int = 8) -> str:
    names = [name if count == 1 else f"{name}×{count}" for name, count in operators[:most]]
    return " ".join(names + ([f"and {len(operators) - most} more"] if len(operators) > most else []))


def memory() -> MemoryUsage:
    """Who holds what of the memory budget, and how much scratch is in use; ``print(nt.memory())`` shows it as a table.

    >>> usage = nt.memory()
    >>> usage.reserved <= usage.limit
    True
    """
    usage = _engine.memory()
    return MemoryUsage(**usage | {"by_owner": dict(usage["by_owner"])})


def last_run() -> RunReport | None:
    """What the latest evaluation did, if there was one: time, memory, bytes moved, and each pass with its operators.

    ``print(nt.last_run())`` shows a table, ``nt.last_run().plan`` is the plan with what was measured.
    """
    report = _engine.last_run()
    if report is None:
        return None
    plans = [plan_of(description) for description in report.pop("plans")]
    passes = tuple(each.measured for plan in plans for each in plan.passes if each.measured is not None)
    return RunReport(**report, passes=passes, plan=plans[-1] if plans else None)


def explain(*arrays: ArrayLike | Array, save: bool = False, rehearse: bool = False) -> Plan:
    """The plan for computing the arrays together: passes, tile shapes, bytes read and written, projected peak memory.

    ``print`` shows it as text, a notebook as a picture; the attributes of the ``numtile.Plan`` hold the same as plain data.
    With ``save`` it is the plan for writing them to files, otherwise for delivering them in memory. Nothing is computed but
    the counts of masks that select, on which shapes depend. A plan that cannot fit the memory budget raises the
    ``MemoryError`` that computing would, which says what would do.

    With ``rehearse`` the plan's memory is tried out, without data: its projected peak is reserved, and tile by tile the
    buffers are allocated that computing would take, also for results as large as petabytes. The plan says how many tiles were
    gone over (of passes with more than 20,000, or with very many parts to a tile, stretches spread over all) and how
    much memory was held.

    >>> plan = nt.explain(nt.arange(10**12).sum(), rehearse=True)
    >>> all(each.rehearsed.peak <= each.rehearsed.reserved for each in plan.passes)
    True
    """
    return plan_of(_engine.explain([_engine.asarray(array) for array in arrays], bool(save), bool(rehearse)))


def cancel() -> None:
    """Stops every evaluation that is running now, whichever thread it runs in; each raises ``numtile.CancelledError``.

    For other threads than the one that computes; in the main thread Ctrl-C does the same with ``KeyboardInterrupt``.
    """
    _engine.cancel()


def trim() -> None:
    """Gives memory of freed results and buffers that is kept for reuse back to the operating system.

    How much that is tells ``nt.memory().cached``; later work takes a moment longer for want of it.

    >>> nt.trim()
    >>> nt.memory().cached
    0
    """
    _engine.trim()
