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

from . import _config, _methods, _progress
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
from ._scans import (
    cumprod,
    cumsum,
    cumulative_prod,
    cumulative_sum,
    diff,
    ediff1d,
    gradient,
    nancumprod,
    nancumsum,
    trapezoid,
)

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "Array", "CancelledError", "FormatError", "MemoryUsage", "Progress", "RunReport", "SourceChangedError", "abs",
    "absolute", "acos", "add", "all", "amax", "amin", "any", "arange", "arccos", "arcsin", "arctan", "arctan2",
    "argmax", "argmin", "around", "array", "asarray", "asin", "astype", "atan", "atan2", "atleast_1d", "bitwise_and",
    "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bool",
    "broadcast_arrays", "broadcast_to", "cancel", "cbrt", "ceil", "clip", "complex128", "complex64", "compute",
    "concat", "concatenate", "config", "conj", "conjugate", "copysign", "cos", "cosh", "cumprod", "cumsum",
    "cumulative_prod", "cumulative_sum", "diff", "divide", "divmod", "dtype", "e", "ediff1d", "empty", "empty_like",
    "equal", "euler_gamma", "evaluate", "exp", "exp2", "expand_dims", "explain", "expm1", "flip", "fliplr", "flipud",
    "float16", "float32", "float64", "floor", "floor_divide", "fmax", "fmin", "full", "full_like", "gradient",
    "greater", "greater_equal", "hstack", "hypot", "imag", "inf", "int16", "int32", "int64", "int8", "invert",
    "isclose", "isfinite", "isinf", "isnan", "last_run", "left_shift", "less", "less_equal", "linspace", "log",
    "log10", "log1p", "log2", "logical_and", "logical_not", "logical_or", "logical_xor", "max", "maximum", "mean",
    "memory", "min", "minimum", "mod", "moveaxis", "multiply", "nan", "nancumprod", "nancumsum", "negative", "newaxis",
    "not_equal", "ones", "ones_like", "open", "permute_dims", "pi", "positive", "pow", "power", "ravel", "real",
    "reciprocal", "remainder", "reshape", "right_shift", "rint", "round", "save", "sign", "signbit", "sin", "sinh",
    "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes", "take", "tan", "tanh", "transpose",
    "trapezoid", "true_divide", "trunc", "uint16", "uint32", "uint64", "uint8", "var", "vstack", "where", "zeros",
    "zeros_like",
]
# fmt: on

_methods.attach()
_config.read_environment()
_progress.show(None)
