"""The charts of a report, along its path."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from spatialmem.export.svg import draw_svg, page_colours
from spatialmem.report.measurements import STAGES, Measurements

Numbers = NDArray[np.float64]

BINS = 240
"""Steps that a curve along the path has at most; more frames are averaged into them."""

_SIZE = (5.4, 2.35)
_COLOURS = page_colours(("trusted", "revise", "unknown", "fused", "heldout", *STAGES))


def charts(measured: Measurements) -> dict[str, str]:
    """Inline SVG by name: known, psnr, ssim, depth, gaussians, seconds; only those with something to show."""
    drawn = {}
    if any(turn.trusted for turn in measured.turns):
        drawn["known"] = _chart("known", measured, lambda axes: _known(axes, measured))
    for name, label in (("psnr", "dB"), ("ssim", "SSIM"), ("depth_mm", "mm")):
        if any(getattr(q, name) is not None for q in measured.quality):
            drawn[name] = _chart(name, measured, lambda axes, n=name, y=label: _quality(axes, measured, n, y))  # type: ignore[misc]
    if measured.turns:
        drawn["gaussians"] = _chart("gaussians", measured, lambda axes: _gaussians(axes, measured))
    if any(turn.seconds for turn in measured.turns):
        drawn["seconds"] = _chart("seconds", measured, lambda axes: _seconds(axes, measured))
    return drawn


def _known(axes: Axes, measured: Measurements) -> None:
    shares = np.array([(np.nan, np.nan) if pair is None else pair for pair in measured.known]) * 100
    edges, binned = _binned(np.arange(len(shares) + 1.0), shares)
    trusted, revise = binned.T
    _stacked(axes, edges, {"trusted": trusted, "revise": revise, "unknown": 100 - trusted - revise})
    axes.set(ylim=(0, 100), ylabel="% of the pixels", yticks=[0, 25, 50, 75, 100])


def _quality(axes: Axes, measured: Measurements, name: str, label: str) -> None:
    for kind, heldout, marker in (("fused", False, ""), ("heldout", True, "o")):
        points = [(q.frame + 0.5, value) for q in measured.quality
                  if q.heldout == heldout and (value := getattr(q, name)) is not None]
        if points:
            x, y = zip(*points, strict=True)
            alone = "o" if len(points) == 1 else marker
            axes.plot(x, y, color=_COLOURS[kind], linewidth=0 if marker else 1.6, marker=alone, markersize=5)
    axes.set(ylabel=label)
    axes.margins(y=0.12)
    if name == "depth_mm":
        axes.set_ylim(bottom=0)


def _gaussians(axes: Axes, measured: Measurements) -> None:
    x = [0, *(turn.start + turn.frames for turn in measured.turns)]
    y = np.array([0, *(turn.gaussians for turn in measured.turns)])
    unit, name = (1e6, "million Gaussians") if y.max() >= 1e6 else (1e3, "thousand Gaussians")
    chosen = np.unique(np.linspace(0, len(x) - 1, BINS).round().astype(int))
    axes.fill_between(np.array(x)[chosen], y[chosen] / unit, color=_COLOURS["fused"], alpha=0.16, linewidth=0)
    axes.plot(np.array(x)[chosen], y[chosen] / unit, color=_COLOURS["fused"], linewidth=1.6)
    axes.set(ylabel=name, ylim=(0, None))


def _seconds(axes: Axes, measured: Measurements) -> None:
    spent = np.array([[np.nan if turn.seconds is None else turn.seconds.get(stage, 0.0) / turn.frames
                       for stage in STAGES] for turn in measured.turns])
    edges, binned = _binned(np.array([0.0, *(turn.start + turn.frames for turn in measured.turns)]), spent)
    _stacked(axes, edges, dict(zip(STAGES, binned.T, strict=True)))
    axes.set(ylabel="seconds a frame", ylim=(0, None))


def _stacked(axes: Axes, edges: Numbers, layers: dict[str, Numbers]) -> None:
    """Blocks between the `edges` `[B + 1]`, one layer `[B]` upon the other; NaN leaves a gap."""
    base = np.zeros(len(edges) - 1)
    for name, values in layers.items():
        axes.stairs(base + values, edges, baseline=base, fill=True, color=_COLOURS[name], linewidth=0)
        base = base + values


def _binned(edges: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """Edges `[B + 1]` and values `[B, ...]` averaged over neighbours, so that B is at most `BINS`."""
    count = len(values)
    starts = np.unique(np.linspace(0, count, min(BINS, count) + 1).round().astype(int))
    means = [values[begin:end].mean(axis=0) for begin, end in pairwise(starts)]
    return edges[starts], np.array(means)


def _chart(name: str, measured: Measurements, draw: Callable[[Axes], None]) -> str:
    def along(axes: Axes) -> None:
        draw(axes)
        axes.set_xlim(0, max(1, measured.frames))
        axes.set_xlabel("frame along the path", loc="right")
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        if name != "known":
            axes.yaxis.set_major_locator(MaxNLocator(5))

    return draw_svg(name, _COLOURS, _SIZE, along)
