"""Measures of whole routes: drift, and the camera's path."""

from typing import NamedTuple

import pytest
import torch
from revisit_rooms import beside, camera, room, standing
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.poses import rotation_angle
from spatialmem.revisit.camera_error import camera_error, fit_similarity
from spatialmem.revisit.drift import drift
from spatialmem.revisit.footage import Footage


class Pair(NamedTuple):
    first: int
    again: int


def bytes_of(rgb: Tensor) -> Tensor:
    return (rgb.clamp(0, 1) * 255).round().to(torch.uint8)


def footage(rgb: Tensor, fps: float = 16.0) -> Footage:
    """Pictures `[T, H, W, 3]` 0..1 from one place."""
    one = camera(standing(0.0), (rgb.shape[1], rgb.shape[2]))
    return Footage(bytes_of(rgb), Cameras.concat([one] * len(rgb)), fps)


def lit(stops: Tensor) -> Tensor:
    """A pattern `[T, 24, 32, 3]` whose light changes by `stops` `[T, 3]` per channel (power law 2.4 of sRGB, high)."""
    pattern = 0.2 + 0.1 * torch.rand(24, 32, 1, generator=torch.manual_seed(0))
    light = pattern[None] * torch.exp2(stops)[:, None, None]
    return 1.055 * light ** (1 / 2.4) - 0.055


def test_known_slopes_come_out():
    when = torch.arange(160) / 16 / 10    # tens of seconds
    stops = when[:, None] * torch.tensor([1.0, 0.4, 0.0])
    found = drift(footage(lit(stops)))
    assert found["colour_drift"] == pytest.approx(1.0, abs=0.02)
    # Rec. 709 weighs the three stops by 0.21, 0.72 and 0.07
    assert found["brightness_drift"] == pytest.approx(0.51, abs=0.06)
    faster = drift(footage(lit(stops), fps=32.0))
    assert faster["colour_drift"] == pytest.approx(2.0, abs=0.04)


def test_blur_is_a_loss_of_sharpness_and_darkness_is_not():
    still = lit(torch.zeros(32, 3))
    assert all(value == pytest.approx(0) for value in drift(footage(still)).values())
    mean = still.mean(dim=(1, 2), keepdim=True)
    softer = mean + (still - mean) * torch.linspace(1, 0.5, 32)[:, None, None, None]
    found = drift(footage(softer))
    assert found["sharpness_drift"] == pytest.approx(-1 / (32 / 16 / 10), rel=0.1)
    assert found["brightness_drift"] == pytest.approx(0, abs=0.1)
    darker = drift(footage(still * torch.linspace(1, 0.5, 32)[:, None, None, None]))
    assert darker["sharpness_drift"] == pytest.approx(0, abs=0.3)


def test_a_glimpse_of_something_else_is_no_drift():
    rgb = lit(torch.zeros(60, 3))
    rgb[20:30] = torch.tensor([1.0, 0.9, 0.2])
    assert all(value == pytest.approx(0, abs=0.05) for value in drift(footage(rgb)).values())


def test_black_pictures_and_single_ones_are_no_trouble():
    assert all(value == pytest.approx(0) for value in drift(footage(torch.zeros(4, 24, 32, 3))).values())
    assert set(drift(footage(torch.zeros(1, 24, 32, 3))).values()) == {None}


def route(error: list[Tensor]) -> tuple[Footage, list[Pair], list[Tensor]]:
    """Out along five poses and back along the same, taken at `error` times them."""
    asked = []
    for i in range(5):
        T = standing(6.0 * i)
        T[:2, 3] += torch.tensor([0.08 * i, 0.05 * (i % 2)], dtype=torch.float64)
        asked.append(T)
    taken = [T @ E for T, E in zip(asked, error, strict=True)]
    truth = room().truth(Cameras.concat([camera(T) for T in (*asked, *taken)]))
    assert truth.depth is not None
    claimed = Cameras.concat([camera(T) for T in (*asked, *asked)])
    return (Footage(bytes_of(truth.rgb), claimed, 16.0, truth.depth), [Pair(i, 5 + i) for i in range(5)], taken)


def test_a_true_path_has_no_error_and_a_shaken_one_has_its_own():
    eye = torch.eye(4, dtype=torch.float64)
    still = camera_error(*route([eye] * 5)[:2])
    assert still == {"path_cm": pytest.approx(0, abs=0.05), "path_degrees": pytest.approx(0, abs=0.01)}
    shaken = camera_error(*route([beside(eye, 4.0, 1.5, seed=i) for i in range(5)])[:2])
    assert 2 < (shaken["path_cm"] or 0) < 5
    assert 0.8 < (shaken["path_degrees"] or 0) < 1.8


def test_what_cannot_be_told_is_not():
    made, pairs, _ = route([torch.eye(4, dtype=torch.float64)] * 5)
    none = {"path_cm": None, "path_degrees": None}
    assert camera_error(made, pairs[:2]) == none
    assert camera_error(made, []) == none
    assert camera_error(Footage(made.rgb, made.cameras, 16.0), pairs) == none


def test_the_truth_may_stand_elsewhere():
    made, pairs, _ = route([beside(torch.eye(4, dtype=torch.float64), 4.0, 1.5, seed=i) for i in range(5)])
    assert made.depth is not None
    first = Footage(made.rgb[:5], made.cameras[:5], 16.0, made.depth[:5])
    later = Footage(made.rgb[5:], made.cameras[5:], 16.0)
    again = camera_error(later, [Pair(i, i) for i in range(5)], truth=first)
    assert again["path_cm"] == pytest.approx(camera_error(made, pairs)["path_cm"])


@pytest.mark.parametrize("line", [False, True])
def test_a_similarity_is_taken_out(line: bool):
    poses = torch.stack([beside(standing(12.0 * i), 30.0 * i, 5.0, seed=i) for i in range(6)])
    if line:
        poses[:, :3, 3] = torch.arange(6, dtype=torch.float64)[:, None] * torch.tensor([0.1, 0.2, 0.0])
    S = beside(torch.eye(4, dtype=torch.float64), 70.0, 25.0, seed=9)
    moved = S @ poses
    moved[:, :3, 3] *= 1.7
    back = fit_similarity(moved, poses)
    torch.testing.assert_close(back[:, :3, 3], poses[:, :3, 3], atol=1e-9, rtol=0)
    assert float(rotation_angle(back, poses).max()) < 1e-6
