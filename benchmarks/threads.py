"""Two threads for every contestant. To be asked for before any of them is imported."""

import os

THREADS = 2


def limit():
    for name in ("NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "BLOSC_NTHREADS"):
        os.environ[name] = str(THREADS)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # The rest, JAX for one, take the processors they see.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
