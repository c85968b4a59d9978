"""`build_roof`: what covers a block under a roof, and the facades that it shows to the open air."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from spatialmem.generators.worlds.attributes import WallName
from spatialmem.generators.worlds.blocks import SIDES, BlockBuilder, Site
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.look import wall_material
from spatialmem.generators.worlds.places.rooms import Plan, Rect
from spatialmem.generators.worlds.places.shell import build_skin
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

_EAVES = 0.35


def build_roof(site: Site, builder: BlockBuilder, height: float, skylights: Sequence[Rect] = (), *,
               pitched: bool) -> None:
    """A flat roof from `height` upwards, or one with a ridge; it juts out over the sides that are open.

    At most one skylight is left open; a roof with a ridge has none.
    """
    low, high = [0.0, 0.0], [BLOCK, BLOCK]
    if site.outdoors("west"):
        low[0] -= _EAVES
    if site.outdoors("east"):
        high[0] += _EAVES
    if site.outdoors("south"):
        low[1] -= _EAVES
    if site.outdoors("north"):
        high[1] += _EAVES
    tiles = site.scheme.material(site.district_style.child("roof").choice(("roof_tiles", "slate")), "roof")
    instance = builder.thing()
    whole, edge = Rect(low[0], low[1], high[0], high[1]), site.scheme.material("white_wood", "trim")
    for x0, y0, x1, y1 in whole.around(skylights[0] if skylights else None):
        builder.solids.box((x0, y0, height), (x1, y1, height + 0.16), material=edge, cls=SemanticClass.ROOF,
                           instance=instance)
    if pitched:
        axis: Literal["x", "y"] = "x" if site.district.child("ridge").chance(0.5) else "y"
        rise = site.district.child("rise").uniform(2.4, 4.2)
        builder.solids.gable((*low, height + 0.162), (*high, height + 0.16 + rise), axis, material=tiles,
                             cls=SemanticClass.ROOF, instance=instance)


def build_facades(site: Site, plans: Sequence[Plan], builder: BlockBuilder, height: float) -> None:
    """The outer layer of all walls towards the open air, up to `height`."""
    material = facade_material(site)
    for plan in plans:
        for side in SIDES:
            if plan.fronts(side):
                build_skin(plan, side, material, builder, height)


def facade_material(site: Site) -> Material:
    """What the facades of this block are made of."""
    names: tuple[WallName, ...] = ("brick", "plaster", "stone", "wood")
    return wall_material(site.attributes.wall, site.style.child("facade").choice(names, (4, 4, 1, 1)), site.scheme)
