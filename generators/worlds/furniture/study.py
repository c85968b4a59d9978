"""Studies and offices: desks with chairs, shelves."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.furniture.dressing import hang_pictures, lay_rug, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.lamps import table_lamp
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import armchair, office_chair
from spatialmem.generators.worlds.furniture.spot import Spot
from spatialmem.generators.worlds.furniture.storage import bookshelf, sideboard
from spatialmem.generators.worlds.furniture.tables import desk


def furnish_study(interior: Interior) -> None:
    """A desk, walls of books, an armchair to read in."""
    dice, look = interior.dice, interior.look
    spot = stand_desk(interior)
    for _ in range(3 if interior.inner.area > 10 else 2):
        interior.against(bookshelf(dice.choice((0.8, 1.2, 1.6)), dice.choice((1.8, 2.1)), look, dice), order="corner")
    interior.against(sideboard(1.0, 0.8, look))
    interior.against(armchair(look), order="corner", gap=0.1)
    if spot is not None:
        lay_rug(interior, spot.before(0.0, 1.5), 2.0, 1.5)
    stand_plants(interior, dice.integer(1, 2))
    hang_pictures(interior, dice.integer(2, 5))
    light_ceiling(interior, dice.choice(("pendant", "dome")))


def stand_desk(interior: Interior) -> Spot | None:
    """A desk at a wall with its chair; None if it fits nowhere."""
    dice, look = interior.dice, interior.look
    for width in (1.6, 1.4, 1.2):
        place = Piece(front=0.35)
        place.add(desk(width, look), 0.0, 0.0)
        place.add(office_chair(look), -0.1, 1.05, 0.0, math.pi + dice.uniform(-0.5, 0.5))
        place.add(table_lamp(look, 0.3), 0.2 - width / 2, 0.2, 0.74)
        spot = interior.against(place, order="middle")
        if spot is not None:
            return spot
    return None
