"""Means over routes and their intervals: closed answers, and what may not count."""

from dataclasses import replace
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.errors import InvalidValueError
from spatialmem.revisit.records import Gate, PairRecord, RouteRecord
from spatialmem.revisit.summary import differences, intervals, pool_gaps, pooled, route_means, summarise

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=15)


def route(name: str, *values: float | None, gap: int = 50, passed: bool = True, whole: float | None = None
          ) -> RouteRecord:
    pairs = tuple(PairRecord(first=i, again=gap + i, gap=gap, measures={"psnr": v}) for i, v in enumerate(values))
    return RouteRecord(route=name, scale=1.0, gate=Gate(passed=passed), pairs=pairs, whole={"path_cm": whole})


@settings(deadline=None, max_examples=30)
@given(VALUES)
def test_the_mean_lies_in_its_interval_and_the_interval_among_the_values(values: list[float]) -> None:
    found = intervals([{"psnr": value} for value in values])["psnr"]
    assert found.mean == pytest.approx(np.mean(values), abs=1e-9) and found.routes == len(values)
    assert found.low <= found.mean <= found.high
    assert min(values) - 1e-9 <= found.low and found.high <= max(values) + 1e-9


def test_one_route_is_its_own_interval() -> None:
    found = summarise([route("a", 10.0, 14.0)])[0]["psnr"]
    assert (found.mean, found.low, found.high, found.routes) == (12.0, 12.0, 12.0, 1)


def test_of_two_routes_the_interval_is_from_one_to_the_other() -> None:
    # resampled means are a, (a + b) / 2 and b with chances 1/4, 1/2 and 1/4
    found = intervals([{"psnr": 10.0}, {"psnr": 20.0}])["psnr"]
    assert (found.mean, found.low, found.high) == (15.0, 10.0, 20.0)


def test_of_many_routes_the_interval_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(20, 3, 400)
    found = intervals([{"psnr": value} for value in values])["psnr"]
    half = 1.96 * values.std() / sqrt(len(values))
    assert found.low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_a_route_counts_once_however_many_pairs_it_has() -> None:
    assert summarise([route("a", 10.0, 10.0, 10.0), route("b", 20.0)])[0]["psnr"].mean == 15.0


def test_what_the_gate_refused_and_what_does_not_apply_is_left_out() -> None:
    routes = [route("a", 10.0, None), route("b", 99.0, passed=False), route("c", None, whole=3.0)]
    summary, by_gap = summarise(routes)
    assert (summary["psnr"].mean, summary["psnr"].routes) == (10.0, 1)
    assert (summary["path_cm"].mean, summary["path_cm"].routes) == (3.0, 1)
    assert summarise(routes, refused=True)[0]["psnr"].mean == 54.5
    assert list(by_gap) == ["50"] and list(by_gap["50"]) == ["psnr"]
    assert summarise([routes[1]]) == ({}, {})


def test_gaps_are_told_apart() -> None:
    long = route("a", 8.0, gap=1000).pairs
    both = replace(route("a", 20.0), pairs=route("a", 20.0).pairs + long)
    summary, by_gap = summarise([both])
    assert summary["psnr"].mean == 14.0
    assert {gap: found["psnr"].mean for gap, found in by_gap.items()} == {"50": 20.0, "1000": 8.0}


def test_the_same_routes_give_the_same_intervals_whatever_else_is_measured() -> None:
    alone = intervals([{"psnr": 1.0}, {"psnr": 5.0}, {"psnr": 6.0}])
    beside = intervals([{"ssim": 0.1, "psnr": 1.0}, {"ssim": 0.2, "psnr": 5.0}, {"psnr": 6.0}])
    assert alone["psnr"] == beside["psnr"] and beside["ssim"].routes == 2


def test_a_difference_is_paired_by_route() -> None:
    before = [route(name, value) for name, value in (("a", 10.0), ("b", 30.0), ("c", 20.0), ("d", 5.0))]
    after = [route("c", 21.0), route("a", 11.0), route("b", 31.0), route("d", 99.0, passed=False), route("e", 1.0)]
    found = differences(before, after)["psnr"]
    assert (found.mean, found.low, found.high, found.routes) == (1.0, 1.0, 1.0, 3)  # what routes share cancels
    assert differences(after, before)["psnr"].mean == -1.0
    assert differences([], after) == {}


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"route 'a': psnr is inf; give None"):
        route_means(route("a", 1.0, inf))


@settings(deadline=None)
@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 9))
def test_gaps_go_together_in_order(gaps: list[int], most: int) -> None:
    pools = pool_gaps(gaps, most)
    assert set(pools) == set(gaps) and len(set(pools.values())) <= most
    assert set(pools.values()) <= set(gaps)
    order = sorted(pools)
    assert [pools[gap] for gap in order] == sorted(pools.values())
    if len(pools) <= most:
        assert all(gap == pool for gap, pool in pools.items())


def test_pooling_changes_nothing_but_gaps() -> None:
    before = route("a", 1.0, 3.0, gap=81)
    after = pooled([before], {81: 85})[0]
    assert summarise([after])[0] == summarise([before])[0] and list(summarise([after])[1]) == ["85"]
