"""One harness for every function: what exists, how to call it, on which arrays, and what counts as right.

- `functions.py` is the table: each public function with its calls, written as Python text;
- `operands.py` makes the arrays that the texts speak of, in every type, memory layout and edge value;
- `accuracy.py` says how exact a function has to be, and holds results against that;
- `run.py` runs one call under NumPy and numtile and compares;
- `tally.py` counts what was covered and prints it.

`test_coverage.py` runs the table, `test_mutations.py` breaks one kernel at a time to see that it notices.
"""
