"""How a generator keeps what memory knows, and what references let it restore."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.frames import TRUSTED, Frames, Recall

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

AGREE = 0.02
"""A reference shows a point if its depth there agrees within this share of the distance."""

BEFORE_M, BEFORE = 0.04, 0.015
"""Metres, and share of the distance, by which something must stand before a remembered surface to hide it: less
than a thin wall, whose far side, remembered from the next room, would else be taken for this one."""

INFINITY = 1e6
"""Metres; at this distance a step of the camera moves nothing in its picture."""

ASTRAY = 1.0
"""Pixels; what a frame shows farther than this from where memory expects it does not line up with memory."""

TONE_SIGMA = 2.5
"""Pixels; memory decides on everything coarser than this, restored detail on everything finer."""


def honoured(fresh: Frames, recall: Recall, *, detail: Tensor | None = None, sky: bool = False) -> Tensor:
    """`fresh.rgb` `[T, H, W, 3]` with the pixels that memory trusts replaced by what it remembers.

    A trusted pixel keeps memory's colour, unless something that memory never saw stands before the
    surface that it remembers: a trunk in front of remembered sky is no contradiction, and must appear.
    Where a reference shows the same surface, the generator has seen it sharp: there the scene's detail is
    drawn in memory's tone (its low frequencies), as a model conditioned on both would. So exposure, colour
    and invented content stay as remembered, while the blur of a rendered memory is not copied into the
    next keyframes, where it would grow clip after clip. Resampling the references instead loses a little
    at every generation (measured: 30 dB after ten clips, most of it at outlines, whose pixels mix two
    surfaces).

    Args:
        fresh: newly generated frames with depth.
        recall: of the same cameras.
        detail: `[T, H, W, 3]` sharp colours to restore detail from; None = those of `fresh`.
        sky: whether what has no depth (0) is infinitely far, and so is restored as well.
    """
    sharp = fresh.rgb if detail is None else detail
    rgb = fresh.rgb.clone()
    kept = (recall.trust == TRUSTED) & ~hidden(fresh, recall.view)
    rgb[kept] = recall.view.rgb[kept]
    restored = kept & shown(fresh, recall.references, sky=sky)
    for index in range(len(fresh)):
        _redraw(rgb[index].numpy(), sharp[index].numpy(), kept[index].numpy(), restored[index].numpy())
    return rgb


def attended(fresh: Frames, references: Frames, *, sky: bool = False) -> Tensor:
    """`fresh.rgb` `[T, H, W, 3]` with the colours of references that show the same surfaces.

    What a model makes of references alone, without a render of memory: what one of them shows looks as it does
    there, and as sharp. The first reference that shows a pixel's surface decides, between its pixels by their
    distance; those of another surface have no part (see `AGREE`).

    Args:
        fresh: newly generated frames with depth.
        references: keyframes with depth, best first.
        sky: whether what has no depth (0) is infinitely far, and so is looked up as well.
    """
    rgb = fresh.rgb.clone()
    if fresh.depth is None or references.depth is None:
        return rgb
    distant = (fresh.depth == 0).reshape(-1)
    points = unproject(torch.where(fresh.depth == 0, INFINITY, fresh.depth), fresh.cameras).reshape(-1, 3)
    missing = torch.nonzero(torch.ones_like(distant) if sky else ~distant)[:, 0]
    for colors, depth, camera in zip(references.rgb, references.depth, references.cameras, strict=True):
        where, z = (each[0] for each in project(points[missing], camera))
        color, weight = _blended(colors, depth, where, z, distant[missing])
        found = weight > 0.5
        rgb.view(-1, 3)[missing[found]] = color[found]
        missing = missing[~found]
    return rgb


def _blended(colors: Tensor, depth: Tensor, where: Tensor, z: Tensor, distant: Tensor) -> tuple[Tensor, Tensor]:
    """Colour `[P, 3]` of a picture at positions `where` `[P, 2]`, and the share `[P]` of it that has depth `z`."""
    height, width = depth.shape
    corner = torch.where((z > 0)[:, None], where, -2.0) - 0.5
    low, share = corner.floor(), corner - corner.floor()
    color, weight = torch.zeros(len(where), 3), torch.zeros(len(where))
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        row, column, inside = pixel_index(low + torch.tensor([right, below]), height, width)
        there = depth[row, column]
        same = inside & torch.where(distant, there == 0, (there > 0) & ((there - z).abs() <= AGREE * z))
        part = (share[:, 0] if right else 1 - share[:, 0]) * (share[:, 1] if below else 1 - share[:, 1]) * same
        color, weight = color + part[:, None] * colors[row, column], weight + part
    return color / weight.clamp(min=1e-6)[:, None], weight


def lined_up(taken: Frames, asked: Cameras) -> Tensor:
    """`[T, H, W]` bool: pixels whose surface lies within `ASTRAY` of where the `asked` cameras would see it.

    `taken` has depth, and the cameras that really took it; without depth is infinitely far.
    """
    if taken.depth is None or torch.equal(taken.cameras.T_world_cam, asked.T_world_cam):
        return torch.ones(taken.rgb.shape[:3], dtype=torch.bool)
    points = unproject(torch.where(taken.depth == 0, INFINITY, taken.depth).double(), taken.cameras)
    centres = torch.stack(torch.meshgrid(torch.arange(asked.width) + 0.5, torch.arange(asked.height) + 0.5,
                                         indexing="xy"), dim=-1)
    near = [(project(each.reshape(-1, 3), camera)[0].reshape(centres.shape) - centres).norm(dim=-1) <= ASTRAY
            for each, camera in zip(points, asked, strict=True)]
    return torch.stack(near)


def hidden(fresh: Frames, view: Frames) -> Tensor:
    """`[T, H, W]` bool: pixels where `fresh` shows something clearly before the surface that `view` shows."""
    if fresh.depth is None or view.depth is None:
        return torch.zeros(fresh.rgb.shape[:3], dtype=torch.bool)
    return (fresh.depth > 0) & (fresh.depth < view.depth - (BEFORE * view.depth).clamp(min=BEFORE_M))


def shown(fresh: Frames, references: Frames, *, sky: bool = False) -> Tensor:
    """`[T, H, W]` bool: pixels whose surface a reference shows, tested against its depth.

    With `sky`, a pixel without depth is shown by a reference that has no depth in its direction, wherever
    the reference stands.
    """
    size = fresh.rgb.shape[:3]
    if fresh.depth is None or references.depth is None or len(references) == 0:
        return torch.zeros(size, dtype=torch.bool)
    distant = fresh.depth == 0
    points = unproject(torch.where(distant, INFINITY, fresh.depth) if sky else fresh.depth, fresh.cameras)
    found, distant = torch.zeros(distant.numel(), dtype=torch.bool), distant.reshape(-1)
    height, width = references.cameras.height, references.cameras.width
    for pixels, z, depth in zip(*project(points.reshape(-1, 3), references.cameras), references.depth, strict=True):
        row, column, inside = pixel_index(pixels, height, width)
        there = depth[row, column]
        found |= inside & (z > 0) & torch.where(distant, there == 0, (there - z).abs() <= AGREE * z)
    return (found if sky else found & ~distant).reshape(size)


def _redraw(rgb: Floats, detail: Floats, kept: Mask, where: Mask) -> None:
    """Gives `rgb` the detail of `detail` and the tone that it has now, in the pixels `where`."""
    weight = gaussian_filter(kept.astype(np.float32), TONE_SIGMA)[..., None]
    difference = np.where(kept[..., None], rgb - detail, 0)
    tone = gaussian_filter(difference, (TONE_SIGMA, TONE_SIGMA, 0)) / np.maximum(weight, 1e-6)
    rgb[where] = np.clip(detail + tone, 0, 1)[where]
