"""Bathrooms and washrooms."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.dressing import hang_towels, lay_rug, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.sanitary import basin, bathtub, shower, toilet, washing_machine
from spatialmem.generators.worlds.furniture.storage import wardrobe


def furnish_bathroom(interior: Interior) -> None:
    """Tub or shower, toilet, basin under a mirror, a washing machine."""
    dice, look = interior.dice, interior.look
    bath = None
    if interior.inner.area > 4.5:
        bath = interior.against(bathtub(), order="corner", gap=0.0)
    if bath is None or interior.inner.area > 9:
        interior.against(shower(look), order="corner", gap=0.0)
    sink = interior.against(basin(look), order="middle", gap=0.002)
    interior.against(toilet(), gap=0.0, order="corner")
    if interior.inner.area > 10:
        interior.against(basin(look), (sink.side,) if sink is not None and sink.side else (), gap=0.002)
    interior.against(washing_machine(), order="corner")
    if interior.inner.area > 9:
        interior.against(wardrobe(2, 1.9, look), order="corner")
    if bath is not None:
        lay_rug(interior, bath.before(0.0, 1.15), 0.9, 0.65)
    hang_towels(interior)
    stand_plants(interior, dice.integer(0, 1))
    light_ceiling(interior, "dome")
