"""What any room gets once its furniture stands: lamps, pictures, plants, rugs."""

from __future__ import annotations

from spatialmem.generators.worlds.blocks import SIDES, Side
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.decor import mirror, picture, plant, rug, towels, wall_shelf
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.lamps import dome, panel, pendant, wall_lamp
from spatialmem.generators.worlds.furniture.spot import Spot
from spatialmem.generators.worlds.materials import MATERIALS, Material

OPPOSITE: dict[Side, Side] = {"west": "east", "east": "west", "south": "north", "north": "south"}
_EYE = 1.55
_FRAMES = ("wood", "dark_wood", "white_wood", "brass", "dark_metal")


def light_ceiling(interior: Interior, kind: str = "pendant") -> None:
    """Lamps on the ceiling, one for about every 16 square metres, along the room's longer way."""
    inner, height = interior.inner, interior.height
    count = max(1, round(max(inner.width, inner.depth) / 4.5))
    power = min(2.5, max(0.45, inner.area / 11.0 / count))
    for k in range(count):
        share = (k + 0.5) / count
        x, y = inner.middle
        if inner.width > inner.depth:
            x = inner.x0 + share * inner.width
        else:
            y = inner.y0 + share * inner.depth
        piece = {"pendant": lambda: pendant(max(0.12, min(0.7, height - 2.25)), interior.look, power),
                 "dome": lambda: dome(power), "panel": lambda: panel(1.2, 0.3, power)}[kind]()
        spot = Spot(x, y, 0.0, None)
        if not interior.try_at(piece, spot, height):
            interior.try_at(dome(power), spot, height)


def hang_pictures(interior: Interior, count: int) -> None:
    """Something on every free stretch of wall: paintings mostly, their middles at eye height.

    `count` large paintings are hung first, then what room is left gets smaller things.
    """
    dice, look = interior.dice.child("pictures"), interior.look
    frame = look.wood if look.wood.name != "light_wood" else MATERIALS["dark_wood"]
    for _ in range(count):
        width = dice.uniform(0.6, 1.2)
        height = width * dice.choice((0.7, 0.75, 1.0, 1.3))
        side = dice.choice(tuple(SIDES))
        low, high = interior.inner.along(side)
        if high - low > width + 0.6:
            place = dice.uniform(low + width / 2 + 0.25, high - width / 2 - 0.25)
            middle = (low + high) / 2
            place = middle if abs(place - middle) < 0.4 else place
            interior.at_wall(picture(width, height, frame), side, place, lift=_EYE - height / 2, gap=0.002)
    for side in SIDES:
        _fill_wall(interior, side, frame, dice.child(side))


def hang_towels(interior: Interior) -> None:
    """Towels, mirrors and shelves on the walls of a bathroom."""
    dice, look = interior.dice.child("towels"), interior.look
    for side in SIDES:
        low, high = interior.inner.along(side)
        place = low + 0.45
        while place < high - 0.4:
            thing, lift = dice.choice(((towels(look), 1.5), (towels(look), 1.5), (wall_shelf(0.5, look, dice), 1.4),
                                       (mirror(look), 1.2)))
            thing.sides = 0.1
            place += 1.1 if interior.at_wall(thing, side, place, lift=lift, gap=0.002) else 0.2


def _fill_wall(interior: Interior, side: Side, frame: Material, dice: Dice) -> None:
    """Smaller things along a wall, so that no stretch of it is bare for much more than a metre."""
    low, high = interior.inner.along(side)
    place = low + dice.uniform(0.3, 0.5)
    while place < high - 0.3:
        pick, lift = dice.uniform(0.0, 1.0), dice.uniform(-0.06, 0.06)
        if pick < 0.62:
            width = dice.uniform(0.3, 0.6)
            height = width * dice.choice((0.8, 1.0, 1.3))
            thing, lift = picture(width, height, frame), _EYE + lift - height / 2
        elif pick < 0.84:
            thing, lift = wall_shelf(dice.uniform(0.5, 0.8), interior.look, dice), 1.35 + lift
        else:
            thing, lift = (wall_lamp(interior.look, 0.12), 1.6) if dice.chance(0.5) else (mirror(interior.look), 1.2)
        # the picture keeps its distance from others: it is tried with a margin around it
        thing.sides = 0.22
        hung = interior.at_wall(thing, side, place, lift=lift, gap=0.002)
        place += 0.9 if hung else 0.2


def stand_plants(interior: Interior, count: int) -> None:
    """Up to so many pot plants, in corners if they fit there."""
    dice = interior.dice.child("plants")
    for _ in range(count):
        interior.against(plant(dice.uniform(0.6, 1.3), interior.look, dice), order="corner", gap=0.03)


def lay_rug(interior: Interior, spot: Spot, width: float, depth: float) -> None:
    """A rug around a spot, cut to what the room allows; none if too little is left."""
    x0, y0, x1, y1 = interior.inner
    along, out = interior.extent(spot, width, depth)
    low_x, high_x = max(x0 + 0.12, spot.x - along / 2), min(x1 - 0.12, spot.x + along / 2)
    low_y, high_y = max(y0 + 0.12, spot.y - out / 2), min(y1 - 0.12, spot.y + out / 2)
    if min(high_x - low_x, high_y - low_y) > 0.6:
        interior.lay(rug(high_x - low_x, high_y - low_y, interior.look), (low_x + high_x) / 2, (low_y + high_y) / 2)
