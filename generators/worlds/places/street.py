"""Streets with houses: in every district of three by three blocks two streets cross, with houses in the corners."""

from __future__ import annotations

from typing import Literal

from spatialmem.generators.worlds.blocks import SIDES, Block, Side, Site
from spatialmem.generators.worlds.outdoors.lots import Beyond, lot
from spatialmem.generators.worlds.outdoors.roadway import WALK, crossing, straight
from spatialmem.generators.worlds.plot import Facing, Plot
from spatialmem.generators.worlds.solids import BLOCK

Role = Literal["lot", "along x", "along y", "crossing"]


def role_of(key: tuple[int, int]) -> Role:
    """What a block of streets is: the middle column and row of a district are streets, its corners lots."""
    across, along = key[0] % 3 == 1, key[1] % 3 == 1
    if across and along:
        return "crossing"
    if along:
        return "along x"
    return "along y" if across else "lot"


def build(site: Site) -> Block:
    """A piece of street, or a house on its lot."""
    plot, role = Plot(site), role_of(site.key)
    if role == "crossing":
        crossing(plot)
        plot.room("crossing", (WALK + 0.5, WALK + 0.5, BLOCK - WALK - 0.5, BLOCK - WALK - 0.5))
    elif role == "lot":
        _lot(plot)
    else:
        ends: tuple[Side, Side] = ("west", "east") if role == "along x" else ("south", "north")
        facing = Facing("south" if role == "along x" else "east")
        straight(plot, facing, starts=site.neighbours[ends[0]] != "street", ends=site.neighbours[ends[1]] != "street")
        for ground in ((0.5, 0.3, BLOCK - 0.5, 2.3), (0.5, BLOCK - 2.3, BLOCK - 0.5, BLOCK - 0.3)):
            plot.room("street", facing.rect(ground))
    return plot.block()


def _lot(plot: Plot) -> None:
    site = plot.site
    beyond: dict[Side, Beyond] = {side: _beyond(site, side) for side in SIDES}
    dice = site.dice.child("street lot")
    roads: list[Side] = [side for side in SIDES if beyond[side] == "road"]
    front = dice.choice(roads)
    facing = Facing(front)
    town = site.district.child("town").chance(0.35)
    turned: dict[Side, Beyond] = {side: beyond[facing.beyond(side)] for side in SIDES}
    lot(plot, facing, turned, town=town)
    if not town:
        plot.room("front garden", facing.rect((BLOCK / 2 - 0.6, 0.4, BLOCK / 2 + 0.6, 1.6)))


def _beyond(site: Site, side: Side) -> Beyond:
    if site.neighbours[side] == "street":
        di, dj = SIDES[side]
        return "lot" if role_of((site.key[0] + di, site.key[1] + dj)) == "lot" else "road"
    return "open" if site.outdoors(side) else "house"
