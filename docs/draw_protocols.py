"""Draws docs/images/revisit-routes.png, all routes of all protocols from above: python docs/draw_protocols.py [FILE].

Forward is up; each row has a scale of its own. A path begins dark and ends bright; ticks show where the camera
looks; the ring is where the view that is compared is seen first.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from spatialmem.revisit.protocol import Protocol, protocol, protocol_names
from spatialmem.revisit.route import Route

FILE = Path(__file__).parent / "images" / "revisit-routes.png"
_LOOKS = 28
"""Ticks along a path."""
_PAPER, _INK, _FAINT, _RING = "#fbfaf7", "#24262b", "#c9c5bb", "#d2452d"
_COLOURS = mpl.colormaps["viridis"]


def draw(file: Path) -> None:
    """A row for each protocol, a tile for each route."""
    protocols = [protocol(name) for name in protocol_names()]
    most = max(len(one.routes) for one in protocols)
    figure = Figure(figsize=(1.35 * most + 1.7, 1.62 * len(protocols)), facecolor=_PAPER)
    tiles = figure.subplots(len(protocols), most, squeeze=False)
    for one, row in zip(protocols, tiles, strict=True):
        for tile in row:
            tile.set_axis_off()
        reach = 1.05 * max(float(np.abs(route.course()[:, :2]).max()) for route in one.routes) + 0.08
        for route, tile in zip(one.routes, row, strict=False):
            _draw_route(tile, route, reach)
        _say(row[0], one, reach)
    figure.subplots_adjust(left=0.115, right=0.995, top=0.985, bottom=0.01, wspace=0.04, hspace=0.26)
    figure.savefig(file, dpi=100, metadata={"Software": None})


def _draw_route(tile: Axes, route: Route, reach: float) -> None:
    course = route.course()
    # seen from above with forward up, left is left
    points = np.stack([-course[:, 1], course[:, 0]], 1)
    colours = _COLOURS(np.linspace(0, 0.92, len(points)))
    steps = np.stack([points[:-1], points[1:]], 1)
    tile.add_collection(LineCollection(list(steps), colors=colours[1:], linewidths=1.3))
    seen = np.unique(np.linspace(0, len(points) - 1, _LOOKS).round().astype(int))
    yaw = np.radians(course[seen, 3])
    ends = points[seen] + 0.12 * reach * np.stack([-np.sin(yaw), np.cos(yaw)], 1)
    tile.add_collection(LineCollection(list(np.stack([points[seen], ends], 1)), colors=colours[seen], linewidths=0.7))
    at = points[[pair.again for pair in route.pairs]] if route.pairs[0].first == route.pairs[0].again else points[:1]
    tile.plot(*at.T, "o", markersize=5, markerfacecolor="none", markeredgecolor=_RING, markeredgewidth=1.1)
    tile.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    tile.add_patch(Rectangle((-reach, -reach), 2 * reach, 2 * reach, fill=False, edgecolor=_FAINT, linewidth=1.0,
                             clip_on=False))
    words = route.name.split("-")
    lines = ["-".join(words[:3]), "-".join(words[3:])] if len(route.name) > 20 else [route.name]
    tile.set_title("\n".join(lines), fontsize=6.5, color=_INK, pad=2)


def _say(tile: Axes, one: Protocol, reach: float) -> None:
    gaps = sorted({pair.gap for route in one.routes for pair in route.pairs})
    span = f"gap {gaps[0]}" if len(gaps) == 1 else f"gaps {gaps[0]} to {gaps[-1]}"
    if len(gaps) == 3:
        span = f"gaps {', '.join(map(str, gaps))}"
    if one.against == "truth":
        span = f"truth at {', '.join(map(str, gaps))}"
    tile.text(-0.09, 0.56, f"{one.name}/{one.version}", transform=tile.transAxes, ha="right", va="bottom", fontsize=9.5,
              color=_INK, weight="bold")
    tile.text(-0.09, 0.5, f"{one.frames} frames\n{span}\ntile {2 * reach:.1f} m", transform=tile.transAxes,
              ha="right", va="top", fontsize=8, color=_INK)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
