"""The table of rank correlations in Markdown: a measure a row, a fault a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from spatialmem.revisit.measures import HEADLINE, MEASURES
from spatialmem.revisit.summary import FEWEST


class Correlation(NamedTuple):
    """A rank correlation with severity, the ends of its interval, and how many routes it is of."""

    mean: float
    low: float
    high: float
    routes: int


Correlations = Mapping[str, Mapping[str, Correlation | None]]
"""By fault and measure; None for a measure that a fault leaves as it is."""

CLEAR = 0.8


def table(correlations: Correlations) -> str:
    """Markdown: bold where the whole interval lies at 0.8 or above on enough routes, in brackets where it holds 0.

    A dot stands for a measure that stays as it is, a dash for one that was not taken.
    """
    shown = [name for name in MEASURES if any(of.get(name) for of in correlations.values())]
    lines = ["| measure | " + " | ".join(fault.replace("_", " ") for fault in correlations) + " |",
             "| --- |" + " --- |" * len(correlations)]
    lines += [f"| {MEASURES[name].label} | "
              + " | ".join(_cell(of[name], with_interval=name == HEADLINE) if name in of else "–"
                           for of in correlations.values()) + " |"
              for name in shown]
    return "\n".join(lines)


def _cell(value: Correlation | None, *, with_interval: bool) -> str:
    if value is None:
        return "·"
    mean, low, high, routes = value
    text = f"{mean:.2f}".replace("-", "−")
    text += f" [{low:.2f}, {high:.2f}]".replace("-", "−") if with_interval else ""
    return f"**{text}**" if low >= CLEAR and routes >= FEWEST else text if low > 0 or high < 0 else f"({text})"
