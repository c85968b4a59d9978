"""What the colours of a layer mean: a caption, and a picture where colours need one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spatialmem.export.colours import TRUST_COLOURS, TRUST_NAMES, Bytes
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN
from spatialmem.labels import class_colours, class_name
from spatialmem.studio.colours import bar_legend, patch_legend
from spatialmem.studio.layers import ELSEWHERE, Layer, Lens

Legend = tuple[str, Bytes | None]

_MOST_PATCHES = 24
_DIRECTIONS = [((255, 128, 128), "right"), ((0, 128, 128), "left"), ((128, 255, 128), "up"),
               ((128, 0, 128), "down"), ((128, 128, 255), "towards you")]


def legend(layer: Layer, lens: Lens) -> Legend:
    """What the colours of `layer` mean: a caption with units, and a picture where colours need one."""
    legends: dict[Layer, Callable[[Lens], Legend]] = {
        "colour": _colour, "depth": _depth, "normals": _normals, "confidence": _confidence,
        "observations": _observations, "trust": _trust, "labels": _labels}
    return legends[layer](lens)


def _colour(_: Lens) -> Legend:
    return "Colours as remembered", None


def _depth(lens: Lens) -> Legend:
    return "Distance along the view, metres", bar_legend(_metres(lens.nearest, lens.farthest))


def _normals(_: Lens) -> Legend:
    return "Which way surfaces face, seen from here", patch_legend(_DIRECTIONS)


def _confidence(_: Lens) -> Legend:
    return "Confidence, 0 (backdrop) to 1", bar_legend([(s, f"{s:g}") for s in (0, 0.25, 0.5, 0.75, 1)])


def _observations(lens: Lens) -> Legend:
    return "Frames that observed it (log scale)", bar_legend(_counts(lens.most_seen))


def _trust(_: Lens) -> Legend:
    names = [(TRUST_COLOURS[level], TRUST_NAMES[level]) for level in (TRUSTED, REVISE, UNKNOWN)]
    return "How far memory trusts this view", patch_legend([*names, (ELSEWHERE, "out of this view")])


def _labels(lens: Lens) -> Legend:
    if not lens.labels:
        return "Semantic class: the frames of this world had no labels", None
    colours = class_colours()
    return "Semantic class", patch_legend([
        ((int(colours[label, 0]), int(colours[label, 1]), int(colours[label, 2])), class_name(label))
        for label in lens.labels[:_MOST_PATCHES]])


def _metres(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks at round numbers of metres, about five."""
    step = 10.0 ** np.floor(np.log10(max(high - low, 1e-6) / 2))
    step *= min((1, 2, 5), key=lambda factor: abs((high - low) / (factor * step) - 4.5))
    marks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [(float((m - low) / max(high - low, 1e-6)), f"{m:.6g} m") for m in marks]


def _counts(most: int) -> list[tuple[float, str]]:
    """Ticks at 1, 2, 5, 10, ... up to `most`."""
    top = max(most, 2)
    round_numbers = [step * 10**power for power in range(8) for step in (1, 2, 5)]
    return [(float(np.log(n) / np.log(top)), str(n)) for n in round_numbers if n <= top]
