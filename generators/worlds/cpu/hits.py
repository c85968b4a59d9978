"""First pass of both renderings: what the centre of every pixel sees, and whether the sun reaches it."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt
from numba import prange

from spatialmem.generators.worlds.cpu import sky as heaven
from spatialmem.generators.worlds.cpu.beam import SHADE, TALL, WIDE, Beam, Beams, aim, beam_of, direction
from spatialmem.generators.worlds.cpu.gather import first_hit
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
from spatialmem.generators.worlds.cpu.trace import shade_of
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel

SUNLIT, SIDES = 2, 6
"""A mark is ((solid · SIDES + face) · SUNLIT) + sunlit; -1 is sky. Equal marks in neighbours: nothing to smooth."""

_OFF = 2e-3
_LAYERS = 4
"""Rims of crowns that a ray may pass through one behind the other."""


@bare_inlined
def _between_leaves(columns: Columns, looks: Looks, item: int, p: Triple, d: Triple, width: float) -> bool:
    """Whether a ray passes between the leaves at the rim of a crown: crowns would be as smooth as balls.

    `width` is the footprint of a pixel; where leaves are finer, crowns keep their outline.
    """
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


@bare_inlined
def look(columns: Columns, looks: Looks, beam: Beam, o: Triple, d: Triple, pixel: float,
         coarse: bool) -> tuple[float, int]:
    """Depth and face of what the ray from o along d meets within `FAR` metres; 0 and -1 for the sky.

    `pixel` is its width at 1 m; a face is solid · SIDES + side.
    """
    limit = FAR / sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    t, item, px, py, pz = 0.0, -1, 0.0, 0.0, 0.0
    for layer in range(_LAYERS + 1):
        t, item = first_hit(beam, columns, o, d, t, limit, coarse)
        px, py, pz = o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2]
        if coarse or item < 0 or columns.codes[item] != ELLIPSOID or layer == _LAYERS:
            break
        if not _between_leaves(columns, looks, item, (px, py, pz), d, t * pixel):
            break
    if item < 0:
        return 0.0, -1
    return t, item * SIDES + face(int(columns.codes[item]), columns.table, item, px, py, pz)


@bare_inlined
def in_sun(columns: Columns, sky: F32, beam: Beam, spot: int, o: Triple, d: Triple, t: float, coarse: bool) -> int:
    """1 where the sun reaches the point that the ray from o along d meets at t on face `spot`, else 0."""
    px, py, pz = o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2]
    item = spot // SIDES
    n = normal(int(columns.codes[item]), columns.table, item, spot % SIDES, px, py, pz)
    sx, sy, sz = float(sky[heaven.TOWARD]), float(sky[heaven.TOWARD + 1]), float(sky[heaven.TOWARD + 2])
    if n[0] * sx + n[1] * sy + n[2] * sz <= 0:
        return 0
    found = shade_of(columns, px + _OFF * n[0], py + _OFF * n[1], pz + _OFF * n[2], sx, sy, sz, coarse,
                     beam.counts[SHADE])
    if found < 0:
        return 1
    beam.counts[SHADE] = found
    return 0


@parallel_kernel
def find(columns: Columns, looks: Looks, beams: Beams, picture: Picture, coarse: bool, depth: F32,
         marks: I32) -> None:
    """Fills `depth` `[H, W]` (0 = sky) and `marks` `[H, W]`, and aims the beams."""
    # in bare kernels: inside a parallel loop Numba counts references pixel by pixel
    for row in prange(-(-depth.shape[0] // TALL)):
        _find_row(columns, looks, beams, picture, coarse, row * TALL, depth, marks)


@bare_kernel
def _find_row(columns: Columns, looks: Looks, beams: Beams, picture: Picture, coarse: bool, top: int, depth: F32,
              marks: I32) -> None:
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    pixel = 1 / picture.lens[0]
    for left in range(0, depth.shape[1], WIDE):
        beam = beam_of(beams, depth.shape[1], top, left)
        aim(beam, picture, left, top)
        for y in range(top, min(top + TALL, depth.shape[0])):
            for x in range(left, min(left + WIDE, depth.shape[1])):
                d = direction(picture, x + 0.5, y + 0.5)
                t, spot = look(columns, looks, beam, o, d, pixel, coarse)
                depth[y, x], marks[y, x] = np.float32(t), -1
                if spot >= 0:
                    marks[y, x] = spot * SUNLIT + in_sun(columns, looks.sky, beam, spot, o, d, t, coarse)


@parallel_kernel
def describe(columns: Columns, tags: I32, numbers: npt.NDArray[np.int64], picture: Picture, depth: F32, marks: I32,
             classes: npt.NDArray[np.uint8], instances: npt.NDArray[np.int64], normals: F32) -> None:
    """Fills class, instance and world normal of every pixel.

    `numbers` `[B]` are those of the first instances of all blocks; `instances` is filled only as far as it has rows.
    """
    for y in prange(depth.shape[0]):
        _describe_row(columns, tags, numbers, picture, int(np.int64(y)), depth, marks, classes, instances, normals)


@bare_kernel
def _describe_row(columns: Columns, tags: I32, numbers: npt.NDArray[np.int64], picture: Picture, y: int, depth: F32,
                  marks: I32, classes: npt.NDArray[np.uint8], instances: npt.NDArray[np.int64], normals: F32) -> None:
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
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
