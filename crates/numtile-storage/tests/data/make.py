"""Writes the files of this directory with NumPy. They are kept, so that the tests need no NumPy."""

import io
import pathlib

import numpy as np
from numpy.lib import format as npy

HERE = pathlib.Path(__file__).parent
NATIVE = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()


def counting(shape, dtype, order="C"):
    """0, 1, 2, … in C order of the indices; complex numbers get an imaginary part of a half."""
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    if np.dtype(dtype).kind == "c":
        array = array + np.asarray(0.5j, dtype)
    return np.asarray(array, order=order)


def with_version(name, array, version):
    with open(HERE / name, "wb") as file:
        npy.write_array(file, array, version)


def with_dict(name, text, array, alignment=64):
    """A file with a hand-written dict, as older writers made them."""
    text = text + " " * (-(len(text) + 11) % alignment) + "\n"
    header = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("latin1")
    (HERE / name).write_bytes(header + array.tobytes())


for name in NATIVE:
    np.save(HERE / f"native-{name}.npy", counting((3, 5), name))
np.save(HERE / "fortran-float64.npy", counting((3, 5), "f8", "F"))
np.save(HERE / "fortran-3d-uint16.npy", counting((2, 3, 4), "u2", "F"))
np.save(HERE / "big-int32.npy", counting((3, 5), ">i4"))
np.save(HERE / "big-float16.npy", counting((7,), ">f2"))
np.save(HERE / "big-fortran-complex128.npy", counting((3, 5), ">c16", "F"))
np.save(HERE / "scalar-float32.npy", counting((), "f4"))
np.save(HERE / "one-axis-uint8.npy", counting((5,), "u1"))
np.save(HERE / "empty-int64.npy", counting((0, 3), "i8"))
with_version("version-2-float32.npy", counting((3, 5), "f4"), (2, 0))
with_version("version-3-float32.npy", counting((3, 5), "f4"), (3, 0))
with_dict("python2-longs-int16.npy", "{'descr': '<i2', 'fortran_order': False, 'shape': (3L, 5L), }",
          counting((3, 5), "i2"), 16)
with_dict("other-writer-float32.npy", '{"shape":(3,5),"fortran_order":True,"descr":"=f4"}',
          counting((3, 5), "f4").T, 16)

np.save(HERE / "refused-object.npy", np.array([{}, None], dtype=object), allow_pickle=True)
np.save(HERE / "refused-structured.npy", np.zeros(2, dtype=[("a", "f8"), ("b", [("c", "i4", (2, 3))])]))
with_version("refused-structured-utf8.npy", np.zeros(2, dtype=[("größe", "f8"), ("日", "i4")]), (3, 0))
np.save(HERE / "refused-bytes.npy", np.array([b"abc"]))
np.save(HERE / "refused-text.npy", np.array(["abc"]))
np.save(HERE / "refused-datetime.npy", np.array(["2020-01-01"], dtype="M8[D]"))
np.save(HERE / "refused-timedelta.npy", np.zeros(2, dtype="m8[ns]"))
np.save(HERE / "refused-void.npy", np.zeros(2, dtype="V3"))
np.save(HERE / "refused-longdouble.npy", np.zeros(2, dtype=np.longdouble))
np.array([1, 2]).dump(HERE / "refused-pickle.npy")
np.savez(HERE / "refused-archive.npz", a=np.arange(3))

# Whole headers for many shapes, one a line: dtype, lengths, the header's size, its dict.
shapes = [(), (0,), (1,), (12345678901234567,), (2**30, 0, 2**20), (1,) * 64, (3, 4), (10, 100, 1000)]
shapes += [(7,) * n for n in range(2, 40)]
shapes += [(10**n, 1) for n in range(18)]
with open(HERE / "headers.txt", "w") as file:
    for number, shape in enumerate(shapes):
        dtype = np.dtype(NATIVE[number % len(NATIVE)] if np.prod(shape, dtype=float) < 2**59 else "int8")
        out = io.BytesIO()
        npy.write_array_header_1_0(out, {"descr": dtype.str, "fortran_order": False, "shape": shape})
        lengths = ",".join(map(str, shape))
        file.write(f"{dtype.name}|{lengths}|{len(out.getvalue())}|{out.getvalue()[10:].decode().strip()}\n")
