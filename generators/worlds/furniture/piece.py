"""`Piece`: a piece of furniture in a frame of its own, to be stood anywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from spatialmem.generators.worlds.blocks import BlockBuilder
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import SemanticClass

Point = Sequence[float]


class Part(NamedTuple):
    """One solid of a piece: its middle, half extents along its own axes, and turn."""

    shape: Shape
    center: tuple[float, float, float]
    half: tuple[float, float, float]
    yaw: float
    material: Material
    cls: SemanticClass
    fine: bool
    thing: int

    @property
    def reach(self) -> tuple[float, float, float]:
        """Half extents of the upright box around it."""
        if self.yaw == 0.0:
            return self.half
        cos, sin = abs(math.cos(self.yaw)), abs(math.sin(self.yaw))
        x, y, z = self.half
        return cos * x + sin * y, sin * x + cos * y, z

    def moved(self, x: float, y: float, z: float, yaw: float) -> Part:
        """The part turned about the frame's upright axis and then shifted."""
        cos, sin = cos_sin(yaw)
        cx, cy, cz = self.center
        center = (x + cos * cx - sin * cy, y + sin * cx + cos * cy, z + cz)
        return self._replace(center=center, yaw=self.yaw + yaw)


@dataclass(frozen=True)
class Glow:
    """Light that a piece gives: where, how much, how far (metres)."""

    position: tuple[float, float, float]
    power: float
    reach: float


@dataclass
class Piece:
    """Parts in one frame: x to the right along the wall, y out into the room, z up; origin on the floor at the wall.

    Attributes:
        front: metres before it that must stay free for people to use it.
        sides, back: metres beside and behind it that must stay free.
    """

    front: float = 0.0
    sides: float = 0.0
    back: float = 0.0
    parts: list[Part] = field(default_factory=list)
    glows: list[Glow] = field(default_factory=list)
    things: int = 1

    def thing(self) -> int:
        """A number for a further thing of this piece, that counts as an instance of its own."""
        self.things += 1
        return self.things - 1

    def box(self, low: Point, high: Point, material: Material, cls: SemanticClass, *, fine: bool = False,
            thing: int = 0, yaw: float = 0.0) -> None:
        """A box from corner to corner, turned about its middle."""
        self._add(Shape.BOX, low, high, yaw, (material, cls, fine, thing))

    def cylinder(self, base: Point, radius: float, height: float, material: Material, cls: SemanticClass, *,
                 fine: bool = False, thing: int = 0) -> None:
        """An upright cylinder on the middle of its base."""
        x, y, z = base
        self._add(Shape.CYLINDER, (x - radius, y - radius, z), (x + radius, y + radius, z + height), 0.0,
                  (material, cls, fine, thing))

    def ellipsoid(self, center: Point, radii: Point, material: Material, cls: SemanticClass, *, fine: bool = False,
                  thing: int = 0) -> None:
        """An ellipsoid."""
        low = [c - r for c, r in zip(center, radii, strict=True)]
        high = [c + r for c, r in zip(center, radii, strict=True)]
        self._add(Shape.ELLIPSOID, low, high, 0.0, (material, cls, fine, thing))

    def glow(self, position: tuple[float, float, float], power: float, reach: float) -> None:
        """A light bulb."""
        self.glows.append(Glow(position, power, reach))

    def add(self, other: Piece, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> None:
        """Another piece, turned and shifted, with its own instances."""
        moved = other.moved(x, y, yaw, z)
        self.parts += [part._replace(thing=part.thing + self.things) for part in moved.parts]
        self.glows += moved.glows
        self.things += other.things

    def moved(self, x: float, y: float, yaw: float = 0.0, z: float = 0.0) -> Piece:
        """The piece turned about its origin and then shifted."""
        parts = [part.moved(x, y, z, yaw) for part in self.parts]
        cos, sin = cos_sin(yaw)
        glows = [Glow((x + cos * p[0] - sin * p[1], y + sin * p[0] + cos * p[1], z + p[2]), glow.power, glow.reach)
                 for glow in self.glows for p in (glow.position,)]
        return replace(self, parts=parts, glows=glows)

    def bounds(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Low and high corner of the upright box around all parts."""
        lows = [[c - r for c, r in zip(part.center, part.reach, strict=True)] for part in self.parts]
        highs = [[c + r for c, r in zip(part.center, part.reach, strict=True)] for part in self.parts]
        low, high = [min(column) for column in zip(*lows, strict=True)], [max(c) for c in zip(*highs, strict=True)]
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def build(self, builder: BlockBuilder) -> None:
        """Adds the solids and the light, in the block's coordinates."""
        numbers: dict[int, int] = {}
        for part in self.parts:
            if part.thing not in numbers:
                numbers[part.thing] = builder.thing()
            _build(part, builder, numbers[part.thing])
        for glow in self.glows:
            builder.lights.lamp(glow.position, power=glow.power, reach=glow.reach)

    def _add(self, shape: Shape, low: Point, high: Point, yaw: float,
             looks: tuple[Material, SemanticClass, bool, int]) -> None:
        x, y, z = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
        hx, hy, hz = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
        self.parts.append(Part(shape, (x, y, z), (hx, hy, hz), yaw, *looks))


def _build(part: Part, builder: BlockBuilder, instance: int) -> None:
    (x, y, z), (hx, hy, hz) = part.center, part.half
    if part.shape is Shape.BOX:
        builder.solids.box((x - hx, y - hy, z - hz), (x + hx, y + hy, z + hz), material=part.material, cls=part.cls,
                           instance=instance, yaw=part.yaw, fine=part.fine)
    elif part.shape is Shape.CYLINDER:
        builder.solids.cylinder((x, y, z - hz), hx, 2 * hz, material=part.material, cls=part.cls, instance=instance,
                                fine=part.fine)
    else:
        builder.solids.ellipsoid((x, y, z), (hx, hy, hz), material=part.material, cls=part.cls, instance=instance,
                                 yaw=part.yaw, fine=part.fine)


def cos_sin(yaw: float) -> tuple[float, float]:
    """Exact for quarter turns, so that what stands at a wall touches it and does not cut it."""
    quarter = yaw / (math.pi / 2)
    if abs(quarter - round(quarter)) < 1e-9:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[round(quarter) % 4]
    return math.cos(yaw), math.sin(yaw)
