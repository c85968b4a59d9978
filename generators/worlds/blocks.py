"""`Block`: one grown piece of a world; `Site`: what its builder is told; `Edge`: where two blocks meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from spatialmem.generators.worlds.attributes import Attributes, Kind
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.lights import LightBuilder, Lights
from spatialmem.generators.worlds.palettes import Scheme
from spatialmem.generators.worlds.solids import BLOCK, SolidBuilder, Solids

OUTDOORS: frozenset[Kind] = frozenset(("street", "garden", "park"))
"""Kinds without a roof: no wall stands between two of them."""

LANES = (4.0, BLOCK * 5 / 12, BLOCK * 7 / 12, 12.0)
"""Where corridors may cross a block, metres: the middles of a maze's lanes too, so that the two join."""

Side = Literal["west", "east", "south", "north"]
"""Sides of a block: towards -x, +x, -y and +y."""
SIDES: dict[Side, tuple[int, int]] = {"west": (-1, 0), "east": (1, 0), "south": (0, -1), "north": (0, 1)}


@dataclass(frozen=True)
class Opening:
    """A way through an edge.

    Attributes:
        low, high: where it is along the edge, metres from the block's low corner (the same for both blocks).
        height: its clear height, metres.
        leaf: which block holds its open door: `below` (west or south of it), `above`, or `none`.
    """

    low: float
    high: float
    height: float = 2.1
    leaf: Literal["none", "below", "above"] = "none"

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Edge:
    """Where two blocks meet; both see the same one.

    Attributes:
        below, above: the kinds of the blocks on its low and high side.
        walled: whether walls stand along it. A block under a roof builds its own half, 8 cm thick or more;
            one outdoors builds none.
        openings: the ways through, at least one; also where no wall stands, for paths to meet.
    """

    below: Kind
    above: Kind
    walled: bool
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class Room:
    """A named place to be: its free rectangle and the height of its ceiling (0 under the open sky), metres.

    Rectangle `low`..`high` in the coordinates of the block.
    """

    name: str
    low: tuple[float, float]
    high: tuple[float, float]
    height: float


@dataclass(frozen=True, eq=False)
class Block:
    """One grown square of 16 m, in its own coordinates (origin = its low corner)."""

    solids: Solids
    lights: Lights
    rooms: tuple[Room, ...]


@dataclass(frozen=True)
class Site:
    """What a builder knows of its block and its surroundings.

    `dice` decide the layout and `style` the looks: nothing that `style` says may move a solid.

    Attributes:
        key: the block's column and row; it covers x from 16 i and y from 16 j.
        kind: what to build.
        neighbours: what is built on each side.
        edges: where it meets them.
        dice, style: this block's own chance.
        district, district_style: chance that all blocks of the neighbourhood share.
        scheme: colours of the neighbourhood.
        attributes: what was asked for.
    """

    key: tuple[int, int]
    kind: Kind
    neighbours: Mapping[Side, Kind]
    edges: Mapping[Side, Edge]
    dice: Dice
    style: Dice
    district: Dice
    district_style: Dice
    scheme: Scheme
    attributes: Attributes

    def holds_leaf(self, side: Side, opening: Opening) -> bool:
        """Whether this block, and not its neighbour on that side, holds the open door of an opening."""
        return opening.leaf == ("above" if side in {"west", "south"} else "below")

    def outdoors(self, side: Side) -> bool:
        """Whether the open air lies beyond that side."""
        return self.neighbours[side] in OUTDOORS


@dataclass
class BlockBuilder:
    """Collects what a block consists of; `block()` freezes it."""

    solids: SolidBuilder = field(default_factory=SolidBuilder)
    lights: LightBuilder = field(default_factory=LightBuilder)
    rooms: list[Room] = field(default_factory=list)
    _instances: int = 0

    def thing(self) -> int:
        """A number for the next thing; its solids share it."""
        self._instances += 1
        return self._instances

    def block(self) -> Block:
        return Block(self.solids.solids(), self.lights.lights(), tuple(self.rooms))


def edge_between(below: Kind, above: Kind, dice: Dice, lane: float) -> Edge:
    """The edge of two blocks of these kinds.

    Args:
        below, above: kinds on its low and its high side.
        dice: the edge's own.
        lane: where corridors and streets cross this row or column of blocks, metres from its low side.
    """
    kinds: set[Kind] = {below, above}
    walled = not kinds <= OUTDOORS
    if "corridor" in kinds:
        return Edge(below, above, walled, (_doorway(lane, 1.6 if kinds == {"corridor"} else 1.1, dice, 2.2),))
    if "street" in kinds:
        return Edge(below, above, walled, (_doorway(lane if walled else BLOCK / 2, 1.2, dice),))
    if "maze" in kinds:
        middles = dice.shuffled(LANES)[:2 if kinds == {"maze"} else 1]
        return Edge(below, above, walled, tuple(Opening(m - 0.65, m + 0.65) for m in sorted(middles)))
    if kinds <= {"hall", "gallery"}:
        return Edge(below, above, walled, _arches(kinds, dice))
    return Edge(below, above, walled, (_doorway(round(dice.uniform(2.5, BLOCK - 2.5), 1), 1.1, dice),))


def _doorway(middle: float, width: float, dice: Dice, height: float = 2.1) -> Opening:
    return Opening(round(middle - width / 2, 3), round(middle + width / 2, 3), height, dice.choice(("below", "above")))


def _arches(kinds: set[Kind], dice: Dice) -> tuple[Opening, ...]:
    """Wide ways without doors: two between halls, or one in the middle."""
    width, height = (2.4, 3.2) if kinds == {"hall"} else (1.6, 2.4)
    middles = (4.0, 12.0) if kinds == {"hall"} and dice.chance(0.5) else (8.0,)
    return tuple(Opening(middle - width / 2, middle + width / 2, height) for middle in middles)
