"""Several Python threads compute in one context at once: right answers, one budget, no waiting for each other for ever."""

import gc
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from compare import assert_same_bits
from confined import MB, run
from conftest import MB as MIB

import numtile as nt

#: Seconds after which threads that are not done are waiting for each other.
PATIENCE = 100
BUDGET = 32 * MIB
SHAPE = (2003, 1501)  # 24 MB of float64, 12 MB of int32

#: Plans of all kinds, each with its own passes, buffers and waiting: `x` is float64, `i` int32.
PLANS = {
    "map": "nt.sqrt(nt.abs(x)) * 2 + 1",
    "standardise": "(x - x.mean(axis=0)) / x.std(axis=0)",
    "transpose": "x.T + 1",
    "scan": "nt.cumsum(i, axis=0)",
    "join": "nt.concatenate([x[:1000], x[1000:] * 2])",
    "select": "x[x > 1]",
    "look-up": "nt.take(x, np.arange(2002, -1, -1), axis=0)",
    "assign": "nt.where(x > 0, i, -i).reshape(1501, 2003)",
}


def operands(folder):
    return {"x": nt.open(folder / "x.npy"), "i": nt.open(folder / "i.npy"), "nt": nt, "np": np}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files."""
    folder, rng = tmp_path_factory.mktemp("shared"), np.random.default_rng(0)
    np.save(folder / "x.npy", rng.standard_normal(SHAPE))
    np.save(folder / "i.npy", rng.integers(-9, 10, SHAPE, dtype="i4"))
    return folder


@pytest.fixture(scope="module")
def answers(folder):
    """NumPy's answers; numtile's own where sums are rounded in another way."""
    x, i = np.load(folder / "x.npy"), np.load(folder / "i.npy")
    want = {
        "map": np.sqrt(np.abs(x)) * 2 + 1, "transpose": x.T + 1, "scan": np.cumsum(i, axis=0),
        "join": np.concatenate([x[:1000], x[1000:] * 2]), "select": x[x > 1], "look-up": x[::-1],
        "assign": np.where(x > 0, i, -i).reshape(1501, 2003),
    }  # fmt: skip
    with nt.config(memory=BUDGET):
        want["standardise"] = np.asarray(eval(PLANS["standardise"], operands(folder)))
    np.testing.assert_allclose(want["standardise"], (x - x.mean(axis=0)) / x.std(axis=0), rtol=1e-9, atol=1e-11)
    return want


def together(*functions):
    """Runs functions at once, each in a thread; gives what each raised. Fails where one does not come to an end."""
    start, raised = threading.Barrier(len(functions)), [None] * len(functions)

    def call(number, function):
        start.wait(PATIENCE)
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - shown to the caller
            raised[number] = error

    threads = [threading.Thread(target=call, args=each, daemon=True) for each in enumerate(functions)]
    deadline = time.monotonic() + PATIENCE
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    waiting = sum(thread.is_alive() for thread in threads)
    if waiting:
        nt.cancel()
    assert not waiting, f"{waiting} of {len(threads)} threads are not done after {PATIENCE} s"
    return raised


def saved(plan, folder, target, answers, times=1):
    """Computes a plan into a file and compares it; also delivers a part of it in memory."""
    for _ in range(times):
        y = eval(PLANS[plan], operands(folder))
        nt.save(target, y)
        assert_same_bits(np.load(target), answers[plan], plan)
        assert_same_bits(np.asarray(y[:100]), answers[plan][:100], plan)


class Reserved:
    """Watches what is reserved from a thread of its own."""

    def __enter__(self):
        self.most, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self):
        while not self._stop.wait(0.002):
            self.most = max(self.most, nt.memory().reserved)

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def assert_nothing_is_held():
    gc.collect()
    deadline = time.monotonic() + 5  # tiles in the works are finished first
    while nt.memory().reserved and time.monotonic() < deadline:
        time.sleep(0.01)
    assert nt.memory().reserved == 0


@pytest.mark.parametrize("callers", [2, 8])
@pytest.mark.parametrize("threads", [1, 3])
def test_different_plans_at_once(callers, threads, folder, answers, tmp_path):
    nt.config(memory=BUDGET, threads=threads)
    plans = list(PLANS)[:callers] if callers == 8 else ["standardise", "select"]
    with Reserved() as reserved:
        raised = together(*(lambda plan=plan: saved(plan, folder, tmp_path / f"{plan}.npy", answers, 3) for plan in plans))
    assert raised == [None] * callers
    assert 0 < reserved.most <= BUDGET
    assert_nothing_is_held()


@pytest.mark.parametrize("callers", [2, 8])
def test_one_plan_by_many(callers, folder, answers, tmp_path):
    """The same array object evaluated by all."""
    nt.config(memory=BUDGET, threads=2)
    y = eval(PLANS["standardise"], operands(folder))

    def work(number):
        nt.save(tmp_path / f"{number}.npy", y)
        assert_same_bits(np.load(tmp_path / f"{number}.npy"), answers["standardise"])

    assert together(*(lambda number=number: work(number) for number in range(callers))) == [None] * callers
    assert_nothing_is_held()


def test_eight_small_and_large_at_once(folder, answers, tmp_path):
    """Small expressions go another way, which shares its programs."""
    nt.config(memory=BUDGET, threads=2)

    def small():
        a = nt.asarray(np.arange(1000.0))
        for number in range(500):
            assert float((a * number + 1)[3]) == 3 * number + 1

    large = [lambda plan=plan: saved(plan, folder, tmp_path / f"{plan}.npy", answers) for plan in ("map", "scan", "join", "select")]
    assert together(*large, *[small] * 4) == [None] * 8


def test_a_caller_that_waits_for_room_gets_it(folder, answers, tmp_path):
    """Each plan alone takes nearly all of the budget."""
    nt.config(memory=10 * MIB, threads=2)
    plans = ("map", "scan", "transpose", "look-up")
    with Reserved() as reserved:
        raised = together(*(lambda plan=plan: saved(plan, folder, tmp_path / f"{plan}.npy", answers) for plan in plans))
    assert raised == [None] * 4
    assert reserved.most <= 10 * MIB


def test_many_small_plans_wait_for_each_other(save_npy):
    """Who finds no room while others finish is not refused: each of these plans fits the budget alone."""
    nt.config(memory=10 * MIB, threads=2)
    x = nt.open(save_npy(np.random.default_rng(0).standard_normal((600, 500))))
    makes = (
        lambda: ((x - x.mean(0)) / x.std(0)).sum(), lambda: (x.T + 1).sum(0), lambda: nt.cumsum(x, 0)[-1], lambda: x[x > 1].sum(),
    )  # fmt: skip
    want = [np.asarray(make()) for make in makes]

    def work(make, right):
        for _ in range(300):
            assert_same_bits(nt.compute(make()), right)

    assert together(*(lambda each=each: work(*each) for each in zip(makes, want))) == [None] * 4
    assert_nothing_is_held()


@pytest.mark.parametrize("callers", [2, 8])
def test_errors_of_one_are_no_errors_of_others(callers, folder, answers, tmp_path):
    """A file that ends too early, a plan that does not fit, an index out of bounds."""
    nt.config(memory=BUDGET, threads=2)
    broken = tmp_path / "broken.npy"
    np.save(broken, np.ones(SHAPE))
    opened = nt.open(broken)
    with open(broken, "r+b") as file:
        file.truncate(1_000_000)
    tried = []

    def failing():
        for _ in range(20):
            with pytest.raises(OSError, match="broken"):
                nt.save(tmp_path / "never.npy", nt.sqrt(opened) + 1)
            with pytest.raises(IndexError):
                np.asarray(nt.take(nt.open(folder / "x.npy"), nt.asarray(np.array([0, 5000])) + 0, axis=0))
            with pytest.raises(MemoryError):
                labels = nt.open(folder / "i.npy").ravel().astype("i8")
                nt.save(tmp_path / "never.npy", nt.group_reduce(labels, labels, "sum", groups=10**9))
            tried.append(True)

    plans = (list(PLANS) * 2)[: callers - 1]
    working = [
        lambda plan=plan, number=number: saved(plan, folder, tmp_path / f"{number}.npy", answers, 3)
        for number, plan in enumerate(plans)
    ]
    assert together(failing, *working) == [None] * callers
    assert len(tried) == 20 and not (tmp_path / "never.npy").exists()
    assert_nothing_is_held()


@pytest.mark.parametrize("callers", [2, 8])
def test_cancelling_ends_all_and_spoils_nothing(callers, folder, answers, tmp_path):
    """Who is cancelled raises `CancelledError` and may try again; nobody gets a wrong answer or waits for ever."""
    nt.config(memory=BUDGET, threads=2)
    done, cancelled = threading.Event(), []

    def stubborn(plan, number):
        for _ in range(200):
            try:
                return saved(plan, folder, tmp_path / f"{number}.npy", answers)
            except nt.CancelledError:
                cancelled.append(plan)
        raise AssertionError("cancelled 200 times")

    def canceller():
        slow = nt.linspace(0, 1, 50_000_000)
        for _ in range(10):
            slow = nt.sin(slow) + nt.exp(slow / 9)
        for _ in range(4):
            threading.Timer(0.05, nt.cancel).start()
            with pytest.raises(nt.CancelledError):
                float(slow.sum())
        done.set()

    plans = (list(PLANS) * 2)[: callers - 1]
    working = [lambda plan=plan, number=number: stubborn(plan, number) for number, plan in enumerate(plans)]
    assert together(canceller, *working) == [None] * callers
    assert done.is_set()
    assert_nothing_is_held()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{number}.npy" for number in range(callers - 1))


def test_interrupting_the_main_thread_leaves_the_others(folder, tmp_path):
    """Ctrl-C is for the main thread alone."""
    script = """
        import os, signal, sys, threading
        import numpy as np, numtile as nt
        signal.signal(signal.SIGINT, signal.default_int_handler)
        nt.config(memory=48 << 20, threads=2)
        slow = nt.linspace(0, 1, 100_000_000)
        for _ in range(20):
            slow = nt.sin(slow) + nt.exp(slow / 9)
        x = nt.open(sys.argv[1])
        want = np.sqrt(np.abs(np.load(sys.argv[1])))
        right, stop = [], threading.Event()

        def work():
            while not stop.is_set():
                right.append(np.array_equal(nt.compute(nt.sqrt(nt.abs(x))), want))

        others = [threading.Thread(target=work) for _ in range(3)]
        [other.start() for other in others]
        try:
            threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
            float(slow.sum())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        before = len(right)
        while len(right) < before + 3: pass
        stop.set()
        [other.join() for other in others]
        print(all(right), len(right) > 3, nt.memory().reserved)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(folder / "x.npy")]
    child = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert child.stdout.split() == ["interrupted", "True", "True", "0"], child.stderr


# ---- seen from outside -----------------------------------------------------------------------------------------

TOGETHER = """
import threading
i = nt.open(job["i"])
failures = []

def work(number, plan):
    try:
        for _ in range(2):
            nt.save(f"{job['target']}{number}.npy", eval(plan, {"nt": nt, "np": numpy, "x": x, "i": i}))
    except BaseException as error:
        failures.append(repr(error))

callers = [threading.Thread(target=work, args=each, daemon=True) for each in enumerate(job["plans"])]
[caller.start() for caller in callers]
[caller.join(%d) for caller in callers]
_confine.tell(failures=failures, alive=sum(caller.is_alive() for caller in callers))
"""


@pytest.mark.parametrize("callers", [2, 8])
def test_together_they_hold_one_budget(callers, folder, answers, tmp_path):
    """The peak of all callers, measured from outside in a memory cgroup."""
    plans = list(PLANS) if callers == 8 else ["standardise", "transpose"]
    seen = run(
        TOGETHER % (PATIENCE // 8), folder / "x.npy", BUDGET,
        i=str(folder / "i.npy"), plans=[PLANS[plan] for plan in plans], target=str(tmp_path / "y"),
    )  # fmt: skip
    assert seen.said["failures"] == [] and seen.said["alive"] == 0
    for number, plan in enumerate(plans):
        assert_same_bits(np.load(tmp_path / f"y{number}.npy"), answers[plan], plan)
    stacks = callers * MB  # of the Python threads
    assert seen.watch.peak - seen.said["footprint"] <= BUDGET + stacks
