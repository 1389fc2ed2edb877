"""Plans as text, picture and data; reports of runs; rehearsals; refusals and what they advise; who holds what."""

import functools
import gc
import operator
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from conftest import MB, force_tile

import numtile as nt

SVG = "{http://www.w3.org/2000/svg}"


def picture(plan):
    """The parsed picture, and all its texts: those that are shown, and the whole of those that are shortened."""
    root = ET.fromstring(plan.svg())
    return root, [text for node in root.iter(f"{SVG}text") for text in node.itertext()]


def standardized(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1)


@pytest.fixture
def x(save_npy):
    return nt.open(save_npy(np.random.default_rng(0).standard_normal((3001, 1003))))


NBYTES = 3001 * 1003 * 8


# ---- plans -----------------------------------------------------------------------------------------------------


def test_a_plan_is_text_and_data(x):
    nt.config(memory=40 * MB)
    plan = nt.explain(standardized(x), save=True)
    assert isinstance(plan, nt.Plan)
    assert str(plan) == repr(plan) and str(plan).startswith("2 passes, reads 48.2 MB, writes 24.1 MB, projected peak")
    assert (plan.bytes_read, plan.bytes_written, plan.bytes_minimum) == (2 * NBYTES, NBYTES, 2 * NBYTES)
    assert plan.budget == nt.memory().limit and plan.scratch_bytes == 0
    [source] = plan.sources
    assert (source.shape, source.dtype, source.nbytes, source.in_memory) == ((3001, 1003), "float64", NBYTES, False)
    assert [(each.shape, each.nbytes, each.made_by, each.last_use) for each in plan.held] == [((1003,), 8024, 0, 1)] * 2
    [result] = plan.results
    assert (result.shape, result.nbytes, result.in_file, result.made_by) == ((3001, 1003), NBYTES, True, 1)
    first, second = plan.passes
    assert {name for name, _ in first.operators} >= {"mean", "std"}
    assert (first.sources, first.held, second.sources, sorted(second.held)) == ((0,), (), (0,), [0, 1])
    for each in plan.passes:
        assert each.shape == (3001, 1003) and each.bytes_read == NBYTES
        assert each.tiles == -(-3001 // each.tile[0]) * -(-1003 // each.tile[1])
        assert each.peak < plan.projected_peak
        assert each.measured is None and each.rehearsed is None


def test_the_plan_says_what_happens(x):
    """Hand-computed against what a run does."""
    plan = nt.explain(standardized(x))
    np.asarray(standardized(x))
    run = nt.last_run()
    assert (run.bytes_read, run.bytes_written, run.projected_peak) == (plan.bytes_read, plan.bytes_written, plan.projected_peak)


def test_what_must_be_read_at_least(x):
    assert nt.explain(x[:100] + x[500:600]).bytes_minimum == 200 * 1003 * 8
    assert nt.explain(x + x[::-1]).bytes_minimum == NBYTES, "the same file twice"
    assert nt.explain(nt.asarray(np.ones(10_000)) + 1).bytes_minimum == 0, "no file"
    assert nt.explain(x.sum(), save=True).bytes_minimum == NBYTES + 8


def test_the_picture(x):
    nt.config(memory=40 * MB)
    plan = nt.explain(standardized(x), save=True)
    root, texts = picture(plan)
    assert root.tag == f"{SVG}svg" and root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    for said in ("pass 1 of 2: over (3001,1003)", "pass 2 of 2: over (3001,1003)", "float64 (3001,1003)", "result 0", "24.1 MB to its file"):
        assert said in texts
    assert any("saved1.npy" in text for text in texts)
    assert sum(text.endswith("8.0 kB in memory") for text in texts) == 2, "held between the passes"
    for rect in root.iter(f"{SVG}rect"):
        at, size = float(rect.get("y", 0)), float(rect.get("height"))
        assert 0 <= at and at + size <= float(root.get("height"))
    boxes = [(float(r.get("x")), float(r.get("y")), float(r.get("width")), float(r.get("height"))) for r in root.iter(f"{SVG}rect") if r.get("rx")]
    for number, (x1, y1, w1, h1) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[:number]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1, "boxes overlap"


def test_the_picture_needs_nothing_else(x):
    svg = nt.explain(standardized(x)).svg()
    assert svg.count("http") == 1 and "href" not in svg and "url(" not in svg and "@import" not in svg
    assert "<script" not in svg and " id=" not in svg


@pytest.mark.parametrize("name", ["a<b>&\"c\".npy", "it's & so on.npy", "new\nline\x01.npy", "</svg><script>.npy".replace("/", "-")])
def test_names_of_files_are_escaped(tmp_path, name):
    np.save(tmp_path / name, np.ones((20, 30)))
    plan = nt.explain(nt.open(tmp_path / name) + 1)
    _, texts = picture(plan)
    shown = re.sub(r"[\x00-\x1f]", "\ufffd", name)
    assert any(text.endswith(shown) for text in texts), texts
    assert plan.sources[0].name.endswith(name)
    ET.fromstring(plan._repr_html_().replace("\x01", ""))


def test_notebooks(x):
    plan = nt.explain(x + 1)
    assert plan._repr_svg_() == plan.svg() and plan.svg() in plan._repr_html_()


def test_ten_thousand_sources():
    arrays = [np.full(2, number) for number in range(10_000)]
    joined = nt.concatenate([nt.asarray(array) for array in arrays])
    plan = nt.explain(joined.astype("f8").sum())
    assert len(plan.sources) == 10_000 == len(plan.passes[0].sources)
    assert len(str(plan)) < 100 * 10_000
    _, texts = picture(plan)
    assert "9,992 more" in texts and len(plan.svg()) < 20_000
    assert float(joined.sum()) == 2 * sum(range(10_000))


@pytest.mark.parametrize("shape", [(), (0,), (0, 5), (3, 0, 2), (1,) * 12])
def test_odd_shapes(shape):
    for made in (nt.ones(shape) * 2, nt.ones(shape).sum()):
        for rehearse in (False, True):
            plan = nt.explain(made, rehearse=rehearse)
            picture(plan)
            assert plan.results[0].shape == made.shape


def test_nothing_to_explain():
    plan = nt.explain()
    assert plan.passes == () and plan.results == () and "0 passes" in plan
    picture(plan)


# ---- reports ---------------------------------------------------------------------------------------------------


def test_the_report_of_a_run(x, tmp_path):
    nt.config(memory=40 * MB)
    nt.save(tmp_path / "y.npy", standardized(x))
    run = nt.last_run()
    assert (run.bytes_read, run.bytes_written, run.bytes_minimum, run.scratch_peak) == (2 * NBYTES, NBYTES, 2 * NBYTES, 0)
    assert 0 < run.measured_peak <= run.projected_peak <= 40 * MB
    first, second = run.passes
    assert (first.bytes_read, first.bytes_written, second.bytes_read, second.bytes_written) == (NBYTES, 0, NBYTES, NBYTES)
    assert {name for name, _ in first.operators} >= {"mean", "std"} and "subtract" in dict(second.operators)
    for each in run.passes:
        assert 0 < each.seconds and 0 < each.reading <= 2.5 * each.seconds and 0 < each.computing <= 2.5 * each.seconds
    assert first.writing == 0 < second.writing
    assert first.seconds + second.seconds <= run.seconds * 1.001
    assert [each.measured for each in run.plan.passes] == list(run.passes)
    assert run == nt.last_run()


def test_the_report_is_a_table(x):
    float(x.mean())
    lines = str(nt.last_run()).splitlines()
    assert any(line.startswith("read") and line.endswith("24.1 MB") for line in lines), lines
    assert lines[-2].split()[:2] == ["pass", "time"] and lines[-1].endswith("mean")
    text = str(nt.last_run().plan)
    assert "took" in text and "read 24.1 MB" in text
    assert any("took" in line for line in picture(nt.last_run().plan)[1])


def test_reports_of_runs_that_count_masks_first(x):
    np.asarray(x[x > 1])
    run = nt.last_run()
    assert len(run.passes) > len(run.plan.passes), "counting is a pass too"
    assert sum(each.bytes_read for each in run.passes) == run.bytes_read
    assert run.bytes_minimum == NBYTES, "counting and selecting look at one file"


def test_small_arrays_have_no_plan():
    np.asarray(nt.asarray(np.ones(100)) + 1)
    run = nt.last_run()
    assert run.passes == () and run.plan is None and run.bytes_minimum == 0
    assert "time" in str(run)


def test_scratch_is_reported(save_npy, tmp_path):
    wide = nt.open(save_npy(np.ones((4, 2_000_003))))
    nt.config(memory=12 * MB, scratch=tmp_path)
    try:
        y = wide - wide.mean(axis=0)
        plan = nt.explain(y, save=True)
        assert plan.scratch_bytes == 2_000_003 * 8 and "scratch: 16.0 MB at most" in plan
        assert [each.in_scratch for each in plan.held] == [True]
        assert any(text and text.endswith("16.0 MB in scratch") for text in picture(plan)[1])
        nt.save(tmp_path / "y.npy", y)
        run = nt.last_run()
        assert run.scratch_peak == plan.scratch_bytes
        assert run.bytes_minimum == 2 * wide.nbytes
        assert (run.bytes_read, run.bytes_written) == (plan.bytes_read, wide.nbytes + plan.scratch_bytes)
    finally:
        nt.config(scratch="")


# ---- rehearsals ------------------------------------------------------------------------------------------------


def rehearsed(*arrays, **options):
    """Rehearses; returns the plan, after checking what holds of every rehearsal."""
    nt.explain(*arrays, **options)  # counts what must be counted
    before, reads = nt.memory().reserved, nt.last_run()
    plan = nt.explain(*arrays, rehearse=True, **options)
    assert nt.memory().reserved == before and nt.last_run() == reads, "nothing is left, nothing ran"
    for each in plan.passes:
        assert each.rehearsed.peak <= each.rehearsed.reserved <= plan.projected_peak <= plan.budget
        assert each.rehearsed.tiles == each.tiles or 0 < each.rehearsed.tiles <= 20_000
    return plan


PROGRAMS = {
    "elementwise": lambda x: x * 2 + 1,
    "columns": standardized,
    "rows": lambda x: x - x.max(axis=1, keepdims=True),
    "all": lambda x: nt.stack([x.sum(), x.std(), x.min()]),
    "both axes": lambda x: x.mean(axis=0).sum() + x.sum(axis=1),
    "transpose": lambda x: x.T + 1,
    "windows": lambda x: nt.convolve(x[:, 3], np.ones(9)),
    "join": lambda x: nt.concatenate([x, x[::-1]], axis=1) * 2,
    "reshape": lambda x: x.reshape(-1, 3001).sum(axis=0),
    "scan": lambda x: nt.cumsum(x, axis=0),
    "scan along rows": lambda x: nt.cumsum(x, axis=1),
    "take": lambda x: nt.take(x, np.arange(0, 3001, 7), axis=0) - 1,
    "selection": lambda x: x[x > 1],
    "rows selected": lambda x: x[x[:, 0] > 0],
    "several": lambda x: x.astype("f4").argmax(axis=0) + x.prod(axis=0),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("memory, threads", [(12 * MB, 1), (40 * MB, 3)])
def test_rehearsals_hold_what_running_holds(x, tmp_path, name, memory, threads):
    """Between what a run holds and what is projected."""
    nt.config(memory=memory, threads=threads)
    y = PROGRAMS[name](x)
    plan = rehearsed(y, save=True)
    assert "rehearsed: all" in plan and any("rehearsed" in text for text in picture(plan)[1])
    most = max(each.rehearsed.peak for each in plan.passes)
    assert most >= 0.5 * max(each.rehearsed.reserved for each in plan.passes)
    nt.save(tmp_path / "y.npy", y)
    assert nt.last_run().plan.projected_peak == plan.projected_peak
    assert nt.last_run().measured_peak <= most


@pytest.mark.parametrize("tile", [(1, 1003), (256, 16), (3001, 7), (700, 700)])
@pytest.mark.parametrize("name", ["columns", "rows", "all", "both axes", "several"])
def test_rehearsals_of_forced_tiles(x, name, tile):
    nt.config(memory=200 * MB)
    force_tile(tile)
    y = PROGRAMS[name](x)
    plan = rehearsed(y)
    np.asarray(y)
    assert nt.last_run().measured_peak <= max(each.rehearsed.peak for each in plan.passes)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 2), (1, 2), (0, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rehearsals_of_petabytes(axis, order):
    """Many tiles, of which stretches are gone over, with what would wait in the joins."""
    nt.config(memory=64 * MB)
    huge = np.broadcast_to(np.float64(1), (50_021, 50_007, 50_003))
    x = nt.asarray(huge if order == "C" else huge.T)
    assert x.nbytes > 10**15
    started = time.perf_counter()
    plan = rehearsed(nt.sin(x).sum(axis=axis), save=True)
    assert time.perf_counter() - started < 10, "seconds on any machine"
    if plan.passes[0].tiles > 20_000:
        assert re.search(r"rehearsed: [\d,]+ of [\d,]{6,} tiles", str(plan))


def test_rehearsals_of_files_that_are_huge(tmp_path):
    path = tmp_path / "huge.raw"
    path.touch()
    for size in (1 << 50, 1 << 43):
        try:
            os.truncate(path, size)
            break
        except OSError:
            continue
    else:
        pytest.skip("no file system with sparse files of terabytes")
    nt.config(memory=32 * MB)
    x = nt.open(path, dtype="f8", shape=(size >> 23, 1 << 20))
    started = time.perf_counter()
    plan = rehearsed(standardized(x), save=True)
    assert time.perf_counter() - started < 10
    assert plan.bytes_read == 2 * size


# ---- refusals --------------------------------------------------------------------------------------------------


def sums_of_many(x):
    """Of 600 files at once, each of which takes a page at least."""
    return functools.reduce(operator.add, [nt.open(x)[:20] for _ in range(600)])


def running_values(x):
    """Of 50 arrays at once."""
    x = nt.open(x)[:300, :500]
    return functools.reduce(operator.add, [nt.cumsum(x * factor, axis=0) for factor in range(1, 50)])


def windows(x):
    x = nt.open(x)
    return functools.reduce(operator.add, [nt.convolve(x[row], np.ones(5)) for row in range(100)])


@pytest.mark.parametrize("made, said", [(sums_of_many, r"add over \(20,1000\)"), (running_values, "accumulate, add over"), (windows, "concatenate, multiply, add over")])
@pytest.mark.parametrize("threads", [1, 4])
def test_the_budget_that_is_advised_works(save_npy, tmp_path, made, said, threads):
    y = made(save_npy(np.random.default_rng(0).standard_normal((600, 1000))))
    nt.config(memory=6 << 20, threads=threads)
    refusals = []
    acts = [lambda: nt.save(tmp_path / "y.npy", y), lambda: nt.explain(y, save=True), lambda: nt.explain(y, save=True, rehearse=True)]
    for act in acts:
        with pytest.raises(MemoryError) as caught:
            act()
        refusals.append(str(caught.value))
    assert len(set(refusals)) == 1 and not (tmp_path / "y.npy").exists()
    [text] = set(refusals)
    numbers = re.fullmatch(r"the pass computing .*" + said + r".* needs at least (\d+) bytes.*allows (\d+) bytes.*memory=(\d+)\).*part at a time", text)
    needs, allows, advised = map(int, numbers.groups())
    assert needs == advised > allows == 6 << 20
    nt.config(memory=advised)
    nt.save(tmp_path / "y.npy", y)
    assert nt.last_run().projected_peak <= advised
    nt.config(memory=int(advised * 0.9))
    with pytest.raises(MemoryError):
        nt.explain(y, save=True)


@pytest.mark.parametrize("look", [np.asarray, nt.compute, lambda y: y.tolist()])
def test_results_larger_than_the_machine_are_refused_before_anything_starts(save_npy, look):
    x = nt.open(save_npy(np.ones((1000, 1))))
    y = x + nt.zeros((1, 10**12))
    before = nt.last_run()
    with pytest.raises(MemoryError, match=r"the result needs 8000000000000000 bytes.*nt\.save"):
        look(y)
    assert nt.last_run() == before


# ---- who holds what --------------------------------------------------------------------------------------------


def test_memory_tells_of_scratch():
    usage = nt.memory()
    assert usage.scratch == 0 and usage.scratch_limit is None
    assert "what the disk has" in str(usage)
    with nt.config(scratch_limit="3GB"):
        assert nt.memory().scratch_limit == 3_000_000_000
        assert re.search(r"scratch limit +3\.00 GB", str(nt.memory()))


def test_trim_gives_memory_back():
    kept = np.asarray(nt.ones(4_000_000) * 2)
    del kept
    gc.collect()
    assert nt.memory().cached >= 32_000_000
    nt.trim()
    assert nt.memory().cached == 0
    assert nt.memory().limit == 256 * MB


# ---- the command line ------------------------------------------------------------------------------------------


def test_explain_writes_a_picture(x, tmp_path):
    file = tmp_path / "plan.svg"
    source = next(tmp_path.glob("*.npy"))
    command = [sys.executable, "-m", "numtile", "explain", "a - mean(a)", f"a={source}", "--svg", str(file), "--rehearse"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "rehearsed: all" in run.stdout
    texts = [node.text for node in ET.parse(file).getroot().iter(f"{SVG}text")]
    assert "pass 2 of 2: over (3001,1003)" in texts
