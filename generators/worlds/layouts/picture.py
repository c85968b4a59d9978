"""`draw_plan`: a layout from above, with what is wrong with it marked and listed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Patch, Polygon, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from spatialmem.generators.worlds.footprints import CELL, HIGH
from spatialmem.generators.worlds.layouts.draft import Body, Draft, Finding
from spatialmem.generators.worlds.layouts.open import Drawn
from spatialmem.generators.worlds.layouts.standing import Mask, Standing, extent
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import DISPLAY_COLOURS, SemanticClass

INK, PAPER, ROOM = "#26292e", "#ffffff", "#f3efe8"
WALL, DOOR, WINDOW = "#3a3d42", DISPLAY_COLOURS[SemanticClass.DOOR], DISPLAY_COLOURS[SemanticClass.WINDOW]
ERROR, WARNING, START = "#d11f1f", "#d97706", "#0a8f3c"

_WIDTH, _DPI = 10.0, 120
_WALLS = frozenset((SemanticClass.WALL, SemanticClass.BUILDING, SemanticClass.COLUMN))
_UNSEEN = frozenset((SemanticClass.CEILING, SemanticClass.ROOF, SemanticClass.FLOOR, SemanticClass.DOORFRAME,
                     SemanticClass.WINDOWFRAME))
_LOST = 0.5
"""Square metres of floor that cannot be reached, from which on the plan shows it."""
_LISTED = 18
"""Findings that the picture lists; a layout with more is told to the terminal."""
_LETTERS = 135
_LINE = 0.19
"""Inches a line of text."""

Point = tuple[float, float]


class Looks(NamedTuple):
    """How matplotlib is to draw a patch."""

    facecolor: str
    edgecolor: str
    linewidth: float
    zorder: float


def draw_plan(drawn: Drawn, path: Path) -> None:
    """Writes the plan of a layout as PNG.

    Raises:
        OSError: the file cannot be written.
    """
    (x0, y0), (x1, y1) = _frame(drawn.draft)
    marked = drawn.findings[:_LISTED]
    lines = [wrap(finding.text, _LETTERS) for finding in marked]
    classes = _shown(drawn.draft.bodies)
    below = 0.65 + _LINE * (sum(len(each) for each in lines) + 0.35 * len(lines) + 1.6 * bool(lines))
    beside = 1.9
    across = _WIDTH - beside - 0.7
    up = min(max(across * (y1 - y0) / (x1 - x0), 2.6, 0.24 * (len(classes) + 5)), 11.0)
    figure = Figure(figsize=(_WIDTH, up + below + 0.45), dpi=_DPI, facecolor=PAPER)
    height = up + below + 0.45
    axes = figure.add_axes((0.6 / _WIDTH, below / height, across / _WIDTH, up / height))
    _floors(axes, drawn)
    parts = Counter(body.thing for body in drawn.draft.bodies)
    for body in sorted((body for body in drawn.draft.bodies if _is_drawn(body)), key=lambda body: body.top):
        # the outlines of a thing of many parts would hide it
        axes.add_patch(_outline(body, edge=0.0 if parts[body.thing] > 8 else 0.6))
    _openings(axes, drawn.draft)
    _names(axes, drawn)
    _arrow(axes, drawn.first_view, max(x1 - x0, y1 - y0))
    _marks(axes, marked, max((x1 - x0) / across, (y1 - y0) / up))
    axes.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal", xlabel="x, metres", facecolor=_ground(drawn.draft))
    axes.set_ylabel("y, metres")
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_title(drawn.draft.title, loc="left", fontsize=12, color=INK, fontweight="bold")
    _legend(figure, axes, classes, drawn)
    _scale_bar(axes, x0, y0, x1 - x0, y1 - y0)
    _list(figure, marked, lines, len(drawn.findings))
    figure.savefig(path, facecolor=PAPER)


def _frame(draft: Draft) -> tuple[tuple[float, float], tuple[float, float]]:
    low, high = extent(draft)
    margin = max(0.06 * max(high[0] - low[0], high[1] - low[1]), 0.8)
    return (low[0] - margin, low[1] - margin - 0.3), (high[0] + margin, high[1] + margin)


def _is_drawn(body: Body) -> bool:
    """Whether somebody who looks down from 1.8 m would see it."""
    return body.cls not in _UNSEEN and body.bottom < HIGH and not body.fine


def _shown(bodies: Sequence[Body]) -> list[SemanticClass]:
    return sorted({body.cls for body in bodies if _is_drawn(body) and body.cls not in _WALLS})


def _ground(draft: Draft) -> str:
    if draft.ground is None:
        return "#ffffff"
    # a pale tint: what is drawn on it must stay readable
    red, green, blue = (round(255 * (0.72 + 0.28 * channel)) for channel in draft.ground.colour_a)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _floors(axes: Axes, drawn: Drawn) -> None:
    """Rooms, floors that boxes make, and in red what cannot be reached."""
    for space in drawn.draft.spaces:
        for x, y, x1, y1 in space.areas:
            axes.add_patch(Rectangle((x, y), x1 - x, y1 - y, facecolor=ROOM, edgecolor="none", zorder=0.5))
    for body in drawn.draft.bodies:
        if body.cls is SemanticClass.FLOOR and body.top > -0.01:
            axes.add_patch(_outline(body, colour=ROOM, edge=0.0, zorder=0.6))
    lost = _lost(drawn)
    if lost.any():
        rows, columns = lost.shape
        low = drawn.standing.low
        picture = np.zeros((rows, columns, 4), np.float32)
        picture[lost] = (0.82, 0.12, 0.12, 0.35)
        axes.imshow(picture, origin="lower", interpolation="nearest", zorder=0.8, aspect="equal",
                    extent=(low[0] * CELL, (low[0] + columns) * CELL, low[1] * CELL, (low[1] + rows) * CELL))


def _lost(drawn: Drawn) -> Mask:
    """Cells of rooms where one could stand but never gets to."""
    standing: Standing = drawn.standing
    inside = np.zeros(standing.standable.shape, np.bool_)
    for space in drawn.draft.spaces:
        for rect in space.areas:
            inside[standing.window(*rect)] = True
    numbers = np.where(inside & ~standing.reached, standing.regions, 0)
    sizes = np.bincount(numbers.ravel()) * CELL * CELL
    sizes[0] = 0.0
    lost: Mask = (sizes >= _LOST)[numbers]
    return lost


def _outline(body: Body, *, colour: str | None = None, edge: float = 0.6, zorder: float | None = None) -> Patch:
    wall = body.cls in _WALLS
    looks = Looks(colour or (WALL if wall else DISPLAY_COLOURS[body.cls]), WALL if wall else INK, edge,
                  2.0 + min(max(body.top, 0.0), 5.0) / 10 if zorder is None else zorder)
    if body.shape is not Shape.BOX and body.half[0] == body.half[1]:
        return Circle(body.center[:2], body.half[0], **looks._asdict())
    cos, sin, (hx, hy, _) = math.cos(body.yaw), math.sin(body.yaw), body.half
    corners = [(body.center[0] + cos * u - sin * v, body.center[1] + sin * u + cos * v)
               for u, v in ((-hx, -hy), (hx, -hy), (hx, hy), (-hx, hy))]
    return Polygon(corners, **looks._asdict())


def _openings(axes: Axes, draft: Draft) -> None:
    for passage in draft.passages:
        x, y, x1, y1 = passage.hole
        colour = DOOR if passage.kind == "door" else WINDOW
        axes.add_patch(Rectangle((x, y), x1 - x, y1 - y, facecolor=colour, edgecolor="none", zorder=3.0))


def _names(axes: Axes, drawn: Drawn) -> None:
    """Each room's name and area, where little stands in it."""
    for space in drawn.draft.spaces:
        x, y = _quiet_spot(space.areas, drawn)
        axes.text(x, y, f"{space.name}\n{space.area:.1f} m²", ha="center", va="center", fontsize=8.5, color=INK,
                  zorder=6, path_effects=[withStroke(linewidth=2.5, foreground="white")])


def _quiet_spot(areas: Sequence[tuple[float, float, float, float]], drawn: Drawn) -> tuple[float, float]:
    """Where a label covers least: the roomiest of a few places of the largest rectangle."""
    x0, y0, x1, y1 = max(areas, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]))
    places = [(x0 + u * (x1 - x0), y0 + v * (y1 - y0)) for v in (0.5, 0.65, 0.35, 0.8, 0.2)
              for u in (0.5, 0.65, 0.35)]
    view = drawn.first_view

    def crowded(place: tuple[float, float]) -> float:
        standing = [body for body in drawn.draft.bodies if _is_drawn(body) and body.cls not in _WALLS]
        over = sum(abs(body.center[0] - place[0]) < body.reach[0] + 0.55
                   and abs(body.center[1] - place[1]) < body.reach[1] + 0.3 for body in standing)
        marks = [view[:2], *(finding.place for finding in drawn.findings if finding.place is not None)]
        return over + 2 * sum(math.hypot(place[0] - x, place[1] - y) < 0.9 for x, y in marks)

    return min(places, key=crowded)


def _arrow(axes: Axes, view: tuple[float, float, float], size: float) -> None:
    x, y, heading = view
    length = min(max(0.06 * size, 0.5), 1.5)
    axes.plot(x, y, "o", color=START, markersize=6, zorder=7)
    axes.annotate("", (x + length * math.cos(heading), y + length * math.sin(heading)), (x, y), zorder=7,
                  arrowprops={"arrowstyle": "-|>", "color": START, "linewidth": 2.2, "shrinkA": 0, "shrinkB": 0})


def _marks(axes: Axes, findings: Sequence[Finding], metres_per_inch: float) -> None:
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
            axes.plot(*zip(finding.place, (x, y), strict=True), color=_colour(finding), linewidth=1, zorder=8)
        axes.text(x, y, str(number), ha="center", va="center", fontsize=8, color="white", fontweight="bold", zorder=9,
                  bbox={"boxstyle": "circle,pad=0.28", "facecolor": _colour(finding), "edgecolor": "white"})


def _around(place: Point, apart: float) -> Iterator[Point]:
    """A place, and then places on wider and wider rings around it."""
    yield place
    for ring in count(1):
        for k in range(6 * ring):
            angle = k * math.pi / (3 * ring)
            yield place[0] + ring * apart * math.cos(angle), place[1] + ring * apart * math.sin(angle)


def _legend(figure: Figure, axes: Axes, classes: Sequence[SemanticClass], drawn: Drawn) -> None:
    rows = [Patch(facecolor=WALL, label="wall"), Patch(facecolor=DOOR, label="doorway"),
            Patch(facecolor=WINDOW, label="window")]
    if not drawn.draft.passages:
        rows = rows[:1]
    rows += [Patch(facecolor=DISPLAY_COLOURS[cls], edgecolor=INK, linewidth=0.5, label=cls.name.lower())
             for cls in classes]
    rows += [Patch(facecolor=START, label="start")]
    if _lost(drawn).any():
        rows.append(Patch(facecolor="#eda7a7", label="not reached"))
    box = axes.get_position()
    columns = 2 if len(rows) > 24 else 1
    figure.legend(handles=rows, loc="upper left", bbox_to_anchor=(box.x1 + 0.01, box.y1 + 0.01), frameon=False,
                  fontsize=8, handlelength=1.2, labelspacing=0.45, ncols=columns, columnspacing=1.0)


def _scale_bar(axes: Axes, x0: float, y0: float, width: float, height: float) -> None:
    length = next((step for step in (100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0) if step <= 0.25 * width), 0.5)
    x, y = x0 + 0.03 * width, y0 + 0.03 * height
    halo = [withStroke(linewidth=3.5, foreground="white")]
    axes.plot((x, x + length), (y, y), color=INK, linewidth=2.5, solid_capstyle="butt", zorder=6, path_effects=halo)
    axes.text(x + length, y, f"  {length:g} m", va="center", fontsize=8.5, color=INK, zorder=6, path_effects=halo)


def _list(figure: Figure, findings: Sequence[Finding], lines: Sequence[Sequence[str]], total: int) -> None:
    """The findings under the plan, each by its number."""
    height = figure.get_figheight()
    y = (_LINE * (sum(len(each) for each in lines) + 0.35 * len(lines) + 1.2) + 0.1) / height
    for number, (finding, text) in enumerate(zip(findings, lines, strict=True), 1):
        colour = _colour(finding)
        figure.text(0.62 / _WIDTH, y, str(number), ha="center", va="top", fontsize=8, color="white", fontweight="bold",
                    bbox={"boxstyle": "circle,pad=0.22", "facecolor": colour, "edgecolor": "none"})
        for line in text:
            figure.text(0.95 / _WIDTH, y, line, va="top", fontsize=8.5, color=INK)
            y -= _LINE / height
        y -= 0.35 * _LINE / height
    if total > len(findings):
        figure.text(0.95 / _WIDTH, y, f"and {total - len(findings)} more", va="top", fontsize=8.5, color=INK)


def _colour(finding: Finding) -> str:
    return ERROR if finding.severe else WARNING
