"""The picture of docs/rasterizer.md: how many times faster than dense tiles in PyTorch, and milliseconds a call."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from rasterizer_report import Drawn, Results, milliseconds, speedup
from rasterizer_timing import BOTH, FORWARD, TORCH_LIMIT

DARK, LIGHT = {FORWARD: "#1f5f8b", BOTH: "#c0582b"}, {FORWARD: "#8fbfdd", BOTH: "#efb394"}
WORDS = {FORWARD: "forward", BOTH: "forward + backward"}
OFFSETS = {FORWARD: 0.2, BOTH: -0.2}


def plot(results: Results, file: Path) -> None:
    """Write the picture; raises KeyError without times of scenes."""
    mpl.use("Agg")
    scenes = results["scenes"][::-1]
    with plt.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 1.6 + 0.46 * len(scenes)), sharey=True,
                                             layout="constrained")
        for row, scene in enumerate(scenes):
            for what, offset in OFFSETS.items():
                _draw_ratio(left, scene, what, row + offset)
                _draw_times(right, scene, what, row + offset)
        left.set_title("Times faster than dense tiles in PyTorch, one thread", fontsize=11, loc="left")
        left.margins(x=0.1)
        left.set_yticks(range(len(scenes)), [_label(s) for s in scenes])
        right.set_title("Milliseconds a call, 1 → 2 threads (logarithmic)", fontsize=11, loc="left")
        right.set_xscale("log")
        right.set_xlim(1, 2.5 * right.get_xlim()[1])
        right.xaxis.set_major_formatter("{x:g}")
        for axes in (left, right):
            axes.margins(y=0.01)
            axes.tick_params(axis="y", length=0)
        figure.legend(handles=_legend(), loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(file, dpi=110)
        plt.close(figure)


def _label(scene: Drawn) -> str:
    name, size = scene["scene"].rsplit(" ", 1)
    count = f", {scene['gaussians'] / 1000:.0f}k" if name == "garden" else ""
    return f"{name}{count}   {size.replace('x', '×')}"


def _draw_ratio(axes: Axes, scene: Drawn, what: str, row: float) -> None:
    ratio = speedup(scene, what)
    if ratio is not None:
        axes.barh(row, ratio, 0.38, color=LIGHT[what])
        axes.text(ratio, row, f" {ratio:.0f}×", va="center", fontsize=9)
    elif what == FORWARD:
        reason = ": PyTorch would need over 10 GB" if scene["gaussians"] > TORCH_LIMIT else ""
        axes.text(0.01, row + OFFSETS[BOTH], f"not timed{reason}", va="center", fontsize=9, color="0.55",
                  transform=axes.get_yaxis_transform())


def _draw_times(axes: Axes, scene: Drawn, what: str, row: float) -> None:
    times = [t for n in (1, 2) if (t := milliseconds(scene, what, n)) is not None]
    for t, colour in sorted(zip(times, (LIGHT[what], DARK[what]), strict=False), reverse=True):
        axes.barh(row, t, 0.38, color=colour)
    axes.text(max(times), row, f" {' → '.join(f'{t:.0f}' if t >= 100 else f'{t:.3g}' for t in times)}", va="center",
              fontsize=9)


def _legend() -> list[Patch]:
    """Light colours are hidden under dark ones where two threads are as slow as one."""
    return [Patch(color=shade[what], label=f"{WORDS[what]}, {threads}")
            for what in (FORWARD, BOTH) for shade, threads in ((LIGHT, "1 thread"), (DARK, "2 threads"))]
