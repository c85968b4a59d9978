"""The picture of docs/memory.md: what grows with a world, and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from memory_timing import Figures

TIMES = {"recall_cold_ms": ("recall, first time at a place", "#c0582b"), "recall_ms": ("recall again", "#1f5f8b"),
         "commit_ms": ("commit of 8 frames", "#4c8c4a"), "open_ms": ("open", "#8a6fae")}


def plot(worlds: Sequence[Figures], file: Path) -> None:
    """Write the picture of worlds in ascending order of size."""
    mpl.use("Agg")
    gaussians = [world["gaussians"] for world in worlds]
    with plt.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4), layout="constrained")
        for name, (words, colour) in TIMES.items():
            _line(left, gaussians, [world[name] for world in worlds], words, colour)  # type: ignore[literal-required]
        left.set_title("Milliseconds (both axes logarithmic)", fontsize=11, loc="left")
        left.set_yscale("log")
        left.yaxis.set_major_formatter("{x:g}")
        _line(right, gaussians, [world["resident_bytes"] / 1e6 for world in worlds], "resident memory", "#1f5f8b")
        right.set_title("Megabytes of memory after recall at eight places", fontsize=11, loc="left")
        right.set_ylim(bottom=0)
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xlabel("Gaussians in the world (a hundredth as many keyframes)")
            axes.margins(x=0.04)
        left.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 0.98), fontsize=9)
        figure.savefig(file, dpi=110)
        plt.close(figure)


def _line(axes: Axes, across: Sequence[int], up: Sequence[float], words: str, colour: str) -> None:
    axes.plot(across, up, "o-", color=colour, label=words, markersize=4)
    axes.annotate(f"{up[-1]:.0f}", (across[-1], up[-1]), (5, 0), textcoords="offset points", va="center", fontsize=9,
                  color=colour)
