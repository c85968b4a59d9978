"""MS-SSIM, FLIP and what a picture is like by itself; PSNR and SSIM over chosen pixels."""

import math

import flip_evaluator
import pytest
import torch
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.metrics import (
    FLIP_DEFINITION,
    MS_SSIM_DEFINITION,
    brightness,
    chromaticity,
    flip,
    ms_ssim,
    psnr,
    sharpness,
    ssim,
)

FIVE = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def pictures(height: int, width: int) -> tuple[Tensor, Tensor]:
    """A smooth picture `[1, H, W, 3]` with texture, and a disturbed one."""
    random = torch.manual_seed(0)
    coarse = torch.rand(1, 3, 6, 8, generator=random)
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").permute(0, 2, 3, 1)
    image = (0.8 * smooth + 0.1 * torch.rand(1, height, width, 3, generator=random)).clamp(0, 1)
    return image, (image + 0.08 * torch.randn(image.shape, generator=random)).clamp(0, 1)


def by_the_paper(a: Tensor, b: Tensor) -> float:
    """MS-SSIM with all five scales, pixel by pixel of the formula, one channel at a time."""
    offsets = torch.arange(-5, 6, dtype=torch.float64)
    line = torch.exp(-offsets**2 / (2 * 1.5**2))
    window = torch.outer(line, line) / line.sum() ** 2
    total = 0.0
    for channel in range(3):
        x, y = (v[0, ..., channel].double()[None, None] for v in (a, b))
        product = 1.0
        for scale, weight in enumerate(FIVE):
            def mean(v: Tensor) -> Tensor:
                return torch.nn.functional.conv2d(v, window[None, None])
            mx, my = mean(x), mean(y)
            vx, vy, vxy = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
            term = (2 * vxy + 9e-4) / (vx + vy + 9e-4)
            if scale == 4:
                term = term * (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
            product *= float(term.mean()) ** weight
            x, y = (torch.nn.functional.avg_pool2d(v, 2) for v in (x, y))
        total += product / 3
    return total


def test_ms_ssim_is_that_of_the_paper_where_five_scales_fit():
    a, b = pictures(176, 208)
    assert float(ms_ssim(a, b)[0]) == pytest.approx(by_the_paper(a, b), abs=1e-9)
    assert "five" in MS_SSIM_DEFINITION


def test_ms_ssim_of_small_pictures_has_fewer_scales():
    a, b = pictures(21, 40)
    torch.testing.assert_close(ms_ssim(a, b), ssim(a, b), atol=1e-3, rtol=0)    # one scale: SSIM, up to channels
    for height in (22, 96):
        a, b = pictures(height, 64)
        assert 0 < float(ms_ssim(a, b)) < 1
        assert float(ms_ssim(a, a)) == pytest.approx(1)
        assert float(ms_ssim(a, b)) == pytest.approx(float(ms_ssim(b, a)))
        assert float(ms_ssim(a, 1 - a)) < 0.1


def test_flip_is_that_of_its_authors():
    a, b = pictures(40, 60)
    both = flip(torch.cat([b, a]), torch.cat([a, a]))
    _, mean, _ = flip_evaluator.evaluate(a[0].numpy(), b[0].numpy(), "LDR", parameters={"ppd": 67.0})
    assert float(both[0]) == pytest.approx(mean, abs=1e-7)
    assert float(both[1]) == pytest.approx(0, abs=1e-6)
    assert "67 pixels per degree" in FLIP_DEFINITION


def test_flip_takes_transposed_memory_for_what_it_shows():
    a, b = pictures(40, 60)
    turned = b.transpose(1, 2).contiguous().transpose(1, 2)
    assert float(flip(turned, a)) == float(flip(b, a))


def test_chosen_pixels_alone_count():
    a, b = pictures(40, 60)
    left = torch.zeros(1, 40, 60, dtype=torch.bool)
    left[:, :, :30] = True
    assert float(psnr(a, b, left)) == pytest.approx(float(psnr(a[:, :, :30], b[:, :, :30])), abs=1e-4)
    assert float(psnr(a, b, torch.ones_like(left))) == pytest.approx(float(psnr(a, b)), abs=1e-4)
    assert float(ssim(a, b, torch.ones_like(left))) == pytest.approx(float(ssim(a, b)), abs=1e-9)
    half = torch.cat([a[:, :, :36], b[:, :, 36:]], dim=2)
    assert float(ssim(a, half, left)) == pytest.approx(1, abs=0.02)
    assert math.isnan(float(psnr(a, b, ~left & left))) and math.isnan(float(ssim(a, b, ~left & left)))


@pytest.mark.parametrize("measure", [ms_ssim, flip])
def test_images_that_do_not_match_are_refused(measure):
    a, b = pictures(40, 60)
    for wrong in (b[:, :20], b[..., :1], b[0]):
        with pytest.raises(ShapeError, match="batches of one shape"):
            measure(a, wrong)


def test_masks_and_sizes_are_checked():
    a, b = pictures(40, 60)
    with pytest.raises(ShapeError, match="ms_ssim: images need at least 11 pixels a side, got 60x10"):
        ms_ssim(a[:, :10], b[:, :10])
    for wrong in (torch.ones(1, 40, 30, dtype=torch.bool), torch.ones(1, 40, 60)):
        with pytest.raises(ShapeError, match=r"where: expected \[1, 40, 60\] bool"):
            psnr(a, b, wrong)


def test_light_is_measured_as_light():
    grey = torch.full((1, 8, 8, 3), 0.5)
    assert float(brightness(grey)) == pytest.approx(0.21404, abs=1e-4)    # sRGB 0.5
    assert float(brightness(torch.ones(1, 8, 8, 3))) == pytest.approx(1)
    assert chromaticity(grey).tolist() == [[pytest.approx(1), pytest.approx(1)]]
    warm = grey * torch.tensor([1.0, 1.0, 0.5])
    assert chromaticity(warm).tolist() == [[pytest.approx(1), pytest.approx(0.05088 / 0.21404, rel=0.01)]]


def test_sharpness_is_a_relative_slope():
    ramp = torch.linspace(0, 1, 21)[None, None, :, None].expand(1, 9, 21, 3)
    assert float(sharpness(ramp)) == pytest.approx(0.05 / 0.5, rel=1e-3)
    assert float(sharpness(ramp * 0.5)) == pytest.approx(float(sharpness(ramp)), rel=1e-3)
    assert float(sharpness(torch.full((1, 8, 8, 3), 0.3))) == 0
