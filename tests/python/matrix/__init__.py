"""The matrix: every operator on files larger than its budget, each in a memory cgroup of its own (`make matrix`).

`cases.py` says what is computed, `sources.py` makes the files, `run.py` runs a case in a group and holds it to its
promises, `answers.py` compares what it wrote with NumPy.
"""
