"""Bedrooms and hotel rooms."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.beds import bed_set
from spatialmem.generators.worlds.furniture.dressing import hang_pictures, lay_rug, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.seats import armchair
from spatialmem.generators.worlds.furniture.storage import bookshelf, sideboard, wardrobe
from spatialmem.generators.worlds.furniture.study import stand_desk


def furnish_bedroom(interior: Interior) -> None:
    """A bed with its head at a wall, nightstands, a wardrobe, a chest of drawers."""
    dice, look = interior.dice, interior.look
    for width in ((1.8, 1.6, 1.4, 0.95) if interior.inner.area > 9 else (1.4, 0.95)):
        piece = bed_set(width, look)
        piece.front = 0.5
        spot = interior.against(piece, order="middle", gap=0.02)
        if spot is not None:
            lay_rug(interior, spot.before(0.0, 1.5), width + 1.4, 1.9)
            break
    for doors in (4, 3, 2):
        if interior.against(wardrobe(doors, 2.1, look), order="corner") is not None:
            break
    if interior.inner.area > 12:
        stand_desk(interior)
    interior.against(sideboard(1.0, 0.85, look))
    if interior.inner.area > 14:
        interior.against(armchair(look), order="corner", gap=0.12)
        interior.against(bookshelf(0.8, 1.8, look, dice))
    stand_plants(interior, dice.integer(0, 2))
    hang_pictures(interior, dice.integer(3, 5))
    light_ceiling(interior, dice.choice(("pendant", "dome")))
