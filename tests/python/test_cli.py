"""The command line: info, eval, explain, demo, and what it says when something is wrong."""

import subprocess
import sys

import numpy as np
import pytest


def numtile(*arguments, ok=True):
    run = subprocess.run(
        [sys.executable, "-m", "numtile", *map(str, arguments)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    if ok:
        assert run.returncode == 0, run.stderr
        return run.stdout
    assert run.returncode not in (0, -11, -6), run.stdout
    assert "Traceback" not in run.stderr, run.stderr
    return run.stderr


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal((301, 203)) for name in "ab"}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return tmp_path, arrays


def test_help_and_version():
    text = numtile("--help")
    for command in ("info", "eval", "explain", "demo"):
        assert command in text
    import numtile as nt

    assert nt.__version__ in numtile("--version")


def test_info(files):
    folder, _ = files
    text = numtile("info", folder / "a.npy")
    assert "float64" in text and "301" in text and "203" in text


@pytest.mark.parametrize("memory", ["16MB", "512MB"])
def test_eval(files, memory):
    folder, arrays = files
    a, b = arrays["a"], arrays["b"]
    numtile("eval", "a**2 + b**2 + 2*a*b", f"a={folder / 'a.npy'}", f"b={folder / 'b.npy'}", "-o", folder / "y.npy", "--memory", memory)
    np.testing.assert_array_equal(np.load(folder / "y.npy"), a**2 + b**2 + 2 * a * b)


def test_eval_of_a_number_is_printed(files):
    folder, arrays = files
    assert float(numtile("eval", "max(a)", f"a={folder / 'a.npy'}").split()[-1]) == arrays["a"].max()


def test_explain(files):
    folder, _ = files
    text = numtile("explain", "a - mean(a)", f"a={folder / 'a.npy'}", "--memory", "64MB")
    assert "peak" in text.lower() and "a.npy" in text


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["info", "nowhere.npy"], "nowhere.npy"), (["eval", "a +", "a=nowhere.npy"], "nowhere.npy"), (["eval", "b", "-o", "y.npy"], "b"),
        (["eval", "__import__('os')"], "__import__"), (["nonsense"], "nonsense"), (["eval", "1", "--memory", "lots"], "lots"), ([], "COMMAND"),
    ],
)  # fmt: skip
def test_mistakes(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in numtile(*arguments, ok=False)
    assert not list(tmp_path.iterdir())


def test_shapes_that_do_not_fit(files):
    folder, _ = files
    np.save(folder / "c.npy", np.ones(7))
    error = numtile("eval", "a + c", f"a={folder / 'a.npy'}", f"c={folder / 'c.npy'}", "-o", folder / "y.npy", ok=False)
    assert "broadcast" in error
    assert not (folder / "y.npy").exists()
