"""Kitchens: a run of units with sink and stove, a fridge, and a table where there is room."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.decor import clock
from spatialmem.generators.worlds.furniture.dining import set_table
from spatialmem.generators.worlds.furniture.dressing import hang_pictures, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.kitchenware import UNIT, Unit, fridge, run
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.storage import bookshelf


def furnish_kitchen(interior: Interior) -> None:
    """The run along one wall, a second one if the room is large, a table with chairs."""
    dice = interior.dice
    if not any(_stand_run(interior, count, cold=True) for count in (6, 5, 4, 3)):
        any(_stand_run(interior, count, cold=False) for count in (4, 3, 2))
        interior.against(fridge(interior.look), order="corner")
    if interior.inner.area > 11:
        short: list[Unit] = ["drawers", "cabinet", "cabinet"]
        interior.against(run(dice.shuffled(short), interior.look, upper=dice.chance(0.6)))
    if interior.inner.area > 9 and not set_table(interior, 4):
        set_table(interior, 2)
    interior.against(bookshelf(0.8, 1.8, interior.look, dice))
    interior.against(clock(interior.look), lift=1.9, gap=0.002)
    stand_plants(interior, dice.integer(0, 1))
    hang_pictures(interior, dice.integer(1, 3))
    light_ceiling(interior, dice.choice(("pendant", "dome")))


def _stand_run(interior: Interior, count: int, *, cold: bool) -> bool:
    """A run of so many units, with the fridge at one end if `cold`; tells whether it found a wall."""
    dice = interior.dice
    spare: list[Unit] = ["drawers", "cabinet", "cabinet", "drawers"]
    units = dice.shuffled(spare)[: count - 2]
    units.insert(dice.integer(0, len(units)), "sink")
    units.insert(0 if units[-1] == "sink" else len(units), "stove")
    for upper in (True, False):
        line = Piece(front=0.7)
        line.add(run(units, interior.look, upper=upper), 0.0, 0.0)
        if cold:
            line.add(fridge(interior.look), (1 if dice.chance(0.5) else -1) * (UNIT * count / 2 + 0.325), 0.0)
        if interior.against(line, order="corner", gap=0.005) is not None:
            return True
    return False
