"""Generates src/elementary/coefficients.rs: polynomials near the minimax, with their constants.

    python crates/numtile-math/tools/coefficients.py > crates/numtile-math/src/elementary/coefficients.rs

Needs mpmath (gmpy2 makes it faster). Each polynomial minimises the largest weighted error over its interval (Remez's
exchange algorithm). The leading coefficients are rounded to the type one after the other, the rest being fitted again
after each, so that rounding costs next to nothing; see Brisebarre and Chevillard, "Efficient polynomial
L-infinity approximations", ARITH 2007, for the idea taken to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from mpmath import asin, atan, atanh, cbrt, cos, exp, log, lu_solve, matrix, mp, mpf, pi, sin, sqrt

mp.prec = 240
Real = Callable[[mpf], mpf]


# ---- numbers of the two types ----------------------------------------------------------------------------------


def rounded(x: mpf, bits: int) -> mpf:
    with mp.workprec(bits):
        return +x


def truncated(x: mpf, bits: int) -> mpf:
    """The leading `bits` bits of x."""
    mantissa, exponent = mp.frexp(x)
    return mp.ldexp(mp.floor(mp.ldexp(mantissa, bits)), exponent - bits)


class Type:
    def __init__(self, name: str, bits: int, spare: int):
        self.name, self.bits = name, bits
        # Bits a constant must leave free for its product with an exponent to be exact.
        self.spare = spare

    def round(self, x: mpf) -> mpf:
        return rounded(x, self.bits)

    def literal(self, x: mpf) -> str:
        """The shortest text that reads back as x."""
        value = float(x)
        for digits in range(1, 18):
            text = f"{value:.{digits - 1}e}"
            if self.round(mpf(text)) == x:
                mantissa, exponent = text.split("e")
                return f"{mantissa}e{int(exponent)}" if abs(int(exponent)) > 3 else plain(text)
        raise ValueError(x)


def plain(text: str) -> str:
    """Without an exponent."""
    number = format(Decimal(text), "f")
    return number if "." in number else number + ".0"


F64, F32 = Type("f64", 53, 11), Type("f32", 24, 8)


# ---- minimax ---------------------------------------------------------------------------------------------------


def remez(f: Real, weight: Real, low: mpf, high: mpf, degree: int) -> list[mpf]:
    """The polynomial of `degree` that minimises the largest |weight·(p - f)| on [low, high]."""
    count = degree + 2
    middle, half = (low + high) / 2, (high - low) / 2
    grid = [middle - half * mp.cos(mp.pi * i / 700) for i in range(701)]
    # Weights vanish at zero and functions are given by formulas that cancel there.
    grid = [x for x in grid if abs(x) > high / 2000]
    values, weights = [f(x) for x in grid], [weight(x) for x in grid]
    points = [min(range(len(grid)), key=lambda j, t=t: abs(grid[j] - t))
              for t in (middle - half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count))]
    for _ in range(30):
        a, b = matrix(count, count), matrix(count, 1)
        for row, j in enumerate(points):
            power = mpf(1)
            for column in range(degree + 1):
                a[row, column] = power
                power *= grid[j]
            a[row, degree + 1] = (-1) ** row / weights[j]
            b[row] = values[j]
        solution = lu_solve(a, b)
        c = [solution[i] for i in range(degree + 1)]
        errors = [w * (horner(c, x) - v) for x, v, w in zip(grid, values, weights)]
        previous, points = points, extrema(errors, count)
        level = abs(solution[degree + 1])
        if points == previous or max(map(abs, errors)) < level * mpf("1.0005"):
            break
    return c


def extrema(errors: list[mpf], count: int) -> list[int]:
    """Where the error is largest in each run of one sign; the `count` neighbouring runs that matter most."""
    found: list[int] = []
    for j, e in enumerate(errors):
        if found and (errors[found[-1]] > 0) == (e > 0):
            if abs(e) > abs(errors[found[-1]]):
                found[-1] = j
        else:
            found.append(j)
    while len(found) > count:
        del found[0 if abs(errors[found[0]]) < abs(errors[found[-1]]) else -1]
    assert len(found) == count, (len(found), count)
    return found


def horner(c: list[mpf], x: mpf) -> mpf:
    p = mpf(0)
    for k in reversed(c):
        p = p * x + k
    return p


def fit(f: Real, weight: Real, low: mpf, high: mpf, count: int, kind: Type, careful: int = 3) -> tuple[list[mpf], mpf]:
    """`count` rounded coefficients and the largest weighted error."""
    fixed: list[mpf] = []
    while True:
        n = len(fixed)
        rest = remez(
            lambda x: (f(x) - horner(fixed, x)) / x**n, lambda x: weight(x) * abs(x) ** n, low, high, count - 1 - n
        )
        if n == min(careful, count - 1):
            c = fixed + [kind.round(x) for x in rest]
            break
        fixed.append(kind.round(rest[0]))
    worst = max(weight(x) * abs(horner(c, x) - f(x)) for x in (low + (high - low) * i / 3001 for i in range(3002)) if x)
    return c, worst


# ---- the functions ---------------------------------------------------------------------------------------------


def exp_tail(r: mpf) -> mpf:
    return (exp(r) - 1 - r - r**2 / 2) / r**3


def of_square(g: Callable[[mpf], mpf]) -> Real:
    return lambda z: g(sqrt(z))


POLYNOMIALS = [
    # name, text, function, weight, interval, number of coefficients for (f64, f32)
    ("EXP", "(e^r - 1 - r - r^2/2)/r^3 for |r| <= ln(2)/2, by powers of r; weight r^2",
     exp_tail, lambda r: r**2, ("-0.3467", "0.3467"), (10, 5)),
    ("LOG", "(2 artanh(s) - 2s)/s^3 for |s| <= 0.1716, by powers of s^2; weight s^2",
     of_square(lambda s: (2 * atanh(s) - 2 * s) / s**3), lambda z: z, ("0", "0.0295"), (7, 3)),
    ("LOG_TAIL", "(2 artanh(s) - 2s - 2/3 s^3)/s^5 for |s| <= 0.1716, by powers of s^2; weight s^4",
     of_square(lambda s: (2 * atanh(s) - 2 * s - 2 * s**3 / 3) / s**5), lambda z: z**2, ("0", "0.0295"), (8, 3)),
    ("ARTANH", "(artanh(s) - s)/s^3 for |s| <= 0.2, by powers of s^2; weight s^2",
     of_square(lambda s: (atanh(s) - s) / s**3), lambda z: z, ("0", "0.0405"), (8, 4)),
    ("SIN", "(sin(r) - r)/r^3 for |r| <= 0.79, by powers of r^2; weight r^2",
     of_square(lambda r: (sin(r) - r) / r**3), lambda z: z, ("0", "0.632"), (6, 4)),
    ("COS", "(cos(r) - 1 + r^2/2)/r^4 for |r| <= 0.79, by powers of r^2; weight r^4",
     of_square(lambda r: (cos(r) - 1 + r**2 / 2) / r**4), lambda z: z**2, ("0", "0.632"), (6, 3)),
    ("ARCTAN", "(arctan(t) - t)/t^3 for |t| <= tan(pi/8), by powers of t^2; weight t^2",
     of_square(lambda t: (atan(t) - t) / t**3), lambda z: z, ("0", "0.17158"), (12, 5)),
    ("ARCSIN", "(arcsin(x) - x)/x^3 for |x| <= 1/2, by powers of x^2; weight x^2",
     of_square(lambda x: (asin(x) - x) / x**3), lambda z: z, ("0", "0.25"), (13, 6)),
    ("CBRT", "m^(-1/3) for 1 <= m <= 2, by powers of m; weight m^(1/3)",
     lambda m: 1 / cbrt(m), lambda m: cbrt(m), ("1", "2"), (4, 3)),
]


def pair(x: mpf, kind: Type) -> list[mpf]:
    """The nearest number and the nearest to what it leaves."""
    high = kind.round(x)
    return [high, kind.round(x - high)]


def and_inverse(x: mpf, kind: Type) -> list[mpf]:
    """The nearest number and the nearest to the inverse."""
    return [kind.round(x), kind.round(1 / x)]


def short_pair(x: mpf, kind: Type) -> list[mpf]:
    """As `pair`, the first with so few bits that its product with an exponent is exact."""
    high = truncated(x, kind.bits - kind.spare)
    return [high, kind.round(x - high)]


def three_parts(x: mpf, kind: Type) -> list[mpf]:
    """Three numbers that sum up to x, each with all its bits, the first two not above."""
    first = truncated(x, kind.bits)
    second = truncated(x - first, kind.bits)
    return [first, second, kind.round(x - first - second)]


def ln(x: int) -> mpf:
    return log(mpf(x))


CONSTANTS = [
    # name, text, value, how it is split
    ("LN_2", "ln 2: nearest, rest", ln(2), pair),
    ("LN_2_SHORT", "ln 2: few bits, rest", ln(2), short_pair),
    ("LOG2_E", "log2 e: nearest, rest", 1 / ln(2), pair),
    ("LOG10_E", "log10 e: nearest, rest", 1 / ln(10), pair),
    ("LOG10_2_SHORT", "log10 2: few bits, rest", ln(2) / ln(10), short_pair),
    ("PI", "pi: nearest, rest", +pi, pair),
    ("PI_4", "pi/4: nearest, rest", pi / 4, pair),
    ("PI_2", "pi/2 in three parts", pi / 2, three_parts),
    ("TWO_PI", "2/pi: nearest, rest", 2 / pi, pair),
    ("TWO_THIRDS", "2/3: nearest, rest", mpf(2) / 3, pair),
    ("CBRT_2", "2^(1/3) and 2^(-1/3)", cbrt(mpf(2)), and_inverse),
    ("TAN_PI_8", "tan(pi/8): nearest, rest", sqrt(mpf(2)) - 1, pair),
]

HEADER = """\
//! Polynomials and constants. Generated by `tools/coefficients.py`, which says how; do not edit.
// These are what they are, in parts and rounded as they are, also where std knows the first part.
#![allow(clippy::approx_constant)]

/// What the elementary functions know about a float type.
pub trait Coefficients: Copy + 'static {"""


def main() -> None:
    tables: dict[str, list[str]] = {"f64": [], "f32": []}
    print(HEADER)
    for name, text, value, split in CONSTANTS:
        parts = {kind.name: split(value, kind) for kind in (F64, F32)}
        count = len(parts["f64"])
        print(f"    /// {text}.\n    const {name}: [Self; {count}];")
        for kind in (F64, F32):
            values = ", ".join(kind.literal(x) for x in parts[kind.name])
            tables[kind.name].append(f"    const {name}: [{kind.name}; {count}] = [{values}];")
    for name, text, f, weight, (low, high), counts in POLYNOMIALS:
        notes = []
        for kind, count in zip((F64, F32), counts):
            c, worst = fit(f, weight, mpf(low), mpf(high), count, kind)
            notes.append(f"2^{float(mp.log(worst, 2)):.1f}")
            values = "".join(f"\n        {kind.literal(x)}," for x in c)
            tables[kind.name].append(f"    const {name}: &'static [{kind.name}] = &[{values}\n    ];")
        print(f"    /// {text}. Errors {notes[0]} and {notes[1]}.\n    const {name}: &'static [Self];")
    print("}")
    for kind in (F64, F32):
        print(f"\nimpl Coefficients for {kind.name} {{")
        print("\n".join(tables[kind.name]))
        print("}")
    print()
    print("/// The binary digits of 2/pi after the point, 64 per word.")
    with mp.workprec(1400):
        digits = int(mp.floor(mp.ldexp(2 / pi, 1280)))
    words = [digits >> (64 * (19 - i)) & (2**64 - 1) for i in range(20)]
    print("pub const TWO_PI_DIGITS: [u64; 20] = [")
    for word in words:
        text = f"{word:016x}"
        print("    0x" + "_".join(text[i : i + 4] for i in range(0, 16, 4)) + ",")
    print("];")


main()
