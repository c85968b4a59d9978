"""Grids of labels cut into pieces: all cells, each once, and few pieces where few are enough."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from spatialmem.generators.worlds.layouts.pieces import compressed, pieces_of

grids = array_shapes(min_dims=1, max_dims=3, max_side=6).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(-1, 2)))


@settings(deadline=None, max_examples=60)
@given(grids)
def test_pieces_cover_every_cell_once(labels: np.ndarray) -> None:
    again = np.full(labels.shape, -1)
    for low, high, label in pieces_of(labels):
        inside = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        assert (again[inside] == -1).all()
        assert label >= 0
        again[inside] = label
    np.testing.assert_array_equal(again, labels)


@settings(deadline=None, max_examples=60)
@given(grids)
def test_a_compressed_grid_says_the_same(labels: np.ndarray) -> None:
    small, lines = compressed(labels)
    for axis, starts in enumerate(lines):
        assert starts[0] == 0
        assert starts[-1] == labels.shape[axis]
        small = np.repeat(small, np.diff(starts), axis)
    np.testing.assert_array_equal(small, labels)


def test_a_rectangle_is_one_piece_and_an_l_is_two() -> None:
    labels = np.full((5, 6), -1)
    labels[1:4, 2:6] = 7
    assert pieces_of(labels) == [((1, 2), (4, 6), 7)]
    labels[2:4, 4:6] = -1
    assert len(pieces_of(labels)) == 2
    assert compressed(labels)[0].shape == (4, 3)
