"""Answers: what a result has to be. Each has a method `check(got)` that raises an `AssertionError`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from compare import WIDE, assert_same_bits, assert_within_ulps


@dataclass(frozen=True)
class Bits:
    """Type, shape and every bit, with all NaNs equal; elements where `where` is false are not looked at."""

    want: Any
    where: Any = True

    def check(self, got):
        want = np.asarray(self.want)
        if self.where is not True:
            chosen = np.broadcast_to(self.where, got.shape)
            got, want = got[chosen], want[chosen]
        assert_same_bits(got, want)


@dataclass(frozen=True)
class Ulps:
    """Within some units of the last place of the exact real value; an exact zero with its sign."""

    exact: Any
    limit: float
    where: Any = True

    def check(self, got):
        chosen = np.broadcast_to(self.where, got.shape)
        got, value = got[chosen], np.broadcast_to(self.exact, chosen.shape)[chosen]
        assert_within_ulps(got, value, self.limit)
        zero = (value == 0) & (got == 0)
        assert (np.signbit(got[zero]) == np.signbit(value[zero])).all(), "a zero has the wrong sign"


@dataclass(frozen=True)
class Near:
    """Within an absolute distance of the exact value, or equal to NumPy's value if that is given as `special`.

    Where `free` holds and NumPy's value is NaN, any value will do.
    """

    exact: Any
    distance: Any
    special: Any = None
    where: Any = True
    free: Any = False

    def check(self, got):
        special = self.exact if self.special is None else self.special
        for parts in _real_parts(got, self.exact, special):
            self._check_real(*(np.broadcast_to(part, got.shape) for part in parts))

    def _check_real(self, got, value, special):
        distance = np.broadcast_to(np.asarray(self.distance, WIDE), got.shape)
        with np.errstate(all="ignore"):
            close = np.abs(got.astype(WIDE) - value) <= distance
            overflows = np.isinf(got) & (np.abs(value) + distance >= np.finfo(got.dtype).max)
            too_large = overflows & ((np.signbit(got) == np.signbit(value)) | (distance >= np.abs(value)))
            same = (got == special) | (got == value) | (np.isnan(got) & np.isnan(special))
        right = close | too_large | same | (self.free & np.isnan(special)) | ~np.broadcast_to(self.where, got.shape)
        if not right.all():
            _report(~right, got=got, exact=value, distance=distance, special=special)


@dataclass(frozen=True)
class Widened:
    """What `out=` of a wider type gets: a result of another type, cast."""

    answer: Any
    dtype: Any

    def check(self, got):
        narrow = (got if self.dtype.kind == "c" else got.real).astype(self.dtype)
        assert_same_bits(narrow.astype(got.dtype), got)
        self.answer.check(narrow)


@dataclass(frozen=True)
class All:
    """Several answers at once."""

    answers: tuple[Any, ...]

    def check(self, got):
        for answer in self.answers:
            answer.check(got)


def _real_parts(*values):
    """The values, or their real parts and then their imaginary parts."""
    values = [np.asarray(value) for value in values]
    if not any(value.dtype.kind == "c" for value in values):
        return [values]
    return [[value.real for value in values], [value.imag for value in values]]


def _report(wrong, **values):
    at = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(wrong)))
    told = ", ".join(f"{name} {np.atleast_1d(value)[at]!r}" for name, value in values.items())
    raise AssertionError(f"{int(wrong.sum())} of {wrong.size} elements are too far off; at {at}: {told}")
