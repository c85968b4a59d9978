"""Things to play on: a tower with a slide, swings, a sandpit, a seesaw, coloured boxes."""

from __future__ import annotations

from collections.abc import Callable

from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.plot import Plot
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass


def _bright(plot: Plot, thing: Thing, part: str) -> Material:
    """A colour of its own for a part of a toy."""
    return plot.scheme.varied("car_paint", "accent", plot.style.child("toy", thing.instance, part))


def tower(plot: Plot, x: float, y: float) -> None:
    """A small house on a platform with a slide towards +x."""
    frame = plot.stand(x - 1.1, y, 0.0, SemanticClass.OTHER)
    wood = plot.scheme.material("wood", "floor")
    frame.box((-0.75, -0.75, -0.05), (0.75, 0.75, 1.15), plot.scheme.material("fence_wood", "floor"))
    frame.box((-0.85, -0.85, 1.15), (0.85, 0.85, 1.25), wood)
    for side_x in (-0.75, 0.75):
        for side_y in (-0.75, 0.75):
            frame.box((side_x - 0.05, side_y - 0.05, 0.0), (side_x + 0.05, side_y + 0.05, 2.6), wood)
    for side_y in (-0.78, 0.78):
        frame.box((-0.75, side_y - 0.03, 1.3), (0.75, side_y + 0.03, 1.8), _bright(plot, frame, "rail"))
    frame.box((-0.81, -0.75, 1.3), (-0.75, 0.75, 1.8), _bright(plot, frame, "rail"))
    frame.as_(SemanticClass.ROOF).gable((-0.95, -0.95, 2.5), (0.95, 0.95, 3.3), "x", _bright(plot, frame, "roof"))
    slide = _bright(plot, frame, "slide")
    frame.gable((-1.65, -0.32, -0.05), (3.2, 0.32, 1.25), "y", slide)
    for side_y in (-0.34, 0.34):
        frame.gable((-1.65, side_y - 0.04, -0.02), (3.25, side_y + 0.04, 1.42), "y", slide)


def swings(plot: Plot, x: float, y: float) -> None:
    """Two swings in a frame."""
    frame = plot.stand(x, y, 0.0, SemanticClass.OTHER)
    paint = _bright(plot, frame, "frame")
    frame.cylinder((-1.7, 0.0, -0.05), 0.07, 2.4, paint)
    frame.cylinder((1.7, 0.0, -0.05), 0.07, 2.4, paint)
    frame.box((-1.85, -0.06, 2.3), (1.85, 0.06, 2.42), paint)
    for side in (-1.7, 1.7):
        frame.box((side - 0.06, -0.6, -0.05), (side + 0.06, 0.6, 0.06), paint)
        frame.gable((side - 0.05, -0.55, 0.0), (side + 0.05, 0.55, 1.5), "x", paint)
    for at in (-0.8, 0.8):
        frame.box((at - 0.24, -0.1, 0.45), (at + 0.24, 0.1, 0.49), "rubber")
        for rope in (-0.22, 0.22):
            frame.cylinder((at + rope, 0.0, 0.48), 0.012, 1.84, "metal", fine=True)


def sandpit(plot: Plot, x: float, y: float) -> None:
    """A square of sand in a frame of wood, with a bucket and a castle."""
    frame = plot.stand(x, y, 0.0, SemanticClass.OTHER)
    wood = plot.scheme.material("wood", "floor")
    for side in (-1.1, 1.1):
        frame.box((-1.22, side - 0.12, -0.05), (1.22, side + 0.12, 0.26), wood)
        frame.box((side - 0.12, -1.22, -0.05), (side + 0.12, 1.22, 0.255), wood)
    frame.box((-1.0, -1.0, -0.05), (1.0, 1.0, 0.14), "sand")
    frame.cylinder((0.4, 0.3, 0.13), 0.18, 0.22, "sand")
    frame.ellipsoid((0.15, -0.1, 0.14), (0.4, 0.3, 0.16), "sand")
    bucket = frame.as_(SemanticClass.BOX, plot.thing())
    bucket.cylinder((-0.5, -0.5, 0.13), 0.11, 0.2, _bright(plot, bucket, "bucket"))


def seesaw(plot: Plot, x: float, y: float) -> None:
    """A beam on a trestle with a seat at each end."""
    beam = plot.stand(x, y, 0.0, SemanticClass.OTHER)
    paint = _bright(plot, beam, "beam")
    beam.gable((-0.3, -0.18, -0.05), (0.3, 0.18, 0.6), "y", "dark_metal")
    beam.box((-1.5, -0.11, 0.52), (1.5, 0.11, 0.6), paint)
    for end in (-1.35, 1.35):
        beam.box((end - 0.18, -0.16, 0.6), (end + 0.18, 0.16, 0.66), "rubber")
        beam.box((end - 0.03 - 0.35 * (end > 0) + 0.35 * (end < 0), -0.15, 0.6),
                 (end + 0.03 - 0.35 * (end > 0) + 0.35 * (end < 0), 0.15, 0.85), "metal", fine=True)


def boxes(plot: Plot, x: float, y: float) -> None:
    """Big coloured boxes to climb on, side by side and on top of each other."""
    for at, size in (((-0.6, -0.3), 0.8), ((0.35, -0.2), 0.55), ((0.1, 0.55), 0.65)):
        cube = plot.stand(x + at[0], y + at[1], plot.dice.uniform(-0.3, 0.3), SemanticClass.BOX)
        half = size / 2
        cube.box((-half, -half, -0.05), (half, half, size), _bright(plot, cube, "side"))
        cube.cylinder((0.0, 0.0, size - 0.1), 0.6 * half, 0.105, _bright(plot, cube, "spot"))
    top = plot.stand(x - 0.55, y - 0.3, plot.dice.uniform(0.0, 1.5), SemanticClass.BOX)
    top.box((-0.25, -0.25, 0.8), (0.25, 0.25, 1.25), _bright(plot, top, "side"))


TOYS: tuple[tuple[Callable[[Plot, float, float], None], tuple[float, float]], ...] = (
    (tower, (2.2, 0.95)), (swings, (1.9, 1.0)), (sandpit, (1.25, 1.25)), (seesaw, (1.6, 0.3)), (boxes, (1.2, 1.1)))
"""What there is, each with half the ground that it takes along x and y, metres."""
