"""`draw_plan`: a layout from above, with what is wrong with it marked and listed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from spatialmem.generators.worlds.footprints import CELL
from spatialmem.generators.worlds.layouts.draft import Draft
from spatialmem.generators.worlds.layouts.margin import LINE, add_legend, add_list, add_scale
from spatialmem.generators.worlds.layouts.marks import add_marks, add_names, add_start
from spatialmem.generators.worlds.layouts.open import Drawn
from spatialmem.generators.worlds.layouts.outlines import (
    DOOR,
    INK,
    PAPER,
    ROOM,
    WINDOW,
    furniture,
    is_drawn,
    outline,
    written,
)
from spatialmem.generators.worlds.layouts.standing import Mask, Standing, extent
from spatialmem.labels import SemanticClass

_WIDTH, _DPI = 10.0, 120
_LOST = 0.5
"""Square metres of floor that cannot be reached, from which on the plan shows it."""
_LISTED = 18
"""Findings that the picture lists; a layout with more is told to the terminal."""
_LETTERS = 135


def draw_plan(drawn: Drawn, path: Path) -> None:
    """Writes the plan of a layout as PNG.

    Raises:
        OSError: the file cannot be written.
    """
    (x0, y0), (x1, y1) = _frame(drawn.draft)
    marked = drawn.findings[:_LISTED]
    lines = [wrap(written(finding.text), _LETTERS) for finding in marked]
    classes = sorted({body.cls for body in furniture(drawn.draft.bodies)})
    below = 0.65 + LINE * (sum(len(each) for each in lines) + 0.35 * len(lines) + 1.6 * bool(lines))
    beside = 1.9
    across = _WIDTH - beside - 0.7
    up = min(max(across * (y1 - y0) / (x1 - x0), 2.6, 0.24 * (len(classes) + 5)), 11.0)
    figure = Figure(figsize=(_WIDTH, up + below + 0.45), dpi=_DPI, facecolor=PAPER)
    height = up + below + 0.45
    axes = figure.add_axes((0.6 / _WIDTH, below / height, across / _WIDTH, up / height))
    metres_per_inch = max((x1 - x0) / across, (y1 - y0) / up)
    lost = _lost(drawn)
    _floors(axes, drawn, lost)
    parts = Counter(body.thing for body in drawn.draft.bodies)
    for body in sorted((body for body in drawn.draft.bodies if is_drawn(body)), key=lambda body: body.top):
        # the outlines of a thing of many parts would hide it
        axes.add_patch(outline(body, edge=0.0 if parts[body.thing] > 8 else 0.6))
    _openings(axes, drawn.draft)
    add_names(axes, drawn, metres_per_inch)
    add_start(axes, drawn.first_view, max(x1 - x0, y1 - y0))
    add_marks(axes, marked, metres_per_inch)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal", xlabel="x, metres", facecolor=_ground(drawn.draft))
    axes.set_ylabel("y, metres")
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_title(written(drawn.draft.title), parse_math=False, loc="left", fontsize=12, color=INK, fontweight="bold")
    add_legend(figure, axes, classes, openings=bool(drawn.draft.passages), lost=bool(lost.any()))
    add_scale(axes, x0, y0, x1 - x0, y1 - y0)
    add_list(figure, marked, lines, len(drawn.findings))
    figure.savefig(path, facecolor=PAPER)


def _frame(draft: Draft) -> tuple[tuple[float, float], tuple[float, float]]:
    low, high = extent(draft)
    margin = max(0.06 * max(high[0] - low[0], high[1] - low[1]), 0.8)
    return (low[0] - margin, low[1] - margin - 0.3), (high[0] + margin, high[1] + margin)


def _ground(draft: Draft) -> str:
    if draft.ground is None:
        return "#ffffff"
    # a pale tint: what is drawn on it must stay readable
    red, green, blue = (round(255 * (0.72 + 0.28 * channel)) for channel in draft.ground.colour_a)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _floors(axes: Axes, drawn: Drawn, lost: Mask) -> None:
    """Rooms, floors that boxes make, and in red what cannot be reached."""
    for space in drawn.draft.spaces:
        for x, y, x1, y1 in space.areas:
            axes.add_patch(Rectangle((x, y), x1 - x, y1 - y, facecolor=ROOM, edgecolor="none", zorder=0.5))
    for body in drawn.draft.bodies:
        if body.cls is SemanticClass.FLOOR and body.top > -0.01:
            axes.add_patch(outline(body, colour=ROOM, edge=0.0, zorder=0.6))
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


def _openings(axes: Axes, draft: Draft) -> None:
    # a door below a window is what one asks a plan for
    for passage in sorted(draft.passages, key=lambda passage: passage.kind, reverse=True):
        x, y, x1, y1 = passage.hole
        colour = DOOR if passage.kind == "door" else WINDOW
        axes.add_patch(Rectangle((x, y), x1 - x, y1 - y, facecolor=colour, edgecolor="none", zorder=3.0))
