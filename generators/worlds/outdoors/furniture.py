"""Street lamps, benches, bins, bollards, garden tables, signs: one function a thing, its front towards -y."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.plot import Plot
from spatialmem.labels import SemanticClass


def street_lamp(plot: Plot, x: float, y: float, yaw: float) -> None:
    """A lamp post 4.6 m tall whose arm reaches 1.1 m towards its front."""
    post = plot.stand(x, y, yaw, SemanticClass.LAMP)
    post.cylinder((0.0, 0.0, -0.15), 0.11, 0.75, "dark_metal")
    post.cylinder((0.0, 0.0, 0.0), 0.055, 4.5, "dark_metal")
    post.box((-0.03, -1.0, 4.42), (0.03, 0.05, 4.5), "dark_metal")
    post.box((-0.13, -1.25, 4.4), (0.13, -0.65, 4.52), "dark_metal")
    post.box((-0.1, -1.2, 4.365), (0.1, -0.7, 4.41), "lamp")
    plot.lamp(post.at(0.0, -0.95, 4.25), power=10.0, reach=15.0)


def park_lamp(plot: Plot, x: float, y: float) -> None:
    """An old-fashioned lantern on a post, 3.1 m tall."""
    post = plot.stand(x, y, 0.0, SemanticClass.LAMP)
    post.cylinder((0.0, 0.0, -0.05), 0.13, 0.5, "dark_metal")
    post.cylinder((0.0, 0.0, 0.0), 0.05, 2.6, "dark_metal")
    post.cylinder((0.0, 0.0, 2.55), 0.13, 0.06, "dark_metal")
    post.ellipsoid((0.0, 0.0, 2.8), (0.17, 0.17, 0.21), "lamp")
    post.cylinder((0.0, 0.0, 2.97), 0.16, 0.05, "dark_metal")
    post.ellipsoid((0.0, 0.0, 3.04), (0.06, 0.06, 0.09), "dark_metal", fine=True)
    plot.lamp(post.at(0.0, 0.0, 2.8), power=7.0, reach=13.0)


def bench(plot: Plot, x: float, y: float, yaw: float) -> None:
    """A bench 1.7 m wide with a back, for people who look along its front."""
    seat = plot.stand(x, y, yaw, SemanticClass.BENCH)
    wood = plot.scheme.material("wood", "floor")
    for side in (-0.68, 0.68):
        seat.box((side - 0.035, -0.24, -0.05), (side + 0.035, 0.26, 0.42), "dark_metal")
        seat.box((side - 0.03, 0.2, 0.4), (side + 0.03, 0.26, 0.86), "dark_metal")
    for k in range(3):
        seat.box((-0.85, -0.26 + 0.155 * k, 0.42), (0.85, -0.13 + 0.155 * k, 0.46), wood)
    for k in range(2):
        seat.box((-0.85, 0.165, 0.56 + 0.17 * k), (0.85, 0.2, 0.69 + 0.17 * k), wood)


def bench_towards(plot: Plot, point: tuple[float, float]) -> None:
    """A bench wherever there is room for it, for people who look at a point."""
    spot = plot.spot(0.85, 0.85)
    if spot:
        # its front, -y turned by the yaw, is (sin yaw, -cos yaw)
        bench(plot, *spot, math.atan2(point[0] - spot[0], spot[1] - point[1]))


def bin_(plot: Plot, x: float, y: float) -> None:
    """A litter bin."""
    bin_ = plot.stand(x, y, 0.0, SemanticClass.OTHER)
    paint = plot.scheme.material("shutter", "accent")
    bin_.cylinder((0.0, 0.0, -0.05), 0.24, 0.8, paint)
    bin_.cylinder((0.0, 0.0, 0.74), 0.26, 0.07, "dark_metal")


def bollard(plot: Plot, x: float, y: float) -> None:
    """A post that keeps cars out."""
    post = plot.stand(x, y, 0.0, SemanticClass.OTHER)
    post.cylinder((0.0, 0.0, -0.15), 0.08, 0.95, "dark_metal")
    post.cylinder((0.0, 0.0, 0.66), 0.085, 0.08, "plastic", fine=True)
    post.ellipsoid((0.0, 0.0, 0.8), (0.08, 0.08, 0.07), "dark_metal")


def road_sign(plot: Plot, x: float, y: float, yaw: float) -> None:
    """A round or square sign on a pole."""
    sign = plot.stand(x, y, yaw, SemanticClass.OTHER)
    sign.cylinder((0.0, 0.0, -0.05), 0.035, 2.5, "metal")
    paint = plot.scheme.varied("plastic", "accent", plot.style.child("sign", sign.instance))
    if plot.dice.chance(0.5):
        sign.ellipsoid((0.0, -0.05, 2.2), (0.3, 0.02, 0.3), "plastic")
        sign.ellipsoid((0.0, -0.055, 2.2), (0.25, 0.025, 0.25), paint)
    else:
        sign.box((-0.27, -0.07, 1.95), (0.27, -0.04, 2.45), paint)
        sign.box((-0.19, -0.076, 2.1), (0.19, -0.065, 2.3), "plastic", fine=True)


def letter_box(plot: Plot, x: float, y: float, yaw: float) -> None:
    """A letter box on a post by a garden gate."""
    box = plot.stand(x, y, yaw, SemanticClass.BOX)
    paint = plot.scheme.material("car_paint", "accent")
    box.box((-0.04, -0.04, -0.05), (0.04, 0.04, 1.0), "dark_wood")
    box.box((-0.16, -0.19, 0.98), (0.16, 0.14, 1.2), paint)
    box.gable((-0.18, -0.21, 1.2), (0.18, 0.16, 1.3), "y", paint)


def garden_table(plot: Plot, x: float, y: float, yaw: float, *, parasol: bool) -> None:
    """A round table with four chairs within 1.25 m, under a parasol if wanted."""
    table = plot.stand(x, y, yaw, SemanticClass.TABLE)
    wood = plot.scheme.material("wood", "floor")
    table.cylinder((0.0, 0.0, 0.0), 0.25, 0.04, "dark_metal")
    table.cylinder((0.0, 0.0, 0.0), 0.04, 0.72, "dark_metal")
    table.cylinder((0.0, 0.0, 0.7), 0.55, 0.04, wood)
    for k in range(4):
        _garden_chair(plot, *table.at(0.85 * math.sin(k * math.pi / 2), -0.85 * math.cos(k * math.pi / 2))[:2],
                      yaw + k * math.pi / 2 + math.pi)
    if parasol:
        shade = plot.stand(x, y, yaw, SemanticClass.OTHER)
        cloth = plot.scheme.material("fabric", "fabric")
        shade.cylinder((0.0, 0.0, 0.7), 0.03, 1.75, "light_wood")
        shade.ellipsoid((0.0, 0.0, 2.22), (1.35, 1.35, 0.14), cloth)
        shade.ellipsoid((0.0, 0.0, 2.3), (0.8, 0.8, 0.2), cloth)


def _garden_chair(plot: Plot, x: float, y: float, yaw: float) -> None:
    chair = plot.stand(x, y, yaw, SemanticClass.CHAIR)
    wood = plot.scheme.material("white_wood", "trim")
    chair.box((-0.22, -0.22, 0.42), (0.22, 0.22, 0.46), wood)
    chair.box((-0.22, 0.18, 0.46), (0.22, 0.22, 0.88), wood)
    for leg_x in (-0.19, 0.19):
        for leg_y in (-0.19, 0.19):
            chair.cylinder((leg_x, leg_y, 0.0), 0.025, 0.43, wood, fine=True)
