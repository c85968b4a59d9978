"""What time does to the same views."""

import pytest
import torch
from revisit_rooms import camera, standing
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.revisit.drift import drift
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.route import Pair

RETURNS = tuple(Pair(first, first + 152, 145) for first in range(8))


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
    found = drift(footage(lit(stops)), RETURNS)
    # red over green by 0.6 stops, blue over green by -0.4
    assert found["colour_drift"] == pytest.approx(0.7211, abs=0.02)
    # Rec. 709 weighs the three stops by 0.21, 0.72 and 0.07
    assert found["brightness_drift"] == pytest.approx(0.51, abs=0.06)
    faster = drift(footage(lit(stops), fps=32.0), RETURNS)
    assert faster["colour_drift"] == pytest.approx(1.4422, abs=0.04)
    greener = drift(footage(lit(when[:, None] * torch.tensor([0.0, 1.0, 0.0]))), RETURNS)
    assert greener["colour_drift"] == pytest.approx(2**0.5, abs=0.03)
    darker = drift(footage(lit(-stops)), RETURNS)    # either way counts
    assert darker["brightness_drift"] == pytest.approx(0.47, abs=0.1)


def test_blur_is_a_loss_of_sharpness_and_darkness_is_not():
    still = lit(torch.zeros(160, 3))
    mean = still.mean(dim=(1, 2), keepdim=True)
    share = torch.linspace(1, 0.5, 160)[:, None, None, None]
    found = drift(footage(mean + (still - mean) * share), RETURNS)
    assert found["sharpness_drift"] == pytest.approx(1.0, rel=0.15)
    assert found["brightness_drift"] == pytest.approx(0, abs=0.1)
    assert drift(footage(still * share), RETURNS)["sharpness_drift"] == pytest.approx(0, abs=0.1)


def test_what_the_path_shows_in_between_is_no_drift():
    rgb = lit(torch.zeros(160, 3))
    rgb[20:150] = torch.rand(130, 24, 32, 3, generator=torch.manual_seed(1))
    found = drift(footage(rgb), RETURNS)
    assert found.pop("sharpness") == pytest.approx(9, abs=4)
    assert set(found.values()) == {0.0}


def test_one_strange_return_of_many_is_no_drift():
    rgb = lit(torch.zeros(160, 3))
    rgb[153] = torch.tensor([1.0, 0.9, 0.2])
    found = drift(footage(rgb), RETURNS)
    assert all(found[name] == pytest.approx(0) for name in found if name != "sharpness")


def test_black_pictures_and_truths_are_no_trouble():
    black = drift(footage(torch.zeros(160, 24, 32, 3)), RETURNS)
    assert all(value == pytest.approx(0) for value in black.values())
    nothing = drift(footage(torch.zeros(4, 24, 32, 3)), (Pair(2, 2, 3),))
    assert set(nothing.values()) == {None} and set(nothing) == set(black)
