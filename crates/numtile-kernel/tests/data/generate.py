"""Asks NumPy for the answers that the tests of this crate compare with.

    python generate.py        # needs numpy 2.4; rewrites resolution.txt and golden.bin beside this file

resolution.txt: NumPy's loop types for every operation and every combination of operand types.
golden.bin: results of operations on edge values, as records `head line, raw bytes`.
"""

import re
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CODES = "?bhilBHILefdFD"  # in the order of numtile's DType::ALL
WEAK = {"x": int, "y": float, "z": complex}
SAMPLES = {"x": 1, "y": 1.0, "z": 1j}

UFUNCS = """add subtract multiply divide floor_divide remainder fmod gcd lcm power float_power negative positive absolute
sqrt square reciprocal sign exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh
arccosh arctanh cbrt arctan2 hypot logaddexp logaddexp2 deg2rad radians rad2deg degrees fabs heaviside copysign nextafter
spacing ldexp minimum maximum fmin fmax equal not_equal less less_equal greater greater_equal logical_and logical_or
logical_xor logical_not bitwise_and bitwise_or bitwise_xor invert left_shift right_shift bitwise_count rint floor ceil
trunc frexp_mantissa frexp_exponent modf_fraction modf_whole isnan isinf isfinite signbit conjugate""".split()
# NumPy's ufuncs with two results are two operations each.
PARTS = {
    "frexp_mantissa": ("frexp", 0), "frexp_exponent": ("frexp", 1),
    "modf_fraction": ("modf", 0), "modf_whole": ("modf", 1),
}  # fmt: skip

errors = {}


def ufunc_of(name):
    """NumPy's ufunc behind an operation, and which of its results the operation is."""
    ufunc, output = PARTS.get(name, (name, 0))
    return getattr(np, ufunc), output


def call(name, *operands):
    ufunc, output = ufunc_of(name)
    results = ufunc(*operands)
    return results[output] if ufunc.nout > 1 else results


def remember(message, name):
    """A letter for an error message, with the names of the operation and of the types taken out of it."""
    message = re.sub(r"types .* -> None", "types {types} -> None", re.sub(rf"'{name}'", "'{}'", message))
    return errors.setdefault(message, "!@#$%&"[len(errors)])


def loop(name, *operands):
    ufunc, output = ufunc_of(name)
    types = tuple(WEAK.get(o) or np.dtype(o) for o in operands)
    try:
        found = ufunc.resolve_dtypes(types + (None,) * ufunc.nout)
    except TypeError as error:
        return remember(str(error), ufunc.__name__)
    found = found[: ufunc.nin] + (found[ufunc.nin + output],)
    return "".join({"q": "l", "Q": "L"}.get(d.char, d.char) for d in found)


def classes():
    """How NumPy's messages name the types of operands."""
    lines = [f"class {code} {type(np.dtype(code))}" for code in CODES]
    for code, weak in WEAK.items():
        try:
            np.gcd.resolve_dtypes((np.dtype("e"), weak, None))
        except TypeError as error:
            lines.append(f"class {code} {re.search(r', (<[^>]*>)', str(error))[1]}")
    return lines


def resolution():
    lines = []
    for name in UFUNCS:
        if ufunc_of(name)[0].nin == 1:
            lines.append(f"{name} " + " ".join(loop(name, a) for a in CODES + "xyz"))
        else:
            for a in CODES + "xyz":
                lines.append(f"{name} {a} " + " ".join(loop(name, a, b) for b in CODES + "xyz"))
    value = lambda code: SAMPLES[code] if code in SAMPLES else np.ones(2, code)
    for a in CODES + "xyz":
        chosen = (np.where(np.ones(2, bool), value(a), value(b)).dtype.char for b in CODES + "xyz")
        lines.append(f"where {a} " + " ".join("?" + 3 * c for c in chosen))
    head = [f"error {letter} {message}" for message, letter in errors.items()]
    (HERE / "resolution.txt").write_text("\n".join(classes() + head + lines) + "\n")


def edges(code):
    dtype = np.dtype(code)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        bits = 8 * dtype.itemsize
        plain = [0, 1, 2, 3, 7, bits - 1, bits, 100, info.max // 2, info.max - 1, info.max]
        return np.array(plain + [v for v in (-1, -2, -3, -7, info.min + 1, info.min) if v >= info.min], dtype)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        plain = [0.0, 1.0, 0.5, 2.5, 3.0, 0.1, 1 / 3, 7.0, np.inf, info.smallest_subnormal, info.max]
        return np.array(plain + [-v for v in plain if v not in (1 / 3, 0.1)] + [np.nan], dtype)
    parts = [0.0, -0.0, 1.0, -2.5, 0.1, np.inf, -np.inf, np.nan]
    values = [complex(re, im) for re in parts for im in parts]
    return np.array(values[::5] + [complex(3, 4), complex(-3, 4), complex(1, -0.0)], dtype)


def record(out, head, *arrays):
    out.append(f"{head}\n".encode())
    out.extend(np.ascontiguousarray(a).tobytes() for a in arrays)


EXACT_UNARY = """negative positive absolute sqrt square reciprocal sign logical_not invert rint floor ceil trunc isnan
isinf isfinite signbit conjugate fabs deg2rad radians rad2deg degrees spacing bitwise_count frexp_mantissa frexp_exponent
modf_fraction modf_whole""".split()
EXACT_BINARY = """add subtract multiply divide floor_divide remainder fmod gcd lcm power minimum maximum fmin fmax equal
not_equal less less_equal greater greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
left_shift right_shift copysign heaviside nextafter""".split()
CLOSE_UNARY = """exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh
arctanh sqrt absolute""".split()
CLOSE_BINARY = "arctan2 hypot logaddexp logaddexp2 float_power".split()


def golden():
    out = []
    for code in CODES:
        record(out, f"values {code} {len(edges(code))}", edges(code))
    with np.errstate(all="ignore"):
        for name in EXACT_UNARY:
            for code in CODES:
                unary(out, name, code)
        for name in EXACT_BINARY:
            for code in CODES:
                binary(out, name, code, code)
        for name in "equal not_equal less less_equal greater greater_equal".split():
            binary(out, name, "l", "L")
            binary(out, name, "L", "l")
        for a in CODES:
            for b in CODES:
                record(out, f"cast {a}{b} {len(edges(a))}", edges(a).astype(b))
        for mixed in ("ei", "el", "fi", "fl", "di", "dl"):
            binary(out, "ldexp", *mixed)
        for name in CLOSE_UNARY:
            for code in "fdFD":
                unary(out, name, code)
        for name in CLOSE_BINARY:
            for code in "fd":
                binary(out, name, code, code)
        for code in "FD":
            binary(out, "power", code, code)
        sequences(out)
    (HERE / "golden.bin").write_bytes(b"".join(out))


def loops(name):
    """The types of the operands in NumPy's loops."""
    return {loop.split("->")[0].replace("q", "l").replace("Q", "L") for loop in ufunc_of(name)[0].types}


def unary(out, name, code):
    if code in loops(name):
        result = call(name, edges(code))
        record(out, f"{name} {code}{result.dtype.char} {result.size}", result)


def binary(out, name, a, b):
    if a + b not in loops(name):
        return
    left, right = np.meshgrid(edges(a), edges(b), indexing="ij")
    if name == "power" and a in "bhil":
        right = np.where(right < 0, 0, right)
    result = call(name, left.ravel(), right.ravel())
    record(out, f"{name} {a}{b}{result.dtype.char} {result.size}", result)


def sequences(out):
    for code, first, step, n in [("l", -3, 7, 40), ("B", 3, 9, 25), ("f", 0.1, 0.1, 300), ("d", 0.1, 0.1, 300), ("e", 0.1, 0.1, 60),
                                 ("d", 5.5, -1e-3, 50), ("F", 0.25, 0.1, 20)]:
        result = np.arange(first, first + (n - 0.5) * step, step, dtype=code)
        ends = np.array([first, first + step]).astype(code)
        record(out, f"arange {code} {result.size}", ends, result)
    for code, start, stop, n, endpoint in [("d", 0, 1, 50, True), ("d", 0.1, -7.3, 33, False), ("f", 0, 10, 101, True), ("l", -5, 5, 37, True),
                                           ("e", 0, 1, 64, True), ("B", 0, 255, 100, True)]:
        result = np.linspace(start, stop, n, endpoint=endpoint, dtype=code)
        record(out, f"linspace {code} {n} {int(endpoint)}", np.array([start, stop], "d"), result)


if __name__ == "__main__":
    resolution()
    golden()
