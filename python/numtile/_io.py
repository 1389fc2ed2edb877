"""Files and NumPy arrays in and out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, overload

from . import _engine, _progress
from ._engine import Array, compute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    Path = str | os.PathLike[str]
    Shape = SupportsIndex | Sequence[SupportsIndex]
    Shown = bool | Callable[[_progress.Progress], object] | None

__all__ = ["compute", "open", "save"]


def open(
    path: Path, *, dtype: DTypeLike | None = None, shape: Shape | None = None, offset: int = 0, order: str = "C"
) -> Array:
    """Opens an array in a file, without reading its data.

    ``.npy`` files describe themselves and are recognised by their content. With a ``dtype`` the file is raw: elements
    of that type (in either byte order) from byte ``offset`` on, of the given ``shape``, or as many as there are; in
    ``order`` "C" the last axis runs fastest, in "F" the first.

    Raises ``OSError`` (``FileNotFoundError`` and its like) when the file cannot be opened, ``numtile.FormatError``, a
    ``ValueError``, when it is not what it says, and ``numtile.SourceChangedError``, an ``OSError``, at evaluation when
    it changed since it was opened.
    """
    return _engine.open(os.path.abspath(path), dtype, shape, offset, order)


@overload
def save(path: Path, x: ArrayLike | Array, /, *, progress: Shown = None) -> None: ...
@overload
def save(targets: Mapping[Path, ArrayLike | Array], /, *, progress: Shown = None) -> None: ...
def save(path: Any, x: Any = None, /, *, progress: Shown = None) -> None:
    """Computes an array into a ``.npy`` file, or several, ``{path: array, ...}``, in one evaluation.

    A file appears under its name when it is complete and synced, in place of one that was there before: an evaluation
    that fails or is interrupted leaves what was there. All files of one call share their passes over the sources.
    ``progress`` is as in :class:`numtile.config`, for this call alone.
    """
    targets = path if x is None and hasattr(path, "items") else {path: x}
    if x is None and targets is not path:
        raise TypeError("save() takes a path and an array, or a dict of them")
    pairs = [(os.path.abspath(target), _engine.asarray(array)) for target, array in targets.items()]
    _engine.save(pairs, None if progress is None else _progress.display(progress))


def compute_together(arrays: tuple[ArrayLike | Array, ...], progress: Shown) -> Any:
    """What ``compute`` gives for several arrays, for what is no array of numtile's, and with progress shown."""
    shown = None if progress is None else _progress.display(progress)
    results = _engine.compute_all([_engine.asarray(array) for array in arrays], shown)
    return results[0] if len(results) == 1 else tuple(results)
