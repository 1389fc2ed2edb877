"""Files in and out: .npy in all its forms, raw files, what nt.save writes, several outputs at once."""

import io

import numpy as np
import pytest
from arrays import ALL, LAYOUTS, arrays, laid_out, random_values
from compare import assert_same_bits
from conftest import force_tile
from hypothesis import given

import numtile as nt


def written(path, array, version):
    """Writes an array as .npy of a given format version."""
    with open(path, "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    return path


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("dtype", ALL)
def test_reading_npy(tmp_path, version, order, byte_order, dtype):
    values = random_values(dtype, (23, 5, 31), np.random.default_rng(0)).astype(np.dtype(dtype).newbyteorder(byte_order))
    path = written(tmp_path / "x.npy", np.asarray(values, order=order), version)
    x = nt.open(path)
    assert_same_bits(x, values)
    assert_same_bits(x[::-2, 1:, 3::7].T, values[::-2, 1:, 3::7].T)
    force_tile((4, 2, 9))
    assert_same_bits(x.sum(axis=(0, 2)) if dtype == "?" else x[3], values.sum(axis=(0, 2)) if dtype == "?" else values[3])


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0, 2), (1, 1, 1), (2,) * 12])
def test_shapes(tmp_path, shape, save_npy):
    a = random_values("f8", shape, np.random.default_rng(1))
    x = nt.open(save_npy(a))
    assert_same_bits(x, a)
    nt.save(tmp_path / "y.npy", x)
    assert_same_bits(np.load(tmp_path / "y.npy"), a)


def test_content_decides_not_the_name(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(5))
    (tmp_path / "x.npy").rename(tmp_path / "x.data")
    assert_same_bits(nt.open(tmp_path / "x.data"), np.arange(5))
    assert_same_bits(nt.open(str(tmp_path / "x.data")), np.arange(5))


def test_opening_reads_no_data(tmp_path):
    """A file of a terabyte that has no blocks on disk opens at once."""
    path = tmp_path / "huge.npy"
    shape = (2**37,)
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
        start = file.tell()
        try:
            file.truncate(start + 8 * shape[0])
        except OSError:
            pytest.skip("this file system has no sparse files of that size")
    x = nt.open(path)
    assert x.shape == shape
    assert_same_bits((x + 1)[-3:], np.ones(3))


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">f4", ">c16", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("offset", [0, 1, 513])
def test_raw_files(tmp_path, dtype, order, offset):
    values = random_values(np.dtype(dtype).newbyteorder("="), (37, 19), np.random.default_rng(2)).astype(dtype)
    path = tmp_path / "raw.bin"
    path.write_bytes(b"#" * offset + values.tobytes(order=order) + b"tail")
    x = nt.open(path, dtype=dtype, shape=(37, 19), offset=offset, order=order)
    assert_same_bits(x, values)
    assert_same_bits(x[5:, ::-3], values[5:, ::-3])


def test_raw_files_without_a_shape(tmp_path):
    values = np.arange(1000, dtype="<u4")
    (tmp_path / "raw.bin").write_bytes(values.tobytes())
    assert_same_bits(nt.open(tmp_path / "raw.bin", dtype="<u4"), values)
    assert_same_bits(nt.open(tmp_path / "raw.bin", dtype="<u4", offset=40), values[10:])


# ---- writing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_saving_writes_what_numpy_writes(tmp_path, dtype, layout):
    """Byte for byte the file of np.save for a C-ordered array."""
    a = laid_out(dtype, (41, 7, 13), layout, np.random.default_rng(3), folder=tmp_path)
    plain = np.array(a.astype(a.dtype.newbyteorder("=")), order="C")
    nt.save(tmp_path / "y.npy", nt.asarray(a))
    expected = io.BytesIO()
    np.save(expected, plain)
    assert (tmp_path / "y.npy").read_bytes() == expected.getvalue()


@given(arrays())
def test_round_trip(tmp_path_factory, a):
    path = tmp_path_factory.getbasetemp() / "round.npy"
    nt.save(path, nt.asarray(a))
    assert_same_bits(np.load(path), a)
    assert_same_bits(nt.open(path), a)


def test_saving_arrays_and_numpy_objects(tmp_path):
    nt.save(tmp_path / "a.npy", np.arange(5))
    assert_same_bits(np.load(tmp_path / "a.npy"), np.arange(5))
    nt.save(str(tmp_path / "b.npy"), nt.arange(5) * 2)
    assert_same_bits(np.load(tmp_path / "b.npy"), np.arange(5) * 2)


def test_several_files_in_one_pass(tmp_path, save_npy):
    a = random_values("f8", (1003, 501), np.random.default_rng(4), edges=0)
    x = nt.open(save_npy(a))
    nt.save({tmp_path / "p.npy": x * 2, tmp_path / "q.npy": (x + 1).T, tmp_path / "r.npy": x > 0, tmp_path / "s.npy": x.max(axis=0)})
    assert_same_bits(np.load(tmp_path / "p.npy"), a * 2)
    assert_same_bits(np.load(tmp_path / "q.npy"), (a + 1).T)
    assert_same_bits(np.load(tmp_path / "r.npy"), a > 0)
    assert_same_bits(np.load(tmp_path / "s.npy"), a.max(axis=0))


def test_several_files_that_share_the_reading(tmp_path, save_npy):
    a = random_values("f8", (2003, 501), np.random.default_rng(4), edges=0)
    x = nt.open(save_npy(a))
    nt.save({tmp_path / "p.npy": x * 2, tmp_path / "q.npy": x + 1})
    assert nt.last_run().bytes_read < 1.1 * a.nbytes
    assert nt.last_run().bytes_written >= 2 * a.nbytes


def test_overwriting_is_atomic_and_the_source_may_be_the_target(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(100_000.0))
    nt.save(path, nt.open(path) + 1)
    assert_same_bits(np.load(path), np.arange(100_000.0) + 1)
    assert [p.name for p in tmp_path.iterdir()] == ["x.npy"]


def test_standardising_columns_from_disk_to_disk(tmp_path, save_npy):
    a = random_values("f8", (3001, 203), np.random.default_rng(5), edges=0)
    nt.config(memory=16 << 20)
    x = nt.open(save_npy(a))
    nt.save(tmp_path / "y.npy", (x - x.mean(axis=0)) / x.std(axis=0))
    got = np.load(tmp_path / "y.npy")
    np.testing.assert_allclose(got, (a - a.mean(axis=0)) / a.std(axis=0), rtol=1e-9, atol=1e-12)


def test_long_rows_and_long_columns(tmp_path):
    """Shapes where tiles by rows would be wrong."""
    nt.config(memory=16 << 20)
    for shape in ((3, 2_000_003), (2_000_003, 3)):
        a = random_values("i4", shape, np.random.default_rng(6))
        for order in "CF":
            np.save(tmp_path / "x.npy", np.asarray(a, order=order))
            nt.save(tmp_path / "y.npy", (nt.open(tmp_path / "x.npy") * 2).T)
            assert_same_bits(np.load(tmp_path / "y.npy"), (a * 2).T)


def test_memmaps_are_read_from_their_file(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(10_000.0).reshape(100, 100))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert_same_bits(nt.asarray(mapped)[3:, ::2], np.asarray(mapped)[3:, ::2])
    assert_same_bits(nt.asarray(mapped[10:, 5:].T), np.asarray(mapped[10:, 5:].T))


def test_in_memory_sources_are_live_and_kept_alive():
    a = np.arange(1000.0)
    y = nt.asarray(a) + 1
    a[:] = 5
    assert_same_bits(y, np.full(1000, 6.0))
    del a
    assert_same_bits(y, np.full(1000, 6.0))
