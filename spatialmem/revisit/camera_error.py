"""`camera_error`: the path that the returns of a route were really taken from, against the one asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.poses import rotation_angle
from spatialmem.render.cpu.threads import serial_torch
from spatialmem.revisit.align import align
from spatialmem.revisit.footage import Footage

FEWEST = 3
"""Distinct centres below which no path can be told from another."""
DISTINCT = 1e-3
"""Metres between centres that are distinct."""


class PairOfFrames(Protocol):
    """Numbers of a frame and of the one that should look like it."""

    @property
    def first(self) -> int: ...
    @property
    def again(self) -> int: ...


@serial_torch()
def camera_error(footage: Footage, pairs: Sequence[PairOfFrames], *,
                 truth: Footage | None = None) -> dict[str, float | None]:
    """`path_cm` and `path_degrees`: root mean squares over the pairs, after a similarity fit.

    Where the returns were taken is re-estimated from their pictures (`align`); one whose picture tells of no other
    pose counts as taken where it was asked for.

    Args:
        footage: the whole route; its first visits need depth.
        pairs: of frames of the route.
        truth: where the first of each pair is taken from; None = from the same footage.

    Returns None for both without depth, or where fewer than three distinct centres were asked for.
    """
    none: dict[str, float | None] = {"path_cm": None, "path_degrees": None}
    source = footage if truth is None else truth
    if source.depth is None:
        return none
    asked = footage.cameras.T_world_cam[[pair.again for pair in pairs]]
    if _distinct(asked) < FEWEST:
        return none
    taken = torch.stack([align(source.frames([pair.first]), footage.frames([pair.again])).T_world_cam
                         for pair in pairs])
    fitted = fit_similarity(taken, asked)
    distances = (fitted[:, :3, 3] - asked[:, :3, 3]).norm(dim=1)
    angles = torch.rad2deg(rotation_angle(fitted, asked))
    return {"path_cm": 100 * _rms(distances), "path_degrees": _rms(angles)}


def fit_similarity(taken: Tensor, asked: Tensor) -> Tensor:
    """The poses `taken` `[T, 4, 4]` moved, turned and scaled as one to lie best on `asked` `[T, 4, 4]`.

    Umeyama 1991, with the cameras' axes beside their centres in the covariance: centres on a line, which is
    what a short visit's are, leave a turn about that line open, and the axes do not.
    """
    centres = [T[:, :3, 3].numpy() for T in (taken, asked)]
    means = [c.mean(0) for c in centres]
    a, b = (c - mean for c, mean in zip(centres, means, strict=True))
    spread = float((b**2).sum()) or 1.0
    covariance = b.T @ a / spread + np.einsum("tij,tkj->ik", asked[:, :3, :3].numpy(), taken[:, :3, :3].numpy())
    R = _nearest_rotation(covariance)
    scale = float((b * (a @ R.T)).sum() / (a**2).sum()) if (a**2).sum() > 0 else 1.0
    out = taken.clone()
    out[:, :3, :3] = torch.from_numpy(R) @ taken[:, :3, :3]
    out[:, :3, 3] = torch.from_numpy(scale * (a @ R.T) + means[1])
    return out


def _nearest_rotation(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    left, _, right = np.linalg.svd(covariance)
    sign = np.sign(np.linalg.det(left @ right))
    R: NDArray[np.float64] = left @ np.diag([1, 1, sign]) @ right
    return R


def _distinct(T: Tensor) -> int:
    return len(torch.unique((T[:, :3, 3] / DISTINCT).round(), dim=0))


def _rms(values: Tensor) -> float:
    return float((values**2).mean().sqrt())
