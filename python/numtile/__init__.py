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

from . import _config, _methods, _progress, lib
from ._assignment import *  # noqa: F403
from ._complex import *  # noqa: F403
from ._config import config
from ._creation import *  # noqa: F403
from ._diagonals import *  # noqa: F403
from ._elementwise import *  # noqa: F403
from ._engine import Array, CancelledError, FormatError, SourceChangedError
from ._evaluate import evaluate
from ._from_data import *  # noqa: F403
from ._grids import *  # noqa: F403
from ._groups import *  # noqa: F403
from ._histograms import *  # noqa: F403
from ._gufunc import apply_gufunc
from ._interpolation import *  # noqa: F403
from ._io import compute, open, save
from ._join import *  # noqa: F403
from ._logic import *  # noqa: F403
from ._map_blocks import map_blocks
from ._map_overlap import map_overlap
from ._nanreductions import *  # noqa: F403
from ._pad import *  # noqa: F403
from ._progress import Progress
from ._ranges import *  # noqa: F403
from ._rearrange import *  # noqa: F403
from ._reductions import *  # noqa: F403
from ._report import MemoryUsage, Plan, RunReport, cancel, explain, last_run, memory, trim
from ._rounding import *  # noqa: F403
from ._scans import *  # noqa: F403
from ._selection import *  # noqa: F403
from ._shape import *  # noqa: F403
from ._special import *  # noqa: F403
from ._triangles import *  # noqa: F403
from ._vectorize import vectorize
from ._windows import *  # noqa: F403
from ._ufunc import ufunc

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "Array", "CancelledError", "FormatError", "MemoryUsage", "Plan", "Progress", "RunReport", "SourceChangedError", "abs",
    "absolute", "acos", "acosh", "add", "all", "allclose", "amax", "amin", "angle", "any", "append", "apply_gufunc", "arange", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argwhere", "around", "array",
    "array_equal", "array_equiv", "array_split", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "asin",
    "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "average", "bincount", "bitwise_and",
    "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "block", "bool", "broadcast_arrays", "broadcast_shapes", "broadcast_to", "cancel", "cbrt", "ceil",
    "choose", "clip", "column_stack", "complex128", "complex64", "compress", "compute", "concat", "concatenate",
    "config", "conj", "conjugate", "convolve", "copy", "copysign", "copyto", "correlate", "cos", "cosh", "count_nonzero", "cumprod", "cumsum",
    "cumulative_prod", "cumulative_sum", "deg2rad", "degrees", "delete", "diag", "diag_indices", "diag_indices_from",
    "diagflat", "diagonal", "diff", "digitize", "divide", "divmod", "dsplit", "dstack", "dtype", "e", "ediff1d", "empty",
    "empty_like", "equal", "euler_gamma", "evaluate", "exp", "exp2", "expand_dims", "explain", "expm1", "extract",
    "eye", "fabs", "fill_diagonal", "fix", "flatnonzero", "flip", "fliplr", "flipud", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frexp", "from_dlpack", "frombuffer", "fromfile",
    "fromfunction", "fromiter", "fromstring", "full", "full_like", "gcd", "geomspace", "gradient", "greater",
    "greater_equal", "group_reduce", "heaviside", "histogram", "histogram_bin_edges", "hsplit", "hstack", "hypot", "i0", "identity", "imag", "indices", "inf", "insert",
    "int16", "int32", "int64", "int8", "interp", "invert", "isclose", "iscomplex", "iscomplexobj", "isfinite", "isinf",
    "isnan", "isneginf", "isposinf", "isreal", "isrealobj", "isscalar", "last_run", "lcm", "ldexp", "left_shift",
    "less", "less_equal", "lib", "linspace", "loadtxt", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "map_blocks", "map_overlap", "mask_indices", "matrix_transpose", "max",
    "maximum", "mean", "memory", "meshgrid", "mgrid", "min", "minimum", "mod", "modf", "moveaxis", "multiply", "nan",
    "nan_to_num", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod",
    "nanstd", "nansum", "nanvar", "ndim", "negative", "newaxis", "nextafter", "nonzero", "not_equal", "ogrid", "ones",
    "ones_like", "open", "pad", "permute_dims", "pi", "place", "positive", "pow", "power", "prod", "ptp", "put",
    "put_along_axis", "putmask", "rad2deg", "radians", "ravel", "real", "real_if_close", "reciprocal", "remainder",
    "repeat", "reshape", "resize", "right_shift", "rint", "roll", "rollaxis", "rot90", "round", "save", "select",
    "shape", "sign", "signbit", "sin", "sinc", "sinh", "size", "sliding_window_view", "spacing", "split", "sqrt",
    "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes", "take", "take_along_axis", "tan", "tanh",
    "tile", "trace", "transpose", "trapezoid", "tri", "tril", "tril_indices", "tril_indices_from", "trim", "trim_zeros", "triu",
    "triu_indices", "triu_indices_from", "true_divide", "trunc", "ufunc", "uint16", "uint32", "uint64", "uint8",
    "unstack", "unwrap", "vander", "var", "vectorize", "vsplit", "vstack", "where", "zeros", "zeros_like",
]
# fmt: on

_methods.attach()
_config.read_environment()
_progress.show(None)
