"""Where memory may not be made executable, everything is interpreted and gives the same bits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import FORBIDDEN

CHILD = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np, numtile as nt
import forbidden
values = np.random.default_rng(1).standard_normal(300_000)
how = sys.argv[2]
if how == "prctl or seccomp" and not forbidden.forbid_executable_memory():
    print(json.dumps(None)); sys.exit()
if how == "seccomp" and not forbidden._filter_system_calls(forbidden.ctypes.CDLL(None)):
    print(json.dumps(None)); sys.exit()
x = nt.asarray(values)
n = nt.asarray(np.arange(300_000, dtype=np.int16))
results = nt.compute(x * x + 2 * x, nt.where(n > 5, n * n, -n), (x * 0.5 - x).sum())
digest = hashlib.sha256(b"".join(np.asarray(result).tobytes() for result in results)).hexdigest()
print(json.dumps({"digest": digest, "machine_code": nt._engine._machine_code()}))
"""


def run(how):
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), how]
    seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if seen is None:
        pytest.skip(f"this system does not know {how}")
    return seen


@pytest.mark.skipif(FORBIDDEN, reason="the whole run does without executable memory, and so do its children")
@pytest.mark.parametrize("how", ["prctl or seccomp", "seccomp"])
def test_without_executable_memory(how):
    compiled, interpreted = run("nothing"), run(how)
    if compiled["machine_code"] == [0, 0]:
        pytest.skip("no machine code is made for this processor")
    made, refused = compiled["machine_code"]
    assert made > 0 and refused == 0
    made, refused = interpreted["machine_code"]
    assert made == 0 and refused > 0
    assert interpreted["digest"] == compiled["digest"]
