"""The floor under a walk, and eyes at their height above it."""

import numpy as np
import pytest
import torch
from memory_worlds import fresh

from spatialmem.splats import Splats
from spatialmem.studio.walk import EYE_HEIGHT, find_ground

UP = np.array([0.0, 0.0, 1.0])


def surface(low: tuple[float, float], high: tuple[float, float], height: float, *, count: int = 3_000) -> Splats:
    """Level Gaussians over a rectangle at `height`."""
    generator = torch.Generator().manual_seed(5)
    points = torch.zeros(count, 3)
    points[:, :2] = torch.tensor(low) + torch.rand(count, 2, generator=generator) * (torch.tensor(high)
                                                                                   - torch.tensor(low))
    points[:, 2] = height
    splats = fresh(points)
    splats.scales[:, 2] = 1e-3
    return splats


def path(*places: tuple[float, float, float]) -> np.ndarray:
    return np.array(places, dtype=np.float64)


def test_eyes_are_as_high_as_the_keyframes_were() -> None:
    ground = find_ground(surface((-5, -5), (5, 5), -0.4), path((0, 0, 0.9), (1, 0, 0.9), (2, 0, 0.9)), UP)
    assert ground.seen
    assert ground.eye_height == pytest.approx(1.3)
    assert ground.standing(np.array([0.5, 0.3, 7.0]), 1.1) == pytest.approx([0.5, 0.3, 0.7])


@pytest.mark.parametrize("axis, sign", [(0, 1), (1, -1), (2, -1)])
def test_any_axis_may_be_up(axis: int, sign: int) -> None:
    order = [(axis + 1) % 3, (axis + 2) % 3, axis]
    floor = surface((-5, -5), (5, 5), -0.4)
    turned = fresh(torch.zeros(len(floor), 3))
    turned.means[:, order] = floor.means * torch.tensor([1.0, 1.0, float(sign)])
    turned.scales[:, order] = floor.scales
    up = np.zeros(3)
    up[axis] = sign
    ground = find_ground(turned, 0.9 * up[None], up)
    assert ground.eye_height == pytest.approx(1.3)


def test_a_table_is_no_floor() -> None:
    room = Splats.concat([surface((-4, -4), (4, 4), 0.0), surface((-0.3, -0.3), (0.3, 0.3), 0.75, count=400)])
    assert find_ground(room, path((0, 0, 1.5)), UP).floor(np.zeros(3)) == pytest.approx(0.0)


def test_walls_are_no_floor() -> None:
    walls = surface((-1, -1), (1, 1), 0.0)
    walls.scales[:] = torch.tensor([1e-3, 0.02, 0.02])
    ground = find_ground(walls, path((0, 0, 1.5)), UP)
    assert not ground.seen
    assert (ground.eye_height, ground.floor(np.zeros(3))) == (EYE_HEIGHT, pytest.approx(1.5 - EYE_HEIGHT))


def test_a_floor_that_was_only_seen_ahead_counts() -> None:
    ground = find_ground(surface((-1, 1.8), (1, 3), 0.0), path((0, 0, 1.2)), UP)
    assert ground.seen and ground.eye_height == pytest.approx(1.2)


def test_the_floor_follows_the_walk_up_a_step() -> None:
    stairs = Splats.concat([surface((-4, -2), (0, 2), 0.0), surface((0, -2), (4, 2), 1.0)])
    ground = find_ground(stairs, path((-3, 0, 1.6), (-2, 0, 1.6), (2, 0, 2.6), (3, 0, 2.6)), UP)
    assert ground.floor(np.array([-2.5, 0, 0])) == pytest.approx(0.0, abs=0.01)
    assert ground.floor(np.array([2.5, 0, 0])) == pytest.approx(1.0, abs=0.01)
    assert 0.0 <= ground.floor(np.array([0.0, 0, 0])) <= 1.0


@pytest.mark.parametrize("height", [0.45 - 0.1, 9.0])
def test_who_flies_or_creeps_gets_usual_eyes(height: float) -> None:
    ground = find_ground(surface((-9, -9), (9, 9), 0.0), path((0, 0, height)), UP)
    assert ground.eye_height == EYE_HEIGHT


def test_an_empty_world_lets_one_stand_where_one_is() -> None:
    ground = find_ground(Splats.empty(), np.zeros((0, 3)), UP)
    assert ground.standing(np.array([1.0, 2.0, 3.0]), EYE_HEIGHT) == pytest.approx([1.0, 2.0, 3.0])
