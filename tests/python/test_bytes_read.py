"""Each source is read as often as it must be and not once more."""

import numpy as np
import pytest
from conftest import MB

import numtile as nt

BUDGET = 16 * MB
SHAPE = (8008, 1001)  # 64 MB of float64: four times the budget


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("sources"), np.random.default_rng(0)
    paths = {name: folder / f"{name}.npy" for name in "xyf"}
    for name, path in paths.items():
        array = rng.standard_normal(SHAPE)
        np.save(path, np.asfortranarray(array) if name == "f" else array)
    return paths


def readings(paths, make, target=None):
    """How often the files were read, in units of one file, by evaluating what `make` makes of them."""
    nt.config(memory=BUDGET, threads=2)
    made = make(*(nt.open(path) for path in paths))
    if target is None:
        nt.compute(*made)
    else:
        nt.save(target, made)
    return nt.last_run().bytes_read / (8 * SHAPE[0] * SHAPE[1])


def stencil(x):
    return x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:] - 4 * x[1:-1, 1:-1]


@pytest.mark.parametrize("source", ["x", "f"])
@pytest.mark.parametrize("axis", [0, 1])
def test_standardising_reads_twice(source, axis, paths, tmp_path):
    """Once for mean and deviation together, once for the result."""
    read = readings([paths[source]], lambda x: (x - x.mean(axis, keepdims=True)) / x.std(axis, keepdims=True), tmp_path / "y.npy")
    assert read == pytest.approx(2, rel=1e-3)


def test_statistics_read_once(paths):
    assert readings([paths["x"]], lambda x: (x.mean(), x.std(0), x.min(1), x.max(), x.argmax())) == pytest.approx(1, rel=1e-3)


def test_three_means_of_shared_inputs_read_each_once(paths):
    assert readings([paths["x"], paths["y"]], lambda x, y: (x.mean(), y.mean(), (x * y).mean())) == pytest.approx(2, rel=1e-3)


def test_two_files_of_one_source_read_it_once(paths, tmp_path):
    nt.config(memory=BUDGET, threads=2)
    x = nt.open(paths["x"])
    nt.save({tmp_path / "a.npy": x * 2, tmp_path / "b.npy": x > 0})
    assert nt.last_run().bytes_read == pytest.approx(8 * SHAPE[0] * SHAPE[1], rel=1e-3)


@pytest.mark.parametrize("source", ["x", "f"])
def test_a_stencil_reads_once(source, paths, tmp_path):
    """And the edges of tiles, of which there are not many."""
    assert 0.99 < readings([paths[source]], stencil, tmp_path / "y.npy") < 1.1


@pytest.mark.parametrize("source", ["x", "f"])
def test_transposing_reads_once(source, paths, tmp_path):
    """Whatever the order of the file, tiles are read and written in runs."""
    assert readings([paths[source]], lambda x: x.T, tmp_path / "y.npy") == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("axis", [0, 1])
def test_running_sums_read_once(axis, paths, tmp_path):
    """Tiles hand running values to one another."""
    assert readings([paths["x"]], lambda x: nt.cumsum(x, axis), tmp_path / "y.npy") == pytest.approx(1, rel=1e-3)


def test_running_values_with_what_is_computed_of_them_read_once(paths, tmp_path):
    read = readings([paths["x"]], lambda x: nt.sqrt(nt.cumsum(x * 2, 0)) + 1, tmp_path / "y.npy")
    assert read == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("count", [2, 8, 1001])
def test_what_is_split_is_read_once(count, paths, tmp_path):
    """Parts that lie far apart are no windows."""
    nt.config(memory=BUDGET, threads=2)
    x = nt.open(paths["x"])
    nt.save({tmp_path / f"{number}.npy": part for number, part in enumerate(nt.array_split(x[:, ::7], count)[:40])})
    assert nt.last_run().bytes_read < 1.01 * 8 * SHAPE[0] * SHAPE[1]


def test_reducing_wide_rows_reads_once(paths):
    """Rows so wide that tiles of whole leaves take a part of the columns."""
    assert readings([paths["x"]], lambda x: (x.reshape(SHAPE[0] // 2, -1).mean(0),)) == pytest.approx(1, rel=1e-3)


def test_half_the_rows_are_half_the_file(paths):
    assert readings([paths["x"]], lambda x: (x[: SHAPE[0] // 2].sum(),)) == pytest.approx(0.5, rel=1e-3)


def test_parts_of_a_file_are_read_one_after_the_other(paths):
    """As many results as do not fit tiles held at the same time."""
    parts = [slice(1001 * i, 1001 * (i + 1)) for i in range(8)]
    assert readings([paths["x"]], lambda x: [x[part].sum(0) for part in parts]) == pytest.approx(1, rel=1e-3)
    assert nt.last_run().bytes_minimum == pytest.approx(8 * SHAPE[0] * SHAPE[1], rel=1e-3)


def test_small_files_are_read_together(tmp_path):
    """Whole, and no file with every other one in memory."""
    arrays = [np.full((100, 100), i, "f8") for i in range(100)]
    for i, array in enumerate(arrays):
        np.save(tmp_path / f"{i}.npy", array)
    nt.config(memory=BUDGET, threads=2)
    means = nt.compute(*(nt.open(tmp_path / f"{i}.npy").mean() for i in range(100)))
    np.testing.assert_array_equal(means, range(100))
    run = nt.last_run()
    assert run.bytes_read == pytest.approx(100 * 80_000, rel=1e-3)
    assert 1 < len(run.passes) < 20
