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
    scratch_limit: int
    progress: bool | Callable[[_progress.Progress], object] | None


#: The limit of scratch that is none.
_UNLIMITED = 2**64 - 1

_lock = threading.RLock()
#: The directory that was asked for; "" for the default.
_scratch = ""
_shown: bool | Callable[[_progress.Progress], object] | None = None


class config:
    """Sets and shows what bounds the work. Arguments left out stay as they are.

    - ``memory``: the budget for everything the engine holds, as bytes or text ("512MB", "2GiB"). Default: half of what
      the process may use.
    - ``threads``: how many threads compute. Default: the processors that the process may use.
    - ``scratch``: the directory for intermediate results that do not fit the budget; "" for the default: the first
      directory for temporary files that lies on a disk. What is written there is gone when the process is, however it ends.
    - ``scratch_limit``: the most that these may take together, as bytes or text; "none" for the default: what the disk has.
    - ``progress``: ``True`` or ``False`` to show progress or not; a callable that is given a ``numtile.Progress`` now
      and then; ``None`` for the default: shown on terminals and in notebooks when work takes longer than a second.

    As a call it changes the settings of the process; as a context manager it puts them back in the end::

        nt.config(memory="512MB", threads=4)
        with nt.config(memory="64MB"):
            ...

    The environment sets the same: NUMTILE_MEMORY, NUMTILE_THREADS, NUMTILE_SCRATCH and NUMTILE_SCRATCH_LIMIT.
    """

    def __init__(
        self,
        *,
        memory: int | str | None = None,
        threads: int | None = None,
        scratch: str | os.PathLike[str] | None = None,
        scratch_limit: int | str | None = None,
        progress: bool | Callable[[_progress.Progress], object] | None | EllipsisType = ...,
    ) -> None:
        with _lock:
            self._before = _current()
            _apply(
                None if memory is None else _checked_memory(memory),
                None if threads is None else _checked_threads(threads),
                None if scratch is None else _checked_directory(scratch),
                None if scratch_limit is None else _checked_limit(scratch_limit),
                progress,
            )

    def __enter__(self) -> config:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        before = self._before
        with _lock:
            _apply(before.memory, before.threads, before.scratch, before.scratch_limit, before.progress)

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
        return str(_engine.scratch_directory())

    @property
    def scratch_limit(self) -> int | None:
        """The most bytes that intermediate results may take there; ``None`` for as many as the disk has."""
        limit = _current().scratch_limit
        return None if limit == _UNLIMITED else limit

    def __repr__(self) -> str:
        now = _current()
        limit = "" if self.scratch_limit is None else f", scratch_limit={size_text(now.scratch_limit)!r}"
        return f"numtile.config(memory={size_text(now.memory)!r}, threads={now.threads}, scratch={self.scratch!r}{limit})"


def _current() -> _Settings:
    memory, threads, scratch_limit = _engine.configuration()
    return _Settings(memory, threads, _scratch, scratch_limit, _shown)


def _apply(
    memory: int | None, threads: int | None, scratch: str | None, scratch_limit: int | None, progress: Any
) -> None:
    global _scratch, _shown
    if progress is not ...:
        _progress.show(progress)
        _shown = progress
    if scratch is not None:
        _scratch = scratch
    if any(given is not None for given in (memory, threads, scratch, scratch_limit)):
        _engine.configure(memory, threads, scratch, scratch_limit)


def _checked_memory(memory: int | str) -> int:
    size = parse_size(memory)
    if size < 6 << 20:
        raise ValueError(f"a memory budget of {size_text(size)} is too small to compute in: the least is 6 MiB")
    return size


def _checked_threads(threads: int) -> int:
    if isinstance(threads, bool) or int(threads) != threads or not 1 <= threads <= 4096:
        raise ValueError(f"threads is a number from 1 to 4096, not {threads!r}")
    return int(threads)


def _checked_limit(limit: int | str) -> int:
    return _UNLIMITED if limit == "none" else parse_size(limit)


def _checked_directory(path: str | os.PathLike[str]) -> str:
    if path == "":
        return ""
    directory = os.path.abspath(path)
    if not os.path.isdir(directory):
        raise NotADirectoryError(20, "the scratch directory does not exist", directory)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(13, "the scratch directory is not writable", directory)
    return directory


def read_environment() -> None:
    """Applies the environment's settings; a bad value is reported with its name."""
    given: dict[str, Any] = {}
    for argument in ("memory", "threads", "scratch", "scratch_limit"):
        name = argument.upper()
        text = os.environ.get(f"NUMTILE_{name}")
        if text:
            given[argument] = _from_environment(f"NUMTILE_{name}", argument, text)
    if given:
        config(**given)


def _from_environment(name: str, argument: str, text: str) -> int | str:
    try:
        if argument == "memory":
            return _checked_memory(text)
        if argument == "scratch_limit":
            return _checked_limit(text)
        return _checked_threads(int(text)) if argument == "threads" else _checked_directory(text)
    except (ValueError, OSError) as error:
        raise ValueError(f"the environment variable {name}={text!r} is not usable: {error}") from None
