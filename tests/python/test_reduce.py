"""``ufunc.reduce`` with all its arguments: NumPy's values, types and errors over every ufunc and element type.

Values are small integers, so that every order of operations gives the same result; what rounding does is tested elsewhere.
"""

import functools
import itertools

import numpy as np
import pytest
from arrays import ALL
from compare import outcome, public_class

import numtile as nt
from numtile._reductions import reduce_ufunc

ASSOCIATIVE = [
    "add", "multiply", "minimum", "maximum", "fmin", "fmax", "logical_and", "logical_or", "logical_xor", "bitwise_and",
    "bitwise_or", "bitwise_xor", "gcd", "lcm", "hypot", "logaddexp", "logaddexp2",
]  # fmt: skip
BINARY = sorted(
    {u.__name__ for u in vars(np).values() if isinstance(u, np.ufunc) and (u.nin, u.nout, u.signature) == (2, 1, None)}
)
IN_ORDER = sorted(set(BINARY) - set(ASSOCIATIVE))
APPROXIMATE = {"hypot", "logaddexp", "logaddexp2", "arctan2", "power", "float_power", "divide"}
NO_VALUE = np._NoValue
AXES = {0: [0, None, -1, (), 1, (0,)], 1: [0, None, -1, (), 1], 2: [0, None, -1, (0, 1), (), 2], 3: [1, None, (0, 2)]}
SHAPES = [(4, 3), (), (0, 3), (3, 0), (5,), (2, 3, 2)]


def small(dtype, shape, rng):
    """Integers so small that sums and products of a dozen are exact in every type."""
    values = rng.choice([0, 1, 2] if np.dtype(dtype).kind in "bu" else [-2, -1, 0, 1, 2], shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.choice([-1, 0, 1], shape)
    return np.asarray(values).astype(dtype)


def assert_same(got, want, note, tolerance=0.0):
    """NumPy's type, shape and values (zeros of either sign), or an error of NumPy's class."""
    if isinstance(want, Exception):
        assert isinstance(got, Exception), f"NumPy raises {want!r}, numtile gives {got!r} {note}"
        assert isinstance(got, public_class(want)), f"NumPy raises {want!r}, numtile {got!r} {note}"
        return
    if isinstance(got, Exception):
        raise AssertionError(f"numtile raises {got!r} {note}") from got
    want = np.asarray(want)
    assert got.dtype == want.dtype and got.shape == want.shape, f"{got!r}, not {want!r} {note}"
    np.testing.assert_allclose(np.asarray(got), want, rtol=tolerance, atol=tolerance, equal_nan=True, err_msg=note)


def tolerance(name, *dtypes):
    """Twice the precision of the coarsest type in which one side may compute."""
    if name not in APPROXIMATE:
        return 0.0
    digits = {"f2": 4e-3, "f4": 1e-6, "f8": 1e-14, "c8": 1e-6, "c16": 1e-14}
    return max(digits.get(np.dtype(dtype).str[1:], 4e-3) for dtype in dtypes)


def both(name, a, note="", lazy=None, **arguments):
    """``ufunc.reduce`` by NumPy and by numtile."""
    want = outcome(getattr(np, name).reduce, a, **arguments)
    got = outcome(reduce_ufunc, name, nt.asarray(a), **(lazy or arguments))
    types = [a.dtype, getattr(want, "dtype", a.dtype), arguments.get("dtype") or a.dtype]
    assert_same(got, want, f"{name} {a.dtype} {a.shape} {arguments} {note}", tolerance(name, *types))


@pytest.mark.parametrize("name", ASSOCIATIVE)
@pytest.mark.parametrize("dtype", ALL)
def test_arguments(name, dtype):
    rng = np.random.default_rng([len(name), len(dtype), ord(dtype[0])])
    for shape in SHAPES:
        a = small(dtype, shape, rng)
        mask = np.asarray(rng.random(shape) < 0.6)
        for axis, initial in itertools.product(AXES[len(shape)], (NO_VALUE, None, 1, 2.5)):
            keepdims = bool(rng.integers(2))
            for where in (True, mask, False):
                both(name, a, axis=axis, keepdims=keepdims, initial=initial, where=where)


@pytest.mark.parametrize("name", ASSOCIATIVE)
@pytest.mark.parametrize("dtype", ALL)
def test_types(name, dtype):
    """``dtype=`` and ``out=`` decide the type of the loop, as in NumPy."""
    a = np.abs(small(dtype, (4, 3), np.random.default_rng(1)).real).astype(dtype)
    for target in ALL:
        both(name, a, dtype=target)
        if name.startswith("bitwise") and target == "?" and dtype != "?":
            continue  # NumPy puts its identity, all bits, into the bool first
        if name in APPROXIMATE and np.dtype(target).kind in "iu":
            continue  # NumPy starts from its identity as an integer
        both(name, a, out=np.ones(3, target))
        both(name, a, out=np.ones(3, target), lazy={"out": nt.ones(3, target)})


def step_by_step(name, a, axis, initial, dtype):
    """The values of ``ufunc.reduce``. NumPy's own loops of ``power`` and ``arctan2`` leave out elements of short rows."""
    steps = list(np.moveaxis(a, axis or 0, 0)) if a.ndim else [a]
    if initial not in (NO_VALUE, None):
        kept = np.delete(a.shape, axis or 0) if a.ndim else ()
        steps.insert(0, np.full(kept, initial))
    return functools.reduce(getattr(np, name), [step.astype(dtype) for step in steps])


@pytest.mark.parametrize("name", [name for name in IN_ORDER if name != "ldexp"])
@pytest.mark.parametrize("dtype", ALL)
def test_operations_whose_order_matters(name, dtype):
    rng = np.random.default_rng([len(name), len(dtype), ord(dtype[0])])
    for shape in SHAPES:
        a = np.abs(small(dtype, shape, rng).real).astype(dtype)
        for axis, initial in itertools.product(AXES[len(shape)], (NO_VALUE, None, 1)):
            arguments = {"axis": axis, "keepdims": bool(rng.integers(2)), "initial": initial}
            want = outcome(getattr(np, name).reduce, a, **arguments)
            if not isinstance(want, Exception) and axis != ():
                want = step_by_step(name, a, axis, initial, want.dtype).reshape(want.shape)
            got = outcome(reduce_ufunc, name, nt.asarray(a), **arguments)
            assert_same(got, want, f"{name} {dtype} {shape} {arguments}", tolerance(name, dtype))
    columns = np.abs(small(dtype, (3, 4), rng).real).astype(dtype)
    for target in ("f8", "i8", "c16"):
        both(name, columns, axis=0, dtype=target)


def test_operations_whose_operands_differ_in_type():
    with pytest.raises(NotImplementedError, match="ldexp"):
        reduce_ufunc("ldexp", nt.arange(3, dtype="i4"))
    with pytest.raises(TypeError):
        reduce_ufunc("ldexp", nt.arange(3.0))


@pytest.mark.parametrize("name", ["subtract", "divide", "power", "float_power", "left_shift", "right_shift"])
def test_where_of_operations_whose_order_matters(name):
    a = small("u4", (5, 4), np.random.default_rng(2)) + 1
    mask = np.random.default_rng(3).random((5, 4)) < 0.5
    both(name, a, initial=3, where=mask)
    both(name, a, where=mask)


def test_where_that_nothing_stands_for():
    with pytest.raises(NotImplementedError, match="remainder"):
        reduce_ufunc("remainder", nt.arange(5), initial=3, where=nt.arange(5) > 2)


@pytest.mark.parametrize(
    "where",
    [
        np.ones((2, 3), "?"), np.ones(3, "?"), np.ones((2, 1), "?"), np.ones(4, "?"), np.ones((1, 2, 3), "?"),
        np.ones((2, 3), "i8"), np.ones((2, 3)), [1, 0, 1], [True, False, True], 1, 0.5, 0, np.True_,
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("shape", [(2, 3), (1, 3)])
def test_masks(where, shape):
    """Arrays of bool that broadcast to the elements; numbers and lists stand for one."""
    both("add", np.arange(6.0)[: shape[0] * 3].reshape(shape), where=where)


def test_lazy_masks():
    a = np.arange(12.0).reshape(3, 4)
    x = nt.asarray(a)
    both("add", a, lazy={"where": x > 4}, where=a > 4)
    with pytest.raises(TypeError, match="bool"):
        reduce_ufunc("add", x, where=x)


@pytest.mark.parametrize("initial", [1000, -1, 0.5, 3j, [1.0], np.array([1.0]), np.array(2), np.float32(1.5), "x", True])
@pytest.mark.parametrize("dtype", ["i1", "u8", "f4", "c8"])
@pytest.mark.parametrize("name", ["add", "maximum"])
def test_initial_values(initial, dtype, name):
    """They are converted as in an assignment."""
    both(name, np.ones(3, dtype), initial=initial)


def test_lazy_initial_values():
    a = np.arange(6.0)
    assert float(reduce_ufunc("add", a, initial=nt.asarray(a).max())) == 20
    with pytest.raises(ValueError, match="scalar"):
        reduce_ufunc("add", a, initial=nt.asarray(a))


def test_initial_values_are_added_before_rounding():
    a = np.array([2.0**-24, 2.0**-50], "f4")
    assert float(nt.sum(a, initial=1)) == 1 + 2.0**-23
    assert float(np.sum(a, initial=1)) == 1, "NumPy rounds each time"


@pytest.mark.parametrize(
    "out", [np.zeros(3), np.zeros((1, 3)), np.zeros((2, 3)), np.zeros(4), np.zeros(()), 3, [0.0, 0.0, 0.0]], ids=repr
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_shapes_of_out(out, keepdims):
    both("add", np.ones((2, 3)), out=out, keepdims=keepdims)


def test_out_is_filled_and_returned():
    a = np.arange(12.0).reshape(3, 4)
    out = np.zeros(4)
    assert reduce_ufunc("add", a, out=out) is out and out.tolist() == [12, 15, 18, 21]
    lazy = nt.zeros(4)
    assert reduce_ufunc("add", a, out=(lazy,)) is lazy and np.asarray(lazy).tolist() == [12, 15, 18, 21]


def test_nothing_is_computed_while_building():
    far = nt.arange(10**15) / 3
    assert reduce_ufunc("hypot", far, initial=2, where=far > 7).shape == ()


def test_axis_of_another_type():
    for axis in ([0], 0.0, "0", (0.5,)):
        both("add", np.ones((2, 3)), axis=axis)
        both("subtract", np.ones((2, 3)), axis=axis)
    both("add", np.ones((2, 3)), axis=np.int8(1))


def test_not_reorderable():
    with pytest.raises(ValueError, match="not reorderable, so at most one axis"):
        reduce_ufunc("lcm", nt.ones((2, 3), "i4"), axis=(0, 1))
    with pytest.raises(ValueError, match="reduction operation 'subtract' is not reorderable"):
        reduce_ufunc("subtract", nt.ones((1, 3)), axis=None)
