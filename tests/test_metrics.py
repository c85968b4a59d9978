"""PSNR and SSIM by their definitions."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.metrics import psnr, ssim


def pictures(count: int = 2) -> tuple[Tensor, Tensor]:
    """Images `[T, 24, 31, 3]` and disturbed ones."""
    random = torch.Generator().manual_seed(0)
    rows, columns = torch.meshgrid(torch.linspace(0, 6, 24), torch.linspace(0, 9, 31), indexing="ij")
    base = 0.5 + 0.4 * torch.sin(torch.stack([rows + i * columns for i in range(3)], dim=-1))
    images = base.repeat(count, 1, 1, 1)
    noise = 0.1 * torch.randn(images.shape, generator=random)
    return images, (images + noise).clamp(0, 1)


def test_psnr_of_known_errors():
    black = torch.zeros(3, 4, 5, 3)
    other = torch.stack([torch.full((4, 5, 3), 1.0), torch.full((4, 5, 3), 0.1), torch.zeros(4, 5, 3)])
    torch.testing.assert_close(psnr(other, black), torch.tensor([0.0, 20.0, 100.0]))
    torch.testing.assert_close(psnr(other, black), psnr(black, other))


def test_ssim_of_known_images():
    a, b = pictures()
    torch.testing.assert_close(ssim(a, a), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(ssim(a, b), ssim(b, a))
    assert bool((ssim(a, b) < 0.95).all())
    grey, white = torch.full((1, 11, 11, 3), 0.5), torch.ones(1, 11, 11, 3)
    flat = (2 * 0.5 + 1e-4) / (0.25 + 1 + 1e-4)  # without variance only the means are compared
    torch.testing.assert_close(ssim(grey, white), torch.tensor([flat], dtype=torch.float64))


def test_ssim_is_that_of_scikit_image():
    metrics = pytest.importorskip("skimage.metrics")
    a, b = pictures(1)
    theirs = metrics.structural_similarity(a[0].double().numpy(), b[0].double().numpy(), channel_axis=-1,
                                           gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
                                           data_range=1.0)
    assert float(ssim(a, b)[0]) == pytest.approx(float(theirs), abs=1e-7)


def test_every_image_is_measured_by_itself():
    a, b = pictures(2)
    b = torch.stack([b[0], a[1]])
    assert float(psnr(a, b)[0]) == float(psnr(a[:1], b[:1])[0])
    assert float(ssim(a, b)[0]) == pytest.approx(float(ssim(a[:1], b[:1])[0]), abs=1e-12)
    assert math.isclose(float(ssim(a, b)[1]), 1)
    assert np.isclose(float(psnr(a, b)[1]), 100)


@pytest.mark.parametrize("measure", [psnr, ssim])
def test_images_that_do_not_match_are_refused(measure: object):
    a, b = pictures(2)
    for wrong in (b[:1], b[:, :20], b[..., :1], b[0]):
        with pytest.raises(ShapeError, match=r"two \[T, H, W, C\] batches of one shape"):
            measure(a, wrong)  # type: ignore[operator]


def test_ssim_needs_room_for_its_window():
    a, b = pictures(1)
    with pytest.raises(ShapeError, match="at least 11 pixels a side, got 31x10"):
        ssim(a[:, :10], b[:, :10])
