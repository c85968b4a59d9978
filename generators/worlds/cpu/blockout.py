"""Second pass of the blockout: palette, surface phases and terms of light of every pixel."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import numpy.typing as npt
from numba import prange

from spatialmem.generators.worlds.cpu import sky as heaven
from spatialmem.generators.worlds.cpu.beam import direction
from spatialmem.generators.worlds.cpu.hits import SIDES, SUNLIT
from spatialmem.generators.worlds.cpu.layout import EMISSION, F32, I32, PATTERN, UNITS, Around, Columns, Looks, Picture
from spatialmem.generators.worlds.cpu.light import lamps, openness, room_at, tone
from spatialmem.generators.worlds.cpu.materials import GLASS, albedo, unit
from spatialmem.generators.worlds.cpu.noise import fade
from spatialmem.generators.worlds.cpu.shade import LIFT, indirect, outside, pane, snow_cover
from spatialmem.generators.worlds.cpu.surface import coordinates, footprint, normal
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel

PERIODS = (2.0, 0.5)
"""Metres of the first two surface phases; both divide a block, so that phases run on from block to block."""

BLURRED = 1e3
"""Metres of a footprint over which every pattern is its mean colour."""


@parallel_kernel
def lay_out(columns: Columns, around: Around, looks: Looks, picture: Picture, depth: F32, marks: I32,
            materials: npt.NDArray[np.uint8], palette: F32, phases: F32, light: F32) -> None:
    """Fills `materials` `[H, W]`, `palette` `[H, W, 3]`, `phases` `[H, W, 12]` and `light` `[H, W, 6]`."""
    for y in prange(depth.shape[0]):
        _row(columns, around, looks, picture, int(np.int64(y)), depth, marks, materials, palette, phases, light)


@bare_kernel
def _row(columns: Columns, around: Around, looks: Looks, picture: Picture, y: int, depth: F32, marks: I32,
         materials: npt.NDArray[np.uint8], palette: F32, phases: F32, light: F32) -> None:
    o = (picture.pose[0, 3], picture.pose[1, 3], picture.pose[2, 3])
    right = (picture.pose[0, 0] / picture.lens[0], picture.pose[1, 0] / picture.lens[0],
             picture.pose[2, 0] / picture.lens[0])
    down = (picture.pose[0, 1] / picture.lens[1], picture.pose[1, 1] / picture.lens[1],
            picture.pose[2, 1] / picture.lens[1])
    for x in range(depth.shape[1]):
        d = direction(picture, x + 0.5, y + 0.5)
        mark, t = marks[y, x], float(depth[y, x])
        for k in range(12):
            phases[y, x, k] = 0.0
        for k in range(6):
            light[y, x, k] = 0.0
        materials[y, x] = 0
        if mark < 0:
            length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
            r, g, b = heaven.colour_of(looks.sky, d[0] / length, d[1] / length, d[2] / length)
        else:
            item, side = mark // (SUNLIT * SIDES), mark // SUNLIT % SIDES
            row, code = int(looks.tags[item, 0]), int(columns.codes[item])
            p = (o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2])
            n = normal(code, columns.table, item, side, p[0], p[1], p[2])
            fu, fv = footprint(columns.table, item, t, d, n, right, down)
            room = room_at(around, p[0] + LIFT * n[0], p[1] + LIFT * n[1], p[2] + LIFT * n[2])
            materials[y, x] = np.uint8(looks.materials[row, PATTERN])
            place = coordinates(code, columns.table, item, side, p[0], p[1], p[2], PERIODS[1])
            for k in range(2):
                _phases(phases, y, x, k, place[0], place[1], fu, fv, PERIODS[k], PERIODS[k])
            kind, scale = int(looks.materials[row, PATTERN]), 16.0 / looks.materials[row, UNITS]
            own = unit(kind, scale, coordinates(code, columns.table, item, side, p[0], p[1], p[2], scale), fu, fv)
            _phases(phases, y, x, 2, own[0], own[1], own[2], own[3], 2 * own[4], 2 * own[5])
            r, g, b = albedo(looks.materials, row, looks.tags[item, 2], place, BLURRED, BLURRED)
            glow = float(looks.materials[row, EMISSION])
            if int(looks.materials[row, PATTERN]) == GLASS:
                (r, g, b), lit = pane(looks, row, looks.tags[item, 2], place[4] / place[6])
                glow += lit
            cover = 0.0
            if looks.sky[heaven.SNOW] > 0:
                cover = snow_cover(columns, looks, room, int(looks.materials[row, PATTERN]), p, n, fu, fv, True)
            r, g, b = r + cover * (0.86 - r), g + cover * (0.88 - g), b + cover * (0.92 - b)
            _light(light, y, x, around, looks, room, p, n, mark % SUNLIT == 1, glow)
        palette[y, x, 0], palette[y, x, 1], palette[y, x, 2] = tone(r), tone(g), tone(b)


@bare_inlined
def _phases(phases: F32, y: int, x: int, k: int, u: float, v: float, fu: float, fv: float, period_u: float,
            period_v: float) -> None:
    """Sine and cosine of u and v as the k-th four numbers, gone where a pixel spans more than half of a period."""
    left_u, left_v = fade(2 * fu / period_u), fade(2 * fv / period_v)
    turn_u, turn_v = 2 * pi * u / period_u, 2 * pi * v / period_v
    phases[y, x, 4 * k], phases[y, x, 4 * k + 1] = left_u * np.sin(turn_u), left_u * np.cos(turn_u)
    phases[y, x, 4 * k + 2], phases[y, x, 4 * k + 3] = left_v * np.sin(turn_v), left_v * np.cos(turn_v)


@bare_inlined
def _luminance(r: float, g: float, b: float) -> float:
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@bare_inlined
def _light(light: F32, y: int, x: int, around: Around, looks: Looks, room: int, p: tuple[float, float, float],
           n: tuple[float, float, float], sunlit: bool, glow: float) -> None:
    """Lamps and openings, light from all around, the sun's, openness, shadow, own light."""
    sky = looks.sky
    r, g, b = lamps(around, p[0] + LIFT * n[0], p[1] + LIFT * n[1], p[2] + LIFT * n[2], n, float(sky[heaven.LAMPS]),
                    outside(sky))
    light[y, x, 0] = tone(_luminance(r, g, b))
    r, g, b = indirect(looks, room, n)
    light[y, x, 1] = tone(_luminance(r, g, b))
    facing = n[0] * sky[heaven.TOWARD] + n[1] * sky[heaven.TOWARD + 1] + n[2] * sky[heaven.TOWARD + 2]
    if sunlit:
        light[y, x, 2] = tone(facing * _luminance(sky[heaven.SUN], sky[heaven.SUN + 1], sky[heaven.SUN + 2]))
    light[y, x, 3] = openness(around, p[0], p[1], p[2], n[0], n[1], n[2])
    light[y, x, 4] = 0.0 if sunlit else 1.0
    light[y, x, 5] = tone(glow)
