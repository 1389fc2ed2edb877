"""The reduction tree of docs/reductions.md, written to be read, against the engine bit for bit."""

import numpy as np
import pytest
from compare import assert_same_bits

import numtile as nt

EDGES = {"across": ([4096], [64, 64], [16, 16, 16]), "down": ([256], [16, 16], [8, 8, 4])}


def in_pairs(terms):
    """Node 2i joins node 2i + 1 at every level; a last one without a partner passes through."""
    terms = list(terms)
    while len(terms) > 1:
        terms = [a + b for a, b in zip(terms[::2], terms[1::2])] + terms[len(terms) & ~1 :]
    return terms[0]


def across(leaf):
    """One leaf whose last axis is reduced: blocks of 64 in 8 lanes, blocks in pairs, lanes folded last."""
    blocks = []
    for row in leaf.reshape(-1, leaf.shape[-1]):
        for block in np.split(row, range(64, len(row), 64)):
            lanes = np.full(8, -0.0)
            for step in np.split(block, range(8, len(block), 8)):
                lanes[: len(step)] += step
            blocks.append(lanes)
    lanes = in_pairs(blocks)
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return lanes[0]


def down(rows):
    """One leaf whose last axis is kept: groups of 4 rows in order, groups in pairs."""
    return in_pairs(sum(group, np.full(rows.shape[1], -0.0)) for group in np.split(rows, range(4, len(rows), 4)))


def tree_sum(x, axes):
    direction = "across" if axes[-1] == x.ndim - 1 else "down"
    edges = EDGES[direction][len(axes) - 1]
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    y = x.transpose(kept + list(axes)).reshape((-1,) + tuple(x.shape[axis] for axis in axes))

    def join(part, depth):
        pieces = np.split(part, range(edges[depth], part.shape[1 + depth], edges[depth]), axis=1 + depth)
        if depth + 1 < len(axes):
            return in_pairs(join(piece, depth + 1) for piece in pieces)
        if direction == "across":
            return in_pairs(np.array([across(leaf) for leaf in piece]) for piece in pieces)
        return in_pairs(down(piece.reshape(len(piece), -1).T) for piece in pieces)

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


@pytest.mark.parametrize("shape, axes", CASES)
def test_sums_follow_the_documented_tree(shape, axes):
    x = np.random.default_rng(len(shape) * 1000 + axes[0]).standard_normal(shape) * 10.0 ** np.arange(shape[-1]).clip(0, 9)
    want = tree_sum(x, axes)
    for layout in (x, np.asfortranarray(x), x[..., ::-1].copy()[..., ::-1]):
        assert_same_bits(nt.asarray(layout).sum(axis=axes), want, f"{shape} over {axes}")
