"""Views that move several axes at once. There is no ``as_strided``: a lazy array has no strides to misuse."""

from .._shape import sliding_window_view

__all__ = ["sliding_window_view"]
