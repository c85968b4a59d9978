"""`Material`: what a surface is made of, and `MATERIALS`, the named ones that places are built from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

from spatialmem.errors import InvalidValueError

TILE_M = 16.0
"""Metres after which every pattern repeats: the side of a block, so that blocks join without a seam."""


class Pattern(IntEnum):
    """How the two colours of a material are laid out; the numbers are shared with the kernels."""

    PLAIN = 0        # one colour
    PLASTER = 1      # faint mottling
    BRICK = 2        # bricks of length scale in mortar of colour b
    WOOD = 3         # grain along the solid's longest side
    PLANKS = 4       # boards of width scale
    PARQUET = 5      # basket weave of five strips to a square of side scale
    TILES = 6        # squares of side scale in grout of colour b
    CHECKER = 7      # squares of both colours in turn
    STONE = 8        # courses of hewn stones in mortar of colour b
    CONCRETE = 9     # cast panels of width scale, with tie holes
    CARPET = 10      # short pile
    GRASS = 11       # blades in tufts
    GRAVEL = 12      # pebbles of size scale
    ASPHALT = 13     # fine grit and patches
    PAVING = 14      # slabs of side scale in joints of colour b, every other row shifted
    FABRIC = 15      # woven threads
    METAL = 16       # brushed
    GLASS = 17       # a pane that mirrors the sky by day and may be lit at night
    FOLIAGE = 18     # leaves of size scale
    BARK = 19        # upright furrows
    BOOKS = 20       # spines of width scale
    PAINTING = 21    # a small picture, another one for every instance
    MARBLE = 22      # veins of colour b
    ROOF_TILES = 23  # courses of rounded tiles of width scale
    WATER = 24       # ripples
    FOLDS = 25       # hanging folds of width scale
    ROCK = 26        # rough stone
    RUG = 27         # a border and a field of lozenges, by the solid's own face
    SAND = 28        # bare soil
    SLATS = 29       # level slats of height scale
    WALLPAPER = 30   # upright stripes with a row of motifs, width scale


Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """What a surface looks like before any light falls on it.

    Attributes:
        name: what people call it.
        pattern: how its colours are laid out.
        colour_a, colour_b: sRGB 0..1; the main colour, and that of joints, grain or variety.
        scale_m: metres, size of the pattern's repeating unit; a whole number of them fills 16 m.
        contrast: 0..1, how much units differ from one another.
        gloss: 0..1, how much of the sky a grazing view mirrors.
        emission: light given off, in units of a sunlit white wall; 0 for all but lamps.

    Raises:
        InvalidValueError: a number is out of its range, or 16 m is no whole number of units.
    """

    name: str
    pattern: Pattern
    colour_a: Colour
    colour_b: Colour
    scale_m: float = 1.0
    contrast: float = 0.5
    gloss: float = 0.0
    emission: float = 0.0

    def __post_init__(self) -> None:
        for colour in (self.colour_a, self.colour_b):
            if len(colour) != 3 or not all(0 <= channel <= 1 for channel in colour):
                raise InvalidValueError(f"material {self.name!r}: colours are three sRGB values 0..1, got {colour}")
        if not (0 <= self.contrast <= 1 and 0 <= self.gloss <= 1 and 0 <= self.emission < math.inf):
            raise InvalidValueError(f"material {self.name!r}: contrast and gloss lie in 0..1 and emission is >= 0, got "
                                    f"{self.contrast}, {self.gloss}, {self.emission}")
        units = TILE_M / self.scale_m if 0.01 <= self.scale_m <= TILE_M else math.nan
        if not abs(units - round(units) if math.isfinite(units) else 1) < 1e-6:
            raise InvalidValueError(f"material {self.name!r}: scale_m must be 16 m divided by a whole number, at least "
                                    f"0.01, got {self.scale_m}; use 16 / round(16 / scale_m)")

    def tinted(self, colour: Colour) -> Material:
        """The same material with `colour` (sRGB) as its main colour; the other keeps its ratio to it."""
        other = [min(1.0, new * (b + 0.02) / (a + 0.02))
                 for new, a, b in zip(colour, self.colour_a, self.colour_b, strict=True)]
        return replace(self, colour_a=colour, colour_b=(other[0], other[1], other[2]))


def _rgb(text: str) -> Colour:
    red, green, blue = bytes.fromhex(text)
    return red / 255, green / 255, blue / 255


def _table(rows: tuple[tuple[str, Pattern, str, str, int, float, float, float], ...]) -> dict[str, Material]:
    return {name: Material(name, pattern, _rgb(a), _rgb(b), TILE_M / units, contrast, gloss, emission)
            for name, pattern, a, b, units, contrast, gloss, emission in rows}


P = Pattern
MATERIALS: dict[str, Material] = _table((
    # name, pattern, colours a and b, units per 16 m, contrast, gloss, emission
    ("paint", P.PLAIN, "e8e4da", "e8e4da", 16, 0.0, 0.05, 0.0),
    ("plaster", P.PLASTER, "e3dccd", "cfc5b1", 16, 0.35, 0.0, 0.0),
    ("wallpaper", P.WALLPAPER, "d8d2bd", "b7b391", 48, 0.6, 0.0, 0.0),
    ("brick", P.BRICK, "a4553d", "c8bfae", 64, 0.6, 0.0, 0.0),
    ("wood", P.WOOD, "a8764a", "6d4526", 16, 0.6, 0.1, 0.0),
    ("dark_wood", P.WOOD, "6a452d", "3c2417", 16, 0.6, 0.15, 0.0),
    ("light_wood", P.WOOD, "d3ab78", "aa7c4a", 16, 0.5, 0.1, 0.0),
    ("white_wood", P.WOOD, "ece7dc", "d5cdbd", 16, 0.25, 0.1, 0.0),
    ("planks", P.PLANKS, "a9784c", "6b4427", 112, 0.6, 0.15, 0.0),
    ("parquet", P.PARQUET, "b98550", "7d5129", 32, 0.6, 0.2, 0.0),
    ("tiles", P.TILES, "dcdfdc", "a9a59b", 48, 0.35, 0.3, 0.0),
    ("wall_tiles", P.TILES, "e9eef0", "b9bdbb", 96, 0.3, 0.35, 0.0),
    ("checker", P.CHECKER, "e6e1d4", "33363b", 32, 0.3, 0.3, 0.0),
    ("stone", P.STONE, "a39a8a", "78705f", 40, 0.6, 0.0, 0.0),
    ("sandstone", P.STONE, "ccb184", "a98c61", 32, 0.5, 0.0, 0.0),
    ("concrete", P.CONCRETE, "a9a9a5", "8b8b88", 12, 0.4, 0.0, 0.0),
    ("carpet", P.CARPET, "8c8378", "6f675e", 160, 0.6, 0.0, 0.0),
    ("rug", P.RUG, "96343a", "d9c9a0", 80, 0.6, 0.0, 0.0),
    ("grass", P.GRASS, "4c6f2c", "7f8a43", 64, 0.7, 0.0, 0.0),
    ("gravel", P.GRAVEL, "b3aa9b", "7c746a", 320, 0.7, 0.0, 0.0),
    ("asphalt", P.ASPHALT, "55565a", "707175", 320, 0.5, 0.0, 0.0),
    ("paving", P.PAVING, "b5afa5", "84807a", 32, 0.4, 0.0, 0.0),
    ("sand", P.SAND, "c6ab7d", "a48a60", 64, 0.5, 0.0, 0.0),
    ("soil", P.SAND, "6d5239", "4a3726", 64, 0.7, 0.0, 0.0),
    ("fabric", P.FABRIC, "5f7d95", "48627a", 800, 0.5, 0.0, 0.0),
    ("linen", P.FABRIC, "e4ddcd", "cbc2ae", 800, 0.4, 0.0, 0.0),
    ("curtain", P.FOLDS, "c9b99a", "94835f", 160, 0.6, 0.0, 0.0),
    ("leather", P.PLASTER, "7a4a2c", "5b341d", 64, 0.5, 0.2, 0.0),
    ("metal", P.METAL, "a9adb2", "82868c", 32, 0.4, 0.5, 0.0),
    ("dark_metal", P.METAL, "3b3e43", "25272a", 32, 0.3, 0.35, 0.0),
    ("brass", P.METAL, "c29a4f", "8e6b2e", 32, 0.3, 0.4, 0.0),
    ("car_paint", P.PLAIN, "9c2a27", "9c2a27", 16, 0.0, 0.6, 0.0),
    ("rubber", P.PLAIN, "26272a", "26272a", 16, 0.0, 0.1, 0.0),
    ("plastic", P.PLAIN, "d2d0ca", "d2d0ca", 16, 0.0, 0.2, 0.0),
    ("ceramic", P.PLAIN, "f1f2f0", "f1f2f0", 16, 0.0, 0.5, 0.0),
    ("cardboard", P.PLASTER, "b58d5e", "9b764b", 32, 0.4, 0.0, 0.0),
    ("glass", P.GLASS, "3e4c56", "9fb6c4", 16, 0.5, 0.6, 0.0),
    ("screen", P.PLAIN, "14161a", "14161a", 16, 0.0, 0.5, 0.0),
    ("foliage", P.FOLIAGE, "41692a", "789a44", 160, 0.7, 0.0, 0.0),
    ("autumn_foliage", P.FOLIAGE, "a85c28", "cf963c", 160, 0.7, 0.0, 0.0),
    ("blossom", P.FOLIAGE, "cf8aa0", "efccd3", 160, 0.6, 0.0, 0.0),
    ("hedge", P.FOLIAGE, "33572a", "5c7f3a", 240, 0.7, 0.0, 0.0),
    ("flowers", P.FOLIAGE, "4f7236", "d8526a", 200, 0.8, 0.0, 0.0),
    ("bark", P.BARK, "7a6350", "43342a", 320, 0.6, 0.0, 0.0),
    ("books", P.BOOKS, "8c3b34", "33557a", 400, 0.9, 0.0, 0.0),
    ("painting", P.PAINTING, "41688f", "d9a55a", 16, 0.9, 0.0, 0.0),
    ("marble", P.MARBLE, "e9e6e0", "9d9a97", 16, 0.6, 0.4, 0.0),
    ("dark_marble", P.MARBLE, "3d4244", "a3a39c", 16, 0.6, 0.4, 0.0),
    ("roof_tiles", P.ROOF_TILES, "a24c34", "6f2e20", 64, 0.6, 0.0, 0.0),
    ("slate", P.ROOF_TILES, "565b64", "3a3e46", 64, 0.5, 0.1, 0.0),
    ("water", P.WATER, "2f5a66", "5f8f98", 16, 0.6, 0.9, 0.0),
    ("rock", P.ROCK, "8d877d", "5f5b54", 16, 0.6, 0.0, 0.0),
    ("fence_wood", P.SLATS, "9c7a52", "5f4729", 112, 0.6, 0.0, 0.0),
    ("shutter", P.SLATS, "4f6f62", "35493f", 256, 0.4, 0.0, 0.0),
    ("lamp", P.PLAIN, "fff1d6", "fff1d6", 16, 0.0, 0.0, 1.6),
    ("lamp_shade", P.PLAIN, "f3d9ac", "f3d9ac", 16, 0.0, 0.0, 0.7),
))
"""Materials by name. Places recolour them with `tinted`."""
