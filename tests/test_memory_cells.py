"""Cells: every Gaussian belongs to exactly one leaf, and leaves never overlap."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import fresh

from spatialmem.errors import InvalidValueError
from spatialmem.memory.cellcodes import FINENESS, rounded
from spatialmem.memory.cellfile import extent
from spatialmem.memory.cells import MAX_LEVEL, CellKey, locate, partition, split_nodes
from spatialmem.memory.replace import Replacement, replace_cells, stamp
from spatialmem.splats import FIELDS, Splats

EDGE = 2.0


def clouds(most: int = 60) -> st.SearchStrategy[torch.Tensor]:
    """Point sets with clusters, so that some leaves split often and some never."""
    number = st.floats(-1e7, 1e7, width=32) | st.floats(-4, 4, width=32) | st.sampled_from([0.0, -0.0, 2.0])
    return st.lists(st.tuples(number, number, number), min_size=1, max_size=most).map(torch.tensor)


def numbered(splats: Splats, first: int) -> Splats:
    """`splats` that can be told apart: the k-th was seen `first` + k times."""
    return replace(splats, seen=torch.arange(first, first + len(splats), dtype=torch.int32))


def replaced(splats: Splats, cells: list[CellKey], world: dict[CellKey, Splats]) -> Replacement:
    return replace_cells(splats, cells, world.__getitem__, live=world, splits=split_nodes(world), edge=EDGE)


@settings(deadline=None, max_examples=60)
@given(clouds(), st.integers(1, 8), st.sampled_from([2.0, 0.3, 7.0]))
def test_partition_gives_every_row_one_leaf(points: torch.Tensor, limit: int, edge: float) -> None:
    leaves = partition(points, set(), edge, limit=limit)
    assert sorted(int(row) for rows in leaves.values() for row in rows) == list(range(len(points)))
    assert not split_nodes(leaves) & set(leaves), "a leaf lies above another"
    for key, rows in leaves.items():
        assert (locate(points[rows], key.level, edge) == list(key[1:])).all()
        assert len(rows) <= limit or key.level == MAX_LEVEL
        assert rows.tolist() == sorted(rows.tolist())


@settings(deadline=None, max_examples=40)
@given(clouds(), clouds(), st.integers(1, 8))
def test_splits_are_followed_and_never_undone(old: torch.Tensor, new: torch.Tensor, limit: int) -> None:
    before = partition(old, set(), EDGE, limit=limit)
    splits = split_nodes(before)
    after = partition(new, splits, EDGE, limit=limit)
    assert not splits & set(after)
    again = partition(new, split_nodes(after) | splits, EDGE, limit=None)
    assert {k: rows.tolist() for k, rows in again.items()} == {k: rows.tolist() for k, rows in after.items()}
    untouched = {key for key in before if key not in split_nodes(after)}
    assert not split_nodes(untouched) & set(after)


def test_cells_at_known_places() -> None:
    points = torch.tensor([[0.0, 0.0, 0.0], [-0.001, 1.999, 2.0], [5.0, -4.0, 0.5]])
    found = list(partition(points, set(), EDGE))
    assert found == [CellKey(0, -1, 0, 1), CellKey(0, 0, 0, 0), CellKey(0, 2, -2, 0)]
    assert list(CellKey(2, -1, 5, 0).ancestors()) == [CellKey(1, -1, 2, 0), CellKey(0, -1, 1, 0)]


def test_coinciding_points_stop_splitting_at_the_smallest_cell() -> None:
    leaves = partition(torch.full((9, 3), 0.7), set(), EDGE, limit=4)
    assert [key.level for key in leaves] == [MAX_LEVEL]


@settings(deadline=None, max_examples=40)
@given(clouds(), clouds(), st.data())
def test_replacing_cells_keeps_everything_else(old: torch.Tensor, new: torch.Tensor,
                                               data: st.DataObject) -> None:
    content = stamp(numbered(fresh(old), 0), 1, generated=False)
    world = {key: rounded(content[rows], key, EDGE) for key, rows in partition(old, set(), EDGE).items()}
    cells = data.draw(st.lists(st.sampled_from(sorted(world)), unique=True))
    incoming = stamp(numbered(fresh(new), 1000), 2, generated=True)
    change = replaced(incoming, cells, world)
    after = {key: world[key] for key in world if key not in change.retired} | dict(change.written)
    expected = Splats.concat([incoming, *(content for key, content in world.items() if key not in cells)])
    found = Splats.concat(after.values())
    expected, found = expected[expected.seen.argsort()], found[found.seen.argsort()]
    for name in ("seen", "clip", "generated"):
        assert torch.equal(getattr(found, name), getattr(expected, name))
    assert torch.allclose(found.means, expected.means, rtol=1e-6, atol=2 * 0.02 / FINENESS)
    assert not split_nodes(after) & set(after)
    for key, content in after.items():
        assert (locate(content.means, key.level, EDGE) == list(key[1:])).all()


def test_unchanged_cells_are_not_written_again() -> None:
    content = stamp(fresh(torch.tensor([[0.5, 0.5, 0.5], [9.0, 9.0, 9.0]])), 1, generated=False)
    world = {key: rounded(content[rows], key, EDGE)
             for key, rows in partition(content.means, set(), EDGE).items()}
    near, far = CellKey(0, 0, 0, 0), CellKey(0, 4, 4, 4)
    both = Splats.concat([world[near], world[far]])
    change = replaced(both, [near, far], world)
    assert not change.written and not change.retired
    change = replaced(world[far], [near, far], world)
    assert not change.written and change.retired == (near,)


def test_stamp_marks_only_new_rows_and_refuses_unknown_clips() -> None:
    old = stamp(fresh(torch.zeros(2, 3)), 3, generated=True)
    both = stamp(Splats.concat([old, fresh(torch.ones(1, 3))]), 5, generated=False)
    assert both.clip.tolist() == [3, 3, 5] and both.generated.tolist() == [True, True, False]
    with pytest.raises(InvalidValueError, match=r"Splats.clip: expected -1 .* earlier commit 1..2, got 3"):
        stamp(old, 3, generated=True)


def test_extent_holds_three_sigma_of_a_tilted_gaussian() -> None:
    turned = torch.tensor([[math.cos(math.pi / 8), 0.0, 0.0, math.sin(math.pi / 8)]])  # 45 degrees about z
    splats = fresh(torch.tensor([[1.0, 1.0, 1.0]]))
    splats = Splats(**{**{n: getattr(splats, n) for n in FIELDS}, "quats": turned,
                       "scales": torch.tensor([[1.0, 1e-3, 1e-3]])})
    assert extent(splats).reach == pytest.approx(3 * math.sqrt(0.5), rel=1e-3)
