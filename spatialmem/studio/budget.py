"""Which cells are drawn whole and which thinned, so that a large world stays within a number of Gaussians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.errors import InvalidValueError
from spatialmem.memory.cellfile import Extent
from spatialmem.splats import Splats

MOST_CELLS = 1300
"""A page keeps one row of a texture a cell: 4096 texels, the least that browsers have, take 1365."""

_LEAST = 32
_STEPS = 2
_NEAREST = 0.5
_WIDEST = 8.0


def choose(extents: Sequence[Extent], counts: Sequence[int], eyes: NDArray[np.float64],
           budget: int) -> NDArray[np.int64]:
    """How many Gaussians of each cell to draw, `[N]`; their sum is at most `budget`.

    Cells get Gaussians by how large they appear, the solid angle of their box from the nearest of
    `eyes`, and no more than they have: what is near is drawn whole before what is far. Shares are
    rounded down to powers of the square root of a half, so that a small move changes few cells.

    Args:
        extents, counts: box and number of Gaussians of each of `N` cells.
        eyes: `[E, 3]` places of the viewers, metres; at least one.
        budget: most Gaussians in all.

    Raises:
        InvalidValueError: `budget` below 1, or no eye.
    """
    if budget < 1 or len(eyes) < 1:
        raise InvalidValueError(f"choose: expected a budget and at least one eye, got {budget} and {len(eyes)}")
    have = np.asarray(counts, dtype=np.float64)
    if len(have) <= MOST_CELLS and have.sum() <= budget:
        return have.astype(np.int64)
    appears = _solid_angle(extents, eyes)
    large = np.argsort(-appears, kind="stable")[:MOST_CELLS]
    keep = np.zeros(len(have), dtype=np.int64)
    keep[large] = _rounded_down(_poured(have[large], appears[large], budget), have[large])
    return keep


def nearest_first(extents: Sequence[Extent], eyes: NDArray[np.float64]) -> NDArray[np.int64]:
    """The order `[N]` in which cells are sent: those nearest to any of `eyes` `[E, 3]` first."""
    return np.argsort(_distance(extents, eyes), kind="stable")


def thin(splats: Splats, keep: int, eye: NDArray[np.float64]) -> Splats:
    """About `keep` of the Gaussians (never more), enlarged so that they cover what all of them covered.

    Along a space-filling curve the Gaussians are divided into runs of equal appearance (opacity times
    area over squared distance from `eye`). Of each run the one that appears largest stays: it takes the
    run's mean colour and grows by the root of what it stands for.

    Raises:
        InvalidValueError: `keep` below 1.
    """
    if keep < 1:
        raise InvalidValueError(f"thin: expected to keep at least one Gaussian, got {keep}")
    if keep >= len(splats):
        return splats
    order = _along_curve(splats.means)
    weight = _appearance(splats, eye)[order]
    ends = weight.cumsum(0)
    run = (ends * (keep / float(ends[-1]))).ceil().long().clamp(1, keep) - 1
    _, run = torch.unique_consecutive(run, return_inverse=True)
    runs = int(run[-1]) + 1
    total = torch.zeros(runs, dtype=torch.float64).index_add_(0, run, weight)
    best = torch.zeros(runs, dtype=torch.float64).scatter_reduce_(0, run, weight, "amax")
    first = torch.full((runs,), len(order)).scatter_reduce_(
        0, run, torch.where(weight == best[run], torch.arange(len(order)), len(order)), "amin")
    colors = torch.zeros(runs, 3, dtype=torch.float64).index_add_(0, run, splats.colors[order] * weight[:, None])
    grown = (total / best).sqrt().clamp(max=_WIDEST).float()
    kept = splats[order[first]]
    return replace(kept, scales=_widened(kept.scales, grown), colors=(colors / total[:, None]).float())


def _poured(have: NDArray[np.float64], appears: NDArray[np.float64], budget: int) -> NDArray[np.float64]:
    """Shares of `budget` in proportion to `appears`, none above `have` (water filling)."""
    order = np.argsort(have / appears, kind="stable")
    full = np.concatenate([[0.0], np.cumsum(have[order])])[:-1]
    rest = np.cumsum(appears[order][::-1])[::-1]
    used = full + (have / appears)[order] * rest  # in all, when the water stands at the rim of each cell
    short = np.flatnonzero(used > budget)
    if not len(short):
        return have
    level = float((budget - full[short[0]]) / rest[short[0]])
    return np.minimum(have, appears * level)


def _rounded_down(keep: NDArray[np.float64], have: NDArray[np.float64]) -> NDArray[np.int64]:
    level = np.ceil(-_STEPS * np.log2(np.maximum(keep / have, 1e-12)) - 1e-9)
    rounded = np.floor(have * 2.0 ** (-level / _STEPS))
    rounded[(rounded < _LEAST) & (rounded < have)] = 0
    return rounded.astype(np.int64)


def _solid_angle(extents: Sequence[Extent], eyes: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.array([np.subtract(box.high, box.low) + 2 * box.reach for box in extents]).reshape(-1, 3)
    away = np.maximum(_distance(extents, eyes), _NEAREST)
    return np.asarray(np.minimum(np.square(size).sum(axis=1) / np.square(away), 4 * np.pi))


def _distance(extents: Sequence[Extent], eyes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from each box to the nearest eye, 0 within it."""
    low = np.array([box.low for box in extents]).reshape(-1, 1, 3)
    high = np.array([box.high for box in extents]).reshape(-1, 1, 3)
    gap = np.maximum(np.maximum(low - eyes, eyes - high), 0)
    return np.asarray(np.linalg.norm(gap, axis=2).min(axis=1))


def _appearance(splats: Splats, eye: NDArray[np.float64]) -> Tensor:
    broad = splats.scales.double().topk(2, dim=1).values.prod(dim=1)
    away = (splats.means.double() - torch.from_numpy(eye)).square().sum(dim=1).clamp(min=_NEAREST**2)
    return (splats.opacities.double() * broad / away).clamp(min=1e-12)


def _widened(scales: Tensor, factor: Tensor) -> Tensor:
    """Both broad axes times `factor` `[N]`; the shortest stays, so that surfaces stay flat."""
    shortest = torch.nn.functional.one_hot(scales.argmin(dim=1), 3).bool()
    return torch.where(shortest, scales, scales * factor[:, None])


def _along_curve(points: Tensor) -> Tensor:
    """Row numbers of `points` `[N, 3]` along the Z-order curve (Morton 1966) through their box."""
    low, high = torch.aminmax(points.double(), dim=0)
    cube = ((points.double() - low) / (high - low).max().clamp(min=1e-9) * 1023).long()
    code = torch.zeros(len(points), dtype=torch.int64)
    for bit in range(10):
        for axis in range(3):
            code |= ((cube[:, axis] >> bit) & 1) << (3 * bit + axis)
    return code.argsort(stable=True)
