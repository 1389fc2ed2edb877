"""The command line: look into files, evaluate expressions over them, see plans, run the demonstration."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._engine import Array

_EPILOG = """examples:
  numtile info big.npy
  numtile eval "(x - mean(x, axis=0)) / std(x, axis=0)" x=big.npy -o standard.npy --memory 512MB
  numtile explain "sqrt(x)*2 + 1" x=big.npy
  numtile demo --size 200MB
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="numtile",
        description="NumPy for arrays of any size, inside the memory you give it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    from . import __version__

    parser.add_argument("--version", action="version", version=f"numtile {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_info(commands)
    _add_eval(commands)
    _add_explain(commands)
    _add_demo(commands)
    return parser


def _add_info(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    info = commands.add_parser("info", help="show shape, type and size of arrays in files", description="Shows what is in a file without reading its data.")
    info.add_argument("file", nargs="+", metavar="FILE", help="a .npy file")
    info.set_defaults(run=_info)


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument("--memory", metavar="SIZE", help="memory budget, for example 512MB or 2GiB")
    command.add_argument("--threads", type=int, metavar="N", help="number of threads")


def _add_variables(command: argparse.ArgumentParser) -> None:
    command.add_argument("expression", metavar="EXPR", help="an expression over the names that follow")
    command.add_argument("variables", nargs="*", metavar="NAME=FILE", help="arrays in .npy files, by name")


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "eval",
        help="evaluate an expression over files",
        description="Evaluates an expression over arrays in files, inside the memory budget, into a .npy file or, for "
        "small results, onto the terminal.",
    )
    _add_variables(command)
    command.add_argument("-o", "--output", metavar="OUT", help="the .npy file to write; without it the result is printed")
    _add_limits(command)
    command.add_argument("-q", "--quiet", action="store_true", help="show no progress and no summary")
    command.set_defaults(run=_eval)


def _add_explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "explain",
        help="show the plan for an expression",
        description="Shows passes, tile shapes, bytes read and written and projected peak memory; computes nothing.",
    )
    _add_variables(command)
    _add_limits(command)
    command.add_argument("--svg", metavar="FILE", help="write the plan as a picture (SVG) as well")
    command.add_argument("--rehearse", action="store_true", help="try out the plan's memory, without data")
    command.set_defaults(run=_explain)


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "demo",
        help="convert a large picture from RGB to CMYK on disk, within a small memory budget",
        description="Makes a large picture on disk, converts it from RGB to CMYK through an interpolated table within "
        "a memory budget, and checks the result against NumPy.",
    )
    command.add_argument("--size", default="1GB", metavar="SIZE", help="size of the picture (default: %(default)s)")
    command.add_argument("--memory", default="256MB", metavar="SIZE", help="memory budget (default: %(default)s)")
    command.add_argument("--dir", metavar="DIR", help="where to put the files (default: a temporary directory)")
    command.add_argument("--keep", action="store_true", help="keep the files")
    command.set_defaults(run=_demo)


def _configure(args: argparse.Namespace) -> None:
    import numtile as nt

    nt.config(memory=args.memory, threads=args.threads)


def _open_variables(given: Sequence[str]) -> dict[str, Array]:
    import numtile as nt

    variables: dict[str, Array] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"cannot read {text!r}: write NAME=FILE, for example x=big.npy")
        if name in variables:
            raise ValueError(f"the name '{name}' is given twice")
        variables[name] = nt.open(path)
    return variables


def _expression(args: argparse.Namespace) -> Array:
    import numtile as nt

    described: Array = nt.evaluate(args.expression, _open_variables(args.variables), {})
    return described


def _info(args: argparse.Namespace) -> int:
    import numtile as nt

    from ._units import size_text

    for path in args.file:
        array = nt.open(path)
        shape = " x ".join(map(str, array.shape)) or "no dimensions"
        print(f"{path}: {shape}, {array.dtype}, {array.size} elements, {size_text(array.nbytes)}")
    return 0


def _eval(args: argparse.Namespace) -> int:
    import numtile as nt

    _configure(args)
    if args.quiet:
        nt.config(progress=False)
    array = _expression(args)
    if args.output is None:
        print(array)
        return 0
    nt.save(args.output, array)
    if not args.quiet:
        _summarize(args.output, array)
    return 0


def _summarize(path: str, array: Array) -> None:
    from . import last_run
    from ._units import size_text, time_text

    report = last_run()
    what = f"{path}: {' x '.join(map(str, array.shape)) or 'one element'}, {array.dtype}, {size_text(array.nbytes)}"
    if report is not None:
        rate = size_text((report.bytes_read + report.bytes_written) / max(report.seconds, 1e-9))
        what += f", {time_text(report.seconds)}, {rate}/s, peak {size_text(report.measured_peak)}"
    print(what, file=sys.stderr)


def _explain(args: argparse.Namespace) -> int:
    import numtile as nt

    _configure(args)
    plan = nt.explain(_expression(args), save=True, rehearse=args.rehearse)
    if args.svg is not None:
        Path(args.svg).write_text(plan.svg(), encoding="utf-8")
    print(plan)
    return 0


def _demo(args: argparse.Namespace) -> int:
    from .demo import main as demo

    return int(demo(size=args.size, memory=args.memory, dir=args.dir, keep=args.keep) or 0)


def _sentence(error: BaseException) -> str:
    """An error as one line, with the column for mistakes in an expression."""
    if isinstance(error, SyntaxError):
        return f"{error.msg}."
    lines = [*str(error).splitlines(), *(line for note in getattr(error, "__notes__", ()) for line in note.splitlines())]
    text = "; ".join(line.strip() for line in lines if line.strip() not in ("", "^")).rstrip(".")
    return f"{text or type(error).__name__}."


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status: 0 done, 1 failed, 2 misused, 130 interrupted."""
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("numtile: interrupted", file=sys.stderr)
        return 130
    except (OSError, ValueError, TypeError, ArithmeticError, LookupError, NameError, SyntaxError, MemoryError, RuntimeError, ImportError) as error:
        print(f"numtile: {_sentence(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
