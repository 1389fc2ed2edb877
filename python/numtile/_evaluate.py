"""``nt.evaluate("a**2 + b**2 + 2*a*b")``: expressions as text.

Reading a text gives steps (:mod:`numtile._expression`); evaluating it takes them with the caller's arrays, which builds a
lazy array as operators do. Nothing is ever executed.
"""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._engine import Array
from ._expression import BINARY, CONSTANT, MOST_BITS, NAME, TOO_LARGE, UNARY, Expression, read
from ._out import deliver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["evaluate"]

_NUMBERS = frozenset({bool, int, float, complex})
#: Errors of operations, which get to know where in the text they came up.
_MISTAKES = (NameError, TypeError, ValueError, ArithmeticError, LookupError, NotImplementedError)


def evaluate(
    ex: str,
    local_dict: Mapping[str, Any] | None = None,
    global_dict: Mapping[str, Any] | None = None,
    out: Any = None,
    order: str = "K",
    casting: str = "same_kind",
) -> Any:
    """The array that an expression describes, lazily like everything else; in ``out`` if that is given.

    Names are looked up in ``local_dict`` and ``global_dict``, by default the caller's variables: arrays of numtile and
    NumPy, and numbers. There are the operators ``+ - * / // % ** << >> & | ^ ~``, comparisons, numtile's elementwise
    functions and reductions (``sum(a, axis=0)``), ``where``, and the names of element types as conversions::

        a, b = nt.open("a.npy"), nt.open("b.npy")
        nt.save("c.npy", nt.evaluate("where(a > b, sqrt(a), 2*b)"))

    Raises ``SyntaxError`` for text that is no expression, ``NameError`` for unknown names, ``ValueError`` for what is
    not available in expressions, each naming the column. Errors of the operations themselves are those of the same
    operations in Python, with a note of the column.
    """
    expression = read(ex)
    caller = sys._getframe(1)
    scopes = (
        caller.f_locals if local_dict is None else local_dict,
        caller.f_globals if global_dict is None else global_dict,
    )
    result = _result(expression, _values(expression, scopes))
    if type(result) is not Array:
        result = _engine.asarray(result)
    return result if out is None else deliver(result, out, "evaluate", casting=casting)


def _values(expression: Expression, scopes: tuple[Mapping[str, Any], ...]) -> list[Any]:
    """The variables of an expression; each becomes an array once, so that it is read once."""
    values = []
    column = 0
    try:
        for name, column in expression.names.items():
            for scope in scopes:
                if name in scope:
                    values.append(_variable(name, scope[name]))
                    break
            else:
                raise NameError(f"name '{name}' is not defined")
    except _MISTAKES as error:
        expression.tell_place(error, column)
        raise
    return values


def _variable(name: str, value: Any) -> Any:
    kind = type(value)
    if kind is np.ndarray:
        return _engine.asarray(value)
    if kind is Array or kind in _NUMBERS:
        return value
    if isinstance(value, (np.ndarray, np.generic, list, tuple)) or hasattr(value, "__array__"):
        return _engine.asarray(value)
    raise TypeError(f"'{name}' is a {kind.__name__}, not an array or a number")


def _result(expression: Expression, values: list[Any]) -> Any:
    """What is on the stack after the last step."""
    stack: list[Any] = []
    push, pop = stack.append, stack.pop
    column = 0
    try:
        for kind, what, count, keywords, column in expression.steps:
            if kind == NAME:
                push(values[what])
            elif kind == BINARY:
                right = pop()
                left = pop()
                is_lazy = type(left) is Array or type(right) is Array
                push(what(left, right) if is_lazy else _constant(what, left, right))
            elif kind == CONSTANT:
                push(what)
            elif kind == UNARY:
                operand = pop()
                push(what(operand) if type(operand) is Array else _constant(what, operand))
            else:
                arguments = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                push(what(*arguments, **keywords))
    except _MISTAKES as error:
        expression.tell_place(error, column)
        raise
    return stack[0]


def _constant(operation: Callable[..., Any], *operands: Any) -> Any:
    """The operation on numbers alone, which are worked out here, while they are small."""
    if operation is operator.invert and type(operands[0]) is bool:
        return not operands[0]
    _check_growth(operation, operands)
    value = operation(*operands)
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise OverflowError(TOO_LARGE)
    return value


def _check_growth(operation: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    """Refuses powers and shifts of integers that would take long to work out."""
    if operation not in (operator.pow, operator.lshift) or not all(isinstance(each, int) for each in operands):
        return
    base, exponent = operands
    if exponent > MOST_BITS and (abs(base) > 1 or (operation is operator.lshift and base)):
        raise OverflowError(TOO_LARGE)
