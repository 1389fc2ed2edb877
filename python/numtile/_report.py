"""What the engine would do, does and did: plans, memory, the latest evaluation, and stopping those under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _engine
from ._units import size_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ._engine import Array

__all__ = ["MemoryUsage", "RunReport", "cancel", "explain", "last_run", "memory", "trim"]


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

    def __str__(self) -> str:
        rows = [("budget", self.limit), ("reserved", self.reserved)]
        rows += [(f"  by {owner}", held) for owner, held in self.by_owner.items() if held]
        rows += [("greatest reserved so far", self.peak_reserved), ("kept for reuse", self.cached)]
        rows += [(f"delivered in {self.delivered_buffers} arrays", self.delivered)]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {size_text(held):>9}" for name, held in rows)


@dataclass(frozen=True)
class RunReport:
    """What the latest evaluation did."""

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


def memory() -> MemoryUsage:
    """Who holds what of the memory budget; ``print(nt.memory())`` shows it as a table."""
    usage = _engine.memory()
    return MemoryUsage(**usage | {"by_owner": dict(usage["by_owner"])})


def last_run() -> RunReport | None:
    """What the latest evaluation did, if there was one."""
    report = _engine.last_run()
    return None if report is None else RunReport(**report)


def explain(*arrays: ArrayLike | Array, save: bool = False) -> str:
    """The plan for computing the arrays together: passes, tile shapes, bytes read and written, projected peak memory.

    With ``save`` the plan for writing them to files, otherwise for delivering them in memory. Nothing is computed but the
    counts of masks that select, on which shapes depend. A plan that cannot fit the memory budget raises the
    ``MemoryError`` that computing would.
    """
    return _engine.explain([_engine.asarray(array) for array in arrays], save)


def cancel() -> None:
    """Stops every evaluation that is running now, whichever thread it runs in; each raises ``numtile.CancelledError``.

    For other threads than the one that computes; in the main thread Ctrl-C does the same with ``KeyboardInterrupt``.
    """
    _engine.cancel()


def trim() -> None:
    """Gives memory of freed results and buffers that is kept for reuse back to the operating system."""
    _engine.trim()
