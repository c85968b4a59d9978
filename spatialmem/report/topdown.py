"""A picture of a world from above, with the walk in it: the map that a report begins with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spatialmem.camera import Cameras, project
from spatialmem.export.ply import viewer_from_world
from spatialmem.render import render_splats
from spatialmem.splats import Splats
from spatialmem.world import World

WIDTH = 1400
"""Pixels across: twice what a wide page shows, so that it stays sharp on a dense screen."""

GAUSSIAN_LIMIT = 2_000_000
"""More than that are thinned out evenly before they are drawn, and grown to cover what was left out."""

HEADROOM = 0.2
"""Metres above the highest camera from which on nothing is drawn: ceilings, treetops."""

_AROUND = 4.0
_BULK = (0.005, 0.995)
_AWAY = 60.0
_ASPECTS = (0.5, 0.8)
_MARGIN = 0.03
_FOOT = 0.04  # room for the scale bar, in widths


@dataclass(frozen=True, eq=False)
class TopDown:
    """A world from above, without what is higher than the eyes of those who walked it.

    Attributes:
        rgb: `[H, W, 3]` float32 0..1 over black.
        alpha: `[H, W]` float32 0..1, 0 where nothing is known.
        points: `[T, 2]` pixels (x, y) of each frame's camera.
        ahead: `[T, 2]` pixels that one metre along each camera's axis makes.
        scale: pixels a metre.
        right, top: the signed world axes that point to the right and to the top, such as "+X".
    """

    rgb: Tensor
    alpha: Tensor
    points: Tensor
    ahead: Tensor
    scale: float
    right: str
    top: str


def top_down(world: World, *, width: int = WIDTH) -> TopDown:
    """The map of a world that holds one frame or more; its longer side lies across.

    It covers the walk and what lies around it, 4 m or the length of the walk's diagonal at most. The
    backdrop (sky) is left out. The camera stands so high that all lines of sight are parallel to
    within a degree.
    """
    poses = world.bank.keyframes.T_world_cam
    right, down, top = viewer_from_world(world.up)
    eyes = float((poses[:, :3, 3] @ -down).max())
    splats = _below(world, -down, eyes + HEADROOM)
    low, high = _extent(splats, poses[:, :3, 3], torch.stack([right, top]))
    if high[1] - low[1] > high[0] - low[0]:  # a quarter turn
        right, top = top, -right
        low, high = torch.stack([low[1], -high[0]]), torch.stack([high[1], -low[0]])
    low = low - torch.tensor([0.0, _FOOT]) * (high - low)[0]
    camera = _camera_above((right, top, down), (low, high), eyes, width)
    view = render_splats(splats.to(world.device), camera.to(world.device)).to("cpu")
    scale = width / float(high[0] - low[0])
    points, _ = project(poses[:, :3, 3], camera)
    ahead = scale * poses[:, :3, 2] @ torch.stack([right, -top]).T
    alpha = view.alpha[0] if view.alpha is not None else torch.ones(view.rgb.shape[1:3])
    return TopDown(view.rgb[0], alpha, points[0], ahead, scale, _name(right), _name(top))


def _below(world: World, up: Tensor, ceiling: float) -> Splats:
    """The Gaussians under `ceiling`, cell by cell, so that a large world is never in memory as a whole."""
    stride = math.ceil(world.bank.commits()[-1].gaussians / GAUSSIAN_LIMIT)
    parts = []
    for key in world.bank.cells:
        cell = world.bank.splats([key])
        parts.append(cell[(cell.means @ up.float() <= ceiling) & (cell.confidence > 0)][::stride])
    splats = Splats.concat(parts)
    return splats if stride <= 1 else replace(splats, scales=splats.scales * math.sqrt(stride))


def _extent(splats: Splats, centres: Tensor, axes: Tensor) -> tuple[Tensor, Tensor]:
    """Lowest and highest ground coordinates `[2]` float64 along `axes` `[2, 3]` that the map is to show."""
    walk = centres @ axes.T
    low, high = walk.amin(dim=0), walk.amax(dim=0)
    most = max(_AROUND, float((high - low).norm()))
    if len(splats):
        ground = splats.means.double() @ axes.T
        first, last = torch.quantile(ground, torch.tensor(_BULK, dtype=torch.float64), dim=0)
        low, high = torch.minimum(low, first.clamp(min=low - most)), torch.maximum(high, last.clamp(max=high + most))
    margin = _MARGIN * float((high - low).max()) + 0.1
    return low - margin, high + margin


def _camera_above(axes: tuple[Tensor, Tensor, Tensor], box: tuple[Tensor, Tensor], eyes: float, width: int) -> Cameras:
    """The camera that sees the ground `box` fill its image; `eyes` is the height at which its scale holds."""
    right, top, down = axes
    span, middle = box[1] - box[0], (box[0] + box[1]) / 2
    aspect = min(max(float(span[1] / span[0]), _ASPECTS[0]), _ASPECTS[1])
    away = _AWAY * float(span[0])
    T = torch.eye(4, dtype=torch.float64)
    T[:3, :3] = torch.stack([right, -top, down], dim=1)
    T[:3, 3] = middle[0] * right + middle[1] * top - (eyes + away) * down
    focal, height = width * _AWAY, round(width * aspect)
    K = torch.tensor([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], dtype=torch.float64)
    return Cameras(K[None], T[None], height, width)


def _name(axis: Tensor) -> str:
    """A signed axis as it is written: "+X"."""
    index = int(axis.abs().argmax())
    return ("+" if axis[index] > 0 else "-") + "XYZ"[index]
