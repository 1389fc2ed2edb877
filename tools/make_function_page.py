"""Writes docs/functions.md: every function with its types, its accuracy, its differences from NumPy and an example.

The page comes from the docstrings, from what the functions do, and from the tables of the test harness in
tests/python/harness. `--check` writes nothing and fails when the page is not what would be written.
"""

import argparse
import contextlib
import inspect
import io
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "functions.md"
sys.path.insert(0, str(ROOT / "tests" / "python"))

import numpy as np  # noqa: E402
from arrays import ALL  # noqa: E402
from harness import accuracy, deviations, examples, functions  # noqa: E402
from harness.operands import Case  # noqa: E402
from harness.run import Text  # noqa: E402

import numtile as nt  # noqa: E402

HEAD = """\
# Functions

<!-- Written by tools/make_function_page.py: change the docstrings or the tables in tests/python/harness instead. -->

What numtile has, by chapter: {chapters}.

Every function is lazy unless it says otherwise, takes anything array-like, and exists as NumPy's function on numtile's
arrays too (`np.roll(x, 1)`). *Types* are those of the first argument, with the types of the result where they differ;
*accuracy* is what the tests hold each function to, for every type, memory layout and edge value. What is not listed as
different is as in NumPy.
"""

USER_FUNCTIONS = "Functions of your own"
USER_HEAD = """\
Python functions of NumPy arrays, on arrays of any size: they are called on tiles while results are computed.

- A function may be called from several threads, for tiles in any order, and for one tile more than once. Its results are outside the
  promise of the same bits always: they are as independent of tiles, threads and budget as the function is.
- The arrays that it gets are its own, to keep and to change. Their memory is part of the budget while it runs; what the function uses
  beside them is not counted.
- It may compute with numtile itself. That happens on its own thread, in what is free of the budget: where that is too little it is a
  `MemoryError` at once. It must not wait for another thread that computes.
- What it raises is raised where the result is looked at: the same exception, with a note of the region. Ctrl-C and `nt.cancel()`
  stop between tiles.
"""


def main():
    """Writes the page, or checks it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail when the page is not up to date")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/functions.md is not up to date: run tools/make_function_page.py")
    return 1


def page():
    """The whole page."""
    chapters = [(chapter, entries(chapter)) for chapter in functions.CHAPTERS]
    chapters = [(chapter, written) for chapter, written in chapters if written]
    titles = [chapter.title for chapter, _ in chapters] + [USER_FUNCTIONS]
    links = ", ".join(f"[{title}](#{anchor(title)})" for title in titles)
    parts = [HEAD.format(chapters=links)]
    for chapter, written in chapters:
        parts += [f"## {chapter.title}\n", *written]
    return "\n".join([*parts, f"## {USER_FUNCTIONS}\n", USER_HEAD, *map(user_function, functions.USER_FUNCTIONS)])


def anchor(title):
    """The name of a heading in links."""
    return title.lower().replace(" ", "-")


def entries(chapter):
    """The entries of a chapter in the order of the alphabet."""
    if chapter is functions.METHODS:
        return [methods()]
    rows = [row for row in functions.ROWS if row.chapter is chapter and functions.exists(row.name)]
    return [entry(row) for row in sorted(rows, key=lambda row: row.name) if not row.alias_of]


def entry(row):
    """One function."""
    function = functions.lookup(nt, row.name)
    usage, body = described(row.name, function)
    lines = [f"### `{usage}`\n", body + "\n"]
    other = sorted(each.name for each in functions.ROWS if each.alias_of == row.name and functions.exists(each.name))
    if other:
        lines.append(f"- Also called {', '.join(f'`{name}`' for name in other)}.")
    types = types_of(row)
    if types:
        lines.append(f"- Types: {types}.")
    lines.append(f"- Accuracy: {accuracy.text(row.name)}.")
    if row.name in deviations.DEVIATIONS:
        lines.append(f"- Different from NumPy: {deviations.DEVIATIONS[row.name].text}")
    return "\n".join([*lines, "", example(row.name)])


def user_function(name):
    """One that takes functions of the user's."""
    usage, body = described(name, getattr(nt, name))
    return f"### `{usage}`\n\n{body}\n\n{example(name)}"


def described(name, function):
    """How to call a function, and what its docstring says."""
    text = inspect.cleandoc(function.__doc__ or "")
    first, _, rest = text.partition("\n")
    if first.startswith(f"{name}("):
        return first, rest.strip()
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return name, text
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return name + shown(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)), text


def shown(signature):
    """A signature as NumPy's documentation writes it."""
    return str(signature).replace("<class 'float'>", "float").replace("<class 'int'>", "int")


# ---- types -----------------------------------------------------------------------------------------------------

KINDS = {
    "bool": ["?"],
    "signed integers": ["i1", "i2", "i4", "i8"],
    "unsigned integers": ["u1", "u2", "u4", "u8"],
    "floats": ["f2", "f4", "f8"],
    "complex": ["c8", "c16"],
}


def types_of(row):
    """The types that the first argument may have, and those of the result."""
    found = {dtype: result_type(row, dtype) for dtype in ALL}
    found = {dtype: kind for dtype, kind in found.items() if kind is not None}
    if not found:
        return ""
    if all(kind == np.dtype(dtype) for dtype, kind in found.items()):
        return listed(found)
    if len(set(found.values())) == 1:
        return f"{listed(found)}; the result is {next(iter(found.values()))}"
    same = [dtype for dtype, kind in found.items() if kind == np.dtype(dtype)]
    results = {}
    for dtype, kind in found.items():
        if dtype not in same:
            results.setdefault(kind, []).append(dtype)
    return "; ".join([listed(same)] * bool(same) + [f"{listed(dtypes)} → {kind}" for kind, dtypes in results.items()])


def result_type(row, dtype):
    """The type of the (first) result for an argument of this type, or `None`."""
    case = Case(dtype, "C", row.chapter.shape, 0.02, (dtype, "C"))
    for call in row.calls:
        text = Text(call)
        if not text.names.intersection("xfp"):
            continue
        with contextlib.suppress(TypeError, ValueError, NotImplementedError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = text.run(nt, {name: nt.asarray(array) for name, array in case.operands(text.names).items()})
            made = made[0] if isinstance(made, (tuple, list)) and made else made
            return made.dtype if isinstance(made, nt.Array) else None
        return None
    return None


def listed(dtypes):
    """Types in words: whole families by their names."""
    if len(dtypes) == len(ALL):
        return "all"
    words = []
    for name, members in KINDS.items():
        there = [dtype for dtype in members if dtype in dtypes]
        words += [name] if len(there) == len(members) else [str(np.dtype(dtype)) for dtype in there]
    return ", ".join(words)


# ---- examples --------------------------------------------------------------------------------------------------


def example(name):
    """The example of a function as a doctest."""
    *statements, last = (examples.EXAMPLES | examples.OWN_EXAMPLES)[name].split("; ")
    known = {"nt": nt}
    for statement in statements:
        exec(statement, known)
    with contextlib.redirect_stdout(io.StringIO()) as output:
        sys.displayhook(eval(last, known))
    lines = [f">>> {line}" for line in (*statements, last)]
    return "\n".join(["```python", *lines, output.getvalue().rstrip(), "```", ""])


def methods():
    """The methods that ufuncs have in common."""
    names = sorted({row.name.split(".")[0] for row in functions.ROWS if row.chapter is functions.METHODS and functions.exists(row.name)})
    if not names:
        return ""
    parts = [f"{len(names)} ufuncs with two operands have `reduce`, `accumulate`, `reduceat`, `outer` and `at`, with NumPy's arguments.\n"]
    for method in ("reduce", "accumulate", "reduceat", "outer", "at"):
        function = getattr(nt.add, method)
        parts.append(f"### `ufunc.{method}`\n\n{inspect.cleandoc(function.__doc__ or '')}\n\n{example(f'add.{method}')}")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
