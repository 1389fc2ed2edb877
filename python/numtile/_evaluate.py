"""``nt.evaluate("a**2 + b**2 + 2*a*b")``: expressions as text.

The text is parsed by Python's own grammar and then read node by node: only the operators and functions listed here mean
anything, names stand for arrays and numbers of the caller, and everything else is refused with the column where it
stands. Nothing is ever executed: there are no attributes, no subscripts, no calls but to the tables below.
"""

from __future__ import annotations

import ast
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _elementwise, _engine, _reductions
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["evaluate"]

#: More than anybody writes, less than what makes parsing slow.
_MOST_CHARACTERS = 65_536
_MOST_NODES = 20_000
#: Constants stay inside what element types hold.
_MOST_BITS = 64

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
#: What to write instead of what is refused most often.
_ADVICE: dict[type[ast.AST], str] = {
    ast.BoolOp: "write & and | with parentheses instead of 'and' and 'or'",
    ast.Not: "write ~ instead of 'not'",
    ast.IfExp: "write where(condition, x, y) instead of 'x if condition else y'",
    ast.Attribute: "attributes are not available in expressions",
    ast.Subscript: "index the array before it goes into the expression",
    ast.MatMult: "matrix products are not available in expressions",
}


def _conversion(name: str) -> Callable[[Any], Array]:
    return lambda x: _engine.asarray(x).astype(name)


def _complex(real: Any, imag: Any = None) -> Array:
    """One argument converts; two are the real and the imaginary part."""
    return _conversion("complex128")(real) if imag is None else _engine.asarray(real) + _engine.asarray(imag) * 1j


def _elementwise_functions() -> dict[str, Callable[..., Any]]:
    skipped = {"divmod", "astype", "isclose"}
    return {name: getattr(_elementwise, name) for name in _elementwise.__all__ if name not in skipped}


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **_elementwise_functions(),
    **{name: getattr(_reductions, name) for name in _reductions.__all__},
    **{kind: _conversion(kind) for kind in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()},
    **{kind: _conversion(kind) for kind in "float16 float32 float64 complex64 complex128".split()},
    "int": _conversion("int64"),
    "float": _conversion("float64"),
    "double": _conversion("float64"),
    "complex": _complex,
}
#: Keyword arguments and who takes them.
_KEYWORDS = {
    "axis": frozenset(_reductions.__all__),
    "keepdims": frozenset(_reductions.__all__),
    "ddof": frozenset({"var", "std"}),
    "decimals": frozenset({"round", "around"}),
}


def evaluate(
    ex: str,
    local_dict: Mapping[str, Any] | None = None,
    global_dict: Mapping[str, Any] | None = None,
    out: None = None,
    order: str = "K",
    casting: str = "same_kind",
) -> Array:
    """The array that an expression describes, lazily like everything else.

    Names are looked up in ``local_dict`` and ``global_dict``, by default the caller's variables: arrays of numtile and
    NumPy, and numbers. There are the operators ``+ - * / // % ** << >> & | ^ ~``, comparisons, numtile's elementwise
    functions and reductions (``sum(a, axis=0)``), ``where``, and the names of element types as conversions::

        a, b = nt.open("a.npy"), nt.open("b.npy")
        nt.save("c.npy", nt.evaluate("where(a > b, sqrt(a), 2*b)"))

    Raises ``SyntaxError`` for text that is no expression, ``NameError`` for unknown names, ``ValueError`` for anything
    that is not allowed, each pointing at the column.
    """
    if out is not None:
        raise NotImplementedError("numtile does not support the out= argument yet: use nt.save to write to a file")
    caller = sys._getframe(1)
    names = _Names(
        caller.f_locals if local_dict is None else local_dict, caller.f_globals if global_dict is None else global_dict
    )
    return _engine.asarray(_Reader(ex, names).read())


class _Names:
    """The variables of an expression; each is turned into an array once, so that it is read once."""

    def __init__(self, *scopes: Mapping[str, Any]) -> None:
        self._scopes = scopes
        self._known: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Any:
        for scope in self._scopes:
            if name in scope:
                return _variable(name, scope[name])
        raise NameError(f"name '{name}' is not defined")


def _variable(name: str, value: Any) -> Any:
    if isinstance(value, Array) or type(value) in (bool, int, float, complex):
        return value
    if isinstance(value, np.ndarray | np.generic | list | tuple) or hasattr(value, "__array__"):
        return _engine.asarray(value)
    raise TypeError(f"'{name}' is a {type(value).__name__}, not an array or a number")


class _Reader:
    """Reads one expression."""

    def __init__(self, text: str, names: _Names) -> None:
        if not isinstance(text, str):
            raise TypeError(f"an expression is text, not {type(text).__name__}")
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"the expression has {len(text)} characters; the most is {_MOST_CHARACTERS}")
        self._text = text.strip()
        self._names = names

    def read(self) -> Any:
        """The value of the expression. Nothing recurses, so long sums are fine."""
        waiting: list[tuple[ast.expr, bool]] = [(self._parse(), False)]
        values: list[Any] = []
        count = 0
        while waiting:
            node, children_done = waiting.pop()
            children = self._children(node)
            if children and not children_done:
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(children))
                continue
            count += 1
            if count > _MOST_NODES:
                raise ValueError(f"the expression has more than {_MOST_NODES} parts")
            operands = values[len(values) - len(children) :]
            del values[len(values) - len(children) :]
            values.append(self._combined(node, operands))
        return values.pop()

    def _parse(self) -> ast.expr:
        try:
            return ast.parse(self._text, mode="eval").body
        except SyntaxError as error:
            column = error.offset or 1
            raise SyntaxError(
                f"{error.msg} in the expression, column {column}", ("<expression>", 1, column, self._text)
            ) from None
        except (RecursionError, MemoryError):
            raise ValueError("the expression is nested too deeply") from None
        except ValueError as error:
            raise ValueError(f"the expression cannot be read: {error}") from None

    def _children(self, node: ast.expr) -> list[ast.expr]:
        """The operands of a node, which must be one of those that mean something."""
        match node:
            case ast.BinOp(left, operation, right) if type(operation) in _BINARY:
                return [left, right]
            case ast.UnaryOp(operation, operand) if type(operation) in _UNARY:
                return [operand]
            case ast.Compare(left, operations, rights) if all(type(each) in _COMPARE for each in operations):
                return [left, *rights]
            case ast.Call():
                return self._arguments(node)
            case ast.Name() | ast.Constant():
                return []
        raise self._refused(node)

    def _arguments(self, call: ast.Call) -> list[ast.expr]:
        if not isinstance(call.func, ast.Name):
            raise self._error(ValueError, call.func, "only functions that are called by their name can be used")
        name = call.func.id
        if name not in _FUNCTIONS:
            raise self._error(NameError, call, f"there is no function '{name}' in expressions")
        for argument in call.args:
            if isinstance(argument, ast.Starred):
                raise self._refused(argument)
        for keyword in call.keywords:
            if keyword.arg is None or name not in _KEYWORDS.get(keyword.arg, ()):
                raise self._error(ValueError, keyword.value, f"{name}() has no argument '{keyword.arg}' in expressions")
        return self._positional(call)

    def _positional(self, call: ast.Call) -> list[ast.expr]:
        """The operands of a call. A reduction's second one is its axis, which is no operand."""
        assert isinstance(call.func, ast.Name)
        return call.args[:1] if call.func.id in _reductions.__all__ else call.args

    def _combined(self, node: ast.expr, operands: list[Any]) -> Any:
        try:
            return self._value(node, operands)
        except (NameError, TypeError, ValueError, OverflowError, ArithmeticError, NotImplementedError) as error:
            error.add_note(self._pointer(node))
            raise

    def _value(self, node: ast.expr, operands: list[Any]) -> Any:
        match node:
            case ast.BinOp(op=operation):
                return _binary(type(operation), *operands)
            case ast.UnaryOp(op=operation):
                return _UNARY[type(operation)](_number_or_array(operands[0]))
            case ast.Compare(ops=operations):
                return _chain(operations, operands)
            case ast.Call():
                return self._called(node, operands)
            case ast.Name(id=name):
                return self._names.get(name)
            case ast.Constant(value=value):
                return self._constant(node, value)
        raise self._refused(node)

    def _called(self, call: ast.Call, operands: list[Any]) -> Any:
        assert isinstance(call.func, ast.Name)
        literals = [self._literal(argument) for argument in call.args[len(operands) :]]
        keywords = {keyword.arg or "": self._literal(keyword.value) for keyword in call.keywords}
        return _FUNCTIONS[call.func.id](*operands, *literals, **keywords)

    def _literal(self, node: ast.expr) -> Any:
        """An axis, a number of decimals or a flag."""
        match node:
            case ast.Constant(value=None | bool() | int() | float()):
                return node.value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
                return -value
            case ast.Tuple(elts=elements):
                return tuple(self._literal(element) for element in elements)
        raise self._error(ValueError, node, "this argument must be written as a number, a tuple of numbers or None")

    def _constant(self, node: ast.Constant, value: Any) -> Any:
        if type(value) not in (bool, int, float, complex):
            raise self._refused(node)
        return _checked(value)

    def _refused(self, node: ast.AST) -> Exception:
        blamed: ast.AST = node
        if isinstance(node, ast.UnaryOp | ast.BinOp):
            blamed = node.op
        what = _ADVICE.get(type(blamed), f"{type(blamed).__name__} is not available in expressions")
        return self._error(ValueError, node, what)

    def _error(self, kind: type[Exception], node: ast.AST, message: str) -> Exception:
        return kind(f"{message}, column {self._column(node) + 1}\n{self._pointer(node)}")

    def _column(self, node: ast.AST) -> int:
        """The characters before the node in its line; Python counts bytes."""
        line = self._line(node).encode()[: getattr(node, "col_offset", 0)]
        return len(line.decode(errors="ignore"))

    def _line(self, node: ast.AST) -> str:
        lines = self._text.splitlines() or [""]
        return lines[min(getattr(node, "lineno", 1), len(lines)) - 1]

    def _pointer(self, node: ast.AST) -> str:
        """The part of the line around the node, and a caret under it."""
        line, column = self._line(node), self._column(node)
        start = max(0, column - 60)
        return f"  {line[start : start + 120]}\n  {' ' * (column - start)}^"


def _number_or_array(value: Any) -> Any:
    return int(value) if type(value) is bool else value


def _binary(operation: type[ast.operator], left: Any, right: Any) -> Any:
    if not isinstance(left, Array) and not isinstance(right, Array):
        _check_size(operation, left, right)
        return _checked(_BINARY[operation](left, right))
    return _BINARY[operation](left, right)


def _check_size(operation: type[ast.operator], left: Any, right: Any) -> None:
    """Numbers in an expression are small; those that would take long to work out are refused before."""
    if not isinstance(left, int) or not isinstance(right, int):
        return
    grows = operation is ast.Pow and abs(left) > 1 and right > _MOST_BITS
    if grows or (operation is ast.LShift and left != 0 and right > _MOST_BITS):
        raise OverflowError("a constant of the expression is too large for any element type")


def _checked(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise OverflowError("a constant of the expression is too large for any element type")
    return value


def _chain(operations: list[ast.cmpop], operands: list[Any]) -> Any:
    """``a < b < c`` is true where both comparisons are."""
    result: Any = None
    for operation, left, right in zip(operations, operands, operands[1:], strict=False):
        one = _COMPARE[type(operation)](left, right)
        result = one if result is None else result & one
    return result
