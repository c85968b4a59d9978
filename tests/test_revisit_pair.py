"""What is measured on a pair: each measure sees what it is for, and not what it is not for."""

import pytest
import torch
from revisit_rooms import beside, camera, recoloured, room, standing, visit

from spatialmem.errors import ShapeError
from spatialmem.frames import Frames
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.faults.images import imagined
from spatialmem.metrics import psnr
from spatialmem.revisit.geometry import seen_before
from spatialmem.revisit.measures import CEILING_DB, MEASURES
from spatialmem.revisit.pair import measure_pair

NAMES = {name for name, measure in MEASURES.items() if not measure.whole}
LEARNED = {"lpips", "dino", "met3r"}


def tinted(frames: Frames) -> Frames:
    return recoloured(frames, frames.rgb * torch.tensor([1.3, 1.1, 0.8]))


def number(found: dict[str, float | None], name: str) -> float:
    value = found[name]
    assert value is not None, name
    return value


def test_every_pair_measure_has_its_place():
    first, again, _ = visit(0.0)
    found = measure_pair(first, again)
    assert set(found) == NAMES
    assert {name for name, value in found.items() if value is None} == LEARNED | {"psnr_seen", "psnr_unseen"}


def test_equal_frames_are_perfect():
    first, again, _ = visit(0.0)
    found = measure_pair(first, again)
    for name in ("psnr", "psnr_aligned", "psnr_unaligned", "psnr_static"):
        assert number(found, name) == CEILING_DB
    for name in ("depth_agreement", "covered", "camera_told"):
        assert number(found, name) == pytest.approx(100)
    for name in ("ssim", "ssim_aligned", "ms_ssim"):
        assert number(found, name) == pytest.approx(1)
    for name in ("flip", "changed", "depth_error", "camera_cm", "camera_degrees"):
        assert number(found, name) == pytest.approx(0, abs=1e-5)
    assert number(found, "reprojection") < 0.6
    assert number(found, "features_kept") > 60    # not all: what looks alike twice in a picture is not matched


def test_other_poses_are_compared_at_the_best_aligned_one_only():
    """A path of its own comes back near its first view, not to it: pixels of the two do not belong together."""
    first, _, _ = visit(0.0)
    T = standing(0.0)
    again = room().truth(camera(beside(T, 3.0, 0.5)))
    found = measure_pair(first, again)
    requested = {"psnr", "psnr_unaligned", "ssim", "ms_ssim", "flip"}
    assert {name for name, value in found.items() if value is None} == LEARNED | requested | {"psnr_seen",
                                                                                              "psnr_unseen"}
    assert number(found, "psnr_aligned") > 30
    assert number(found, "camera_cm") < 0.5
    assert number(found, "covered") < 100


def test_a_moved_camera_shows_as_camera_error():
    base, (first, again, _) = visit(0.0), visit(0.0, 3.0, 1.0)
    still, moved = measure_pair(first, tinted(base[1])), measure_pair(first, tinted(again))
    assert number(moved, "camera_cm") == pytest.approx(3, abs=0.5)
    assert number(moved, "camera_degrees") == pytest.approx(1, abs=0.15)
    assert number(moved, "psnr_aligned") == pytest.approx(number(still, "psnr_aligned"), abs=0.5)
    assert number(moved, "ssim_aligned") > number(moved, "ssim") + 0.1
    assert number(moved, "psnr") < number(still, "psnr") - 0.5
    assert number(moved, "reprojection") > 1 > number(still, "reprojection")
    assert number(moved, "depth_error") > number(still, "depth_error")


def test_forgetting_shows_as_change():
    first, again, _ = visit(0.0, 3.0, 1.0)
    forgotten = recoloured(again, torch.from_numpy(imagined(again.rgb.numpy(), 1, Faults(amnesia=8))))
    kept, lost = measure_pair(first, again), measure_pair(first, forgotten)
    assert number(lost, "changed") > 30
    assert number(kept, "changed") < 1
    assert number(lost, "psnr_aligned") < number(kept, "psnr_aligned") - 10
    assert number(lost, "psnr_static") < number(kept, "psnr_static") - 10
    assert number(lost, "camera_cm") == pytest.approx(3, abs=0.6)
    other = measure_pair(first, recoloured(again, torch.rand(again.rgb.shape, generator=torch.manual_seed(0))))
    assert number(other, "camera_told") == 0 and other["camera_cm"] is None
    assert number(other, "features_kept") < 10 < number(kept, "features_kept")


def test_what_moves_by_right_does_not_count_as_static():
    first, again, _ = visit(0.0)
    rgb = again.rgb.clone()
    rgb[:, 32:80, 32:64] = torch.tensor([0.6, 0.1, 0.1])
    found = measure_pair(first, recoloured(again, rgb))
    assert number(found, "psnr_aligned") < 22
    assert number(found, "psnr_static") == CEILING_DB
    assert number(found, "changed") == pytest.approx(12.5, abs=3)


def test_wrong_depth_is_seen():
    first, again, _ = visit(0.0)
    assert again.depth is not None
    for factor, agreement in ((1.02, 100), (1.05, 0)):
        found = measure_pair(first, Frames(again.rgb, again.cameras, depth=again.depth * factor))
        assert number(found, "depth_error") == pytest.approx(100 * (factor - 1), abs=0.01)
        assert number(found, "depth_agreement") == pytest.approx(agreement)


def test_without_depth_only_pictures_are_compared():
    first, again, _ = visit(0.0, 0.0, 3.0)
    found = measure_pair(Frames(first.rgb, first.cameras), Frames(again.rgb, again.cameras))
    missing = {name for name, value in found.items() if value is None}
    assert missing == LEARNED | {"psnr_seen", "psnr_unseen", "camera_told", "camera_cm", "camera_degrees",
                                 "depth_error", "depth_agreement"}
    assert number(found, "reprojection") > 2


def test_seen_and_unseen_pixels_are_told_apart():
    first, again, _ = visit(0.0)
    seen = torch.zeros(1, *again.rgb.shape[1:3], dtype=torch.bool)
    seen[:, :, :40] = True
    rgb = again.rgb.clone()
    rgb[:, :, 40:] = (rgb[:, :, 40:] * 0.5)
    changed = recoloured(again, rgb)
    found = measure_pair(first, changed, seen=seen)
    assert number(found, "psnr_seen") == CEILING_DB
    assert number(found, "psnr_unseen") == pytest.approx(float(psnr(rgb[:, :, 40:], first.rgb[:, :, 40:])))
    nothing = measure_pair(first, changed, seen=torch.zeros_like(seen))
    assert nothing["psnr_seen"] is None
    assert number(nothing, "psnr_unseen") == pytest.approx(number(nothing, "psnr"))


def test_a_learned_measure_is_asked_when_given():
    class Half:
        name = "lpips"

        def __call__(self, first: Frames, again: Frames) -> float:
            return 0.5

    first, again, _ = visit(0.0)
    assert measure_pair(first, again, learned=(Half(),), features=False)["lpips"] == 0.5


def test_features_may_be_left_out():
    first, again, _ = visit(0.0)
    assert measure_pair(first, again, features=False)["reprojection"] is None


def test_tiny_pictures_have_no_windows():
    first = room().truth(camera(standing(0.0), (9, 12)))
    found = measure_pair(first, first)
    assert found["ssim"] is None and found["ms_ssim"] is None and found["ssim_aligned"] is None
    assert number(found, "psnr") == CEILING_DB


def test_two_frames_are_refused():
    first, again, _ = visit(0.0)
    with pytest.raises(ShapeError, match="measure_pair: needs one frame each"):
        measure_pair(first, Frames.concat([again, again]))
    with pytest.raises(ShapeError, match="where: expected"):
        measure_pair(first, again, seen=torch.zeros(1, 3, 4, dtype=torch.bool))


def test_a_view_has_seen_itself_and_nothing_behind_it():
    here, behind = (room().truth(camera(standing(yaw))) for yaw in (0.0, 180.0))
    assert float(seen_before(here, here).float().mean()) > 0.98
    assert not bool(seen_before(behind, here).any())
    assert not bool(seen_before(Frames.empty(96, 128), here).any())


def test_half_a_turn_has_seen_half():
    here, beside_it = (room().truth(camera(standing(yaw))) for yaw in (0.0, 35.0))
    seen = seen_before(beside_it, here)[0]
    assert 0.35 < float(seen.float().mean()) < 0.6
    columns = seen.float().mean(0)
    left, right = columns[:32].mean(), columns[-32:].mean()
    assert {round(float(left)), round(float(right))} == {0, 1}
    both = seen_before(Frames.concat([beside_it, here]), here)
    assert bool((both[0] | ~seen).all())


def test_hidden_surfaces_are_not_seen():
    here = room().truth(camera(standing(0.0)))
    assert here.depth is not None
    near = Frames(here.rgb, here.cameras, depth=torch.full_like(here.depth, 0.3))
    assert not bool(seen_before(near, here).any())
    unknown = Frames(here.rgb, here.cameras, depth=torch.zeros_like(here.depth))
    assert not bool(seen_before(here, unknown).any())
    with pytest.raises(ShapeError, match="one frame with depth, got 1 frames without depth"):
        seen_before(here, Frames(here.rgb, here.cameras))
    with pytest.raises(ShapeError, match="earlier frames need depth"):
        seen_before(Frames(here.rgb, here.cameras), here)
