"""Bad input: each mistake gets its message, leaves no file behind, and the next evaluation works."""

import os
import pickle
import signal
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from compare import assert_same_bits
from conftest import MB

import numtile as nt

# ---- arrays that cannot be -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]), np.array(["text"]), np.array([b"bytes"]), np.zeros(2, [("a", "i4"), ("b", "f8")]),
        np.zeros(2, "V7"), np.array([1, None], dtype=object), np.array(["2020-01-01"], "M8[D]"), np.zeros(2, np.longdouble),
    ],
    ids=lambda a: str(a.dtype),
)  # fmt: skip
def test_refused_types(array):
    with pytest.raises((TypeError, NotImplementedError)) as caught:
        nt.asarray(array)
    assert str(array.dtype) in str(caught.value) or array.dtype.kind in str(caught.value), caught.value


def test_unknown_names():
    with pytest.raises(AttributeError, match="no_such_function"):
        nt.no_such_function  # noqa: B018
    with pytest.raises(TypeError):
        nt.asarray(np.ones(3)).astype("no such type")


# ---- files that cannot be --------------------------------------------------------------------------------------


def npy(header, data=b"", version=(1, 0), length=None, magic=b"\x93NUMPY"):
    """A .npy file with any header one likes."""
    text = header.encode() if isinstance(header, str) else header
    size = len(text) if length is None else length
    return magic + bytes(version) + (struct.pack("<H", size) if version[0] == 1 else struct.pack("<I", size)) + text + data


def header(descr="'<f8'", order="False", shape="(3,)", more=""):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}\n"


GOOD_DATA = np.arange(3.0).tobytes()
HOSTILE = {
    "empty file": b"",
    "only magic": b"\x93NUMPY",
    "truncated version": b"\x93NUMPY\x01",
    "truncated length": b"\x93NUMPY\x01\x00\x10",
    "truncated header": npy(header(), length=4000),
    "header longer than the file": npy(header(), version=(2, 0), length=2**32 - 1),
    "version 9": npy(header(), GOOD_DATA, version=(9, 0)),
    "not a header": npy("hello\n", GOOD_DATA),
    "header of garbage": npy(bytes(range(128, 256)), GOOD_DATA),
    "truncated data": npy(header(), GOOD_DATA[:-1]),
    "no data": npy(header()),
    "huge shape": npy(header(shape="(9223372036854775807,)")),
    "product overflows": npy(header(shape="(4294967296, 4294967296, 4294967296)")),
    "product overflows to zero": npy(header(shape="(9223372036854775808, 2)")),
    "bytes overflow": npy(header(shape="(2305843009213693952,)")),
    "very long integer": npy(header(shape="(" + "9" * 3000 + ",)")),
    "negative shape": npy(header(shape="(-1,)"), GOOD_DATA),
    "negative times negative": npy(header(shape="(-1, -3)"), GOOD_DATA),
    "zero times huge": npy(header(shape="(0, 99999999999999999999)")),
    "shape of floats": npy(header(shape="(3.0,)"), GOOD_DATA),
    "shape of text": npy(header(shape="('3',)"), GOOD_DATA),
    "shape of booleans": npy(header(shape="(True,)"), GOOD_DATA),
    "shape is a number": npy(header(shape="3"), GOOD_DATA),
    "too many dimensions": npy(header(shape="(" + "1," * 5000 + ")"), GOOD_DATA),
    "unknown descr": npy(header(descr="'<q9'"), GOOD_DATA),
    "empty descr": npy(header(descr="''"), GOOD_DATA),
    "descr is a number": npy(header(descr="8"), GOOD_DATA),
    "long descr": npy(header(descr="'<f" + "8" * 1000 + "'"), GOOD_DATA),
    "objects": npy(header(descr="'|O'"), pickle.dumps([1, 2, 3])),
    "text type": npy(header(descr="'<U4'"), b"\0" * 48),
    "structured": npy(header(descr="[('a', '<f8')]"), GOOD_DATA),
    "order is text": npy(header(order="'C'"), GOOD_DATA),
    "missing key": npy("{'descr': '<f8', 'shape': (3,)}\n", GOOD_DATA),
    "extra key": npy(header(more="'code': 1"), GOOD_DATA),
    "key twice": npy(header(more="'shape': (1,)"), GOOD_DATA),
    "code in the header": npy("__import__('os').system('touch pwned')\n", GOOD_DATA),
    "call in the shape": npy(header(shape="(__import__('os').getpid(),)"), GOOD_DATA),
    "deep nesting": npy("(" * 60_000 + "\n"),
    "nested dictionaries": npy("{'a':" * 10_000 + "\n"),
    "a pickle": pickle.dumps(np.arange(5)),
    "a zip": b"PK\x03\x04" + b"\0" * 100,
    "text": b"1,2,3\n4,5,6\n",
    "zeros": b"\0" * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_npy(name, tmp_path, monkeypatch):
    """An error that names the file; no panic, no endless allocation, no code run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hostile.npy"
    path.write_bytes(HOSTILE[name])
    started = time.monotonic()
    with pytest.raises((ValueError, TypeError, NotImplementedError)) as caught:
        np.asarray(nt.open(path))
    assert "hostile.npy" in str(caught.value)
    assert time.monotonic() - started < 5
    assert [p.name for p in tmp_path.iterdir()] == ["hostile.npy"]


def test_headers_that_numpy_accepts(tmp_path):
    """Unusual, not hostile: trailing commas, spaces, double quotes, long integers of Python 2."""
    for number, text in enumerate(
        [header(), header().replace("'", '"'), "{'shape':(3,),'fortran_order':False,'descr':'<f8'}" + " " * 50 + "\n", header(shape="(3L,)")]
    ):
        path = tmp_path / f"{number}.npy"
        path.write_bytes(npy(text, GOOD_DATA))
        assert_same_bits(nt.open(path), np.arange(3.0))
    path.write_bytes(npy(header(), GOOD_DATA + b"more"))
    assert_same_bits(nt.open(path), np.arange(3.0))


def test_every_damaged_byte(tmp_path):
    """One byte of a valid file changed: the right data or an ordinary error."""
    good = npy(header(shape="(2, 3)"), np.arange(6.0).tobytes())
    path = tmp_path / "damaged.npy"
    for position in range(len(good) - 48):
        for value in (0, 1, ord("9"), ord("-"), ord("'"), ord(")"), 255):
            path.write_bytes(good[:position] + bytes([value]) + good[position + 1 :])
            try:
                np.asarray(nt.open(path))
            except (ValueError, TypeError, NotImplementedError, OSError):
                pass


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npy") as caught:
        nt.open(tmp_path / "nowhere.npy")
    assert caught.value.errno == 2
    with pytest.raises(OSError, match="."):
        nt.open(tmp_path)
    if os.geteuid() != 0:
        np.save(tmp_path / "secret.npy", np.ones(3))
        (tmp_path / "secret.npy").chmod(0)
        with pytest.raises(PermissionError, match="secret.npy"):
            nt.open(tmp_path / "secret.npy")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"dtype": "f8", "shape": (100,)}, "raw.bin"), ({"dtype": "f8", "shape": (-1, 2)}, "negative dimensions"),
        ({"dtype": "f8", "shape": (2**62, 2**62)}, "."), ({"dtype": "O", "shape": (2,)}, "."), ({"dtype": "f8", "shape": (2,), "offset": 10**6}, "raw.bin"),
        ({"dtype": "f8", "shape": (2,), "offset": -1}, "."), ({"dtype": "f8", "shape": (2,), "order": "Q"}, "order"),
    ],
)  # fmt: skip
def test_raw_files_that_do_not_fit(tmp_path, arguments, message):
    (tmp_path / "raw.bin").write_bytes(b"\0" * 100)
    with pytest.raises((ValueError, TypeError, OverflowError, NotImplementedError), match=message):
        nt.open(tmp_path / "raw.bin", **arguments)


# ---- targets that cannot be ------------------------------------------------------------------------------------


def test_unwritable_targets(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        nt.save(tmp_path / "missing" / "y.npy", nt.ones(3))
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(OSError, match="folder.npy"):
        nt.save(tmp_path / "folder.npy", nt.ones(3))
    with pytest.raises(OSError, match="y.npy"):
        nt.save("/proc/y.npy", nt.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npy"]


def test_a_failing_output_takes_the_others_with_it(tmp_path):
    with pytest.raises(OSError):
        nt.save({tmp_path / "good.npy": nt.ones(3), tmp_path / "missing" / "bad.npy": nt.ones(3)})
    assert not list(tmp_path.iterdir())


def test_the_same_target_twice(tmp_path):
    with pytest.raises(ValueError, match="y.npy"):
        nt.save({str(tmp_path / "y.npy"): nt.ones(3), tmp_path / "y.npy": nt.ones(4)})


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 20 MB of its own."""
    mount = tmp_path / "mount"
    mount.mkdir()
    image = tmp_path / "image"
    image.write_bytes(b"")
    os.truncate(image, 20 * MB)
    ways = [
        [["mkfs.ext4", "-q", "-F", str(image)], ["mount", "-o", "loop", str(image), str(mount)]],
        [["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(mount)]],
    ]
    for commands in ways:
        try:
            if all(subprocess.run(c, capture_output=True, timeout=30).returncode == 0 for c in commands):
                break
        except (OSError, subprocess.TimeoutExpired):
            continue
    else:
        pytest.skip("mounting a file system is not permitted here")
    yield mount
    subprocess.run(["umount", str(mount)], capture_output=True, timeout=30)


def test_full_disk(small_disk):
    np.save(small_disk / "keep.npy", np.arange(3.0))
    nt.config(memory=16 * MB)
    with pytest.raises(OSError, match="y.npy") as caught:
        nt.save(small_disk / "y.npy", nt.arange(10_000_000) * 2.0)
    assert caught.value.errno == 28, caught.value
    with pytest.raises(OSError, match="keep.npy"):
        nt.save(small_disk / "keep.npy", nt.arange(10_000_000) * 2.0)
    left = {p.name for p in small_disk.iterdir()} - {"lost+found"}
    assert left == {"keep.npy"}
    assert_same_bits(np.load(small_disk / "keep.npy"), np.arange(3.0))
    assert_same_bits(nt.arange(5) * 2, np.arange(5) * 2)


# ---- sources that change ---------------------------------------------------------------------------------------


def test_source_changed(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(1000))
    x = nt.open(path)
    time.sleep(0.02)
    np.save(path, np.ones(1000))
    with pytest.raises(nt.SourceChangedError, match="x.npy"):
        np.asarray(x + 1)


def test_source_truncated(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(1_000_000))
    x = nt.open(path)
    os.truncate(path, 1_000_000)
    with pytest.raises((nt.SourceChangedError, OSError), match="x.npy"):
        nt.save(tmp_path / "y.npy", x + 1)
    assert [p.name for p in tmp_path.iterdir()] == ["x.npy"]


def test_source_deleted_or_replaced(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(1000.0))
    x = nt.open(path)
    np.save(tmp_path / "other.npy", np.ones(1000))
    os.replace(tmp_path / "other.npy", path)
    try:
        got = np.asarray(x + 0.0)
    except (nt.SourceChangedError, OSError) as error:
        assert "x.npy" in str(error)
    else:  # the file that was opened is still there, under no name
        assert_same_bits(got, np.arange(1000.0))


def test_source_truncated_in_the_middle_of_the_work(tmp_path):
    """Truncated while being read: an error that names it, never SIGBUS and never a file of zeros."""
    path = tmp_path / "x.npy"
    np.save(path, np.ones(30_000_000 // 8))
    script = """
        import os, sys, threading, time
        import numtile as nt
        nt.config(memory=16 << 20)
        x = nt.open(sys.argv[1])
        threading.Timer(0.02, lambda: os.truncate(sys.argv[1], 1_000_000)).start()
        try:
            y = x
            for _ in range(20):
                y = nt.sin(y) + nt.exp(y / 9)
            nt.save(sys.argv[1] + ".out", y)
            print("finished")
        except (nt.SourceChangedError, OSError) as error:
            print("refused", sys.argv[1] in str(error))
    """
    run = python(script, str(path))
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0 and out.strip() in ("refused True", "finished"), (out, err)
    if "refused" in out:
        assert not Path(str(path) + ".out").exists()


# ---- budgets that are too small --------------------------------------------------------------------------------


def test_budget_too_small_is_refused_before_the_first_byte(tmp_path, save_npy):
    x = nt.open(save_npy(np.zeros((3, 1_000_003))))
    nt.config(memory=6 << 20)
    with pytest.raises(MemoryError, match=r"needs at least \d+ bytes.*budget allows 6291456 bytes"):
        nt.save(tmp_path / "y.npy", nt.group_reduce(np.arange(3), x, "sum", axis=0, groups=10**9))
    assert not (tmp_path / "y.npy").exists()
    nt.config(memory=64 * MB)
    assert float((x + 1).mean()) == 1.0


def test_budgets_below_the_least_are_refused_when_set():
    with pytest.raises(ValueError, match="least is 6 MiB"):
        nt.config(memory=10_000)


def test_results_larger_than_the_machine():
    with pytest.raises(MemoryError, match=r"nt\.save"):
        np.asarray(nt.zeros((10**7, 10**6)))


@pytest.mark.parametrize("arguments", [{"memory": -1}, {"memory": "many"}, {"memory": 0}, {"memory": "-5MB"}, {"threads": 0}, {"threads": -1}, {"colour": 1}])
def test_bad_settings(arguments):
    with pytest.raises((ValueError, TypeError)):
        nt.config(**arguments)


# ---- Ctrl-C ----------------------------------------------------------------------------------------------------


def python(script, *arguments, **options):
    """A child process that runs a script."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(script), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


SLOW_JOB = """
    import os, signal, sys, time
    import numpy as np, numtile as nt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nt.config(memory=64 << 20)
    x = nt.linspace(0, 1, 100_000_000)
    for _ in range(30):
        x = nt.sin(x) + nt.exp(x / 9)
    print("start", flush=True)
    try:
        %s
        print("finished")
    except KeyboardInterrupt:
        print("interrupted", time.monotonic())
    assert np.asarray(nt.arange(10) + 1).tolist() == list(range(1, 11))
    for _ in range(100):  # tiles in the works are finished, then everything is given back
        if nt.memory().reserved == 0:
            break
        time.sleep(0.01)
    assert nt.memory().reserved == 0
    print("usable", flush=True)
"""


@pytest.mark.parametrize(
    "job", ["nt.save(sys.argv[1], x)", "np.asarray(x)", "float(x.sum())"], ids=["save", "deliver", "reduce"]
)
def test_interrupt(job, tmp_path):
    """Within a second: no half file, no temporary file, a usable interpreter."""
    target = tmp_path / "y.npy"
    child = python(SLOW_JOB % job, str(target))
    assert child.stdout.readline() == "start\n", child.stderr.read()
    time.sleep(0.7)
    sent = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert "interrupted" in out and "usable" in out, (out, err)
    # CLOCK_MONOTONIC is the same for both processes
    assert float(out.split()[1]) - sent < 1.0
    assert not list(tmp_path.iterdir())


def test_interrupt_keeps_the_old_file(tmp_path):
    target = tmp_path / "y.npy"
    np.save(target, np.arange(5))
    child = python(SLOW_JOB % "nt.save(sys.argv[1], x)", str(target))
    assert child.stdout.readline() == "start\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=30)
    assert [p.name for p in tmp_path.iterdir()] == ["y.npy"]
    assert_same_bits(np.load(target), np.arange(5))


def test_killed_processes_leave_nothing_under_the_name(tmp_path):
    target = tmp_path / "y.npy"
    child = python(SLOW_JOB % "nt.save(sys.argv[1], x)", str(target))
    assert child.stdout.readline() == "start\n"
    time.sleep(0.5)
    child.kill()
    child.communicate(timeout=30)
    assert not target.exists()
    nt.save(target, nt.arange(5))
    assert_same_bits(np.load(target), np.arange(5))


def test_forked_children_can_compute():
    """After a fork the child has a fresh engine."""
    script = """
        import os, numpy as np, numtile as nt
        assert float(nt.ones(1_000_000).sum()) == 1e6
        pid = os.fork()
        if pid == 0:
            os._exit(0 if float(nt.ones(2_000_000).sum()) == 2e6 else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """
    child = python(script)
    out, err = child.communicate(timeout=60)
    assert out == "0\n", (out, err)
