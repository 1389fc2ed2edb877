"""The kinds of steps of random programs. Each writes the text of one step for the program under construction.

The texts need not be acceptable: what NumPy refuses is dropped, or kept to see that numtile refuses it too. A step does
one thing that rounds, because its result is held against that thing's accuracy.
"""

import numpy as np
from harness.functions import exists

import numtile as nt

UNARY = (
    "negative positive absolute fabs sign square sqrt cbrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin "
    "arccos arctan sinh cosh tanh arcsinh arccosh arctanh degrees radians rint floor ceil trunc fix isnan isinf isfinite "
    "signbit spacing logical_not invert bitwise_count conjugate real imag angle isreal iscomplex isneginf isposinf nan_to_num sinc"
).split()
BINARY = (
    "add subtract multiply divide floor_divide remainder fmod power float_power minimum maximum fmin fmax arctan2 hypot copysign "
    "nextafter heaviside logaddexp logaddexp2 equal not_equal less less_equal greater greater_equal logical_and logical_or "
    "logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm ldexp isclose"
).split()
#: Written more often: what programs consist of.
COMMON = "add subtract multiply divide minimum maximum less greater equal".split()
SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%", "power": "**",
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
    "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^", "left_shift": "<<", "right_shift": ">>",
}  # fmt: skip
SIGNS = {"negative": "-", "positive": "+", "invert": "~"}
REDUCTIONS = (
    "sum mean var std min max prod any all argmin argmax count_nonzero ptp nansum nanmean nanvar nanstd nanmin nanmax nanprod "
    "average"
).split()
SCANS = "cumsum cumprod nancumsum nancumprod cumulative_sum cumulative_prod diff ediff1d gradient trapezoid".split()
SCALARS = (
    "0 1 2 3 -1 -7 100 127 255 300 -129 2**31 2**63 True False 0.5 -0.0 2.5 1e10 1e39 0.1 float('nan') float('inf') 1j 2-3j "
    "np.int8(3) np.uint8(200) np.float32(1.5) np.float64(0.1) np.uint64(2**63) np.complex64(2j) np.bool(True) np.float16(3)"
).split()
TYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def write(m):
    """The text of a step, and of the call that it amounts to where it is written otherwise."""
    kind = m.random.choices(list(KINDS), weights=list(KINDS.values()))[0]
    written = kind(m)
    return written if isinstance(written, tuple) else (written,)


def _existing(names):
    return [name for name in names if exists(name)]


def spelled(m, name, first, *rest):
    """A call as a function of numtile, as NumPy's function, or as a method."""
    call = f"xp.{name}({', '.join((first, *rest))})"
    is_method = hasattr(np.ndarray, name) and hasattr(nt.Array, name) and callable(getattr(np.ndarray, name))
    if is_method and m.chance(0.3):
        return f"{first}.{name}({', '.join(rest)})", call
    if hasattr(np, name) and m.chance(0.2):
        return call.replace("xp.", "np.", 1), call
    return call, ""


def var(m, *conditions):
    """The name of a value."""
    return f"v{m.pick(*conditions)}"


def scalar(m):
    """A Python or NumPy number."""
    return m.random.choice(SCALARS)


def operand(m, beside):
    """Something to go with a value: a number, a value of a shape that broadcasts with it, or a view of itself."""
    choice = m.random.random()
    if choice < 0.3:
        return scalar(m)
    if choice < 0.4:
        return f"{beside}[..., ::-1]" if m.value(beside).ndim else beside
    if choice < 0.5 and m.value(beside).ndim:
        return f"xp.arange({m.value(beside).shape[-1]})"
    shape = m.value(beside).shape
    return var(m, lambda value: _broadcast(shape, value.shape)) if not m.chance(0.05) else var(m)


def _broadcast(*shapes):
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


# ---- elementwise -----------------------------------------------------------------------------------------------


def unary(m):
    name, x = m.random.choice(_existing(UNARY)), var(m)
    if name in SIGNS and m.chance(0.4):
        return f"{SIGNS[name]}{x}", f"xp.{name}({x})"
    if name == "absolute" and m.chance(0.4):
        return f"abs({x})", f"xp.absolute({x})"
    return spelled(m, name, x)


def binary(m):
    name, x = m.random.choice(COMMON if m.chance(0.5) else _existing(BINARY)), var(m)
    y = operand(m, x)
    if m.chance(0.3):
        x, y = y, x
    if name in SYMBOLS and m.chance(0.6):
        return f"{_wrapped(x)} {SYMBOLS[name]} {_wrapped(y)}", f"xp.{name}({x}, {y})"
    return spelled(m, name, x, y)


def _wrapped(text):
    return f"({text})" if text.startswith("-") or "*" in text or text == "2-3j" else text


def masked(m):
    """A ufunc that writes into some elements of an array."""
    name, x = m.random.choice(_existing(COMMON + ["sqrt", "floor", "logical_not"])), var(m)
    args = x if getattr(np, name).nin == 1 else f"{x}, {operand(m, x)}"
    if name in SYMBOLS and SYMBOLS[name] in "<= >= ==":  # NumPy 2.4 crashes on where= beside a Python integer that does not fit
        args = f"{x}, {var(m)}"
    where = f"where={var(m, lambda v: v.dtype == bool)}, " if m.chance(0.6) else ""
    return f"xp.{name}({args}, {where}out=xp.zeros({m.value(x).shape}, '{m.random.choice(['f8', 'c16', 'i8', 'f4'])}'))"


def choose(m):
    condition, x = var(m, lambda v: v.dtype == bool), var(m)
    condition = condition if m.chance(0.7) else f"({x} > {m.random.choice(['0', '1', '0.5'])})"
    a, b = (x, operand(m, x)) if m.chance(0.5) else (operand(m, x), x)
    return f"xp.where({condition}, {a}, {b})"


def clip(m):
    x = var(m)
    return spelled(m, "clip", x, *m.random.choice([("0", "3"), ("-1", "None"), ("None", "2.5"), ("1", "0"), (operand(m, x), "None")]))


def rounded(m):
    return spelled(m, "round", var(m), *m.random.choice([(), ("1",), ("2",), ("decimals=-1",)]))


def cast(m):
    return spelled(m, "astype", var(m), repr(m.random.choice(TYPES)))


# ---- views -----------------------------------------------------------------------------------------------------


def indexed(m):
    x = var(m, lambda v: v.ndim > 0)
    return f"{x}[{', '.join(_index(m, n) for n in _cut(m, m.value(x).shape)) or '...'}{m.random.choice(['', '', ', ...'])}]"


def _cut(m, shape):
    return shape[: m.random.randrange(1, len(shape) + 1)] if shape else ()


def _index(m, length):
    choice = m.random.random()
    if choice < 0.2 and length:
        return str(m.random.randrange(-length, length))
    if choice < 0.3:
        return "None"
    if choice < 0.32:
        return str(length + m.random.randrange(3))
    bounds = [m.random.choice(["", str(m.random.randrange(-length - 1, length + 2))]) for _ in range(2)]
    return ":".join([*bounds, m.random.choice(["", "", "1", "2", "3", "-1", "-2", "-1"])])


def reordered(m):
    x = var(m)
    order = list(range(m.value(x).ndim))
    m.random.shuffle(order)
    return m.random.choice([
        lambda: (f"{x}.T", ""), lambda: spelled(m, "transpose", x, str(tuple(order))),
        lambda: spelled(m, "swapaxes", x, str(m.axis(x)), str(m.axis(x))),
        lambda: spelled(m, "moveaxis", x, str(m.axis(x)), str(m.axis(x))),
        lambda: spelled(m, "flip", x, *m.random.choice([(), (str(m.axis(x)),)])),
    ])()  # fmt: skip


def reshaped(m):
    x = var(m)
    shape = _factors(m, m.value(x).size)
    if m.chance(0.4):
        shape[m.random.randrange(len(shape))] = -1
    order = ", order='F'" if m.chance(0.15) else ""
    return m.random.choice([
        lambda: spelled(m, "reshape", x, f"{tuple(shape)}{order}"), lambda: spelled(m, "ravel", x), lambda: spelled(m, "squeeze", x),
        lambda: spelled(m, "expand_dims", x, str(m.axis(x, 1))), lambda: spelled(m, "broadcast_to", x, str((2, *m.value(x).shape))),
    ])()  # fmt: skip


def _factors(m, size):
    shape = [1] * m.random.randrange(1, 5)
    for prime in (2, 3, 5, 7, 11, 13, 17):
        while size and size % prime == 0:
            shape[m.random.randrange(len(shape))] *= prime
            size //= prime
    shape[m.random.randrange(len(shape))] *= size
    return shape


def moved(m):
    """Views that put the elements elsewhere or repeat them."""
    x = var(m)
    axis = str(m.axis(x))
    number = str(m.random.randrange(-3, 6))
    calls = {
        "roll": (number, axis), "rot90": (number,), "fliplr": (), "flipud": (), "atleast_2d": (), "diagonal": (number,), "diag": (),
        "tril": (number,), "triu": (number,), "tile": (m.random.choice(["2", "(2, 1)", "(1, 2, 1)"]),), "repeat": ("2", axis),
        "resize": ("(3, 4)",), "pad": (m.random.choice(["1", "(2, 0)", "2, mode='edge'", "1, 'reflect'", "2, 'wrap'", "1, 'symmetric'"]),),
        "matrix_transpose": (), "delete": (number, axis), "insert": (number, "7", axis), "append": (x,),
    }  # fmt: skip
    name = m.random.choice(_existing(calls))
    return spelled(m, name, x, *calls[name])


# ---- joins, gathers, selection ---------------------------------------------------------------------------------


def joined(m):
    x = var(m)
    rest = [m.random.choice([x, f"{x}[::-1]", var(m, lambda v: v.shape == m.value(x).shape)]) for _ in range(m.random.randrange(3))]
    parts = f"({', '.join([x, *rest])},)"
    name = m.random.choice(_existing(["concatenate", "stack", "vstack", "hstack", "dstack", "column_stack", "block"]))
    extra = [str(m.axis(x, name == "stack"))] if name in ("concatenate", "stack") else []
    return spelled(m, name, f"list({parts})" if name == "block" else parts, *extra)


def divided(m):
    x = var(m)
    name = m.random.choice(_existing(["split", "array_split", "unstack", "divmod", "frexp", "modf", "broadcast_arrays", "meshgrid"]) or ["take"])
    args = {
        "split": f"{x}, {m.random.choice(['2', '[1, 2]', '1', '3'])}, {m.axis(x)}", "array_split": f"{x}, 3, {m.axis(x)}", "unstack": x,
        "divmod": f"{x}, {operand(m, x)}", "frexp": x, "modf": x, "broadcast_arrays": f"{x}, {operand(m, x)}", "meshgrid": f"{x}, [1, 2]",
        "take": f"{x}, [[0, 0]]",
    }  # fmt: skip
    return f"xp.{name}({args[name]})[{m.random.choice(['0', '-1', '1'])}]"


def gathered(m):
    x = var(m, lambda v: v.ndim > 0)
    axis = m.axis(x)
    shape = m.value(x).shape
    length = shape[axis] if -len(shape) <= axis < len(shape) else 1
    indices = [m.random.randrange(-length, length) if length else 0 for _ in range(m.random.randrange(4))]
    table = f"[{', '.join(map(str, indices))}]" if indices else "np.array([], int)"
    if m.chance(0.3):
        index = var(m, lambda v: v.dtype.kind in "iu" and v.size < 50)
        near = m.value(index).dtype.kind in "iu" and (np.abs(m.value(index).astype(float)) < 1000).all()
        mode = m.random.choice(["", ", mode='clip'", ", mode='wrap'" if near else ""])  # NumPy wraps length by length
        return f"xp.take({x}, {index}, {axis}{mode})"
    return f"{x}[{', '.join([':'] * (axis % max(len(shape), 1)) + [table])}]" if m.chance(0.4) else spelled(m, "take", x, table, str(axis))


def selected(m):
    x = var(m, lambda v: v.ndim > 0)
    mask = var(m, lambda v: v.dtype == bool and v.shape == m.value(x).shape)
    mask = mask if m.value(mask).dtype == bool and m.chance(0.6) else f"({x} > {m.random.choice(['0', '1', '-1'])})"
    forms = [f"{x}[{mask}]", f"xp.compress({x}[..., 0] > 0, {x}, 0)", f"xp.extract({mask}, {x})", f"xp.flatnonzero({x})"]
    forms += [f"xp.argwhere({x})", f"xp.nonzero({x})[0]", f"xp.where({mask})[-1]"]
    written = m.random.choice(forms)
    name = written.split("(")[0].removeprefix("xp.") if written.startswith("xp.") else "where"
    return written if exists(name) else f"xp.where({mask}, {x}, 0)"


# ---- reductions and scans --------------------------------------------------------------------------------------


def reduced(m):
    name, x = m.random.choice(_existing(REDUCTIONS)), var(m, lambda v: v.ndim > 0)
    extra = [m.random.choice(["", "axis=None", f"axis={m.axis(x)}", f"axis={m.axis(x)}", f"axis=({m.axis(x)}, {m.axis(x)})"])]
    if m.chance(0.3):
        extra.append("keepdims=True")
    if name in ("sum", "mean", "prod", "var", "std", "nansum") and m.chance(0.15):
        extra.append(f"dtype='{m.random.choice(['f8', 'f4', 'c16', 'i8', 'u1'])}'")
    if name in ("var", "std", "nanvar", "nanstd") and m.chance(0.3):
        extra.append("ddof=1")
    return spelled(m, name, x, *filter(None, extra))


def scanned(m):
    names = _existing(SCANS)
    if not names:
        return reduced(m)
    name, x = m.random.choice(names), var(m, lambda v: v.ndim > 0)
    extra = () if name == "ediff1d" else (f"axis={m.axis(x)}",)
    return spelled(m, name, x, *extra)


def ufunc_method(m):
    name = m.random.choice("add multiply minimum maximum logical_and logical_or bitwise_and bitwise_or bitwise_xor subtract".split())
    x = var(m, lambda v: v.ndim > 0)
    method = m.random.choice(["reduce", "accumulate", "outer", "reduceat"])
    if not exists(f"{name}.{method}"):
        return binary(m)
    rest = {"reduce": f"{m.axis(x)}", "accumulate": f"{m.axis(x)}", "outer": "[1, 2]", "reduceat": f"[0, 1, 0], {m.axis(x)}"}
    return f"xp.{name}.{method}({x}, {rest[method]})"


# ---- in place, and from nothing --------------------------------------------------------------------------------


def assigned(m):
    x = var(m)
    y = operand(m, x)
    if y.startswith("v") and m.value(x).dtype.kind in "iu" and m.value(y.split("[")[0]).dtype.kind in "fc":
        y = scalar(m)  # floats that do not fit are converted by a table of numtile's own
    times = "+=" if m.value(x).dtype.kind == "c" else "*="  # NumPy's complex products are its own
    index = f"{', '.join(_index(m, n) for n in _cut(m, m.value(x).shape)) or '...'}"
    change = m.random.choice([
        f"a {m.random.choice(['+=', '-=', '&=', '|=', '//=', '%='])} {y}", f"a[{index}] = {scalar(m)}", f"a[...] = {y}", f"a[a > 1] = {scalar(m)}",
        f"a[{index}] = {x}[{index}]", f"a[::2] += {scalar(m)}", f"a[..., 1:] {times} {m.random.choice(['2', '0.5', '3'])}",
    ])  # fmt: skip
    return f"a = xp.array({x}); {change}; a"


def created(m):
    kind, n = m.random.choice(TYPES), m.random.randrange(6)
    texts = [
        f"xp.arange({n}, dtype='{kind}')", f"xp.arange({n}, {n + 9}, 2)", f"xp.linspace(-1, {n}, {n + 2})", f"xp.zeros(({n}, 3), '{kind}')",
        f"xp.ones({n}, '{kind}')", f"xp.full((2, {n}), {scalar(m)})", f"xp.zeros_like({var(m)})", f"xp.full_like({var(m)}, {scalar(m)})",
        f"xp.ones_like({var(m)}, dtype='{kind}')",
    ]  # fmt: skip
    later = {
        "eye": f"xp.eye({n}, 4, 1, '{kind}')", "tri": f"xp.tri({n}, 3)", "indices": f"xp.indices((2, {n}))[1]", "identity": f"xp.identity({n})",
        "diagflat": f"xp.diagflat({var(m)}, 1)", "vander": f"xp.vander({var(m)}, 2)", "fromfunction": f"xp.fromfunction(lambda i, j: i - j, (2, {n}))",
    }  # fmt: skip
    return m.random.choice(texts + [text for name, text in later.items() if exists(name)])


KINDS = {
    unary: 14, binary: 26, masked: 2, choose: 5, clip: 3, rounded: 2, cast: 6, indexed: 12, reordered: 7, reshaped: 6, moved: 6, joined: 5,
    divided: 3, gathered: 5, selected: 4, reduced: 14, scanned: 4, ufunc_method: 2, assigned: 5, created: 4,
}  # fmt: skip
