"""``nt.evaluate("a**2 + b**2 + 2*a*b")``: expressions as text.

A small parser of our own reads the text from left to right and builds the array as it goes. Only the operators and
functions listed here mean anything, names stand for arrays and numbers of the caller, and everything else is refused
with the column where it stands. Nothing is ever executed: there are no attributes, no subscripts, and no calls but to the
table below.
"""

from __future__ import annotations

import keyword
import operator
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from . import _complex, _elementwise, _engine, _logic, _reductions, _rounding, _special
from ._engine import Array
from ._out import deliver
from ._ufunc import ufunc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["evaluate"]

#: More than anybody writes, less than what takes long.
_MOST_CHARACTERS = 65_536
#: Parentheses and powers inside one another; sums and products may be as long as they like.
_DEEPEST = 60
#: Constants stay inside what element types hold.
_MOST_BITS = 64

_COMPARISON = 1
#: Binary operators from loose to tight, as in Python. Powers are read apart: they group from the right.
_BINARY: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "==": (_COMPARISON, operator.eq),
    "!=": (_COMPARISON, operator.ne),
    "<": (_COMPARISON, operator.lt),
    "<=": (_COMPARISON, operator.le),
    ">": (_COMPARISON, operator.gt),
    ">=": (_COMPARISON, operator.ge),
    "|": (2, operator.or_),
    "^": (3, operator.xor),
    "&": (4, operator.and_),
    "<<": (5, operator.lshift),
    ">>": (5, operator.rshift),
    "+": (6, operator.add),
    "-": (6, operator.sub),
    "*": (7, operator.mul),
    "/": (7, operator.truediv),
    "//": (7, operator.floordiv),
    "%": (7, operator.mod),
}
_UNARY: dict[str, Callable[[Any], Any]] = {"+": operator.pos, "-": operator.neg, "~": operator.invert}
_LITERALS = {"True": True, "False": False, "None": None}

#: What to write instead of what is refused most often.
_ADVICE = {
    "and": "write & with parentheses around both sides instead of 'and'",
    "or": "write | with parentheses around both sides instead of 'or'",
    "not": "write ~ instead of 'not'",
    "if": "write where(condition, x, y) instead of 'x if condition else y'",
    ".": "attributes are not available in expressions",
    "[": "indexing is not available in expressions: index the array before it goes in",
    "@": "matrix products are not available in expressions",
    "=": "write == to compare",
}

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<number> 0[xXoObB]\w* | (?:\d|\.\d)(?:[eE][+-]|[\w.])* )
    | (?P<name> [^\W\d]\w* )
    | (?P<symbol> \*\*|//|<<|>>|<=|>=|==|!=|[-+*/%&|^~<>(),=] )
    | (?P<other> . )""",
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def _conversion(name: str) -> Callable[[Any], Array]:
    return lambda x: _engine.asarray(x).astype(name)


def _complex_number(real: Any, imag: Any = None) -> Array:
    """One argument converts; two are the real and the imaginary part."""
    return _conversion("complex128")(real) if imag is None else _complex.from_parts(real, imag)


def _on_operands(function: Callable[..., Any], most: int) -> Callable[..., Any]:
    """The function of so many operands: what it takes after them are places for the result."""

    def call(*operands: Any, **keywords: Any) -> Any:
        if len(operands) > most:
            raise TypeError(f"{function.__name__}() takes {most} operands but {len(operands)} were given")
        return function(*operands, **keywords)

    return call


def _ufuncs() -> dict[str, Callable[..., Any]]:
    found = {name: getattr(_elementwise, name) for name in _elementwise.__all__}
    return {name: _on_operands(f, f.nin) for name, f in found.items() if isinstance(f, ufunc) and f.nout == 1}


def _compositions() -> dict[str, Callable[..., Any]]:
    operands = {
        _complex: {"angle": 2, "imag": 1, "iscomplex": 1, "isreal": 1, "real": 1},
        _elementwise: {"where": 3},
        _logic: {"isclose": 4, "isneginf": 1, "isposinf": 1},
        _rounding: {"around": 2, "clip": 3, "fix": 1, "nan_to_num": 1, "round": 2},
        _special: {"i0": 1, "sinc": 1},
    }
    return {
        name: _on_operands(getattr(module, name), most) for module, each in operands.items() for name, most in each.items()
    }


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **_ufuncs(),
    **_compositions(),
    **{name: getattr(_reductions, name) for name in _reductions.__all__},
    **{kind: _conversion(kind) for kind in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()},
    **{kind: _conversion(kind) for kind in "float16 float32 float64 complex64 complex128".split()},
    "int": _conversion("int64"),
    "float": _conversion("float64"),
    "double": _conversion("float64"),
    "complex": _complex_number,
}
_REDUCTIONS = frozenset(_reductions.__all__)
#: Keyword arguments and who takes them. They are literals: numbers, tuples of numbers, None, True and False.
_KEYWORDS = {
    "axis": _REDUCTIONS,
    "keepdims": _REDUCTIONS,
    "ddof": frozenset({"var", "std"}),
    "decimals": frozenset({"round", "around"}),
}


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
    caller = sys._getframe(1)
    names = _Names(
        caller.f_locals if local_dict is None else local_dict,
        caller.f_globals if global_dict is None else global_dict,
    )
    return deliver(_engine.asarray(_Reader(ex, names).read()), out, "evaluate", casting=casting)


class _Names:
    """The variables of an expression; each becomes an array once, so that it is read once."""

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
    """Reads one expression: precedence climbing, one method per rung that is not a plain binary operator."""

    def __init__(self, text: str, names: _Names) -> None:
        if not isinstance(text, str):
            raise TypeError(f"an expression is text, not {type(text).__name__}")
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"the expression has {len(text)} characters; the most is {_MOST_CHARACTERS}")
        self._text = text
        self._names = names
        self._tokens = [
            _Token(match.lastgroup or "", match[0], match.start())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "space"
        ]
        self._tokens.append(_Token("end", "", len(text)))
        self._next = 0
        self._depth = 0

    def read(self) -> Any:
        value = self._binary(_COMPARISON)
        if self._token.kind != "end":
            self._unexpected()
        return value

    # ---- the grammar -------------------------------------------------------------------------------------------

    def _binary(self, loosest: int) -> Any:
        """Operands joined by binary operators that bind at least so tightly, grouped from the left."""
        value = self._unary()
        compared = False
        while self._token.kind == "symbol" and self._token.text in _BINARY:
            precedence, operation = _BINARY[self._token.text]
            if precedence < loosest:
                break
            if precedence == _COMPARISON and compared:
                self._refuse("write (a < b) & (b < c) instead of a < b < c")
            compared = precedence == _COMPARISON
            sign = self._take()
            value = self._applied(sign, operation, value, self._binary(precedence + 1))
        return value

    def _unary(self) -> Any:
        signs = []
        while self._token.kind == "symbol" and self._token.text in _UNARY:
            signs.append(self._take())
        value = self._power()
        for sign in reversed(signs):
            value = self._applied(sign, _UNARY[sign.text], value)
        return value

    def _power(self) -> Any:
        base = self._operand()
        if self._token.text != "**":
            return base
        sign = self._take()
        self._descend(sign)
        exponent = self._unary()
        self._depth -= 1
        return self._applied(sign, operator.pow, base, exponent)

    def _operand(self) -> Any:
        token = self._token
        if token.kind == "number":
            self._take()
            return self._number(token)
        if token.kind == "name":
            return self._named()
        if token.text == "(":
            self._descend(self._take())
            value = self._binary(_COMPARISON)
            self._expect(")")
            self._depth -= 1
            return value
        return self._unexpected()

    def _named(self) -> Any:
        token = self._take()
        if self._token.text == "(":
            return self._call(token)
        if token.text in ("True", "False"):
            return _LITERALS[token.text]
        if keyword.iskeyword(token.text):
            self._unexpected(token)
        return self._guarded(token, lambda: self._names.get(token.text))

    def _call(self, name: _Token) -> Any:
        if name.text not in _FUNCTIONS:
            kind = ValueError if keyword.iskeyword(name.text) else NameError
            self._fail(kind, f"there is no function '{name.text}' in expressions", name)
        self._descend(self._take())
        arguments: list[Any] = []
        keywords: dict[str, Any] = {}
        while self._token.text != ")":
            self._argument(name.text, arguments, keywords)
            if self._token.text != ")":
                self._expect(",")
        self._expect(")")
        self._depth -= 1
        return self._guarded(name, lambda: _FUNCTIONS[name.text](*arguments, **keywords))

    def _argument(self, function: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
        is_keyword = self._token.kind == "name" and self._tokens[self._next + 1].text == "="
        if is_keyword:
            token = self._take()
            if function not in _KEYWORDS.get(token.text, ()):
                self._fail(ValueError, f"{function}() has no argument '{token.text}' in expressions", token)
            self._take()
            keywords[token.text] = self._literal()
        elif keywords:
            self._fail(SyntaxError, "positional argument follows keyword argument", self._token)
        elif arguments and function in _REDUCTIONS:
            # The axis of a reduction; what would follow it has a name.
            if len(arguments) > 1:
                self._refuse(f"{function}() takes an array and an axis")
            arguments.append(self._literal())
        else:
            arguments.append(self._binary(_COMPARISON))

    def _literal(self) -> Any:
        """An axis, a number of decimals or a flag."""
        token = self._take()
        if token.kind == "name" and token.text in _LITERALS:
            return _LITERALS[token.text]
        if token.text == "-" and self._token.kind == "number":
            return -self._number(self._take())
        if token.kind == "number":
            return self._number(token)
        if token.text != "(":
            self._fail(ValueError, "this argument must be written as a number, a tuple of numbers or None", token)
        items = []
        self._descend(token)
        while self._token.text != ")":
            items.append(self._literal())
            if self._token.text != ")":
                self._expect(",")
        self._expect(")")
        self._depth -= 1
        is_tuple = len(items) != 1 or self._tokens[self._next - 2].text == ","
        return tuple(items) if is_tuple else items[0]

    def _number(self, token: _Token) -> Any:
        text = token.text
        try:
            if text[-1] in "jJ":
                return complex(text)
            if text[:2].lower() in ("0x", "0o", "0b") or text.replace("_", "").isdecimal():
                return self._guarded(token, lambda: _checked(int(text, 0)))
            return float(text)
        except ValueError:
            self._fail(SyntaxError, f"'{text[:40]}' is not a number", token)

    # ---- values ------------------------------------------------------------------------------------------------

    def _applied(self, sign: _Token, operation: Callable[..., Any], *operands: Any) -> Any:
        return self._guarded(sign, lambda: _computed(operation, operands))

    def _guarded(self, token: _Token, make: Callable[[], Any]) -> Any:
        """What ``make`` returns; its errors say where in the expression they came up."""
        try:
            return make()
        except (NameError, TypeError, ValueError, ArithmeticError, LookupError, NotImplementedError) as error:
            error.add_note(f"in the expression, column {token.column + 1}\n{self._pointer(token)}")
            raise

    # ---- tokens and mistakes -----------------------------------------------------------------------------------

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind == "end":
            self._unexpected()
        self._next += 1
        return token

    def _expect(self, text: str) -> None:
        if self._token.text != text:
            self._unexpected()
        self._next += 1

    def _descend(self, token: _Token) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(ValueError, "the expression is nested too deeply", token)

    def _unexpected(self, token: _Token | None = None) -> NoReturn:
        token = token or self._token
        if token.text in _ADVICE:
            self._fail(ValueError, _ADVICE[token.text], token)
        if token.kind == "end":
            what = "the expression is empty" if len(self._tokens) == 1 else "the expression ends too early"
            self._fail(SyntaxError, what, token)
        self._fail(SyntaxError, f"{token.text[:40]!r} cannot stand here", token)

    def _refuse(self, message: str) -> NoReturn:
        self._fail(ValueError, message, self._token)

    def _fail(self, kind: type[Exception], message: str, token: _Token) -> NoReturn:
        error = kind(f"{message} (column {token.column + 1})")
        error.add_note(self._pointer(token))
        raise error

    def _pointer(self, token: _Token) -> str:
        """The part of the text around a token, and a caret under it."""
        start = max(0, token.column - 60)
        part = re.sub(r"\s", " ", self._text[start : start + 120])
        return f"    {part}\n    {' ' * (token.column - start)}^"


def _computed(operation: Callable[..., Any], operands: tuple[Any, ...]) -> Any:
    """The operation on arrays and numbers; numbers alone are worked out here, while they are small."""
    if any(isinstance(operand, Array) for operand in operands):
        return operation(*operands)
    _check_growth(operation, operands)
    if operation is operator.invert and type(operands[0]) is bool:
        return not operands[0]
    return _checked(operation(*operands))


def _check_growth(operation: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    """Refuses powers and shifts of integers that would take long to work out."""
    if operation not in (operator.pow, operator.lshift) or not all(isinstance(each, int) for each in operands):
        return
    base, exponent = operands
    if exponent > _MOST_BITS and (abs(base) > 1 or (operation is operator.lshift and base)):
        raise OverflowError("a constant of the expression is too large for any element type")


def _checked(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise OverflowError("a constant of the expression is too large for any element type")
    return value
