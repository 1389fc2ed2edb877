"""Plans as objects: what ``nt.explain`` gives back, and what ``nt.last_run`` knows of each pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._engine import PlanDescription

__all__ = ["Plan"]


@dataclass(frozen=True)
class PlannedSource:
    """An array that a plan reads."""

    #: Its file, or what it is.
    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    #: True for arrays in memory, which are read in place.
    in_memory: bool


@dataclass(frozen=True)
class PlannedHeld:
    """A result of one pass that later ones read."""

    #: The operation that makes it.
    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    #: True when it goes through a file in the scratch directory, not through memory.
    in_scratch: bool
    #: The index in ``Plan.passes`` of the pass that makes it, and of the last one that reads it.
    made_by: int
    last_use: int


@dataclass(frozen=True)
class PlannedResult:
    """A result of a plan."""

    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    #: True when it is written to a file.
    in_file: bool
    #: The index in ``Plan.passes`` of the pass that makes it.
    made_by: int


@dataclass(frozen=True)
class PassReport:
    """What a pass did."""

    #: The names of its operators, and how often each occurs.
    operators: tuple[tuple[str, int], ...]
    #: Seconds from its start to its end.
    seconds: float
    #: Bytes read from files.
    bytes_read: int
    #: Bytes written to files.
    bytes_written: int
    #: Seconds that threads were busy reading and assembling tiles, computing and writing; of all threads together.
    reading: float
    computing: float
    writing: float


@dataclass(frozen=True)
class PassRehearsal:
    """What a pass held when its tiles were gone over without data."""

    #: How many tiles were gone over.
    tiles: int
    #: The most bytes of buffers that were there at once, results held for other passes included.
    peak: int
    #: The bytes that were reserved for buffers.
    reserved: int


@dataclass(frozen=True)
class Pass:
    """One walk over an iteration space, tile by tile."""

    #: The iteration space, how many tiles it is cut into, and the shape of a whole one.
    shape: tuple[int, ...]
    tiles: int
    tile: tuple[int, ...]
    #: How many tiles may be in flight at once, and how many threads compute.
    in_flight: int
    threads: int
    #: The most bytes that the pass itself holds.
    peak: int
    #: Bytes that it is to read from and to write to files.
    bytes_read: int
    bytes_written: int
    #: The names of its operators, and how often each occurs.
    operators: tuple[tuple[str, int], ...]
    #: What it reads: indices in ``Plan.sources`` and in ``Plan.held``.
    sources: tuple[int, ...]
    held: tuple[int, ...]
    #: What it does, in order: a verb, and to what.
    steps: tuple[tuple[str, str], ...]
    #: What it did, in the plan of a run.
    measured: PassReport | None
    #: What was found, in a plan that was rehearsed.
    rehearsed: PassRehearsal | None


@dataclass(frozen=True, repr=False)
class Plan:
    """What an evaluation is to do, or did: passes over tiles, in order.

    ``print`` shows it as text, a notebook as a picture, which ``svg()`` gives as well. The attributes hold the same as plain
    data; sizes are in bytes.
    """

    #: The memory budget, and the most that is held.
    budget: int
    projected_peak: int
    #: Bytes to read from and to write to files.
    bytes_read: int
    bytes_written: int
    #: Bytes that must be read and written at least: what is looked at of each file, once, and results in files.
    bytes_minimum: int
    #: The most bytes of scratch in use at once.
    scratch_bytes: int
    passes: tuple[Pass, ...]
    #: What passes leave for later ones.
    held: tuple[PlannedHeld, ...]
    results: tuple[PlannedResult, ...]
    _description: PlanDescription = field(compare=False)

    @cached_property
    def sources(self) -> tuple[PlannedSource, ...]:
        """What the plan reads."""
        return tuple(PlannedSource(**each) for each in self._description.sources())

    def __str__(self) -> str:
        return self._description.text()

    __repr__ = __str__

    def __contains__(self, text: str) -> bool:
        """Whether the plan's text says this."""
        return text in str(self)

    def svg(self) -> str:
        """The plan as a picture: the text of an SVG file that needs nothing else.

        >>> picture = nt.explain(nt.ones((1000, 1000)).sum(axis=0)).svg()
        >>> picture.startswith("<svg")
        True
        """
        return self._description.svg()

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return f"<div>{self.svg()}<details><summary>as text</summary><pre>{escape(str(self))}</pre></details></div>"


def plan_of(description: PlanDescription) -> Plan:
    """The plan that the engine describes."""
    data = description.data()
    parts: dict[str, Any] = {
        "passes": tuple(_pass_of(each) for each in data["passes"]),
        "held": tuple(PlannedHeld(**each) for each in data["held"]),
        "results": tuple(PlannedResult(**each) for each in data["results"]),
    }
    return Plan(**data | parts, _description=description)


def _pass_of(data: dict[str, Any]) -> Pass:
    measured, rehearsed = data["measured"], data["rehearsed"]
    parts: dict[str, Any] = {
        "measured": measured and PassReport(operators=data["operators"], **measured),
        "rehearsed": rehearsed and PassRehearsal(**rehearsed),
    }
    return Pass(**data | parts)
