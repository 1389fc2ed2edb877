"""Arrays to test with: every element type, every memory layout, and the values where arithmetic goes wrong."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

BOOL = ["?"]
SIGNED = ["i1", "i2", "i4", "i8"]
UNSIGNED = ["u1", "u2", "u4", "u8"]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["f2", "f4", "f8"]
COMPLEX = ["c8", "c16"]
REAL = BOOL + INTEGERS + FLOATS
ALL = REAL + COMPLEX

LAYOUTS = [
    "C", "fortran", "transposed", "strided", "offset", "negative", "broadcast", "overlapping", "unaligned", "swapped",
    "read-only", "memmap", "swapped-strided",
]  # fmt: skip


def edge_values(dtype):
    """The values of a type that break things."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        near = [info.min, info.min + 1, info.max, info.max - 1, info.max // 2, 0, 1, 2, 3, 7]
        return np.array(near + ([-1, -2, -3] if dtype.kind == "i" else []), dtype)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        positive = [0, 1, 2, 3, 0.5, 1.5, 2.5, info.max, info.tiny, info.smallest_subnormal, info.eps, 0.1, 100, np.inf]
        values = np.array(positive, dtype)
        return np.concatenate([values, -values, np.array([np.nan], dtype)])
    parts = edge_values(dtype.char.lower() if dtype.char in "FD" else "d")
    return (parts[:, None] + 1j * parts).astype(dtype).ravel()


def random_values(dtype, shape, rng, edges=0.3):
    """Random values of moderate size, a part of them edge values."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64))
    if dtype.kind == "b":
        values = rng.integers(0, 2, size).astype(bool)
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        whole = rng.integers(info.min, info.max, size, dtype=dtype, endpoint=True)
        small = rng.integers(max(-20, info.min), 20, size).astype(dtype)
        values = np.where(rng.random(size) < 0.5, whole, small)
    elif dtype.kind == "f":
        values = (rng.standard_normal(size) * 10.0 ** rng.integers(-3, 4, size)).astype(dtype)
    else:
        values = (rng.standard_normal(size) + 1j * rng.standard_normal(size)).astype(dtype)
    if edges and size:
        chosen = rng.random(size) < edges
        values[chosen] = rng.choice(edge_values(dtype), int(chosen.sum()))
    return values.reshape(shape)


def finite_values(dtype, shape, rng, scale=1.0):
    """Random values without infinities and NaNs."""
    dtype = np.dtype(dtype)
    if dtype.kind in "biu":
        return random_values(dtype, shape, rng, edges=0)
    values = rng.standard_normal(shape) * scale
    if dtype.kind == "c":
        values = values + 1j * rng.standard_normal(shape) * scale
    return np.asarray(values).astype(dtype)


def laid_out(dtype, shape, layout, rng, edges=0.3, folder=None, values=random_values):
    """A NumPy array of this type and shape whose elements lie in memory in this way.

    `values(dtype, shape, rng, edges)` makes the elements that are stored.
    """
    dtype, shape = np.dtype(dtype), tuple(shape)

    def stored(shape):
        return values(dtype, shape, rng, edges)

    return _MAKERS[layout](dtype, shape, stored, rng, folder)


def _plain(dtype, shape, stored, rng, _folder):
    return stored(shape)


def _fortran(dtype, shape, stored, rng, _folder):
    return np.asfortranarray(stored(shape))


def _transposed(dtype, shape, stored, rng, _folder):
    order = rng.permutation(len(shape))
    return stored(tuple(shape[axis] for axis in order)).transpose(np.argsort(order))


def _strided(dtype, shape, stored, rng, _folder):
    steps = rng.integers(1, 4, len(shape))
    whole = stored(tuple(int(n * step + 2) for n, step in zip(shape, steps)))
    return whole[(..., *(slice(1, 1 + int(n * s), int(s)) for n, s in zip(shape, steps)))]


def _offset(dtype, shape, stored, rng, _folder):
    whole = stored(tuple(n + 3 for n in shape))
    return whole[(..., *(slice(2, 2 + n) for n in shape))]


def _negative(dtype, shape, stored, rng, _folder):
    return stored(shape)[(..., *(slice(None, None, -1) for _ in shape))]


def _broadcast(dtype, shape, stored, rng, _folder):
    return np.broadcast_to(stored(tuple(1 if rng.random() < 0.5 else n for n in shape)), shape)


def _overlapping(dtype, shape, stored, rng, _folder):
    if 0 in shape or not shape:
        return stored(shape)
    base = stored((sum(shape) + 1,))
    return as_strided(base, shape, tuple(dtype.itemsize for _ in shape), writeable=False)


def _unaligned(dtype, shape, stored, rng, _folder):
    return np.frombuffer(b"\0" + stored(shape).tobytes(), np.uint8)[1:].view(dtype).reshape(shape)


def _swapped(dtype, shape, stored, rng, _folder):
    return stored(shape).astype(dtype.newbyteorder(), order="C")


def _swapped_strided(dtype, shape, stored, rng, folder):
    values = _strided(dtype, shape, stored, rng, folder)
    whole = np.zeros(tuple(n * 2 for n in shape), dtype.newbyteorder())
    part = whole[(..., *(slice(None, None, 2) for _ in shape))]
    part[...] = values
    return part


def _read_only(dtype, shape, stored, rng, _folder):
    values = stored(shape)
    values.flags.writeable = False
    return values


def _memmap(dtype, shape, stored, rng, folder):
    values = stored(shape)
    if values.size == 0:
        return values
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".raw", delete=False) as file:
        file.write(b"\0" * 24 + values.tobytes())
    mapped = np.memmap(file.name, dtype, "r", offset=24, shape=shape)
    Path(file.name).unlink(missing_ok=True)  # the mapping keeps the bytes
    return mapped if shape else mapped.reshape(())


_MAKERS = {
    "C": _plain, "fortran": _fortran, "transposed": _transposed, "strided": _strided, "offset": _offset,
    "negative": _negative, "broadcast": _broadcast, "overlapping": _overlapping, "unaligned": _unaligned,
    "swapped": _swapped, "read-only": _read_only, "memmap": _memmap, "swapped-strided": _swapped_strided,
}  # fmt: skip


# ---- strategies ------------------------------------------------------------------------------------------------

dtypes = st.sampled_from(ALL)
layouts = st.sampled_from(LAYOUTS)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)
small_shapes = st.lists(st.integers(0, 7), max_size=4).map(tuple)
# Long enough for several strips of the interpreter and an odd tail.
long_shapes = st.sampled_from([(4099,), (3, 1031), (1031, 3), (2, 1, 2053), (13, 17, 11)])
shapes = st.one_of(small_shapes, small_shapes, long_shapes)


@st.composite
def arrays(draw, dtypes=dtypes, shapes=shapes, layouts=layouts, edges=0.3):
    """One array of any type, shape and layout."""
    return laid_out(draw(dtypes), draw(shapes), draw(layouts), draw(generators), edges)


@st.composite
def broadcastable(draw, count=2, dtypes=dtypes, edges=0.3):
    """Several arrays whose shapes broadcast against one another."""
    whole = draw(shapes)
    out = []
    for _ in range(count):
        shape = whole[draw(st.integers(0, len(whole))) if draw(st.booleans()) else 0 :]
        shape = tuple(1 if draw(st.integers(0, 4)) == 0 else n for n in shape)
        out.append(laid_out(draw(dtypes), shape, draw(layouts), draw(generators), edges))
    return out
