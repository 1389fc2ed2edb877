"""Runs a program under NumPy and numtile and compares every step.

numtile builds the whole program lazily and computes all its values in one evaluation. Then each step is held against what
NumPy makes of the values that numtile gave the step's operands: in bits where numtile promises bits, within the stated
bound of that one step elsewhere. So no error is ever propagated, and a step after a sum or a sine is checked as strictly
as any other.
"""

import itertools
import re
import warnings
from dataclasses import replace

import numpy as np
from compare import assert_same_bits, outcome, public_class
from conftest import MB, force_tile
from harness.deviations import meant
from harness.run import Recorder, Text, agree, look

import numtile as nt

BUDGETS = [16 * MB, 64 * MB, 1024 * MB]
THREADS = [1, 2, 7]
_NAME = re.compile(r"\bv(\d+)\b")


def disagreement(program):
    """What the first step that disagrees does, or `None`."""
    return _first_wrong(program)[1]


def _first_wrong(program):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        lazy = build(program)
        computed = compute(lazy)
        for number, step in enumerate(program.steps, len(program.inputs)):
            message = _checked(step, lazy[number], computed[number], _operands(step, computed))
            if message:
                return number, f"v{number} = {step.text}: {message}"
        return None, _alone(lazy, computed)


def build(program):
    """Every value as numtile's lazy array, or what building it raised; `None` where an operand was refused."""
    values = [nt.asarray(array) for array in program.inputs]
    for step in program.steps:
        operands = _operands(step, values)
        values.append(None if operands is None else outcome(Text(step.text).run, nt, operands))
    return values


def compute(lazy):
    """What the lazy values are, all in one evaluation; where one of them cannot be computed, one by one."""
    there = [number for number, value in enumerate(lazy) if isinstance(value, nt.Array)]
    together = outcome(nt.compute, *(lazy[number] for number in there), nt.zeros(1))
    if isinstance(together, Exception):
        return [outcome(look, value) for value in lazy]
    results = list(lazy)
    for number, value in zip(there, together):
        results[number] = np.asarray(value)
    return results


def _operands(step, values):
    """The operands of a step by their names; `None` if one of them was refused."""
    numbers = {int(number) for number in _NAME.findall(step.text + step.call)}
    if any(values[number] is None or isinstance(values[number], Exception) for number in numbers):
        return None
    return {f"v{number}": values[number] for number in numbers}


def _checked(step, lazy, computed, operands):
    """What is wrong with a step's result, or `None`."""
    if operands is None:
        return None if computed is None or isinstance(computed, Exception) else "computed although an operand is refused"
    recorder = Recorder()
    want = outcome(Text(step.text).run, recorder, operands)
    got = lazy if isinstance(lazy, Exception) else computed
    if step.call:
        outcome(Text(step.call).run, recorder, operands)
    call = recorder.call
    if meant(call[0], want, got):
        return None
    if isinstance(want, Exception) or isinstance(got, Exception):
        return _refusal(want, got)
    try:
        agree(call, np.asarray(want), lazy, computed)
    except AssertionError as error:
        return str(error)
    return None


def _refusal(want, got):
    if not isinstance(got, Exception):
        return f"NumPy raises {want!r}, numtile gives an array"
    if not isinstance(want, Exception):
        return f"numtile raises {got!r}, NumPy does not"
    return None if isinstance(got, public_class(want)) else f"NumPy raises {want!r}, numtile {got!r}"


def _alone(lazy, computed):
    """The last value computed by itself, where nothing but what it needs is computed, must have the same bits."""
    last = next((n for n in reversed(range(len(lazy))) if isinstance(computed[n], np.ndarray) and isinstance(lazy[n], nt.Array)), None)
    return None if last is None else _same(np.asarray(lazy[last]), computed[last], f"v{last} alone")


def _same(got, want, note):
    try:
        assert_same_bits(got, want, note)
    except AssertionError as error:
        return str(error)
    return None


# ---- other settings --------------------------------------------------------------------------------------------


def instability(program):
    """Where other budgets, numbers of threads or tiles give other bits, or `None`."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        want = compute(build(program))
        try:
            for number, (budget, threads) in enumerate(itertools.product(BUDGETS, THREADS)):
                nt.config(memory=budget, threads=threads)
                force_tile(_tile(program, number))
                found = _differs(want, compute(build(program)), f"{budget // MB} MB, {threads} threads")
                if found:
                    return found
        finally:
            force_tile(None)
            nt.config(memory=256 * MB, threads=2)
    return None


def _tile(program, number):
    """Small tiles of odd lengths, in two of three runs."""
    rng = np.random.default_rng([program.number, number])
    return None if number % 3 == 0 else tuple(rng.integers(1, 6, program.inputs[0].ndim).tolist())


def _differs(want, got, note):
    for number, (one, other) in enumerate(zip(want, got)):
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
            found = _same(other, one, f"v{number} at {note}")
            if found:
                return found
        elif type(one) is not type(other):
            return f"v{number} at {note}: {other!r}, not {one!r}"
    return None


# ---- a failure, made small -------------------------------------------------------------------------------------


def reduced(program):
    """The steps that the first disagreement needs: values that can be given instead of computed are inputs."""
    number, message = _first_wrong(program)
    if number is None:
        return program, message
    program = _only(program, number)
    for position in range(len(program.inputs), len(program.inputs) + len(program.steps) - 1):
        smaller = _with_input(program, position)
        if smaller is not None and disagreement(smaller):
            return reduced(smaller)
    return program, disagreement(program)


def _only(program, last):
    """The program up to one step, without what that does not need."""
    first = len(program.inputs)
    needed = {last}
    for number in range(last, first - 1, -1):
        if number in needed:
            needed |= {int(n) for n in _NAME.findall(program.steps[number - first].text + program.steps[number - first].call)}
    kept = sorted(needed)
    names = {old: new for new, old in enumerate(kept)}
    return replace(
        program,
        inputs=[program.inputs[n] for n in kept if n < first],
        described=[program.described[n] for n in kept if n < first],
        steps=[_renamed(program.steps[n - first], names) for n in kept if n >= first],
    )


def _renamed(step, names):
    def new(match):
        return f"v{names[int(match[1])]}"

    return replace(step, text=_NAME.sub(new, step.text), call=_NAME.sub(new, step.call))


def _with_input(program, position):
    """The program with the value of a step given as an input."""
    first = len(program.inputs)
    value = compute(build(program))[position]
    if not isinstance(value, np.ndarray):
        return None
    order = [*range(first), position, *(n for n in range(first, first + len(program.steps)) if n != position)]
    names = {old: new for new, old in enumerate(order)}
    smaller = replace(
        program,
        inputs=[*program.inputs, value],
        described=[*program.described, f"np.{value!r}" if value.size <= 64 else f"<{value.dtype}, shape {value.shape}>"],
        steps=[_renamed(step, names) for number, step in enumerate(program.steps, first) if number != position],
    )
    return _only(smaller, first + len(program.steps) - 1)


def report(program):
    """A failing program, reduced and whole."""
    small, message = reduced(program)
    return (
        f"program {program.number}: {message}\n\n  reduced to\n{small.source()}\n\n  from\n{program.source()}\n\n"
        f"  python -m programs {program.number} runs it again"
    )
