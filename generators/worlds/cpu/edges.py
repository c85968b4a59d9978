"""Third pass of the painted rendering: edges between faces, and between light and shadow, made smooth."""

from __future__ import annotations

import numpy as np
from numba import prange

from spatialmem.generators.worlds.cpu.beam import TALL, WIDE, Beam, Beams, beam_of, direction
from spatialmem.generators.worlds.cpu.hits import SUNLIT, in_sun, look
from spatialmem.generators.worlds.cpu.layout import F32, I32, Around, Columns, Looks, Picture
from spatialmem.generators.worlds.cpu.light import room_at
from spatialmem.generators.worlds.cpu.paint import seen, steps
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel

_TURNED = (0.125, -0.375, 0.375, -0.125)
"""Where the four rays of a pixel lie in x, each on a row of its own: level and upright edges cross in four steps."""

@parallel_kernel
def smooth_edges(columns: Columns, around: Around, looks: Looks, beams: Beams, picture: Picture, marks: I32,
                 centres: F32, rgb: F32) -> None:
    """Fills `rgb` `[H, W, 3]` from the colours of the pixels' `centres`; the beams are those of `find`.

    Where a pixel and its neighbours see the same face in the same light it keeps its colour; elsewhere it is
    the mean of four rays. A ray that meets what this pixel or a neighbour sees takes its colour from there
    (as in multisampling, Akeley 1993). The mean is taken after the tone curve, so that bright edges stay smooth.
    """
    for row in prange(-(-marks.shape[0] // TALL)):
        _smooth_row(columns, around, looks, beams, picture, row * TALL, marks, centres, rgb)


@bare_kernel
def _smooth_row(columns: Columns, around: Around, looks: Looks, beams: Beams, picture: Picture, top: int, marks: I32,
                centres: F32, rgb: F32) -> None:
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    inside = room_at(around, o[0], o[1], o[2]) >= 0
    for left in range(0, marks.shape[1], WIDE):
        beam = beam_of(beams, marks.shape[1], top, left)
        for y in range(top, min(top + TALL, marks.shape[0])):
            for x in range(left, min(left + WIDE, marks.shape[1])):
                if _plain(marks, y, x):
                    for k in range(3):
                        rgb[y, x, k] = centres[y, x, k]
                    continue
                _mean(columns, around, looks, beam, picture, inside, y, x, marks, centres, rgb)


@bare_inlined
def _plain(marks: I32, y: int, x: int) -> bool:
    """Whether a pixel and its four neighbours see one surface in one light."""
    mark = marks[y, x]
    if marks[max(y - 1, 0), x] != mark or marks[min(y + 1, marks.shape[0] - 1), x] != mark:
        return False
    return not (marks[y, max(x - 1, 0)] != mark or marks[y, min(x + 1, marks.shape[1] - 1)] != mark)


@bare_inlined
def _mean(columns: Columns, around: Around, looks: Looks, beam: Beam, picture: Picture, inside: bool, y: int, x: int,
          marks: I32, centres: F32, rgb: F32) -> None:
    """Sets one pixel to the mean of its four rays."""
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    right, down = steps(picture)
    sum_r, sum_g, sum_b = 0.0, 0.0, 0.0
    last, r, g, b = -2, 0.0, 0.0, 0.0
    for ray in range(4):
        u, v = _TURNED[ray], 0.125 * (2 * ray - 3)
        d = direction(picture, x + 0.5 + u, y + 0.5 + v)
        t, spot = look(columns, looks, beam, o, d, 1 / picture.lens[0], False)
        mark = -1
        if spot >= 0:
            sun = _agreed(marks, spot, y, x)
            mark = spot * SUNLIT + (in_sun(columns, looks.sky, beam, spot, o, d, t, False) if sun < 0 else sun)
        if mark != last:
            last, (row, column) = mark, _like(marks, mark, y, x, 1 if v > 0 else -1, 1 if u > 0 else -1)
            if row >= 0:
                r, g, b = float(centres[row, column, 0]), float(centres[row, column, 1]), float(centres[row, column, 2])
            else:
                r, g, b = seen(columns, around, looks, mark, t, o, d, right, down, inside)
        sum_r, sum_g, sum_b = sum_r + r, sum_g + g, sum_b + b
    rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2] = np.float32(sum_r / 4), np.float32(sum_g / 4), np.float32(sum_b / 4)


@bare_inlined
def _place(marks: I32, y: int, x: int, k: int, below: int, beside: int) -> tuple[int, int]:
    """A pixel (0) and its neighbours (1..4), those in the direction (below, beside) first."""
    step = (k > 0) - 2 * (k > 2)
    row, column = (y + step * below, x) if k % 2 == 0 else (y, x + step * beside)
    return min(max(row, 0), marks.shape[0] - 1), min(max(column, 0), marks.shape[1] - 1)


@bare_inlined
def _agreed(marks: I32, spot: int, y: int, x: int) -> int:
    """1 or 0 where those that see the face `spot` here all say that it is sunlit, or not; else -1."""
    lit = dark = False
    for k in range(5):
        row, column = _place(marks, y, x, k, 1, 1)
        if marks[row, column] // SUNLIT == spot:
            lit, dark = lit or marks[row, column] % SUNLIT == 1, dark or marks[row, column] % SUNLIT == 0
    return -1 if lit == dark else int(lit)


@bare_inlined
def _like(marks: I32, mark: int, y: int, x: int, below: int, beside: int) -> tuple[int, int]:
    """The pixel here that sees `mark`; -1, -1 if there is none."""
    for k in range(5):
        row, column = _place(marks, y, x, k, below, beside)
        if marks[row, column] == mark:
            return row, column
    return -1, -1
