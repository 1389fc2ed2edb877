"""Reading expressions: text becomes steps for a stack, once for every text.

A small parser of our own, from left to right. Only the operators and functions listed here mean anything, names stand for
arrays and numbers of the caller, and everything else is refused with the column where it stands. There are no attributes,
no subscripts, and no calls but to the table below.
"""

from __future__ import annotations

import functools
import keyword
import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from . import _complex, _elementwise, _engine, _logic, _reductions, _rounding, _special
from ._ufunc import ufunc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._engine import Array

#: More than anybody writes, less than what takes long.
_MOST_CHARACTERS = 65_536
#: Parentheses and powers inside one another; sums and products may be as long as they like.
_DEEPEST = 60
#: Texts up to so many characters are read once and remembered, so many of them.
_REMEMBERED_CHARACTERS = 4_096
_REMEMBERED = 256
#: Constants stay inside what element types hold.
MOST_BITS = 64
TOO_LARGE = "a constant of the expression is too large for any element type"

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


# ---- what reading gives ----------------------------------------------------------------------------------------

#: What a step does: it puts the value of a name or a constant on the stack, or works on what lies there.
NAME, CONSTANT, UNARY, BINARY, CALL = range(5)


class Step(NamedTuple):
    """One step for a stack."""

    kind: int
    #: The number of the name, the constant, the operation or the function.
    what: Any
    #: The arguments of a call: how many by position, and those by keyword.
    arguments: int
    keywords: Mapping[str, Any]
    #: Where it stands in the text.
    column: int


class Expression(NamedTuple):
    """A text that was read."""

    text: str
    steps: tuple[Step, ...]
    #: The names, in the order in which the text mentions them first, and where that is.
    names: Mapping[str, int]

    def tell_place(self, error: BaseException, column: int) -> None:
        """Adds to an error where in the expression it came up."""
        error.add_note(f"in the expression, column {column + 1}\n{_pointer(self.text, column)}")


def read(text: str) -> Expression:
    """The steps of an expression. Raises ``SyntaxError`` or ``ValueError`` with the column of the mistake."""
    if not isinstance(text, str):
        raise TypeError(f"an expression is text, not {type(text).__name__}")
    if len(text) <= _REMEMBERED_CHARACTERS:
        return _remembered(text)
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"the expression has {len(text)} characters; the most is {_MOST_CHARACTERS}")
    return _Reader(text).read()


@functools.lru_cache(_REMEMBERED)
def _remembered(text: str) -> Expression:
    return _Reader(text).read()


def _pointer(text: str, column: int) -> str:
    """The part of the text around a column, and a caret under it."""
    start = max(0, column - 60)
    part = re.sub(r"\s", " ", text[start : start + 120])
    return f"    {part}\n    {' ' * (column - start)}^"


class _Reader:
    """Reads one expression: precedence climbing, one method per rung that is not a plain binary operator.

    Each method leaves steps that put one value on the stack.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [
            _Token(match.lastgroup or "", match[0], match.start())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "space"
        ]
        self._tokens.append(_Token("end", "", len(text)))
        self._next = 0
        self._depth = 0
        self._steps: list[Step] = []
        self._names: dict[str, int] = {}
        self._numbers: dict[str, int] = {}

    def read(self) -> Expression:
        self._binary(_COMPARISON)
        if self._token.kind != "end":
            self._unexpected()
        return Expression(self._text, tuple(self._steps), self._names)

    def _step(self, kind: int, what: Any, token: _Token, count: int = 0, keywords: Mapping[str, Any] | None = None) -> None:
        self._steps.append(Step(kind, what, count, keywords or {}, token.column))

    # ---- the grammar -------------------------------------------------------------------------------------------

    def _binary(self, loosest: int) -> None:
        """Operands joined by binary operators that bind at least so tightly, grouped from the left."""
        self._unary()
        compared = False
        while self._token.kind == "symbol" and self._token.text in _BINARY:
            precedence, operation = _BINARY[self._token.text]
            if precedence < loosest:
                break
            if precedence == _COMPARISON and compared:
                self._refuse("write (a < b) & (b < c) instead of a < b < c")
            compared = precedence == _COMPARISON
            sign = self._take()
            self._binary(precedence + 1)
            self._step(BINARY, operation, sign)

    def _unary(self) -> None:
        signs = []
        while self._token.kind == "symbol" and self._token.text in _UNARY:
            signs.append(self._take())
        self._power()
        for sign in reversed(signs):
            self._step(UNARY, _UNARY[sign.text], sign)

    def _power(self) -> None:
        self._operand()
        if self._token.text != "**":
            return
        sign = self._take()
        self._descend(sign)
        self._unary()
        self._depth -= 1
        self._step(BINARY, operator.pow, sign)

    def _operand(self) -> None:
        token = self._token
        if token.kind == "number":
            self._take()
            self._step(CONSTANT, self._number(token), token)
        elif token.kind == "name":
            self._named()
        elif token.text == "(":
            self._descend(self._take())
            self._binary(_COMPARISON)
            self._expect(")")
            self._depth -= 1
        else:
            self._unexpected()

    def _named(self) -> None:
        token = self._take()
        if self._token.text == "(":
            self._call(token)
        elif token.text in ("True", "False"):
            self._step(CONSTANT, _LITERALS[token.text], token)
        elif keyword.iskeyword(token.text):
            self._unexpected(token)
        else:
            self._names.setdefault(token.text, token.column)
            number = self._numbers.setdefault(token.text, len(self._numbers))
            self._step(NAME, number, token)

    def _call(self, name: _Token) -> None:
        if name.text not in _FUNCTIONS:
            kind = ValueError if keyword.iskeyword(name.text) else NameError
            self._fail(kind, f"there is no function '{name.text}' in expressions", name)
        self._descend(self._take())
        count = 0
        keywords: dict[str, Any] = {}
        while self._token.text != ")":
            count += self._argument(name.text, count, keywords)
            if self._token.text != ")":
                self._expect(",")
        self._expect(")")
        self._depth -= 1
        self._step(CALL, _FUNCTIONS[name.text], name, count, keywords)

    def _argument(self, function: str, before: int, keywords: dict[str, Any]) -> int:
        """Reads one argument; how many there are more by position."""
        is_keyword = self._token.kind == "name" and self._tokens[self._next + 1].text == "="
        if is_keyword:
            token = self._take()
            if function not in _KEYWORDS.get(token.text, ()):
                self._fail(ValueError, f"{function}() has no argument '{token.text}' in expressions", token)
            self._take()
            keywords[token.text] = self._literal()
            return 0
        if keywords:
            self._fail(SyntaxError, "positional argument follows keyword argument", self._token)
        if before and function in _REDUCTIONS:
            # The axis of a reduction; what would follow it has a name.
            if before > 1:
                self._refuse(f"{function}() takes an array and an axis")
            token = self._token
            self._step(CONSTANT, self._literal(), token)
        else:
            self._binary(_COMPARISON)
        return 1

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
                return self._integer(token)
            return float(text)
        except ValueError:
            self._fail(SyntaxError, f"'{text[:40]}' is not a number", token)

    def _integer(self, token: _Token) -> int:
        value = int(token.text, 0)
        if value.bit_length() > MOST_BITS:
            self._fail(OverflowError, TOO_LARGE, token)
        return value

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
        error.add_note(_pointer(self._text, token.column))
        raise error
