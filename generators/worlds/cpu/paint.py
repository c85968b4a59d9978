"""Second pass of the painted rendering: the colour of every pixel's centre."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import prange

from spatialmem.generators.worlds.cpu import sky as heaven
from spatialmem.generators.worlds.cpu.beam import direction
from spatialmem.generators.worlds.cpu.hits import SIDES, SUNLIT
from spatialmem.generators.worlds.cpu.layout import F32, I32, Around, Columns, Looks, Picture, Triple
from spatialmem.generators.worlds.cpu.light import room_at, tone
from spatialmem.generators.worlds.cpu.shade import radiance
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel


@parallel_kernel
def colour(columns: Columns, around: Around, looks: Looks, picture: Picture, depth: F32, marks: I32,
           rgb: F32) -> None:
    """Fills `rgb` `[H, W, 3]` with sRGB 0..1: one ray tells a pixel's colour, as patterns are filtered."""
    for y in prange(depth.shape[0]):
        # prange counts in uint64 once it is parallel: without the cast every row would be compiled twice
        _colour_row(columns, around, looks, picture, int(np.int64(y)), depth, marks, rgb)


@bare_kernel
def _colour_row(columns: Columns, around: Around, looks: Looks, picture: Picture, y: int, depth: F32, marks: I32,
                rgb: F32) -> None:
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    right, down = steps(picture)
    inside = room_at(around, o[0], o[1], o[2]) >= 0
    for x in range(depth.shape[1]):
        d = direction(picture, x + 0.5, y + 0.5)
        rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2] = seen(columns, around, looks, marks[y, x], float(depth[y, x]), o, d,
                                                        right, down, inside)


@bare_inlined
def steps(picture: Picture) -> tuple[Triple, Triple]:
    """Change of a ray's direction from one pixel to the next, to the right and down."""
    pose, lens = picture.pose, picture.lens
    return ((pose[0, 0] / lens[0], pose[1, 0] / lens[0], pose[2, 0] / lens[0]),
            (pose[0, 1] / lens[1], pose[1, 1] / lens[1], pose[2, 1] / lens[1]))


@bare_inlined
def seen(columns: Columns, around: Around, looks: Looks, mark: int, t: float, o: Triple, d: Triple, right: Triple,
         down: Triple, inside: bool) -> Triple:
    """sRGB of what the ray from o along d meets at distance t; see `shade.radiance`."""
    if mark < 0:
        length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
        r, g, b = heaven.colour_of(looks.sky, d[0] / length, d[1] / length, d[2] / length)
    else:
        item, side = mark // (SUNLIT * SIDES), mark // SUNLIT % SIDES
        r, g, b = radiance(columns, around, looks, item, side, t, o, d, right, down, mark % SUNLIT == 1, inside)
    return tone(r), tone(g), tone(b)
