"""A street's roadway with kerbs and sidewalks: straight, crossing, or ending; with what stands along it."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.nature.trees import HEIGHTS, Species, plant
from spatialmem.generators.worlds.outdoors.cars import HALF_LENGTH, HALF_WIDTH, car
from spatialmem.generators.worlds.outdoors.furniture import bench, bin_, bollard, road_sign, street_lamp
from spatialmem.generators.worlds.outdoors.ground import grass_of, slab
from spatialmem.generators.worlds.plot import Facing, Plot, Rect, around
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

WALK = 4.0
"""Metres from a street's edge to its kerb: the sidewalk, and the verge with lamps and trees."""

ROAD_TOP = -0.1
_VERGE = 2.7
_LANES = BLOCK - 2 * WALK
_KERB = 0.16


def straight(plot: Plot, facing: Facing, *, starts: bool, ends: bool) -> None:
    """A street along x of the layout; `starts` and `ends` tell whether it ends at its low and its high x."""
    low, high = (2.2 if starts else 0.0), (BLOCK - 2.2 if ends else BLOCK)
    _bed(plot, facing)
    for y0, y1 in ((0.0, WALK), (BLOCK - WALK, BLOCK)):
        _walk(plot, facing, (0.0, y0, BLOCK, y1))
        inner = WALK if y0 == 0.0 else BLOCK - WALK - _KERB
        _kerb(plot, facing, (low, inner, high, inner + _KERB))
        plot.keep_free(facing.rect((0.0, y0 if y0 == 0.0 else y1 - _VERGE, BLOCK, y0 + _VERGE if y0 == 0.0 else y1)))
    _markings(plot, facing, low, high)
    if starts:
        _end(plot, facing, (0.0, 0.0, low, BLOCK), low)
    if ends:
        _end(plot, facing, (high, 0.0, BLOCK, BLOCK), high)
    _verges(plot, facing, low, high)
    _parked(plot, facing, low, high)


def crossing(plot: Plot) -> None:
    """Two streets that cross: four rounded corners and zebra stripes on every arm."""
    _bed(plot, Facing("south"))
    for side in ("south", "east", "north", "west"):
        facing = Facing(side)
        for ground in ((0.0, 0.0, WALK, WALK - 1.5), (0.0, WALK - 1.5, WALK - 1.5, WALK)):
            _walk(plot, facing, ground)
        corner = plot.stand(*facing.at(WALK - 1.5, WALK - 1.5), 0.0, SemanticClass.SIDEWALK)
        corner.cylinder((0.0, 0.0, -0.35), 1.5 + _KERB, 0.358, plot.scheme.material("concrete", "ground"))
        corner.cylinder((0.0, 0.0, -0.35), 1.5, 0.362, _paving(plot))
        _kerb(plot, facing, (0.0, WALK, WALK - 1.5, WALK + _KERB))
        _kerb(plot, facing, (WALK, 0.0, WALK + _KERB, WALK - 1.5))
        plot.keep_free(facing.rect((0.0, 0.0, WALK - 1.2, WALK - 1.2)))
        _zebra(plot, facing)
        _corner_post(plot, facing)


def _corner_post(plot: Plot, facing: Facing) -> None:
    at = facing.at(WALK - 0.75, WALK - 0.75)
    plot.take(around(*at, 0.2))
    if plot.dice.chance(0.5):
        street_lamp(plot, *at, facing.yaw - math.pi / 4 + math.pi)
    else:
        road_sign(plot, *at, facing.yaw)


def _zebra(plot: Plot, facing: Facing) -> None:
    """White bars across the arm towards the south of the layout."""
    stripes = plot.stand(0.0, 0.0, 0.0, SemanticClass.ROAD)
    for k in range(8):
        x = WALK + 0.3 + k * (_LANES - 0.6) / 8 + 0.2
        bar = facing.rect((x, 0.6, x + 0.5, 3.0))
        stripes.box((*bar[:2], ROAD_TOP - 0.1), (*bar[2:], ROAD_TOP + 0.006), "paint")


def _bed(plot: Plot, facing: Facing) -> None:
    asked = plot.site.attributes.ground
    name = asked if asked in {"gravel", "paving", "sand", "soil", "asphalt"} else "asphalt"
    slab(plot, facing.rect((0.0, 0.0, BLOCK, BLOCK)), ROAD_TOP, SemanticClass.ROAD, plot.scheme.material(name, "ground")
         if name != "asphalt" else name)


def _paving(plot: Plot) -> Material:
    name = plot.site.district_style.child("sidewalk").choice(("paving", "paving", "concrete", "stone"))
    return plot.scheme.material(name, "ground")


def _walk(plot: Plot, facing: Facing, ground: Rect) -> None:
    slab(plot, facing.rect(ground), 0.0, SemanticClass.SIDEWALK, _paving(plot))


def _kerb(plot: Plot, facing: Facing, ground: Rect) -> None:
    slab(plot, facing.rect(ground), 0.01, SemanticClass.SIDEWALK, plot.scheme.material("concrete", "ground"))


def _markings(plot: Plot, facing: Facing, low: float, high: float) -> None:
    """A broken line in the middle and the corners of parking bays; bars of 2 m with gaps of 2 m meet at the seams."""
    lines = plot.stand(0.0, 0.0, 0.0, SemanticClass.ROAD)
    bars = [(1.0 + 4.0 * k, BLOCK / 2 - 0.06, 3.0 + 4.0 * k, BLOCK / 2 + 0.06) for k in range(4)]
    for k in range(4):
        x = k * BLOCK / 3
        bars += [(x - 0.05, WALK + 0.3, x + 0.05, WALK + 2.0), (x - 0.05, BLOCK - WALK - 2.0, x + 0.05,
                                                               BLOCK - WALK - 0.3)]
    for bar in bars:
        if bar[0] >= low and bar[2] <= high:
            drawn = facing.rect(bar)
            lines.box((*drawn[:2], ROAD_TOP - 0.1), (*drawn[2:], ROAD_TOP + 0.006), "paint")


def _end(plot: Plot, facing: Facing, ground: Rect, at: float) -> None:
    """The street ends: a sidewalk across, with bollards and a sign."""
    _walk(plot, facing, (ground[0], WALK, ground[2], BLOCK - WALK))
    inner = at if ground[0] == 0.0 else at - _KERB
    _kerb(plot, facing, (inner, WALK, inner + _KERB, BLOCK - WALK))
    plot.keep_free(facing.rect((ground[0], 0.0, ground[2], BLOCK)))
    post = at - 0.4 if ground[0] == 0.0 else at + 0.4
    for y in (WALK + 0.9, WALK + 2.4, BLOCK - WALK - 2.4, BLOCK - WALK - 0.9):
        x_y = facing.at(post, y)
        plot.take(around(*x_y, 0.1))
        bollard(plot, *x_y)


def _verges(plot: Plot, facing: Facing, low: float, high: float) -> None:
    """Trees in rows between kerb and sidewalk, lamps among them, here and there a bench."""
    district = plot.site.district
    species = district.child("street tree").choice(_STREET_TREES)
    green, planted = district.child("verge").chance(0.4), district.child("trees").chance(0.85)
    for flank, y in enumerate((WALK - 0.75, BLOCK - WALK + 0.75)):
        if green:
            ground = facing.rect((low, y - 0.55, high, y + 0.55 + (0.2 - _KERB / 2 if flank == 0 else 0.0)))
            slab(plot, ground, 0.006, SemanticClass.GRASS, grass_of(plot))
        for slot in range(3):
            x = (slot + 0.5) * BLOCK / 3
            if not low + 1 <= x <= high - 1:
                continue
            if slot == (1 if flank == 0 else 0):
                _post(plot, facing, (x, y), flank)
            elif planted and plot.dice.chance(0.9):
                _street_tree(plot, facing, (x, y), species, green)


_STREET_TREES: tuple[Species, ...] = ("round", "round", "birch", "blossom", "poplar", "broad")


def _street_tree(plot: Plot, facing: Facing, at: tuple[float, float], species: Species, green: bool) -> None:
    x, y = facing.at(*at)
    plot.take(around(x, y, 0.3))
    if not green:
        slab(plot, around(x, y, 0.55), 0.006, SemanticClass.SIDEWALK, "soil")
    low, high = HEIGHTS[species]
    plant(plot, x, y, species, plot.dice.uniform(low, (low + high) / 2))


def _post(plot: Plot, facing: Facing, at: tuple[float, float], flank: int) -> None:
    """A lamp over the roadway; beside it now and then a bench with a bin."""
    x, y = facing.at(at[0], at[1] + (0.35 if flank == 0 else -0.35))
    plot.take(around(x, y, 0.15))
    street_lamp(plot, x, y, facing.yaw + (math.pi if flank == 0 else 0.0))
    if plot.dice.chance(0.35):
        spot = facing.at(at[0] + 1.6, at[1])
        if plot.claim(facing.rect((at[0] + 0.7, at[1] - 0.3, at[0] + 2.5, at[1] + 0.3)), gap=0.5):
            bench(plot, *spot, facing.yaw + (math.pi if flank == 0 else 0.0))
        bin_at = facing.at(at[0] - 0.9, at[1])
        if plot.claim(around(*bin_at, 0.26), gap=0.5):
            bin_(plot, *bin_at)


def _parked(plot: Plot, facing: Facing, low: float, high: float) -> None:
    """Cars in the bays on both sides; each looks where its lane goes."""
    full = plot.site.district.child("cars").uniform(0.3, 0.75)
    for flank, y in enumerate((WALK + _KERB + 0.18 + HALF_WIDTH, BLOCK - WALK - _KERB - 0.18 - HALF_WIDTH)):
        for slot in range(3):
            x = (slot + 0.5) * BLOCK / 3 + plot.dice.uniform(-0.15, 0.15)
            inside = low + HALF_LENGTH + 0.2 <= x <= high - HALF_LENGTH - 0.2
            parked = plot.dice.chance(full)
            if inside and parked:
                ground = (x - HALF_LENGTH, y - HALF_WIDTH, x + HALF_LENGTH, y + HALF_WIDTH)
                plot.take(facing.rect(ground))
                car(plot, *facing.at(x, y), facing.yaw + (0.0 if flank == 0 else math.pi), ground=ROAD_TOP)
