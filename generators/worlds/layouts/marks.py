"""`add_names`, `add_start`, `add_marks`: what is written and marked on the plan of a layout."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from spatialmem.generators.worlds.layouts.draft import Finding
from spatialmem.generators.worlds.layouts.open import Drawn
from spatialmem.generators.worlds.layouts.outlines import INK, START, colour_of, furniture, written
from spatialmem.generators.worlds.places.rooms import Rect

_SIZE, _SMALLEST = 8.5, 5.0
_LETTER = 0.075
"""Inches that a letter of a name is wide, about."""

Point = tuple[float, float]


def add_names(axes: Axes, drawn: Drawn, metres_per_inch: float) -> None:
    """Each room's name and area, where little stands in it; smaller, or upright, in a room that is small."""
    for space in drawn.draft.spaces:
        largest = max(space.areas, key=lambda rect: rect.area)
        x, y = _quiet_spot(largest, drawn)
        lines = (written(space.name), f"{space.area:.1f} m²")
        needed = _LETTER * max(map(len, lines)) * metres_per_inch
        upright = needed > largest.width and largest.depth > largest.width
        size = _SIZE * min((largest.depth if upright else largest.width) / needed, 1.0)
        axes.text(x, y, "\n".join(lines), ha="center", va="center", fontsize=max(size, _SMALLEST), color=INK,
                  rotation=90 if upright else 0, zorder=6, parse_math=False,
                  path_effects=[withStroke(linewidth=2.5, foreground="white")])


def add_start(axes: Axes, view: tuple[float, float, float], size: float) -> None:
    """A dot where the first view is taken from, and an arrow of its heading."""
    x, y, heading = view
    length = min(max(0.06 * size, 0.5), 1.5)
    axes.plot(x, y, "o", color=START, markersize=6, zorder=7)
    axes.annotate("", (x + length * math.cos(heading), y + length * math.sin(heading)), (x, y), zorder=7,
                  arrowprops={"arrowstyle": "-|>", "color": START, "linewidth": 2.2, "shrinkA": 0, "shrinkB": 0})


def add_marks(axes: Axes, findings: Sequence[Finding], metres_per_inch: float) -> None:
    """A numbered disc at each place; those that would lie on one another move aside."""
    taken: list[Point] = []
    apart = 0.24 * metres_per_inch
    for number, finding in enumerate(findings, 1):
        if finding.place is None:
            continue
        x, y = next(spot for spot in _around(finding.place, apart)
                    if all(math.hypot(spot[0] - a, spot[1] - b) >= 0.95 * apart for a, b in taken))
        taken.append((x, y))
        if (x, y) != finding.place:
            axes.plot(*zip(finding.place, (x, y), strict=True), color=colour_of(finding), linewidth=1, zorder=8)
        axes.text(x, y, str(number), ha="center", va="center", fontsize=8, color="white", fontweight="bold", zorder=9,
                  bbox={"boxstyle": "circle,pad=0.28", "facecolor": colour_of(finding), "edgecolor": "white"})


def _quiet_spot(rect: Rect, drawn: Drawn) -> tuple[float, float]:
    """Where a label covers least: the roomiest of a few places."""
    places = [(rect.x0 + u * rect.width, rect.y0 + v * rect.depth) for v in (0.5, 0.65, 0.35, 0.8, 0.2)
              for u in (0.5, 0.65, 0.35)]
    view, standing = drawn.first_view, furniture(drawn.draft.bodies)

    def crowded(place: tuple[float, float]) -> float:
        over = sum(abs(body.center[0] - place[0]) < body.reach[0] + 0.55
                   and abs(body.center[1] - place[1]) < body.reach[1] + 0.3 for body in standing)
        marks = [view[:2], *(finding.place for finding in drawn.findings if finding.place is not None)]
        return over + 2 * sum(math.hypot(place[0] - x, place[1] - y) < 0.9 for x, y in marks)

    return min(places, key=crowded)


def _around(place: Point, apart: float) -> Iterator[Point]:
    """A place, and then places on wider and wider rings around it."""
    yield place
    for ring in count(1):
        for k in range(6 * ring):
            angle = k * math.pi / (3 * ring)
            yield place[0] + ring * apart * math.cos(angle), place[1] + ring * apart * math.sin(angle)
