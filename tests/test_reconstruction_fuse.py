"""Fusing clips of a room: what is shown gets better, what is out of view stays, nothing is random."""

from dataclasses import fields, replace

import pytest
import torch
from box_room import HEIGHT, WIDTH, brief_fusion, room_frames, room_walk

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames
from spatialmem.metrics import psnr
from spatialmem.poses import matrix_from_quat
from spatialmem.protocols import Reconstructor
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.fuse import GaussianFusion
from spatialmem.reconstruction.loss import targets
from spatialmem.reconstruction.optimise import optimise
from spatialmem.render import render_splats
from spatialmem.splats import FIELDS, Splats

NOTHING = Frames.empty(HEIGHT, WIDTH)
BRIEF = brief_fusion(12)
SEED_ONLY = brief_fusion(0)
WALK = room_walk(9)
FUSED, BETWEEN = WALK[[0, 4, 8]], WALK[[2, 6]]


def fidelity(splats: Splats, cameras: Cameras) -> float:
    """Mean PSNR in dB of what `splats` show at `cameras`."""
    return float(psnr(render_splats(splats, cameras).rgb, room_frames(cameras).rgb).mean())


def same(a: Splats, b: Splats) -> bool:
    """Whether two sets are bit-identical."""
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in FIELDS)


def turned_away(splats: Splats) -> Splats:
    """The Gaussians carried through the camera, far out of every view, and already stamped."""
    moved = splats.means * torch.tensor([-1.0, 1, 1]) - torch.tensor([40.0, 0, 0])
    ones = torch.ones_like(splats.clip)
    return replace(splats, means=moved, clip=ones, seen=3 * ones)


def test_it_is_a_reconstructor():
    assert isinstance(GaussianFusion(), Reconstructor)


def test_optimising_improves_fused_and_unseen_views():
    frames = room_frames(FUSED)
    seeded = SEED_ONLY.fuse(Splats.empty(), frames, NOTHING).splats
    fused = brief_fusion(36).fuse(Splats.empty(), frames, NOTHING).splats
    for cameras in (FUSED, BETWEEN):
        assert fidelity(fused, cameras) > fidelity(seeded, cameras) + 1
        assert fidelity(fused, cameras) > 20
    shown = render_splats(fused, BETWEEN)
    truth = room_frames(BETWEEN)
    assert shown.depth is not None
    assert truth.depth is not None
    assert float((shown.depth - truth.depth).abs().median()) < 0.02


def test_the_loss_falls():
    frames = room_frames(FUSED)
    seeded = SEED_ONLY.fuse(Splats.empty(), frames, NOTHING).splats
    views = targets(frames, FusionConfig())
    result = optimise(seeded, views, 3, iterations=30, depth_scale=2.0, config=FusionConfig())
    assert len(result.losses) == 30
    assert sum(result.losses[-3:]) < 0.8 * sum(result.losses[:3])


def test_fusing_twice_gives_the_same_bits():
    frames = room_frames(FUSED)
    first = BRIEF.fuse(Splats.empty(), frames, room_frames(BETWEEN))
    second = BRIEF.fuse(Splats.empty(), frames, room_frames(BETWEEN))
    assert same(first.splats, second.splats)
    assert torch.equal(first.rejected, second.rejected)
    assert first.figures == second.figures


def test_the_inputs_are_left_alone():
    local = turned_away(SEED_ONLY.fuse(Splats.empty(), room_frames(FUSED), NOTHING).splats)
    before = Splats(**{name: getattr(local, name).clone() for name in FIELDS})
    frames = room_frames(FUSED)
    rgb = frames.rgb.clone()
    BRIEF.fuse(local, frames, NOTHING)
    assert same(local, before)
    assert torch.equal(frames.rgb, rgb)


def test_gaussians_out_of_view_stay_as_they_are():
    away = turned_away(SEED_ONLY.fuse(Splats.empty(), room_frames(FUSED[:1]), NOTHING).splats)
    fused = BRIEF.fuse(away, room_frames(FUSED), NOTHING).splats
    kept = fused[fused.clip == 1]
    assert len(kept) == len(away)
    for name in ("means", "colors", "clip", "seen"):
        assert torch.equal(getattr(kept, name), getattr(away, name)), name
    # these pass through logarithm and logit and back
    torch.testing.assert_close(kept.scales, away.scales, rtol=1e-5, atol=0)
    torch.testing.assert_close(kept.opacities, away.opacities, rtol=1e-5, atol=0)
    torch.testing.assert_close(matrix_from_quat(kept.quats), matrix_from_quat(away.quats), rtol=0, atol=1e-5)


def test_a_second_look_adds_little_and_counts():
    frames = room_frames(FUSED)
    first = BRIEF.fuse(Splats.empty(), frames, NOTHING)
    stamped = replace(first.splats, clip=torch.ones_like(first.splats.clip))
    again = BRIEF.fuse(stamped, frames, NOTHING)
    assert again.figures["added"] < 0.1 * first.figures["added"]
    assert first.figures["added"] == len(first.splats)
    old = again.splats[again.splats.clip == 1]
    assert len(old) == len(stamped) - again.figures["removed"]
    assert float(old.seen.float().mean()) > 1.5 * float(stamped.seen.float().mean())
    assert float(old.confidence.mean()) > float(stamped.confidence.mean())


def test_replay_keeps_the_past():
    """New frames of other colours pull memory away; frames of before hold it where it was."""
    old, new = room_frames(FUSED), room_frames(BETWEEN)
    stained = replace(new, rgb=(new.rgb * torch.tensor([1.0, 0.6, 0.6])))
    start = brief_fusion(24).fuse(Splats.empty(), old, NOTHING).splats
    forgot = brief_fusion(24).fuse(start, stained, NOTHING).splats
    kept = brief_fusion(24).fuse(start, stained, old).splats
    assert fidelity(kept, FUSED) > fidelity(forgot, FUSED) + 1


def test_replayed_frames_are_no_new_observations():
    old = room_frames(FUSED[:1])
    start = BRIEF.fuse(Splats.empty(), old, NOTHING).splats
    stamped = replace(start, clip=torch.ones_like(start.clip))
    new = replace(room_frames(FUSED[:1]), dynamic=torch.ones(1, HEIGHT, WIDTH, dtype=torch.bool))
    fused = BRIEF.fuse(stamped, new, old).splats
    assert len(fused) == len(stamped)
    assert torch.equal(fused.seen, stamped.seen)


def test_moving_content_leaves_no_trace():
    frames = room_frames(FUSED)
    moving = torch.zeros(3, HEIGHT, WIDTH, dtype=torch.bool)
    moving[:, 8:28, 15:35] = True
    ghost = replace(frames, rgb=torch.where(moving[..., None], torch.tensor([1.0, 0, 1]), frames.rgb),
                    depth=torch.where(moving, 0.7, torch.as_tensor(frames.depth)), dynamic=moving)
    splats = BRIEF.fuse(Splats.empty(), ghost, NOTHING).splats
    magenta = (splats.colors - torch.tensor([1.0, 0, 1])).abs().amax(dim=-1) < 0.15
    assert not bool(magenta.any())
    near = (splats.means - FUSED.centres[0].float()).norm(dim=-1) < 1.0
    assert not bool(near.any())


def test_a_surface_in_free_space_is_reported():
    frames = room_frames(FUSED[:1])
    assert frames.depth is not None
    floating = replace(frames, depth=0.5 * frames.depth)
    memory = SEED_ONLY.fuse(Splats.empty(), floating, NOTHING).splats
    assert float(BRIEF.fuse(memory, frames, NOTHING).rejected.float().mean()) > 0.5
    assert not bool(BRIEF.fuse(Splats.empty(), frames, NOTHING).rejected.any())


def test_every_gaussian_that_comes_out_is_a_valid_one_and_new_rows_are_unstamped():
    holes = room_frames(FUSED)
    assert holes.depth is not None
    depth = torch.where(torch.rand(holes.depth.shape, generator=torch.Generator().manual_seed(0)) < 0.2, 0.0,
                        holes.depth)
    for frames in (replace(holes, depth=depth), replace(holes, depth=None),
                   replace(holes, depth=torch.zeros_like(depth)), holes[:1]):
        fusion = BRIEF.fuse(Splats.empty(), frames, NOTHING)
        assert fusion.rejected.shape == (len(frames), HEIGHT, WIDTH)
        assert set(fusion.splats.clip.tolist()) == {-1}
        assert float(fusion.splats.opacities.min()) >= 0
        assert len(fusion.splats) > 0


def test_the_backdrop_stays_untrusted_however_often_it_is_seen():
    frames = replace(room_frames(FUSED), depth=torch.zeros(3, HEIGHT, WIDTH))
    splats = BRIEF.fuse(Splats.empty(), frames, NOTHING).splats
    assert float(BRIEF.fuse(splats, frames, NOTHING).splats.confidence.max()) == 0


def test_no_frames_change_nothing():
    local = turned_away(SEED_ONLY.fuse(Splats.empty(), room_frames(FUSED), NOTHING).splats)
    fusion = BRIEF.fuse(local, NOTHING, NOTHING)
    assert len(fusion.splats) == len(local)
    assert torch.equal(fusion.splats.means, local.means)
    assert fusion.rejected.dtype == torch.bool
    assert len(fusion.rejected) == 0


@pytest.mark.parametrize(("name", "value"), [
    ("iterations", -1), ("settled", 0.0), ("depth_tolerance", 0.0), ("footprint", -0.5), ("backdrop", 0.0),
    ("opacity", 1.5), ("ssim", -0.1), ("covered", float("nan")), ("footprint", float("nan"))])
def test_settings_out_of_range_are_refused_by_name(name: str, value: float):
    assert name in {f.name for f in fields(FusionConfig)}
    with pytest.raises(InvalidValueError, match=f"FusionConfig.{name} must"):
        FusionConfig(**{name: value})  # type: ignore[arg-type]
