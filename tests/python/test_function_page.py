"""docs/functions.md: every function has an example, the examples run, and the page is what the tool writes."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from harness import accuracy
from harness.examples import EXAMPLES
from harness.functions import METHODS, ROWS, exists

import numtile as nt

ROOT = Path(__file__).resolve().parents[2]


def test_examples_of_the_page_run():
    """Each result on the page is what the example gives."""
    page = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8")
    without_fences = re.sub("^```.*$", "", page, flags=re.MULTILINE)
    runner = doctest.DocTestRunner()
    runner.run(doctest.DocTestParser().get_doctest(without_fences, {"nt": nt}, "functions.md", "functions.md", 0))
    assert runner.failures == 0 and runner.tries >= page.count("\n### ")


def test_the_page_is_up_to_date():
    tool = [sys.executable, str(ROOT / "tools" / "make_function_page.py"), "--check"]
    run = subprocess.run(tool, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", [name for name in EXAMPLES if exists(name)])
def test_examples_hold_for_numpy(name):
    """The same text with NumPy gives the same: in print where NumPy's bits are promised, nearly so elsewhere."""
    ours, theirs = (_shown(EXAMPLES[name], module) for module in (nt, np))
    if accuracy.text(name) == accuracy.BITS:
        assert repr(ours) == repr(theirs)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def _shown(text, module):
    """The value of an example, as NumPy's arrays."""
    *statements, last = text.split("; ")
    known = {"nt": module}
    for statement in statements:
        exec(statement, known)
    value = eval(last, known)
    return tuple(map(np.asarray, value)) if isinstance(value, (tuple, list)) else np.asarray(value)


def test_every_function_has_an_example():
    names = {row.name for row in ROWS if exists(row.name) and row.chapter is not METHODS and not row.alias_of}
    assert not names - set(EXAMPLES)
