"""Dots with their intervals, one in each row of a table, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.ticker import MaxNLocator

from spatialmem.revisit.records import Interval


@dataclass(frozen=True)
class Scale:
    """The scale that all dots of a table share, in per cent of a cell's width."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where `value` lies, 0..100."""
        return 100 * (value - self.low) / (self.high - self.low)


def scale_of(shown: Sequence[Interval]) -> Scale | None:
    """A scale that holds the intervals; None without any."""
    ends = [end for interval in shown for end in (interval.low, interval.high)]
    if not ends:
        return None
    margin = 0.06 * (max(ends) - min(ends)) or 1.0
    low, high = min(ends) - margin, max(ends) + margin
    ticks = [float(tick) for tick in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    return Scale(low, high, tuple(ticks))


def axis(scale: Scale) -> str:
    """The scale's figures, for the head of a column."""
    texts = "".join(f'<text x="{scale.at(tick):.1f}%" y="30">{_figure(tick)}</text>' for tick in scale.ticks)
    return f'<svg aria-hidden="true">{texts}</svg>'


def dot(scale: Scale, interval: Interval | None, colour: str, *, hollow: bool = False) -> str:
    """A mean as a dot on its interval, on rules that run through the column."""
    lines = "".join(f'<line class="grid" x1="{x:.1f}%" x2="{x:.1f}%" y1="-400%" y2="500%"/>'
                    for x in map(scale.at, scale.ticks))
    if interval is None or not scale.low <= interval.mean <= scale.high:
        return f'<svg aria-hidden="true">{lines}</svg>'
    low, mean, high = (min(max(scale.at(v), 0), 100) for v in (interval.low, interval.mean, interval.high))
    kind = ' class="hollow"' if hollow else ""
    return (f'<svg aria-hidden="true">{lines}<g{kind}>'
            f'<line class="range" x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%" style="stroke:var(--{colour})"/>'
            f'<circle cx="{mean:.2f}%" cy="50%" r="4.5" style="fill:var(--{colour})"/></g></svg>')


def _figure(value: float) -> str:
    return f"{value:g}".replace("-", "−")
