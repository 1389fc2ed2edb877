"""Every function of the table on a file of 64 MB at a budget of 8 MB: what comes out is NumPy's, and the peak holds."""

import numpy as np
import pytest
from harness import large
from harness.functions import exists
from harness.run import Text

import numtile as nt

BUDGET = 8_000_000
SHAPE = (60, 512, 560)  # 68.8 MB of 4-byte elements

#: What does not fit 8 MB, and why: each is refused at once with a `MemoryError` that names the need.
REFUSED: dict[str, str] = {}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files, and their contents."""
    folder, rng = tmp_path_factory.mktemp("large"), np.random.default_rng(1)
    arrays = {"f4": rng.standard_normal(SHAPE, dtype="f4"), "i4": rng.integers(-9, 10, SHAPE, dtype="i4")}
    for kind, array in arrays.items():
        np.save(folder / f"{kind}.npy", array)
    return folder, arrays


@pytest.mark.parametrize("row", large.rows(), ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore")
def test_more_data_than_memory(row, files):
    program = large.program(row)
    if not exists(row.name) or program is None:
        pytest.skip(f"numtile has no {row.name} yet" if program else f"{row.name} takes no array")
    text = Text(program.text)
    folder, arrays = files
    nt.config(memory=BUDGET, threads=2)
    result = text.run(nt, {"x": nt.open(folder / f"{program.kind}.npy")})
    if row.name in REFUSED:
        with pytest.raises(MemoryError, match="budget"):
            nt.compute(*summaries(result))
        return
    got = nt.compute(*summaries(result), nt.zeros(1))[:-1]
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= BUDGET
    want = summaries(text.run(np, {"x": arrays[program.kind]}))
    assert len(got) == len(want)
    for one, other in zip(got, want):
        compare(program, one, other)


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


def compare(program, got, want):
    """Equal where NumPy's bits are promised, close elsewhere."""
    if program.exact:
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * float(np.abs(want).max()))


@pytest.mark.parametrize("call", ["xp.add(x, x[0])", "xp.transpose(x)", "xp.concatenate((x, x))", "xp.cumsum(x, 0)", "xp.pad(x, 3, 'reflect')"])
def test_from_file_to_file(call, files, tmp_path):
    """The same with results as large as the data."""
    folder, arrays = files
    nt.config(memory=BUDGET, threads=2)
    nt.save(tmp_path / "result.npy", Text(call).run(nt, {"x": nt.open(folder / "i4.npy")}))
    run = nt.last_run()
    assert run.measured_peak <= run.projected_peak <= BUDGET
    want = Text(call).run(np, {"x": arrays["i4"]})
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy", mmap_mode="r"), want)
