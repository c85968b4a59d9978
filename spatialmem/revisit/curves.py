"""Charts of a measure against the gap of the returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

from spatialmem.export.svg import draw_svg, page_colours
from spatialmem.revisit.records import Interval
from spatialmem.revisit.style import COLOURS

LARGE, SMALL = (5.2, 3.5), (3.7, 2.2)
_TICKS = 8
_LETTERS = 20
"""Of a line's name, so that it leaves room for the lines."""

_COLOURS = page_colours(("paper", *COLOURS))


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    Attributes:
        label: text.
        colour: its name in the stylesheet.
        control: drawn dashed.
        by_gap: intervals by gap (frames, as text) and measure.
    """

    label: str
    colour: str
    control: bool
    by_gap: Mapping[str, Mapping[str, Interval]]

    def points(self, measure: str) -> list[tuple[int, Interval]]:
        """Gap and interval, by gap."""
        found = [(int(gap), known[measure]) for gap, known in self.by_gap.items() if measure in known]
        return sorted(found, key=lambda point: point[0])


def gap_chart(series: Sequence[Series], measure: str, *, labelled: bool = False, name: str = "gap") -> str | None:
    """Inline SVG of a measure against the gap, a band for each interval; None unless a line has two gaps.

    Args:
        series: at most one line each.
        measure: its name.
        labelled: whether it is large, with each line's name at its end.
        name: so that the measure's charts of a page can be told apart.
    """
    lines = [(line, points) for line in series if (points := line.points(measure))]
    if not any(len(points) > 1 for _, points in lines):
        return None
    return draw_svg(f"{name}-{measure}", _COLOURS, LARGE if labelled else SMALL,
                    lambda axes: _lines(axes, lines, measure, labelled))


def _lines(axes: Axes, lines: Sequence[tuple[Series, list[tuple[int, Interval]]]], measure: str,
           labelled: bool) -> None:
    for line, points in lines:
        x = [gap for gap, _ in points]
        ink, style = _COLOURS[line.colour], (0, (4, 2.2)) if line.control else "-"
        low, high = [i.low for _, i in points], [i.high for _, i in points]
        axes.fill_between(x, low, high, color=ink, alpha=0.13, linewidth=0)
        axes.plot(x, [i.mean for _, i in points], color=ink, linewidth=1.8 if labelled else 1.4, linestyle=style,
                  marker="o", markersize=4.5 if labelled else 3, markeredgecolor=_COLOURS["paper"], markeredgewidth=0.8)
    gaps = sorted({gap for _, points in lines for gap, _ in points})
    _gap_axis(axes, gaps, wide=labelled)
    axes.margins(y=0.08)
    axes.yaxis.set_major_locator(MaxNLocator(6 if labelled else 4))
    if labelled:
        _names(axes, lines, gaps)


def _gap_axis(axes: Axes, gaps: Sequence[int], *, wide: bool) -> None:
    if gaps[0] > 0 and gaps[-1] >= 4 * gaps[0]:
        axes.set_xscale("log")
    chosen = gaps if len(gaps) <= _TICKS else [gaps[i] for i in np.linspace(0, len(gaps) - 1, 5).round().astype(int)]
    axes.xaxis.set_major_locator(FixedLocator([float(gap) for gap in chosen]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(x=0.04)
    axes.set_xlabel("frames since the view was last seen" if wide else "gap, frames", loc="right" if wide else "center")


def _names(axes: Axes, lines: Sequence[tuple[Series, list[tuple[int, Interval]]]], gaps: Sequence[int]) -> None:
    """Each line's name at its end, moved apart where they would meet."""
    ends = sorted(((points[-1][1].mean, line) for line, points in lines), key=lambda end: end[0])
    low, high = axes.get_ylim()
    places = apart([mean for mean, _ in ends], (high - low) * 0.062)
    for place, (_, line) in zip(places, ends, strict=True):
        label = line.label if len(line.label) <= _LETTERS else f"{line.label[: _LETTERS - 1]}…"
        axes.annotate(label, (gaps[-1], place), xytext=(9, 0), textcoords="offset points", va="center",
                      color=_COLOURS[line.colour], annotation_clip=False, parse_math=False)


def apart(wanted: Sequence[float], least: float) -> list[float]:
    """Places `least` apart for sorted `wanted` ones, the nearest in the sense of least squares.

    The pool-adjacent-violators rule on `wanted - i * least`, which must not fall (Barlow et al. 1972).
    """
    blocks: list[tuple[float, int]] = []  # mean and number of places that are moved together
    for i, place in enumerate(wanted):
        mean, count = place - i * least, 1
        while blocks and blocks[-1][0] > mean:
            other, many = blocks.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        blocks.append((mean, count))
    settled = [mean for mean, count in blocks for _ in range(count)]
    return [place + i * least for i, place in enumerate(settled)]
