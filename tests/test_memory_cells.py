"""Cells: every Gaussian belongs to exactly one leaf, and leaves never overlap."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import fresh

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.memory.cellfile import decode_cell, encode_cell, extent
from spatialmem.memory.cells import MAX_LEVEL, CellKey, locate, partition, split_nodes
from spatialmem.memory.replace import replace_cells, stamp
from spatialmem.splats import FIELDS, Splats

WORLD = "0" * 32
EDGE = 2.0


def clouds(most: int = 60) -> st.SearchStrategy[torch.Tensor]:
    """Point sets with clusters, so that some leaves split often and some never."""
    number = st.floats(-1e7, 1e7, width=32) | st.floats(-4, 4, width=32) | st.sampled_from([0.0, -0.0, 2.0])
    return st.lists(st.tuples(number, number, number), min_size=1, max_size=most).map(torch.tensor)


def equal(a: Splats, b: Splats) -> bool:
    return len(a) == len(b) and all(torch.equal(getattr(a, n), getattr(b, n)) for n in FIELDS)


def rows_of(splats: Splats) -> list[tuple[float, ...]]:
    """Every row as one tuple, sorted: the same set of Gaussians gives the same list."""
    columns = [getattr(splats, name).reshape(len(splats), -1).double() for name in FIELDS]
    return sorted(tuple(row) for row in torch.cat(columns, dim=1).tolist())


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
    content = stamp(fresh(old), 1, generated=False)
    world = {key: content[rows] for key, rows in partition(old, set(), EDGE).items()}
    cells = data.draw(st.lists(st.sampled_from(sorted(world)), unique=True))
    incoming = stamp(fresh(new), 2, generated=True)
    change = replace_cells(incoming, cells, world, world.__getitem__, EDGE)
    after = {key: world[key] for key in world if key not in change.retired} | dict(change.written)
    expected = Splats.concat([incoming, *(content for key, content in world.items() if key not in cells)])
    assert rows_of(Splats.concat(after.values())) == rows_of(expected)
    assert not split_nodes(after) & set(after)
    for key, content in after.items():
        assert (locate(content.means, key.level, EDGE) == list(key[1:])).all()


def test_unchanged_cells_are_not_written_again() -> None:
    content = stamp(fresh(torch.tensor([[0.5, 0.5, 0.5], [9.0, 9.0, 9.0]])), 1, generated=False)
    world = {key: content[rows] for key, rows in partition(content.means, set(), EDGE).items()}
    near, far = CellKey(0, 0, 0, 0), CellKey(0, 4, 4, 4)
    both = Splats.concat([world[near], world[far]])
    change = replace_cells(both, [near, far], world, world.__getitem__, EDGE)
    assert not change.written and not change.retired
    change = replace_cells(world[far], [near, far], world, world.__getitem__, EDGE)
    assert not change.written and change.retired == (near,)


def test_stamp_marks_only_new_rows_and_refuses_unknown_clips() -> None:
    old = stamp(fresh(torch.zeros(2, 3)), 3, generated=True)
    both = stamp(Splats.concat([old, fresh(torch.ones(1, 3))]), 5, generated=False)
    assert both.clip.tolist() == [3, 3, 5] and both.generated.tolist() == [True, True, False]
    with pytest.raises(InvalidValueError, match=r"Splats.clip: expected -1 .* earlier commit 1..2, got 3"):
        stamp(old, 3, generated=True)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), st.integers(0, 2**31))
def test_cell_objects_round_trip(count: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    splats = stamp(fresh(torch.rand(count, 3, generator=draw) * EDGE), 4, generated=True)
    key = CellKey(0, 0, 0, 0)
    blob = encode_cell(splats, key, extent(splats), world=WORLD, commit=4)
    assert blob == encode_cell(splats, key, extent(splats), world=WORLD, commit=4), "equal must hash alike"
    assert equal(decode_cell(blob, "x", world=WORLD, key=key, commit=4, edge=EDGE), splats)


def test_labels_are_stored_where_there_are_any_and_0_where_a_world_has_none() -> None:
    key, splats = CellKey(0, 0, 0, 0), stamp(fresh(torch.rand(3, 3) * EDGE), 1, generated=True)
    without = encode_cell(splats, key, extent(splats), world=WORLD, commit=1)
    assert b"labels" not in without, "worlds without labels keep the bytes they always had"
    assert decode_cell(without, "x", world=WORLD, key=key, commit=1, edge=EDGE).labels.tolist() == [0, 0, 0]
    labelled = replace(splats, labels=torch.tensor([0, 7, 65535], dtype=torch.int32))
    blob = encode_cell(labelled, key, extent(labelled), world=WORLD, commit=1)
    assert equal(decode_cell(blob, "x", world=WORLD, key=key, commit=1, edge=EDGE), labelled)


def test_extent_holds_three_sigma_of_a_tilted_gaussian() -> None:
    turned = torch.tensor([[math.cos(math.pi / 8), 0.0, 0.0, math.sin(math.pi / 8)]])  # 45 degrees about z
    splats = fresh(torch.tensor([[1.0, 1.0, 1.0]]))
    splats = Splats(**{**{n: getattr(splats, n) for n in FIELDS}, "quats": turned,
                       "scales": torch.tensor([[1.0, 1e-3, 1e-3]])})
    assert extent(splats).reach == pytest.approx(3 * math.sqrt(0.5), rel=1e-3)


def test_a_cell_object_of_another_place_is_refused() -> None:
    splats = stamp(fresh(torch.tensor([[5.0, 0.0, 0.0]])), 1, generated=False)
    blob = encode_cell(splats, CellKey(0, 0, 0, 0), extent(splats), world=WORLD, commit=1)
    with pytest.raises(WorldFormatError, match="outside its cell"):
        decode_cell(blob, "x", world=WORLD, key=CellKey(0, 0, 0, 0), commit=1, edge=EDGE)
    for change in ({"world": "1" * 32}, {"key": CellKey(0, 2, 0, 0)}, {"commit": 2}):
        wanted = {"world": WORLD, "key": CellKey(0, 0, 0, 0), "commit": 1, **change}
        with pytest.raises(WorldFormatError, match="is not cell"):
            decode_cell(blob, "x", edge=EDGE, **wanted)
