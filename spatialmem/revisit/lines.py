"""The rows of a report as they are shown: which of them count, what they gain over another, which is best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from spatialmem.revisit.measures import Measure
from spatialmem.revisit.records import Interval, Report, RowRecord
from spatialmem.revisit.rows import CONTROLS
from spatialmem.revisit.style import colour
from spatialmem.revisit.summary import FEWEST, differences, pool_gaps, pooled, route_means, summarise

BASE = "none"
"""The row that the others are compared with."""

_MOST_GAPS = 8
"""Points of a curve at most."""


@dataclass(frozen=True)
class Line:
    """A row as it is shown.

    Attributes:
        label, about: what it is called here, and a sentence on it.
        row: the record.
        colour: its name in the stylesheet.
        summary, by_gap: over the routes that passed, or over all if none did: `counts` says which.
        over: what it is compared with, by label; empty for nothing.
        gain: the paired difference from that, by measure.
    """

    label: str
    about: str
    row: RowRecord
    colour: str
    summary: Mapping[str, Interval]
    by_gap: Mapping[str, Mapping[str, Interval]]
    over: str = ""
    gain: Mapping[str, Interval] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """How many routes the gate let through."""
        return sum(route.gate.passed for route in self.row.routes)

    @property
    def counts(self) -> bool:
        """Whether its scores may be used."""
        return self.passed > 0

    @property
    def control(self) -> bool:
        """Whether it is no memory, but a yardstick."""
        return self.row.name in CONTROLS

    @property
    def reason(self) -> str:
        """The first reason of a refusal, or nothing."""
        return next((reason for route in self.row.routes for reason in route.gate.reasons), "")


def lines_of(report: Report) -> list[Line]:
    """The report's rows as they are shown."""
    base = next((row for row in report.rows if row.name == BASE), None)
    pools = gap_pools(report.rows)
    lines = [line_of(row, row.name, row.about, colour(row.name, place), pools) for place, row in enumerate(report.rows)]
    return [line if base is None or line.row is base else
            replace(line, over=BASE, gain=differences(base.routes, line.row.routes)) for line in lines]


def gap_pools(rows: Iterable[RowRecord]) -> dict[int, int]:
    """What each gap of some rows is shown as: where there are too many for a curve, neighbours go together."""
    return pool_gaps((pair.gap for row in rows for route in row.routes for pair in route.pairs), _MOST_GAPS)


def line_of(row: RowRecord, label: str, about: str, shade: str, pools: Mapping[int, int]) -> Line:
    """A row by itself. Its means are taken anew, so that a page says what the pairs of its report say."""
    nobody = not any(route.gate.passed for route in row.routes)
    summary, by_gap = summarise(pooled(row.routes, pools), refused=nobody)
    return Line(label, about, row, shade, summary, by_gap)


def alike(lines: Sequence[Line], measure: Measure) -> bool:
    """Whether the lines have a measure on the very same routes."""
    found = [{route.route for route in line.row.routes if route.gate.passed and measure.name in route_means(route)}
             for line in lines]
    return all(routes == found[0] for routes in found)


def best(lines: Sequence[Line], measure: Measure) -> Line | None:
    """The line that counts, and is no control, with the best mean; None unless its interval holds no other's mean."""
    known = [line for line in lines if line.counts and not line.control and measure.name in line.summary]
    routes = [line.summary[measure.name].routes for line in known]
    if measure.higher is None or len(known) < 2 or min(routes) < FEWEST or not alike(known, measure):
        return None
    first = (max if measure.higher else min)(known, key=lambda line: line.summary[measure.name].mean)
    within = first.summary[measure.name]
    alone = not any(within.low <= line.summary[measure.name].mean <= within.high for line in known if line is not first)
    return first if alone else None
