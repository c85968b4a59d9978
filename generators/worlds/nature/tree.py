"""`Tree`: what trees are grown from: a stem, lumps of leaves, and limbs that bend."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

CLEAR = 2.15
"""Metres under the crowns of trees with bare trunks: one walks below them."""

GOLDEN = 2.4
"""Radians, the golden angle: it spreads lobes evenly, however many there are."""

_SHORTEST = 0.11
"""Metres, the least length of the pieces of a branch."""


@dataclass(frozen=True)
class Limb:
    """A branch in one upright plane, metres: it sets out low and bends upwards.

    Attributes:
        start: where it begins, in the tree's axes.
        angle: its direction from there, radians.
        reach, rise: how far it goes outwards and upwards.
        radius: half its thickness at its start; at its end a third of that.
    """

    start: tuple[float, float, float]
    angle: float
    reach: float
    rise: float
    radius: float

    def along(self, share: float) -> tuple[float, float]:
        """How far out and how high above its start it is after a share 0..1 of the way."""
        return self.reach * (1 - (1 - share) ** 2), self.rise * (0.3 * share + 0.7 * share * share)

    def at(self, share: float) -> tuple[float, float, float]:
        """The same as a point in the tree's axes."""
        (x, y, z), (out, up) = self.start, self.along(share)
        return x + out * math.cos(self.angle), y + out * math.sin(self.angle), z + up


@dataclass(frozen=True)
class Tree:
    """One tree, in axes about its foot.

    Attributes:
        trunk: what its wood is added to.
        height: metres from the ground to its top.
        dice: its own chance.
        leaves, bark: its materials.
    """

    trunk: Thing
    height: float
    dice: Dice
    leaves: Material
    bark: Material = MATERIALS["bark"]

    def stem(self, radius: float, height: float) -> None:
        """A trunk that widens at the ground."""
        self.trunk.cylinder((0.0, 0.0, -0.05), radius, height + 0.05, self.bark)
        self.trunk.cylinder((0.0, 0.0, -0.05), 1.35 * radius, 0.22, self.bark)

    def limb(self, limb: Limb, *, fine: bool = False) -> None:
        """A branch of ellipsoids. None of them can lean, so they are short where the branch climbs at 45 degrees."""
        wood, share = self.trunk.moved(*limb.start[:2], limb.angle), 0.0
        while share < 1.0:
            radius = limb.radius * (1 - 0.66 * share)
            (x, z), (ahead_x, ahead_z) = limb.along(share), limb.along(share + 0.01)
            slope = math.atan2(ahead_z - z, ahead_x - x)
            step = max(_SHORTEST, radius * (1.0 + 5.0 * math.cos(2 * slope) ** 2))
            level = math.cos(slope) ** 2
            radii = (radius + 0.7 * step * level, radius, radius + 0.7 * step * (1 - level))
            wood.ellipsoid((x, 0.0, limb.start[2] + z), radii, self.bark, fine=fine)
            share += 0.01 * step / math.hypot(ahead_x - x, ahead_z - z)

    def lobe(self, angle: float, out: float, z: float, size: tuple[float, float], *, fine: bool = False) -> None:
        """A lump of leaves `out` metres from the middle; `size` is its width and height, halved."""
        wide, tall = size
        self.trunk.as_(SemanticClass.FOLIAGE).ellipsoid((out * math.cos(angle), out * math.sin(angle), z),
                                                        (wide, wide, tall), self.leaves, fine=fine)

    def clump(self, angle: float, out: float, z: float, size: tuple[float, float], tufts: int = 3) -> None:
        """A lump of leaves with smaller ones on its outer side, that break its outline."""
        self.lobe(angle, out, z, size)
        wide, tall = size
        for _ in range(tufts):
            turn, up = angle + self.dice.uniform(-1.3, 1.3), self.dice.uniform(-0.35, 0.85)
            away, small = 0.8 * math.sqrt(1 - up * up), self.dice.uniform(0.34, 0.5)
            x = out * math.cos(angle) + away * wide * math.cos(turn)
            y = out * math.sin(angle) + away * wide * math.sin(turn)
            height = max(z + 0.8 * up * tall, CLEAR + small * tall)
            self.lobe(math.atan2(y, x), math.hypot(x, y), height, (small * wide, small * tall), fine=True)

    def crown(self, wide: float, lobes: int) -> None:
        """A core with clumps around it, from `CLEAR` to the top."""
        tall = (self.height - CLEAR) / 2
        z = self.height - tall
        self.lobe(0.0, 0.0, z, (0.8 * wide, 0.82 * tall))
        turn = self.dice.uniform(0.0, 2 * math.pi)
        for k in range(lobes):
            level, size = -0.6 + 1.35 * (k + 0.5) / lobes, self.dice.uniform(0.4, 0.56) * wide
            out = 0.66 * wide * math.sqrt(1 - level * level)
            self.clump(turn + GOLDEN * k, out, max(z + 0.78 * level * tall, CLEAR + 0.8 * size), (size, 0.8 * size))
