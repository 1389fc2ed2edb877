"""What is computed, said once: a job, which every contestant reads in its own way."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

try:
    from numba import prange
except ImportError:
    prange = range

__all__ = ["Job", "function", "prange", "with_named_numbers"]


@dataclass(frozen=True)
class Job:
    """One computation over arrays in memory."""

    name: str
    #: Makes the arrays by name.
    arrays: Callable[[], dict]
    #: The computation as text. An elementwise expression of arrays of one type and shape is enough for everybody.
    text: str = ""
    #: The same for numtile, whose expressions say more, where the text is not enough for everybody.
    own_text: str = ""
    #: What cannot be said so: ``f(xp, **arrays)`` in the words of NumPy, for all who speak them.
    words: Callable | None = None
    #: ``f(*arrays)`` as loops for numba, where the text is not enough.
    loops: Callable | None = None
    #: Contestants with ways of their own: ``f(**arrays)``.
    others: dict = field(default_factory=dict)
    #: Nothing is rounded in other ways than NumPy does, so numtile's bits are NumPy's.
    exact: bool = True
    #: How far integers may be off that others make of numbers rounded in other ways.
    slack: int = 0
    #: How many times faster than the best peer numtile aims to be; None for not slower.
    times: float | None = None
    #: A walk of STREAM that moves the same bytes, and which part of its speed is the aim.
    ceiling: tuple[str, float] | None = None
    #: Whether the arrays are so large that temporaries are worth looking at.
    watch_memory: bool = False

    def function(self, xp, names):
        """The computation in the words of a module, as a function of the arrays by name."""
        return functools.partial(self.words, xp) if self.words else function(self.text, names, vars(xp))


def function(text, names, namespace):
    """An expression as a function of its names."""
    return eval(f"lambda {', '.join(names)}: {text}", dict(namespace))  # the texts are our own


#: Numbers as written in expressions, exponents of powers apart: those are part of the operation.
_NUMBER = re.compile(r"(?<![\w.*])(?<!\*\* )\d+(\.\d*)?(e-?\d+)?(?![\w.])")


def with_named_numbers(text, dtype, only_fractions=False):
    """The text with names in place of its numbers, and the numbers in the type of the arrays.

    For contestants that would compute in float64 as soon as they meet a number.
    """
    numbers = {}

    def name(match):
        if only_fractions and not match[1]:
            return match[0]
        numbers[key := f"k{len(numbers)}"] = np.dtype(dtype).type(match[0])
        return key

    return _NUMBER.sub(name, text), numbers
