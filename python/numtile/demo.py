"""The main job: a picture larger than its memory budget, converted from RGB to CMYK from disk to disk.

A 17×17×17 table of CMYK values is interpolated trilinearly: the four high bits of each colour choose a cell of the
table, the four low bits the place inside it. The conversion is one function that runs on NumPy and on numtile.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _confine
from ._units import parse_size, size_text

Bytes = npt.NDArray[np.uint8]

MB = 1_000_000
MIB = 1 << 20
NODES = 17
# What a process may hold besides the budget: the interpreter, NumPy and numtile themselves.
FOOTPRINT = 100 * MB
PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg", "retina.jpg")


# ---- the job ---------------------------------------------------------------------------------------------------


def convert(xp: Any, picture: Any, table: Any) -> Any:
    """RGB to CMYK for uint8 pictures of shape (..., 3): ``xp`` is numpy or numtile, and the bits are the same.

    Interpolating one axis after the other keeps all but the last step inside 16 bits: 255·16·16 = 65280.
    """
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    cell = (red >> 4).astype(xp.uint16) * 289 + (green >> 4).astype(xp.uint16) * 17 + (blue >> 4)

    def corner(offset: int) -> Any:
        return xp.take(table, cell + offset, axis=0).astype(xp.uint16)

    def between(low: Any, high: Any, colour: Any) -> Any:
        place = (colour & 15).astype(low.dtype)[..., None]
        return low * (16 - place) + high * place

    def face(offset: int) -> Any:
        near = between(corner(offset), corner(offset + 1), blue)
        far = between(corner(offset + 17), corner(offset + 18), blue)
        return between(near, far, green).astype(xp.uint32)

    return ((between(face(0), face(289), red) + 2048) >> 12).astype(xp.uint8)


def cmyk_table() -> Bytes:
    """CMYK at the nodes 0, 16, ..., 256 of each colour as (4913, 4): complements, with the grey part moved to black."""
    level = np.minimum(np.arange(NODES) * 16, 255) / 255
    rgb = np.stack(np.meshgrid(level, level, level, indexing="ij"), axis=-1)
    ink = 1 - rgb
    grey = ink.min(axis=-1, keepdims=True)
    black = grey**1.5  # light greys stay mostly coloured ink, shadows become black
    colours = (ink - black) / np.maximum(1 - black, 1e-9)
    cmyk = np.concatenate([np.clip(colours, 0, 1), black], axis=-1)
    table: Bytes = np.rint(cmyk * 255).astype(np.uint8).reshape(NODES**3, 4)
    return table


def to_rgb(cmyk: Bytes) -> Bytes:
    """CMYK shown on a screen, by the simple formula."""
    light = 255 - cmyk.astype(np.uint32)
    return ((light[..., :3] * light[..., 3:] + 127) // 255).astype(np.uint8)


# ---- the picture -----------------------------------------------------------------------------------------------


def load_photographs() -> list[Bytes]:
    """The photographs that scikit-image carries in its package, as RGB."""
    try:
        from PIL import Image

        folder = resources.files("skimage") / "data"
    except ImportError as error:
        raise ImportError("the demonstration needs photographs and a PNG writer: pip install 'numtile[demo]'") from error
    photographs = []
    for name in PHOTOGRAPHS:
        with resources.as_file(folder / name) as path:
            if path.exists():
                with Image.open(path) as image:
                    photographs.append(np.asarray(image.convert("RGB")))
    if not photographs:
        raise FileNotFoundError("found no photographs in the installed scikit-image")
    return photographs


def picture_shape(size: int) -> tuple[int, int, int]:
    """Height, width and colours of a picture of about this many bytes, five units wide and four high."""
    width = max(16, int((size / 3 * 5 / 4) ** 0.5))
    return max(16, size // (3 * width)), width, 3


def picture_rows(shape: tuple[int, int, int], photographs: list[Bytes], seed: int = 1) -> Iterator[Bytes]:
    """The picture from top to bottom, some rows at a time: shifted, flipped and graded photographs, no two alike."""
    height, width, _ = shape
    side = min(512, width, height)
    random = np.random.default_rng(seed)
    # Continued at their edges, so that a block may be cut anywhere.
    photographs = [np.pad(photograph, ((0, side), (0, side), (0, 0)), "wrap") for photograph in photographs]
    seen: set[int] = set()
    for top in range(0, height, side):
        rows = np.empty((min(side, height - top), width, 3), np.uint8)
        for left in range(0, width, side):
            block = _new_block(random, photographs, side, seen)
            part = rows[:, left : left + side]
            part[...] = block[: part.shape[0], : part.shape[1]]
        yield rows


def _new_block(random: np.random.Generator, photographs: list[Bytes], side: int, seen: set[int]) -> Bytes:
    while True:
        block = _block(random, photographs, side)
        mark = zlib.crc32(block.data)
        if mark not in seen:
            seen.add(mark)
            return block


def _block(random: np.random.Generator, photographs: list[Bytes], side: int) -> Bytes:
    photograph = photographs[random.integers(len(photographs))]
    down, right = (int(random.integers(length - side + 1)) for length in photograph.shape[:2])
    flips = tuple(slice(None, None, int(step)) for step in random.integers(2, size=2) * 2 - 1)
    part = photograph[down : down + side, right : right + side][flips]
    block = np.empty((side, side, 3), np.uint8)
    for colour, gain in enumerate(random.uniform(0.7, 1.2, size=3)):
        grade = np.clip(np.arange(256) * gain, 0, 255).astype(np.uint8)
        block[..., colour] = grade[part[..., colour]]
    return block


def write_picture(path: Path, shape: tuple[int, int, int]) -> None:
    """Writes the picture as .npy without ever holding more than a strip of it."""
    photographs = load_photographs()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    meter = Meter("making the picture", shape[0] * shape[1] * shape[2])
    done = 0
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for rows in picture_rows(shape, photographs):
            rows.tofile(file)
            done += rows.nbytes
            meter.show(done)
    meter.finish(done)


# ---- the confined process --------------------------------------------------------------------------------------


def confined_main(job: dict[str, Any]) -> None:
    """What the child process does; it tells its parent in lines of JSON."""
    import numtile as nt

    nt.config(memory=job["memory"], **({"threads": job["threads"]} if job["threads"] else {}))
    nt.config(progress=lambda state: _confine.tell(done=state.bytes_done, total=state.bytes_total))
    _confine.ready()
    _confine.limit_private_memory(job["memory"] + FOOTPRINT)
    picture = nt.open(job["picture"])
    result = convert(nt, picture, nt.asarray(cmyk_table()))
    _confine.tell(plan=str(nt.explain(result, save=True)))
    started = time.perf_counter()
    nt.save(job["cmyk"], result)
    seconds = time.perf_counter() - started
    run = nt.last_run()
    _confine.tell(seconds=seconds, projected=run.projected_peak if run else 0)


def run_confined(job: dict[str, Any], group: _confine.Group | None) -> _confine.Seen:
    """Runs the conversion in a child process, showing its plan and its progress."""
    meter = Meter("converting", 1)

    def hear(said: dict[str, Any]) -> None:
        if "plan" in said:
            print_plan(said["plan"])
        elif "done" in said:
            meter.total = said["total"]
            meter.show(said["done"])

    seen = _confine.follow([sys.executable, "-m", "numtile.demo", json.dumps(job)], group, hear)
    meter.finish()
    if seen.returncode != 0:
        killed = " (killed for exceeding its memory limit)" if group is not None and group.kills() else ""
        raise RuntimeError(f"the conversion failed{killed}:\n{seen.complaints}")
    return seen


@contextlib.contextmanager
def enforcement(memory: int) -> Iterator[tuple[_confine.Group | None, str]]:
    """A memory cgroup where one is permitted, and a sentence about what is enforced."""
    limit = memory + FOOTPRINT
    rlimit = "RLIMIT_DATA" if sys.platform == "linux" else ""
    with contextlib.ExitStack() as stack:
        group, how = None, rlimit or "nothing: this operating system offers no limit we can set"
        try:
            group = stack.enter_context(_confine.memory_group(limit))
            how = f"a memory cgroup (v{group.version}) of {size_text(limit)}, swap off, and {rlimit}"
        except (_confine.NotPermitted, OSError) as error:
            if rlimit:
                how = f"{rlimit}; a memory cgroup is not permitted here ({error})"
        yield group, how


# ---- checking --------------------------------------------------------------------------------------------------


def differing_rows(picture: Path, cmyk: Path, count: int = 48) -> tuple[int, int]:
    """How many sampled rows differ from plain NumPy in any bit, and how many were sampled."""
    before, after = np.load(picture, mmap_mode="r"), np.load(cmyk, mmap_mode="r")
    if after.shape != (*before.shape[:2], 4) or after.dtype != np.uint8:
        raise ValueError(f"the result has shape {after.shape} and type {after.dtype}")
    height = before.shape[0]
    chosen = np.random.default_rng(7).choice(height, size=min(count, height), replace=False)
    rows = np.unique(np.append(chosen, [0, height - 1]))
    table = cmyk_table()
    wrong = sum(not np.array_equal(convert(np, np.array(before[row]), table), after[row]) for row in rows)
    return wrong, len(rows)


def numpy_need(shape: tuple[int, int, int]) -> int:
    """Bytes that NumPy would need for the whole picture: measured on a small one, and scaled."""
    sample = np.random.default_rng(3).integers(0, 256, (256, 256, 3), np.uint8)
    table = cmyk_table()
    tracemalloc.start()
    result = convert(np, sample, table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    pixels = sample.shape[0] * sample.shape[1]
    return int((peak + sample.nbytes) * shape[0] * shape[1] // pixels)


def write_before_after(picture: Path, cmyk: Path, to: Path, width: int = 480) -> None:
    """A small PNG: a part of the picture on the left, the same from its CMYK on the right; below them the whole."""
    from PIL import Image

    before, after = np.load(picture, mmap_mode="r"), np.load(cmyk, mmap_mode="r")
    step = max(1, before.shape[1] // width)
    small = [np.array(a[::step, ::step][: width * 4 // 5, :width]) for a in (before, after)]
    detail = [np.array(a[: width * 4 // 5, :width]) for a in (before, after)]
    rows = [np.concatenate([pair[0], to_rgb(pair[1])], axis=1) for pair in (detail, small)]
    narrow = min(row.shape[1] for row in rows)
    Image.fromarray(np.concatenate([row[:, :narrow] for row in rows])).save(to)


# ---- the story -------------------------------------------------------------------------------------------------


class Meter:
    """One line of progress, rewritten on a terminal and silent elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self.total = total
        self._what = what
        self._started = time.monotonic()
        self._shown = 0.0
        self._live = sys.stdout.isatty()

    def show(self, done: int) -> None:
        now = time.monotonic()
        if not self._live or now - self._shown < 0.1:
            return
        self._shown = now
        part = done / max(1, self.total)
        rate = done / MB / max(1e-9, now - self._started)
        bar = "█" * int(30 * part) + "·" * (30 - int(30 * part))
        print(f"\r  {self._what} {bar} {part:4.0%}  {rate:5.0f} MB/s ", end="", flush=True)

    def finish(self, done: int | None = None) -> None:
        if self._live and self._shown:
            print("\r" + " " * 78 + "\r", end="")
        if done is not None:
            seconds = time.monotonic() - self._started
            print(f"  {done / MB:,.0f} MB in {seconds:.1f} s, {done / MB / max(seconds, 1e-9):,.0f} MB/s")


def print_plan(plan: str) -> None:
    """The plan, with lines that repeat counted instead of shown."""
    print("The plan, before a byte is read:")
    for line, times in Counter(plan.rstrip().splitlines()).items():
        print(f"  | {line}" + (f"  ({times} times)" if times > 1 else ""))


def main(
    size: int | str = "1GB",
    memory: int | str = "256MB",
    dir: str | os.PathLike[str] | None = None,
    keep: bool = False,
    threads: int | None = None,
) -> int:
    """Runs the demonstration in a directory (default: the current one); 0 when every sampled row agrees with NumPy."""
    base = Path.cwd() if dir is None else Path(dir)
    base.mkdir(parents=True, exist_ok=True)
    shape = picture_shape(parse_size(size))
    need, free = shape[0] * shape[1] * 7 + 64 * MIB, shutil.disk_usage(base).free
    if free < need:
        raise OSError(28, f"the demonstration needs {size_text(need)}, but {size_text(free)} are free; see --size", str(base))
    work = Path(tempfile.mkdtemp(prefix="numtile-demo-", dir=base))
    try:
        return _demonstrate(base, work, shape, parse_size(memory), threads)
    finally:
        if keep:
            print(f"Kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


def _demonstrate(base: Path, work: Path, shape: tuple[int, int, int], memory: int, threads: int | None) -> int:
    pixels = shape[0] * shape[1]
    picture, cmyk = work / "picture.npy", work / "cmyk.npy"
    print(f"numtile demo: RGB → CMYK for a picture of {shape[1]} × {shape[0]} pixels, {size_text(pixels * 3)} on disk,")
    print(f"  through a 17×17×17 table with trilinear interpolation, within {size_text(memory)} of memory.")
    print()
    print("The picture, from photographs that no two blocks share:")
    write_picture(picture, shape)
    with enforcement(memory) as (group, how):
        print(f"Enforced by the operating system: {how}")
        print(f"  ({size_text(memory)} budget + {size_text(FOOTPRINT)} for Python, NumPy and numtile themselves)")
        job = {"picture": str(picture), "cmyk": str(cmyk), "memory": memory, "threads": threads}
        seen = run_confined(job, group)
    report(seen, shape, memory)
    wrong, sampled = differing_rows(picture, cmyk)
    print(f"  against plain NumPy: {sampled} sampled rows, " + (f"{wrong} DIFFER" if wrong else "every bit equal"))
    png = base / "numtile-demo.png"
    write_before_after(picture, cmyk, png)
    print(f"Before and after: {png}")
    return 1 if wrong else 0


def report(seen: _confine.Seen, shape: tuple[int, int, int], memory: int) -> None:
    pixels = shape[0] * shape[1]
    moved, seconds, footprint = pixels * 7, seen.said["seconds"], seen.said["footprint"]
    print("Done:")
    print(f"  read {size_text(pixels * 3)}, written {size_text(pixels * 4)} in {seconds:.1f} s: {moved / MB / seconds:,.0f} MB/s")
    print(f"  memory projected  {size_text(seen.said['projected']):>8}  of {size_text(memory)}")
    if footprint is not None and seen.watch.peak:
        used = max(0, seen.watch.peak - footprint)
        print(f"  memory measured   {size_text(used):>8}  above the {size_text(footprint)} that Python started with")
    print(f"  NumPy would need  {size_text(numpy_need(shape)):>8}  for the same expression")


if __name__ == "__main__":
    confined_main(json.loads(sys.argv[1]))
