"""What the Gaussians' colours can show: layers, each with a colour for every Gaussian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project
from spatialmem.export.colours import Bytes, colour_map, trust_image
from spatialmem.frames import Recall
from spatialmem.labels import class_colours
from spatialmem.poses import invert, matrix_from_quat
from spatialmem.splats import Splats

Layer = Literal["colour", "depth", "normals", "confidence", "observations", "trust", "labels"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

OF_THE_VIEW: frozenset[Layer] = frozenset({"depth", "normals", "trust"})
"""Layers that change with the view; the others are the Gaussians' own."""

ELSEWHERE = (120, 120, 126)
_HIDDEN = 1.05


@dataclass(frozen=True, eq=False)
class Lens:
    """What the layers are seen through.

    Attributes:
        T_world_cam: `[4, 4]` the view that depth and normals are told from.
        nearest, farthest: metres between which the depth colours run.
        most_seen: number of frames at which the observation colours end.
        recall: what memory answers at the view, for trust; None = nothing asked yet.
        labels: the semantic labels that are told in the legend, the most frequent first.
    """

    T_world_cam: Tensor
    nearest: float = 0.0
    farthest: float = 10.0
    most_seen: int = 1
    recall: Recall | None = None
    labels: tuple[int, ...] = ()


def paint(layer: Layer, splats: Splats, lens: Lens) -> Bytes:
    """RGB `[N, 3]` of each Gaussian in `layer` as seen through `lens`."""
    painters: dict[Layer, Callable[[Splats, Lens], Bytes]] = {
        "colour": _colour, "depth": _depth, "normals": _normals, "confidence": _confidence,
        "observations": _observations, "trust": _trust, "labels": _labels}
    return painters[layer](splats, lens)


def depth_range(splats: Splats, cameras: Cameras) -> tuple[float, float]:
    """Depths in metres between which 98 % of the surfaces in view of one camera lie; 0 to 10 of none."""
    where, z = project(splats.means, cameras)
    _, _, inside = pixel_index(where[0], cameras.height, cameras.width)
    depth = z[0][inside & (z[0] > 0) & (splats.confidence > 0)]
    if not len(depth):
        return 0.0, 10.0
    low, high = depth[:: max(len(depth) // 50_000, 1)].quantile(torch.tensor([0.01, 0.99])).tolist()
    return low, high


def labels_shown(splats: Splats) -> tuple[int, ...]:
    """The labels of `splats` other than 0, the most frequent first."""
    labels, counts = torch.unique(splats.labels[splats.labels != 0], return_counts=True)
    return tuple(labels[counts.argsort(descending=True, stable=True)].tolist())


def _colour(splats: Splats, _: Lens) -> Bytes:
    return (splats.colors.clamp(0, 1) * 255).round().to(torch.uint8).numpy()


def _depth(splats: Splats, lens: Lens) -> Bytes:
    span = max(lens.farthest - lens.nearest, 1e-6)
    return colour_map(((_z(splats, lens.T_world_cam) - lens.nearest) / span).numpy())


def _normals(splats: Splats, lens: Lens) -> Bytes:
    """The shortest axis, turned to the camera, in its axes: x right, y up, z towards it."""
    axes = matrix_from_quat(splats.quats)
    shortest = splats.scales.argmin(dim=1)
    normal = axes[torch.arange(len(splats)), :, shortest]
    eye = lens.T_world_cam[:3, 3].to(normal)
    away = (normal * (splats.means - eye)).sum(dim=1, keepdim=True)
    towards = torch.where(away > 0, -normal, normal) @ lens.T_world_cam[:3, :3].to(normal)
    shown = towards * torch.tensor([1.0, -1.0, -1.0])
    return ((shown + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()


def _confidence(splats: Splats, _: Lens) -> Bytes:
    return colour_map(splats.confidence.numpy())


def _observations(splats: Splats, lens: Lens) -> Bytes:
    return colour_map((splats.seen.clamp(min=1).float().log() / np.log(max(lens.most_seen, 2))).numpy())


def _trust(splats: Splats, lens: Lens) -> Bytes:
    """The trust of the pixel a Gaussian falls on; grey where it is out of view or hidden by a surface."""
    colours = np.full((len(splats), 3), ELSEWHERE, dtype=np.uint8)
    if lens.recall is None or lens.recall.view.depth is None:
        return colours
    view, trust = lens.recall.view, lens.recall.trust[0]
    where, z = project(splats.means, view.cameras)
    row, column, inside = pixel_index(where[0], *trust.shape)
    surface = lens.recall.view.depth[0][row, column]
    shown = inside & (z[0] > 0) & ((surface <= 0) | (z[0] <= surface * _HIDDEN))
    colours[shown.numpy()] = trust_image(trust[row, column])[shown.numpy()]
    return colours


def _labels(splats: Splats, _: Lens) -> Bytes:
    colours: Bytes = class_colours()[splats.labels.numpy()]
    return colours


def _z(splats: Splats, T_world_cam: Tensor) -> Tensor:
    T_cam_world = invert(T_world_cam).float()
    return splats.means @ T_cam_world[2, :3] + T_cam_world[2, 3]
