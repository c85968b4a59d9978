"""Facades: windows in a rhythm along the storeys of a wall, with the doors between them."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.houses.look import Look
from spatialmem.generators.worlds.houses.openings import WindowKind
from spatialmem.generators.worlds.thing import Thing

STOREY = 2.9
"""Metres from floor to floor."""


@dataclass(frozen=True)
class Rhythm:
    """How the windows of a house are spaced.

    Attributes:
        bay: metres from one window to the next, about.
        kind: their shape.
        sill: metres from a storey's floor to its windows.
    """

    bay: float
    kind: WindowKind
    sill: float


def rhythm_of(dice: Dice, *, modern: bool = False) -> Rhythm:
    """The rhythm of a house: upright windows with shutters or mouldings, or wide modern ones."""
    if modern:
        kind = WindowKind(dice.uniform(1.7, 2.2), dice.uniform(1.4, 1.7), (dice.integer(2, 3), 1), False, False)
        return Rhythm(dice.uniform(3.1, 3.7), kind, 0.75)
    width = dice.uniform(0.9, 1.2)
    panes = dice.choice(((2, 1), (2, 2), (2, 3), (1, 2)))
    kind = WindowKind(width, dice.uniform(1.3, 1.6), panes, dice.chance(0.4), dice.chance(0.5))
    return Rhythm(width * (2.0 if kind.shutters else 1.0) + dice.uniform(0.75, 1.1), kind, dice.uniform(0.8, 0.95))


def bays(width: float, rhythm: Rhythm) -> list[float]:
    """Middles of the bays of a wall, evenly over its width, metres from its middle."""
    count = max(1, int((width - 0.5) / rhythm.bay))
    return [(k + 0.5 - count / 2) * (width - 0.5) / count for k in range(count)]


def band(wall: Thing, width: float, z: float, look: Look) -> None:
    """A moulding along a wall at height z."""
    wall.box((-width / 2 - 0.05, -0.05, z - 0.08), (width / 2 + 0.05, 0.02, z + 0.08), look.trim)
