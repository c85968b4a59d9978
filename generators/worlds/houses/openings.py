"""Windows and doors on the outside of a house: axes with the wall in the plane y = 0, outdoors towards -y."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.generators.worlds.houses.look import Look
from spatialmem.generators.worlds.plot import Plot
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

DOOR_WIDTH, DOOR_HEIGHT = 1.0, 2.1
STEP = 0.16
"""Metres from the ground to the floor of a house."""


@dataclass(frozen=True)
class WindowKind:
    """The shape of a house's windows.

    Attributes:
        width, height: of the opening, metres.
        panes: columns and rows of panes.
        shutters, lintel: whether shutters hang beside it and a moulding runs over it.
    """

    width: float
    height: float
    panes: tuple[int, int]
    shutters: bool
    lintel: bool


def window(plot: Plot, wall: Thing, at: tuple[float, float], kind: WindowKind, look: Look) -> None:
    """A window whose sill lies at `at` (x of its middle, z): panes set in a frame, a sill, what belongs to it.

    The panes stand a few millimetres before the frame, whose bars show between them.
    """
    x, z = at
    half = kind.width / 2
    glass = wall.as_(SemanticClass.WINDOW, plot.thing())
    frame = glass.as_(SemanticClass.WINDOWFRAME)
    frame.box((x - half - 0.09, -0.05, z - 0.09), (x + half + 0.09, 0.05, z + kind.height + 0.09), look.trim)
    columns, rows = kind.panes
    step_x, step_z = kind.width / columns, kind.height / rows
    for column in range(columns):
        for row in range(rows):
            left, low = x - half + column * step_x, z + row * step_z
            glass.box((left + 0.035, -0.056, low + 0.035), (left + step_x - 0.035, 0.0, low + step_z - 0.035), "glass")
    frame.box((x - half - 0.14, -0.17, z - 0.14), (x + half + 0.14, 0.0, z - 0.08), look.trim)
    if kind.lintel:
        frame.box((x - half - 0.14, -0.12, z + kind.height + 0.08), (x + half + 0.14, 0.0, z + kind.height + 0.2),
                  look.trim)
    if kind.shutters:
        for side in (-1, 1):
            middle = x + side * (half + 0.13 + half / 2)
            frame.box((middle - half / 2, -0.07, z - 0.04), (middle + half / 2, 0.0, z + kind.height + 0.04),
                      look.shutter)


def door(plot: Plot, wall: Thing, x: float, look: Look, *, fanlight: bool = True) -> None:
    """A front door with its frame, steps, a handle, a lamp beside it."""
    leaf = wall.as_(SemanticClass.DOOR, plot.thing())
    frame = leaf.as_(SemanticClass.DOORFRAME)
    half, top = DOOR_WIDTH / 2, STEP + DOOR_HEIGHT
    frame.box((x - half - 0.12, -0.09, 0.0), (x + half + 0.12, 0.05, top + (0.55 if fanlight else 0.12)), look.trim)
    leaf.box((x - half, -0.105, STEP), (x + half, 0.0, top), look.door)
    for side in (-1, 1):
        for low, high in ((0.15, 0.85), (1.05, 1.9)):
            middle = x + side * 0.23
            leaf.box((middle - 0.17, -0.12, STEP + low), (middle + 0.17, 0.0, STEP + high), look.door, fine=True)
    if fanlight:
        pane = leaf.as_(SemanticClass.WINDOW)
        pane.box((x - half + 0.04, -0.098, top + 0.1), (x + half - 0.04, 0.0, top + 0.43), "glass")
    handle = leaf.as_(SemanticClass.HANDLE)
    handle.ellipsoid((x + 0.4, -0.16, STEP + 1.0), (0.035, 0.05, 0.035), "brass", fine=True)
    handle.box((x - 0.14, -0.125, STEP + 0.93), (x + 0.14, -0.1, STEP + 0.98), "brass", fine=True)
    _steps(plot, wall, x)
    _door_lamp(plot, wall, x + half + 0.32)


def _steps(plot: Plot, wall: Thing, x: float) -> None:
    steps = wall.as_(SemanticClass.BUILDING, plot.thing())
    stone = plot.scheme.material("concrete", "ground")
    steps.box((x - 0.95, -0.95, -0.1), (x + 0.95, 0.0, STEP / 2), stone)
    steps.box((x - 0.8, -0.6, -0.1), (x + 0.8, 0.0, STEP), stone)


def _door_lamp(plot: Plot, wall: Thing, x: float) -> None:
    lamp = wall.as_(SemanticClass.LAMP, plot.thing())
    lamp.box((x - 0.05, -0.05, 1.95), (x + 0.05, 0.0, 2.15), "dark_metal")
    lamp.ellipsoid((x, -0.13, 2.05), (0.08, 0.08, 0.12), "lamp")
    plot.lamp(lamp.at(x, -0.35, 2.05), power=0.9, reach=5.0)


def shop_front(plot: Plot, wall: Thing, x: float, width: float, look: Look) -> None:
    """A shop's window with a sign above and an awning, `width` metres wide about x."""
    glass = wall.as_(SemanticClass.WINDOW, plot.thing())
    frame = glass.as_(SemanticClass.WINDOWFRAME)
    half = width / 2
    frame.box((x - half, -0.08, 0.0), (x + half, 0.05, 2.75), look.door)
    panes = max(2, round(width / 1.3))
    for k in range(panes):
        left = x - half + 0.1 + k * (width - 0.2) / panes
        glass.box((left + 0.03, -0.086, 0.55), (left + (width - 0.2) / panes - 0.03, 0.0, 2.1), "glass")
    awning = wall.as_(SemanticClass.OTHER, plot.thing())
    awning.gable((x - half, -1.15, 2.2), (x + half, 1.15, 2.95), "x", look.cloth)
    sign = wall.as_(SemanticClass.OTHER, plot.thing())
    sign.box((x - half + 0.3, -0.12, 3.0), (x + half - 0.3, 0.0, 3.38), look.shutter)
    for k in range(6):
        left = x - 0.75 + 0.26 * k
        sign.box((left, -0.135, 3.1), (left + (0.17 if k % 3 else 0.12), 0.0, 3.28), look.trim, fine=True)


def balcony(plot: Plot, wall: Thing, x: float, z: float, width: float) -> None:
    """A balcony with iron rails whose floor lies at height z."""
    floor = wall.as_(SemanticClass.BUILDING, plot.thing())
    half = width / 2
    floor.box((x - half, -1.0, z - 0.16), (x + half, 0.0, z), plot.scheme.material("concrete", "ground"))
    rails = floor.as_(SemanticClass.FENCE)
    rails.box((x - half, -1.0, z + 0.95), (x + half, -0.94, z + 1.02), "dark_metal")
    rails.box((x - half, -0.99, z + 0.08), (x + half, -0.95, z + 0.12), "dark_metal", fine=True)
    for side in (-1, 1):
        at = x + side * (half - 0.03)
        rails.box((at - 0.03, -1.0, z), (at + 0.03, 0.0, z + 0.05), "dark_metal", fine=True)
        rails.box((at - 0.03, -1.0, z + 0.95), (at + 0.03, 0.0, z + 1.02), "dark_metal")
    count = round(width / 0.2)
    for k in range(count + 1):
        at = x - half + 0.02 + k * (width - 0.04) / count
        rails.box((at - 0.014, -0.985, z), (at + 0.014, -0.957, z + 0.97), "dark_metal", fine=True)
