"""`furnish`: puts into a room what its name promises."""

from __future__ import annotations

from collections.abc import Callable

from spatialmem.generators.worlds.furniture.bathroom import furnish_bathroom
from spatialmem.generators.worlds.furniture.bedroom import furnish_bedroom
from spatialmem.generators.worlds.furniture.dining import furnish_dining
from spatialmem.generators.worlds.furniture.hallway import furnish_hallway
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.kitchen import furnish_kitchen
from spatialmem.generators.worlds.furniture.living import furnish_living
from spatialmem.generators.worlds.furniture.study import furnish_study

_ROOMS: dict[str, Callable[[Interior], None]] = {
    "living room": furnish_living, "kitchen": furnish_kitchen, "dining room": furnish_dining,
    "bedroom": furnish_bedroom, "bathroom": furnish_bathroom, "study": furnish_study, "hallway": furnish_hallway,
}


def furnish(interior: Interior) -> None:
    """Furnishes the room by the name in its plan; other names stay empty."""
    builder = _ROOMS.get(interior.plan.name)
    if builder is not None:
        builder(interior)
