"""Second pass of the painted rendering: the colour of every pixel."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import prange

from spatialmem.generators.worlds.cpu import sky as heaven
from spatialmem.generators.worlds.cpu.hits import SIDES, SUNLIT, direction, look
from spatialmem.generators.worlds.cpu.layout import F32, I32, Around, Columns, Looks, Picture
from spatialmem.generators.worlds.cpu.light import room_at, tone
from spatialmem.generators.worlds.cpu.shade import radiance
from spatialmem.render.cpu.jit import inlined, parallel_kernel

_TURNED = (0.125, -0.375, 0.375, -0.125)
"""Where the four rays of a pixel lie in x, each on a row of its own: level and upright edges cross in four steps."""


@inlined
def _plain(marks: I32, y: int, x: int) -> bool:
    """Whether a pixel and its four neighbours see one surface in one light."""
    mark = marks[y, x]
    if marks[max(y - 1, 0), x] != mark or marks[min(y + 1, marks.shape[0] - 1), x] != mark:
        return False
    return not (marks[y, max(x - 1, 0)] != mark or marks[y, min(x + 1, marks.shape[1] - 1)] != mark)


@parallel_kernel
def colour(columns: Columns, around: Around, looks: Looks, picture: Picture, samples: int, depth: F32,
           marks: I32, rgb: F32) -> None:
    """Fills `rgb` `[H, W, 3]` with sRGB 0..1.

    Where neighbours see the same face in the same light, one ray tells a pixel's colour, as patterns are
    filtered; elsewhere it is the mean of `samples` rays, of which those that meet the same face in the
    same light share one colour (multisampling, Akeley 1993). The mean is taken after the tone curve, so
    that bright edges stay smooth.
    """
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    right = (picture.pose[0, 0] / picture.lens[0], picture.pose[1, 0] / picture.lens[0],
             picture.pose[2, 0] / picture.lens[0])
    down = (picture.pose[0, 1] / picture.lens[1], picture.pose[1, 1] / picture.lens[1],
            picture.pose[2, 1] / picture.lens[1])
    pixel = 1 / picture.lens[0]
    inside = room_at(around, o[0], o[1], o[2]) >= 0
    for y in prange(depth.shape[0]):
        for x in range(depth.shape[1]):
            rays = 1 if samples == 1 or _plain(marks, y, x) else samples
            sum_r, sum_g, sum_b = 0.0, 0.0, 0.0
            last, r, g, b = -2, 0.0, 0.0, 0.0
            for ray in range(rays):
                t, mark = float(depth[y, x]), marks[y, x]
                u, v = x + 0.5, y + 0.5
                if rays > 1:
                    u, v = u + _TURNED[ray & 3], v + 0.125 * (2 * ray - 3)
                d = direction(picture, u, v)
                if rays > 1:
                    t, mark = look(columns, looks, o, d, pixel, False)
                if mark != last or mark < 0:
                    if mark < 0:
                        length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
                        r, g, b = heaven.colour_of(looks.sky, d[0] / length, d[1] / length, d[2] / length)
                    else:
                        item, side = mark // (SUNLIT * SIDES), mark // SUNLIT % SIDES
                        r, g, b = radiance(columns, around, looks, item, side, t, o, d, right, down,
                                           mark % SUNLIT == 1, inside)
                    r, g, b = tone(r), tone(g), tone(b)
                    last = mark
                sum_r, sum_g, sum_b = sum_r + r, sum_g + g, sum_b + b
            rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2] = (np.float32(sum_r / rays), np.float32(sum_g / rays),
                                                        np.float32(sum_b / rays))
