"""Honouring memory: what is trusted stays, references sharpen it, and nothing wears out."""

from pathlib import Path

import pytest
import torch
from scene_room import psnr, walk, write_room
from scipy.ndimage import gaussian_filter

from spatialmem.camera import Cameras, project, unproject
from spatialmem.frames import Frames, Recall
from spatialmem.generators.honour import honoured, shown
from spatialmem.generators.scene.generator import Scene
from spatialmem.protocols import Request


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_room(tmp_path_factory.mktemp("room") / "room.glb")


def _recall(true: Frames, references: Frames, rgb: torch.Tensor, trust: int = 2) -> Recall:
    levels = torch.full(true.rgb.shape[:3], trust, dtype=torch.uint8)
    view = Frames(rgb, true.cameras, depth=true.depth, alpha=(levels > 0).float())
    return Recall(view, levels, references)


def _blurred(rgb: torch.Tensor, sigma: float) -> torch.Tensor:
    return torch.from_numpy(gaussian_filter(rgb.numpy(), (0, sigma, sigma, 0)))


def _known_from(earlier: Frames, true: Frames) -> torch.Tensor:
    """Pixels of `true` that lie on surfaces which `earlier` shows, trust levels 0 and 2."""
    assert true.depth is not None and earlier.depth is not None
    height, width = true.rgb.shape[1:3]
    levels = torch.zeros(true.rgb.shape[:3], dtype=torch.uint8)
    for i, points in enumerate(unproject(true.depth, true.cameras)):
        uv, z = project(points.reshape(-1, 3), earlier.cameras)
        x, y = uv[..., 0].floor().long(), uv[..., 1].floor().long()
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (z > 0)
        y, x = y.clamp(0, height - 1), x.clamp(0, width - 1)
        there = earlier.depth[torch.arange(len(earlier))[:, None], y, x]
        levels[i] = 2 * (inside & ((there - z).abs() < 0.02 * z)).any(0).reshape(height, width)
    return levels


def test_only_trusted_pixels_are_kept(room: Path) -> None:
    scene = Scene(room)
    cameras = walk(1)
    true = scene.truth(cameras)
    trust = torch.zeros(true.rgb.shape[:3], dtype=torch.uint8)
    trust[:, :, 20:40], trust[:, :, 40:] = 1, 2
    view = Frames(torch.zeros_like(true.rgb), cameras, depth=true.depth, alpha=(trust > 0).float())
    frames = scene.generate(Request(cameras, Recall(view, trust, Frames.empty(48, 64)), "", 0))
    assert torch.equal(frames.rgb[:, :, :40], true.rgb[:, :, :40])
    assert frames.depth is not None and true.depth is not None and torch.equal(frames.depth, true.depth)
    assert not frames.rgb[:, :, 40:].any()  # no reference shows them: memory's black is kept


def test_what_stands_before_a_remembered_surface_hides_it(room: Path) -> None:
    true = Scene(room).truth(walk(1))
    assert true.depth is not None
    remembered = true.depth.clone()
    remembered[:, :, 24:] += 0.16  # the far side of a thin wall, or anything behind what stands there now
    trust = torch.full(true.rgb.shape[:3], 2, dtype=torch.uint8)
    view = Frames(torch.zeros_like(true.rgb), true.cameras, depth=remembered, alpha=torch.ones_like(remembered))
    kept = honoured(true, Recall(view, trust, Frames.empty(48, 64)))
    assert not kept[:, :, :24].any() and torch.equal(kept[:, :, 24:], true.rgb[:, :, 24:])


def test_memory_can_be_ignored(room: Path) -> None:
    scene = Scene(room, honour_memory=False)
    true = scene.truth(walk(1))
    request = Request(true.cameras, _recall(true, Frames.empty(48, 64), torch.zeros_like(true.rgb)), "", 0)
    assert torch.equal(scene.generate(request).rgb, true.rgb)


def test_memory_that_is_true_stays_true(room: Path) -> None:
    true = Scene(room).truth(walk(2))
    kept = honoured(true, _recall(true, Frames.empty(48, 64), true.rgb))
    torch.testing.assert_close(kept, true.rgb, atol=1e-6, rtol=0)


def test_what_a_reference_shows_gets_its_detail_back_in_memorys_tone(room: Path) -> None:
    true = Scene(room).truth(walk(1, 120, 160))
    darker = _blurred(true.rgb, 1.5) * 0.8
    kept = honoured(true, _recall(true, true, darker))
    assert psnr(_blurred(kept, 3.0), _blurred(darker, 3.0)) > 38  # the tone is memory's
    assert psnr(kept, true.rgb * 0.8) > psnr(darker, true.rgb * 0.8) + 3  # the detail is the scene's


def test_references_sharpen_a_blurred_memory(room: Path) -> None:
    scene = Scene(room)
    true = scene.truth(walk(4, 120, 160, first=4))
    references = scene.truth(walk(4, 120, 160))
    blurred = _blurred(true.rgb, 1.2)
    kept = honoured(true, _recall(true, references, blurred))
    assert psnr(kept, true.rgb) > psnr(blurred, true.rgb) + 6


def test_a_reference_behind_an_occluder_is_not_used(room: Path) -> None:
    scene = Scene(room)
    true = scene.truth(walk(1))
    assert true.depth is not None
    hidden = Frames(torch.ones_like(true.rgb), true.cameras, depth=true.depth * 0.9)
    memory = torch.full_like(true.rgb, 0.25)
    with_hidden = honoured(true, _recall(true, hidden, memory))
    assert torch.equal(with_hidden, honoured(true, _recall(true, Frames.empty(48, 64), memory)))


def test_faults_of_memory_are_kept_too(room: Path) -> None:
    scene = Scene(room)
    true = scene.truth(walk(2, first=3))
    earlier = scene.truth(walk(3))
    red = torch.tensor([1.0, 0.5, 0.5])
    references = Frames(earlier.rgb * red, earlier.cameras, depth=earlier.depth)
    kept = honoured(true, _recall(true, references, true.rgb * red))
    assert psnr(kept, true.rgb * red) > 26 > psnr(kept, true.rgb) + 5


def test_ten_clips_of_remembering_the_last_do_not_wear_out(room: Path) -> None:
    scene = Scene(room)
    last: Frames | None = None
    scores = []
    for clip in range(11):
        true = scene.truth(walk(3, 96, 128, first=3 * clip))
        if last is not None:
            trust = _known_from(last, true)
            view = Frames(_blurred(true.rgb, 1.0), true.cameras, depth=true.depth, alpha=(trust > 0).float())
            assert trust.float().mean() > 1.4
            rgb = honoured(true, Recall(view, trust, last))
            scores.append(psnr(rgb, true.rgb))
            true = Frames(rgb, true.cameras, depth=true.depth)
        last = true
    assert min(scores) > 33, scores
    assert scores[-1] > scores[0] - 4, scores


def test_frames_without_references_need_no_depth_of_them(room: Path) -> None:
    true = Scene(room).truth(walk(1))
    bare = Frames(true.rgb, true.cameras)
    assert torch.equal(honoured(true, _recall(true, bare, true.rgb)),
                       honoured(true, _recall(true, Frames.empty(48, 64), true.rgb)))


def test_the_sky_gets_its_detail_back_where_it_is_asked_for(room: Path) -> None:
    true = Scene(room).truth(walk(2, 60, 80))
    assert true.depth is not None
    moved = Cameras(true.cameras.K, true.cameras.T_world_cam.clone(), 60, 80)
    moved.T_world_cam[:, :3, 3] += 5.0  # the sky looks the same from everywhere
    depth = true.depth.clone()
    depth[:, :30] = 0
    above = Frames(true.rgb, true.cameras, depth=depth)
    reference = Frames(true.rgb, moved, depth=torch.zeros_like(depth))
    assert torch.equal(shown(above, reference, sky=True), depth == 0)
    assert not shown(above, reference).any()
    recall = _recall(above, reference, _blurred(true.rgb, 1.2))
    plain, restored = honoured(above, recall), honoured(above, recall, sky=True)
    assert torch.equal(plain[:, 32:], restored[:, 32:])
    assert psnr(restored[:, :28], true.rgb[:, :28]) > psnr(plain[:, :28], true.rgb[:, :28]) + 6
