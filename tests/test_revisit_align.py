"""Alignment: a camera's error is found and taken out; nothing else is."""

import numpy as np
import pytest
import torch
from revisit_rooms import SIZE, recoloured, room, standing, visit
from revisit_rooms import camera as camera_at
from scipy.ndimage import gaussian_filter

from spatialmem.errors import ShapeError
from spatialmem.frames import Frames
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.faults.images import imagined
from spatialmem.metrics import psnr
from spatialmem.poses import invert, rotation_angle
from spatialmem.revisit.align import Alignment, align
from spatialmem.revisit.direct import bilinear, motion, twist
from spatialmem.revisit.recolour import recolour

YAWS = (0.0, 135.0)


def blurred(frames: Frames) -> Frames:
    sigma = 2.1 * SIZE[0] / 240
    return recoloured(frames, torch.from_numpy(gaussian_filter(frames.rgb.numpy(), (0, sigma, sigma, 0))))


def noisy(frames: Frames) -> Frames:
    return recoloured(frames, frames.rgb + 0.05 * torch.randn(frames.rgb.shape, generator=torch.manual_seed(0)))


def tinted(frames: Frames) -> Frames:
    return recoloured(frames, frames.rgb * torch.tensor([1.3, 1.1, 0.8]))


def forgotten(frames: Frames) -> Frames:
    return recoloured(frames, torch.from_numpy(imagined(frames.rgb.numpy(), 1, Faults(amnesia=8))))


def boxed(frames: Frames) -> Frames:
    """Something stands in an eighth of the picture that was not there."""
    rgb = frames.rgb.clone()
    rgb[:, 32:80, 32:64] = torch.tensor([0.6, 0.1, 0.1])
    return recoloured(frames, rgb)


def away(found: Alignment, T_taken: torch.Tensor) -> tuple[float, float]:
    """Centimetres and degrees by which the alignment is wrong."""
    error = invert(T_taken) @ found.T_world_cam
    eye = torch.eye(4, dtype=torch.float64)
    return 100 * float(error[:3, 3].norm()), float(torch.rad2deg(rotation_angle(eye, error)))


def score(found: Alignment) -> float:
    return float(psnr(found.again[None], found.first[None], found.valid[None]))


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("offset", [(1.0, 0.0), (3.0, 0.0), (8.0, 0.0), (0.0, 1.0), (0.0, 3.0), (3.0, 1.0)])
def test_a_moved_camera_is_found(yaw: float, offset: tuple[float, float]):
    first, again, T_taken = visit(yaw, *offset)
    found = align(first, again)
    centimetres, degrees = away(found, T_taken)
    assert found.found
    assert centimetres < 0.5 and degrees < 0.15
    assert 100 * found.metres == pytest.approx(offset[0], abs=0.5)
    assert found.degrees == pytest.approx(offset[1], abs=0.15)


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("fault, most", [(blurred, 2.0), (noisy, 1.0), (tinted, 0.6), (forgotten, 0.6), (boxed, 2.0)])
def test_it_is_found_whatever_else_is_wrong(yaw: float, fault, most: float):
    first, again, T_taken = visit(yaw, 3.0, 1.0)
    found = align(first, fault(again))
    centimetres, degrees = away(found, T_taken)
    assert found.found and centimetres < most and degrees < most / 4


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("fault", [blurred, noisy, tinted, forgotten, boxed])
def test_what_is_no_camera_error_moves_nothing(yaw: float, fault):
    first, again, _ = visit(yaw)
    found = align(first, fault(again))
    assert not found.found
    assert (found.metres, found.degrees) == (0, 0)
    torch.testing.assert_close(found.T_world_cam, first.cameras.T_world_cam[0])


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("fault", [tinted, forgotten, boxed])
@pytest.mark.parametrize("offset", [(3.0, 0.0), (0.0, 1.0)])
def test_moving_the_camera_leaves_the_aligned_score(yaw: float, fault, offset: tuple[float, float]):
    first, same, _ = visit(yaw)
    _, again, _ = visit(yaw, *offset)
    base = score(align(first, fault(same)))
    assert base < 26
    assert score(align(first, fault(again))) == pytest.approx(base, abs=0.5)
    assert float(psnr(fault(again).rgb, first.rgb)) < float(psnr(fault(same).rgb, first.rgb)) - 0.3


def test_equal_frames_stay():
    first, again, _ = visit(0.0)
    found = align(first, again)
    assert not found.found and found.metres == 0 and bool(found.valid.all())
    torch.testing.assert_close(found.again, found.first, atol=1e-5, rtol=0)


def test_another_place_is_no_error_of_the_camera():
    first, _, _ = visit(0.0)
    other = Frames(visit(180.0)[0].rgb, first.cameras)
    found = align(first, other)
    assert not found.found and found.metres == 0


def test_pixels_out_of_view_and_hidden_ones_are_not_valid():
    first, again, _ = visit(0.0, 0.0, 3.0)
    found = align(first, again)
    assert found.found
    assert 0.85 < float(found.valid.float().mean()) < 0.99
    assert float(found.valid[20:-20, 20:-20].float().mean()) > 0.97


def test_the_poses_that_were_asked_for_may_differ():
    first, _, _ = visit(0.0)
    T = first.cameras.T_world_cam[0].clone()
    T[:3, 3] += torch.tensor([0.04, -0.02, 0.03], dtype=torch.float64)
    found = align(first, room().truth(camera_at(T)))
    assert away(found, T)[0] < 0.5 and 100 * found.metres < 0.5
    assert score(found) > 30


def test_without_depth_the_picture_is_a_plane():
    first, again, _ = visit(0.0, 0.0, 2.0)
    flat = Frames(first.rgb, first.cameras)
    found = align(flat, again)
    assert found.found
    assert score(found) > float(psnr(again.rgb, first.rgb)) + 3


def test_grey_and_blank_pictures_are_no_trouble():
    first, again, _ = visit(0.0, 3.0, 0.0)
    grey = [recoloured(f, f.rgb.mean(-1, keepdim=True).expand(-1, -1, -1, 3)) for f in (first, again)]
    assert align(*grey).found
    blank = recoloured(again, torch.full_like(again.rgb, 0.5))
    assert not align(first, blank).found
    assert not align(recoloured(first, blank.rgb), blank).found


def test_it_is_the_same_every_time():
    first, again, _ = visit(135.0, 3.0, 1.0)
    one, two = align(first, noisy(again)), align(first, noisy(again))
    assert torch.equal(one.again, two.again) and one.metres == two.metres


def test_a_motion_and_its_twist_belong_together():
    random = np.random.default_rng(0)
    for scale in (1e-8, 1e-3, 0.5):
        step = scale * random.normal(size=6)
        np.testing.assert_allclose(twist(motion(step)), step, atol=1e-9)
    np.testing.assert_allclose(motion(step)[:3, :3] @ motion(step)[:3, :3].T, np.eye(3), atol=1e-12)


def test_colours_are_explained_but_for_outliers():
    random = np.random.default_rng(0)
    others = random.random((500, 3)).astype(np.float32)
    change = random.normal(size=(4, 3))
    wanted = np.column_stack([others, np.ones(500)]) @ change
    wanted[:80] += 3
    fit = recolour(wanted.astype(np.float32), others)
    np.testing.assert_allclose(fit.change, change, atol=0.02)
    assert fit.weights[:80].max() < 0.05 < fit.weights[80:].min()


def test_between_pixels_values_are_linear():
    rows, columns = np.mgrid[:5, :7].astype(np.float32)
    image = np.stack([2 * columns + rows, rows], -1)
    x, y = np.array([0, 2.25, 6], np.float32), np.array([0, 3.5, 4], np.float32)
    np.testing.assert_allclose(bilinear(image, x, y), np.stack([2 * x + y, y], -1), atol=1e-6)


def test_frames_that_do_not_match_are_refused():
    first, again, _ = visit(0.0)
    with pytest.raises(ShapeError, match="one frame each, of one size"):
        align(Frames.concat([first, first]), again)
    small = room().truth(camera_at(standing(0.0), (48, 64)))
    with pytest.raises(ShapeError, match="one frame each, of one size"):
        align(first, small)
