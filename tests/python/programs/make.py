"""Writes a random program."""

import random
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from arrays import ALL, LAYOUTS, finite_values, laid_out, random_values
from harness.run import Text

from . import steps

#: Steps may be wider than this no more: programs are many.
LARGEST = 20_000
#: The part of steps that NumPy refuses which are kept.
REFUSALS = 0.12


@dataclass(frozen=True)
class Step:
    """One line: the text that makes a value, and the call that it amounts to where it is not written as one."""

    text: str
    call: str = ""


@dataclass
class Program:
    """Inputs are the first values, steps make the others: `v0`, `v1` and so on."""

    number: int
    inputs: list[np.ndarray]
    described: list[str]
    steps: list[Step]

    def source(self):
        """The program as text."""
        lines = [*self.described, *(step.text for step in self.steps)]
        return "\n".join(f"    v{number} = {line}" for number, line in enumerate(lines))


def make(number):
    """The program of this number."""
    maker = Maker(number)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for _ in range(maker.random.choice([1, 1, 2, 2, 3])):
            maker.add_input()
        for _ in range(maker.random.choice([3, 4, 5, 6, 7, 8, 10, 14])):
            maker.add_step()
    return maker.program


class Maker:
    """A program under construction, and the values that it has in NumPy so far (`None`: refused)."""

    def __init__(self, number):
        self.random = random.Random(number)
        self.generator = np.random.default_rng(number)
        self.program = Program(number, [], [], [])
        self.values: list[Any] = []

    # ---- what steps ask for ------------------------------------------------------------------------------------

    def chance(self, part):
        """True in this part of all cases."""
        return self.random.random() < part

    def pick(self, *wanted):
        """The number of a value, more likely a late one; of those that fulfil the conditions, if there are any."""
        there = [i for i, value in enumerate(self.values) if value is not None]
        fitting = [i for i in there if all(condition(self.values[i]) for condition in wanted)] or there
        return fitting[-1] if self.chance(0.6) else self.random.choice(fitting)

    def value(self, name):
        """The array called `v7`."""
        return self.values[int(name[1:])]

    def axis(self, name, more=0):
        """An axis of a value; sometimes one that it does not have."""
        ndim = self.value(name).ndim + more
        if ndim == 0 or self.chance(0.02):
            return self.random.choice([0, -1, ndim, 7])
        return self.random.randrange(-ndim, ndim)

    # ---- building ----------------------------------------------------------------------------------------------

    def add_input(self):
        """An array of any type and layout; those after the first broadcast with it more often than not."""
        dtype, layout = self.random.choice(ALL), self.random.choice(LAYOUTS)
        shape = self._related_shape() if self.values and self.chance(0.8) else self._shape()
        edges = self.random.choice([0, 0, 0.1, 0.3])
        values = random_values if edges else _moderate
        array = laid_out(dtype, shape, layout, self.generator, edges, values=values)
        self.program.inputs.append(array)
        self.program.described.append(f"<{np.dtype(dtype)}, shape {shape}, {layout}, edges {edges}>")
        self.values.append(array)

    def _shape(self):
        if self.chance(0.08):
            return self.random.choice([(4099,), (3, 1031), (67, 71), (13, 17, 11), (300, 2, 5)])
        ndim = self.random.choice([0, 1, 1, 2, 2, 2, 3, 3, 4])
        return tuple(self.random.choice([0, 1, 2, 3, 4, 4, 5, 6, 7]) if self.chance(0.9) else 1 for _ in range(ndim))

    def _related_shape(self):
        shape = self.values[0].shape
        shape = shape[self.random.randrange(len(shape) + 1) if self.chance(0.3) else 0 :]
        return tuple(1 if self.chance(0.2) else n for n in shape)

    def add_step(self):
        """One more step that NumPy accepts, now and then one that it refuses."""
        for _ in range(30):
            step = Step(*steps.write(self))
            try:
                value = np.asarray(Text(step.text).run(np, self.named_values()))
            except Exception:  # noqa: BLE001 - whatever NumPy raises, numtile has to raise
                value = None
            if self.chance(REFUSALS) if value is None else _is_usable(value):
                self.program.steps.append(step)
                self.values.append(value)
                return

    def named_values(self):
        """The values by the names they have in the text."""
        return {f"v{number}": value for number, value in enumerate(self.values) if value is not None}


def _is_usable(value):
    return value.size <= LARGEST and value.dtype.char in "?bhilqBHILQefdFD" and value.ndim < 9


def _moderate(dtype, shape, rng, _edges):
    if np.dtype(dtype).kind in "iu":
        return np.asarray(rng.integers(0 if np.dtype(dtype).kind == "u" else -9, 10, shape)).astype(dtype)
    return finite_values(dtype, shape, rng, scale=3)
