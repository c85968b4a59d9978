"""Roofs, chimneys and dormers: axes about the middle of a house, its front towards -y."""

from __future__ import annotations

import math
from typing import Literal

from spatialmem.generators.worlds.houses.look import Look
from spatialmem.generators.worlds.houses.openings import WindowKind, window
from spatialmem.generators.worlds.plot import Plot
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

EAVES = 0.4
"""Metres by which a roof hangs over the walls."""


def gabled(house: Thing, size: tuple[float, float, float], rise: float, ridge: Literal["x", "y"], look: Look) -> None:
    """A roof of two slopes over walls of `size` (width, depth, height), with gables of the walls' material.

    `rise` is the height of the ridge above the walls, metres. The roof's edge shows above the gables.
    """
    width, depth, top = size
    across = depth if ridge == "x" else width
    drop = EAVES * 2 * rise / across
    x, y = (width / 2 + 0.12, depth / 2 + EAVES) if ridge == "x" else (width / 2 + EAVES, depth / 2 + 0.12)
    house.as_(SemanticClass.ROOF).gable((-x, -y, top - drop), (x, y, top + rise), ridge, look.roof)
    x, y = (width / 2 + 0.14, depth / 2) if ridge == "x" else (width / 2, depth / 2 + 0.14)
    house.gable((-x, -y, top - 0.14), (x, y, top + rise - 0.2), ridge, look.wall)
    trim = house.as_(SemanticClass.ROOF)
    for side in (-1, 1):
        if ridge == "x":
            at = side * (depth / 2 + EAVES)
            trim.box((-width / 2 - 0.12, at - 0.06, top - drop - 0.1), (width / 2 + 0.12, at + 0.06, top - drop + 0.01),
                     look.trim, fine=True)
        else:
            at = side * (width / 2 + EAVES)
            trim.box((at - 0.06, -depth / 2 - 0.12, top - drop - 0.1), (at + 0.06, depth / 2 + 0.12, top - drop + 0.01),
                     look.trim, fine=True)


def flat(house: Thing, size: tuple[float, float, float], look: Look) -> None:
    """A flat roof with a cornice and a low parapet."""
    width, depth, top = size
    x, y = width / 2, depth / 2
    house.box((-x - 0.22, -y - 0.22, top - 0.25), (x + 0.22, y + 0.22, top + 0.02), look.trim)
    house.box((-x - 0.05, -y - 0.05, top), (x + 0.05, y + 0.05, top + 0.45), look.wall)
    house.box((-x - 0.12, -y - 0.12, top + 0.45), (x + 0.12, y + 0.12, top + 0.55), look.trim)
    roof = house.as_(SemanticClass.ROOF)
    roof.box((-0.2 * width, -0.15 * depth, top + 0.5), (0.1 * width, 0.25 * depth, top + 2.0), look.plinth)


def mansard(plot: Plot, house: Thing, size: tuple[float, float, float], look: Look, bays: int) -> None:
    """A storey of slate under a flat top, with a window for every bay of the front and the back."""
    width, depth, top = size
    x, y = width / 2, depth / 2
    house.box((-x - 0.25, -y - 0.25, top - 0.2), (x + 0.25, y + 0.25, top + 0.03), look.trim)
    roof = house.as_(SemanticClass.ROOF)
    roof.gable((-x + 0.1, -y + 0.05, top), (x - 0.1, y - 0.05, top + 5.6), "x", look.roof)
    roof.box((-x + 0.08, -y + 1.2, top), (x - 0.08, y - 1.2, top + 2.6), look.roof)
    for front in (0.0, math.pi):
        for k in range(bays):
            place = (k + 0.5 - bays / 2) * width / bays
            dormer(plot, house.moved(0.0, 0.0, front), (place, -y + 0.35, top), look)


def dormer(plot: Plot, house: Thing, at: tuple[float, float, float], look: Look) -> None:
    """A window under a small roof of its own; `at` is the foot of its front."""
    x, y, z = at
    house.box((x - 0.62, y, z), (x + 0.62, y + 2.0, z + 1.55), look.wall)
    roof = house.as_(SemanticClass.ROOF)
    roof.gable((x - 0.82, y - 0.12, z + 1.45), (x + 0.82, y + 2.3, z + 2.1), "y", look.roof)
    house.gable((x - 0.62, y - 0.14, z + 1.5), (x + 0.62, y + 0.1, z + 1.95), "y", look.trim)
    window(plot, house.moved(x, y), (0.0, z + 0.35), WindowKind(0.8, 1.0, (2, 1), False, False), look)


def chimney(house: Thing, at: tuple[float, float, float], height: float) -> None:
    """A chimney of brick with a cap and two pots, from height z of `at` upwards."""
    x, y, z = at
    stack = house.as_(SemanticClass.ROOF)
    stack.box((x - 0.42, y - 0.3, z), (x + 0.42, y + 0.3, z + height), "brick")
    stack.box((x - 0.48, y - 0.36, z + height - 0.12), (x + 0.48, y + 0.36, z + height), "concrete")
    for side in (-0.2, 0.2):
        stack.cylinder((x + side, y, z + height), 0.11, 0.32, "roof_tiles", fine=True)
