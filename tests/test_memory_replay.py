"""Replayed keyframes: which are chosen, and which of their pixels may teach."""

from pathlib import Path

import torch
from memory_worlds import WALL, fresh, make_clip, make_world, walk, wall_frames

from spatialmem.camera import unproject
from spatialmem.memory.bank import Bank
from spatialmem.memory.replay import replay, surfaces_inside


def test_keyframes_teach_only_what_lies_in_the_cells_at_hand(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 4)
    with Bank.open(tmp_path / "W") as bank:
        mine = [key for key in bank.cells if key.x <= 0]  # the left half of the wall
        frames = replay(bank, mine, walk(0, 1), count=32)
        assert len(frames) > 2 and frames.confidence is not None and frames.depth is not None
        points = unproject(frames.depth, frames.cameras).reshape(-1, 3)
        outside = (points[:, 0] >= bank.manifest.cell_edge).reshape(frames.depth.shape)
        assert not frames.confidence[outside].any()
        assert 0.05 < float(frames.confidence.mean()) < 0.95


def test_with_all_cells_at_hand_every_pixel_teaches(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 4)
    with Bank.open(tmp_path / "W") as bank:
        frames = replay(bank, bank.cells, walk(0, 1), count=5)
        assert len(frames) == 5 and frames.confidence is None
        assert (frames.rgb == replay(bank, bank.cells, walk(0, 1), count=5).rgb).all()
        assert len(replay(bank, bank.cells, walk(0, 1, height=6, width=8), count=5)) == 0  # another size


def test_a_surface_of_which_half_the_gaussians_are_elsewhere_teaches_nothing(tmp_path: Path) -> None:
    frames = wall_frames(walk(0, 2))
    assert frames.depth is not None
    points = unproject(frames.depth, frames.cameras)[frames.depth > 0].float()
    sides = torch.where(torch.arange(len(points)) % 2 == 0, 0.01, -0.01)  # the wall stands where two cells meet
    both = fresh(points + sides[:, None] * torch.tensor([0.0, 0.0, 1.0]))
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=WALL / 2) as bank:
        bank.commit(make_clip(0, frames), cells=[], splats=both)
        near = [key for key in bank.cells if key.z == 1]
        assert near and len(near) < len(bank.cells)
        assert float(surfaces_inside(frames.depth - 0.01, frames.cameras, near, bank).mean()) > 0.9
        replayed = replay(bank, near, frames.cameras, count=2)
        assert replayed.confidence is not None and not replayed.confidence.any()


def test_unknown_depth_lies_outside(tmp_path: Path) -> None:
    make_world(tmp_path / "W", 2)
    frames = wall_frames(walk(0, 1))
    assert frames.depth is not None
    depth = frames.depth.clone()
    depth[:, :, :10] = 0
    with Bank.open(tmp_path / "W") as bank:
        inside = surfaces_inside(depth, frames.cameras, bank.cells, bank)
        assert not inside[:, :, :10].any() and inside[:, :, 14:].any()
