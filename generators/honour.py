"""How a generator keeps what memory knows, and what references let it restore."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from spatialmem.camera import pixel_index, project, unproject
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
