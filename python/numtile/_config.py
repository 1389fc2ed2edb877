"""The budget, the threads and the displays: ``nt.config`` and the environment."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _engine, _progress
from ._units import parse_size, size_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import EllipsisType, TracebackType

__all__ = ["config"]


@dataclass(frozen=True)
class _Settings:
    """What is in force."""

    memory: int
    threads: int
    scratch: str
    progress: bool | Callable[[_progress.Progress], object] | None


_lock = threading.RLock()
_scratch: str | None = None
_shown: bool | Callable[[_progress.Progress], object] | None = None


class config:
    """Sets and shows what bounds the work. Arguments left out stay as they are.

    - ``memory``: the budget for everything the engine holds, as bytes or text ("512MB", "2GiB"). Default: half of what
      the process may use.
    - ``threads``: how many threads compute. Default: the processors that the process may use.
    - ``scratch``: the directory for intermediate results that do not fit the budget.
    - ``progress``: ``True`` or ``False`` to show progress or not; a callable that is given a ``numtile.Progress`` now
      and then; ``None`` for the default: shown on terminals and in notebooks when work takes longer than a second.

    As a call it changes the settings of the process; as a context manager it puts them back in the end::

        nt.config(memory="512MB", threads=4)
        with nt.config(memory="64MB"):
            ...

    The environment sets the same: NUMTILE_MEMORY, NUMTILE_THREADS and NUMTILE_SCRATCH.
    """

    def __init__(
        self,
        *,
        memory: int | str | None = None,
        threads: int | None = None,
        scratch: str | os.PathLike[str] | None = None,
        progress: bool | Callable[[_progress.Progress], object] | None | EllipsisType = ...,
    ) -> None:
        with _lock:
            self._before = _current()
            _apply(
                None if memory is None else _checked_memory(memory),
                None if threads is None else _checked_threads(threads),
                None if scratch is None else _checked_directory(scratch),
                progress,
            )

    def __enter__(self) -> config:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        before = self._before
        with _lock:
            _apply(before.memory, before.threads, before.scratch, before.progress)

    @property
    def memory(self) -> int:
        """The budget in bytes."""
        return _current().memory

    @property
    def threads(self) -> int:
        """How many threads compute."""
        return _current().threads

    @property
    def scratch(self) -> str:
        """The directory for intermediate results."""
        return _current().scratch

    def __repr__(self) -> str:
        now = _current()
        return f"numtile.config(memory={size_text(now.memory)!r}, threads={now.threads}, scratch={now.scratch!r})"


def _current() -> _Settings:
    import tempfile  # not at import: it loads much, and few ask

    memory, threads = _engine.configuration()
    return _Settings(memory, threads, _scratch or tempfile.gettempdir(), _shown)


def _apply(memory: int | None, threads: int | None, scratch: str | None, progress: Any) -> None:
    global _scratch, _shown
    if progress is not ...:
        _progress.show(progress)
        _shown = progress
    if scratch is not None:
        _scratch = scratch
    if memory is not None or threads is not None:
        _engine.configure(memory, threads)


def _checked_memory(memory: int | str) -> int:
    size = parse_size(memory)
    if size < 6 << 20:
        raise ValueError(f"a memory budget of {size_text(size)} is too small to compute in: the least is 6 MiB")
    return size


def _checked_threads(threads: int) -> int:
    if isinstance(threads, bool) or int(threads) != threads or not 1 <= threads <= 4096:
        raise ValueError(f"threads is a number from 1 to 4096, not {threads!r}")
    return int(threads)


def _checked_directory(path: str | os.PathLike[str]) -> str:
    directory = os.path.abspath(path)
    if not os.path.isdir(directory):
        raise NotADirectoryError(20, "the scratch directory does not exist", directory)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(13, "the scratch directory is not writable", directory)
    return directory


def read_environment() -> None:
    """Applies NUMTILE_MEMORY, NUMTILE_THREADS and NUMTILE_SCRATCH; a bad value is reported with its name."""
    given: dict[str, Any] = {}
    for name, argument in (("MEMORY", "memory"), ("THREADS", "threads"), ("SCRATCH", "scratch")):
        text = os.environ.get(f"NUMTILE_{name}")
        if text:
            given[argument] = _from_environment(f"NUMTILE_{name}", argument, text)
    if given:
        config(**given)


def _from_environment(name: str, argument: str, text: str) -> int | str:
    try:
        if argument == "memory":
            return _checked_memory(text)
        return _checked_threads(int(text)) if argument == "threads" else _checked_directory(text)
    except (ValueError, OSError) as error:
        raise ValueError(f"the environment variable {name}={text!r} is not usable: {error}") from None
