"""Timing contestants fairly: in turns, in one run, medians, and a ratio with its uncertainty."""

import random
import statistics
from dataclasses import dataclass, field


@dataclass
class Row:
    """What one contest measured."""

    name: str
    seconds: dict[str, list[float]]
    reference: str = "numtile"
    unit: str = "s"
    notes: list[str] = field(default_factory=list)
    details: dict = field(default_factory=dict)

    def median(self, contestant):
        return statistics.median(self.seconds[contestant])

    def ratio(self, other):
        """How many times longer than numtile the other takes, with a 95 % interval."""
        return ratio_of_medians(self.seconds[other], self.seconds[self.reference])

    def as_json(self):
        others = [name for name in self.seconds if name != self.reference]
        return {
            "name": self.name,
            "seconds": self.seconds,
            "ratios": {name: dict(zip(("ratio", "low", "high"), self.ratio(name))) for name in others},
            "notes": self.notes,
            **self.details,
        }


def in_turns(contestants, repeats, warmups=1):
    """Runs each contestant once per round, in a new order each round, after some rounds that do not count."""
    seconds = {name: [] for name in contestants}
    order = list(contestants)
    for turn in range(warmups + repeats):
        random.Random(turn).shuffle(order)
        for name in order:
            taken = contestants[name]()
            if turn >= warmups:
                seconds[name].append(taken)
    return seconds


def ratio_of_medians(longer, shorter, resamples=4000):
    """median(longer) / median(shorter) with a bootstrap interval; rounds are resampled as pairs."""
    pairs = list(zip(longer, shorter, strict=True))
    rng = random.Random(0)

    def ratio(sample):
        return statistics.median(a for a, _ in sample) / statistics.median(b for _, b in sample)

    drawn = sorted(ratio(rng.choices(pairs, k=len(pairs))) for _ in range(resamples))
    return ratio(pairs), drawn[int(0.025 * resamples)], drawn[int(0.975 * resamples)]


#: Units by the number of them in a second, with the decimals worth printing.
UNITS = {"s": (1, 3), "ms": (1e3, 0), "ns": (1e9, 0)}


def show(row):
    """A row as people read it."""
    print(f"\n{row.name}")
    scale, decimals = UNITS[row.unit]
    width = max(map(len, row.seconds))
    for name in row.seconds:
        line = f"  {name:<{width}}  {row.median(name) * scale:8.{decimals}f} {row.unit}  (median of {len(row.seconds[name])})"
        if name != row.reference:
            ratio, low, high = row.ratio(name)
            line += f"   {ratio:5.2f} times as long as {row.reference}, 95 % interval {low:.2f} to {high:.2f}"
        print(line)
    for note in row.notes:
        print(f"  {note}", flush=True)
