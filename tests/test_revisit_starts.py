"""Routes in worlds: clear all along, something to see, the same again, and refusals."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from spatialmem.errors import TrajectoryError
from spatialmem.generators.scene.generator import Scene
from spatialmem.generators.worlds.worded import worded
from spatialmem.poses import look_at
from spatialmem.revisit.protocol import Protocol, protocol
from spatialmem.revisit.standing import CLEARANCE, standing_places
from spatialmem.revisit.starts import FARTHEST, NEAREST, SCALES, fit

ROOM = Path(__file__).resolve().parents[1] / "examples" / "data" / "room.glb"


class Box:
    """An empty room around the origin, `half` metres to each wall, its floor 1.5 m below."""

    def __init__(self, *half: float) -> None:
        self.low, self.high = -np.array([*half, 1.5]), np.array([*half, 1.2])

    def distance(self, eye: np.ndarray, way: np.ndarray) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(way > 0, (self.high - eye) / way, (self.low - eye) / way)
        return float(np.nanmin(np.where(way == 0, np.inf, far)))


class Nothing:
    def distance(self, eye: np.ndarray, way: np.ndarray) -> float:
        return math.inf


class Plain:
    """Flat ground for ever."""

    def distance(self, eye: np.ndarray, way: np.ndarray) -> float:
        return float(eye[2] / -way[2]) or math.inf if way[2] < 0 else math.inf


def home() -> torch.Tensor:
    eye = torch.zeros(3, dtype=torch.float64)
    return look_at(eye, torch.tensor([1.0, 0, 0], dtype=torch.float64), torch.tensor([0, 0, 1.0], dtype=torch.float64))


def few(name: str, routes: int) -> Protocol:
    whole = protocol(name)
    return msgspec.structs.replace(whole, routes=whole.routes[:routes])


@pytest.mark.parametrize("half, scales", [((4.0, 3.0), {1.0}), ((1.5, 1.3), {1.0, 0.75, 0.5, 0.35})])
def test_routes_stay_clear_of_the_walls_of_a_room(half, scales):
    room = Box(*half)
    placed = fit(few("closed-loop", 6), room, home(), seed=3)
    assert {each.scale for each in placed} <= scales
    for each in placed:
        centres = each.cameras().centres.numpy()
        room_left = np.minimum(centres - room.low, room.high - centres).min()
        assert room_left >= CLEARANCE - 0.02
        assert each.start.T_world_cam[0, 2, 2].abs() < 1e-12  # level
    starts = np.stack([each.start.centres[0].numpy() for each in placed])
    assert len({tuple(start) for start in starts}) == len(starts)


def test_small_rooms_get_small_routes_and_large_ones_the_largest():
    small = fit(few("closed-loop", 3), Box(2.5, 0.7), home(), seed=0)
    assert max(each.scale for each in small) < 1
    assert {each.scale for each in fit(few("closed-loop", 3), Box(3, 3), home(), seed=0)} == {SCALES[0]}


def test_equal_seeds_give_equal_places_and_others_others():
    def starts(seed: int, routes: int = 4) -> torch.Tensor:
        return torch.cat([each.start.T_world_cam for each in fit(few("reverse", routes), Box(3, 3), home(), seed=seed)])

    assert torch.equal(starts(1), starts(1))
    assert not torch.equal(starts(1), starts(2))
    assert torch.equal(starts(1)[:2], starts(1, routes=2))  # fewer routes stay where they are


def test_places_are_apart_above_the_floor_and_with_room():
    room = Box(3, 2)
    places = standing_places(room, home(), seed=0)
    eyes = np.stack([place.eye for place in places])
    assert len(eyes) >= 12
    assert (eyes[0] == 0).all()
    np.testing.assert_allclose(eyes[:, 2], 0, atol=1e-12)
    gaps = np.linalg.norm(eyes[:, None] - eyes[None], axis=2) + 9 * np.eye(len(eyes))
    assert gaps.min() >= 0.6
    assert (np.minimum(eyes - room.low, room.high - eyes).min(1) >= CLEARANCE - 1e-9).all()
    # a bearing between two rays is no more open than the nearer of both
    middle = np.array([0.3, 2.9, -1.0])
    truth = [room.distance(eyes[1], np.array([math.cos(a), math.sin(a), 0])) for a in middle]
    assert (places[1].open(middle) <= np.array(truth) + 0.12).all()


def test_worlds_without_room_or_without_anything_are_refused():
    with pytest.raises(TrajectoryError, match="has no floor below it"):
        fit(few("gaps", 1), Nothing(), home(), seed=0)
    with pytest.raises(TrajectoryError, match=r"route '01-left-along' of protocol 'closed-loop' fits nowhere"):
        fit(few("closed-loop", 2), Box(0.5, 0.5), home(), seed=0)
    with pytest.raises(TrajectoryError, match="fits nowhere"):
        standing = home()
        standing[2, 3] = 1.5
        fit(few("look-away", 1), Plain(), standing, seed=0)  # room enough, but nothing to see but the ground


def check(scene: Scene, name: str, routes: int) -> None:
    """The cameras see what they should, and nothing stands in their way."""
    for each in fit(few(name, routes), scene.surfaces, scene.start_pose(), seed=0):
        cameras = each.cameras()
        view = scene.truth(cameras[[each.route.pairs[0].first]].resized(12, 16)).depth
        assert ((view > NEAREST * 0.7) & (view < FARTHEST)).float().mean() > 0.6
        along = scene.truth(cameras[:: max(1, len(cameras) // 30)].resized(9, 12)).depth
        assert along[along > 0].min() > 0.2
        steps = cameras.centres[1:] - cameras.centres[:-1]
        for eye, step in zip(cameras.centres.numpy(), steps.numpy(), strict=False):
            length = float(np.linalg.norm(step))
            if length > 0:
                assert scene.surfaces.distance(eye, step / length) > length


@pytest.mark.parametrize("name", ["closed-loop", "mirror", "gaps"])
def test_routes_fit_in_the_example_room(name):
    check(Scene(ROOM), name, 12 if name != "gaps" else 4)


def test_routes_fit_in_a_house(shared_data):
    check(Scene(shared_data / "aws_small_house" / "small_house.glb"), "long-loop", 6)


def test_routes_fit_in_a_grown_home():
    world = worded("home, day, clear", seed=2)
    placed = fit(few("look-away", 1), world.surfaces, world.start_pose(), seed=0)
    assert [each.scale for each in placed] == [1.0]
