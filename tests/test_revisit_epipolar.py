"""Where features can be after a motion of the camera: checked against points that are known."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from revisit_footage import posed

from spatialmem.camera import Cameras, project
from spatialmem.poses import matrix_from_quat
from spatialmem.revisit.epipolar import Sighting, off_course, sightings, turned
from spatialmem.revisit.footage import Footage

HOME = torch.tensor([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]], dtype=torch.float64)
"""Looks along +x, +Z up."""


def seen(points: torch.Tensor, cameras: Cameras) -> Sighting:
    """The points `[N, 3]` that lie before both of two cameras."""
    pixels, z = project(points, cameras)
    front = (z > 0.3).all(dim=0)
    return Sighting(0, 1, pixels[0][front], pixels[1][front])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(0, 1.0))
def test_true_points_are_on_their_course_whatever_the_cameras(seed: int, way: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    cameras = posed(HOME, [0, 0], [0, 0], [0, 0])
    T = cameras.T_world_cam.clone()
    small = torch.randn(3, dtype=torch.float64, generator=generator) * 0.1
    T[1, :3, :3] = T[1, :3, :3] @ matrix_from_quat(torch.cat([torch.ones(1, dtype=torch.float64), small]))
    T[1, :3, 3] += way * torch.nn.functional.normalize(torch.randn(3, dtype=torch.float64, generator=generator), dim=0)
    cameras = Cameras(cameras.K, T, cameras.height, cameras.width)
    points = torch.rand(60, 3, dtype=torch.float64, generator=generator) * torch.tensor([6.0, 4.0, 4.0])
    sighting = seen(points + torch.tensor([1.5, -2.0, -2.0]), cameras)
    assert len(sighting.before) > 10
    assert float(off_course(sighting, cameras).max()) < 1e-6


def test_a_point_is_as_far_off_as_it_was_moved_across_its_course() -> None:
    cameras = posed(HOME, [0, 0], [0, 0.5], [0, 0])  # sideways: courses are level
    sighting = seen(torch.tensor([[3.0, 0.2, 0.1], [4.0, -0.5, 0.3]], dtype=torch.float64), cameras)
    across = Sighting(0, 1, sighting.before, sighting.after + torch.tensor([0.0, 3.0]))
    along = Sighting(0, 1, sighting.before, sighting.after + torch.tensor([2.0, 0.0]))
    assert off_course(across, cameras).tolist() == pytest.approx([3, 3])
    assert off_course(along, cameras).tolist() == pytest.approx([0, 0], abs=1e-9)


def test_the_other_way_and_nearer_than_anything_is_off_course() -> None:
    there, back = posed(HOME, [0, 0], [0, 0.5], [0, 0]), posed(HOME, [0, 0], [0, -0.5], [0, 0])
    sighting = seen(torch.tensor([[3.0, 0.2, 0.1]], dtype=torch.float64), there)
    assert float(off_course(sighting, back)) == pytest.approx(float(sighting.moved))
    assert float(off_course(sighting, there, nearest=6.0)) == pytest.approx(float(sighting.moved) / 2)


def test_a_camera_that_only_turns_leaves_one_place() -> None:
    cameras = posed(HOME, [0, 0], [0, 0], [0, 5.0])
    sighting = seen(torch.tensor([[3.0, 0.0, 0.0]], dtype=torch.float64), cameras)
    expected = float(cameras.K[0, 0, 0]) * math.tan(math.radians(5))
    assert turned(sighting, cameras) == pytest.approx(expected)
    unmoved = Sighting(0, 1, sighting.before, sighting.before)
    assert float(off_course(unmoved, cameras)) == pytest.approx(expected)


def test_what_lies_behind_the_second_camera_is_nowhere() -> None:
    cameras = posed(HOME, [0, 0], [0, 0], [0, 180.0])
    pixel = torch.tensor([[128.0, 96.0]], dtype=torch.float64)
    assert float(off_course(Sighting(0, 1, pixel, pixel), cameras)) == float("inf")
    assert turned(Sighting(0, 1, pixel, pixel), cameras) == float("inf")


def test_tiny_and_lonely_pictures_have_no_features() -> None:
    for count, size in ((4, {"height": 24, "width": 32}), (1, {"height": 48, "width": 64})):
        cameras = posed(HOME, [0] * count, [0] * count, [0] * count, **size)
        rgb = torch.randint(0, 255, (count, cameras.height, cameras.width, 3), dtype=torch.uint8)
        assert sightings(Footage(rgb, cameras, 16.0), 6) == []
