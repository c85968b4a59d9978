"""Small buildings in gardens and parks: sheds, garages, pavilions, pergolas; their fronts towards -y."""

from __future__ import annotations

from spatialmem.generators.worlds.houses.look import look_of
from spatialmem.generators.worlds.houses.openings import WindowKind, window
from spatialmem.generators.worlds.plot import Plot
from spatialmem.labels import SemanticClass

SHED = (1.4, 1.15)
"""Metres, half the ground of a shed with its eaves, along its front and across."""

PAVILION = 1.9
"""Metres, half the side of a pavilion's floor."""


def shed(plot: Plot, x: float, y: float, yaw: float) -> None:
    """A garden shed of wood with a door, a window and a gabled roof."""
    body = plot.stand(x, y, yaw, SemanticClass.BUILDING)
    look = look_of(plot, body.instance)
    wood = plot.scheme.material("fence_wood", "floor")
    body.box((-1.2, -0.95, -0.1), (1.2, 0.95, 2.0), wood)
    body.gable((-1.24, -0.95, 1.9), (1.24, 0.95, 2.55), "x", wood)
    body.as_(SemanticClass.ROOF).gable((-1.38, -1.13, 1.88), (1.38, 1.13, 2.68), "x", look.roof)
    wall = body.moved(0.0, -0.95)
    leaf = wall.as_(SemanticClass.DOOR, plot.thing())
    leaf.as_(SemanticClass.DOORFRAME).box((-0.95, -0.04, 0.0), (0.05, 0.02, 1.85), look.trim)
    leaf.box((-0.87, -0.055, 0.05), (-0.03, 0.0, 1.77), look.door)
    leaf.as_(SemanticClass.HANDLE).box((-0.16, -0.09, 0.9), (-0.12, -0.05, 1.02), "dark_metal", fine=True)
    window(plot, wall, (0.6, 0.95), WindowKind(0.6, 0.6, (2, 2), False, False), look)


def pavilion(plot: Plot, x: float, y: float) -> None:
    """An open pavilion: four columns on a floor, under a roof of two crossing gables."""
    floor = plot.stand(x, y, 0.0, SemanticClass.PATH)
    floor.box((-PAVILION, -PAVILION, -0.35), (PAVILION, PAVILION, 0.06), plot.scheme.material("paving", "ground"))
    look = look_of(plot, floor.instance)
    post = floor.as_(SemanticClass.COLUMN)
    inner = PAVILION - 0.2
    for side_x in (-inner, inner):
        for side_y in (-inner, inner):
            post.cylinder((side_x, side_y, 0.0), 0.09, 2.5, look.trim)
            post.box((side_x - 0.14, side_y - 0.14, 0.0), (side_x + 0.14, side_y + 0.14, 0.3), look.trim)
    for half_x, half_y in ((inner + 0.1, 0.1), (0.1, inner + 0.1)):
        for side in (-inner, inner):
            low = (-half_x, side - half_y) if half_x > half_y else (side - half_x, -half_y)
            high = (half_x, side + half_y) if half_x > half_y else (side + half_x, half_y)
            post.box((*low, 2.4), (*high, 2.6), look.trim)
    roof = floor.as_(SemanticClass.ROOF)
    eaves = PAVILION + 0.15
    roof.box((-eaves, -eaves, 2.58), (eaves, eaves, 2.66), look.roof)
    roof.gable((-eaves, -eaves, 2.65), (eaves, eaves, 3.6), "x", look.roof)
    roof.gable((-eaves, -eaves, 2.64), (eaves, eaves, 3.59), "y", look.roof)
    roof.ellipsoid((0.0, 0.0, 3.7), (0.12, 0.12, 0.2), "brass", fine=True)


def pergola(plot: Plot, x: float, y: float, yaw: float, length: float) -> None:
    """Posts with beams overgrown by leaves, `length` metres along its front and 2.4 m across, to walk under."""
    frame = plot.stand(x, y, yaw, SemanticClass.COLUMN)
    wood = plot.scheme.material("wood", "floor")
    half = length / 2
    for side in (-1.1, 1.1):
        for at in (-half + 0.1, half - 0.1):
            frame.box((at - 0.07, side - 0.07, -0.05), (at + 0.07, side + 0.07, 2.35), wood)
        frame.box((-half - 0.2, side - 0.05, 2.3), (half + 0.2, side + 0.05, 2.45), wood)
    bars = round(length / 0.5)
    leaves = frame.as_(SemanticClass.FOLIAGE)
    green = plot.scheme.material("foliage", "foliage")
    for k in range(bars + 1):
        at = -half + k * length / bars
        frame.box((at - 0.035, -1.35, 2.45), (at + 0.035, 1.35, 2.55), wood, fine=True)
        if not plot.snowy:
            leaves.ellipsoid((at, plot.dice.uniform(-0.9, 0.9), 2.62), (0.45, 0.5, 0.16), green)
