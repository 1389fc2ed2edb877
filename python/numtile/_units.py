"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re

_DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:([kmgtp]?)(i?)b?)\s*", re.IGNORECASE)


def parse_size(size: int | str) -> int:
    """A number of bytes: an integer, or text such as "512MB" (decimal) or "1.5 GiB" (binary)."""
    if isinstance(size, bool):
        raise TypeError("a size is a number of bytes or text such as '512MB', not a bool")
    if isinstance(size, str):
        return _parse_text(size)
    count = int(size)
    if count != size or count < 0:
        raise ValueError(f"a size is a whole number of bytes, not {size}")
    return count


def _parse_text(text: str) -> int:
    match = _SIZE.fullmatch(text)
    unit, binary = (match[2].lower(), match[3]) if match else ("", "")
    if match is None or (binary and not unit):
        raise ValueError(f"cannot read {text!r} as a size: write for example '512MB', '2GiB' or a number of bytes")
    return int(float(match[1]) * (_BINARY if binary else _DECIMAL)[unit])


def size_text(count: float) -> str:
    """A number of bytes in a few characters, in decimal units."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 999.5:
            break
        count /= 1000
    else:
        unit = "PB"
    digits = 0 if unit == "bytes" or count >= 99.5 else 1 if count >= 9.95 else 2
    return f"{count:.{digits}f} {unit}"


def time_text(seconds: float) -> str:
    """A duration in a few characters."""
    if seconds < 99.5:
        return f"{seconds:.0f}s" if seconds >= 9.95 else f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"


def duration_text(seconds: float) -> str:
    """A duration that was measured, short ones in thousandths of a second."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.0995 else f"{seconds:.2f} s" if seconds < 99.5 else f"{seconds:.0f} s"
