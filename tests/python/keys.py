"""Keys to index with: NumPy's basic and advanced indexing, drawn for a shape."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def keys(draw, shape):
    """A key that NumPy accepts, or nearly: slices, integers, None, one ellipsis, integer arrays and masks."""
    common = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    items, axis = [], 0
    while axis < len(shape) and draw(st.integers(0, 6)):
        item, width = draw(_item(shape, axis, common))
        items.append(item)
        axis += width
        if item is Ellipsis:
            items += [slice(None) for _ in range(draw(st.integers(0, len(shape) - axis)))]
            break
    return items[0] if len(items) == 1 and draw(st.booleans()) else tuple(items)


@st.composite
def _item(draw, shape, axis, common):
    length = shape[axis]
    kinds = ["slice", "slice", "mask", "mask", "None", "..."] + (["integer", "integers", "integers"] if length else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "None":
        return None, 0
    if kind == "...":
        return Ellipsis, 0
    if kind == "slice":
        end = st.none() | st.integers(-length - 1, length + 1)
        return slice(draw(end), draw(end), draw(st.sampled_from([None, 1, 1, 2, 3, -1, -2]))), 1
    if kind == "integer":
        return draw(st.integers(-length, length - 1)), 1
    rng = draw(st.integers(0, 2**32 - 1).map(np.random.default_rng))
    if kind == "integers":
        some = tuple(1 if draw(st.integers(0, 3)) == 0 else n for n in common)
        some = some[draw(st.integers(0, len(some))) :] if draw(st.booleans()) else some
        return rng.integers(-length, length, some), 1
    width = draw(st.integers(0, min(2, len(shape) - axis)))
    return np.asarray(rng.random(shape[axis : axis + width]) < draw(st.sampled_from([0, 0.3, 0.7, 1]))), width


def masks(shape, rng):
    """Masks over the first axes of a shape, from those that select nothing to those that select all."""
    for covered in range(len(shape) + 1):
        for density in (0, 0.1, 0.9, 1):
            yield np.asarray(rng.random(shape[:covered]) < density)
