"""The main job in small."""

import re

import numpy as np
import pytest
from compare import assert_same_bits
from conftest import MB

import numtile as nt
from numtile import demo

photographs = pytest.importorskip("PIL", reason="the demonstration needs pillow and scikit-image") and pytest.importorskip("skimage")


def test_the_conversion_is_exact():
    """Trilinear interpolation rounded once, against floating point on every combination of low bits of some cells."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (64, 257, 3), np.uint8)
    table = demo.cmyk_table()
    place, cell = (picture & 15) / 16, picture >> 4
    nodes, exact = table.reshape(17, 17, 17, 4).astype(float), 0
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, place, 1 - place).prod(axis=-1)
        exact = exact + weight[..., None] * nodes[tuple(np.moveaxis(cell + corner, -1, 0))]
    got = demo.convert(np, picture, table)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, np.floor(exact + 0.5))
    assert_same_bits(demo.convert(nt, nt.asarray(picture), nt.asarray(table)), got)


def test_the_table_is_plausible():
    table = demo.cmyk_table().reshape(17, 17, 17, 4)
    assert table[0, 0, 0].tolist() == [0, 0, 0, 255]
    assert table[16, 16, 16].tolist() == [0, 0, 0, 0]
    assert table[16, 0, 0].tolist() == [0, 255, 255, 0]
    back = demo.to_rgb(table)
    levels = np.minimum(np.arange(17) * 16, 255)
    assert np.abs(back[..., 0].astype(int) - levels[:, None, None]).max() <= 2


def test_no_two_blocks_are_alike():
    shape = (1100, 2060, 3)
    picture = np.concatenate(list(demo.picture_rows(shape, demo.load_photographs())))
    assert picture.shape == shape
    blocks = {picture[i : i + 256, j : j + 256].tobytes() for i in range(0, 1024, 256) for j in range(0, 2048, 256)}
    assert len(blocks) == 32


@pytest.mark.parametrize("size", [100, 10_000, 12_345_678, 10**9])
def test_picture_shapes(size):
    height, width, colours = demo.picture_shape(size)
    assert colours == 3
    assert 0.9 * size <= height * width * colours <= max(1.1 * size, 1000)


def test_the_main_job(tmp_path, capfd):
    assert demo.main(24_000_000, 48 * MB, tmp_path) == 0
    story = capfd.readouterr().out
    for words in ("every bit equal", "projected", "measured", "MB/s", "NumPy would need", "Enforced by the operating system"):
        assert words in story, story
    assert [p.name for p in tmp_path.iterdir()] == ["numtile-demo.png"]
    projected = re.search(r"projected\s+([\d.]+) MB", story)
    assert projected and float(projected[1]) <= 48 * 1.05


def test_keeping_the_files(tmp_path, capfd):
    assert demo.main("1MB", "32MB", tmp_path, keep=True, threads=1) == 0
    (work,) = (p for p in tmp_path.iterdir() if p.is_dir())
    assert sorted(p.name for p in work.iterdir()) == ["cmyk.npy", "picture.npy"]
    picture, cmyk = np.load(work / "picture.npy"), np.load(work / "cmyk.npy")
    assert_same_bits(cmyk, demo.convert(np, picture, demo.cmyk_table()))


def test_no_room(tmp_path):
    with pytest.raises(OSError, match="--size"):
        demo.main(10**17, 256 * MB, tmp_path)
    assert not list(tmp_path.iterdir())
