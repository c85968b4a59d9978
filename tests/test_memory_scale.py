"""What keeps large worlds fast is still the same world: leaves, keyframe rows and the budget of Gaussians."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import make_world, walk

from spatialmem.memory.bank import Bank
from spatialmem.memory.cellfile import Extent
from spatialmem.memory.cells import CellKey, split_nodes
from spatialmem.memory.cull import in_view, within_budget
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.memory.leaves import Boxes, Leaves
from spatialmem.memory.recall import recall
from spatialmem.memory.rows import CellVersion

keys = st.builds(CellKey, st.integers(0, 3), *[st.integers(-2, 2)] * 3)


def version(key: CellKey, begun: int = 1, gaussians: int = 10, at: float = 0.0) -> CellVersion:
    low = (float(key.x) + at, float(key.y), float(key.z))
    high = (low[0] + 1, low[1] + 1, low[2] + 1)
    return CellVersion(key, begun, f"{begun:064x}", 100, gaussians, Extent(low, high, 0.1))


@settings(deadline=None, max_examples=60)
@given(st.sets(keys), st.lists(st.tuples(st.sets(keys), st.sets(keys)), max_size=4))
def test_leaves_that_changed_are_as_if_made_anew(first: set[CellKey],
                                                 commits: list[tuple[set[CellKey], set[CellKey]]]) -> None:
    leaves = Leaves(version(key) for key in first)
    for number, (ended, begun) in enumerate(commits, start=2):
        before = list(leaves.values())
        after = leaves.after(ended & set(leaves), [version(key, number, number) for key in begun])
        assert list(leaves.values()) == before, "leaves are values"
        anew = Leaves(after.values())
        assert set(after) == (set(leaves) - ended) | begun
        assert after.splits == anew.splits == split_nodes(after)
        for name in ("low", "high", "reach", "gaussians"):
            assert np.array_equal(getattr(after.boxes, name), getattr(anew.boxes, name))
        leaves = after
    with pytest.raises(KeyError):
        leaves.after([CellKey(9, 9, 9, 9)], [])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(0, 5))
def test_tables_share_rows_and_never_change(counts: list[int], fork: int) -> None:
    tables, held = [KeyframeTable.empty()], []
    for number, count in enumerate(counts, start=1):
        tables.append(tables[-1].extended(walk(len(tables[-1]), count), torch.zeros(count, dtype=torch.bool), number))
        held.append(tables[-1].T_world_cam.clone())
    other = tables[fork % len(tables)].extended(walk(500, 3), torch.ones(3, dtype=torch.bool), 99)
    assert other.clip[-3:].tolist() == [99] * 3 and len(other) == len(tables[fork % len(tables)]) + 3
    for table, poses in zip(tables[1:], held, strict=True):
        assert torch.equal(table.T_world_cam, poses) and torch.equal(poses, walk(0, len(table)).T_world_cam)
        assert table.number.tolist() == list(range(len(table))) and not bool(table.heldout.any())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-30, 30), st.integers(1, 50)), min_size=1, max_size=20), st.integers(1, 300))
def test_a_budget_takes_what_appears_largest(places: list[tuple[float, int]], budget: int) -> None:
    boxes = Boxes.of([version(CellKey(0, 0, 0, 4), gaussians=n, at=x) for x, n in places])
    camera = walk(0, 1)
    seen = in_view(boxes, camera)
    chosen = within_budget(boxes, seen, camera, budget)
    assert not bool((chosen & ~seen).any())
    assert int(boxes.gaussians[chosen].sum()) <= budget or int(chosen.sum()) == 1
    if int(boxes.gaussians[seen].sum()) <= budget:
        assert np.array_equal(chosen, seen)
    left = np.abs(boxes.low[:, 0] + 0.5)  # all are of one size: those straight ahead appear largest
    if bool(chosen.any()) and bool((seen & ~chosen).any()):
        assert left[chosen].max() <= left[seen & ~chosen].min() + 1.0


def test_recall_keeps_to_its_budget(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 4)
    with Bank.open(tmp_path / "W") as bank:
        everything, some = bank.cells_in_view(walk(0, 8)), bank.cells_in_view(walk(0, 8), budget=300)
        assert set(some) < set(everything) and 0 < len(bank.splats(some)) <= 300
        assert some == [key for key in everything if key in some], "the order stays"
        whole, part = (recall(bank, walk(2, 2), budget=n) for n in (10**6, 300))
    assert whole.view.alpha is not None and part.view.alpha is not None
    assert float(part.view.alpha.mean()) < float(whole.view.alpha.mean())
