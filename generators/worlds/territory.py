"""`Territory`: a world that can be looked at and walked in, grown from a seed or laid out by a user."""

from __future__ import annotations

from typing import Protocol

from spatialmem.freespace import FreeSpace
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.window import Surroundings


class Territory(Surroundings, Protocol):
    """What generators need of a world.

    Attributes:
        sky: the light that it stands in.
        free_space: where somebody may walk.
        attributes: what it is to look like.
    """

    @property
    def sky(self) -> Sky: ...

    @property
    def free_space(self) -> FreeSpace: ...

    @property
    def attributes(self) -> Attributes: ...

    def start(self) -> tuple[float, float, float]:
        """A good first view: x, y (metres) and heading (radians about +Z from +X)."""
        ...
