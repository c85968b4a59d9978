"""Resizing of frames: exact averages, depth that keeps its edges, intrinsics that follow."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.camera import Cameras
from spatialmem.posefiles.resize import framing

SIDES = st.integers(2, 40)


def camera(height: int, width: int) -> Cameras:
    K = torch.tensor([[0.8 * width, 0, 0.5 * width], [0, 0.7 * width, 0.5 * height], [0, 0, 1]])
    return Cameras(K[None].double(), torch.eye(4)[None].double(), height, width)


def plane(cameras: Cameras, normal: tuple[float, float, float]) -> np.ndarray:
    """Exact z-depth `[H, W]` at the pixel centres of the plane `normal . point = 1`."""
    K = cameras.K[0].numpy()
    x = (np.arange(cameras.width) + 0.5 - K[0, 2]) / K[0, 0]
    y = (np.arange(cameras.height) + 0.5 - K[1, 2]) / K[1, 1]
    return (1 / (normal[0] * x + normal[1] * y[:, None] + normal[2])).astype(np.float32)


@settings(deadline=None, max_examples=80)
@given(SIDES, SIDES, SIDES, SIDES)
def test_framing_stays_inside_and_keeps_pixels_square(tall, wide, height, width):
    frame = framing((tall, wide), (height, width))
    assert frame.y0 >= -1e-9
    assert frame.x0 >= -1e-9
    assert frame.y0 + height * frame.step_y <= tall + 1e-9
    assert frame.x0 + width * frame.step_x <= wide + 1e-9
    assert max(frame.step_y, frame.step_x) <= 1.01 * min(frame.step_y, frame.step_x) + 1e-12
    own = frame.cameras(camera(tall, wide))
    corner = own.K[0] @ torch.tensor([0.1, -0.2, 1.0], dtype=torch.float64)
    native = camera(tall, wide).K[0] @ torch.tensor([0.1, -0.2, 1.0], dtype=torch.float64)
    assert float(frame.x0 + corner[0] * frame.step_x) == pytest.approx(float(native[0]))
    assert float(frame.y0 + corner[1] * frame.step_y) == pytest.approx(float(native[1]))


@settings(deadline=None, max_examples=60)
@given(SIDES, SIDES, SIDES, SIDES)
def test_flat_frames_stay_flat_and_mean_colour_is_kept(tall, wide, height, width):
    frame = framing((tall, wide), (height, width))
    flat = np.full((tall, wide, 3), 93, np.uint8)
    np.testing.assert_allclose(frame.rgb(flat), 93 / 255, atol=1e-6)
    # up to (40 / 2 + 1)^2 float32 terms are added, each rounded to 6e-8 of the sum so far
    np.testing.assert_allclose(frame.depth(np.full((tall, wide), 2.5, np.float32)), 2.5, rtol=3e-5)
    whole = framing((tall, wide), (max(1, tall // 3), max(1, wide // 3)))
    if whole.y0 == whole.x0 == 0:
        noise = np.random.default_rng(tall).integers(0, 256, (tall, wide, 3), dtype=np.uint8)
        np.testing.assert_allclose(whole.rgb(noise).mean(), noise.mean() / 255, rtol=1e-5)


def test_the_same_size_changes_nothing():
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    depth = np.where(rng.random((9, 7)) < 0.2, 0, rng.random((9, 7)) + 1).astype(np.float32)
    frame = framing((9, 7), (9, 7))
    assert np.array_equal(frame.rgb(rgb), rgb.astype(np.float32) / np.float32(255))
    assert np.array_equal(frame.depth(depth), depth)


def test_halving_averages_four_pixels():
    rgb = np.random.default_rng(2).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    wanted = rgb.reshape(3, 2, 4, 2, 3).mean(axis=(1, 3)) / 255
    np.testing.assert_allclose(framing((6, 8), (3, 4)).rgb(rgb), wanted, atol=1e-6)


@pytest.mark.parametrize("size", [(48, 64), (32, 43), (40, 50), (96, 128), (48, 48), (24, 64)])
def test_a_slanted_plane_is_that_plane_at_every_size(size):
    native = camera(96, 128)
    normal = (0.1, -0.07, 0.5)
    frame = framing((96, 128), size)
    got = frame.depth(plane(native, normal))
    # a recorded sample stands for its whole pixel, which shifts the mean by up to a quarter pixel
    np.testing.assert_allclose(got, plane(frame.cameras(native), normal), rtol=5e-4)


@pytest.mark.parametrize("size", [(12, 16), (11, 15), (8, 8), (7, 16), (48, 64)])
def test_depth_is_never_a_mixture_of_two_surfaces(size):
    rng = np.random.default_rng(3)
    surfaces = np.float32([0, 1.0, 1.5, 4.0])
    depth = surfaces[rng.integers(0, 4, (24, 32))]
    got = framing((24, 32), size).depth(depth)
    assert set(np.unique(got.round(5)).tolist()) <= set(surfaces.tolist())


def test_depth_under_one_pixel_follows_the_stated_rule():
    blocks = np.float32([[0, 0, 0, 2.0, 2.0, 2.02, 1.0, 3.0, 1.0, 3.0],
                         [0, 0, 0, 0.0, 2.01, 0.0, 3.0, 3.0, 1.0, 3.0]])
    got = framing((2, 10), (1, 5)).depth(blocks)
    # none known; one known; three that agree; three far, one near; a draw goes to the near surface
    np.testing.assert_allclose(got, [[0, 2.0, 2.01, 3.0, 1.0]], rtol=1e-6)


def test_another_aspect_crops_the_centre_exactly():
    rgb = np.random.default_rng(4).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    frame = framing((48, 64), (36, 64))
    assert (frame.y0, frame.x0, frame.step_y, frame.step_x) == (6, 0, 1, 1)
    assert np.array_equal(frame.rgb(rgb), rgb[6:42].astype(np.float32) / np.float32(255))
    native = camera(48, 64)
    own = frame.cameras(native)
    assert float(own.K[0, 1, 2]) == float(native.K[0, 1, 2]) - 6
    assert torch.equal(own.K[0, 0], native.K[0, 0])
