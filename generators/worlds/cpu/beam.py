"""`Beam`: the rays through one tile of a picture, taken together as a pyramid.

Rays of neighbouring pixels walk through the same columns. A beam walks there once for all of them, and keeps
what its pyramid touches: see `gather`. (Beam tracing, Heckbert and Hanrahan 1984, to find candidates only.)
"""

from __future__ import annotations

from math import floor, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialmem.generators.worlds.cpu.layout import BOUNDS, CELL, F32, I32, LANES, LOW, SIDE, Picture, Triple
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

TALL, WIDE = 8, 16
"""Pixels down and across a tile."""

HELD = 48
"""Groups of eight solids that a beam holds; few need more than ten."""

BEYOND = 1e30
"""Farther than anything."""

_MARGIN = 0.01
"""Pixels by which a beam is wider than its tile."""
# numbers of `Beam.walk`: origin, slope of the beam along the minor axis (least, most) and along z, step per depth of
# the main axis, metres walked, distance up to which all solids are known; from PLANES four planes (normal)
ORIGIN, SLOPE, RISE, PACE, WALKED, KNOWN, PLANES, WALK = 0, 3, 5, 6, 7, 8, 9, 21
# `Beam.counts`: groups held, main axis, its direction, slab that comes next (-1: none), last solid that shaded a point
GROUPS, AXIS, WAY, SLAB, SHADE, COUNTS = 0, 1, 2, 3, 4, 5


class Beams(NamedTuple):
    """The beams of all `B` tiles of a picture, row by row; each attribute that of `Beam`, `[B, …]`."""

    groups: F32
    members: I32
    begins: F32
    walk: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


class Beam(NamedTuple):
    """The beam of one tile.

    Attributes:
        groups: `[HELD * BOUNDS]` bounding boxes. members: `[HELD * 8]` like those of `Columns`.
        begins: `[HELD]` depth in front of which nothing of a group lies.
        walk: `[WALK]` and counts: `[COUNTS]`, where it stands.
    """

    groups: F32
    members: I32
    begins: F32
    walk: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


def beams_for(height: int, width: int) -> Beams:
    """Beams for the tiles of a picture, aimed nowhere yet."""
    tiles = -(-height // TALL) * -(-width // WIDE)
    return Beams(np.empty((tiles, HELD * BOUNDS), np.float32), np.empty((tiles, HELD * LANES), np.int32),
                 np.empty((tiles, HELD), np.float32), np.empty((tiles, WALK), np.float64),
                 np.empty((tiles, COUNTS), np.int64))


@bare_inlined
def beam_of(beams: Beams, width: int, y: int, x: int) -> Beam:
    """The beam of the tile that holds pixel (x, y) of a picture of that width."""
    tile = y // TALL * -(-width // WIDE) + x // WIDE
    return Beam(beams.groups[tile], beams.members[tile], beams.begins[tile], beams.walk[tile], beams.counts[tile])


@bare_inlined
def direction(picture: Picture, x: float, y: float) -> Triple:
    """Ray through image position (x, y), in window axes, of depth 1."""
    a, b = (x - picture.lens[2]) / picture.lens[0], (y - picture.lens[3]) / picture.lens[1]
    p = picture.pose
    return (p[0, 0] * a + p[0, 1] * b + p[0, 2], p[1, 0] * a + p[1, 1] * b + p[1, 2],
            p[2, 0] * a + p[2, 1] * b + p[2, 2])


@bare_kernel
def aim(beam: Beam, picture: Picture, x: int, y: int) -> None:
    """Sets the beam on the tile whose first pixel is (x, y); it holds nothing yet."""
    walk, counts = beam.walk, beam.counts
    low_x, high_x, low_y, high_y = x - _MARGIN, x + WIDE + _MARGIN, y - _MARGIN, y + TALL + _MARGIN
    corners = (direction(picture, low_x, low_y), direction(picture, high_x, low_y),
               direction(picture, high_x, high_y), direction(picture, low_x, high_y))
    middle = direction(picture, x + WIDE / 2, y + TALL / 2)
    for k in range(3):
        walk[ORIGIN + k] = picture.pose[k, 3]
    _planes(walk, corners, middle)
    axis = 0 if abs(middle[0]) >= abs(middle[1]) else 1
    counts[GROUPS], counts[AXIS], counts[SHADE] = 0, axis, -1
    counts[WAY] = 1 if middle[axis] > 0 else -1
    walk[WALKED] = walk[KNOWN] = 0.0
    _slopes(walk, corners, axis, counts[WAY])
    slab = floor((walk[ORIGIN + axis] - LOW) * (1 / CELL))
    counts[SLAB] = slab if walk[PACE] > 0 and 0 <= slab < SIDE else -1


@bare_inlined
def _planes(walk: npt.NDArray[np.float64], corners: tuple[Triple, Triple, Triple, Triple], middle: Triple) -> None:
    """The four sides of the pyramid, as normals that point inwards."""
    for k in range(4):
        a, b = corners[k], corners[(k + 1) & 3]
        nx, ny, nz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        length = sqrt(nx * nx + ny * ny + nz * nz)
        if nx * middle[0] + ny * middle[1] + nz * middle[2] < 0:
            length = -length
        at = PLANES + 3 * k
        walk[at], walk[at + 1], walk[at + 2] = nx / length, ny / length, nz / length


@bare_inlined
def _slopes(walk: npt.NDArray[np.float64], corners: tuple[Triple, Triple, Triple, Triple], axis: int,
            way: int) -> None:
    """How far the beam spreads to the side and falls for each metre along its main axis; pace 0: it has none."""
    least, most, fall, fastest, slowest = BEYOND, -BEYOND, BEYOND, 0.0, BEYOND
    for k in range(4):
        pace = corners[k][axis] * way
        slowest, fastest = min(slowest, pace), max(fastest, pace)
        if pace > 0:
            least, most = min(least, corners[k][1 - axis] / pace), max(most, corners[k][1 - axis] / pace)
            fall = min(fall, corners[k][2] / pace)
    walk[SLOPE], walk[SLOPE + 1], walk[RISE] = least, most, fall
    walk[PACE] = fastest if slowest > 0.05 else 0.0
