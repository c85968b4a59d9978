"""The map of a report: the world from above, and the walk drawn over it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from spatialmem.export.pictures import jpeg, over
from spatialmem.export.style import CARDS
from spatialmem.report.topdown import TopDown

STRETCHES = 400
"""Pieces that the walk is drawn in at most; frames between their ends are left out."""

_LOOKS = 14
_LEVELS = 5


def map_view(top: TopDown, known: Sequence[float | None]) -> str:
    """The picture with the walk over it, coloured by the share of each frame that memory trusted before.

    Args:
        top: the map.
        known: a share 0..1 for each frame, None where it was not measured.
    """
    height, width = top.alpha.shape
    light, dark = (jpeg(over(top.rgb, top.alpha, paper), width=width) for paper in CARDS)
    return (f'<div class="map"><picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
            f'<img src="{light}" width="{width}" height="{height}" alt="The world from above"></picture>'
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="The walk, drawn over the map">'
            f"{_walk(top, known)}{_bar(top)}</svg></div>")


def level(share: float | None) -> str:
    """The CSS class of a share: k0 (nothing was known) to k4 (all was), kx for what was not measured."""
    return "kx" if share is None else f"k{min(int(share * _LEVELS), _LEVELS - 1)}"


def _walk(top: TopDown, known: Sequence[float | None]) -> str:
    points = [(round(x, 1), round(y, 1)) for x, y in top.points.tolist()]
    kept = sorted({*range(0, len(points), math.ceil(len(points) / STRETCHES)), len(points) - 1})
    parts = [_line([points[i] for i in kept], "halo")]
    for name, run in groupby(range(1, len(kept)), key=lambda j: level(known[kept[j]])):
        steps = list(run)
        parts.append(_line([points[kept[j]] for j in (steps[0] - 1, *steps)], name))
    looks = kept[:: math.ceil(len(kept) / _LOOKS)]
    length = 0.045 * top.alpha.shape[1] / top.scale  # metres
    for i in looks:
        (x, y), (dx, dy) = points[i], top.ahead[i].tolist()
        parts.append(f'<line class="look {level(known[i])}" x1="{x}" y1="{y}" x2="{x + length * dx:.1f}" '
                     f'y2="{y + length * dy:.1f}"/>')
    for name, radius, (x, y) in (("start", 11, points[0]), ("end", 6, points[-1])):  # a ring, and a dot within
        parts.append(f'<circle class="{name}" cx="{x}" cy="{y}" r="{radius}"/>')
    return "".join(parts)


def _line(points: Sequence[tuple[float, float]], name: str) -> str:
    return f'<polyline class="{name}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _bar(top: TopDown) -> str:
    """A bar of a round number of metres, and which axes point where."""
    height, width = top.alpha.shape
    metres = round_length(0.2 * width / top.scale)
    x, y = 0.025 * width, 0.965 * height
    end = x + metres * top.scale
    label = f"{metres:g} m" if metres >= 0.1 else f"{1000 * metres:g} mm"
    return (f'<line class="bar" x1="{x:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{y:.1f}"/>'
            f'<text x="{end + 12:.1f}" y="{y + 8:.1f}">{label}</text>'
            f'<text x="{0.975 * width:.1f}" y="{y + 8:.1f}" text-anchor="end">{top.right} → {top.top} ↑</text>')


def round_length(length: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is at most `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))
