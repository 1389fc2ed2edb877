"""What counts as the right answer: NumPy's bits, exact arithmetic, or a stated number of ulps."""

import math
from fractions import Fraction

import numpy as np

import numtile as nt


def outcome(function, *args, **kwargs):
    """The result of a call, or the class of what it raised."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - any class is an answer
        return error


def public_class(error):
    """The class of an error that users can name: NumPy's UFuncTypeError is a TypeError to them."""
    return TypeError if isinstance(error, TypeError) else type(error)


def assert_same_bits(got, want, message=""):
    """Type, shape and every bit, with all NaNs equal."""
    if isinstance(got, nt.Array):
        assert got.dtype == native(want.dtype), f"lazy dtype {got.dtype}, not {want.dtype} {message}"
        assert got.shape == want.shape, f"lazy shape {got.shape}, not {want.shape} {message}"
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype == native(want.dtype), f"{got.dtype}, not {want.dtype} {message}"
    assert got.shape == want.shape, f"{got.shape}, not {want.shape} {message}"
    different = ~_equal_bits(got, want)
    if different.any():
        first = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(different)))
        wrong, right = np.atleast_1d(got)[first], np.atleast_1d(want)[first]
        raise AssertionError(
            f"{int(different.sum())} of {got.size} elements differ; at {first}: {wrong!r}, not {right!r} {message}"
        )


def native(dtype):
    """The type in the machine's byte order, which is how values are computed and delivered."""
    return dtype.newbyteorder("=")


def _equal_bits(got, want):
    got = np.ascontiguousarray(got)
    want = np.ascontiguousarray(want.astype(native(want.dtype)))
    if got.dtype.kind == "c":
        part = got.dtype.char.lower()
        shape = got.shape or (1,)
        both = _equal_bits(got.view(part).reshape(*shape, 2), want.view(part).reshape(*shape, 2)).all(axis=-1)
        return both.reshape(got.shape)
    if got.dtype.kind != "f":
        return got == want
    bits = f"u{got.dtype.itemsize}"
    shape = got.shape
    same = got.reshape(-1).view(bits) == want.reshape(-1).view(bits)
    return (same | (np.isnan(got.reshape(-1)) & np.isnan(want.reshape(-1)))).reshape(shape)


def assert_like_numpy(function, *arrays, lazy=None, message=""):
    """Calls `function(numpy, ...)` and `function(numtile, ...)`: equal bits, or errors of the same class."""
    lazy = [nt.asarray(a) if isinstance(a, np.ndarray) else a for a in arrays] if lazy is None else lazy
    want = outcome(function, np, *arrays)
    got = outcome(lambda: _computed(function(nt, *lazy)))
    if isinstance(want, Exception):
        assert isinstance(got, Exception), f"NumPy raises {want!r}, numtile gives {got!r} {message}"
        assert isinstance(got, public_class(want)), f"NumPy raises {want!r}, numtile {got!r} {message}"
    elif isinstance(got, Exception):
        raise AssertionError(f"numtile raises {got!r} {message}") from got
    else:
        lazy_result, computed = got
        if isinstance(lazy_result, nt.Array):
            assert lazy_result.shape == np.shape(want), f"lazy shape {lazy_result.shape}, not {np.shape(want)} {message}"
        assert_same_bits(computed, np.asarray(want), message)


def _computed(result):
    return result, np.asarray(result)


# ---- ulps ------------------------------------------------------------------------------------------------------

WIDE = np.longdouble if np.finfo(np.longdouble).nmant > 60 else None


def exactly(name, values):
    """An elementary function far more exactly than the type of `values` can show."""
    if values.dtype.itemsize < 8 and values.dtype.kind == "f":
        return getattr(np, name)(values.astype(np.float64))
    if WIDE is not None:
        return getattr(np, name)(values.astype(np.clongdouble if values.dtype.kind == "c" else WIDE))
    return _by_mpmath(name, values)


def _by_mpmath(name, values):
    import mpmath

    def one(value):
        value = float(value)
        if not math.isfinite(value) or (name == "log" and value <= 0) or (name == "sqrt" and value < 0):
            return float(getattr(np, name)(value))
        return float(getattr(mpmath, name)(mpmath.mpf(value)))

    return np.array([one(v) for v in values.ravel()]).reshape(values.shape)


def ulps(got, exact):
    """The distance of each element from the exact value, in units of the last place of the type of `got`."""
    rounded = exact.astype(got.dtype)
    special = ~np.isfinite(exact) | np.isnan(got)
    agrees = (rounded == got) | (np.isnan(exact) & np.isnan(got))
    unit = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, np.finfo(got.dtype).max)))
    wide = np.longdouble
    finite = np.where(special | ~np.isfinite(got), 0, got).astype(wide)
    distance = np.abs(finite - np.where(special, 0, exact).astype(wide)) / unit.astype(wide)
    # Beyond the largest number the true value and infinity both round there.
    overflow = ~np.isfinite(got) & np.isfinite(exact)
    distance = np.where(overflow, np.where(agrees, 0, np.inf), distance)
    return np.where(special, np.where(agrees, 0, np.inf), distance).astype(np.float64)


def assert_within_ulps(got, exact, limit, inputs=None):
    """Every element within `limit` ulps of the exact value."""
    far = ulps(np.asarray(got), np.asarray(exact)).ravel()
    if far.size and far.max() > limit:
        at = int(far.argmax())
        at_input = "" if inputs is None else f" for {np.asarray(inputs).ravel()[at]!r}"
        raise AssertionError(
            f"{far[at]:.3f} ulp, more than {limit}{at_input}: {np.asarray(got).ravel()[at]!r}, "
            f"exactly {np.asarray(exact).ravel()[at]!r}"
        )


# ---- reductions, exactly ---------------------------------------------------------------------------------------


def exact_sum(values):
    """The sum as a Fraction."""
    return sum((Fraction(v) for v in values.ravel().tolist()), Fraction(0))


def wrapped(total, dtype):
    """An exact integer brought into the range of an integer type, as addition modulo 2^k does."""
    bits = np.dtype(dtype).itemsize * 8
    total %= 1 << bits
    if np.dtype(dtype).kind == "i" and total >= 1 << (bits - 1):
        total -= 1 << bits
    return total


def rounded_once(value, dtype):
    """A Fraction rounded to a floating-point type, ties to even."""
    dtype = np.dtype(dtype)
    info = np.finfo(dtype)
    if value == 0:
        return dtype.type(0)
    sign, value = (-1, -value) if value < 0 else (1, value)
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if Fraction(2) ** exponent > value:
        exponent -= 1
    exponent = max(exponent, info.minexp)
    unit = Fraction(2) ** (exponent - info.nmant)
    result = round(value / unit) * unit  # Fraction rounds half to even
    try:
        return dtype.type(sign * float(result))
    except OverflowError:
        return dtype.type(sign * np.inf)
