"""Functions that NumPy composes of others: the cardinal sine, a Bessel function, unwrapped angles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._elementwise import exp, sin, sqrt
from ._engine import Array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

__all__ = ["i0", "sinc", "unwrap"]


def sinc(x: ArrayLike | Array) -> Array:
    """``sin(pi x) / (pi x)``, which is 1 at zero."""
    angles = _engine.asarray(x) * np.pi
    # NumPy's stand-in for zero.
    tiny = np.finfo(angles.dtype).eps if angles.dtype.kind == "f" else 1e-20
    nonzero = _engine.map("where", angles, angles, tiny)
    quotient: Array = sin(nonzero) / nonzero
    return quotient


#: Chebyshev coefficients of ``exp(-x) I0(x)`` on [0, 8], from Cephes as in NumPy, for ``x / 2 - 2``.
_I0_NEAR = (
    -4.41534164647933937950e-18, 3.33079451882223809783e-17, -2.43127984654795469359e-16, 1.71539128555513303061e-15,
    -1.16853328779934516808e-14, 7.67618549860493561688e-14, -4.85644678311192946090e-13, 2.95505266312963983461e-12,
    -1.72682629144155570723e-11, 9.67580903537323691224e-11, -5.18979560163526290666e-10, 2.65982372468238665035e-9,
    -1.30002500998624804212e-8, 6.04699502254191894932e-8, -2.67079385394061173391e-7, 1.11738753912010371815e-6,
    -4.41673835845875056359e-6, 1.64484480707288970893e-5, -5.75419501008210370398e-5, 1.88502885095841655729e-4,
    -5.76375574538582365885e-4, 1.63947561694133579842e-3, -4.32430999505057594430e-3, 1.05464603945949983183e-2,
    -2.37374148058994688156e-2, 4.93052842396707084878e-2, -9.49010970480476444210e-2, 1.71620901522208775349e-1,
    -3.04682672343198398683e-1, 6.76795274409476084995e-1,
)  # fmt: skip

#: Chebyshev coefficients of ``exp(-x) sqrt(x) I0(x)`` beyond 8, for ``32 / x - 2``.
_I0_FAR = (
    -7.23318048787475395456e-18, -4.83050448594418207126e-18, 4.46562142029675999901e-17, 3.46122286769746109310e-17,
    -2.82762398051658348494e-16, -3.42548561967721913462e-16, 1.77256013305652638360e-15, 3.81168066935262242075e-15,
    -9.55484669882830764870e-15, -4.15056934728722208663e-14, 1.54008621752140982691e-14, 3.85277838274214270114e-13,
    7.18012445138366623367e-13, -1.79417853150680611778e-12, -1.32158118404477131188e-11, -3.14991652796324136454e-11,
    1.18891471078464383424e-11, 4.94060238822496958910e-10, 3.39623202570838634515e-9, 2.26666899049817806459e-8,
    2.04891858946906374183e-7, 2.89137052083475648297e-6, 6.88975834691682398426e-5, 3.36911647825569408990e-3,
    8.04490411014108831608e-1,
)  # fmt: skip


def i0(x: ArrayLike | Array) -> Array:
    """The modified Bessel function of the first kind and order zero. Not for complex numbers (``TypeError``)."""
    given = _engine.asarray(x)
    if given.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    size = abs(given if given.dtype.kind == "f" else given.astype(np.float64))
    near = exp(size) * _chebyshev(size / 2.0 - 2, _I0_NEAR)
    far = exp(size) * _chebyshev(32.0 / size - 2.0, _I0_FAR) / sqrt(size)
    return _engine.map("where", size <= 8.0, near, far)


def _chebyshev(x: Array, coefficients: Sequence[float]) -> Array:
    """Clenshaw's recurrence in NumPy's order of operations."""
    newest: Any = coefficients[0]
    newer: Any = 0.0
    oldest: Any = 0.0
    for coefficient in coefficients[1:]:
        oldest, newer = newer, newest
        newest = x * newer - oldest + coefficient
    series: Array = 0.5 * (newest - oldest)
    return series


def unwrap(
    p: ArrayLike | Array, discont: float | None = None, axis: SupportsIndex = -1, *, period: float = 2 * np.pi
) -> Array:
    """Angles along an axis without jumps: differences of more than ``discont`` are taken modulo ``period``.

    ``discont`` is half a period unless it is given, and counts only if it is more.
    """
    from ._scans import cumsum, diff

    x = _engine.asarray(p)
    steps = diff(x, axis=axis)
    kind = np.result_type(steps.dtype, period)
    corrections = cumsum(_jumps(steps, period, period / 2 if discont is None else discont, kind), axis)
    first, rest = _first_and_rest(x, axis)
    return _engine.concatenate([first.astype(kind), (rest + corrections).astype(kind)], axis)


def _jumps(steps: Array, period: float, discont: float, kind: np.dtype[Any]) -> Array:
    """What is to be added to each step, zero where it is no jump."""
    high, is_ambiguous = period / 2, True
    if kind.kind in "iu":
        high, rest = divmod(period, 2)
        is_ambiguous = rest == 0
    low = -high
    wrapped = (steps - low) % period + low
    if is_ambiguous:
        # Half a period goes in the direction of the step.
        wrapped = _engine.map("where", (wrapped == low) & (steps > 0), high, wrapped)
    return _engine.map("where", abs(steps) < discont, 0, wrapped - steps)


def _first_and_rest(x: Array, axis: SupportsIndex) -> tuple[Array, Array]:
    at = np.lib.array_utils.normalize_axis_index(axis.__index__(), x.ndim)
    before = (slice(None),) * at
    return x[(*before, slice(0, 1))], x[(*before, slice(1, None))]
