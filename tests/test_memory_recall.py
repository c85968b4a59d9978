"""Recall: what memory shows, how far to trust it, and which keyframes go with it."""

from pathlib import Path

import pytest
import torch
from memory_worlds import UP, WALL, fresh, fuse, make_clip, make_world, step, walk, wall_frames

import spatialmem.render
from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.frames import TRUSTED, Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.recall import recall
from spatialmem.memory.references import survey
from spatialmem.poses import look_at
from spatialmem.splats import Splats


def see_wall(splats: Splats, cameras: Cameras) -> Frames:
    """A perfect memory of the wall, in place of the renderer."""
    frames = wall_frames(cameras)
    assert frames.depth is not None and len(splats)
    return Frames(frames.rgb, cameras, frames.depth, alpha=(frames.depth > 0).float())


@pytest.fixture
def perfect_render(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spatialmem.render, "render_splats", see_wall)


def test_an_empty_memory_knows_nothing(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        answer = recall(bank, walk(0, 3))
    assert not answer.trust.any() and len(answer.references) == 0 and answer.known.tolist() == [0, 0, 0]


def test_what_lies_elsewhere_is_not_recalled(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        step(bank)
        turned = walk(0, 1).T_world_cam @ torch.diag(torch.tensor([-1.0, 1, -1, 1], dtype=torch.float64))
        answer = recall(bank, Cameras(walk(0, 1).K, turned, 24, 32))
    assert not answer.trust.any()


@pytest.mark.usefixtures("perfect_render")
def test_the_keyframe_taken_here_comes_first(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 6)
    with Bank.open(tmp_path / "W") as bank:
        for frame in (1, 5, 10):
            answer = recall(bank, walk(frame, 1), references=1)
            assert torch.equal(answer.references.cameras.T_world_cam, walk(frame, 1).T_world_cam)
            assert torch.equal(answer.references.rgb, bank.load_keyframes([frame]).rgb)
            assert bool((answer.trust == TRUSTED).all())


@pytest.mark.usefixtures("perfect_render")
def test_references_cover_the_view_together(tmp_path: Path) -> None:
    """A wide view over the whole wall needs frames from both ends, not the two in the middle."""
    make_world(tmp_path / "W", 8)
    K = walk(0, 1).K * torch.tensor([[0.4, 1, 1], [1, 0.4, 1], [1, 1, 1]])
    wide = Cameras(K, walk(7, 1).T_world_cam, 24, 32)
    with Bank.open(tmp_path / "W") as bank:
        answer = recall(bank, wide, references=7)
        x = sorted(answer.references.cameras.centres[:, 0].tolist())
        assert 2 <= len(x) <= 7 and x[0] < 1.5 and x[-1] > 4.0
        assert len(recall(bank, wide, references=0).references) == 0
        assert len(recall(bank, wide, references=2).references) == 2


@pytest.mark.usefixtures("perfect_render")
def test_held_out_frames_are_never_references(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        for _ in range(3):
            step(bank, 2, heldout=(1,))
        answer = recall(bank, walk(1, 4), references=7)
        taken = answer.references.cameras.centres[:, 0] / 0.4
    assert len(taken) and bool((taken.round().long() % 2 == 0).all())


@pytest.mark.parametrize(("wall", "chosen"), [(WALL, [0]), (WALL + 0.5, [])])
def test_only_a_keyframe_that_saw_the_surface_is_a_reference(tmp_path: Path, wall: float,
                                                             chosen: list[int]) -> None:
    """The same points project into it, but its own depth may say that something nearer was in the way."""
    eye = torch.tensor([[0.0, 0.0, 8.0]], dtype=torch.float64)
    behind = Cameras(walk(0, 1).K, look_at(eye, eye - torch.tensor([0.0, 0.0, 1.0]), UP), 24, 32)
    frames = wall_frames(behind, wall=wall)
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=64.0) as bank:
        bank.commit(make_clip(0, frames), cells=[], splats=fuse(Splats.empty(), frames))
        view = see_wall(bank.splats(), walk(0, 1))
        assert bank.witnesses(bank.cells, 9) == [0]
        assert survey(bank, view, bank.cells).references(7) == chosen


@pytest.mark.usefixtures("perfect_render")
def test_references_of_another_size_are_resized_with_their_cameras(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 2)
    with Bank.open(tmp_path / "W") as bank:
        target = walk(1, 1, height=48, width=80)
        answer = recall(bank, target, references=1)
        assert answer.references.rgb.shape == (1, 48, 80, 3)
        assert torch.equal(answer.references.cameras.K, bank.keyframes.cameras([1]).resized(48, 80).K)
        exact = wall_frames(answer.references.cameras)
        assert answer.references.depth is not None and exact.depth is not None
        assert float((answer.references.depth - exact.depth).abs().max()) < 0.1
        assert float((answer.references.rgb - exact.rgb).abs().mean()) < 0.02


def test_splits_do_not_forget_who_saw_a_cell(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=64.0) as bank:
        step(bank)
        crowd = torch.rand(20_000, 3) + torch.tensor([0.0, 0.0, 3.5])
        bank.commit(make_clip(2, wall_frames(walk(2, 1))), cells=[], splats=fresh(crowd))
        split = [key for key in bank.cells if key.level > 0]
        assert split and {0, 1} <= set(bank.witnesses(split, 9))


def test_a_real_render_recalls_what_was_stored(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 2)
    with Bank.open(tmp_path / "W") as bank:
        answer = recall(bank, walk(0, 2), references=2)
        with pytest.raises(InvalidValueError, match=r"references: expected 0..7, got 8"):
            recall(bank, walk(0, 1), references=8)
    depth, true = answer.view.depth, wall_frames(walk(0, 2)).depth
    assert depth is not None and true is not None and bool((answer.trust > 0).any())
    known = depth > 0
    assert bool(known.any()) and float((depth - true)[known].abs().median()) < 0.1
    assert len(answer.references) == 2
