"""Which cells a camera can see: boxes against view frustums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.memory.rows import CellVersion

Floats = NDArray[np.float64]


def in_view(cells: Sequence[CellVersion], cameras: Cameras,
            max_distance: float | None = None) -> NDArray[np.bool_]:
    """`[N]`: cells whose box, grown by three sigma, may appear in any of the cameras.

    A box is out when it lies wholly behind one of a frustum's planes (Assarsson & Moeller 2000: test
    the corner farthest along the plane's normal): never wrong, now and then generous near corners.

    Args:
        max_distance: metres from the camera beyond which cells are left out.
    """
    low = np.array([version.extent.low for version in cells]).reshape(-1, 3)
    high = np.array([version.extent.high for version in cells]).reshape(-1, 3)
    reach = np.array([version.extent.reach for version in cells])[:, None]
    centre, half = (low + high) / 2, (high - low) / 2 + reach
    seen = np.zeros(len(cells), dtype=bool)
    for normals, eye in zip(_normals(cameras), cameras.centres.cpu().numpy(), strict=True):
        away = centre - eye
        inside = (away @ normals.T + half @ np.abs(normals).T >= 0).all(axis=1)
        if max_distance is not None:
            gap = np.maximum(np.abs(away) - half, 0)
            inside &= np.linalg.norm(gap, axis=1) <= max_distance
        seen |= inside
    return seen


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
