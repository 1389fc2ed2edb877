"""Writes values.txt: true values of the elementary functions, from mpmath.

    python crates/numtile-math/tests/data/generate.py

A line is: name, argument or arguments, high, low, exponent. The true value is (high + low)·2^exponent to more than a
hundred bits; doubles are given by their bits. Arguments are near where the functions change their method, near where
rounding is hard (for the trigonometric functions the doubles nearest to multiples of pi/2, by continued fractions), and
random over the whole domain.
"""

from __future__ import annotations

import math
import pathlib
import random
import struct
from collections.abc import Callable, Iterator

import mpmath
from mpmath import mp, mpf

mp.prec = 2600
POINTS = 56

LANDMARKS = [
    1.0, 0.5, 0.25, 2.0, math.sqrt(0.5), math.sqrt(2.0), math.log(2.0), math.log(2.0) / 2, math.pi, math.pi / 2,
    math.pi / 4, math.sqrt(2.0) - 1.0, math.sqrt(2.0) + 1.0, 10.0, 20.0, 36.5, 354.9, 709.78, 745.13, 2.0**30, 2.0**40,
    2.0**-14, 2.0**-30, 2.0**-54, 1e-300, 1e300,
]  # fmt: skip

Domain = Callable[[float], bool]


def finite(x: float) -> bool:
    return x != 0 and math.isfinite(x)


ONE: dict[str, tuple[Callable[[mpf], mpf], Domain]] = {
    "exp": (mp.exp, lambda x: -745 < x < 709.7),
    "exp2": (lambda x: mpf(2) ** x, lambda x: -1074 < x < 1024),
    "expm1": (mp.expm1, lambda x: -745 < x < 709.7),
    "log": (mp.log, lambda x: x > 0),
    "log2": (lambda x: mp.log(x) / mp.log(2), lambda x: x > 0),
    "log10": (lambda x: mp.log(x) / mp.log(10), lambda x: x > 0),
    "log1p": (mp.log1p, lambda x: x > -1),
    "sin": (mp.sin, lambda x: True),
    "cos": (mp.cos, lambda x: True),
    "tan": (mp.tan, lambda x: True),
    "arcsin": (mp.asin, lambda x: abs(x) <= 1),
    "arccos": (mp.acos, lambda x: abs(x) < 1),
    "arctan": (mp.atan, lambda x: True),
    "sinh": (mp.sinh, lambda x: abs(x) < 710.4),
    "cosh": (mp.cosh, lambda x: abs(x) < 710.4),
    "tanh": (mp.tanh, lambda x: True),
    "arcsinh": (mp.asinh, lambda x: True),
    "arccosh": (mp.acosh, lambda x: x > 1),
    "arctanh": (mp.atanh, lambda x: abs(x) < 1),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda x: True),
}

TWO: dict[str, tuple[Callable[[mpf, mpf], mpf], Callable[[float, float], bool]]] = {
    "arctan2": (mp.atan2, lambda y, x: True),
    "hypot": (lambda x, y: mp.sqrt(x * x + y * y), lambda x, y: max(abs(x), abs(y)) < 1.2e308),
    "power": (lambda x, y: x**y, lambda x, y: x > 0 and x != 1 and -1074 < y * math.log2(x) < 1024),
    "logaddexp": (lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), lambda x, y: max(abs(x), abs(y)) < 2000),
    "logaddexp2": (
        lambda x, y: mp.log(mpf(2) ** x + mpf(2) ** y) / mp.log(2),
        lambda x, y: max(abs(x), abs(y)) < 2000,
    ),
}


def candidates(draw: random.Random) -> Iterator[float]:
    """Arguments without end."""
    for mark in LANDMARKS:
        for sign in (1, -1):
            yield sign * math.nextafter(mark, math.inf)
            yield sign * math.nextafter(mark, 0)
    while True:
        sign = draw.choice((1, -1))
        yield draw.uniform(-1, 1)
        yield sign * draw.uniform(1, 800)
        yield sign * draw.choice(LANDMARKS) * (1 + draw.uniform(-1, 1) * 2.0 ** -draw.randrange(50))
        yield struct.unpack("d", draw.randbytes(8))[0]
        yield sign * draw.uniform(1, 2) * 2.0 ** -draw.randrange(80)


def near_multiples(exponent: int) -> float:
    """A double m·2^exponent very near to a multiple of pi/2."""
    x = mp.ldexp(2 / mp.pi, exponent)
    previous, current = 0, 1
    while True:
        x = 1 / (x - mp.floor(x))
        previous, current = current, int(mp.floor(x)) * current + previous
        if current >= 2**53:
            break
    mantissa = previous * ((2**53 - 1) // previous)
    return math.ldexp(mantissa, exponent)


def arguments(name: str) -> list[float]:
    draw = random.Random(name)
    found: list[float] = []
    if name in ("sin", "cos", "tan"):
        found += [near_multiples(e) for e in [*range(-54, -10, 3), *range(-10, 971, 40), 797]]
    inside = ONE[name][1]
    everything = (x for x in candidates(draw) if finite(x) and inside(x))
    count = 4 * len(LANDMARKS)
    pool = [next(everything) for _ in range(count)]
    return found + draw.sample(pool, POINTS // 2) + [next(everything) for _ in range(POINTS // 2)]


def pairs(name: str) -> list[tuple[float, float]]:
    draw = random.Random(name)
    inside = TWO[name][1]
    numbers = (x for x in candidates(draw) if finite(x))
    found: list[tuple[float, float]] = []
    while len(found) < POINTS:
        x = next(numbers)
        y = draw.choice([next(numbers), x * draw.uniform(-2, 2), draw.uniform(-1100, 1100) / (math.log2(abs(x)) or 1)])
        if finite(y) and inside(x, y):
            found.append((x, y))
    return found


def bits(x: float) -> str:
    return struct.pack(">d", x).hex()


def line(name: str, args: tuple[float, ...], value: mpf) -> str:
    exponent = int(mp.floor(mp.log(abs(value), 2))) if value else 0
    scaled = mp.ldexp(value, -exponent)
    high = float(scaled)
    return " ".join([name, *map(bits, args), bits(high), bits(float(scaled - high)), str(exponent)])


def main() -> None:
    lines = []
    for name, (f, _) in ONE.items():
        lines += [line(name, (x,), f(mpf(x))) for x in arguments(name)]
    for name, (g, _) in TWO.items():
        lines += [line(name, (x, y), g(mpf(x), mpf(y))) for x, y in pairs(name)]
    pathlib.Path(__file__).with_name("values.txt").write_text("\n".join(lines) + "\n")


main()
