"""Hedges, shrubs, flower beds and pots."""

from __future__ import annotations

import math
from dataclasses import replace

from spatialmem.generators.worlds.materials import MATERIALS, TILE_M, Colour, Material
from spatialmem.generators.worlds.plot import Plot, Rect
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass


def leafy(material: Material, units: int = 240) -> Material:
    """The same leaves, `units` of them over 16 m."""
    return replace(material, scale_m=TILE_M / units)


def hedge(plot: Plot, ground: Rect, height: float) -> None:
    """A clipped hedge over a rectangle, with tufts along its top that the shears missed."""
    low_x, low_y, high_x, high_y = ground
    plant = plot.stand(0.0, 0.0, 0.0, SemanticClass.HEDGE)
    leaves = leafy(plot.scheme.material("hedge", "foliage"), 400)
    plant.box((low_x, low_y, -0.05), (high_x, high_y, height), leaves)
    length, along_x = max(high_x - low_x, high_y - low_y), high_x - low_x >= high_y - low_y
    thick = min(high_x - low_x, high_y - low_y) / 2
    for k in range(round(length / 0.7)):
        out = (k + plot.dice.uniform(0.3, 0.7)) * length / max(1, round(length / 0.7))
        middle = (low_x + out, low_y + thick) if along_x else (low_x + thick, low_y + out)
        plant.ellipsoid((*middle, height - 0.03), (0.8 * thick + 0.12, 0.8 * thick + 0.12, 0.09), leaves, fine=True)


def shrub(plot: Plot, x: float, y: float, radius: float) -> None:
    """A round bush of a few lobes, `radius` metres wide on each side."""
    bush = plot.stand(x, y, plot.dice.uniform(0.0, 2 * math.pi), SemanticClass.PLANT)
    leaves = leafy(plot.scheme.varied("hedge", "foliage", plot.style.child("shrub", bush.instance)), 360)
    bush.ellipsoid((0.0, 0.0, 0.55 * radius), (0.8 * radius, 0.8 * radius, 0.7 * radius), leaves)
    for k in range(4):
        size = plot.dice.uniform(0.38, 0.5) * radius
        out = radius - size
        bush.ellipsoid((out * math.cos(1.6 * k), out * math.sin(1.6 * k), 0.75 * size + 0.12 * radius * (k % 2)),
                       (size, size, 0.85 * size), leaves)
    for k in range(5):
        out = 0.6 * radius
        bush.ellipsoid((out * math.cos(1.3 * k), out * math.sin(1.3 * k), (0.85 + 0.08 * (k % 3)) * radius),
                       (0.25 * radius, 0.25 * radius, 0.22 * radius), leaves, fine=True)


def shrub_somewhere(plot: Plot, radius: float) -> None:
    """A bush wherever there is room."""
    spot = plot.spot(radius, radius)
    if spot:
        shrub(plot, *spot, radius)


def bed_somewhere(plot: Plot, length: float, depth: float, *, along_x: bool) -> None:
    """A flower bed wherever there is room."""
    half_x, half_y = (length / 2, depth / 2) if along_x else (depth / 2, length / 2)
    spot = plot.spot(half_x, half_y)
    if spot:
        flower_bed(plot, (spot[0] - half_x, spot[1] - half_y, spot[0] + half_x, spot[1] + half_y))


def flower_bed(plot: Plot, ground: Rect) -> None:
    """A bed of soil with an edge of stones and rows of flowers of one or two colours."""
    low_x, low_y, high_x, high_y = ground
    bed = plot.stand(0.0, 0.0, 0.0, SemanticClass.PLANT)
    _edging(plot, ground)
    bed.box((low_x + 0.06, low_y + 0.06, -0.05), (high_x - 0.06, high_y - 0.06, 0.14), "soil")
    across, along = _rows(high_x - low_x), _rows(high_y - low_y)
    blooms = _blooms(plot, bed)
    for a in range(across):
        for b in range(along):
            x = low_x + (a + 0.5) * (high_x - low_x) / across + plot.dice.uniform(-0.03, 0.03)
            y = low_y + (b + 0.5) * (high_y - low_y) / along + plot.dice.uniform(-0.03, 0.03)
            _flowers(bed, (x, y), plot.dice.uniform(0.17, 0.21), blooms[(a if across > along else b) % 2])


def round_bed(plot: Plot, x: float, y: float, radius: float) -> None:
    """A round bed with rings of flowers about a shrub."""
    bed = plot.stand(x, y, 0.0, SemanticClass.PLANT)
    bed.as_(SemanticClass.ROCK).cylinder((0.0, 0.0, -0.05), radius, 0.17, "rock")
    bed.cylinder((0.0, 0.0, -0.05), radius - 0.12, 0.2, "soil")
    blooms = _blooms(plot, bed)
    bed.ellipsoid((0.0, 0.0, 0.35), (0.3, 0.3, 0.45), plot.scheme.material("hedge", "foliage"))
    for ring, out in enumerate((0.42 * radius, 0.75 * radius)):
        count = max(4, round(2 * math.pi * out / 0.45))
        for k in range(count):
            angle = 2 * math.pi * (k + 0.5 * ring) / count
            _flowers(bed, (out * math.cos(angle), out * math.sin(angle)), 0.2, blooms[ring])


def pot(plot: Plot, x: float, y: float, radius: float = 0.22) -> None:
    """A pot with a small bush."""
    plant = plot.stand(x, y, 0.0, SemanticClass.PLANT)
    clay = plot.scheme.varied("plastic", "accent", plot.style.child("pot", plant.instance))
    plant.cylinder((0.0, 0.0, 0.0), 0.8 * radius, 1.5 * radius, clay)
    plant.cylinder((0.0, 0.0, 1.3 * radius), radius, 0.35 * radius, clay)
    leaves = leafy(plot.scheme.material("foliage", "foliage"), 320)
    plant.ellipsoid((0.0, 0.0, 2.6 * radius), (1.25 * radius, 1.25 * radius, 1.4 * radius), leaves)
    for k in range(5):
        plant.ellipsoid((radius * math.cos(1.26 * k), radius * math.sin(1.26 * k), (2.7 + 0.3 * (k % 2)) * radius),
                        (0.5 * radius, 0.5 * radius, 0.5 * radius), leaves, fine=True)


def _flowers(bed: Thing, at: tuple[float, float], size: float, blooms: Material) -> None:
    bed.ellipsoid((*at, 0.22), (size, size, 0.2), blooms)


def _blooms(plot: Plot, bed: Thing) -> tuple[Material, Material]:
    """Two materials of leaves and petals: the petals are the material's second colour."""
    style = plot.style.child("blooms", bed.instance)
    leaves = plot.scheme.material("foliage", "foliage").colour_a
    petals = style.shuffled(_PETALS)
    return _flowering(leaves, petals[0]), _flowering(leaves, petals[1])


def _flowering(leaves: Colour, petals: Colour) -> Material:
    return replace(MATERIALS["flowers"], colour_a=leaves, colour_b=petals, scale_m=TILE_M / 320)


_PETALS: tuple[Colour, ...] = ((0.85, 0.2, 0.25), (0.93, 0.55, 0.7), (0.97, 0.82, 0.25), (0.95, 0.94, 0.9),
                               (0.62, 0.42, 0.78), (0.94, 0.5, 0.2))


def _edging(plot: Plot, ground: Rect) -> None:
    low_x, low_y, high_x, high_y = ground
    stones = plot.stand(0.0, 0.0, 0.0, SemanticClass.ROCK)
    stones.box((low_x, low_y, -0.05), (high_x, high_y, 0.11), "rock")


def _rows(extent: float) -> int:
    return max(1, round(extent / 0.42))
