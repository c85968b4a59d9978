"""Corridors of offices, hotels and schools: two that cross, with rooms on all sides."""

from __future__ import annotations

from spatialmem.generators.worlds.blocks import Block, Site
from spatialmem.generators.worlds.furniture.public import furnish_public
from spatialmem.generators.worlds.places.indoors import raise_block
from spatialmem.generators.worlds.places.partition import partition
from spatialmem.generators.worlds.places.rooms import INNER, Hole, Plan, Rect, edge_holes
from spatialmem.generators.worlds.places.ways import join
from spatialmem.generators.worlds.places.windows import plan_windows
from spatialmem.generators.worlds.solids import BLOCK

_THEMES: dict[str, tuple[tuple[str, float], ...]] = {
    "offices": (("office", 6), ("meeting room", 3), ("storage", 1), ("lounge", 1.5), ("kitchen", 1)),
    "hotel": (("hotel room", 7), ("lounge", 1), ("storage", 0.7)),
    "school": (("classroom", 6), ("study", 1), ("storage", 1), ("lounge", 1)),
}
_SMALL = 9.0
"""Square metres below which a room is no more than a store or a washroom."""


def build(site: Site) -> Block:
    """A crossing of two corridors and the rooms in its four corners."""
    theme = site.district.child("theme").choice(tuple(_THEMES))
    height = round(site.district.child("storey").uniform(2.6, 3.2), 2)
    strips, corners = _strips(site)
    dice = site.dice.child("plan")
    areas = (36.0, 48.0, 60.0) if theme == "school" else (16.0, 22.0, 30.0)
    plans = [Plan("corridor", strip, height, site, edge_holes(site, strip)) for strip in strips]
    _merge(plans)
    names = [name for name, _ in _THEMES[theme]]
    weights = [weight for _, weight in _THEMES[theme]]
    for corner in corners:
        for rect in partition(corner, site, dice, areas, least=2.4):
            name = dice.choice(names, weights)
            if rect.area < _SMALL:
                name = dice.choice(("storage", "washroom"))
            plans.append(Plan(name, rect, height, site, edge_holes(site, rect)))
    join(plans, dice.child("doors"), lambda a, b: 3.0 * ((a != "corridor") + (b != "corridor")),
         already=((0, 1), (0, 2)))
    for number, plan in enumerate(plans):
        plan_windows(plan, dice.child("windows", number), sill=0.9, top=2.2, width=1.8)
    return raise_block(site, plans, furnish_public)


def _strips(site: Site) -> tuple[list[Rect], list[Rect]]:
    """The corridors, the one from west to east first, and the four corners that they leave."""
    y, x = site.edges["west"].openings[0].middle, site.edges["south"].openings[0].middle
    half = site.district.child("width").choice((1.0, 1.15, 1.3))
    x0, x1, y0, y1 = x - half, x + half, y - half, y + half
    strips = [Rect(0.0, y0, BLOCK, y1), Rect(x0, 0.0, x1, y0), Rect(x0, y1, x1, BLOCK)]
    corners = [Rect(0.0, 0.0, x0, y0), Rect(x1, 0.0, BLOCK, y0), Rect(0.0, y1, x0, BLOCK), Rect(x1, y1, BLOCK, BLOCK)]
    return strips, corners


def _merge(plans: list[Plan]) -> None:
    """Opens the crossing to its full width and height."""
    crossing, south, north = plans
    low, high, top = south.outline.x0 + INNER, south.outline.x1 - INNER, south.height + 0.1
    crossing.holes += [Hole("south", low, high, 0.0, top, "passage"), Hole("north", low, high, 0.0, top, "passage")]
    south.holes.append(Hole("north", low, high, 0.0, top, "passage"))
    north.holes.append(Hole("south", low, high, 0.0, top, "passage"))
