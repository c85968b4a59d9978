"""First pass of both renderings: what the centre of every pixel sees, and whether the sun reaches it."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt
from numba import prange

from spatialmem.generators.worlds.cpu import sky as heaven
from spatialmem.generators.worlds.cpu.layout import (
    ELLIPSOID,
    F32,
    FAR,
    I32,
    PATTERN,
    UNITS,
    Columns,
    Looks,
    Picture,
    Triple,
)
from spatialmem.generators.worlds.cpu.loose import leaf_at
from spatialmem.generators.worlds.cpu.materials import FOLIAGE
from spatialmem.generators.worlds.cpu.surface import coordinates, face, normal
from spatialmem.generators.worlds.cpu.trace import nearest, shaded
from spatialmem.render.cpu.jit import inlined, kernel, parallel_kernel

SUNLIT, SIDES = 2, 6
"""A mark is ((solid · SIDES + face) · SUNLIT) + sunlit; -1 is sky. Equal marks in neighbours: nothing to smooth."""

_OFF = 2e-3
_LAYERS = 4
"""Rims of crowns that a ray may pass through one behind the other."""


@inlined
def direction(picture: Picture, x: float, y: float) -> Triple:
    """Ray through image position (x, y), in window axes, of depth 1."""
    a, b = (x - picture.lens[2]) / picture.lens[0], (y - picture.lens[3]) / picture.lens[1]
    p = picture.pose
    return (p[0, 0] * a + p[0, 1] * b + p[0, 2], p[1, 0] * a + p[1, 1] * b + p[1, 2],
            p[2, 0] * a + p[2, 1] * b + p[2, 2])


@inlined
def _between_leaves(columns: Columns, looks: Looks, item: int, p: Triple, d: Triple, width: float) -> bool:
    """Whether a ray passes between the leaves at the rim of a crown: crowns would be as smooth as balls.

    `width` is the footprint of a pixel; where leaves are finer, crowns keep their outline.
    """
    if columns.codes[item] != ELLIPSOID:
        return False
    row = looks.tags[item, 0]
    scale = 16.0 / looks.materials[row, UNITS]
    if int(looks.materials[row, PATTERN]) != FOLIAGE or width > 0.5 * scale:
        return False
    side = face(ELLIPSOID, columns.table, item, p[0], p[1], p[2])
    n = normal(ELLIPSOID, columns.table, item, side, p[0], p[1], p[2])
    facing = -(n[0] * d[0] + n[1] * d[1] + n[2] * d[2]) / sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    if facing > 0.6:
        return False
    u, v, wrap, _, _, _, _ = coordinates(ELLIPSOID, columns.table, item, side, p[0], p[1], p[2], scale)
    inside, _, _ = leaf_at(u, v, wrap, scale, FOLIAGE)
    return inside < 0.45 - 0.75 * facing


@kernel
def _past_leaves(columns: Columns, looks: Looks, o: Triple, d: Triple, limit: float, pixel: float, t: float,
                 item: int) -> tuple[float, int]:
    """The hit (t, item) on an ellipsoid, or what lies behind where the ray passes between its leaves."""
    for _ in range(_LAYERS):
        px, py, pz = o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2]
        if item < 0 or not _between_leaves(columns, looks, item, (px, py, pz), d, t * pixel):
            break
        further, item = nearest(columns, px, py, pz, d[0], d[1], d[2], limit - t, False, False)
        t += further
    return t, item


@inlined
def look(columns: Columns, looks: Looks, o: Triple, d: Triple, pixel: float, coarse: bool) -> tuple[float, int]:
    """Depth and mark of what the ray from o along d meets within `FAR` metres; `pixel`: its width at 1 m."""
    limit = FAR / sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    t, item = nearest(columns, o[0], o[1], o[2], d[0], d[1], d[2], limit, coarse, False)
    if item >= 0 and not coarse and columns.codes[item] == ELLIPSOID:
        t, item = _past_leaves(columns, looks, o, d, limit, pixel, t, item)
    if item < 0:
        return 0.0, -1
    px, py, pz = o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2]
    code = int(columns.codes[item])
    side = face(code, columns.table, item, px, py, pz)
    n = normal(code, columns.table, item, side, px, py, pz)
    sky = looks.sky
    sx, sy, sz = float(sky[heaven.TOWARD]), float(sky[heaven.TOWARD + 1]), float(sky[heaven.TOWARD + 2])
    sunlit = 0
    if n[0] * sx + n[1] * sy + n[2] * sz > 0 and not shaded(columns, px + _OFF * n[0], py + _OFF * n[1],
                                                            pz + _OFF * n[2], sx, sy, sz, coarse):
        sunlit = 1
    return t, (item * SIDES + side) * SUNLIT + sunlit


@parallel_kernel
def find(columns: Columns, looks: Looks, picture: Picture, coarse: bool, depth: F32, marks: I32) -> None:
    """Fills `depth` `[H, W]` (0 = sky) and `marks` `[H, W]`."""
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    pixel = 1 / picture.lens[0]
    for y in prange(depth.shape[0]):
        for x in range(depth.shape[1]):
            t, mark = look(columns, looks, o, direction(picture, x + 0.5, y + 0.5), pixel, coarse)
            depth[y, x] = np.float32(t)
            marks[y, x] = mark


@parallel_kernel
def describe(columns: Columns, tags: I32, numbers: npt.NDArray[np.int64], picture: Picture, depth: F32, marks: I32,
             classes: npt.NDArray[np.uint8], instances: npt.NDArray[np.int64], normals: F32) -> None:
    """Fills class, instance and world normal of every pixel.

    `numbers` `[B]` are those of the first instances of all blocks; `instances` is filled only as far as it has rows.
    """
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    for y in prange(depth.shape[0]):
        for x in range(depth.shape[1]):
            mark, t = marks[y, x], float(depth[y, x])
            classes[y, x], instance = np.uint8(0), np.int64(0)
            normals[y, x, 0] = normals[y, x, 1] = normals[y, x, 2] = 0.0
            if mark >= 0:
                item, side = mark // (SUNLIT * SIDES), mark // SUNLIT % SIDES
                d = direction(picture, x + 0.5, y + 0.5)
                n = normal(int(columns.codes[item]), columns.table, item, side, o[0] + t * d[0], o[1] + t * d[1],
                           o[2] + t * d[2])
                classes[y, x], instance = np.uint8(tags[item, 1]), numbers[tags[item, 3]] + tags[item, 2]
                normals[y, x, 0], normals[y, x, 1], normals[y, x, 2] = n
            if y < instances.shape[0]:
                instances[y, x] = instance
