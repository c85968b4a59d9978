"""`Plot`: the open ground of one block while it is built: solids so far, colours, and what ground is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from spatialmem.generators.worlds.blocks import SIDES, Block, BlockBuilder, Room, Side, Site
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.lights import LightBuilder
from spatialmem.generators.worlds.palettes import Scheme
from spatialmem.generators.worlds.solids import BLOCK, SolidBuilder
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

Rect = tuple[float, float, float, float]
"""Low x, low y, high x, high y, metres within the block."""

GAP = 0.75
"""Metres between things on open ground: room for a robot, so that what is free stays in one piece.

Things are convex and stand this far apart and half as far from the block's sides, or as far from a side on which
a neighbour may have put a fence; then no ring of them can close.
"""


@dataclass
class Plot:
    """One block of open ground under construction.

    Attributes:
        site: the block and its surroundings.
        builder: what was built so far.
    """

    site: Site
    builder: BlockBuilder = field(default_factory=BlockBuilder)
    _ways: list[Rect] = field(default_factory=list)
    _taken: list[Rect] = field(default_factory=list)

    @property
    def dice(self) -> Dice:
        """Chance of what stands where."""
        return self.site.dice

    @property
    def style(self) -> Dice:
        """Chance of colours and materials only."""
        return self.site.style

    @property
    def scheme(self) -> Scheme:
        """Colours of what belongs to no house."""
        return self.site.scheme

    @property
    def snowy(self) -> bool:
        """Whether trees that shed their leaves are bare."""
        return self.site.attributes.weather == "snow"

    @property
    def solids(self) -> SolidBuilder:
        return self.builder.solids

    @property
    def lights(self) -> LightBuilder:
        return self.builder.lights

    def thing(self) -> int:
        """A number for the next thing, from 1."""
        return self.builder.thing()

    def stand(self, x: float, y: float, yaw: float, cls: SemanticClass) -> Thing:
        """A new thing of this class, its front turned by `yaw` radians from -y."""
        return Thing(self.solids, cls, self.thing(), x, y, yaw)

    def lamp(self, position: Sequence[float], *, power: float, reach: float) -> None:
        """Warm light from a lamp outdoors, which burns from dusk on."""
        if self.site.attributes.light != "day":
            self.lights.lamp(position, colour=(1.0, 0.8, 0.55), power=power, reach=reach)

    def room(self, name: str, free: Rect) -> None:
        """Name a free rectangle as a place to be, under the open sky."""
        self.builder.rooms.append(Room(name, free[:2], free[2:], 0.0))

    def block(self) -> Block:
        """All that was built."""
        return self.builder.block()

    def keep_free(self, way: Rect) -> None:
        """Nothing will be put on this ground: a path, a strip before a door."""
        self._ways.append(way)

    def take(self, ground: Rect) -> None:
        """Ground that something stands on, whatever else was there."""
        self._taken.append(ground)

    def is_free(self, ground: Rect, *, gap: float = GAP) -> bool:
        """Whether a thing fits here: inside the block, off the ways, and `gap` metres from other things."""
        west, east, south, north = (gap if self._is_fenced_beyond(side) else gap / 2 for side in SIDES)
        inside = (ground[0] >= west and ground[2] <= BLOCK - east and ground[1] >= south
                  and ground[3] <= BLOCK - north)
        return inside and not any(_overlap(ground, way, 0.0) for way in self._ways) and not any(
            _overlap(ground, other, gap) for other in self._taken)

    def _is_fenced_beyond(self, side: Side) -> bool:
        """Whether the neighbour may have put a fence along this side; of two of a kind the lower one does."""
        beyond = self.site.neighbours[side]
        return beyond in {"garden", "street"} and (side in {"west", "south"} or beyond != self.site.kind)

    def claim(self, ground: Rect, *, gap: float = GAP) -> bool:
        """Take the ground if it is free; whether it was."""
        free = self.is_free(ground, gap=gap)
        if free:
            self.take(ground)
        return free

    def spot(self, half_x: float, half_y: float, *, within: Rect = (0.0, 0.0, BLOCK, BLOCK), tries: int = 12,
             gap: float = GAP) -> tuple[float, float] | None:
        """The middle of a free rectangle of these half extents, now taken; None where no try found one."""
        low_x, low_y, high_x, high_y = within
        for _ in range(tries):
            x = self.dice.uniform(low_x + half_x, high_x - half_x)
            y = self.dice.uniform(low_y + half_y, high_y - half_y)
            fits = low_x + half_x <= high_x - half_x and low_y + half_y <= high_y - half_y
            if fits and self.claim((x - half_x, y - half_y, x + half_x, y + half_y), gap=gap):
                return x, y
        return None


def around(x: float, y: float, radius: float) -> Rect:
    """The square of half side `radius` about a point."""
    return x - radius, y - radius, x + radius, y + radius


@dataclass(frozen=True)
class Facing:
    """A block turned about its middle by quarter turns, so that what lies towards -y in it lies on another side.

    A place that is laid out once, with its front at the south, is put here with its front on `side`.
    """

    side: Side

    @property
    def yaw(self) -> float:
        """Radians by which things turn."""
        return self._quarters * math.pi / 2

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the layout in the block."""
        for _ in range(self._quarters):
            x, y = BLOCK - y, x
        return x, y

    def rect(self, ground: Rect) -> Rect:
        """A rectangle of the layout in the block."""
        one, other = self.at(*ground[:2]), self.at(*ground[2:])
        return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])

    def beyond(self, side: Side) -> Side:
        """The side of the block on which a side of the layout lies."""
        return _AROUND[(_AROUND.index(side) + self._quarters) % 4]

    @property
    def _quarters(self) -> int:
        return _AROUND.index(self.side)


_AROUND: tuple[Side, ...] = ("south", "east", "north", "west")


def _overlap(one: Rect, other: Rect, gap: float) -> bool:
    return (one[0] < other[2] + gap and other[0] < one[2] + gap and one[1] < other[3] + gap
            and other[1] < one[3] + gap)
