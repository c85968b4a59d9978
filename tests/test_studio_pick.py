"""What a ray hits, and what is told of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import WALL, fresh, make_clip, make_world, walk, wall_frames

from spatialmem.errors import InvalidValueError
from spatialmem.memory.bank import Bank
from spatialmem.memory.cellfile import Extent
from spatialmem.render import render_splats
from spatialmem.splats import Splats
from spatialmem.studio.pick import boxes_hit, pick
from spatialmem.studio.provenance import describe, find, plain

AHEAD = torch.tensor([0.0, 0.0, 1.0])
START = torch.zeros(3)


def row_of(opacities: list[float], depths: list[float], scale: float = 0.02) -> Splats:
    """Gaussians on the z axis."""
    points = torch.tensor([[0.0, 0.0, z] for z in depths])
    splats = fresh(points)
    splats.opacities[:] = torch.tensor(opacities)
    splats.scales[:] = scale
    return splats


def test_the_first_opaque_one_is_hit_whatever_the_order() -> None:
    hit = pick(row_of([0.9, 0.9, 0.9], [5.0, 2.0, 3.0]), START, AHEAD)
    assert hit is not None
    assert (hit.row, hit.distance) == (1, pytest.approx(2.0))


@pytest.mark.parametrize("opacities, expected", [([0.3, 0.3, 0.3], 1), ([0.1, 0.9, 0.9], 1), ([0.6, 0.9, 0.9], 0),
                                                 ([0.1, 0.3, 0.1], 1), ([0.04, 0.04, 0.005], None)])
def test_the_one_that_spends_the_light_is_hit(opacities: list[float], expected: int | None) -> None:
    hit = pick(row_of(opacities, [1.0, 2.0, 3.0]), START, AHEAD)
    assert (None if hit is None else hit.row) == expected


def test_misses_and_what_lies_behind_are_not_hit() -> None:
    assert pick(row_of([0.9], [-2.0]), START, AHEAD) is None
    assert pick(row_of([0.9], [2.0]), torch.tensor([0.5, 0.0, 0.0]), AHEAD) is None
    assert pick(Splats.empty(), START, AHEAD) is None


@settings(deadline=None)
@given(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2), st.floats(0.01, 100.0))
def test_a_flat_gaussian_is_hit_where_the_ray_meets_its_plane(x: float, y: float, length: float) -> None:
    splats = row_of([0.9], [2.0], scale=0.5)
    splats.scales[:, 2] = 1e-4
    direction = torch.tensor([x / 8, y / 8, 1.0], dtype=torch.float64)
    hit = pick(splats, START, length * direction)
    assert hit is not None
    assert hit.distance == pytest.approx(2.0 * float(direction.norm()), rel=1e-3)


def test_the_hit_lies_at_the_rendered_depth() -> None:
    cameras = walk(0, 1, height=48, width=64)
    splats = fresh(torch.rand(4_000, 3, generator=torch.Generator().manual_seed(3)) * 3 - 1.5)
    splats.means[:, 2] = WALL
    splats.scales[:] = torch.tensor([0.08, 0.08, 0.001])
    frames = render_splats(splats, cameras)
    assert frames.depth is not None
    ray = cameras.T_world_cam[0, :3, 2]
    hit = pick(splats, cameras.centres[0], ray)
    assert hit is not None
    assert hit.distance == pytest.approx(float(frames.depth[0, 24, 32]), rel=0.01)


@pytest.mark.parametrize("direction", [torch.zeros(3), torch.tensor([0.0, float("nan"), 1.0])])
def test_a_ray_without_direction_is_refused(direction: torch.Tensor) -> None:
    with pytest.raises(InvalidValueError, match="finite ray"):
        pick(row_of([0.9], [1.0]), START, direction)


def test_boxes_along_a_ray_come_nearest_first() -> None:
    boxes = [Extent((5.0, -1.0, -1.0), (6.0, 1.0, 1.0), 0.1), Extent((-0.5, -1.0, -1.0), (1.0, 1.0, 1.0), 0.1),
             Extent((2.0, 5.0, 0.0), (3.0, 6.0, 1.0), 0.1), Extent((-9.0, -1.0, -1.0), (-8.0, 1.0, 1.0), 0.1)]
    assert boxes_hit(boxes, np.zeros(3), np.array([1.0, 0.0, 0.0])).tolist() == [1, 0]
    assert boxes_hit(boxes, np.zeros(3), np.array([-1.0, 0.0, 0.0])).tolist() == [1, 3]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("pick") / "world", 3)


def test_a_click_tells_where_a_surface_came_from(world: Path) -> None:
    with Bank.open(world) as bank:
        target = bank.splats()[torch.arange(5, 6)]
        found = find(bank, torch.zeros(3), target.means[0])
        assert found is not None
        assert found.distance == pytest.approx(float(target.means[0].norm()), rel=0.05)
        assert found.commit == 1
        told = describe(found)
    assert "clip 1 (frames 0–1)" in told
    assert "wall 1, given by a recording" in told
    assert "“a wall”" in told
    assert "20.0 × 20.0 × 20.0 mm" in told


def test_a_click_into_the_void_finds_nothing(world: Path, tmp_path: Path) -> None:
    with Bank.open(world) as bank:
        assert find(bank, torch.zeros(3), torch.tensor([0.0, 0.0, -1.0])) is None
    with Bank.create(tmp_path / "empty", up="+Z") as bank:
        assert find(bank, torch.zeros(3), AHEAD) is None


def test_a_hidden_backdrop_is_not_hit(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "world", up="-Y") as bank:
        splats = row_of([0.9, 0.9], [2.0, 5.0], scale=0.2)
        splats.confidence[0] = 0
        bank.commit(make_clip(0, wall_frames(walk(0, 2))), cells=[], splats=splats)
        shown, hidden = find(bank, START, AHEAD), find(bank, START, AHEAD, backdrop=False)
    assert shown is not None and hidden is not None
    assert (shown.distance, hidden.distance) == (pytest.approx(2.0), pytest.approx(5.0))
    assert "(backdrop)" in describe(shown)
    assert "**Class**" not in describe(shown)
    labelled = replace(hidden, splat=replace(hidden.splat, labels=torch.tensor([9], dtype=torch.int32)))
    assert "**Class** | table" in describe(labelled)


def test_words_of_others_stay_words() -> None:
    assert plain("a <img src=x>\n{b} *c*") == r"a \<img src=x\> \{b\} \*c\*"
