"""Rocks, ponds and fountains."""

from __future__ import annotations

import math
from collections.abc import Sequence

from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.plot import Plot
from spatialmem.labels import SemanticClass

_BLADE = MATERIALS["paint"].tinted((0.36, 0.47, 0.2))
_CATTAIL = MATERIALS["carpet"].tinted((0.36, 0.24, 0.14))


def rocks(plot: Plot, x: float, y: float, radius: float) -> None:
    """A few boulders that lie together, sunk into the ground, within `radius` metres."""
    group = plot.stand(x, y, plot.dice.uniform(0.0, 2 * math.pi), SemanticClass.ROCK)
    stone = plot.scheme.material("rock", "ground")
    for k, share in enumerate((0.62, 0.4, 0.3)):
        size = share * radius * plot.dice.uniform(0.85, 1.0)
        out = 0.0 if k == 0 else radius - size
        flat = plot.dice.uniform(0.55, 0.8)
        group.ellipsoid((out * math.cos(2.2 * k), out * math.sin(2.2 * k), 0.25 * size),
                        (size, 0.85 * size, flat * size), stone, yaw=plot.dice.uniform(0.0, math.pi))


def rocks_somewhere(plot: Plot, radius: float) -> None:
    """Boulders wherever there is room."""
    spot = plot.spot(radius, radius)
    if spot:
        rocks(plot, *spot, radius)


def pond_somewhere(plot: Plot, radii: Sequence[float], *, tries: int) -> tuple[float, float] | None:
    """Where a pond of the first of these radii that finds room now lies; None where none does."""
    for radius in radii:
        spot = plot.spot(radius, radius, tries=tries)
        if spot:
            pond(plot, *spot, radius)
            return spot
    return None


def pond(plot: Plot, x: float, y: float, radius: float) -> None:
    """A pond with a rim of boulders, reeds on one side and lily pads; nobody walks into it: it lies 12 cm high."""
    water = plot.stand(x, y, plot.dice.uniform(0.0, 2 * math.pi), SemanticClass.WATER)
    inner = radius - 0.35
    water.as_(SemanticClass.ROCK).cylinder((0.0, 0.0, -0.05), inner + 0.12, 0.17, "rock")
    water.cylinder((0.0, 0.0, -0.05), inner, 0.18, "water")
    _rim(plot, x, y, radius)
    reeds = water.as_(SemanticClass.PLANT)
    green = plot.scheme.material("foliage", "foliage")
    for k in range(16):
        angle, out = 0.06 * k, inner - 0.1 - 0.09 * (k % 4) - plot.dice.uniform(0.0, 0.06)
        at, tall = (out * math.cos(angle), out * math.sin(angle)), plot.dice.uniform(0.35, 0.62)
        reeds.ellipsoid((*at, tall), (0.014, 0.014, tall), _BLADE, fine=True)
        if k % 3 == 0:
            reeds.cylinder((*at, 1.7 * tall), 0.028, 0.16, _CATTAIL, fine=True)
    for k in range(4):
        angle, out = 2.5 + 0.5 * k, plot.dice.uniform(0.3, 0.75) * inner
        reeds.cylinder((out * math.cos(angle), out * math.sin(angle), 0.12), plot.dice.uniform(0.12, 0.2), 0.02, green,
                       fine=True)


def _rim(plot: Plot, x: float, y: float, radius: float) -> None:
    """Boulders in a ring, of uneven size."""
    stones = plot.stand(x, y, 0.0, SemanticClass.ROCK)
    stone = plot.scheme.material("rock", "ground")
    count = round(2 * math.pi * radius / 0.5)
    for k in range(count):
        angle = 2 * math.pi * (k + plot.dice.uniform(-0.2, 0.2)) / count
        size = plot.dice.uniform(0.2, 0.32)
        out = radius - 0.28
        stones.ellipsoid((out * math.cos(angle), out * math.sin(angle), 0.1), (size, 0.75 * size, 0.55 * size), stone,
                         yaw=angle + math.pi / 2)


def fountain(plot: Plot, x: float, y: float, radius: float) -> None:
    """A round basin of stone with a bowl on a column, and water in both."""
    stone = plot.scheme.material("sandstone", "ground")
    basin = plot.stand(x, y, 0.0, SemanticClass.ROCK)
    water = basin.as_(SemanticClass.WATER)
    spray = MATERIALS["water"].tinted((0.8, 0.88, 0.92))
    basin.cylinder((0.0, 0.0, -0.05), radius, 0.15, stone)
    basin.cylinder((0.0, 0.0, -0.05), radius - 0.12, 0.55, stone)
    water.cylinder((0.0, 0.0, -0.05), radius - 0.34, 0.56, "water")
    basin.cylinder((0.0, 0.0, 0.0), 0.2, 1.35, stone)
    basin.ellipsoid((0.0, 0.0, 1.3), (0.75, 0.75, 0.25), stone)
    water.cylinder((0.0, 0.0, 1.3), 0.66, 0.16, "water")
    basin.cylinder((0.0, 0.0, 1.3), 0.1, 0.6, stone)
    basin.ellipsoid((0.0, 0.0, 2.0), (0.16, 0.16, 0.2), stone)
    for k in range(8):
        angle = math.pi * k / 4
        water.ellipsoid((0.78 * math.cos(angle), 0.78 * math.sin(angle), 0.95), (0.014, 0.014, 0.45), spray, fine=True)
