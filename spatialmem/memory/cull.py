"""Which cells a camera can see: boxes against view frustums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.memory.leaves import Boxes

Floats = NDArray[np.float64]

_NEAREST = 1e-3


def in_view(boxes: Boxes, cameras: Cameras, max_distance: float | None = None) -> NDArray[np.bool_]:
    """`[N]`: cells whose box, grown by three sigma, may appear in any of the cameras.

    A box is out when it lies wholly behind one of a frustum's planes (Assarsson & Moeller 2000: test
    the corner farthest along the plane's normal): never wrong, now and then generous near corners.

    Args:
        max_distance: metres from the camera beyond which cells are left out.
    """
    centre, half = _drawn(boxes)
    seen = np.zeros(len(centre), dtype=bool)
    for normals, eye in zip(_normals(cameras), cameras.centres.cpu().numpy(), strict=True):
        away = centre - eye
        inside = (away @ normals.T + half @ np.abs(normals).T >= 0).all(axis=1)
        if max_distance is not None:
            gap = np.maximum(np.abs(away) - half, 0)
            inside &= np.linalg.norm(gap, axis=1) <= max_distance
        seen |= inside
    return seen


def within_budget(boxes: Boxes, seen: NDArray[np.bool_], cameras: Cameras, budget: int) -> NDArray[np.bool_]:
    """Of the cells that are `seen` `[N]`, those that appear largest while they hold at most `budget` Gaussians.

    A cell appears as large as the diagonal of its box at its distance from the nearest camera; one that a camera
    stands in comes first. The first cell is always taken.
    """
    if int(boxes.gaussians[seen].sum()) <= budget:
        return seen
    rows = np.flatnonzero(seen)
    centre, half = (part[rows, None] for part in _drawn(boxes))
    gap = np.maximum(np.abs(centre - cameras.centres.cpu().numpy()) - half, 0)
    near = np.linalg.norm(gap, axis=2).min(axis=1)
    appears = np.linalg.norm(half[:, 0], axis=1) / np.maximum(near, _NEAREST)
    largest = rows[np.argsort(-appears, kind="stable")]
    fits = np.cumsum(boxes.gaussians[largest]) <= budget
    fits[0] = True
    chosen = np.zeros_like(seen)
    chosen[largest[fits]] = True
    return chosen


def _drawn(boxes: Boxes) -> tuple[Floats, Floats]:
    """Centre and half the edges of all that is drawn of each cell, `[N, 3]`."""
    return (boxes.low + boxes.high) / 2, (boxes.high - boxes.low) / 2 + boxes.reach[:, None]


def _normals(cameras: Cameras) -> Floats:
    """`[T, 5, 3]` world normals of the planes through each camera's centre that bound its view."""
    K, R = cameras.K.cpu().numpy(), cameras.T_world_cam[:, :3, :3].cpu().numpy()
    left, right = -K[:, 0, 2] / K[:, 0, 0], (cameras.width - K[:, 0, 2]) / K[:, 0, 0]
    top, bottom = -K[:, 1, 2] / K[:, 1, 1], (cameras.height - K[:, 1, 2]) / K[:, 1, 1]
    one, zero = np.ones_like(left), np.zeros_like(left)
    sides = [(one, zero, -left), (-one, zero, right), (zero, one, -top), (zero, -one, bottom)]
    local = np.stack([np.stack(row, axis=-1) for row in [*sides, (zero, zero, one)]], axis=1)
    normals: Floats = np.einsum("tij,tpj->tpi", R, local)
    return normals
