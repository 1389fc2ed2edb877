"""Every function of the table on a file of 64 MB at a budget of 16 MB: what comes out is NumPy's, and the peak holds."""

import numpy as np
import pytest
from harness import accuracy
from harness.functions import JOINS, METHODS, ROWS, SCANS, SELECTION, VIEWS, exists
from harness.operands import Case
from harness.run import Text

import numtile as nt

BUDGET = 16_000_000
SHAPE = (60, 512, 560)  # 68.8 MB of 4-byte elements
SMALL = (4, 5, 6)

#: Calls that fit this shape, where none of the table does.
CALLS = {
    "column_stack": "xp.column_stack((x, x))",
    "diag": "xp.diag(x[0])",
    "diagflat": "xp.diagflat(x[0, 0])",
    "put_along_axis": "a = xp.array(x); xp.put_along_axis(a, i[:, None, None], f[:1], axis=0); a",
    "resize": "xp.resize(x, (600, 512, 70))",
    "vander": "xp.vander(f[0, 0], 3)",
    "take_along_axis": "xp.take_along_axis(x, i[:, None, None], axis=0)",
    "trim_zeros": "xp.trim_zeros(x[:, 0, 0])",
}
#: What does not fit 16 MB, and why: each is refused at once with a `MemoryError` that names the need.
REFUSED: dict[str, str] = {}
#: The methods of all ufuncs are the same code: some stand for all.
SOME_METHODS = {"add", "maximum", "subtract", "logaddexp"}


def is_tested(row):
    """Whether a row is no other name for what another row is, and no method like those of other ufuncs."""
    return not row.alias_of and (row.chapter is not METHODS or row.name.split(".")[0] in SOME_METHODS)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files, and their contents."""
    folder, rng = tmp_path_factory.mktemp("large"), np.random.default_rng(1)
    arrays = {"f4": rng.standard_normal(SHAPE, dtype="f4"), "i4": rng.integers(-9, 10, SHAPE, dtype="i4")}
    for kind, array in arrays.items():
        np.save(folder / f"{kind}.npy", array)
    return folder, arrays


def suitable(row):
    """The first call that NumPy accepts on a small array of float32 or int32, and that type."""
    kinds = ("i4", "f4") if row.chapter in (VIEWS, JOINS, SELECTION, SCANS) else ("f4", "i4")
    for call in [CALLS[row.name]] if row.name in CALLS else row.calls:
        text = Text(call)
        for kind in kinds:
            try:
                text.run(np, Case(kind, "C", SMALL, 0.02).operands(text.names))
            except Exception:  # noqa: BLE001, S112 - another type or another call
                continue
            if text.names:
                return text, kind
    return None


def operands(names, x, absolute):
    """What the table's texts speak of, made of one large array."""
    length = x.shape[0]
    made = {
        "x": lambda: x, "f": lambda: x, "p": lambda: absolute(x), "y": lambda: x[0], "m": lambda: x > 0,
        "c": lambda: np.arange(length) % 2 == 0, "i": lambda: np.array([0, -1, length // 2, 0]), "o": lambda: np.arange(length) % 3,
    }  # fmt: skip
    return {name: made[name]() for name in names}


@pytest.mark.parametrize("row", list(filter(is_tested, ROWS)), ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore")
def test_more_data_than_memory(row, files):
    chosen = suitable(row)
    if not exists(row.name) or chosen is None:
        pytest.skip(f"numtile has no {row.name} yet" if chosen else f"{row.name} takes no array")
    text, kind = chosen
    folder, arrays = files
    x = nt.open(folder / f"{kind}.npy")
    nt.config(memory=BUDGET, threads=2)
    result = text.run(nt, operands(text.names, x, nt.abs))
    if row.name in REFUSED:
        with pytest.raises(MemoryError, match="budget"):
            nt.compute(*summaries(result))
        return
    got = nt.compute(*summaries(result), nt.zeros(1))[:-1]
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= BUDGET
    want = summaries(text.run(np, operands(text.names, arrays[kind], np.abs)))
    assert len(got) == len(want)
    for one, other in zip(got, want):
        compare(row, one, other)


def summaries(result):
    """Small arrays that depend on every element of the results: of whole numbers, on its place too."""
    results = result if isinstance(result, (tuple, list)) else (result,)
    arrays = [each if isinstance(each, nt.Array) else np.asarray(each) for each in results]
    return [part for each in arrays for part in _summaries_of(each)]


def _summaries_of(x):
    if x.size <= 100_000:
        return [x]
    if x.dtype.kind in "biu":
        places = (nt if isinstance(x, nt.Array) else np).arange(x.size).reshape(x.shape)
        return [(x.astype("i8") * places).sum()]
    return [(x.real if x.dtype.kind == "c" else x).min(), (x.imag if x.dtype.kind == "c" else x).max()]


def compare(row, got, want):
    """Equal where NumPy's bits are promised, close elsewhere."""
    if accuracy.text(row.canonical) == accuracy.BITS:
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * float(np.abs(want).max()))


@pytest.mark.parametrize("call", ["xp.add(x, y)", "xp.transpose(x)", "xp.concatenate((x, x))", "xp.cumsum(x, 0)", "xp.pad(x, 3, 'reflect')"])
def test_from_file_to_file(call, files, tmp_path):
    """The same with results as large as the data."""
    if not exists(call.removeprefix("xp.").split("(")[0]):
        pytest.skip(f"numtile has no {call} yet")
    folder, arrays = files
    nt.config(memory=BUDGET, threads=2)
    result = Text(call).run(nt, operands({"x", "y"}, nt.open(folder / "i4.npy"), nt.abs))
    nt.save(tmp_path / "result.npy", result)
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= BUDGET
    want = Text(call).run(np, operands({"x", "y"}, arrays["i4"], np.abs))
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy", mmap_mode="r"), want)
