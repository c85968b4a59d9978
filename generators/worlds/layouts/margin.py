"""`add_legend`, `add_scale`, `add_list`: what stands around the plan of a layout."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from spatialmem.generators.worlds.layouts.draft import Finding
from spatialmem.generators.worlds.layouts.outlines import DOOR, INK, START, WALL, WINDOW, colour_of
from spatialmem.labels import DISPLAY_COLOURS, SemanticClass

LINE = 0.19
"""Inches a line of text."""


def add_legend(figure: Figure, axes: Axes, classes: Sequence[SemanticClass], *, openings: bool, lost: bool) -> None:
    """Names of the colours, beside the plan."""
    rows = [Patch(facecolor=WALL, label="wall"), Patch(facecolor=DOOR, label="doorway"),
            Patch(facecolor=WINDOW, label="window")]
    if not openings:
        rows = rows[:1]
    rows += [Patch(facecolor=DISPLAY_COLOURS[cls], edgecolor=INK, linewidth=0.5, label=cls.name.lower())
             for cls in classes]
    rows += [Patch(facecolor=START, label="start")]
    if lost:
        rows.append(Patch(facecolor="#eda7a7", label="not reached"))
    box = axes.get_position()
    columns = 2 if len(rows) > 24 else 1
    figure.legend(handles=rows, loc="upper left", bbox_to_anchor=(box.x1 + 0.01, box.y1 + 0.01), frameon=False,
                  fontsize=8, handlelength=1.2, labelspacing=0.45, ncols=columns, columnspacing=1.0)


def add_scale(axes: Axes, x0: float, y0: float, width: float, height: float) -> None:
    """A bar of a round length in the lower left corner; all in metres."""
    length = next((step for step in (100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0) if step <= 0.25 * width), 0.5)
    x, y = x0 + 0.03 * width, y0 + 0.03 * height
    halo = [withStroke(linewidth=3.5, foreground="white")]
    axes.plot((x, x + length), (y, y), color=INK, linewidth=2.5, solid_capstyle="butt", zorder=6, path_effects=halo)
    axes.text(x + length, y, f"  {length:g} m", va="center", fontsize=8.5, color=INK, zorder=6, path_effects=halo)


def add_list(figure: Figure, findings: Sequence[Finding], lines: Sequence[Sequence[str]], total: int) -> None:
    """The findings under the plan, each by its number."""
    width, height = figure.get_size_inches()
    y = (LINE * (sum(len(each) for each in lines) + 0.35 * len(lines) + 1.2) + 0.1) / height
    for number, (finding, text) in enumerate(zip(findings, lines, strict=True), 1):
        colour = colour_of(finding)
        figure.text(0.62 / width, y, str(number), ha="center", va="top", fontsize=8, color="white", fontweight="bold",
                    bbox={"boxstyle": "circle,pad=0.22", "facecolor": colour, "edgecolor": "none"})
        for line in text:
            figure.text(0.95 / width, y, line, va="top", fontsize=8.5, color=INK, parse_math=False)
            y -= LINE / height
        y -= 0.35 * LINE / height
    if total > len(findings):
        figure.text(0.95 / width, y, f"and {total - len(findings)} more", va="top", fontsize=8.5, color=INK)
