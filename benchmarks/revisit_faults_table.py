"""The table of rank correlations in Markdown: a measure a row, a fault a column."""

from __future__ import annotations

from collections.abc import Mapping

from spatialmem.revisit.measures import HEADLINE, MEASURES

BEGIN, END = "<!-- faults -->", "<!-- /faults -->"
Correlations = Mapping[str, Mapping[str, tuple[float, float, float]]]
"""By fault and measure: rank correlation with severity, and its interval's ends."""

CLEAR = 0.8


def table(correlations: Correlations) -> str:
    """Markdown; a correlation is bold where its whole interval lies at 0.8 or above, and left out where it is 0."""
    shown = [name for name in MEASURES if any(name in of for of in correlations.values())]
    lines = ["| measure | " + " | ".join(fault.replace("_", " ") for fault in correlations) + " |",
             "| --- |" + " --- |" * len(correlations)]
    lines += [f"| {MEASURES[name].label} | "
              + " | ".join(_cell(of.get(name), with_interval=name == HEADLINE) for of in correlations.values()) + " |"
              for name in shown]
    return "\n".join(lines)


def _cell(value: tuple[float, float, float] | None, *, with_interval: bool) -> str:
    if value is None:
        return "–"
    mean, low, high = value
    text = f"{mean:.2f}".replace("-", "−")
    text += f" [{low:.2f}, {high:.2f}]".replace("-", "−") if with_interval else ""
    return f"**{text}**" if low >= CLEAR else text if low > 0 or high < 0 else f"({text})"
