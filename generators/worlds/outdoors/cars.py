"""Parked cars and vans: rounded bodies on wheels, with windows, lights and plates."""

from __future__ import annotations

from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.plot import Plot
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

HALF_LENGTH, HALF_WIDTH = 2.2, 0.92
"""Metres, half the ground that any car takes, along its own x and y."""

_PLAIN: tuple[tuple[float, float, float], ...] = ((0.86, 0.87, 0.87), (0.62, 0.64, 0.66), (0.16, 0.17, 0.19),
                                                   (0.33, 0.36, 0.4))
"""White, silver, black and grey: most cars on most streets."""


def car(plot: Plot, x: float, y: float, yaw: float, *, ground: float = 0.0) -> None:
    """A car that looks along +x of its axes, on wheels that stand at height `ground`, metres."""
    body = plot.stand(x, y, yaw, SemanticClass.CAR)
    style = plot.style.child("car", body.instance)
    plain = MATERIALS["car_paint"].tinted(style.choice(_PLAIN))
    bright = plot.scheme.varied("car_paint", "accent", style)
    paint = bright if style.chance(0.5) else plain
    length = plot.dice.uniform(0.92, 1.0)
    if plot.dice.chance(0.18):
        _van(body, paint, ground)
    else:
        _saloon(body, paint, ground, length, plot.dice.uniform(-0.25, 0.0))
    _wheels(body, ground, 1.28 * length)


def _saloon(body: Thing, paint: Material, z: float, length: float, cabin: float) -> None:
    """A lower body with rounded ends and a cabin with slanted screens; `cabin` shifts it towards the boot, metres."""
    end = 2.02 * length
    body.box((-end, -0.84, z + 0.24), (end, 0.84, z + 0.6), paint)
    body.box((-end + 0.1, -0.8, z + 0.58), (end - 0.18, 0.8, z + 0.74), paint)
    for front in (-1.0, 1.0):
        body.ellipsoid((front * (end - 0.35), 0.0, z + 0.5), (0.5, 0.84, 0.25), paint)
    body.ellipsoid((0.0, 0.0, z + 0.62), (0.94 * end, 0.8, 0.2), paint)
    back, front, top = cabin - 0.75 * length, cabin + 0.45 * length, z + 1.36
    _cabin(body, paint, (back, front, z + 0.7, top))
    for side in (-1.0, 1.0):
        body.ellipsoid((front + 0.3, side * 0.9, z + 0.86), (0.07, 0.11, 0.07), paint, fine=True)
        body.box((-0.95, side * 0.845 - 0.01, z + 0.4), (0.95, side * 0.845 + 0.01, z + 0.43), "rubber", fine=True)
        for at in (back + 0.35, front - 0.1):
            body.as_(SemanticClass.HANDLE).box((at - 0.09, side * 0.83 - 0.03, z + 0.64),
                                               (at + 0.09, side * 0.83 + 0.03, z + 0.67), "metal", fine=True)
    _ends(body, z, end)


def _cabin(body: Thing, paint: Material, extent: tuple[float, float, float, float]) -> None:
    """Windows all around under a roof: the screens are the outer halves of two gables."""
    back, front, low, top = extent
    body.box((back, -0.7, low), (front, 0.7, top), "screen")
    slope = 0.62
    body.gable((front - slope, -0.69, low), (front + slope, 0.69, top - 0.005), "y", "screen")
    body.gable((back - slope + 0.1, -0.69, low), (back + slope - 0.1, 0.69, top - 0.005), "y", "screen")
    middle, half = (back + front) / 2, (front - back) / 2
    body.box((back - 0.04, -0.71, top - 0.03), (front + 0.04, 0.71, top + 0.03), paint)
    body.ellipsoid((middle, 0.0, top), (half + 0.06, 0.7, 0.1), paint)
    for at in (back + 0.02, middle, front - 0.02):
        body.box((at - 0.04, -0.715, low), (at + 0.04, 0.715, top), paint)


def _van(body: Thing, paint: Material, z: float) -> None:
    body.box((-2.05, -0.88, z + 0.3), (1.1, 0.88, z + 2.0), paint)
    body.box((1.0, -0.86, z + 0.3), (2.0, 0.86, z + 0.98), paint)
    body.gable((0.2, -0.84, z + 0.97), (1.98, 0.84, z + 1.94), "y", "screen")
    body.ellipsoid((1.6, 0.0, z + 0.66), (0.58, 0.86, 0.36), paint)
    for side in (-1.0, 1.0):
        body.box((0.25, side * 0.882 - 0.01, z + 1.15), (1.0, side * 0.882 + 0.01, z + 1.75), "screen")
        body.box((-2.0, side * 0.885 - 0.01, z + 0.62), (1.9, side * 0.885 + 0.01, z + 0.68), "rubber", fine=True)
    _ends(body, z, 2.1)


def _ends(body: Thing, z: float, end: float) -> None:
    """Head lights, tail lights, plates."""
    red = MATERIALS["plastic"].tinted((0.65, 0.06, 0.05))
    for side in (-0.55, 0.55):
        body.ellipsoid((end - 0.02, side, z + 0.6), (0.14, 0.17, 0.08), "ceramic", fine=True)
        body.ellipsoid((-end + 0.02, side, z + 0.62), (0.14, 0.16, 0.08), red, fine=True)
    for front in (-1.0, 1.0):
        x = front * (end + 0.13)
        body.box((x - 0.03, -0.25, z + 0.38), (x + 0.03, 0.25, z + 0.48), "plastic", fine=True)


def _wheels(body: Thing, z: float, axle: float) -> None:
    for x in (-axle, axle):
        for side in (-1.0, 1.0):
            body.ellipsoid((x, side * 0.78, z + 0.33), (0.34, 0.15, 0.33), "rubber")
            body.ellipsoid((x, side * 0.8, z + 0.33), (0.19, 0.145, 0.19), "metal")
