"""Intermediate results that do not fit the budget wait in scratch: the answers are the same, and nothing is left behind."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import numtile as nt

MB = 1 << 20
SHAPE = (1500, 1000)

#: Expressions that hold more between passes than a budget of 8 MB has room for, with what NumPy says of them.
EXPRESSIONS = {
    "pair means": lambda xp, x: x.reshape(-1, 2) - x.reshape(-1, 2).mean(axis=1, keepdims=True),
    "minima along a short axis": lambda xp, x: x.reshape(-1, 2).min(axis=1) * 2,
    "a reduction of a reduction": lambda xp, x: x.reshape(-1, 2, 2).max(axis=1).min(axis=1) + x.reshape(-1, 4)[:, 0],
    "two held at once": lambda xp, x: x.reshape(-1, 2).max(axis=1) - x.reshape(-1, 2).min(axis=1)[::-1],
    "rows across": lambda xp, x: xp.minimum.accumulate(x.T.reshape(-1, 100), axis=1) + 1,
    "across, then reduced": lambda xp, x: x.T.reshape(-1, 3).max(axis=1),
    "selected rows, selected again": lambda xp, x: _selected_twice(xp, x),
    "carries of many sequences": lambda xp, x: xp.maximum.accumulate(x.T.reshape(1000, -1, 1)[:600, :, 0], axis=0),
}


def _selected_twice(xp, x):
    flat = x.reshape(-1)
    once = flat[flat > -1]
    return once[::-1][once > 0]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("scratch") / "x.npy"
    np.save(path, np.random.default_rng(5).integers(-9, 10, SHAPE).astype(float))
    return path


@pytest.fixture(autouse=True)
def _own_scratch(tmp_path):
    (tmp_path / "scratch").mkdir()
    with nt.config(scratch=tmp_path / "scratch"):
        yield
        assert not os.listdir(tmp_path / "scratch")
    assert nt._engine.scratch_in_use() == 0


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_same_bits_at_every_budget(name, source, tmp_path):
    expression = EXPRESSIONS[name]
    x = np.load(source)
    want = expression(np, x)
    for memory in (7 * MB, 8 * MB, 12 * MB, 256 * MB):
        for threads in (1, 2, 5):
            nt.config(memory=memory, threads=threads)
            got = expression(nt, nt.open(source))
            nt.save(tmp_path / "y.npy", got)
            run = nt.last_run()
            np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), want)
            assert run.measured_peak <= run.projected_peak <= memory


@pytest.mark.parametrize("tile", [(1, 1), (300, 70), (64, 1000)])
def test_same_bits_for_forced_tiles(tile, source, tmp_path):
    nt.config(memory=12 * MB)
    x = np.load(source)
    for name in ("pair means", "across, then reduced"):
        nt._engine._force_tile(tile)
        nt.save(tmp_path / "y.npy", EXPRESSIONS[name](nt, nt.open(source)))
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), EXPRESSIONS[name](np, x))


def test_scratch_is_used_where_memory_is_short_and_only_there(source):
    x = nt.open(source).reshape(-1, 2)
    y = x - x.mean(axis=1, keepdims=True)
    with nt.config(memory=8 * MB):
        assert "to scratch" in str(nt.explain(y, save=True))
    with nt.config(memory=256 * MB):
        assert "to scratch" not in str(nt.explain(y, save=True))


def test_evaluations_of_arrays_in_memory_have_scratch_of_their_own():
    """Plans for such arrays serve again, but not with the scratch of others."""
    nt.config(memory=8 * MB, threads=2)
    arrays = [np.random.default_rng(seed).integers(-9, 10, (700_000, 2)).astype(float) for seed in range(6)]
    wanted = [a - a.mean(axis=1, keepdims=True) for a in arrays]

    def centred(number):
        a = nt.asarray(arrays[number])
        return np.asarray(a - a.mean(axis=1, keepdims=True))

    for number, want in enumerate(wanted):
        np.testing.assert_array_equal(centred(number), want)
        run = nt.last_run()
        assert run.scratch_peak >= want.nbytes // 2
        assert nt._engine.scratch_in_use() == 0
    with ThreadPoolExecutor(3) as pool:
        for got, want in zip(pool.map(centred, range(6)), wanted, strict=True):
            np.testing.assert_array_equal(got, want)


def test_the_limit_is_kept(source, tmp_path):
    x = nt.open(source).reshape(-1, 2)
    y = x - x.mean(axis=1, keepdims=True)
    with nt.config(memory=8 * MB, scratch_limit="1MB"), pytest.raises(OSError, match=r"scratch_limit is 1000000 bytes") as raised:
        nt.save(tmp_path / "y.npy", y)
    assert raised.value.errno == errno.ENOSPC
    assert os.listdir(tmp_path) == ["scratch"]
    with nt.config(memory=8 * MB, scratch_limit="100MB") as config:
        assert config.scratch_limit == 100_000_000
        nt.save(tmp_path / "y.npy", y)


def test_memory_is_no_scratch(source, tmp_path):
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no file system in memory here")
    x = nt.open(source).reshape(-1, 2)
    with nt.config(memory=8 * MB, scratch="/dev/shm"), pytest.raises(OSError, match="lies in memory"):
        nt.save(tmp_path / "y.npy", x - x.mean(axis=1, keepdims=True))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB."""
    image, mounted = tmp_path / "image", tmp_path / "mounted"
    mounted.mkdir()
    with open(image, "wb") as file:
        file.truncate(8 * MB)
    for command in (["mkfs.ext4", "-q", "-F", image], ["mount", "-o", "loop", image, mounted]):
        if not shutil.which(command[0]) or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"{command[0]} is not permitted here")
    yield mounted
    subprocess.run(["umount", mounted], check=True)


def test_a_full_disk(small_disk, source, tmp_path):
    target = tmp_path / "y.npy"
    np.save(target, np.arange(3))
    x = nt.open(source).reshape(-1, 2)
    y = x - x.mean(axis=1, keepdims=True)
    free = os.statvfs(small_disk).f_bfree
    with nt.config(memory=8 * MB, scratch=small_disk):
        (small_disk / "filler").write_bytes(bytes(4 * MB))
        with pytest.raises(OSError, match="the disk has only") as raised:
            nt.save(target, y)
        assert raised.value.errno == errno.ENOSPC
        np.testing.assert_array_equal(np.load(target), np.arange(3))
        (small_disk / "filler").unlink()
        nt.save(target, y)
    values = np.load(source).reshape(-1, 2)
    np.testing.assert_array_equal(np.load(target), values - values.mean(axis=1, keepdims=True))
    assert os.statvfs(small_disk).f_bfree == free
    assert sorted(os.listdir(tmp_path)) == ["image", "mounted", "scratch", "y.npy"]


CHILD = """
    import sys, numtile as nt
    nt.config(memory="8MB", scratch=sys.argv[2])
    x = nt.open(sys.argv[1]).reshape(-1, 2)
    y = x - x.mean(axis=1, keepdims=True)
    print("ready", flush=True)
    while True:
        nt.save(sys.argv[3], y)
"""


def test_nothing_is_left_of_a_killed_process(small_disk, tmp_path):
    """Its scratch is gone at once, and what it was writing with the next file of that name."""
    path, target = tmp_path / "half.npy", tmp_path / "y.npy"
    np.save(path, np.random.default_rng(1).standard_normal((700, 1000)))
    before = os.statvfs(small_disk).f_bfree
    command = [sys.executable, "-c", textwrap.dedent(CHILD), path, small_disk, target]
    used = False
    for _ in range(20):
        child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE)
        child.stdout.readline()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and os.statvfs(small_disk).f_bfree == before:
            pass
        used = os.statvfs(small_disk).f_bfree < before
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        if used:
            break
    assert used, "no scratch was seen"
    assert os.statvfs(small_disk).f_bfree == before
    assert [name for name in os.listdir(small_disk) if name != "lost+found"] == []
    with nt.config(memory=8 * MB):
        nt.save(target, nt.open(path) + 1)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
