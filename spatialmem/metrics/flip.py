"""FLIP: the difference that a viewer sees when two pictures alternate, by its authors' library."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.errors import ShapeError

PIXELS_PER_DEGREE = 67.0
FLIP_DEFINITION = f"LDR-FLIP (Andersson et al. 2020), mean of the map, {PIXELS_PER_DEGREE:g} pixels per degree"


def flip(image: Tensor, truth: Tensor) -> Tensor:
    """Mean FLIP difference `[T]`, 0 (none) to 1, of images `[T, H, W, 3]` sRGB 0..1: see `FLIP_DEFINITION`.

    Raises:
        ShapeError: the shapes differ, or are no colour images.
    """
    import flip_evaluator

    if image.ndim != 4 or image.shape != truth.shape or image.shape[-1] != 3:
        raise ShapeError("expected two [T, H, W, 3] batches of one shape, "
                         f"got {list(image.shape)} and {list(truth.shape)}")
    means = [flip_evaluator.evaluate(b.numpy(), a.numpy(), "LDR", applyMagma=False,
                                     parameters={"ppd": PIXELS_PER_DEGREE})[1]
             for a, b in zip(image.contiguous(), truth.contiguous(), strict=True)]
    return torch.tensor(means, dtype=torch.float64)
