"""`Surfaces`: what things are made of where a layout does not say it."""

from __future__ import annotations

from dataclasses import replace

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.layouts.spec import Look
from spatialmem.generators.worlds.materials import MATERIALS, Colour, Material
from spatialmem.generators.worlds.palettes import Role, Scheme, scheme_of
from spatialmem.labels import SemanticClass

C = SemanticClass
_OF_CLASS: dict[SemanticClass, tuple[str, Role]] = {
    C.WALL: ("plaster", "wall"), C.FLOOR: ("planks", "floor"), C.CEILING: ("paint", "trim"),
    C.DOOR: ("dark_wood", "accent"), C.DOORFRAME: ("white_wood", "trim"), C.WINDOW: ("glass", "trim"),
    C.WINDOWFRAME: ("white_wood", "trim"), C.PICTURE: ("painting", "accent"), C.TABLE: ("wood", "floor"),
    C.CHAIR: ("light_wood", "floor"), C.SOFA: ("fabric", "fabric"), C.BED: ("linen", "fabric"),
    C.CABINET: ("white_wood", "trim"), C.SHELF: ("books", "floor"), C.LAMP: ("lamp", "trim"),
    C.PLANT: ("hedge", "foliage"), C.FOLIAGE: ("foliage", "foliage"), C.TRUNK: ("bark", "floor"),
    C.GRASS: ("grass", "foliage"), C.ROAD: ("asphalt", "ground"), C.SIDEWALK: ("paving", "ground"),
    C.PATH: ("gravel", "ground"), C.BUILDING: ("brick", "wall"), C.ROOF: ("slate", "roof"),
    C.FENCE: ("fence_wood", "floor"), C.HEDGE: ("hedge", "foliage"), C.CAR: ("car_paint", "accent"),
    C.BENCH: ("wood", "floor"), C.ROCK: ("rock", "ground"), C.WATER: ("water", "ground"),
    C.SINK: ("ceramic", "trim"), C.TOILET: ("ceramic", "trim"), C.BATHTUB: ("ceramic", "trim"),
    C.STOVE: ("dark_metal", "trim"), C.FRIDGE: ("metal", "trim"), C.COLUMN: ("stone", "wall"),
    C.CURTAIN: ("curtain", "fabric"), C.RUG: ("rug", "accent"), C.BOX: ("cardboard", "floor"),
    C.HANDLE: ("brass", "trim"), C.OTHER: ("plastic", "accent"),
}
_WALL_OF = {"tiles": "wall_tiles"}
_OWN = frozenset((C.CEILING, C.LAMP, C.PICTURE, C.WINDOW, C.WATER, C.SHELF))
"""Classes whose material no palette recolours."""


def settled(asked: Attributes | None, look: Look) -> Attributes:
    """The words of the prompt, then those of the file; day and clear weather where neither says anything."""
    asked = asked or Attributes()
    own = {"palette": look.palette, "wall": look.wall, "floor": look.floor, "ground": look.ground,
           "wall_colour": look.wall_colour, "light": look.light or "day", "weather": look.weather or "clear"}
    left_open = {name: word for name, word in own.items() if word is not None and getattr(asked, name) == "any"}
    # every word of a look is one of its attribute's: their types say so, and Attributes checks it again
    return replace(asked, **left_open)  # type: ignore[arg-type]


class Surfaces:
    """Materials for a layout with these attributes."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        style = Dice(attributes.style_seed, "layout")
        self.scheme: Scheme = scheme_of(attributes.palette, style, wall_colour=attributes.wall_colour)

    def of(self, cls: SemanticClass, name: str | None = None, colour: str | None = None) -> Material:
        """The material of a class of things: the named one as it is, else one that suits the words.

        `colour` "#rrggbb" takes the place of its colour.
        """
        usual, role = _OF_CLASS[cls]
        chosen = name or self._word(cls) or usual
        if colour is not None:
            return MATERIALS[chosen].tinted(rgb(colour))
        return MATERIALS[chosen] if name is not None or cls in _OWN else self.scheme.material(chosen, role)

    def _word(self, cls: SemanticClass) -> str | None:
        """The material that the words ask for."""
        if cls is C.WALL and self._attributes.wall != "any":
            return _WALL_OF.get(self._attributes.wall, self._attributes.wall)
        return self._attributes.floor if cls is C.FLOOR and self._attributes.floor != "any" else None

    def ground(self, name: str | None) -> Material | None:
        """What lies around; `name` is the file's own, None = nothing."""
        if name is None:
            return None
        return MATERIALS[name if self._attributes.ground == "any" else self._attributes.ground]


def rgb(colour: str) -> Colour:
    """sRGB 0..1 of "#rrggbb"."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red / 255, green / 255, blue / 255
