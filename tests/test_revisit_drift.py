"""Drift of a whole route."""

import pytest
import torch
from revisit_rooms import camera, standing
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.revisit.drift import drift
from spatialmem.revisit.footage import Footage


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
    # red over green by 0.6 stops, blue over green by -0.4
    assert found["colour_drift"] == pytest.approx(0.7211, abs=0.02)
    # Rec. 709 weighs the three stops by 0.21, 0.72 and 0.07
    assert found["brightness_drift"] == pytest.approx(0.51, abs=0.06)
    faster = drift(footage(lit(stops), fps=32.0))
    assert faster["colour_drift"] == pytest.approx(1.4422, abs=0.04)
    greener = drift(footage(lit(when[:, None] * torch.tensor([0.0, 1.0, 0.0]))))
    assert greener["colour_drift"] == pytest.approx(2**0.5, abs=0.03)


def test_blur_is_a_loss_of_sharpness_and_darkness_is_not():
    still = lit(torch.zeros(32, 3))
    assert all(value == pytest.approx(0) for value in drift(footage(still)).values())
    mean = still.mean(dim=(1, 2), keepdim=True)
    softer = mean + (still - mean) * torch.linspace(1, 0.5, 32)[:, None, None, None]
    found = drift(footage(softer))
    assert found["sharpness_drift"] == pytest.approx(1 / (32 / 16 / 10), rel=0.1)
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
