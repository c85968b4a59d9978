"""Halls: one high room with columns and beams, for reading, waiting, dining or just walking."""

from __future__ import annotations

from spatialmem.generators.worlds.blocks import Block, Site
from spatialmem.generators.worlds.furniture.halls import furnish_hall
from spatialmem.generators.worlds.places.indoors import raise_block
from spatialmem.generators.worlds.places.rooms import Plan, Rect, edge_holes
from spatialmem.generators.worlds.places.windows import plan_windows
from spatialmem.generators.worlds.solids import BLOCK

_NAMES = ("columned hall", "reading hall", "waiting hall", "banquet hall", "market hall")


def build(site: Site) -> Block:
    """One hall; its height and use are those of the district, mostly."""
    dice = site.dice.child("plan")
    height = round(site.district.child("height").uniform(4.6, 7.5), 1)
    name = (site.district if dice.chance(0.6) else dice).child("use").choice(_NAMES)
    whole = Rect(0.0, 0.0, BLOCK, BLOCK)
    plan = Plan(name, whole, height, site, edge_holes(site, whole))
    if dice.chance(0.6):
        half, long = dice.uniform(1.0, 2.0), dice.uniform(1.5, 4.0)
        wide = dice.chance(0.5)
        x, y = (long, half) if wide else (half, long)
        plan.skylight = Rect(BLOCK / 2 - x, BLOCK / 2 - y, BLOCK / 2 + x, BLOCK / 2 + y)
    plan_windows(plan, dice.child("windows"), sill=dice.choice((1.2, 2.5)), top=height - 0.9, width=1.3)
    return raise_block(site, [plan], furnish_hall, curtains=False)
