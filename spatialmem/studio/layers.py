"""What the Gaussians' colours can show: layers, each with a colour for every Gaussian and a legend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Recall
from spatialmem.poses import invert, matrix_from_quat
from spatialmem.splats import Splats
from spatialmem.studio.colours import bar_legend, colour_map, patch_legend

Bytes = NDArray[np.uint8]
Layer = Literal["colour", "depth", "normals", "confidence", "observations", "trust"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

OF_THE_VIEW: frozenset[Layer] = frozenset({"depth", "normals", "trust"})
"""Layers that change with the view; the others are the Gaussians' own."""

TRUST_COLOURS = {TRUSTED: (64, 160, 120), REVISE: (240, 190, 60), UNKNOWN: (200, 70, 90)}
ELSEWHERE = (120, 120, 126)
_TRUST_NAMES = {TRUSTED: "trusted", REVISE: "to be revised", UNKNOWN: "unknown"}
_HIDDEN = 1.05


@dataclass(frozen=True, eq=False)
class Lens:
    """What the layers are seen through.

    Attributes:
        T_world_cam: `[4, 4]` the view that depth and normals are told from.
        nearest, farthest: metres between which the depth colours run.
        most_seen: number of frames at which the observation colours end.
        recall: what memory answers at the view, for trust; None = nothing asked yet.
    """

    T_world_cam: Tensor
    nearest: float = 0.0
    farthest: float = 10.0
    most_seen: int = 1
    recall: Recall | None = None


def paint(layer: Layer, splats: Splats, lens: Lens) -> Bytes:
    """RGB `[N, 3]` of each Gaussian in `layer` as seen through `lens`."""
    painters: dict[Layer, Callable[[Splats, Lens], Bytes]] = {
        "colour": _colour, "depth": _depth, "normals": _normals, "confidence": _confidence,
        "observations": _observations, "trust": _trust}
    return painters[layer](splats, lens)


def legend(layer: Layer, lens: Lens) -> tuple[str, Bytes | None]:
    """What the colours of `layer` mean: a caption with units, and a picture where colours need one."""
    if layer == "depth":
        return "Distance along the view, metres", bar_legend(_metres(lens.nearest, lens.farthest))
    if layer == "normals":
        return "Which way surfaces face, seen from here", patch_legend(
            [((255, 128, 128), "right"), ((0, 128, 128), "left"), ((128, 255, 128), "up"),
             ((128, 0, 128), "down"), ((128, 128, 255), "towards you")])
    if layer == "confidence":
        return "Confidence, 0 (backdrop) to 1", bar_legend([(s, f"{s:g}") for s in (0, 0.25, 0.5, 0.75, 1)])
    if layer == "observations":
        return "Frames that observed it (log scale)", bar_legend(_counts(lens.most_seen))
    if layer == "trust":
        names = [(TRUST_COLOURS[level], _TRUST_NAMES[level]) for level in (TRUSTED, REVISE, UNKNOWN)]
        return "How far memory trusts this view", patch_legend([*names, (ELSEWHERE, "out of this view")])
    return "Colours as remembered", None


def trust_image(trust: Tensor) -> Bytes:
    """A picture `[H, W, 3]` of trust levels `[H, W]` in the layer's colours."""
    table = np.array([TRUST_COLOURS[level] for level in (UNKNOWN, REVISE, TRUSTED)], dtype=np.uint8)
    return np.asarray(table[trust.numpy()])


def depth_range(splats: Splats, cameras: Cameras) -> tuple[float, float]:
    """Depths in metres between which 98 % of the surfaces in view of one camera lie; 0 to 10 of none."""
    where, z = project(splats.means, cameras)
    _, _, inside = pixel_index(where[0], cameras.height, cameras.width)
    depth = z[0][inside & (z[0] > 0) & (splats.confidence > 0)]
    if not len(depth):
        return 0.0, 10.0
    low, high = depth[:: max(len(depth) // 50_000, 1)].quantile(torch.tensor([0.01, 0.99])).tolist()
    return low, high


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


def _z(splats: Splats, T_world_cam: Tensor) -> Tensor:
    T_cam_world = invert(T_world_cam).float()
    return splats.means @ T_cam_world[2, :3] + T_cam_world[2, 3]


def _metres(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks at round numbers of metres, about five."""
    step = 10.0 ** np.floor(np.log10(max(high - low, 1e-6) / 2))
    step *= min((1, 2, 5), key=lambda factor: abs((high - low) / (factor * step) - 4.5))
    marks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [(float((m - low) / max(high - low, 1e-6)), f"{m:.6g} m") for m in marks]


def _counts(most: int) -> list[tuple[float, str]]:
    """Ticks at 1, 2, 5, 10, ... up to `most`."""
    top = max(most, 2)
    round_numbers = [step * 10**power for power in range(8) for step in (1, 2, 5)]
    return [(float(np.log(n) / np.log(top)), str(n)) for n in round_numbers if n <= top]
