"""`raise_block`: turns the plans of a block's rooms into a block under one roof."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spatialmem.generators.worlds.blocks import Block, BlockBuilder, Room, Site
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.doors import build_doors
from spatialmem.generators.worlds.places.look import look_of
from spatialmem.generators.worlds.places.roofs import build_facades, build_roof
from spatialmem.generators.worlds.places.rooms import Plan
from spatialmem.generators.worlds.places.shell import build_shell
from spatialmem.generators.worlds.places.windows import build_windows, light_holes

_CEILING = 0.25
"""From the highest ceiling to the roof's underside, metres."""
_BARE = frozenset(("bathroom", "kitchen", "hallway", "washroom", "storage", "corridor", "gallery"))
"""Rooms without curtains."""
_TIGHT = 1.7


def raise_block(site: Site, plans: Sequence[Plan], furnish: Callable[[Interior], None], *, pitched: bool = False,
                curtains: bool = True) -> Block:
    """Floors, walls, doors, windows, furniture, facades and roof.

    Args:
        site: where the block is.
        plans: rooms that tile it.
        furnish: puts into a room what belongs there.
        pitched: whether the roof has a ridge.
        curtains: whether windows of rooms to live in have any.
    """
    builder, top = BlockBuilder(), max(plan.height for plan in plans) + _CEILING
    for plan in plans:
        _room_of_light(plan, builder)
    door = _door(site)
    for number, plan in enumerate(plans):
        look = look_of(plan.name, site, site.style.child("room", number))
        build_shell(plan, look, builder, top)
        light_holes(plan, builder)
        tight = min(plan.inner.width, plan.inner.depth) < _TIGHT or plan.name in {"bathroom", "washroom"}
        interior = Interior(plan, look, site.dice.child("furniture", number), builder, clear=0.4 if tight else 0.45)
        build_doors(interior, door)
        build_windows(interior, curtains=curtains and plan.name not in _BARE)
        furnish(interior)
        x0, y0, x1, y1 = plan.inner
        builder.rooms.append(Room(plan.name, (x0, y0), (x1, y1), plan.height))
    build_facades(site, plans, builder, top)
    build_roof(site, builder, top, [plan.skylight for plan in plans if plan.skylight is not None], pitched=pitched)
    return builder.block()


def _room_of_light(plan: Plan, builder: BlockBuilder) -> None:
    """Tells the light where the room is: up to the middle of its walls, but not the face of a facade."""
    x0, y0, x1, y1 = plan.outline
    west, south, east, north = (0.04 if plan.fronts(side) else 0.0 for side in ("west", "south", "east", "north"))
    builder.lights.room((x0 + west, y0 + south, -0.01), (x1 - east, y1 - north, plan.height))


def _door(site: Site) -> Material:
    """What the doors of the neighbourhood are made of."""
    wood = site.district_style.child("door").choice(("white_wood", "wood", "dark_wood"))
    return site.scheme.material(wood, "trim")
