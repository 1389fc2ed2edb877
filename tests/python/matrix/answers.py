"""What a case wrote beside what NumPy gives: all of it, or of very large results parts that NumPy can compute."""

import math
import warnings

import numpy as np
from harness.run import Text

#: Bytes that are compared in one go, and at most of a result that is compared in parts.
PIECE, MOST = 64 << 20, 512 << 20


def check(case, sources, results):
    """Raises an `AssertionError` that says what differs."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if case.part:
            check_parts(case, sources.array(case.kind, case.dims, case.order), np.load(results[0], mmap_mode="r"))
        else:
            check_whole(case, sources, results)


def check_whole(case, sources, results):
    """NumPy runs the same program."""
    x = sources.held_array(case.kind, case.dims, case.order)
    parts = list(sources.held_array("f4", 3, "C")) if "parts" in case.text else []
    want = leaves(Text(case.text).run(np, {"x": x, "parts": parts}))
    assert len(results) == len(want), f"{len(results)} results, not {len(want)}"
    for path, right in zip(results, want):
        right = np.asarray(right)
        got = np.load(path, mmap_mode="r") if right.ndim and right.size else np.load(path)
        assert got.shape == right.shape and got.dtype == right.dtype, f"{got.dtype}{list(got.shape)}, not {right.dtype}{list(right.shape)}"
        if not right.ndim:
            got, right = got[None], right[None]
        largest = 0 if case.exact else magnitude(right)
        for rows in pieces(right):
            agree(got[rows], right[rows], case.exact, largest)


def leaves(result):
    return [leaf for each in result for leaf in leaves(each)] if isinstance(result, (tuple, list)) else [result]


def pieces(array):
    """Slices of the first axis."""
    rows = max(1, PIECE // max(1, array.nbytes // max(1, len(array))))
    return (slice(start, start + rows) for start in range(0, len(array), rows))


def magnitude(array):
    """The largest finite absolute value."""
    if not array.size:
        return 0
    return max(float(np.max(np.abs(array[rows]), where=np.isfinite(array[rows]), initial=0)) for rows in pieces(array))


def agree(got, want, exact, largest):
    """Equal, or close in relation to the largest of all values; NaN is NaN."""
    if np.array_equal(got, want):
        return
    different = got != want
    if want.dtype.kind in "fc":
        different &= (got == got) | (want == want)
    if not exact:
        got, want = got[different], want[different]
        different = ~np.isclose(got, want, rtol=1e-4, atol=1e-4 * largest)
    wrong = np.count_nonzero(different)
    assert not wrong, f"{wrong} of {different.size} elements {'differ' if exact else 'are not close'}"


def check_parts(case, x, y):
    """Indices of an axis spread over the result, its ends among them."""
    length = y.shape[case.along]
    each = max(x.nbytes / length, y.nbytes / length)
    count = length if y.nbytes <= PIECE else min(length, max(2, int(MOST / each)))
    inner = np.random.default_rng(2).choice(length, count, replace=False)
    chosen = np.union1d(inner, [0, length - 1])
    for indices in np.array_split(chosen, math.ceil(len(chosen) * each / PIECE)):
        if len(indices):
            want = case.part(x, indices)
            got = y[(slice(None),) * case.along + (indices,)]
            assert got.shape == want.shape and got.dtype == want.dtype, f"{got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}"
            agree(got, want, case.exact, 0 if case.exact else magnitude(want))
