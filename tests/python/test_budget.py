"""The budget: settings, refusals, who holds what, several callers at once."""

import gc
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from compare import assert_same_bits
from conftest import MB

import numtile as nt


def test_config_as_call_and_context_manager():
    nt.config(memory="64MB", threads=3)
    before = nt.memory().limit
    assert before in (64_000_000, 64 * MB)
    with nt.config(memory="32MB"):
        assert nt.memory().limit == before // 2
        with nt.config(memory=16 * MB, threads=1):
            assert nt.memory().limit == 16 * MB
        assert nt.memory().limit == before // 2
    assert nt.memory().limit == before


def test_config_is_restored_after_an_error():
    before = nt.memory().limit
    with pytest.raises(RuntimeError, match="ours"), nt.config(memory=20 * MB):
        raise RuntimeError("ours")
    assert nt.memory().limit == before


@pytest.mark.parametrize("text, want", [("512MB", 512), ("1GB", 1000), ("256MiB", 256 * 1.048576), ("100 MB", 100), ("0.5GB", 500)])
def test_sizes_as_text(text, want):
    with nt.config(memory=text):
        limit = nt.memory().limit
        assert limit == pytest.approx(want * 1e6, rel=1e-6) or limit == pytest.approx(want * MB, rel=0.08)


def in_new_process(code, **environment):
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_environment_variables():
    code = "import numtile as nt; print(nt.memory().limit)"
    assert in_new_process(code, NUMTILE_MEMORY="100000000") == ["100000000"]
    assert int(in_new_process(code, NUMTILE_MEMORY="64MB")[0]) in (64_000_000, 64 * MB)
    assert in_new_process("import numtile as nt; print(float(nt.ones(10**6).sum()))", NUMTILE_THREADS="1") == ["1000000.0"]


def test_the_default_is_half_of_what_the_process_may_use():
    limit = int(in_new_process("import numtile as nt; print(nt.memory().limit)")[0])
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < limit <= total * 0.51


def test_nothing_is_held_after_an_evaluation():
    nt.config(memory=64 * MB)
    np.asarray(nt.ones(1_000_000) * 2)
    gc.collect()
    usage = nt.memory()
    assert usage.reserved == 0
    assert usage.delivered == 0


def test_the_peak_stays_inside_the_limit(save_npy, tmp_path):
    x = nt.open(save_npy(np.ones((4000, 1003))))
    for limit in (8 * MB, 24 * MB, 100 * MB):
        nt.config(memory=limit)
        nt.save(tmp_path / "y.npy", (x - x.mean(axis=0)) / (x.std(axis=0) + 1))
        run = nt.last_run()
        assert run.projected_peak <= limit
        assert run.measured_peak <= run.projected_peak


def test_delivered_results_have_their_own_account():
    before = nt.memory().delivered
    result = np.asarray(nt.ones(4_000_000) * 2)
    held = nt.memory().delivered - before
    assert result.nbytes <= held <= result.nbytes + 4 * MB
    part = result[10:20]
    del result
    gc.collect()
    assert nt.memory().delivered - before == held, "a view keeps the memory"
    del part
    gc.collect()
    assert nt.memory().delivered == before


def test_a_result_may_be_larger_than_the_budget():
    nt.config(memory=8 * MB)
    result = np.asarray(nt.arange(5_000_000) * 2)
    assert_same_bits(result, np.arange(5_000_000) * 2)


def test_memory_can_be_shown():
    text = str(nt.memory())
    assert "limit" in text.lower() or "budget" in text.lower(), text
    assert "delivered" in text.lower(), text


def test_two_threads_computing_at_once(save_npy):
    """Neither deadlock nor more than the budget."""
    nt.config(memory=32 * MB, threads=2)
    a = np.random.default_rng(0).standard_normal((2003, 1001))
    path = save_npy(a)
    want = float(nt.asarray(a).std())
    failures, done = [], []

    def work():
        try:
            for _ in range(4):
                x = nt.open(path)
                y = (x - x.mean(axis=0)) / x.std(axis=0)
                assert float(x.std()) == want
                assert abs(float(y.mean())) < 1e-12
            done.append(True)
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures and len(done) == 4, failures
    assert nt.memory().peak_reserved <= 256 * MB
    assert nt.memory().reserved == 0


def test_python_runs_while_the_engine_works():
    """The GIL is released: a counter keeps counting."""
    count, stop = 0, threading.Event()

    def tick():
        nonlocal count
        while not stop.wait(0.001):
            count += 1

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    x = nt.linspace(0, 1, 20_000_000)
    float((nt.sin(x) * nt.exp(x)).sum())
    stop.set()
    thread.join()
    assert count >= 5


def test_the_plan_can_be_made_for_data_that_do_not_exist():
    """Many terabytes, planned at once inside a small budget."""
    nt.config(memory=64 * MB)
    x = nt.zeros((10**7, 10**6), dtype="f4")
    text = str(nt.explain(((x - x.mean(axis=0, keepdims=True)) * 2).sum()))
    assert text


def test_small_results_are_remembered(save_npy):
    x = nt.open(save_npy(np.ones((2000, 1000))))
    mean = x.mean()
    float(mean)
    assert nt.last_run().bytes_read > 0
    first = nt.last_run()
    assert float(mean) == 1.0
    assert nt.last_run() == first or nt.last_run().bytes_read == 0


def test_writeable_memory_is_not_remembered():
    a = np.ones(1000)
    total = nt.asarray(a).sum()
    assert float(total) == 1000
    a[:] = 2
    assert float(total) == 2000


def test_progress_callback(save_npy, tmp_path):
    states = []
    x = nt.open(save_npy(np.ones((3000, 2000))))
    nt.config(memory=16 * MB)
    y = x
    for _ in range(15):
        y = nt.sin(y) + nt.exp(y / 9)
    with nt.config(progress=states.append):
        nt.save(tmp_path / "y.npy", y)
    assert states
    done = [state.bytes_done for state in states]
    assert done == sorted(done) and done[-1] <= states[-1].bytes_total
    assert states[-1].peak_bytes <= 16 * MB
