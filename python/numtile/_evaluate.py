"""``nt.evaluate("a**2 + b**2 + 2*a*b")``: expressions as text.

A small parser of our own reads the text from left to right into steps, which are kept for the next time. Only the
operators and functions listed here mean anything, names stand for arrays and numbers of the caller, and everything else is
refused with the column where it stands. Nothing is ever executed: there are no attributes, no subscripts, and no calls but
to the table below.
"""

from __future__ import annotations

import keyword
import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from . import _complex, _elementwise, _engine, _logic, _reductions, _rounding, _special
from ._engine import Array, evaluate
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


class _OnOperands:
    """A function of so many operands: what it takes after them are places for the result."""

    def __init__(self, applied: Callable[..., Any], most: int) -> None:
        self.applied, self._most = applied, most

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        if len(operands) > self._most:
            name = self.applied.__name__
            raise TypeError(f"{name}() takes {self._most} operands but {len(operands)} were given")
        return self.applied(*operands, **keywords)


def _ufuncs() -> dict[str, Callable[..., Any]]:
    found = {name: getattr(_elementwise, name) for name in _elementwise.__all__}
    return {name: _OnOperands(f, f.nin) for name, f in found.items() if isinstance(f, ufunc) and f.nout == 1}


def _compositions() -> dict[str, Callable[..., Any]]:
    operands = {
        _complex: {"angle": 2, "imag": 1, "iscomplex": 1, "isreal": 1, "real": 1},
        _elementwise: {"where": 3},
        _logic: {"isclose": 4, "isneginf": 1, "isposinf": 1},
        _rounding: {"around": 2, "clip": 3, "fix": 1, "nan_to_num": 1, "round": 2},
        _special: {"i0": 1, "sinc": 1},
    }
    return {
        name: _OnOperands(getattr(module, name), most) for module, each in operands.items() for name, most in each.items()
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


def at_length(
    ex: str, local: Mapping[str, Any], outer: Mapping[str, Any], out: Any = None, casting: str = "same_kind"
) -> Any:
    """What ``evaluate`` gives for texts, types or layouts that it meets for the first time, and for ``out``."""
    recipe = _RECIPES.get(ex) if type(ex) is str else None
    if recipe is None:
        recipe = _remembered(ex)
    result = None
    if recipe.at_once is not None:
        try:
            result = recipe.at_once(local, outer)
        except _MISTAKES:
            pass  # step by step, the error says where it came up
    if result is None:
        result = recipe.step_by_step(local, outer)
    return result if out is None else deliver(result, out, "evaluate", casting=casting)


#: What building can raise.
_MISTAKES = (NameError, TypeError, ValueError, ArithmeticError, LookupError, NotImplementedError)


#: Texts that were read before, to be built again: forgotten all at once when there are many.
_RECIPES: dict[str, _Recipe] = {}
#: What the engine looks them up in: those that it can do at once for arrays like others before.
AT_ONCE: dict[str, _engine.Recipe] = {}
_MOST_RECIPES = 512


def _remembered(text: str) -> _Recipe:
    recipe = _Recipe(text, _Reader(text).read())
    if len(_RECIPES) >= _MOST_RECIPES:
        _RECIPES.clear()
        AT_ONCE.clear()
    _RECIPES[text] = recipe
    if recipe.at_once is not None:
        AT_ONCE[text] = recipe.at_once
    return recipe


class _Step(NamedTuple):
    """Something that puts a value on a stack: a variable, a number, or an operation on the latest values."""

    token: _Token
    name: str | None = None
    number: Any = None
    operation: Callable[..., Any] | None = None
    operands: int = 0
    keywords: dict[str, Any] = {}


class _Recipe:
    """The steps of an expression in order."""

    def __init__(self, text: str, steps: list[_Step]) -> None:
        self._text = text
        self._steps = steps
        self._names = list(dict.fromkeys(step.name for step in steps if step.name is not None))
        simple = [_simple(step, self._names) for step in steps]
        is_simple = all(step is not None for step in simple)
        #: All steps at once, where they are elementwise operations alone, or the arrays lie as others did before.
        self.at_once = _engine.Recipe(self._names, simple if is_simple else None) if self._names else None

    def step_by_step(self, local: Mapping[str, Any], outer: Mapping[str, Any]) -> Array:
        """The array for the values that the names have in these scopes."""
        names = _Names(local, outer)
        values: list[Any] = []
        for step in self._steps:
            try:
                values.append(self._value(step, names, values))
            except _MISTAKES as error:
                error.add_note(f"in the expression, column {step.token.column + 1}\n{_pointer(self._text, step.token)}")
                raise
        result = _engine.asarray(values.pop())
        if self.at_once is not None:
            self.at_once.remember([names.get(name) for name in self._names], result)
        return result

    def _value(self, step: _Step, names: _Names, values: list[Any]) -> Any:
        if step.name is not None:
            return names.get(step.name)
        if step.operation is None:
            return step.number
        operands = values[len(values) - step.operands :]
        del values[len(values) - step.operands :]
        return step.operation(*operands, **step.keywords)


#: The operations behind Python's operators.
_OPERATIONS = {
    operator.eq: "equal", operator.ne: "not_equal", operator.lt: "less", operator.le: "less_equal", operator.gt: "greater",
    operator.ge: "greater_equal", operator.or_: "bitwise_or", operator.xor: "bitwise_xor", operator.and_: "bitwise_and",
    operator.lshift: "left_shift", operator.rshift: "right_shift", operator.add: "add", operator.sub: "subtract",
    operator.mul: "multiply", operator.truediv: "divide", operator.floordiv: "floor_divide", operator.mod: "remainder",
    operator.pow: "power", operator.pos: "positive", operator.neg: "negative", operator.invert: "invert",
}  # fmt: skip


#: Names of elementwise operations.
_KERNELS = frozenset(name for name, _ in _engine.operations())


def _simple(step: _Step, names: list[str]) -> Any:
    """A step as the engine's recipes have it; `None` for what is no elementwise operation on so many operands."""
    if step.name is not None:
        return names.index(step.name)
    if step.operation is None:
        return (step.number,)
    operation = getattr(step.operation, "applied", step.operation)
    if operation in _OPERATIONS:
        return (_OPERATIONS[operation], step.operands)
    if operation is _elementwise.where:
        return ("where", 3) if step.operands == 3 else None
    is_plain = isinstance(operation, ufunc) and operation.nin == step.operands and not step.keywords
    return (operation.__name__, step.operands) if is_plain and operation.__name__ in _KERNELS else None


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
    """Reads one expression: precedence climbing, one method per rung that is not a plain binary operator.

    Each method appends the steps of what it has read. Numbers alone are worked out at once, while they are small.
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"an expression is text, not {type(text).__name__}")
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"the expression has {len(text)} characters; the most is {_MOST_CHARACTERS}")
        self._text = text
        self._steps: list[_Step] = []
        self._tokens = [
            _Token(match.lastgroup or "", match[0], match.start())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "space"
        ]
        self._tokens.append(_Token("end", "", len(text)))
        self._next = 0
        self._depth = 0

    def read(self) -> list[_Step]:
        self._binary(_COMPARISON)
        if self._token.kind != "end":
            self._unexpected()
        return self._steps

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
            self._apply(sign, operation, 2)

    def _unary(self) -> None:
        signs = []
        while self._token.kind == "symbol" and self._token.text in _UNARY:
            signs.append(self._take())
        self._power()
        for sign in reversed(signs):
            self._apply(sign, _UNARY[sign.text], 1)

    def _power(self) -> None:
        self._operand()
        if self._token.text != "**":
            return
        sign = self._take()
        self._descend(sign)
        self._unary()
        self._depth -= 1
        self._apply(sign, operator.pow, 2)

    def _operand(self) -> None:
        token = self._token
        if token.kind == "number":
            self._take()
            self._steps.append(_Step(token, number=self._number(token)))
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
            self._steps.append(_Step(token, number=_LITERALS[token.text]))
        elif keyword.iskeyword(token.text):
            self._unexpected(token)
        else:
            self._steps.append(_Step(token, name=token.text))

    def _call(self, name: _Token) -> None:
        if name.text not in _FUNCTIONS:
            kind = ValueError if keyword.iskeyword(name.text) else NameError
            self._fail(kind, f"there is no function '{name.text}' in expressions", name)
        self._descend(self._take())
        arguments = 0
        keywords: dict[str, Any] = {}
        while self._token.text != ")":
            arguments += self._argument(name.text, arguments, keywords)
            if self._token.text != ")":
                self._expect(",")
        self._expect(")")
        self._depth -= 1
        function = _FUNCTIONS[name.text]
        self._steps.append(_Step(name, operation=function, operands=arguments, keywords=keywords))

    def _argument(self, function: str, arguments: int, keywords: dict[str, Any]) -> int:
        """Reads one argument; how many operands it is."""
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
        if arguments and function in _REDUCTIONS:
            # The axis of a reduction; what would follow it has a name.
            if arguments > 1:
                self._refuse(f"{function}() takes an array and an axis")
            token = self._token
            self._steps.append(_Step(token, number=self._literal()))
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
                return self._guarded(token, lambda: _checked(int(text, 0)))
            return float(text)
        except ValueError:
            self._fail(SyntaxError, f"'{text[:40]}' is not a number", token)

    # ---- steps -------------------------------------------------------------------------------------------------

    def _apply(self, sign: _Token, operation: Callable[..., Any], count: int) -> None:
        """A step for an operator on the latest values, or the number that it gives for numbers."""
        operands = self._steps[-count:]
        if any(step.name is not None or step.operation is not None for step in operands):
            self._steps.append(_Step(sign, operation=_Applied(operation), operands=count))
            return
        numbers = tuple(step.number for step in operands)
        value = self._guarded(sign, lambda: _computed(operation, numbers))
        self._steps[-count:] = [_Step(sign, number=value)]

    def _guarded(self, token: _Token, make: Callable[[], Any]) -> Any:
        """What ``make`` returns; its errors say where in the expression they came up."""
        try:
            return make()
        except (TypeError, ValueError, ArithmeticError) as error:
            error.add_note(f"in the expression, column {token.column + 1}\n{_pointer(self._text, token)}")
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
        error.add_note(_pointer(self._text, token))
        raise error


def _pointer(text: str, token: _Token) -> str:
    """The part of a text around a token, and a caret under it."""
    start = max(0, token.column - 60)
    part = re.sub(r"\s", " ", text[start : start + 120])
    return f"    {part}\n    {' ' * (token.column - start)}^"


class _Applied:
    """An operator of Python's; numbers alone are worked out while they are small."""

    def __init__(self, applied: Callable[..., Any]) -> None:
        self.applied = applied

    def __call__(self, *operands: Any) -> Any:
        return _computed(self.applied, operands)


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
