"""`Palette`: named harmonious colours by role, and `Scheme`, one room's or house's choice from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.materials import MATERIALS, Colour, Material, Pattern

Role = Literal["wall", "trim", "floor", "fabric", "accent", "roof", "foliage", "ground"]
"""What a colour is for: walls; frames, doors and sills; floors and furniture; cloth; things that catch
the eye (a door, a car, a cushion); roofs; leaves; paths and paving."""

PaletteName = Literal["warm", "cool", "nordic", "pastel", "earthy", "industrial", "monochrome", "autumn",
                      "mediterranean", "coastal", "forest", "jewel", "retro", "spring"]
ColourName = Literal["red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown", "beige",
                     "white", "grey", "black"]

ROLES: tuple[Role, ...] = get_args(Role)

_PAINTED = frozenset(("paint", "plaster", "wallpaper", "white_wood", "carpet", "rug", "fabric", "linen", "curtain",
                      "leather", "car_paint", "plastic", "shutter", "flowers"))
"""Materials that come in any colour. The others keep most of their own: brick stays brick."""

_LEANING = 0.18
"""Share of the palette's colour in a material that has one of its own."""

_NAMED = 0.95
"""The same where the colour was asked for by name."""

_JOINTED = frozenset((Pattern.BRICK, Pattern.TILES, Pattern.STONE, Pattern.PAVING))
"""Patterns whose second colour is that of joints: mortar stays mortar, whatever colour the bricks are."""


@dataclass(frozen=True)
class Palette:
    """Colours that go together: for every role a few to choose from, sRGB 0..1."""

    name: PaletteName
    colours: Mapping[Role, tuple[Colour, ...]]


@dataclass(frozen=True)
class Scheme:
    """The colours of one room or house.

    Attributes:
        palette: where they come from.
        chosen: one colour a role, each a little off the palette's.
        named: roles whose colour was asked for by name: natural materials take it too.
    """

    palette: Palette
    chosen: Mapping[Role, Colour]
    named: frozenset[Role] = frozenset()

    def colour(self, role: Role) -> Colour:
        """This room's colour for `role`, sRGB 0..1."""
        return self.chosen[role]

    def material(self, name: str, role: Role) -> Material:
        """The named material in this scheme: painted ones in the role's colour, natural ones near their own.

        Raises:
            InvalidValueError: there is no such material.
        """
        return _toned(name, self.chosen[role], role in self.named)

    def varied(self, name: str, role: Role, style: Dice) -> Material:
        """Like `material`, in another colour of the role: for things of which no two look the same."""
        return _toned(name, _off(style.choice(self.palette.colours[role]), style), named=False)


def scheme_of(palette: PaletteName | Literal["any"], style: Dice, *,
              wall_colour: ColourName | Literal["any"] = "any") -> Scheme:
    """A scheme from the named palette, or from one that the dice choose.

    `wall_colour` replaces the palette's colour of walls.

    Raises:
        InvalidValueError: no palette or colour has this name.
    """
    drawn = style.choice(tuple(PALETTES))
    if palette != "any" and palette not in PALETTES:
        raise InvalidValueError(f"unknown palette {palette!r}; known are {', '.join(PALETTES)}")
    if wall_colour != "any" and wall_colour not in COLOURS:
        raise InvalidValueError(f"unknown colour {wall_colour!r}; known are {', '.join(COLOURS)}")
    source = PALETTES[drawn if palette == "any" else palette]
    chosen: dict[Role, Colour] = {role: _off(style.choice(source.colours[role]), style) for role in ROLES}
    if wall_colour == "any":
        return Scheme(source, chosen)
    chosen["wall"] = _off(COLOURS[wall_colour], style)
    return Scheme(source, chosen, frozenset(("wall",)))


def _toned(name: str, colour: Colour, named: bool) -> Material:
    if name not in MATERIALS:
        raise InvalidValueError(f"unknown material {name!r}; known are {', '.join(MATERIALS)}")
    material = MATERIALS[name]
    share = 1.0 if name in _PAINTED else _NAMED if named else _LEANING
    mixed = [share * new + (1 - share) * own for new, own in zip(colour, material.colour_a, strict=True)]
    tinted = material.tinted((mixed[0], mixed[1], mixed[2]))
    return replace(tinted, colour_b=material.colour_b) if material.pattern in _JOINTED else tinted


def _off(colour: Colour, style: Dice) -> Colour:
    """The colour a little lighter or darker, warmer or colder."""
    light, warm = style.uniform(0.94, 1.05), style.uniform(-0.012, 0.012)
    red, green, blue = colour
    return _clipped(red * light + warm), _clipped(green * light), _clipped(blue * light - warm)


def _clipped(channel: float) -> float:
    return min(max(channel, 0.0), 1.0)


def _rgb(text: str) -> Colour:
    red, green, blue = bytes.fromhex(text)
    return red / 255, green / 255, blue / 255


def _palette(name: PaletteName, *rows: str) -> Palette:
    """One row of colours a role, in the order of `ROLES`."""
    return Palette(name, {role: tuple(map(_rgb, row.split())) for role, row in zip(ROLES, rows, strict=True)})


PALETTES: dict[PaletteName, Palette] = {palette.name: palette for palette in (
    #        name             wall, trim, floor, fabric, accent, roof, foliage, ground
    _palette("warm", "ead9bd e3c49c d9a87c f0e4d0", "f3ead9 7a4a2b", "b07a48 9a6238", "b5523b c98b4a 8f3f34",
             "c0502f d99a2b 8c2f2b", "9c4a33 7d3b2b", "5f8a35 77913a", "c2ab86 b49a78"),
    _palette("cool", "d5dde2 c3d0d8 e6ebee b4c4cf", "f2f5f7 44566b", "a39a8d 857d73", "4f7396 7d99b3 36506e",
             "2f6690 3a7d8c 81a4cd", "5a6572 47525f", "4a7a4a 5c8a63", "a9aeb2 969ca1"),
    _palette("nordic", "f1efea e7e5df dcdcd6 b3413a 3f5e73", "ffffff eceae4", "d9b88a c9a577", "8d9aa3 c7ccd0 4d5d69",
             "d8a23d 3f6c7a b3413a", "3e434a 5b5f66", "55803f 6b8f52", "bdbab3 a9a69f"),
    _palette("pastel", "f3d9d6 d8e6e9 e4ecd3 f5ead0 e2d9ee", "fffaf2 f6eee6", "dcc3a0 cfb28c", "e8b4b8 a9cbd6 c3b1d9",
             "e08e8b 7fb6b0 e6b566", "b06f5e 97707a", "7da453 90b56b", "d3c5b1 c5b7a5"),
    _palette("earthy", "d8c6a5 c7ad85 b99873 e4d8c0", "6d4c33 efe6d3", "8d623c 74502f", "7d6b45 a0653b 5c5a3c",
             "9b5a32 6f7a3d b98a3e", "7c4f38 5f4433", "64803a 7c8c48", "a78f6c 94805f"),
    _palette("industrial", "b9b7b2 a3a19c c9c6bf 8d8d8c", "2f3236 4a4d52", "7f7b75 8d7a62", "4a4f55 6d6257 8a4b32",
             "d08a27 a8442a 38424b", "4b4e53 3b3e42", "5a7440 6a7d4f", "8f8f8d 7e7f80"),
    _palette("monochrome", "efefef d9d9d9 bfbfbf f7f7f7", "fafafa 2b2b2b", "8c8c8c 6f6f6f", "5a5a5a a0a0a0 353535",
             "1f1f1f 7d7d7d d0d0d0", "4d4d4d 3a3a3a", "5f7650 72805f", "b0b0b0 9a9a9a"),
    _palette("autumn", "e2c79b d3a86f c98a57 ece0c4", "5e3a22 f0e3c8", "8f5b30 7a4a26", "a8482a c7862f 6c3a2a",
             "b8391f d9941f 7d5a1f", "7f3d28 693424", "b4772a c98f33", "a88a5f 97784f"),
    _palette("mediterranean", "f7f3ea f2e2c4 e9b98c f4d9a8", "2f6fa3 f9f6ee 3d7f7a", "c98f5f b77a4c",
             "2f6fa3 d7a245 f0e7d6", "1f5f99 d1762d 4d9a9a", "b8643c a65634", "6c8a3f 7f9650", "d6c29b c9b48c"),
    _palette("coastal", "f4f1e8 d3e3e8 e8dfca b9d3da", "ffffff 3f6b85", "cdb48a b79c72", "6f9fb5 e9dfc8 34637f",
             "2a7f9e e0785a f0c05a", "5d7a8a 6e6a63", "6b8f4a 84a35f", "d8c7a0 cbb990"),
    _palette("forest", "dcd9c3 b9bf9c a3ab86 e9e5d3", "4b3a28 ece6d2", "7c5a38 644629", "4f6b3f 7c8a52 8a6a3f",
             "3f6b4a b07a35 8f3f2f", "4f5a44 5a4634", "3f6f32 55803a", "9a8c6c 877b5f"),
    _palette("jewel", "e6dcc9 7d3b4d 2f5d62 d9c9b0", "f2e8d5 3c2a21", "6f4528 5a3620", "7a1f3d 1f4e5f 5b2a6e",
             "8a1538 0f6b6b c9971c", "4a3a44 6b3a35", "3f7040 4f7f3a", "a39683 938673"),
    _palette("retro", "efe0c2 d9c06f b8cfae e2a97c", "f6ecd4 6b4a2f", "b0733a 94592a", "d97b29 7f9a48 8c4a2f",
             "2a9d8f e76f3c e9c046", "a65a3a 6f5b4a", "6f9138 86a04a", "c8b28a b8a27b"),
    _palette("spring", "f6f1df e3efd0 fbe3d6 d9ecef", "ffffff 8fb37a", "d6b57f c59f66", "f2a2a7 9fcf8a f7d774",
             "e85d75 5fad56 f2c14e", "b4624a 8a6a5a", "6fae3a 86bf4f", "d2c4a3 c2b491"),
)}
"""The palettes by name."""

COLOURS: dict[ColourName, Colour] = {name: _rgb(text) for name, text in zip(
    get_args(ColourName),
    ("9c4a3f", "d0824a", "dcb85a", "7d9a66", "6fb0ac", "6f93b5", "8c7aa8", "d9a3ad", "86603f", "ddcdae", "f1efe9",
     "a3a4a3", "35363a"), strict=True)}
"""Colours by name, as walls wear them: not as loud as the words."""
