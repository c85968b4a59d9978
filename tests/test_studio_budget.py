"""Which cells are drawn whole and which thinned: laws of the choice, and what thinning keeps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import fresh

from spatialmem.errors import InvalidValueError
from spatialmem.memory.cellfile import Extent
from spatialmem.splats import Splats
from spatialmem.studio.budget import MOST_CELLS, choose, nearest_first, thin

ORIGIN = np.zeros((1, 3))


def cube(x: float, y: float = 0.0, edge: float = 1.0) -> Extent:
    return Extent((x, y, 0.0), (x + edge, y + edge, edge), 0.05)


def patch(count: int, seed: int = 0) -> Splats:
    """Random Gaussians within a square metre of the plane z = 2."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(count, 3, generator=generator)
    points[:, 2] = 2.0
    return fresh(points, torch.rand(count, 3, generator=generator))


def coverage(splats: Splats) -> float:
    """Opacity times area, summed."""
    return float((splats.opacities * splats.scales.topk(2, dim=1).values.prod(dim=1)).sum())


cells = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.integers(1, 20_000)), min_size=1, max_size=40)


@settings(deadline=None)
@given(cells, st.integers(1, 200_000))
def test_a_choice_keeps_to_the_budget_and_to_what_is_there(found: list[tuple[float, float, int]], budget: int) -> None:
    counts = [count for _, _, count in found]
    keep = choose([cube(x, y) for x, y, _ in found], counts, ORIGIN, budget)
    assert keep.sum() <= budget
    assert (keep >= 0).all() and (keep <= counts).all()
    if sum(counts) <= budget:
        assert keep.tolist() == counts


@settings(deadline=None)
@given(st.integers(100, 30_000))
def test_of_equal_cells_the_nearer_never_gets_less(budget: int) -> None:
    keep = choose([cube(2.0 * i) for i in range(12)], [5_000] * 12, ORIGIN, budget)
    assert keep.tolist() == sorted(keep.tolist(), reverse=True)


def test_what_is_near_is_whole_and_what_is_far_is_thinned() -> None:
    keep = choose([cube(0.5), cube(4.0), cube(40.0)], [10_000] * 3, ORIGIN, 20_000)
    assert keep[0] == 10_000
    assert 0 < keep[2] < keep[1] <= 10_000


def test_most_of_the_budget_is_used() -> None:
    keep = choose([cube(2.0 * i) for i in range(1, 30)], [10_000] * 29, ORIGIN, 100_000)
    assert keep.sum() > 65_000


def test_a_small_move_changes_few_cells() -> None:
    boxes, counts = [cube(2.0 * i, 2.0 * j) for i in range(12) for j in range(12)], [3_000] * 144
    before = choose(boxes, counts, np.array([[12.0, 12.0, 1.0]]), 100_000)
    after = choose(boxes, counts, np.array([[12.3, 12.0, 1.0]]), 100_000)
    assert (before != after).mean() < 0.25


def test_every_viewer_counts() -> None:
    boxes = [cube(0.0), cube(50.0), cube(100.0)]
    keep = choose(boxes, [10_000] * 3, np.array([[0.5, 0.5, 0.5], [100.5, 0.5, 0.5]]), 21_000)
    assert keep[0] == keep[2] == 10_000
    assert keep[1] < 1_500


def test_cells_beyond_what_a_page_takes_are_left_out() -> None:
    count = MOST_CELLS + 200
    keep = choose([cube(1.0 * i) for i in range(count)], [40] * count, ORIGIN, 10_000_000)
    assert (keep > 0).sum() == MOST_CELLS
    assert (keep[:MOST_CELLS] == 40).all()


def test_the_nearest_cell_is_sent_first() -> None:
    order = nearest_first([cube(30.0), cube(-0.5), cube(5.0)], ORIGIN)
    assert order.tolist() == [1, 2, 0]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 600), st.integers(1, 600), st.integers(0, 9))
def test_thinning_keeps_to_its_number_and_to_the_box(count: int, keep: int, seed: int) -> None:
    whole = patch(count, seed)
    kept = thin(whole, keep, np.zeros(3))
    assert 1 <= len(kept) <= max(keep, 1)
    if keep >= count:
        assert kept is whole
    places = {tuple(row) for row in whole.means.tolist()}
    assert all(tuple(row) in places for row in kept.means.tolist())


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1])
def test_thinned_surfaces_stay_as_covered_and_as_coloured(share: float) -> None:
    whole = patch(4_000)
    kept = thin(whole, int(share * len(whole)), np.array([0.5, 0.5, -3.0]))
    assert len(kept) > 0.9 * share * len(whole)
    assert coverage(kept) == pytest.approx(coverage(whole), rel=0.02)
    torch.testing.assert_close(kept.colors.mean(dim=0), whole.colors.mean(dim=0), atol=0.02, rtol=0)
    assert kept.scales.amin(dim=1).max() == whole.scales.amin(dim=1).max()


def test_thinning_leaves_no_part_of_a_surface_bare() -> None:
    kept = thin(patch(8_000), 400, np.array([0.5, 0.5, -3.0]))
    tiles = (kept.means[:, :2] * 8).long().clamp(0, 7)
    assert len({tuple(tile) for tile in tiles.tolist()}) == 64


def test_the_largest_of_a_neighbourhood_stays() -> None:
    whole = patch(100)
    whole.scales[37, :2] *= 10
    assert tuple(whole.means[37].tolist()) in {tuple(row) for row in thin(whole, 5, np.zeros(3)).means.tolist()}


def test_far_giants_do_not_starve_what_is_near() -> None:
    near, far = patch(1_000), patch(1_000, seed=1)
    far.means[:, 2] = 200.0
    far.scales[:] *= 100
    kept = thin(Splats.concat([near, far]), 500, np.zeros(3))
    assert (kept.means[:, 2] < 3).sum() > 200


@pytest.mark.parametrize("budget, eyes", [(0, ORIGIN), (10, np.zeros((0, 3)))])
def test_a_choice_needs_a_budget_and_an_eye(budget: int, eyes: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="budget and at least one eye"):
        choose([cube(0.0)], [10], eyes, budget)


def test_keeping_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="at least one Gaussian"):
        thin(patch(10), 0, np.zeros(3))
