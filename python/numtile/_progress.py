"""Progress of work that takes longer than about a second: on terminals and in notebooks, silent elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from . import _engine
from ._units import size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress"]

#: Work shorter than this is not worth a display.
_PATIENCE = 1.0


@dataclass(frozen=True)
class Progress:
    """How far an evaluation has come."""

    #: Bytes read and written so far.
    bytes_done: int
    #: Bytes to be read and written in all.
    bytes_total: int
    #: Seconds since the start.
    seconds: float
    #: The greatest memory held so far, in bytes.
    peak_bytes: int

    @property
    def fraction(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return min(self.bytes_done / self.bytes_total, 1.0) if self.bytes_total else 1.0

    @property
    def rate(self) -> float:
        """Bytes per second."""
        return self.bytes_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at this rate, if that can be told."""
        return (self.bytes_total - self.bytes_done) / self.rate if self.rate > 0 else None

    def __str__(self) -> str:
        left = self.seconds_left
        ending = "" if left is None else f", {time_text(max(left, 0.0))} left"
        return (
            f"{self.fraction:4.0%} of {size_text(self.bytes_total)}, {size_text(self.rate)}/s{ending}, "
            f"peak {size_text(self.peak_bytes)}"
        )


class _TerminalLine:
    """One line at the bottom of a terminal that is written over and wiped in the end."""

    _BAR = 24

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def update(self, done: int, total: int, seconds: float, peak: int) -> None:
        progress = Progress(done, total, seconds, peak)
        filled = round(progress.fraction * self._BAR)
        line = f"[{'#' * filled}{'.' * (self._BAR - filled)}] {progress}"
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def close(self) -> None:
        self._stream.write("\r" + " " * self._width + "\r")
        self._stream.flush()


class _NotebookLine:
    """A line of output in a notebook that is updated in place."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle = display({"text/plain": ""}, raw=True, display_id=True)
        self._latest = ""

    def update(self, done: int, total: int, seconds: float, peak: int) -> None:
        self._latest = str(Progress(done, total, seconds, peak))
        self._show(self._latest)

    def close(self) -> None:
        self._show(f"done: {self._latest}" if self._latest.startswith("100%") else "")

    def _show(self, text: str) -> None:
        if self._handle is not None:
            self._handle.update({"text/plain": text}, raw=True)


class _Silent:
    """Nobody is looking."""

    def update(self, done: int, total: int, seconds: float, peak: int) -> None:
        pass

    def close(self) -> None:
        pass


class _Callback:
    """A program that wants to know."""

    def __init__(self, function: Callable[[Progress], object]) -> None:
        self._function = function

    def update(self, done: int, total: int, seconds: float, peak: int) -> None:
        self._function(Progress(done, total, seconds, peak))

    def close(self) -> None:
        pass


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def _automatic() -> Any:
    """The display that suits where the program runs."""
    if _is_notebook():
        return _NotebookLine()
    stream = sys.stderr
    return _TerminalLine(stream) if stream is not None and stream.isatty() else _Silent()


def _always() -> Any:
    if _is_notebook():
        return _NotebookLine()
    return _Silent() if sys.stderr is None else _TerminalLine(sys.stderr)


def display(how: bool | Callable[[Progress], object] | None) -> tuple[Callable[[], Any], float] | None:
    """Who starts a display, and after how many seconds of work: always, never, where somebody looks (``None``), or by
    telling a function, which is called from the start and once in the end."""
    if how is None:
        return _automatic, _PATIENCE
    if how is True:
        return _always, _PATIENCE
    if how is False:
        return _Silent, _PATIENCE
    if callable(how):
        return (lambda: _Callback(how)), 0.0
    raise TypeError(f"progress is True, False, None or a callable, not {how!r}")


def show(how: bool | Callable[[Progress], object] | None) -> None:
    """Sets how progress is shown from now on."""
    _engine.show_progress(None if how is False else display(how))
