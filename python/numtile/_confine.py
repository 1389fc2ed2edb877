"""Running a process inside a memory limit that the operating system enforces, and watching it from outside.

Two ways, both used where they are to be had: a memory cgroup (version 1 or 2; needs the right to make one) bounds
everything, page cache included; ``RLIMIT_DATA`` bounds the private writable memory of a Linux process.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

MIB = 1 << 20
#: What a process may hold besides the budget: the interpreter, NumPy and numtile themselves.
FOOTPRINT = 100 * MIB

_V1 = Path("/sys/fs/cgroup/memory")
_V2 = Path("/sys/fs/cgroup")


class NotPermitted(OSError):
    """This machine does not let us make a memory cgroup."""


@dataclass(frozen=True)
class Group:
    """A memory cgroup of our own."""

    path: Path
    version: int

    def add(self, pid: int) -> None:
        """Moves a process into the group; its children follow."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def kills(self) -> int:
        """How many processes the group's limit has killed."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        for line in (self.path / name).read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == "oom_kill":
                return int(value)
        return 0


@contextlib.contextmanager
def memory_group(limit: int) -> Iterator[Group]:
    """A memory cgroup with this limit and no swap, removed afterwards. Raises NotPermitted where there is none."""
    group = _make_group(limit)
    try:
        yield group
    finally:
        _remove(group.path)


def _make_group(limit: int) -> Group:
    name = f"numtile-{os.getpid()}-{time.monotonic_ns()}"
    problems = []
    for version, path in ((1, _own_group(1) / name), (2, _own_group(2) / name)):
        try:
            path.mkdir()
        except OSError as error:
            problems.append(f"cgroup v{version}: {error.strerror or error}")
            continue
        try:
            _set_limit(path, version, limit)
            return Group(path, version)
        except OSError as error:
            _remove(path)
            problems.append(f"cgroup v{version}: {error.strerror or error}")
    raise NotPermitted("; ".join(problems))


def _own_group(version: int) -> Path:
    """The cgroup that this process is in: a group made inside it never grants more than we have."""
    root = _V1 if version == 1 else _V2
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, name = line.split(":", 2)
            ours = "memory" in controllers.split(",") if version == 1 else controllers == ""
            if ours and (root / name.lstrip("/")).is_dir():  # not so where a container hides the outer part
                return root / name.lstrip("/")
    return root


def _set_limit(path: Path, version: int, limit: int) -> None:
    if version == 1:
        (path / "memory.limit_in_bytes").write_text(str(limit))
        optional = {"memory.memsw.limit_in_bytes": str(limit), "memory.swappiness": "0"}
    else:
        (path / "memory.max").write_text(str(limit))
        optional = {"memory.swap.max": "0"}
    for name, value in optional.items():
        with contextlib.suppress(OSError):  # absent where the kernel accounts no swap
            (path / name).write_text(value)


def _remove(path: Path) -> None:
    """Removes a group; the kernel needs a moment to forget the processes that ended in it."""
    for _ in range(50):
        try:
            path.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.02)


def private_writable(pid: int | str = "self") -> int | None:
    """Bytes that RLIMIT_DATA counts for a process; None where that is not known."""
    return _status(pid, "VmData:")


def anonymous(pid: int | str = "self") -> int | None:
    """Bytes of anonymous memory that a process holds; None where that is not known."""
    return _status(pid, "RssAnon:")


def _status(pid: int | str, field: str) -> int | None:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def limit_private_memory(more: int) -> int | None:
    """Lets this process grow by ``more`` bytes of private writable memory and no further.

    Returns the limit set, or None where the operating system offers none.
    """
    if sys.platform != "linux":
        return None
    import resource

    now = private_writable()
    if now is None:
        return None
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (now + more, now + more))
    except (ValueError, OSError):
        return None
    return now + more


class Watch:
    """Samples the anonymous memory of a process from a thread of the watcher and remembers the peak."""

    def __init__(self, pid: int, interval: float = 0.002) -> None:
        self.peak = 0
        self.samples = 0
        self.longest_gap = 0.0
        self._pid = pid
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def restart(self) -> None:
        """Forgets the peak so far."""
        self.peak = self.samples = 0
        self.longest_gap = 0.0

    def _run(self) -> None:
        _be_punctual()
        before = time.monotonic()
        while not self._stop.wait(self._interval):
            now = anonymous(self._pid)
            if now is None:
                return
            self.peak = max(self.peak, now)
            moment = time.monotonic()
            if self.samples:
                self.longest_gap = max(self.longest_gap, moment - before)
            before = moment
            self.samples += 1


def _be_punctual() -> None:
    """For those who may: this thread runs when it is due, though all cores are busy."""
    thread = threading.get_native_id()
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, thread, -15)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(1))


# ---- a child process that is watched ---------------------------------------------------------------------------


def tell(**what: Any) -> None:
    """In the child: a line of JSON for whoever watches."""
    print(json.dumps(what), flush=True)


def ready() -> None:
    """In the child, once everything is imported: states the footprint and waits to be confined."""
    tell(footprint=anonymous())
    sys.stdin.readline()


@dataclass(frozen=True)
class Seen:
    """What a watched process said (the last word on each subject) and how it was seen from outside."""

    said: dict[str, Any]
    watch: Watch
    returncode: int
    complaints: str


@dataclass(frozen=True)
class Promise:
    """What was promised of the memory of a confined process, and what was seen of it, in bytes."""

    #: Held before the work began.
    footprint: int
    #: Held beyond it at the worst moment.
    measured: int
    #: What the plan allowed for.
    projected: int
    budget: int

    @classmethod
    def of(cls, seen: Seen, budget: int) -> Promise:
        """Of a process that told its footprint and what was projected."""
        footprint = seen.said["footprint"]
        return cls(footprint, max(0, seen.watch.peak - footprint), seen.said["projected"], budget)

    def broken(self, may_idle: bool = False) -> list[str]:
        """Which aims were missed; with ``may_idle`` less may have been used than was projected."""
        aims = {
            "footprint ≤ 100 MiB": self.footprint <= FOOTPRINT,
            "measured ≤ projected": self.measured <= self.projected,
            "projected ≤ budget": self.projected <= self.budget,
            "projected ≤ 1.5 × measured + 16 MiB": may_idle or self.projected <= 1.5 * self.measured + 16 * MIB,
        }
        return [aim for aim, reached in aims.items() if not reached]

    def __str__(self) -> str:
        sizes = {"footprint": self.footprint, "measured": self.measured, "projected": self.projected, "budget": self.budget}
        return ", ".join(f"{name} {size / MIB:.1f}" for name, size in sizes.items()) + " MiB"


def follow(
    command: Sequence[str],
    group: Group | None = None,
    hear: Callable[[dict[str, Any]], None] = lambda said: None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Seen:
    """Runs a child that calls ``ready`` and then works; it joins the group, and the watch begins, in between.

    A child that takes longer than ``timeout`` seconds is killed.
    """
    story: dict[str, Any] = {}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as child:
        assert child.stdin and child.stdout and child.stderr
        complaints = _drain(child.stderr)
        try:
            with _killed_after(timeout, child), Watch(child.pid) as watch:
                for line in child.stdout:
                    said = json.loads(line)
                    story.update(said)
                    if "footprint" in said:
                        if group is not None:
                            group.add(child.pid)
                        watch.restart()
                        child.stdin.write(b"go\n")
                        child.stdin.flush()
                    hear(said)
        except BaseException:
            child.kill()
            raise
    return Seen(story, watch, child.returncode, complaints())


@contextlib.contextmanager
def _killed_after(seconds: float | None, child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills a child that is not done in time."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, child.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _drain(pipe: IO[bytes]) -> Callable[[], str]:
    """Reads a pipe in the background so that it never fills; the answer gives all of it at the end."""
    lines: list[bytes] = []
    thread = threading.Thread(target=lambda: lines.extend(pipe), daemon=True)
    thread.start()

    def everything() -> str:
        thread.join(timeout=5)
        return b"".join(lines).decode(errors="replace")

    return everything
