"""Hallways of homes: coats, shoes, a narrow table, pictures."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.dressing import hang_pictures, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.seats import bench
from spatialmem.generators.worlds.furniture.storage import bookshelf, sideboard, wardrobe


def furnish_hallway(interior: Interior) -> None:
    """Little that stands, much that hangs; more where the hall is wide."""
    dice, look = interior.dice, interior.look
    if min(interior.inner.width, interior.inner.depth) > 2.0:
        interior.against(wardrobe(2, 2.0, look))
        interior.against(bench(1.0, look.wood, look.wood))
        interior.against(sideboard(1.0, 0.85, look))
        interior.against(bookshelf(0.8, 1.8, look, dice))
        stand_plants(interior, 2)
    else:
        interior.against(bookshelf(0.8, 0.9, look, dice))
    stand_plants(interior, 1)
    hang_pictures(interior, 3 + round(max(interior.inner.width, interior.inner.depth) / 2))
    light_ceiling(interior, dice.choice(("pendant", "dome")))
