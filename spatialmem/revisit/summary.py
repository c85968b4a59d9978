"""Means over routes with their intervals: a route is one sample, however many pairs it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from spatialmem.errors import InvalidValueError
from spatialmem.revisit.records import Interval, RouteRecord

RESAMPLES = 10_000
LEVEL = 95
"""Per cent of the resampled means that an interval holds."""

_SEED = 20


FEWEST = 5
"""Routes from which on an interval says something; below, nothing is called better or worse."""


def summarise(routes: Sequence[RouteRecord], *, refused: bool = False
              ) -> tuple[dict[str, Interval], dict[str, dict[str, Interval]]]:
    """By measure, and by gap (frames, as text) and measure, the mean over routes with its interval.

    Percentile bootstrap over routes (Efron 1979), seeded. A route's value is the mean over its pairs.

    Args:
        routes: of one row.
        refused: whether routes that the gate refused count too; else only those that passed.

    Raises:
        InvalidValueError: a measure is not finite.
    """
    counted = [route for route in routes if refused or route.gate.passed]
    gaps = sorted({pair.gap for route in counted for pair in route.pairs})
    by_gap = {str(gap): intervals([route_means(route, gap=gap) for route in counted]) for gap in gaps}
    return intervals([route_means(route) for route in counted]), {gap: found for gap, found in by_gap.items() if found}


def differences(before: Sequence[RouteRecord], after: Sequence[RouteRecord]) -> dict[str, Interval]:
    """By measure, `after` less `before` on the routes that passed in both, in the same poses: a paired bootstrap.

    What is common to a route (a hard room, a long turn) cancels, so that the interval is as narrow as it can be.

    Raises:
        InvalidValueError: a measure is not finite.
    """
    known = {route.route: route_means(route) for route in before if route.gate.passed}
    poses = {route.route: route.cameras for route in before}
    found = []
    for route in after:
        if route.gate.passed and route.route in known and route.cameras == poses[route.route]:
            old, new = known[route.route], route_means(route)
            found.append({name: new[name] - old[name] for name in new if name in old})
    return intervals(found)


def pool_gaps(gaps: Iterable[int], most: int) -> dict[int, int]:
    """At most `most` groups of neighbouring gaps: each gap with the middle one of its group."""
    known = sorted(set(gaps))
    groups = np.array_split(np.array(known), min(most, len(known))) if known else []
    return {int(gap): int(group[len(group) // 2]) for group in groups for gap in group}


def pooled(routes: Sequence[RouteRecord], pools: Mapping[int, int]) -> list[RouteRecord]:
    """The routes with the gaps of their pairs replaced by those of their groups."""
    return [replace(route, pairs=tuple(replace(pair, gap=pools[pair.gap]) for pair in route.pairs)) for route in routes]


def route_means(route: RouteRecord, *, gap: int | None = None) -> dict[str, float]:
    """A route's value by measure: the mean over its pairs (those after `gap` frames; None = all) that have one.

    Measures of the whole route are among them unless a gap is asked for.

    Raises:
        InvalidValueError: a measure is not finite.
    """
    values: dict[str, list[float]] = {}
    pairs = [pair.measures for pair in route.pairs if gap in (None, pair.gap)]
    for source in [*pairs, route.whole] if gap is None else pairs:
        for name, value in source.items():
            if value is not None:
                if not isfinite(value):
                    raise InvalidValueError(f"route {route.route!r}: {name} is {value}; give None where a measure "
                                            "does not apply")
                values.setdefault(name, []).append(value)
    return {name: sum(found) / len(found) for name, found in values.items()}


def intervals(samples: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """By name, the mean of the samples that have it, and the interval of that mean; of one sample both are it."""
    columns: dict[str, list[float]] = {}
    for sample in samples:
        for name, value in sample.items():
            columns.setdefault(name, []).append(value)
    found = {}
    for count in sorted({len(column) for column in columns.values()}):
        names = [name for name, column in columns.items() if len(column) == count]
        table = np.array([columns[name] for name in names]).T  # [samples, names]
        # how often each sample is drawn says all that a resample is, and one product resamples all names alike
        drawn = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
        low, high = np.percentile(drawn @ table / count, [(100 - LEVEL) / 2, (100 + LEVEL) / 2], axis=0)
        for i, (name, mean) in enumerate(zip(names, table.mean(axis=0), strict=True)):
            found[name] = Interval(mean=float(mean), low=min(float(low[i]), float(mean)),
                                   high=max(float(high[i]), float(mean)), routes=count)
    return {name: found[name] for name in columns}
