"""One call under NumPy and under numtile, and the comparison of both."""

import ast
import functools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from compare import outcome, public_class

import numtile as nt

from . import accuracy, operands
from .deviations import meant


@dataclass(frozen=True)
class Text:
    """Python statements separated by semicolons, the last an expression: its value is the result.

    `xp` stands for the module under test, single letters for operands, `np` for NumPy itself.
    """

    text: str

    @functools.cached_property
    def _code(self):
        *statements, last = ast.parse(self.text).body
        assert isinstance(last, ast.Expr), self.text
        return (
            compile(ast.Module(statements, []), self.text, "exec"),
            compile(ast.Expression(last.value), self.text, "eval"),
        )

    @functools.cached_property
    def names(self):
        """The operands that the text speaks of."""
        return {name for code in self._code for name in code.co_names if name in operands.NAMES}

    def run(self, module, arrays):
        """The value of the text."""
        known = {"xp": module, "np": np, **arrays}
        statements, last = self._code
        exec(statements, known)
        return eval(last, known)


class Recorder:
    """NumPy that remembers the latest call: a function's name and its arguments."""

    def __init__(self):
        self.call = ("", (), {})

    def __getattr__(self, name):
        return _recorded(self, name, getattr(np, name))


def _recorded(recorder, name, value):
    is_function = callable(value) and not isinstance(value, type)
    return _Function(recorder, name, value) if is_function else value


class _Function:
    def __init__(self, recorder, name, function):
        self._recorder, self._name, self._function = recorder, name, function

    def __call__(self, *args, **kwargs):
        # Aliases go by one name.
        known = getattr(self._function, "__name__", "")
        name = known if getattr(np, known, None) is self._function else self._name
        self._recorder.call = name, args, kwargs
        return self._function(*args, **kwargs)

    def __getattr__(self, name):
        return _recorded(self._recorder, f"{self._name}.{name}", getattr(self._function, name))


def check(text, case, module=nt):
    """Runs a text on the operands of a case under both; `True` where NumPy refuses and numtile does likewise."""
    arrays = case.operands(text.names)
    recorder = Recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = outcome(text.run, recorder, arrays)
        got = outcome(_evaluated, text, module, arrays)
        try:
            return _compare(recorder.call, want, got)
        except AssertionError as error:
            raise AssertionError(f"{text.text} with {case}: {error}") from None


def _evaluated(text, module, arrays):
    lazy = {name: nt.asarray(array) for name, array in arrays.items()}
    result = text.run(module, lazy)
    return result, look(result)


def look(result):
    """NumPy's arrays of whatever a function returned, in the same container."""
    if isinstance(result, (tuple, list)) and any(isinstance(each, nt.Array) for each in result):
        return type(result)(look(each) for each in result)
    return np.asarray(result) if isinstance(result, nt.Array) else result


def _compare(call, want, got):
    if meant(call[0], want, got):
        return True
    if isinstance(want, Exception):
        assert isinstance(got, Exception), f"NumPy raises {want!r}, numtile gives {_short(got[1])}"
        assert isinstance(got, public_class(want)), f"NumPy raises {want!r}, numtile {got!r}"
        return True
    if isinstance(got, Exception):
        raise AssertionError(f"numtile raises {got!r}, NumPy gives {_short(want)}") from got
    lazy, computed = got
    agree(call, want, lazy, computed)
    return False


def _short(value):
    """What a value is, in a few words."""
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__} of {', '.join(map(_short, value[:3]))}"
    return f"{value.dtype}{list(value.shape)}" if hasattr(value, "dtype") else repr(value)


def agree(call, want, lazy, computed):
    """Raises an `AssertionError` unless the result is what the function's accuracy promises."""
    if isinstance(want, (tuple, list)) and any(isinstance(each, (np.ndarray, np.generic)) for each in want):
        assert type(computed) is type(want) and len(computed) == len(want), f"{computed!r}, not {want!r}"
        for each in zip(accuracy.answer(*call, want), want, lazy, computed):
            _agree_one(*each)
    elif isinstance(want, (np.ndarray, np.generic)):
        _agree_one(accuracy.answer(*call, want), want, lazy, computed)
    else:
        assert type(computed) is type(want) and computed == want, f"{computed!r}, not {want!r}"


def _agree_one(answer: Any, want, lazy, computed):
    computed, kind = np.asarray(computed), want.dtype.newbyteorder("=")
    for what, each in (("lazy", lazy), ("computed", computed)):
        assert each.dtype == kind, f"{what} type {each.dtype}, not {kind}"
        assert each.shape == want.shape, f"{what} shape {each.shape}, not {want.shape}"
    answer.check(computed)
