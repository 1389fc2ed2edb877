"""Timing contestants fairly: in turns, in one run, medians, and ratios with their uncertainty."""

import random
import statistics
import time
from dataclasses import dataclass, field
from itertools import repeat

#: A contestant that takes so many times as long as the fastest peer is timed once: more would tell nothing new.
HOPELESS = 2.0
#: Calls are timed in batches at least so long.
BATCH_SECONDS = 2e-3
#: After so long the threads of others sleep: those of OpenMP look out for work for some milliseconds after their last.
REST_SECONDS = 0.01
#: What takes longer than this is not called once more before it is timed.
LONG_SECONDS = 0.05
REFERENCE = "numtile"


@dataclass
class Row:
    """What one contest measured: seconds per contestant, one number for each round."""

    name: str
    seconds: dict[str, list[float]]
    #: Measured in the same rounds, but no contestant: what memory gives, say.
    ceilings: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    #: What was aimed at, and whether it was reached.
    verdicts: list[tuple[str, bool]] = field(default_factory=list)
    details: dict = field(default_factory=dict)

    def median(self, contestant):
        return statistics.median(self.seconds[contestant])

    def has_interval(self, other):
        """True for who went through all rounds beside numtile."""
        return len(self.seconds[other]) == len(self.seconds[REFERENCE]) > 1

    def ratio(self, other):
        """How many times as long as numtile the other takes, with a 95 % interval."""
        return ratio_of_medians(self.seconds[other], self.seconds[REFERENCE])

    def peers(self):
        return [name for name in self.seconds if name != REFERENCE and name not in self.ceilings]

    def best_peer(self):
        """The fastest of those that numtile is compared with in all rounds; None where there are none."""
        return min(filter(self.has_interval, self.peers()), key=self.median, default=None)

    def judge(self, aim, reached):
        self.verdicts.append((aim, bool(reached)))

    def judge_against_best(self, times=None):
        """Not behind the best peer beyond doubt; or so many times faster."""
        best = self.best_peer()
        if best is None:
            return
        ratio, _, high = self.ratio(best)
        if times is None:
            self.judge(f"not behind {best}", high >= 1)
        else:
            self.judge(f"{times:g} times faster than {best}", ratio >= times)

    def as_json(self):
        rivals = [name for name in self.seconds if name != REFERENCE and self.has_interval(name)]
        return {
            "name": self.name,
            "seconds": self.seconds,
            "best_peer": self.best_peer(),
            "ratios": {name: dict(zip(("ratio", "low", "high"), self.ratio(name), strict=True)) for name in rivals},
            "notes": self.notes,
            "verdicts": dict(self.verdicts),
            **self.details,
        }


def contest(calls, rounds, ceilings=()):
    """Seconds per call of each contestant: one trial for everybody, then rounds among those that are near the fastest.

    Each was called before, or is called for its trial, without counting. The previous result is gone before the next is
    made.
    """
    trials = {name: trial(call) for name, call in calls.items()}
    peers = [seconds for name, (_, seconds) in trials.items() if name != REFERENCE and name not in ceilings]
    racing = [name for name, (_, seconds) in trials.items() if name in (REFERENCE, *ceilings) or seconds <= HOPELESS * min(peers)]
    raced = in_turns({name: trials[name][0] for name in racing}, rounds)
    return {name: raced.get(name, [seconds]) for name, (_, seconds) in trials.items()}


def trial(call):
    """How long a call takes, and a timer for as many calls as are worth timing together.

    The timer waits until the threads of others sleep, and calls without counting until its own do not.
    """
    number = 1
    while (taken := timed(call, number)) < BATCH_SECONDS and number < 100_000:
        number *= max(2, min(100, int(1.2 * BATCH_SECONDS / max(taken, 1e-9))))

    def timer():
        time.sleep(REST_SECONDS)
        if taken < LONG_SECONDS:
            timed(call, number)
        return timed(call, number) / number

    return timer, taken / number


def timed(call, number):
    if number == 1:
        start = time.perf_counter()
        result = call()
        taken = time.perf_counter() - start
        del result  # after the clock has stopped
        return taken
    start = time.perf_counter()
    for _ in repeat(None, number):
        call()
    return time.perf_counter() - start


def in_turns(timers, rounds, warmups=1):
    """Runs each timer once per round, in a new order each round, after some rounds that do not count."""
    seconds = {name: [] for name in timers}
    order = list(timers)
    for turn in range(warmups + rounds):
        random.Random(turn).shuffle(order)
        for name in order:
            taken = timers[name]()
            if turn >= warmups:
                seconds[name].append(taken)
    return seconds


def ratio_of_medians(longer, shorter, resamples=2000):
    """median(longer) / median(shorter) with a bootstrap interval; rounds are resampled as pairs."""
    pairs = list(zip(longer, shorter, strict=True))
    rng = random.Random(0)

    def ratio(sample):
        return statistics.median(a for a, _ in sample) / statistics.median(b for _, b in sample)

    drawn = sorted(ratio(rng.choices(pairs, k=len(pairs))) for _ in range(resamples))
    return ratio(pairs), drawn[int(0.025 * resamples)], drawn[int(0.975 * resamples)]
