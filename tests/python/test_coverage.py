"""Every public function × type × memory layout × edge value, against NumPy; `make coverage-table` prints what was covered."""

import ast
import contextlib
import inspect
import itertools
from pathlib import Path

import numpy as np
import pytest
from arrays import ALL, LAYOUTS
from harness.functions import LACKING, METHODS, OWN, ROWS, WITHOUT_EFFECT, exists, lookup, ufuncs
from harness.operands import Case
from harness.run import Text, check
from harness.tally import TALLY

import numtile as nt

SOME_TYPES = ["?", "i4", "u8", "f4", "c16"]
FUNCTIONS = [row for row in ROWS if row.chapter is not METHODS and row.name not in ufuncs()]


def cases(row):
    """The calls of a row and the arrays each is given."""
    for number, call in enumerate(row.calls):
        text = Text(call)
        if not text.names:
            yield text, Case("f8", "C", (), row.chapter.edges)
            continue
        everything = number == 0 and (row.chapter is not METHODS or row.name.startswith("add."))
        for dtype, layout in _all_layouts() if everything else _layouts_in_turn(number):
            yield text, Case(dtype, layout, row.chapter.shape, row.chapter.edges, _other(dtype, layout, number))
        for dtype, other in _all_pairs() if number == 0 and "y" in text.names else ():
            yield text, Case(dtype, "C", row.chapter.shape, row.chapter.edges, (other, "C"))
        for shape in row.chapter.shapes:
            for dtype in SOME_TYPES:
                yield text, Case(dtype, "C", shape, row.chapter.edges)


def _all_layouts():
    """Every type in every layout: what the first call of a function meets."""
    return [(dtype, layout) for dtype in ALL for layout in LAYOUTS]


def _layouts_in_turn(number):
    """Every type, and the layouts in turn: what the other calls meet, each from another layout on."""
    return [(dtype, LAYOUTS[(number + index) % len(LAYOUTS)]) for index, dtype in enumerate(ALL)]


def _all_pairs():
    return [(dtype, other) for dtype in ALL for other in ALL]


def _other(dtype, layout, number):
    """The type and layout of the second operand: every other type over the layouts of the first."""
    step = ALL.index(dtype) + LAYOUTS.index(layout) + number
    return ALL[step % len(ALL)], LAYOUTS[(2 * step) % len(LAYOUTS)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_function(row):
    """The calls of one function, on all arrays that it is to be tested on."""
    if not exists(row.name):
        pytest.skip(f"numtile has no {row.name} yet")
    failures = []
    for text, case in cases(row):
        try:
            refused = check(text, case)
        except AssertionError as error:
            failures.append(str(error))
        else:
            TALLY.count(row.name, text.text, case, refused)
    if failures:
        some = failures[:: max(1, len(failures) // 8)][:8]
        pytest.fail(f"{len(failures)} cases fail, among them:\n" + "\n".join(some), pytrace=False)


# ---- nothing is left out ---------------------------------------------------------------------------------------


def test_every_public_function_is_in_the_table():
    names = {name for name in nt.__all__ if callable(getattr(nt, name)) and not isinstance(getattr(nt, name), type)}
    covered = [lookup(nt, row.name) for row in ROWS]
    missing = [name for name in sorted(names - set(OWN)) if not any(getattr(nt, name) is each for each in covered)]
    assert not missing, f"no row in harness/functions.py for {missing}"


def test_own_functions_have_the_tests_they_name():
    for name, file in OWN.items():
        text = (Path(__file__).parent / file).read_text(encoding="utf-8")
        assert f"nt.{name}" in text, f"{file} does not speak of nt.{name}"


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.name)
def test_arguments_are_numpys(row):
    """Same names in the same order and of the same kind; what numtile lacks is written down."""
    theirs, ours = _parameters(np, row.name), _parameters(nt, row.name)
    if theirs is None or ours is None:
        pytest.skip(f"no signature of {row.name} to compare")
    wanted = [name for name in theirs if (row.name, name) not in LACKING]
    assert [name for name in ours if name in theirs] == wanted, f"{list(ours)}, NumPy has {list(theirs)}"
    required = [name for name, each in ours.items() if each.default is each.empty and each.kind < each.VAR_POSITIONAL]
    assert set(required) <= {name for name, each in theirs.items() if each.default is each.empty}


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.name)
def test_every_argument_is_exercised(row):
    """Each of NumPy's arguments is in some call of the table."""
    parameters = _parameters(np, row.name)
    if parameters is None:
        pytest.skip(f"NumPy's {row.name} has no signature")
    variadic = {name for name, each in parameters.items() if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)}
    used = set().union(*(_arguments_used(row.name, call, list(parameters)) for call in row.calls))
    missing = set(parameters) - variadic - used - WITHOUT_EFFECT - {name for function, name in LACKING if function == row.name}
    assert not missing, f"no call of {row.name} gives {sorted(missing)}"


def _parameters(module, name):
    try:
        return inspect.signature(lookup(module, name)).parameters
    except (TypeError, ValueError):
        return None


def _arguments_used(name, call, parameters):
    """The names of the arguments that a call gives."""
    for node in ast.walk(ast.parse(call)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name.rpartition(".")[2]:
            yield from parameters[: len(node.args)]
            yield from (keyword.arg for keyword in node.keywords)


@pytest.mark.parametrize("name", [name for name in ufuncs() if exists(name)])
def test_types_of_ufuncs_are_numpys(name):
    """Every loop of NumPy's for types that numtile has gives NumPy's types, lazily."""
    ufunc = getattr(np, name)
    known = set("?bhilqBHILQefdFD")
    for loop in ufunc.types:
        inputs, outputs = loop.split("->")
        if known.issuperset(inputs + outputs):
            result = getattr(nt, name)(*(nt.zeros(3, char) for char in inputs))
            results = result if isinstance(result, tuple) else (result,)
            assert [each.dtype for each in results] == [np.dtype(char) for char in outputs], loop


#: Functions that look at their arguments: they answer with a Python number, or the result's shape depends on them.
EAGER = {"array_equal", "array_equiv", "allclose", "bincount", "histogram", "histogram_bin_edges", "trim_zeros", "place"}
#: Functions that give NumPy's arrays by what they are.
CONVERSIONS = {"array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.chapter is not METHODS], ids=lambda row: row.name)
def test_numpys_function_takes_our_arrays(row):
    """`np.f(x)` with a lazy array gives a lazy array, and computes nothing."""
    if row.name in CONVERSIONS or not exists(row.name) or not callable(lookup(np, row.name)):
        pytest.skip(f"np.{row.name} is not for other arrays")
    chosen = _first_accepted(row)
    if chosen is None:
        pytest.skip(f"{row.name} takes no array")
    text, case = chosen
    lazy = {name: nt.asarray(array) for name, array in case.operands(text.names).items()}
    before = nt.last_run()
    result = text.run(np, {"nt": nt, **lazy})
    for each in result if isinstance(result, (tuple, list)) else (result,):
        assert not isinstance(each, (np.ndarray, np.generic)), f"{row.name} gives {type(each)}"
    assert nt.last_run() == before or row.name in EAGER, f"{row.name} computes"


def _first_accepted(row):
    """The first call, type and shape that NumPy accepts, where any call takes an array."""
    for call in row.calls:
        text = Text(call.replace("xp.array(", "nt.array("))
        if not text.names or "out=" in call:
            continue
        for dtype, shape in itertools.product(("f4", "i4"), (row.chapter.shape, *row.chapter.shapes)):
            case = Case(dtype, "C", shape, row.chapter.edges)
            with contextlib.suppress(Exception):
                Text(call).run(np, case.operands(text.names))
                return text, case
    return None
