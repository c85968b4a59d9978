"""`Look`: the materials of one room, chosen by what the room is, what was asked for, and the style's dice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from spatialmem.generators.worlds.attributes import FloorName, WallName
from spatialmem.generators.worlds.blocks import Site
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.palettes import Scheme

_WET = frozenset(("bathroom", "washroom"))
_WALLS: dict[str, tuple[tuple[WallName, float], ...]] = {
    "home": (("plaster", 4), ("paint", 4), ("wallpaper", 3)),
    "corridor": (("paint", 4), ("plaster", 3), ("concrete", 2), ("wallpaper", 2), ("brick", 1), ("tiles", 1)),
    "maze": (("hedge", 3), ("brick", 3), ("stone", 3), ("sandstone", 2), ("concrete", 1), ("plaster", 1)),
    "hall": (("stone", 3), ("sandstone", 3), ("marble", 2), ("brick", 2), ("plaster", 2), ("concrete", 1)),
    "gallery": (("paint", 4), ("plaster", 4), ("concrete", 1), ("brick", 0.6)),
}
_FLOORS: dict[str, tuple[tuple[FloorName, float], ...]] = {
    "home": (("planks", 4), ("parquet", 4), ("carpet", 2), ("tiles", 0.5)),
    "corridor": (("carpet", 4), ("tiles", 3), ("concrete", 2), ("parquet", 1)),
    "maze": (("stone", 2), ("concrete", 1), ("tiles", 1)),
    "hall": (("stone", 3), ("marble", 3), ("checker", 3), ("concrete", 1), ("parquet", 1)),
    "gallery": (("parquet", 4), ("concrete", 3), ("planks", 2), ("marble", 1)),
}
_PAINTED: tuple[WallName, ...] = ("paint", "plaster", "wallpaper")
"""Walls that come in any colour: what walls of a colour are made of where nothing else is said."""
_WET_FLOORS: tuple[FloorName, ...] = ("tiles", "checker", "stone")


@dataclass(frozen=True)
class Look:
    """What a room and the things in it are made of."""

    wall: Material
    floor: Material
    ceiling: Material
    trim: Material
    wood: Material
    light_wood: Material
    soft: Material
    cushion: Material
    bedding: Material
    curtain: Material
    rug: Material
    metal: Material
    counter: Material
    front: Material
    pot: Material
    leaves: Material
    bloom: Material


def look_of(name: str, site: Site, style: Dice) -> Look:
    """The look of the room of this name: walls and floor by room, furniture by neighbourhood."""
    scheme = site.scheme
    walls, floor = _shell(name, site, style)
    shared = site.district_style.child("furniture")
    wood = shared.choice(("wood", "dark_wood", "light_wood", "white_wood"), (3, 2, 3, 1))
    return Look(
        wall=walls, floor=floor, ceiling=scheme.material("paint", "trim").tinted((0.94, 0.93, 0.9)),
        trim=scheme.material("white_wood", "trim"), wood=scheme.material(wood, "floor"),
        light_wood=MATERIALS["white_wood" if wood == "light_wood" else "light_wood"],
        soft=scheme.varied(style.choice(("fabric", "fabric", "linen", "leather")), "fabric", style),
        cushion=scheme.varied("fabric", "accent", style), bedding=scheme.varied("linen", "fabric", style),
        curtain=scheme.varied("curtain", "fabric", style), rug=scheme.varied("rug", "accent", style),
        metal=MATERIALS[shared.choice(("metal", "dark_metal", "brass"))],
        counter=MATERIALS[shared.choice(("marble", "dark_marble", "wood", "concrete"))],
        front=scheme.varied("white_wood", shared.choice(("trim", "accent", "fabric")), shared.child("front")),
        pot=scheme.varied("plastic", "accent", style),
        leaves=replace(MATERIALS["foliage"], name="leaves", scale_m=16 / 360),
        bloom=replace(MATERIALS[style.choice(("flowers", "blossom"))], name="bloom", scale_m=16 / 500))


def wall_material(asked: WallName | Literal["any"], drawn: WallName, scheme: Scheme) -> Material:
    """Walls as asked for, else of the drawn kind, in the colours of the scheme."""
    name = drawn if asked == "any" else asked
    return scheme.material("wall_tiles" if name == "tiles" else name, "wall")


def _shell(name: str, site: Site, style: Dice) -> tuple[Material, Material]:
    """Materials of the walls and of the floor."""
    # the rooms along a corridor are lived in: only the corridor itself wears what corridors wear
    kind = site.kind if site.kind in {"hall", "gallery"} or name == site.kind else "home"
    shared = site.district_style.child("shell")
    # neighbouring rooms mostly agree: a flat has one floor, and one or two kinds of wall
    own = style.child("shell") if style.chance(0.35) else shared
    wall: WallName = own.choice([w for w, _ in _WALLS[kind]], [weight for _, weight in _WALLS[kind]])
    if kind == "home" and style.chance(0.12):
        wall = style.choice(("brick", "wood"))
    floor: FloorName = shared.choice([f for f, _ in _FLOORS[kind]], [weight for _, weight in _FLOORS[kind]])
    if name in _WET or (name == "kitchen" and style.chance(0.6)):
        floor = style.choice(_WET_FLOORS, (4, 2, 1))
    if name in _WET:
        wall = "tiles"
    if site.attributes.wall_colour != "any" and wall not in _PAINTED and name not in _WET:
        wall = style.choice(_PAINTED)
    if site.attributes.wall != "any":
        wall = site.attributes.wall
    if site.attributes.floor != "any":
        floor = site.attributes.floor
    scheme = site.scheme
    painted = wall in _PAINTED and site.attributes.wall_colour == "any"
    walls = (scheme.varied(wall, "wall", style) if painted and kind in {"home", "gallery"}
             else wall_material(wall, wall, scheme))
    return walls, scheme.material(floor, "floor")
