"""The light that leaves a surface point towards the camera: material, light, mirroring, snow, fog."""

from __future__ import annotations

from math import exp, sqrt

from spatialmem.generators.worlds.cpu import sky as heaven
from spatialmem.generators.worlds.cpu.layout import (
    EMISSION,
    F32,
    FAR,
    GLOSS,
    PATTERN,
    UNITS,
    Around,
    Columns,
    Looks,
    Triple,
)
from spatialmem.generators.worlds.cpu.light import lamps, openness, room_at
from spatialmem.generators.worlds.cpu.materials import ASPHALT, BARK, FOLIAGE, GLASS, WATER, albedo, colours
from spatialmem.generators.worlds.cpu.noise import chance, ripple, smooth
from spatialmem.generators.worlds.cpu.surface import coordinates, footprint, normal
from spatialmem.generators.worlds.cpu.trace import nearest
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

LIFT = 0.04
"""Metres from a surface to the place whose room lights it."""

SHELTER, DRIFT = 4.0, 0.03
"""Metres: up to what height a roof keeps the ground below it bare, and how deep snow lies at the foot of things."""


@bare_inlined
def outside(sky: F32) -> Triple:
    """The light that an opening lets in: what of the sky one sees from a room, horizon most of all."""
    day = 3.0 * float(sky[heaven.AMBIENT])
    return (day * (0.3 * sky[heaven.ZENITH] + 0.7 * sky[heaven.HORIZON]),
            day * (0.3 * sky[heaven.ZENITH + 1] + 0.7 * sky[heaven.HORIZON + 1]),
            day * (0.3 * sky[heaven.ZENITH + 2] + 0.7 * sky[heaven.HORIZON + 2]))


@bare_inlined
def indirect(looks: Looks, room: int, n: Triple) -> Triple:
    """Light from all around on a surface with normal n: that of its room, or of the sky (room -1)."""
    if room < 0:
        return heaven.overhead(looks.sky, n[2])
    up = 0.92 + 0.08 * n[2]
    return up * looks.ambient[room, 0], up * looks.ambient[room, 1], up * looks.ambient[room, 2]


@bare_inlined
def illumination(around: Around, looks: Looks, room: int, open_share: float, p: Triple, n: Triple,
                 sunlit: bool) -> Triple:
    """Light on the surface point p with normal n, which lies in `room` (-1: outdoors)."""
    sky = looks.sky
    r, g, b = lamps(around, p[0] + LIFT * n[0], p[1] + LIFT * n[1], p[2] + LIFT * n[2], n, float(sky[heaven.LAMPS]),
                    outside(sky))
    ar, ag, ab = indirect(looks, room, n)
    # what is near takes all of the light from around, and half of that from lamps
    near = 0.45 + 0.55 * open_share
    r, g, b = near * r + open_share * ar, near * g + open_share * ag, near * b + open_share * ab
    facing = n[0] * sky[heaven.TOWARD] + n[1] * sky[heaven.TOWARD + 1] + n[2] * sky[heaven.TOWARD + 2]
    if sunlit and facing > 0:
        r, g, b = (r + facing * sky[heaven.SUN], g + facing * sky[heaven.SUN + 1], b + facing * sky[heaven.SUN + 2])
    return r, g, b


@bare_kernel
def snow_cover(columns: Columns, looks: Looks, room: int, kind: int, p: Triple, n: Triple, fu: float, fv: float,
               coarse: bool) -> float:
    """Share 0..1 of a surface point that snow covers: ground under the open sky, or under trees."""
    sky = looks.sky
    if room >= 0 or (n[2] < 0.25 and p[2] > DRIFT):
        return 0.0
    _, roof = nearest(columns, p[0], p[1], p[2] + 0.02, 0.0, 0.0, 1.0, SHELTER, coarse, True)
    if roof >= 0 and int(looks.materials[looks.tags[roof, 0], PATTERN]) not in (BARK, FOLIAGE):
        return 0.0
    drift = 0.5 * ripple(p[0], p[1], 0.8, 0.8, 16.0, fu, fv, 61) + 0.4 * ripple(p[0], p[1], 0.2, 0.2, 16.0, fu, fv, 62)
    deep = (n[2] - 0.25) / 0.5 + 0.35 * drift if n[2] >= 0.25 else 1.0
    if kind == FOLIAGE:
        deep -= 0.25 + 0.5 * drift
    if kind == WATER:
        return 0.0
    if kind == ASPHALT:
        # slush: cars come through
        return float(sky[heaven.SNOW]) * (0.45 + 0.22 * drift)
    return float(sky[heaven.SNOW]) * smooth(deep)


@bare_inlined
def mirrored(looks: Looks, room: int, d: Triple, n: Triple) -> Triple:
    """What a surface with normal n mirrors towards a viewer who looks along the unit direction d."""
    if room >= 0:
        return float(looks.ambient[room, 0]), float(looks.ambient[room, 1]), float(looks.ambient[room, 2])
    facing = d[0] * n[0] + d[1] * n[1] + d[2] * n[2]
    up = d[2] - 2 * facing * n[2]
    r, g, b = heaven.gradient(looks.sky, up)
    # below the horizon a pane mirrors the street
    ground = 0.35 + 0.65 * smooth(0.5 + 6 * up)
    return r * ground, g * ground, b * ground


@bare_inlined
def pane(looks: Looks, row: int, instance: int, t: float) -> tuple[Triple, float]:
    """Own colour of a facade's pane, `t` -1..1 up it, and the light of the room behind it."""
    a, b = colours(looks.materials, row)
    drawn = chance(instance, 3, 5) * 1.6 - 0.6
    curtain = smooth(8 * (t - 1 + 2 * max(drawn, 0.0))) * 0.6
    body = 0.5 - 0.15 * t
    own = (a[0] * body + curtain * b[0], a[1] * body + curtain * b[1], a[2] * body + curtain * b[2])
    lit = 1.0 if chance(instance, 4, 5) < looks.sky[heaven.LIT] else 0.0
    return own, lit * (0.55 + 0.35 * chance(instance, 6, 5)) * (1 - 0.25 * t) * (1 - 0.35 * curtain)


@bare_inlined
def radiance(columns: Columns, around: Around, looks: Looks, item: int, side: int, t: float, o: Triple, d: Triple,
             right: Triple, down: Triple, sunlit: bool, inside: bool) -> Triple:
    """Linear colour of the point where the ray from o along d meets face `side` of `item` at distance t.

    Args:
        right, down: change of d between pixels.
        sunlit: whether the sun reaches it. inside: whether the camera stands in a room.
    """
    sky, code = looks.sky, int(columns.codes[item])
    p = (o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2])
    n = normal(code, columns.table, item, side, p[0], p[1], p[2])
    row, instance = looks.tags[item, 0], looks.tags[item, 2]
    kind, gloss = int(looks.materials[row, PATTERN]), float(looks.materials[row, GLOSS])
    fu, fv = footprint(columns.table, item, t, d, n, right, down)
    place = coordinates(code, columns.table, item, side, p[0], p[1], p[2], 16.0 / looks.materials[row, UNITS])
    length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    w = (d[0] / length, d[1] / length, d[2] / length)
    room = room_at(around, p[0] + LIFT * n[0], p[1] + LIFT * n[1], p[2] + LIFT * n[2])
    r, g, b = albedo(looks.materials, row, instance, place, fu, fv)
    glow = float(looks.materials[row, EMISSION])
    er, eg, eb = glow * r, glow * g, glow * b
    if kind == GLASS:
        (r, g, b), lit = pane(looks, row, instance, place[4] / place[6])
        er, eg, eb = er + lit, eg + lit * 0.64, eb + lit * 0.27
    cover = snow_cover(columns, looks, room, kind, p, n, fu, fv, False) if sky[heaven.SNOW] > 0 else 0.0
    r, g, b = r + cover * (0.86 - r), g + cover * (0.88 - g), b + cover * (0.92 - b)
    if cover > 0.5 and n[2] < 0.25 and p[2] >= 0:
        n = (0.0, 0.0, 1.0)  # drifts level out low edges, which would be dark lines in the snow
    open_share = openness(around, p[0], p[1], p[2], n[0], n[1], n[2])
    lr, lg, lb = illumination(around, looks, room, open_share, p, n, sunlit)
    r, g, b = r * lr + er, g * lg + eg, b * lb + eb
    if gloss > 0:
        grazing = 1 + w[0] * n[0] + w[1] * n[1] + w[2] * n[2]
        share = (1 - cover) * gloss * (0.06 + 0.6 * grazing * grazing * grazing * grazing)
        if kind == GLASS:
            share += 0.25
        mr, mg, mb = mirrored(looks, room, w, n)
        share *= 0.3 + 0.7 * open_share
        r, g, b = r + share * (mr - r * 0.5), g + share * (mg - g * 0.5), b + share * (mb - b * 0.5)
    if room >= 0 and inside:
        return r, g, b
    return veiled(sky, w, t * length * (0.75 if (room >= 0) != inside else 1.0), r, g, b)


@bare_inlined
def veiled(sky: F32, w: Triple, distance: float, r: float, g: float, b: float) -> Triple:
    """A colour seen through `distance` metres of air, which at `FAR` hides everything: worlds do not end in a line."""
    clear = exp(-distance * sky[heaven.HAZE]) * (1 - smooth((distance - 0.6 * FAR) / (0.4 * FAR)))
    fr, fg, fb = heaven.colour_of(sky, w[0], w[1], max(w[2], 0.0)) if clear < 0.99 else heaven.gradient(sky, w[2])
    return fr + clear * (r - fr), fg + clear * (g - fg), fb + clear * (b - fb)
