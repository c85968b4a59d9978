"""Textured boxes drawn into a picture: what faults put in front of the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.generators.colour import to_srgb
from spatialmem.generators.light import Light
from spatialmem.generators.rays import pixel_rays

Floats = NDArray[np.float32]
_CELLS = 4


@dataclass(frozen=True, eq=False)
class Box:
    """An upright box with a checkered skin.

    Attributes:
        centre: `[3]` world, metres.
        size: `[3]` metres along its own x, y and up.
        yaw: radians about +Z.
        colors: `[2, 3]` the two linear colours of its skin.
    """

    centre: NDArray[np.float64]
    size: tuple[float, float, float]
    yaw: float
    colors: NDArray[np.float64]


def draw_box(rgb: Floats, depth: Floats, camera: Cameras, box: Box, light: Light, *,
             allowed: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Draws `box` into `rgb` `[H, W, 3]` and `depth` `[H, W]` where nothing is in front of it.

    Returns the pixels `[H, W]` that it covers; only those `allowed` `[H, W]` are touched.
    """
    entry, axis, inside = _enter(camera, box)
    distance = entry.reshape(depth.shape)
    covered: NDArray[np.bool_] = np.isfinite(distance) & ((depth == 0) | (distance < depth))
    if allowed is not None:
        covered &= allowed
    rows = np.flatnonzero(covered)
    if len(rows) == 0:
        return covered
    skin = _skin(inside[rows], axis[rows], box)
    normals = np.zeros((len(rows), 3), np.float32)
    normals[np.arange(len(rows)), axis[rows]] = np.sign(inside[rows, axis[rows]])
    shade = light.strength(normals @ _turn(box).T.astype(np.float32))
    rgb[covered] = to_srgb((skin * shade[:, None]).astype(np.float32))
    depth[covered] = distance[covered]
    return covered


def _turn(box: Box) -> NDArray[np.float64]:
    """Rotation `[3, 3]` from the box's axes to the world's."""
    c, s = np.cos(box.yaw), np.sin(box.yaw)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _enter(camera: Cameras, box: Box) -> tuple[Floats, NDArray[np.int64], NDArray[np.float64]]:
    """Depth at which each pixel's ray enters (infinite = misses), the face's axis, the point in -1..1."""
    half = np.asarray(box.size) / 2
    R = _turn(box)
    # the box becomes the cube -1..1, where the slab test (Kay and Kajiya 1986) is one line
    direction = (pixel_rays(camera, 1) @ R) / half
    origin = ((camera.T_world_cam[0, :3, 3].numpy() - box.centre) @ R) / half
    direction = np.where(np.abs(direction) < 1e-12, 1e-12, direction)
    near = np.minimum((-1 - origin) / direction, (1 - origin) / direction)
    far = np.maximum((-1 - origin) / direction, (1 - origin) / direction)
    entry, leave = near.max(1), far.min(1)
    hit = (entry < leave) & (entry > 0.05)
    distance = np.where(hit, entry, np.inf)
    return distance.astype(np.float32), near.argmax(1), origin + np.where(hit, entry, 0)[:, None] * direction


def _skin(inside: NDArray[np.float64], axis: NDArray[np.int64], box: Box) -> NDArray[np.float64]:
    cell = np.floor((inside * 0.999 + 1) / 2 * _CELLS).astype(np.int64)
    cell[np.arange(len(axis)), axis] = 0
    skin: NDArray[np.float64] = box.colors[cell.sum(1) % 2]
    return skin
