"""`Thing`: builds one thing in axes of its own, about a point of the block and turned: written once, put anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.solids import Point, SolidBuilder
from spatialmem.labels import SemanticClass


@dataclass(frozen=True)
class Thing:
    """Adds the bodies of one thing, in axes with their origin at (x, y) of the block, turned by `yaw` about +Z.

    A thing is drawn as if its front looked towards -y; `yaw` (radians) turns it anticlockwise from there.

    Attributes:
        solids: where the bodies go.
        cls, instance: what the thing is, and its number in the block.
        x, y, yaw: where it stands.
    """

    solids: SolidBuilder
    cls: SemanticClass
    instance: int
    x: float
    y: float
    yaw: float = 0.0

    def at(self, x: float, y: float, z: float = 0.0) -> tuple[float, float, float]:
        """A point of these axes in those of the block."""
        cos, sin = self._turn
        return self.x + cos * x - sin * y, self.y + sin * x + cos * y, z

    def moved(self, x: float, y: float, yaw: float = 0.0) -> Thing:
        """The same thing in axes about another point of these, turned further."""
        there = self.at(x, y)
        return replace(self, x=there[0], y=there[1], yaw=self.yaw + yaw)

    def as_(self, cls: SemanticClass, instance: int | None = None) -> Thing:
        """The same axes for a part of another class, or for another thing."""
        return replace(self, cls=cls, instance=self.instance if instance is None else instance)

    def box(self, low: Point, high: Point, material: str | Material, *, yaw: float = 0.0, fine: bool = False) -> None:
        """A box between two corners, then turned by `yaw` about its own middle."""
        low, high, turn = self._between(low, high)
        self.solids.box(low, high, material=material, cls=self.cls, instance=self.instance, yaw=yaw + turn, fine=fine)

    def cylinder(self, base: Point, radius: float, height: float, material: str | Material, *,
                 fine: bool = False) -> None:
        """An upright cylinder on the middle of its base."""
        self.solids.cylinder(self.at(*base), radius, height, material=material, cls=self.cls, instance=self.instance,
                             fine=fine)

    def ellipsoid(self, center: Point, radii: Point, material: str | Material, *, yaw: float = 0.0,
                  fine: bool = False) -> None:
        """An ellipsoid of given half axes."""
        self.solids.ellipsoid(self.at(*center), radii, material=material, cls=self.cls, instance=self.instance,
                              yaw=yaw + self.yaw, fine=fine)

    def gable(self, low: Point, high: Point, ridge_axis: Literal["x", "y"], material: str | Material, *,
              fine: bool = False) -> None:
        """A prism over a rectangle whose ridge runs along an axis at its top."""
        quarters = self._quarters
        if quarters is not None and quarters % 2 == 1:
            ridge_axis = "y" if ridge_axis == "x" else "x"
        low, high, turn = self._between(low, high)
        self.solids.gable(low, high, ridge_axis, material=material, cls=self.cls, instance=self.instance, yaw=turn,
                          fine=fine)

    @property
    def _quarters(self) -> int | None:
        """How many quarter turns the yaw is; None where it lies between."""
        turns = self.yaw / (math.pi / 2)
        return round(turns) if abs(turns - round(turns)) < 1e-9 else None

    @property
    def _turn(self) -> tuple[float, float]:
        quarters = self._quarters
        if quarters is None:
            return math.cos(self.yaw), math.sin(self.yaw)
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarters % 4]

    def _between(self, low: Point, high: Point) -> tuple[Point, Point, float]:
        """Corners about the turned middle and the yaw that is left: none after quarter turns, which swap extents."""
        x, y, z = ((a + b) / 2 for a, b in zip(low, high, strict=True))
        middle = self.at(x, y, z)
        half = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
        quarters = self._quarters
        if quarters is not None and quarters % 2 == 1:
            half[0], half[1] = half[1], half[0]
        corners = ([m - h for m, h in zip(middle, half, strict=True)],
                   [m + h for m, h in zip(middle, half, strict=True)])
        return *corners, 0.0 if quarters is not None else self.yaw
