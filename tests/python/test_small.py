"""Small expressions of arrays in memory are computed at once, without a plan: the same bits, errors and memory."""

import gc

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


@given(st.sampled_from(TEXTS), st.sampled_from(ALL), st.sampled_from(ALL), st.sampled_from([(1,), (63,), (5, 77), (4, 1025), (32768,), (32769,)]))
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
