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
from ._complex import angle, imag, iscomplex, iscomplexobj, isreal, isrealobj, real, real_if_close
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
from ._interpolation import interp
from ._io import compute, open, save
from ._logic import allclose, array_equal, array_equiv, isclose, isneginf, isposinf, isscalar
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
from ._nanreductions import nanargmax, nanargmin, nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from ._progress import Progress
from ._reductions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    average,
    count_nonzero,
    max,
    mean,
    min,
    prod,
    ptp,
    std,
    sum,
    var,
)
from ._report import MemoryUsage, RunReport, cancel, explain, last_run, memory
from ._rounding import around, clip, fix, nan_to_num, round
from ._special import i0, sinc, unwrap
from ._ufunc import ufunc
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
    "absolute", "acos", "acosh", "add", "all", "allclose", "amax", "amin", "angle", "any", "arange", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "around", "array",
    "array_equal", "array_equiv", "asarray", "asin", "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d",
    "average", "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "bool", "broadcast_arrays", "broadcast_to", "cancel", "cbrt", "ceil", "clip",
    "complex128", "complex64", "compute", "concat", "concatenate", "config", "conj", "conjugate", "copysign", "cos",
    "cosh", "count_nonzero", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "deg2rad", "degrees", "diff",
    "divide", "divmod", "dtype", "e", "ediff1d", "empty", "empty_like", "equal", "euler_gamma", "evaluate", "exp",
    "exp2", "expand_dims", "explain", "expm1", "fabs", "fix", "flip", "fliplr", "flipud", "float16", "float32",
    "float64", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frexp", "full", "full_like", "gcd",
    "gradient", "greater", "greater_equal", "heaviside", "hstack", "hypot", "i0", "imag", "inf", "int16", "int32",
    "int64", "int8", "interp", "invert", "isclose", "iscomplex", "iscomplexobj", "isfinite", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "isrealobj", "isscalar", "last_run", "lcm", "ldexp", "left_shift", "less",
    "less_equal", "linspace", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logical_and", "logical_not",
    "logical_or", "logical_xor", "max", "maximum", "mean", "memory", "min", "minimum", "mod", "modf", "moveaxis",
    "multiply", "nan", "nan_to_num", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin",
    "nanprod", "nanstd", "nansum", "nanvar", "negative", "newaxis", "nextafter", "not_equal", "ones", "ones_like",
    "open", "permute_dims", "pi", "positive", "pow", "power", "prod", "ptp", "rad2deg", "radians", "ravel", "real",
    "real_if_close", "reciprocal", "remainder", "reshape", "right_shift", "rint", "round", "save", "sign", "signbit",
    "sin", "sinc", "sinh", "spacing", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes",
    "take", "tan", "tanh", "transpose", "trapezoid", "true_divide", "trunc", "ufunc", "uint16", "uint32", "uint64",
    "uint8", "unwrap", "var", "vstack", "where", "zeros", "zeros_like",
]
# fmt: on

_methods.attach()
_config.read_environment()
_progress.show(None)
