"""Histograms of colours and of gradients over chosen pixels, and how far two of them are apart."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from spatialmem.errors import ShapeError
from spatialmem.generators.embedded.measures.oklab import oklab

COLOUR_DEFINITION = ("earth mover's distance of OKLab colours, mean over 13 directions (axes and diagonals of a cube, "
                     "sliced Wasserstein-1), times 100")
GRADIENT_DEFINITION = ("earth mover's distance, in octaves, of log2 lengths of the gradient of OKLab lightness, floor "
                       "1/256; mean over the full, half and quarter size")
COLOUR_BINS = 128
GRADIENT_BINS = 64
SCALES = 3
_LOW, _HIGH = -8.0, 0.5
"""Octaves: a step of 1/256, which 8 bits cannot show, to one that is longer than from black to white."""
_REACH = 1.05
"""No OKLab colour of the sRGB cube is farther from black, along any direction."""


def colour_histogram(rgb: Tensor, where: Tensor) -> Tensor:
    """Counts `[13, COLOUR_BINS]` float64 of the OKLab colours of chosen pixels along 13 directions.

    Counts of several pictures may be added.

    Args:
        rgb: `[T, H, W, 3]` sRGB 0..1. where: `[T, H, W]` bool.

    Raises:
        ShapeError: the shapes do not match.
    """
    _check(rgb, where)
    along = oklab(rgb[where]) @ _directions(rgb).T
    return torch.stack([_counts(column, -_REACH, _REACH, COLOUR_BINS) for column in along.unbind(1)])


def gradient_histogram(rgb: Tensor, where: Tensor) -> Tensor:
    """Counts `[SCALES, GRADIENT_BINS]` float64 of log2 lengths of lightness gradients between chosen pixels.

    Arguments as above. A pixel of a coarser scale counts where all that it covers was chosen.

    Raises:
        ShapeError: the shapes do not match.
    """
    _check(rgb, where)
    lightness, chosen = oklab(rgb)[..., 0][:, None], where[:, None].to(rgb.dtype)
    rows = []
    for _ in range(SCALES):
        rows.append(_counts(_octaves(lightness, chosen == 1), _LOW, _HIGH, GRADIENT_BINS))
        if min(lightness.shape[-2:]) < 2:
            lightness, chosen = lightness[..., :0], chosen[..., :0]  # too small: nothing at the scales that follow
        else:
            lightness, chosen = functional.avg_pool2d(lightness, 2), functional.avg_pool2d(chosen, 2)
    return torch.stack(rows)


def colour_distance(counts: Tensor, truth: Tensor) -> float:
    """How far two colour histograms are apart: see `COLOUR_DEFINITION`; NaN if one is empty."""
    return 100 * float(_apart(counts, truth, 2 * _REACH).mean())


def gradient_distance(counts: Tensor, truth: Tensor) -> float:
    """How far two gradient histograms are apart: see `GRADIENT_DEFINITION`; NaN if one is empty."""
    return float(_apart(counts, truth, _HIGH - _LOW).nanmean())


def crispness(counts: Tensor, truth: Tensor) -> float:
    """Mean octaves by which gradients are longer than the truth's: below 0 too smooth, above 0 too rough."""
    middles = _LOW + (torch.arange(GRADIENT_BINS, dtype=torch.float64) + 0.5) * (_HIGH - _LOW) / GRADIENT_BINS
    means = [(rows * middles).sum(-1) / rows.sum(-1) for rows in (counts, truth)]
    return float((means[0] - means[1]).nanmean())


def _apart(counts: Tensor, truth: Tensor, span: float) -> Tensor:
    """Earth mover's distance of each row of two histograms whose bins cover `span`."""
    if counts.shape != truth.shape or counts.ndim != 2:
        raise ShapeError(f"histograms: expected two of one shape, got {list(counts.shape)} and {list(truth.shape)}")
    shares = [rows / rows.sum(-1, keepdim=True) for rows in (counts, truth)]
    return (shares[0] - shares[1]).cumsum(-1).abs().sum(-1) * span / counts.shape[-1]


def _octaves(lightness: Tensor, chosen: Tensor) -> Tensor:
    """Log2 lengths `[M]` of gradients whose pixel, right and lower neighbour were all chosen."""
    here = lightness[..., :-1, :-1]
    length = torch.hypot(lightness[..., :-1, 1:] - here, lightness[..., 1:, :-1] - here)
    inside = chosen[..., :-1, :-1] & chosen[..., :-1, 1:] & chosen[..., 1:, :-1]
    return torch.log2(length[inside].clamp(min=2**_LOW))


def _counts(values: Tensor, low: float, high: float, bins: int) -> Tensor:
    place = ((values - low) * (bins / (high - low))).floor().long().clamp(0, bins - 1)
    return torch.bincount(place, minlength=bins).to(torch.float64)


def _directions(like: Tensor) -> Tensor:
    """`[13, 3]` unit vectors: the axes, the diagonals of the faces and those of the cube."""
    steps = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)]
    return like.new_tensor([[c / math.sqrt(x * x + y * y + z * z) for c in (x, y, z)]
                            for x, y, z in steps if (x, y, z) > (0, 0, 0)])


def _check(rgb: Tensor, where: Tensor) -> None:
    if rgb.ndim != 4 or rgb.shape[-1] != 3 or where.shape != rgb.shape[:3] or where.dtype != torch.bool:
        raise ShapeError("histogram: expected rgb [T, H, W, 3] and where [T, H, W] bool, "
                         f"got {list(rgb.shape)} and {list(where.shape)} {where.dtype}")
