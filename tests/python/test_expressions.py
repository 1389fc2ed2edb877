"""Expressions as such: very long ones, mistakes reported where they are made, and text turned into expressions."""

import operator
import sys
import time
import traceback

import numpy as np
import pytest
from compare import assert_same_bits, outcome

import numtile as nt

LONG = 100_000


def test_a_hundred_thousand_chained_operations():
    a = np.arange(50.0)
    y = nt.asarray(a)
    started = time.monotonic()
    for _ in range(LONG):
        y = y + 1.0
    assert_same_bits(y, a + LONG)
    assert str(nt.explain(y))
    del y
    assert time.monotonic() - started < 60


def test_long_chains_of_each_kind():
    """Views, joins and shared subexpressions, built, planned and dropped without recursion."""
    base = nt.asarray(np.arange(8.0))
    kinds = {
        "shared": (lambda y: y + y * 0.0, 2_000), "flip": (lambda y: y[::-1], 20_001), "mixed": (lambda y: nt.where(y > -1, y, y), 5_000),
    }  # fmt: skip
    for step, count in kinds.values():
        y = base
        for _ in range(count):
            y = step(y)
        want = np.arange(8.0)[::-1] if count == 20_001 else np.arange(8.0)
        assert_same_bits(y, want)


def test_dropping_a_long_chain_without_computing():
    y = nt.asarray(np.arange(3))
    for _ in range(LONG):
        y = -y
    del y


def test_mistakes_are_reported_on_the_users_line():
    x = nt.asarray(np.ones((3, 4)))
    mistakes = {
        "broadcast": lambda: x + np.ones(5), "type": lambda: x << 1, "axis": lambda: x.sum(axis=5), "index": lambda: x[7],
        "name": lambda: nt.evaluate("x + nothing_of_the_sort", {"x": x}), "reshape": lambda: x.reshape(5, 5),
    }  # fmt: skip
    for name, make in mistakes.items():
        error = outcome(make)
        assert isinstance(error, Exception), name
        frames = traceback.extract_tb(error.__traceback__)
        assert any(frame.filename == __file__ and "lambda" in frame.name for frame in frames), name


def test_assignment_replaces_the_expression():
    """Deviation number one: other names of the object see it, views do not."""
    a = np.arange(10.0)
    x = nt.asarray(a)
    view, other = x[:5], x
    x += 1
    assert_same_bits(x, a + 1)
    assert_same_bits(other, a + 1)
    assert_same_bits(view, a[:5])
    integers = nt.asarray(np.arange(3))
    with pytest.raises(TypeError, match="same_kind"):
        integers += 0.5


@pytest.mark.parametrize("shown", [str, repr])
def test_printing(shown):
    assert "3" in shown(nt.asarray(np.array([1, 2, 3])))
    large = nt.zeros((10**6, 10**5))
    text = shown(large)
    assert "1000000" in text.replace(",", "").replace("_", "") and "float64" in text and len(text) < 500


def test_truth_and_conversion_of_arrays():
    x = nt.asarray(np.ones(3))
    for make in (lambda: bool(x), lambda: float(x), lambda: int(x), lambda: operator.index(x[0])):
        with pytest.raises((ValueError, TypeError)):
            make()
    assert bool(nt.asarray(np.array(3))) and operator.index(nt.asarray(np.array(3))) == 3
    assert x.size == 3 and x.ndim == 1 and x.nbytes == 24 and x.itemsize == 8
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_array_protocol():
    a = np.arange(6.0).reshape(2, 3)
    x = nt.asarray(a)
    assert_same_bits(np.array(x), a)
    assert np.asarray(x, dtype="f4").dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        np.array(x * 2, copy=False)
    result = np.asarray(x * 2)
    assert result.flags.writeable and result.flags.c_contiguous and result.flags.aligned
    result[0, 0] = 100
    assert float((x * 2)[0, 0]) == 0


# ---- evaluate --------------------------------------------------------------------------------------------------

GOOD = [
    "a**2 + b**2 + 2*a*b", "-a + +b - ~i", "where(a > b, a, b) / 2", "sqrt(abs(a)) * exp(-b) + log(abs(a)) + sin(a) - cos(b)",
    "(a < b) & (b <= 3) | (a != b)", "i // 3 + i % 3", "i << 2 >> 1", "a * 1e-3 + 0x10", "minimum(a, b) + maximum(a, 1.5)",
    "a - mean(a)", "sum(a * b)", "i & 7 ^ i | 1", "((((a))))", "a*(b+1)**3", "True & (a > 0)",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_evaluate(text):
    rng = np.random.default_rng(0)
    known = {"a": rng.standard_normal(100), "b": rng.standard_normal(100), "i": rng.integers(0, 99, 100)}
    python = eval(text, {**{name: getattr(nt, name) for name in NAMES}, **{k: nt.asarray(v) for k, v in known.items()}})
    assert_same_bits(nt.evaluate(text, known), np.asarray(python))


NAMES = ["where", "sqrt", "abs", "exp", "log", "sin", "cos", "minimum", "maximum", "mean", "sum"]


def test_evaluate_takes_names_from_the_caller():
    first, second = np.arange(3.0), nt.asarray(np.arange(3.0) + 1)
    assert_same_bits(nt.evaluate("first + second * scale", {"scale": 2.0, "first": first, "second": second}), first + (first + 1) * 2)
    scale = 3
    assert scale and isinstance(nt.evaluate("first * scale"), nt.Array)
    assert_same_bits(nt.evaluate("first * scale"), first * 3)
    assert_same_bits(nt.evaluate("first + second"), first + np.asarray(second))


ATTACKS = [
    "__import__('os').system('true')", "a.__class__", "().__class__.__bases__[0].__subclasses__()", "a.__array__", "eval('1')",
    "exec('1')", "open('/etc/passwd')", "lambda: 1", "[x for x in a]", "a := 3", "a; b", "import os", "getattr(a, 'b')", "f'{a}'",
    "'text'", "b'bytes'", "{1: 2}", "{a}", "a if a else b", "a[0].real.__class__", "globals()", "nt.save('x', a)", "print(a)",
    "save('evil.npy', a)", "a and b", "not a", "a < b < c", "*a", "**a", "yield a", "await a", "a\n+b; c", "...", "__builtins__",
    "sqrt.__globals__", "(lambda f: f)(a)", "sqrt(a, out=b)", "config(memory=1)", "a @ b", "a\x00b", "ａ.__ｃlass__", "\\u0061",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_evaluate_refuses_everything_else(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = outcome(nt.evaluate, text, {"a": np.ones(3), "b": np.ones(3), "c": np.ones(3)})
    assert isinstance(error, (SyntaxError, ValueError, TypeError, NameError, NotImplementedError)), f"{text}: {error!r}"
    assert not isinstance(error, RecursionError) and str(error)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "   ", "a +", "(a", "a)", "1 2", "a b", "+", "1__0", "0b2", "1e", "a ? b", "$a", "a..b", "sqrt(", "sqrt()", "sqrt(a"])
def test_evaluate_reports_bad_syntax(text):
    error = outcome(nt.evaluate, text, {"a": np.ones(3), "b": np.ones(3)})
    assert isinstance(error, (SyntaxError, ValueError, TypeError)), f"{text!r}: {error!r}"


def test_evaluate_names_the_unknown():
    with pytest.raises(NameError, match="unheard_of"):
        nt.evaluate("a + unheard_of", {"a": np.ones(3)})


@pytest.mark.parametrize("text", ["(" * 100_000 + "a" + ")" * 100_000, "-" * 100_000 + "a", "a" + "**a" * 50_000, "9" * 100_000, "2**" * 50 + "2"])
def test_evaluate_survives_enormous_texts(text):
    """An answer or an ordinary error, never a crash or a minute of work."""
    started = time.monotonic()
    error = outcome(nt.evaluate, text, {"a": np.ones(3)})
    assert not isinstance(error, (MemoryError, SystemError)), error
    assert time.monotonic() - started < 20


def test_evaluate_long_sums_work():
    assert_same_bits(nt.evaluate("+".join(["a"] * 5000), {"a": np.ones(3)}), np.full(3, 5000.0))


# ---- the plan, shown -------------------------------------------------------------------------------------------


def test_explain_says_what_will_happen(save_npy):
    a = np.zeros((2003, 505))
    x = nt.open(save_npy(a))
    text = str(nt.explain((x - x.mean(axis=0)) / x.std(axis=0)))
    for word in ("pass", "tile", "read", "peak"):
        assert word in text.lower(), text
    assert "saved1.npy" in text, text


def test_modules_stay_small():
    """Importing numtile brings in NumPy and the standard library, nothing else."""
    outside = {"pandas", "dask", "numba", "numexpr", "skimage", "PIL", "scipy"}
    import subprocess

    code = "import sys, numtile; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not outside.intersection(loaded)
