"""Ground: lawns and slabs, and `Paths`, which wind across a block and meet those of its neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from spatialmem.generators.worlds.blocks import SIDES, Opening, Side
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.plot import Plot, Rect, around
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

Spot = tuple[float, float]

_DEEP = -0.35
_TOP = 0.005
_STRIDE = 0.42
"""Metres from one disc of a winding path to the next."""
_PATHS = (("gravel", "paving", "sand", "stone"), (4, 4, 1, 1))


def lawn(plot: Plot) -> None:
    """Grass over the whole block, its top at z = 0."""
    slab(plot, (0.0, 0.0, BLOCK, BLOCK), 0.0, SemanticClass.GRASS, grass_of(plot))


def slab(plot: Plot, ground: Rect, top: float, cls: SemanticClass, material: str | Material) -> None:
    """Level ground over a rectangle whose top lies at height `top`, metres."""
    plot.stand(0.0, 0.0, 0.0, cls).box((ground[0], ground[1], _DEEP), (ground[2], ground[3], top), material)


def grass_of(plot: Plot) -> Material:
    """Grass: the same in all neighbourhoods, whose lawns run into each other."""
    return MATERIALS["grass"]


def path_of(plot: Plot) -> Material:
    """What the paths of a neighbourhood are made of: what was asked for, else one of several."""
    asked = plot.site.attributes.ground
    drawn = plot.site.district_style.child("paths").choice(*_PATHS)
    return plot.scheme.material(drawn if asked in {"any", "grass"} else asked, "ground")


def mouth(side: Side, at: float) -> Spot:
    """The point of a side at `at` metres along it."""
    return {"west": (0.0, at), "east": (BLOCK, at), "south": (at, 0.0), "north": (at, BLOCK)}[side]


@dataclass(frozen=True)
class Paths:
    """The paths of a block: one thing of one material and height, so that its pieces join without a seam.

    Nothing will be put on them.
    """

    plot: Plot
    _bed: Thing
    _material: Material

    @classmethod
    def of(cls, plot: Plot) -> Paths:
        """The paths of this block, none so far."""
        return cls(plot, plot.stand(0.0, 0.0, 0.0, SemanticClass.PATH), path_of(plot))

    def strip(self, ground: Rect) -> None:
        """A straight piece."""
        self._bed.box((ground[0], ground[1], _DEEP), (ground[2], ground[3], _TOP), self._material)
        self.plot.keep_free(ground)

    def disc(self, middle: Spot, radius: float) -> None:
        """A round place."""
        # unturned cylinders are textured in the block's axes, as boxes are: turned boxes would not join
        self._bed.cylinder((*middle, _DEEP), radius, _TOP - _DEEP, self._material)
        self.plot.keep_free(around(*middle, radius))

    def meet(self, hub: Spot, width: float, sides: Iterable[Side] = tuple(SIDES)) -> None:
        """Winding paths from the openings of these sides to a hub."""
        for side in sides:
            for opening in self.plot.site.edges[side].openings:
                self._winding(side, opening, hub, width)

    def _winding(self, side: Side, opening: Opening, hub: Spot, width: float) -> None:
        """One path: straight through the opening, then along a quadratic Bézier curve to the hub."""
        half = width / 2
        # a wide path keeps off the block's corners
        first = mouth(side, min(max(opening.middle, half), BLOCK - half))
        inward = (-SIDES[side][0], -SIDES[side][1])
        start = (first[0] + inward[0], first[1] + inward[1])
        wide = (0.0, half) if inward[1] == 0 else (half, 0.0)
        self.strip((min(first[0], start[0]) - wide[0], min(first[1], start[1]) - wide[1],
                    max(first[0], start[0]) + wide[0], max(first[1], start[1]) + wide[1]))
        reach = 0.5 * math.dist(start, hub)
        bend = (start[0] + reach * inward[0], start[1] + reach * inward[1])
        count = max(2, round(math.dist(start, hub) * 1.1 / _STRIDE))
        for k in range(count + 1):
            self.disc(_bezier(start, bend, hub, k / count), half)


def _bezier(a: Spot, b: Spot, c: Spot, t: float) -> Spot:
    first, middle, last = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return first * a[0] + middle * b[0] + last * c[0], first * a[1] + middle * b[1] + last * c[1]
