"""The reduction tree of docs/reductions.md, written to be read, against the engine bit for bit."""

import functools

import numpy as np
import pytest
from compare import assert_same_bits

import numtile as nt
from numtile._reductions import reduce_ufunc

EDGES = {"across": ([4096], [64, 64], [16, 16, 16]), "down": ([256], [16, 16], [8, 8, 4])}


def in_pairs(terms, join=np.add):
    """Node 2i joins node 2i + 1 at every level; a last one without a partner passes through."""
    terms = list(terms)
    while len(terms) > 1:
        terms = [join(a, b) for a, b in zip(terms[::2], terms[1::2])] + terms[len(terms) & ~1 :]
    return terms[0]


def by_halves(terms, join):
    while len(terms) > 1:
        terms = join(terms[: len(terms) // 2], terms[len(terms) // 2 :])
    return terms[0]


def in_order(terms, join):
    terms = iter(terms)
    return functools.reduce(join, terms, next(terms))


class Sum:
    join = np.add

    @staticmethod
    def across(leaf):
        """One leaf whose last axis is reduced: blocks of 64 in 8 lanes, blocks in pairs, lanes folded last."""
        blocks = []
        for row in leaf.reshape(-1, leaf.shape[-1]):
            for block in np.split(row, range(64, len(row), 64)):
                lanes = np.full(8, -0.0)
                for step in np.split(block, range(8, len(block), 8)):
                    lanes[: len(step)] += step
                blocks.append(lanes)
        return by_halves(in_pairs(blocks), np.add)

    @staticmethod
    def down(rows):
        """One leaf whose last axis is kept: groups of 4 rows in order, groups in pairs."""
        return in_pairs(sum(group, np.full(rows.shape[1], -0.0)) for group in np.split(rows, range(4, len(rows), 4)))


class Product:
    join = np.multiply

    @staticmethod
    def across(leaf):
        """8 lanes through the leaf, lanes folded last; fewer than 8 factors in order."""
        leaf = leaf.ravel()
        if len(leaf) < 8:
            return in_order(leaf, np.multiply)
        return by_halves(np.array([in_order(leaf[lane::8], np.multiply) for lane in range(8)]), np.multiply)

    @staticmethod
    def down(rows):
        return in_order(rows, np.multiply)


class Hypotenuse:
    """An operation of the table: elements combined by halves, rows in pairs."""

    @staticmethod
    def join(a, b):
        return np.asarray(nt.hypot(a, b))

    @classmethod
    def across(cls, leaf):
        leaf = leaf.ravel()
        while len(leaf) > 1:
            half, rest = len(leaf) // 2, -(-len(leaf) // 2)
            leaf = np.concatenate([cls.join(leaf[:half], leaf[rest:]), leaf[half:rest]])
        return leaf[0]

    @classmethod
    def down(cls, rows):
        return in_pairs(rows, cls.join)


def by_tree(x, axes, kind):
    direction = "across" if axes[-1] == x.ndim - 1 else "down"
    edges = EDGES[direction][len(axes) - 1]
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    y = x.transpose(kept + list(axes)).reshape((-1,) + tuple(x.shape[axis] for axis in axes))

    def join(part, depth):
        pieces = np.split(part, range(edges[depth], part.shape[1 + depth], edges[depth]), axis=1 + depth)
        if depth + 1 < len(axes):
            return in_pairs((join(piece, depth + 1) for piece in pieces), kind.join)
        if direction == "across":
            return in_pairs((np.array([kind.across(leaf) for leaf in piece]) for piece in pieces), kind.join)
        return in_pairs((kind.down(piece.reshape(len(piece), -1).T) for piece in pieces), kind.join)

    return join(y, 0).reshape([x.shape[axis] for axis in kept])


CASES = [
    ((20_011,), (0,)),
    ((131, 259), (0, 1)),
    ((1031, 9), (0,)),
    ((9, 12_301), (1,)),
    ((37, 35, 39), (0, 1, 2)),
    ((270, 5, 3), (0,)),
    ((3, 270, 5), (1,)),
    ((35, 37, 6), (0, 1)),
    ((67, 3, 131), (0, 2)),
    ((3, 67, 131), (1, 2)),
]


def layouts(x):
    return x, np.asfortranarray(x), x[..., ::-1].copy()[..., ::-1]


@pytest.mark.parametrize("shape, axes", CASES)
def test_sums_follow_the_documented_tree(shape, axes):
    x = np.random.default_rng(len(shape) * 1000 + axes[0]).standard_normal(shape) * 10.0 ** np.arange(shape[-1]).clip(0, 9)
    want = by_tree(x, axes, Sum)
    for layout in layouts(x):
        assert_same_bits(nt.asarray(layout).sum(axis=axes), want, f"{shape} over {axes}")


@pytest.mark.parametrize("shape, axes", CASES)
def test_products_follow_the_documented_order(shape, axes):
    x = 1 + np.random.default_rng(len(shape) * 1000 + axes[0]).standard_normal(shape) / 64
    want = by_tree(x, axes, Product)
    for layout in layouts(x):
        assert_same_bits(nt.asarray(layout).prod(axis=axes), want, f"{shape} over {axes}")


@pytest.mark.parametrize("shape, axes", CASES[:2] + CASES[5:8])
def test_other_operations_follow_the_documented_order(shape, axes):
    x = np.random.default_rng(len(shape) * 1000 + axes[0]).standard_normal(shape)
    want = Hypotenuse.join(0.0, by_tree(x, axes, Hypotenuse))
    for layout in layouts(x):
        assert_same_bits(reduce_ufunc("hypot", layout, axes), want, f"{shape} over {axes}")
