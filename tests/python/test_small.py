"""What lies in memory takes short ways: without a plan, or by one that is known. The same bits, errors and memory."""

import gc
import weakref

import numpy as np
import pytest
from arrays import ALL, random_values
from compare import assert_same_bits
from conftest import force_tile
from hypothesis import given
from hypothesis import strategies as st

import numtile as nt

TEXTS = ["a + b", "a * b - a", "where(a > b, a, b * 2)", "sqrt(abs(a)) + b", "(a == b) | (a < b)", "float32(a) * 0.5 + b", "-a", "a"]


def planned(make):
    """What a plan gives: forced tiles always make one."""
    force_tile((7,))
    try:
        return np.asarray(make())
    finally:
        force_tile(None)


@given(st.sampled_from(TEXTS), st.sampled_from(ALL), st.sampled_from(ALL), st.sampled_from([(1,), (63,), (5, 77), (4, 1025), (32768,), (32769,), (3, 50_001)]))
def test_the_bits_of_a_plan(text, one, other, shape):
    rng = np.random.default_rng(len(text))
    arrays = {"a": random_values(one, shape, rng, edges=0.2), "b": random_values(other, shape, rng, edges=0.2)}
    try:
        want = planned(lambda: nt.evaluate(text, arrays))
    except TypeError:
        with pytest.raises(TypeError, match="in the expression|ufunc|cast"):
            nt.evaluate(text, arrays)
        return
    for _ in range(3):  # built, ready, ready
        assert_same_bits(np.asarray(nt.evaluate(text, arrays)), want)
    lazy = {name: nt.asarray(array) for name, array in arrays.items()}
    assert_same_bits(np.asarray(nt.evaluate(text, lazy)), want)


#: Shapes of a, b and c: the same along rows, in all rows, in all places; and what does not go by rows.
BROADCAST = [
    ((4, 1024), (4, 1), (4, 1024)), ((1, 300), (7, 300), (7, 1)), ((300,), (5, 300), (1, 1)), ((2, 3, 257), (2, 3, 1), (257,)),
    ((2, 3, 257), (3, 1), (1, 257)), ((3, 256), (1,), (3, 1)), ((3, 255), (3, 1), (255,)), ((1, 40_000), (3, 1), (3, 40_000)),
    ((50, 1000), (50, 1), (1000,)), ((5, 1), (1, 300), (5, 300)), ((5, 1), (1, 300), (1, 1)), ((1,), (40_001,), (1,)), ((3, 1), (3, 1), (3, 1)),
]  # fmt: skip


@given(
    st.sampled_from(["a + b*c", "where(a > b, c, b)", "sqrt(abs(b)) * a + b*b - c", "a + float32(c)*2", "exp(c) - a*b", "b"]),
    st.sampled_from(ALL), st.sampled_from(ALL), st.sampled_from(BROADCAST), st.booleans(),
)  # fmt: skip
def test_the_bits_of_a_plan_for_arrays_that_broadcast(text, one, other, shapes, contiguous):
    rng = np.random.default_rng(len(text))
    arrays = {name: random_values(dtype, shape, rng, edges=0.2) for name, dtype, shape in zip("abc", (one, other, one), shapes, strict=True)}
    if not contiguous:
        arrays["a"] = np.asfortranarray(arrays["a"])
        arrays["c"] = np.repeat(arrays["c"], 2, axis=-1)[..., ::2]
    try:
        want = planned(lambda: nt.evaluate(text, arrays))
    except TypeError:
        return
    lazy = {name: nt.asarray(array) for name, array in arrays.items()}
    for _ in range(3):  # built, ready, ready
        assert_same_bits(np.asarray(nt.evaluate(text, arrays)), want)
        assert_same_bits(np.asarray(nt.evaluate(text, lazy)), want)
    other_arrays = {name: array[..., ::-1].copy() for name, array in arrays.items()}
    assert_same_bits(np.asarray(nt.evaluate(text, other_arrays)), planned(lambda: nt.evaluate(text, other_arrays)))


@pytest.mark.parametrize("length", [5, 24, 31, 64, 255, 1001, 1024])
@pytest.mark.parametrize("text, kinds", [("a*a + b*c - where(a > b, a, c)", ("f8", "f8", "f4")), ("a + b*c", ("i4", "f8", "f4")), ("a*2 + c", ("u1", "u1", "u1")), ("a + c", ("f8", "f8", "f8"))])
def test_rows_on_any_number_of_threads_and_compiled(text, kinds, length):
    rng = np.random.default_rng(7)
    shapes = {"a": (300, length), "b": (300, 1), "c": (length,)}
    arrays = {name: rng.uniform(0, 200, shape).astype(kind) for (name, shape), kind in zip(shapes.items(), kinds, strict=True)}
    want = planned(lambda: nt.evaluate(text, arrays))
    for threads in (1, 2, 5):
        nt.config(threads=threads)
        for _ in range(20):
            assert_same_bits(np.asarray(nt.evaluate(text, arrays)), want)


def test_mistakes_in_rows_are_raised():
    a, b = np.full((3, 300), 2), np.array([[1], [-1], [2]])
    for _ in range(3):
        with pytest.raises(ValueError, match="negative integer powers"):
            np.asarray(nt.evaluate("a ** b"))


def test_compiled_after_many_calls_the_bits_are_the_same():
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, 1000))
    want = planned(lambda: nt.asarray(a) ** 2 + nt.asarray(b) * 3 - nt.asarray(a))
    for _ in range(100):
        assert_same_bits(np.asarray(nt.evaluate("a**2 + b*3 - a")), want)


def test_arrays_are_read_when_looked_at():
    a = np.arange(5.0)
    for _ in range(3):
        x = nt.evaluate("a + 1")
        a[0] = 10
        assert np.asarray(x)[0] == 11
        a[0] = 0


def test_what_is_ready_is_an_array_like_any_other():
    a = np.arange(6.0).reshape(2, 3)
    b = a + 1
    for _ in range(3):
        x = nt.evaluate("a * b")
        assert x.shape == (2, 3) and x.dtype == np.float64 and x.T.shape == (3, 2)
        assert float(x.sum()) == (a * b).sum()
        assert_same_bits(np.asarray(x[1] + x[0]), a[1] * b[1] + a[0] * b[0])
        x += 1
        assert_same_bits(np.asarray(x), a * b + 1)
        assert "multiply" in nt.explain(nt.evaluate("a * b"))
    with pytest.raises(ValueError, match="could not be broadcast"):
        nt.evaluate("a * b", {"a": a, "b": b.T})


def test_the_same_array_twice_and_then_two():
    a = np.arange(4.0)
    assert_same_bits(np.asarray(nt.evaluate("a - b", {"a": a, "b": a})), a * 0)
    assert_same_bits(np.asarray(nt.evaluate("a - b", {"a": a, "b": a[::-1].copy()})), a - a[::-1])
    assert_same_bits(np.asarray(nt.evaluate("a - b", {"a": a[::-1].copy(), "b": a})), a[::-1] - a)


REDUCTIONS = ["sum(a*b)", "mean(a)", "var(a - b)", "min(a)", "argmax(a*b)", "any(a > b)", "prod(a)", "sum(a)"]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("length", [1, 7, 4095, 4096, 4097, 12_289, 32_768, 32_769, 70_001, 300_001])
def test_totals_have_the_bits_of_a_plan(kind, length):
    rng = np.random.default_rng(length)
    arrays = {name: random_values(kind, (length,), rng, edges=0.001) for name in "ab"}
    lazy = {name: nt.asarray(array) for name, array in arrays.items()}
    for text in REDUCTIONS:
        try:
            want = planned(lambda text=text: nt.evaluate(text, arrays))
        except TypeError:
            continue
        for _ in range(3):  # built, ready, ready
            assert_same_bits(np.asarray(nt.evaluate(text, arrays)), want)
        assert_same_bits(np.asarray(nt.evaluate(text, lazy)), want)


PLANNED = ["a + b", "sum(a*b, 0)", "mean(a, axis=1, keepdims=True) + b", "std(a - b, axis=(0, 1))", "argmin(a*b, axis=1)", "where(a > b, a, b)*2", "a - mean(a, 0)"]


@pytest.mark.parametrize("kind", ["b1", "u1", "i4", "f4", "f8", "c16"])
@pytest.mark.parametrize("text", PLANNED)
def test_known_plans_have_the_bits_of_new_ones(kind, text):
    rng = np.random.default_rng(3)
    for shape, other in [((40, 50), (40, 1)), ((40, 50), (50,)), ((300, 400), (300, 400)), ((2000, 33), (1, 1))]:
        for turn in range(4):
            a, b = random_values(kind, shape, rng, edges=0.01), random_values(kind, other, rng, edges=0.01)
            layouts = [a, np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2], a[::-1], a.astype(a.dtype.newbyteorder())]
            nt.config(threads=1 + turn % 3, memory=(16 + turn // 2) << 20)
            for x in layouts:
                arrays = {"a": x, "b": b}
                try:
                    want = planned(lambda arrays=arrays: nt.evaluate(text, arrays))
                except TypeError:
                    return
                assert_same_bits(np.asarray(nt.evaluate(text, arrays)), want)
                lazy = {name: nt.asarray(array) for name, array in arrays.items()}
                assert_same_bits(np.asarray(nt.evaluate(text, lazy)), want)


def test_known_plans_keep_no_array():
    a = np.ones((60, 60))
    kept = weakref.ref(a)
    for _ in range(3):
        assert np.asarray(nt.evaluate("sum(a, 0)", {"a": a}))[0] == 60
        assert np.asarray(nt.asarray(a).sum(axis=0))[0] == 60
    del a
    gc.collect()
    assert kept() is None


def test_numbers_are_read_anew():
    a = np.arange(4.0)
    zero_dimensional = np.array(2.0)
    for number in (2, 3.5, np.float32(4)):
        assert_same_bits(np.asarray(nt.evaluate("sum(a*number)")), np.asarray((a * number).sum()))
    for value in (2.0, 5.0):
        zero_dimensional[()] = value
        assert float(nt.evaluate("sum(a*zero_dimensional)")) == 6 * value
    a.flags.writeable = False
    for _ in range(3):
        assert float(nt.evaluate("sum(a)")) == 6


def test_known_plans_fit_the_budget():
    a = np.ones((900, 900))
    for memory in (16, 64, 16):
        nt.config(memory=memory << 20)
        for _ in range(2):
            assert np.asarray(nt.evaluate("mean(a, 0)"))[0] == 1
            report = nt.last_run()
            assert 0 < report.measured_peak <= report.projected_peak <= memory << 20


RESHAPED = {
    "(a * 2 + b).reshape": lambda xp, a, b: (a * 2 + b).reshape(50, -1),
    "a sum, reshaped": lambda xp, a, b: (a * b).sum(axis=0).reshape(5, 1, -1),
    "several": lambda xp, a, b: xp.stack([(a - a.mean(axis=0)).reshape(-1), (b.T + 1).T.reshape(-1)]),
    "reshaped within": lambda xp, a, b: a.reshape(-1, 10).max(axis=1) + b.reshape(-1, 10)[:, 0],
}


@pytest.mark.parametrize("name", RESHAPED)
def test_known_plans_give_results_their_shape(name):
    """Such plans compute results under other shapes than the user's."""
    expression = RESHAPED[name]
    rng = np.random.default_rng(8)
    for _ in range(3):
        a, b = rng.integers(-9, 9, (2, 40, 50)).astype(float)
        got = np.asarray(expression(nt, nt.asarray(a), nt.asarray(b)))
        np.testing.assert_allclose(got, expression(np, a, b), rtol=1e-12)
        assert got.shape == expression(np, a, b).shape


def test_known_plans_are_not_described():
    nt.config(memory=33 << 20)  # unlike that of other tests, so that no plan is known
    for number in range(3):
        a = np.full((41, 43), float(number))
        assert np.asarray(nt.asarray(a).mean(axis=0) + 1)[0] == number + 1
        run = nt.last_run()
        assert (run.plan is None) == (run.passes == ()) == (number > 0)
        assert 0 < run.measured_peak <= run.projected_peak
        rehearsed = nt.explain(nt.asarray(a).mean(axis=0) + 1, rehearse=True)
        assert len(rehearsed.results) == len(rehearsed.sources) == 1 and rehearsed.passes[0].rehearsed is not None


@pytest.mark.parametrize("kind", ["u1", "i1", "b1"])
def test_curves_of_bytes(kind):
    a = np.arange(-50_000, 50_000).astype(kind).reshape(100, 1000)
    texts = ["(float32(a) / 255)**0.45*255 + 0.5", "uint8(abs(sin(a))*255)", "exp(a/64.0)*a", "a**2.5 + b", "arctan2(a, b)"]
    for text in texts:
        arrays = {"a": a, "b": np.float32(3) + a}
        want = np.stack([np.asarray(nt.evaluate(text, {name: x[row] for name, x in arrays.items()})) for row in range(100)])
        assert_same_bits(np.asarray(nt.evaluate(text, arrays)), want)
        assert_same_bits(planned(lambda arrays=arrays, text=text: nt.evaluate(text, arrays)), want)


def test_curves_with_mistakes():
    b = np.arange(-3, 250).astype("i1")
    a = np.full(5_000, 2, "i1")
    with pytest.raises(ValueError, match="negative integer powers"):
        np.asarray(nt.asarray(a) ** nt.asarray(np.resize(b, 5_000)))
    assert (np.asarray(nt.full((), 2, "i1") ** nt.asarray(np.full(5_000, 3, "i1"))) == 8).all()


def test_layouts_and_byte_orders_go_the_long_way():
    a = np.arange(24.0).reshape(4, 6)
    for x in (a.T, a[:, ::2], a[::-1], a.astype(">f8"), a[:, :5], a[0], a[0, 0], 3.0, [1.0, 2.0], np.float32(2)):
        for _ in range(2):
            assert_same_bits(np.asarray(nt.evaluate("x * 2 + 1")), np.asarray(x).astype(np.asarray(x).dtype.newbyteorder("=")) * 2 + 1)


def test_mistakes_are_reported_and_the_next_call_works():
    a = np.array([2, 3])
    for _ in range(2):
        with pytest.raises(ValueError, match="negative integer powers"):
            np.asarray(nt.evaluate("a ** b", {"a": a, "b": np.array([1, -1])}))
        assert_same_bits(np.asarray(nt.evaluate("a ** b", {"a": a, "b": np.array([1, 2])})), np.array([2, 9]))


def test_arrays_live_as_long_as_they_are_needed_and_no_longer():
    x = nt.evaluate("a + 1", {"a": np.arange(3.0)})
    x = nt.evaluate("a + 1", {"a": np.arange(5.0)})
    gc.collect()
    assert_same_bits(np.asarray(x), np.arange(5.0) + 1)
    before = nt.memory().delivered
    result = np.asarray(x)
    assert nt.memory().delivered > before
    del result
    assert nt.memory().delivered == before


def test_many_texts_and_types():
    a = np.arange(3)
    for number in range(600):
        assert np.asarray(nt.evaluate(f"a + {number}"))[2] == number + 2
    for kind in "bhiqBHIQfd" * 3:
        a = np.arange(3).astype(kind)
        assert np.asarray(nt.evaluate("a + a"))[2] == 4


def test_many_values_go_the_long_way():
    arrays = {f"a{i}": np.full(3000, float(i)) for i in range(60)}
    text = " + ".join(f"a{i} * a{(i * 7 + 1) % 60}" for i in range(60))
    want = sum(i * ((i * 7 + 1) % 60) for i in range(60))
    for _ in range(2):
        assert (np.asarray(nt.evaluate(text, arrays)) == want).all()
