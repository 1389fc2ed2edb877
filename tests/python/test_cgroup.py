"""Jobs larger than memory, in a process that the operating system confines, watched from outside."""

import numpy as np
import pytest
from confined import MB, assert_promise_kept, run

BUDGET = 64 * MB
LIMIT = 128 * MB
SHAPE = (12_503, 2_003)  # about 200 MB of float64


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "x.npy"
    np.save(path, np.random.default_rng(0).standard_normal(SHAPE) + 3)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def fortran_source(source):
    path = source.with_name("f.npy")
    np.save(path, np.asfortranarray(np.load(source)))
    yield path
    path.unlink()


JOBS = {
    "map to a file": "nt.save(job['target'], nt.sqrt(nt.abs(x)) * 2 + 1)",
    "statistics in one pass": "_confine.tell(values=[float(v) for v in nt.compute(x.mean(), x.std(), x.min(), x.max())])",
    "standardised columns to a file": "nt.save(job['target'], (x - x.mean(axis=0)) / x.std(axis=0))",
    "standardised rows to a file": "nt.save(job['target'], (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True))",
    "transposed to a file": "nt.save(job['target'], x.T + 1)",
    "two files in one pass": "nt.save({job['target']: x * 2, job['target'] + '2.npy': x > 0})",
}


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("name", JOBS)
def test_larger_than_memory(name, threads, source, tmp_path):
    if threads != 2 and name not in ("map to a file", "standardised columns to a file"):
        pytest.skip("the thread counts are covered by the others")
    target = tmp_path / "y.npy"
    seen = run(JOBS[name], source, BUDGET, threads, LIMIT, target=str(target))
    assert_promise_kept(seen, BUDGET, threads)
    check(name, np.load(source, mmap_mode="r"), target, seen)


def check(name, x, target, seen):
    if name == "statistics in one pass":
        np.testing.assert_allclose(seen.said["values"], [x.mean(), x.std(), x.min(), x.max()], rtol=1e-12)
        assert seen.said["read"] < 1.1 * x.nbytes
        return
    y = np.load(target, mmap_mode="r")
    rows = slice(None, None, 1000)
    if name == "map to a file":
        np.testing.assert_array_equal(y[rows], np.sqrt(np.abs(x[rows])) * 2 + 1)
    elif name == "standardised columns to a file":
        np.testing.assert_allclose(y[rows], ((x - x.mean(axis=0)) / x.std(axis=0))[rows], rtol=1e-9, atol=1e-11)
    elif name == "transposed to a file":
        np.testing.assert_array_equal(y[:, rows], x.T[:, rows] + 1)
    elif name == "two files in one pass":
        np.testing.assert_array_equal(y[rows], x[rows] * 2)
        assert seen.said["read"] < 1.1 * x.nbytes


@pytest.mark.parametrize("code", [JOBS["statistics in one pass"], JOBS["standardised columns to a file"]])
def test_fortran_order(code, fortran_source, tmp_path):
    seen = run(code, fortran_source, BUDGET, 2, LIMIT, target=str(tmp_path / "y.npy"))
    assert_promise_kept(seen, BUDGET)


@pytest.mark.parametrize("budget", [16 * MB, 32 * MB, 96 * MB])
def test_other_budgets(budget, source, tmp_path):
    seen = run(JOBS["standardised columns to a file"], source, budget, 2, target=str(tmp_path / "y.npy"))
    assert_promise_kept(seen, budget)


def test_many_evaluations_do_not_add_up(source):
    """The peak of a hundred evaluations is that of one."""
    code = "for i in range(100): float((x[i:i + 2000] * i).sum())"
    seen = run(code, source, BUDGET, 2, LIMIT)
    measured = seen.watch.peak - seen.said["footprint"]
    assert measured <= BUDGET


def test_two_callers_share_one_budget(source):
    code = """
import threading
def work():
    for _ in range(2): float(((x - x.mean(axis=0)) / x.std(axis=0)).max())
threads = [threading.Thread(target=work) for _ in range(3)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
    seen = run(code, source, BUDGET, 2, LIMIT + 16 * MB)
    assert seen.watch.peak - seen.said["footprint"] <= BUDGET + 8 * MB  # and three Python threads


def test_the_heap_outside_the_pool_is_small():
    """A long expression without data: what the engine holds besides tiles stays under 16 MB."""
    code = "y = nt.zeros((10**9,))\nfor _ in range(1000): y = nt.sin(y) + 1.0\nfloat(y[:1000].sum())"
    seen = run(code, None, BUDGET, 2, LIMIT)
    measured = seen.watch.peak - seen.said["footprint"]
    assert measured <= seen.said["projected"] + 16 * MB


def test_sampling_is_frequent_enough(source):
    seen = run(JOBS["statistics in one pass"], source, BUDGET, 2, LIMIT)
    assert seen.watch.samples >= 3
    assert seen.watch.longest_gap < 0.1  # a busy machine may be late once; the mean is what counts
