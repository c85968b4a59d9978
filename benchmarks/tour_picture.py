"""A tour through a grown world on its plan: `python benchmarks/tour_picture.py OUT.png [--place home] [--seed 4]`.

What stands lower than 1.6 m is drawn in the colours of its materials, walls in black; the line runs from blue to red.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import Circle, Patch, Polygon
from numpy.typing import NDArray

from spatialmem.generators.worlds.attributes import KINDS, Attributes
from spatialmem.generators.worlds.footprints import LOW, is_round
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.solids import BLOCK, Solids
from spatialmem.labels import SemanticClass
from spatialmem.trajectory.legs import Stand
from spatialmem.trajectory.pace import Motion, Pace
from spatialmem.trajectory.tour import Tour

CUT = 1.6
MARGIN = 3.0
WALLS = {SemanticClass.WALL, SemanticClass.BUILDING}


def main() -> None:
    """Grows the world, walks the tour and writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--place", choices=KINDS, default="home")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--frames", type=int, default=900)
    asked = parser.parse_args()
    world = Grown(asked.seed, Attributes(place=asked.place, light="day", weather="clear"))
    tour = Tour(world.free_space, Stand(*world.start()), asked.frames, Pace.of(10.0), asked.seed)
    mpl.use("Agg")
    low, high = tour.motion.points.min(0) - MARGIN, tour.motion.points.max(0) + MARGIN
    width = 12.0
    figure, axes = plt.subplots(figsize=(width, width * (high[1] - low[1]) / (high[0] - low[0])))
    draw_plan(axes, world, low, high)
    draw_tour(axes, tour)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axes.axis("off")
    figure.savefig(asked.out, dpi=90, bbox_inches="tight", pad_inches=0.02)


def draw_plan(axes: Axes, world: Grown, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    """The solids of all blocks in view from the lowest to the highest."""
    found: list[tuple[float, Patch, tuple[float, ...]]] = []
    for i in range(math.floor(low[0] / BLOCK) - 1, math.floor(high[0] / BLOCK) + 2):
        for j in range(math.floor(low[1] / BLOCK) - 1, math.floor(high[1] / BLOCK) + 2):
            found += outlines(world.block(i, j).solids, (BLOCK * i, BLOCK * j))
    found.sort(key=lambda each: each[0])
    tops, patches, tints = zip(*found, strict=True)
    axes.add_collection(PatchCollection(patches, facecolors=tints, edgecolors=(0, 0, 0, 0.3),
                                        linewidths=[0.4 if top > LOW else 0.0 for top in tops]))


def outlines(solids: Solids, at: tuple[float, float]) -> list[tuple[float, Patch, tuple[float, ...]]]:
    """Height, outline and colour of every solid that begins below the cut."""
    found: list[tuple[float, Patch, tuple[float, ...]]] = []
    for row in np.flatnonzero(solids.bounds[:, 0, 2] < CUT).tolist():
        (x, y, _), (hx, hy, _) = solids.center[row].tolist(), solids.half[row].tolist()
        wall = int(solids.cls[row]) in WALLS and solids.bounds[row, 1, 2] > CUT
        tint = (0.13, 0.13, 0.15) if wall else solids.materials[solids.material[row]].colour_a
        top = min(float(solids.bounds[row, 1, 2]), 10.0 if wall else CUT + 1)
        if is_round(int(solids.shape[row]), hx, hy):
            found.append((top, Circle((x + at[0], y + at[1]), hx), tint))
            continue
        cos, sin = float(solids.yaw_cos[row]), float(solids.yaw_sin[row])
        corners = np.array([[-hx, -hy], [hx, -hy], [hx, hy], [-hx, hy]]) @ np.array([[cos, sin], [-sin, cos]])
        found.append((top, Polygon(corners + np.array([x + at[0], y + at[1]])), tint))
    return found


def draw_tour(axes: Axes, tour: Tour) -> None:
    """The way with the stops, the start, and where one looked."""
    motion: Motion = tour.motion
    pieces = np.stack([motion.points[:-1], motion.points[1:]], 1)
    axes.add_collection(LineCollection(list(pieces), colors="white", linewidths=4.0))
    axes.add_collection(LineCollection(list(pieces), array=np.arange(len(pieces)), cmap="turbo", linewidths=2.2))
    some = slice(None, None, 12)
    axes.quiver(*motion.points[some].T, np.cos(motion.yaw[some]), np.sin(motion.yaw[some]), color=(0.1, 0.1, 0.1),
                scale=60, width=0.0018, zorder=4)
    for stop in tour.stops:
        axes.plot(stop.x, stop.y, "o", color="white", markeredgecolor="black", markersize=7, zorder=5)
    for stop in tour.stops:
        axes.annotate(stop.name, (stop.x, stop.y), (6, 6), textcoords="offset points", fontsize=12, zorder=6,
                      bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "alpha": 0.85, "linewidth": 0})
    axes.plot(*motion.points[0], "*", color="gold", markeredgecolor="black", markersize=16, zorder=5)


if __name__ == "__main__":
    main()
