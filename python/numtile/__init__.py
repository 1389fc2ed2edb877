"""NumPy for arrays of any size, inside the memory you give it.

``import numtile as nt`` and write NumPy. Arrays are lazy: nothing is read or computed until you look at a result
(``np.asarray(x)``, ``print(x)``, ``float(x.mean())``), ask for it (``nt.compute``) or write it (``nt.save``)::

    import numtile as nt

    nt.config(memory="512MB")
    x = nt.open("big.npy")                          # no data read
    nt.save("y.npy", (x - x.mean(axis=0)) / x.std(axis=0))
    low, high = nt.compute(x.min(), x.max())        # one pass over the file
"""

from __future__ import annotations

from numpy import (
    bool_ as bool,
    complex64,
    complex128,
    dtype,
    e,
    euler_gamma,
    float16,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    nan,
    newaxis,
    pi,
    uint8,
    uint16,
    uint32,
    uint64,
)

from . import _config, _creation, _elementwise, _evaluate, _io, _manipulation, _progress, _reductions, _report
from ._config import config
from ._creation import (
    arange,
    array,
    asarray,
    empty,
    empty_like,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from ._elementwise import *  # noqa: F403
from ._engine import Array, CancelledError, FormatError, SourceChangedError
from ._evaluate import evaluate
from ._io import compute, open, save
from ._manipulation import (
    atleast_1d,
    broadcast_arrays,
    broadcast_to,
    concat,
    concatenate,
    expand_dims,
    flip,
    fliplr,
    flipud,
    hstack,
    moveaxis,
    permute_dims,
    ravel,
    reshape,
    squeeze,
    stack,
    swapaxes,
    take,
    transpose,
    vstack,
)
from ._progress import Progress
from ._reductions import all, amax, amin, any, argmax, argmin, max, mean, min, std, sum, var
from ._report import MemoryUsage, RunReport, cancel, explain, last_run, memory

__version__ = "0.1.0"

__all__ = ["Array", "CancelledError", "FormatError", "SourceChangedError"]
__all__ += ["bool", "complex64", "complex128", "dtype", "float16", "float32", "float64"]
__all__ += ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
__all__ += ["e", "euler_gamma", "inf", "nan", "newaxis", "pi"]
__all__ += _config.__all__
__all__ += _creation.__all__
__all__ += _elementwise.__all__
__all__ += _evaluate.__all__
__all__ += _io.__all__
__all__ += _manipulation.__all__
__all__ += _progress.__all__
__all__ += _reductions.__all__
__all__ += _report.__all__

_config.read_environment()
_progress.show(None)
