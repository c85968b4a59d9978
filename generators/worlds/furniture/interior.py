"""`Interior`: a room that is being furnished; whatever is put there blocks no door, window or way."""

from __future__ import annotations

import math
from collections.abc import Sequence

from spatialmem.generators.worlds.blocks import SIDES, BlockBuilder, Side
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.floor import Floor
from spatialmem.generators.worlds.furniture.piece import Piece, cos_sin
from spatialmem.generators.worlds.furniture.spot import Corner, Spot, Volume
from spatialmem.generators.worlds.places.look import Look
from spatialmem.generators.worlds.places.rooms import Hole, Plan

YAW: dict[Side, float] = {"south": 0.0, "west": -math.pi / 2, "north": math.pi, "east": math.pi / 2}
"""Turn of a piece that stands with its back to this side."""

_BEFORE_DOOR = 0.9
_STEP = 0.1


class Interior:
    """What stands in a room so far, and where more fits.

    Args:
        plan: the room with its holes.
        look: its materials.
        dice: its chance.
        builder: what receives the solids.
        clear: radius of the ways from door to door, metres.
    """

    def __init__(self, plan: Plan, look: Look, dice: Dice, builder: BlockBuilder, clear: float = 0.45) -> None:
        self.plan, self.look, self.dice, self.builder = plan, look, dice, builder
        self.inner = plan.inner
        self.height = plan.height
        self.placed: list[Spot] = []
        self._taken: list[Volume] = []
        self._kept: list[Volume] = []
        self._laid: list[Volume] = []
        self._floor = Floor(self.inner, clear)
        for hole in plan.holes:
            if hole.kind == "window":
                self._kept.append(self._before(hole, 0.5, 0.02, hole.bottom - 0.02, hole.top))
            else:
                self._floor.door(hole, self.inner)
                self._kept.append(self._before(hole, _BEFORE_DOOR, 0.06, 0.0, hole.top))

    def windows(self) -> list[Hole]:
        """The room's windows."""
        return [hole for hole in self.plan.holes if hole.kind == "window"]

    def length(self, side: Side) -> float:
        """Length of a wall, metres."""
        low, high = self.inner.along(side)
        return high - low

    def against(self, piece: Piece, sides: Sequence[Side] = (), *, gap: float = 0.01, lift: float = 0.0,
                order: str = "any") -> Spot | None:
        """Stands the piece with its back to a wall, if it fits anywhere; None if not.

        Args:
            piece: what to place.
            sides: walls to try, in this order; none means all, in an order of chance.
            gap: metres between the wall and the piece.
            lift: metres above the floor.
            order: which places of a wall are tried first: "any" (by chance), "middle" or "corner".
        """
        bounds = low, high = piece.bounds()
        for side in sides or self.dice.shuffled(tuple(SIDES)):
            start, end = self.inner.along(side)
            # the origin's way along the wall, so that the piece stays between the corners
            forward = side in {"south", "east"}
            first, last = (low[0], high[0]) if forward else (-high[0], -low[0])
            steps = int((end - start - (last - first)) / _STEP + 1e-9)
            places = [start - first + 0.005 + k * (end - start - (last - first) - 0.01) / max(steps, 1)
                      for k in range(steps + 1)] if steps >= 0 else []
            for place in self._ordered(places, order):
                spot = self._spot(side, place, gap)
                if self._try(piece, bounds, spot, lift):
                    return spot
        return None

    def free_standing(self, piece: Piece, *, tries: int = 24, turns: Sequence[float] = (0.0, math.pi / 2),
                      spread: float = 0.5) -> Spot | None:
        """Stands the piece in the open, near the middle first; None if it fits nowhere.

        `spread` is the share of the room in which the tries lie.
        """
        x, y = self.inner.middle
        for k in range(tries):
            share = spread * k / max(tries - 1, 1)
            spot = Spot(round(x + self.dice.uniform(-share, share) * self.inner.width, 2),
                        round(y + self.dice.uniform(-share, share) * self.inner.depth, 2),
                        self.dice.choice(turns), None)
            if self.try_at(piece, spot):
                return spot
        return None

    def try_at(self, piece: Piece, spot: Spot, lift: float = 0.0) -> bool:
        """Puts the piece exactly there if nothing speaks against it, and tells whether it did."""
        return self._try(piece, piece.bounds(), spot, lift)

    def _try(self, piece: Piece, bounds: tuple[Corner, Corner], spot: Spot, lift: float) -> bool:
        (x0, y0, z0), (x1, y1, z1) = bounds
        volume = spot.around((x0, y0, z0 + lift), (x1, y1, z1 + lift))
        if not self._inside(volume) or volume.meets_any(self._kept) or volume.meets_any(self._taken):
            return False
        apron = spot.around((x0 - piece.sides, y0 - piece.back, z0 + lift + 0.05),
                            (x1 + piece.sides, y1 + piece.front, z1 + lift))
        if not self._inside(apron) or apron.meets_any(self._taken):
            return False
        stood = piece.moved(spot.x, spot.y, spot.yaw, lift)
        if not self._floor.accepts(stood.parts):
            return False
        self._taken.append(volume)
        self._kept.append(apron)
        self.placed.append(spot)
        stood.build(self.builder)
        return True

    def lay(self, piece: Piece, x: float, y: float, yaw: float = 0.0) -> bool:
        """Lays something flat on the floor (a rug), if it fits between the walls and clear of doors in use."""
        stood = piece.moved(x, y, yaw)
        volume = Volume(*stood.bounds())
        if not self._inside(volume) or volume.meets_any(self._laid):
            return False
        self._laid.append(volume)
        stood.build(self.builder)
        return True

    def centre(self, turn: float = 0.0) -> Spot:
        """The room's middle."""
        return Spot(*self.inner.middle, turn, None)

    @staticmethod
    def extent(spot: Spot, width: float, depth: float) -> tuple[float, float]:
        """Extent along x and y of a rectangle that lies along the wall at a spot's back."""
        cos, _ = cos_sin(spot.yaw)
        return (width, depth) if abs(cos) > 0.7 else (depth, width)

    def fix(self, piece: Piece, side: Side, place: float) -> bool:
        """Fits a part of a door or window at `place` along a wall; only a blocked way speaks against it."""
        spot = self._spot(side, place, 0.0)
        stood = piece.moved(spot.x, spot.y, spot.yaw)
        if not self._floor.accepts(stood.parts):
            return False
        self._taken.append(Volume(*stood.bounds()))
        stood.build(self.builder)
        return True

    def at_wall(self, piece: Piece, side: Side, place: float, *, gap: float = 0.01, lift: float = 0.0) -> bool:
        """Puts the piece at `place` along a wall if nothing speaks against it."""
        return self.try_at(piece, self._spot(side, place, gap), lift)

    def _spot(self, side: Side, place: float, gap: float) -> Spot:
        inward = gap if side in {"west", "south"} else -gap
        across = self.inner.at(side) + inward
        x, y = (across, place) if side in {"west", "east"} else (place, across)
        return Spot(x, y, YAW[side], side)

    def _ordered(self, places: list[float], order: str) -> list[float]:
        if order == "any":
            return self.dice.shuffled(places)[:16]
        middle = sum(places) / max(len(places), 1)
        return sorted(places, key=lambda place: abs(place - middle), reverse=order == "corner")[:24]

    def _inside(self, volume: Volume) -> bool:
        x0, y0, x1, y1 = self.inner
        return (volume.low[0] > x0 - 1e-3 and volume.low[1] > y0 - 1e-3 and volume.high[0] < x1 + 1e-3
                and volume.high[1] < y1 + 1e-3 and volume.low[2] > -0.03 and volume.high[2] < self.height + 1e-3)

    def _before(self, hole: Hole, depth: float, margin: float, bottom: float, top: float) -> Volume:
        """The space in the room in front of a hole."""
        side, inner = hole.side, self.inner
        across = sorted((inner.at(side), inner.at(side) + (depth if side in {"west", "south"} else -depth)))
        along = (hole.low - margin, hole.high + margin)
        (x0, x1), (y0, y1) = (across, along) if side in {"west", "east"} else (along, across)
        return Volume((x0, y0, bottom), (x1, y1, top))
