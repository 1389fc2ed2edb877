"""Arrays from buffers, files, text and iterators.

What a buffer or a file holds is read when results are computed. Text and iterators are parsed by NumPy at once, since
they have no length until then.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._creation import private, zeros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import DTypeLike

    from ._engine import Array

__all__ = ["from_dlpack", "frombuffer", "fromfile", "fromiter", "fromstring", "loadtxt"]


def frombuffer(
    buffer: Any, dtype: DTypeLike | None = None, count: int = -1, offset: int = 0, *, like: Any = None
) -> Array:
    """The bytes of a buffer as elements, without a copy. Raises ``ValueError`` where they are no whole number of elements."""
    return _engine.asarray(np.frombuffer(buffer, float if dtype is None else dtype, count, offset))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """The array behind an object with ``__dlpack__``, without a copy."""
    return _engine.asarray(np.from_dlpack(x, device=device, copy=copy))


def fromfile(
    file: Any, dtype: DTypeLike | None = None, count: int = -1, sep: str = "", offset: int = 0, *, like: Any = None
) -> Array:
    """The elements of a binary file, which is read when results are computed.

    An open file is read from its position on, which moves behind the elements. With ``sep`` the file is text and is
    parsed at once.
    """
    kind = np.dtype(float if dtype is None else dtype)
    if sep:
        return _engine.asarray(private(np.fromfile(file, kind, count, sep)))
    path, start = _place(file)
    start += offset
    whole = (os.stat(path).st_size - start) // kind.itemsize
    length = whole if count < 0 else max(min(count, whole), 0)
    if length < 0:
        raise ValueError(f"offset {offset} lies behind the end of {os.fspath(path)}")
    if hasattr(file, "seek"):
        file.seek(start + length * kind.itemsize)
    return _engine.open(path, kind, (length,), start) if length else zeros(0, kind.newbyteorder("="))


def _place(file: Any) -> tuple[Any, int]:
    """The path of a file and the position to read it from."""
    if not hasattr(file, "tell"):
        return os.fspath(file), 0
    if not isinstance(file.name, str | bytes):
        raise TypeError("numtile reads files by their path: give it the path, or a file that was opened by one")
    return os.fsdecode(file.name), file.tell()


def fromiter(iter: Iterable[Any], dtype: DTypeLike, count: int = -1, *, like: Any = None) -> Array:
    """The elements that an iterator yields, collected at once."""
    return _engine.asarray(private(np.fromiter(iter, dtype, count)))


def fromstring(
    string: str, dtype: DTypeLike | None = None, count: int = -1, *, sep: str, like: Any = None
) -> Array:
    """The numbers in a text with ``sep`` between them, parsed at once."""
    return _engine.asarray(private(np.fromstring(string, float if dtype is None else dtype, count, sep=sep)))


def loadtxt(fname: Any, dtype: DTypeLike = float, *args: Any, like: Any = None, **kwargs: Any) -> Any:
    """The numbers in a text file, parsed at once by ``numpy.loadtxt``, which also explains the other arguments.

    With ``unpack`` and a structured type NumPy gives a list of arrays; so does numtile.
    """
    loaded = np.loadtxt(fname, dtype, *args, **kwargs)
    return [_engine.asarray(each) for each in loaded] if isinstance(loaded, list) else _engine.asarray(private(loaded))
