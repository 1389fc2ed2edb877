"""The README's Python runs as it stands, and the package documents itself."""

import re
from pathlib import Path

import numpy as np
import pytest

import numtile as nt

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md"])
def test_examples_run(name, tmp_path, monkeypatch):
    """All blocks of a page, one after the other, in a folder that has the files they speak of."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for file in ("big.npy", "a.npy", "b.npy"):
        np.save(file, rng.standard_normal((1000, 50)))
    rng.integers(0, 256, (480, 640, 3), np.uint8).tofile("picture.raw")
    blocks = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    assert blocks, f"{name} shows no Python"
    known = {}
    for block in blocks:
        exec(compile(block, name, "exec"), known)


def test_everything_public_has_a_docstring():
    names = getattr(nt, "__all__", None) or [n for n in dir(nt) if not n.startswith("_")]
    missing = [name for name in names if callable(getattr(nt, name)) and not getattr(nt, name).__doc__]
    assert not missing


def test_public_names_are_listed():
    assert nt.__version__
    for name in nt.__all__:
        assert hasattr(nt, name)
