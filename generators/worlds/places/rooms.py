"""`Rect`, `Hole` and `Plan`: rooms as rectangles that tile a block, and the holes in their walls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from spatialmem.generators.worlds.blocks import Opening, Side, Site
from spatialmem.generators.worlds.solids import BLOCK

INNER = 0.06
"""Half of a wall between two rooms, metres: each room builds its own half."""
PARTY = 0.08
"""Half of a wall between two blocks."""
OUTER = 0.22
"""A wall to the open air, which the block builds alone.

No face lies a robot's radius from a cell's middle: a sum that rounds the other way would open or close a pocket.
"""


class Rect(NamedTuple):
    """An upright rectangle in the plane, metres."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def depth(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.depth

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def along(self, side: Side) -> tuple[float, float]:
        """Where this side begins and ends, along itself."""
        return (self.y0, self.y1) if side in {"west", "east"} else (self.x0, self.x1)

    def at(self, side: Side) -> float:
        """Where this side is, across itself."""
        return {"west": self.x0, "east": self.x1, "south": self.y0, "north": self.y1}[side]

    def overlaps(self, other: Rect, slack: float = 0.0) -> bool:
        """Whether the two share more than their borders, or come closer than `slack`."""
        return (self.x0 < other.x1 + slack - 1e-6 and other.x0 < self.x1 + slack - 1e-6
                and self.y0 < other.y1 + slack - 1e-6 and other.y0 < self.y1 + slack - 1e-6)


    def around(self, hole: Rect | None) -> list[Rect]:
        """What is left of the rectangle around a hole in it, in up to four pieces."""
        if hole is None:
            return [self]
        x0, y0, x1, y1 = hole
        pieces = [Rect(self.x0, self.y0, self.x1, y0), Rect(self.x0, y1, self.x1, self.y1),
                  Rect(self.x0, y0, x0, y1), Rect(x1, y0, self.x1, y1)]
        return [piece for piece in pieces if piece.width > 0 and piece.depth > 0]


@dataclass(frozen=True)
class Hole:
    """A hole in one side of a room: `low`..`high` along it, `bottom`..`top` above the floor, metres."""

    side: Side
    low: float
    high: float
    bottom: float
    top: float
    kind: Literal["door", "passage", "window"]
    leaf: bool = False
    """Whether this room holds the open door."""
    edge: bool = False
    """Whether it leads out of the block."""


@dataclass
class Plan:
    """One room before it is built.

    Attributes:
        name: what it is.
        outline: its floor up to the middle of its walls.
        height: of its ceiling.
        site: where it is.
        holes: in its walls.
        skylight: a hole in its ceiling and in the roof above.
    """

    name: str
    outline: Rect
    height: float
    site: Site
    holes: list[Hole] = field(default_factory=list)
    skylight: Rect | None = None

    def wall(self, side: Side) -> float:
        """How thick this room's share of the wall on that side is, metres."""
        if self.outline.at(side) not in {0.0, BLOCK}:
            return INNER
        return OUTER if self.site.outdoors(side) else PARTY

    @property
    def inner(self) -> Rect:
        """The floor from wall to wall."""
        x0, y0, x1, y1 = self.outline
        return Rect(x0 + self.wall("west"), y0 + self.wall("south"), x1 - self.wall("east"), y1 - self.wall("north"))

    def fronts(self, side: Side) -> bool:
        """Whether this side of the room looks into the open air."""
        return self.outline.at(side) in {0.0, BLOCK} and self.site.outdoors(side)


def edge_openings(site: Site, outline: Rect) -> list[tuple[Side, Opening]]:
    """The ways out of the block that lie in this room's walls."""
    found: list[tuple[Side, Opening]] = []
    for side, edge in site.edges.items():
        border = 0.0 if side in {"west", "south"} else BLOCK
        low, high = outline.along(side)
        found.extend((side, way) for way in edge.openings if outline.at(side) == border and low < way.middle < high)
    return found


def edge_holes(site: Site, outline: Rect) -> list[Hole]:
    """The holes of this room's walls that lead out of the block."""
    return [Hole(side, way.low, way.high, 0.0, way.height, "passage" if way.leaf == "none" else "door",
                 leaf=site.holds_leaf(side, way), edge=True) for side, way in edge_openings(site, outline)]
