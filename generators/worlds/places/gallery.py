"""Galleries: rooms that open into each other, with pictures, sculptures and benches."""

from __future__ import annotations

from spatialmem.generators.worlds.blocks import Block, Site
from spatialmem.generators.worlds.furniture.exhibition import furnish_gallery
from spatialmem.generators.worlds.places.indoors import raise_block
from spatialmem.generators.worlds.places.partition import partition
from spatialmem.generators.worlds.places.rooms import Plan, Rect, edge_holes
from spatialmem.generators.worlds.places.ways import join
from spatialmem.generators.worlds.places.windows import plan_windows
from spatialmem.generators.worlds.solids import BLOCK


def build(site: Site) -> Block:
    """Two to six rooms without doors; every other one has a skylight."""
    dice = site.dice.child("plan")
    height = round(site.district.child("height").uniform(3.2, 4.4), 1)
    rects = partition(Rect(0.0, 0.0, BLOCK, BLOCK), site, dice, (50.0, 70.0, 100.0, 130.0), least=4.0)
    plans = [Plan("gallery", rect, height, site, edge_holes(site, rect)) for rect in rects]
    join(plans, dice.child("ways"), lambda a, b: 0.0, loops=0.6, passage=1.0)
    for number, plan in enumerate(plans):
        plan_windows(plan, dice.child("windows", number), sill=0.4, top=height - 0.6, width=1.6)
    # the roof has room for one opening: it goes to the largest room
    largest = max(plans, key=lambda plan: plan.outline.area)
    if dice.chance(0.7):
        (x, y), share = largest.outline.middle, dice.uniform(0.12, 0.22)
        wide, deep = share * largest.outline.width, share * largest.outline.depth
        largest.skylight = Rect(x - wide, y - deep, x + wide, y + deep)
    return raise_block(site, plans, furnish_gallery, curtains=False)
