"""Random programs of array operations, each made from its number alone, run under NumPy and numtile.

- `make.py` writes a program: inputs, and steps that are lines of Python;
- `steps.py` has the kinds of steps;
- `run.py` runs a program under both, compares every step, and reduces a program that fails.

From `tests/python`: `python -m programs 1234` shows program 1234 and runs it, `python -m programs 0 20000` runs the
programs from 0 to 19999.
"""
