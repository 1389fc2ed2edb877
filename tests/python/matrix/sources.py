"""The files: random numbers in C order, made when a case first asks for them."""

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MIB = 1 << 20


@dataclass(frozen=True)
class Scale:
    """Files so many times as large as the budget."""

    times: int
    budget: int
    #: Of the arrays, which have elements of four bytes.
    shape: tuple[int, int, int]

    def shape_of(self, dims):
        """The same elements as two, three or four axes."""
        a, b, c = self.shape
        return {2: (a * b, c), 3: self.shape, 4: (a // 4, b // 4, 16, c)}[dims]

    @property
    def bytes(self):
        return 4 * math.prod(self.shape)


FULL = (Scale(4, 64 * MIB, (60, 1024, 1120)), Scale(16, 256 * MIB, (240, 2048, 2240)))
QUICK = (Scale(4, 16 * MIB, (60, 512, 560)), Scale(16, 32 * MIB, (120, 1024, 1120)))


class Sources:
    """The files of a scale in a folder."""

    def __init__(self, folder, scale):
        self.folder, self.scale = Path(folder), scale

    @functools.cached_property
    def f4(self):
        """Standard normal numbers."""
        return self._made("f4", lambda rng, shape: rng.standard_normal(shape, dtype="f4"))

    @functools.cached_property
    def i4(self):
        """Whole numbers below ten."""
        return self._made("i4", lambda rng, shape: rng.integers(-9, 10, shape, dtype="i4"))

    def _made(self, kind, draw):
        path, rng = self.folder / f"{kind}-{self.scale.times}.raw", np.random.default_rng(1)
        with open(path, "wb") as file:
            for _ in range(self.scale.shape[0]):
                draw(rng, self.scale.shape[1:]).tofile(file)
        return path

    @functools.cached_property
    def parts(self):
        """A file for each index of the first axis of f4."""
        folder = self.folder / f"parts-{self.scale.times}"
        folder.mkdir()
        for number, part in enumerate(self.array("f4", 3, "C")):
            np.save(folder / f"{number:03}.npy", part)
        return [str(path) for path in sorted(folder.iterdir())]

    def array(self, kind, dims, order):
        """A file as NumPy maps it."""
        return np.memmap(getattr(self, kind), kind, "r", shape=self.scale.shape_of(dims), order=order)

    @functools.lru_cache(maxsize=2)  # noqa: B019 - there are two of these objects
    def held(self, kind):
        """A file's elements in memory."""
        return np.fromfile(getattr(self, kind), kind)

    def held_array(self, kind, dims, order):
        """A file that NumPy has read."""
        return self.held(kind).reshape(self.scale.shape_of(dims), order=order)
