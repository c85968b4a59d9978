"""`Look`: what a house is made of. It follows the style alone; the shape of a house never depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.palettes import scheme_of
from spatialmem.generators.worlds.plot import Plot

_CLADDING = {"brick": "brick", "plaster": "plaster", "paint": "paint", "wood": "fence_wood", "stone": "stone",
             "sandstone": "sandstone", "concrete": "concrete", "tiles": "wall_tiles", "marble": "marble"}
"""Materials of facades by the word for a wall; other words are for rooms."""

_USUAL = (("brick", "plaster", "wood", "paint", "stone", "sandstone"), (4, 4, 3, 1, 1, 1))
_COLOURED = (("plaster", "paint", "wood"), (3, 3, 2))
"""What facades are made of, and how often: of any colour, and of one that was asked for."""


@dataclass(frozen=True)
class Look:
    """Materials of one house."""

    wall: Material
    trim: Material
    roof: Material
    door: Material
    shutter: Material
    plinth: Material
    cloth: Material


def look_of(plot: Plot, house: int) -> Look:
    """The look of the house with this number: in the colours of its neighbourhood, no two alike.

    The material of its walls is the one that was asked for, where facades are made of it.
    """
    style = plot.style.child("house", house)
    asked = plot.site.attributes
    scheme = scheme_of(plot.scheme.palette.name, style.child("scheme"), wall_colour=asked.wall_colour)
    usual = _USUAL if asked.wall_colour == "any" else _COLOURED
    name = _CLADDING.get(asked.wall, "") or _CLADDING[style.choice(*usual)]
    wall = scheme.material(name, "wall")
    if name == "fence_wood" and "wall" not in scheme.named:
        wall = MATERIALS[name].tinted(scheme.colour("wall")) if style.chance(0.7) else MATERIALS[name]
    return Look(wall, scheme.material("white_wood", "trim"), scheme.material(_roofing(style), "roof"),
                scheme.material("car_paint", "accent"), scheme.material("shutter", "accent"),
                scheme.material(style.choice(("stone", "concrete", "brick")), "ground"),
                scheme.material("fabric", "fabric"))


def _roofing(style: Dice) -> str:
    return style.choice(("roof_tiles", "slate"), (3, 2))
