"""NumPy's ``numpy.lib``, as far as numtile has it."""

from . import stride_tricks

__all__ = ["stride_tricks"]
