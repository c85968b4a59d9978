"""Which Gaussian a ray hits, as it is drawn: by what is left of the light along the ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.errors import InvalidValueError
from spatialmem.memory.cellfile import Extent
from spatialmem.poses import matrix_from_quat
from spatialmem.splats import Splats

_HALF = 0.5
_LEAST = 0.1
_FAINT = 1 / 255


@dataclass(frozen=True)
class Hit:
    """A Gaussian on a ray: its row, and the metres along the ray where it is densest."""

    row: int
    distance: float


def pick(splats: Splats, origin: Tensor, direction: Tensor) -> Hit | None:
    """The Gaussian at which half of the light along the ray is spent, or None where too little is hit.

    A Gaussian takes the share alpha = opacity * exp(-m^2 / 2) of the light that reaches it, m being the
    smallest Mahalanobis distance of the ray to it (as in Keselman & Hebert 2022). Where a tenth
    to a half is spent in all, the one that takes most is the answer.

    Args:
        splats: `N` Gaussians.
        origin, direction: `[3]` of the ray, world frame; the direction need not be of unit length.

    Raises:
        InvalidValueError: a value is not finite, or the direction is zero.
    """
    ray = torch.stack([origin, direction]).double()
    length = float(ray[1].norm())
    if not bool(torch.isfinite(ray).all()) or length == 0:
        raise InvalidValueError(f"pick: expected a finite ray, got {origin.tolist()} towards {direction.tolist()}")
    along, alpha = _densest(splats, ray[0], ray[1] / length)
    hit = ((along > 0) & (alpha > _FAINT)).nonzero()[:, 0]
    if not len(hit):
        return None
    order = hit[along[hit].argsort(stable=True)]
    left = (1 - alpha[order]).cumprod(dim=0)
    spent = left <= _HALF
    if bool(spent.any()):
        row = order[int(spent.int().argmax())]
    elif 1 - float(left[-1]) < _LEAST:
        return None
    else:
        before = torch.cat([left.new_ones(1), left[:-1]])
        row = order[int((before * alpha[order]).argmax())]
    return Hit(int(row), float(along[row]))


def boxes_hit(extents: Sequence[Extent], origin: NDArray[np.float64],
              direction: NDArray[np.float64]) -> NDArray[np.int64]:
    """Boxes, grown by their reach, that the ray enters, nearest entry first (slab test, Kay & Kajiya 1986)."""
    low = np.array([box.low for box in extents]).reshape(-1, 3)
    high = np.array([box.high for box in extents]).reshape(-1, 3)
    reach = np.array([box.reach for box in extents])[:, None]
    slope = np.where(np.abs(direction) < 1e-12, 1e-12, direction)
    a, b = (low - reach - origin) / slope, (high + reach - origin) / slope
    enter, leave = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
    found = np.flatnonzero(leave >= np.maximum(enter, 0))
    return found[np.argsort(enter[found], kind="stable")]


def _densest(splats: Splats, origin: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
    """For each Gaussian the metres along the ray where it is densest `[N]`, and its alpha there `[N]`."""
    axes = matrix_from_quat(splats.quats.double())
    scales = splats.scales.double()
    # in a Gaussian's own axes, divided by its scales, it is the unit sphere
    away = ((origin - splats.means.double())[:, None] @ axes)[:, 0] / scales
    course = (direction @ axes) / scales
    along = -(away * course).sum(dim=1) / course.square().sum(dim=1)
    nearest = (away + along[:, None] * course).square().sum(dim=1)
    return along, splats.opacities.double() * torch.exp(-nearest / 2)
