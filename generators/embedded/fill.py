"""`push_pull`: holes of pictures filled smoothly from what is known around them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from spatialmem.errors import ShapeError


def push_pull(values: Tensor, weight: Tensor) -> Tensor:
    """`values` where their weight is 1, elsewhere smooth colours from around; `[T, H, W, C]`, any size.

    Pull: each coarser level sums four pixels' values by weight, its weight ending at 1, so that what lies near
    decides before what lies far. Push: each level is shown through what a finer one lacks in weight (Gortler et
    al. 1996, "The Lumigraph", section 3.4). What comes out is an average of the known values of the same frame, so
    it never leaves their range; a frame without any is 0.

    Args:
        values: `[T, H, W, C]` floating point; only looked at where the weight is not 0.
        weight: `[T, H, W]` 0..1, how well a pixel is known; a share below 1 is filled by that much.

    Raises:
        ShapeError: the shapes do not match, or the values are no floating point numbers.
    """
    if values.ndim != 4 or weight.shape != values.shape[:3] or not values.is_floating_point():
        raise ShapeError("push_pull: expected values [T, H, W, C] of floating point and weight [T, H, W], got "
                         f"{list(values.shape)} {values.dtype} and {list(weight.shape)}")
    if values.numel() == 0:
        return values.clone()
    shares = weight.to(values.dtype)[:, None]
    # what is unknown may be anything, also NaN, which no weight of 0 would remove
    weighted = torch.where(shares > 0, values.movedim(-1, 1), 0) * shares
    return _filled(weighted, shares).movedim(1, -1).contiguous()


def _filled(weighted: Tensor, shares: Tensor) -> Tensor:
    """`[T, C, H, W]` without holes, of values times weight and weights `[T, 1, H, W]`."""
    height, width = shares.shape[-2:]
    if height == width == 1:
        return torch.where(shares > 0, weighted / shares.clamp(min=torch.finfo(shares.dtype).tiny), 0)
    sums, total = _halved(weighted), _halved(shares)
    coarse = _filled(sums / total.clamp(min=1), total.clamp(max=1))
    smooth = functional.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return weighted + (1 - shares) * smooth[..., :height, :width]


def _halved(planes: Tensor) -> Tensor:
    """Sums over squares of 2x2 pixels; what an odd side lacks counts as 0."""
    height, width = planes.shape[-2:]
    return 4 * functional.avg_pool2d(functional.pad(planes, (0, width % 2, 0, height % 2)), 2)
