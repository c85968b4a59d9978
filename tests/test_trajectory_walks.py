"""Walks: laws that every walk keeps in any free space, closed answers of their parts, and refusals."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import TrajectoryError
from spatialmem.freespace import sights
from spatialmem.poses import check_rigid, look_at, rotation_angle
from spatialmem.trajectory.ground import Ground, densified
from spatialmem.trajectory.heights import Heights
from spatialmem.trajectory.legs import Stand
from spatialmem.trajectory.named import trajectory
from spatialmem.trajectory.pace import TURNING, WALKING, Pace
from spatialmem.trajectory.paths import PathOptions
from spatialmem.trajectory.smooth import line_through
from spatialmem.trajectory.tour import Tour
from spatialmem.trajectory.walks import WALKS
from tests.free_spaces import Drawn, closet, plain, two_rooms

SPACES = {"two rooms": two_rooms(), "plain": plain(), "closet": closet()}
STARTS = {"two rooms": (1.33, 3.02), "plain": (-1.97, 2.03), "closet": (0.25, 0.15)}


def start_camera(x: float, y: float, azimuth: float = 0.7, pitch: float = -0.1) -> Cameras:
    eye = torch.tensor([x, y, 1.4], dtype=torch.float64)
    view = torch.tensor([math.cos(azimuth), math.sin(azimuth), math.tan(pitch)], dtype=torch.float64)
    pose = look_at(eye, eye + view, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
    return Cameras(pinhole(1.2, 24, 32)[None], pose[None], 24, 32)


def walked(name: str, where: str = "two rooms", **asked: object) -> Cameras:
    return trajectory(name, start=start_camera(*STARTS[where]), up="+Z", free_space=SPACES[where],
                      options=PathOptions(rate=25), **asked)  # type: ignore[arg-type]


def is_free(space: Drawn, points: NDArray) -> bool:
    cells = np.floor(points[:, :2] / space.cell).astype(int)
    return all(space.free((i, j), (i + 1, j + 1))[0, 0] for i, j in cells.tolist())


def turns(path: Cameras) -> torch.Tensor:
    return rotation_angle(path.T_world_cam[:-1], path.T_world_cam[1:])


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(WALKS), st.sampled_from(sorted(SPACES)), st.integers(2, 400), st.integers(0, 5),
       st.sampled_from((10.0, 25.0, 60.0)))
@example("tour", "closet", 3, 0, 60.0)  # a step so short that its line has only its two ends
def test_every_walk_is_free_level_and_as_fast_as_people_are(name, where, frames, seed, rate):
    space, start = SPACES[where], start_camera(*STARTS[where])
    path = trajectory(name, start=start, up="+Z", frames=frames, free_space=space, seed=seed,
                      options=PathOptions(rate=rate))
    assert len(path) == frames
    check_rigid(path.T_world_cam)
    assert torch.equal(path.T_world_cam[0], start.T_world_cam[0])
    assert is_free(space, path.centres.numpy())
    assert path.T_world_cam[:, 2, 0].abs().max() < 1e-12  # the image's x axis stays horizontal
    assert (path.T_world_cam[:, 2, 2] - start.T_world_cam[0, 2, 2]).abs().max() < 1e-12  # as does the tilt
    steps = (path.centres[1:] - path.centres[:-1])[:, :2].norm(dim=1)
    assert steps.max() <= WALKING / rate + 1e-9
    assert turns(path).max() <= TURNING / rate + 1e-6


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(sorted(SPACES)), st.integers(1, 400), st.integers(0, 5))
def test_a_tour_ends_in_exactly_the_first_view_and_does_not_stand_about(where, frames, seed):
    path = walked("tour", where, frames=frames, seed=seed)
    assert torch.equal(path.T_world_cam[-1], path.T_world_cam[0])
    if frames > 20:
        steps = (path.centres[1:] - path.centres[:-1]).norm(dim=1)
        resting = (steps < 1e-4) & (turns(path) < 1e-4)
        assert resting.float().mean() < 0.15


@pytest.mark.parametrize("frames", [16, 24, 48, 96])
@pytest.mark.parametrize("where", ["two rooms", "plain"])
@pytest.mark.parametrize("azimuth", [0.7, 2.4, -2.4, -0.7])
def test_a_short_tour_leaves_its_start_and_comes_back(where, frames, azimuth):
    space, start = SPACES[where], start_camera(*STARTS[where], azimuth)
    path = trajectory("tour", start=start, up="+Z", frames=frames, free_space=space)
    assert len(path) == frames
    assert torch.equal(path.T_world_cam[-1], start.T_world_cam[0])
    assert torch.equal(path.T_world_cam[0], start.T_world_cam[0])
    assert is_free(space, path.centres.numpy())
    away = (path.centres - path.centres[0])[:, :2].norm(dim=1)
    assert away.max() > 0.5
    assert (path.centres[1:] - path.centres[:-1])[:, :2].norm(dim=1).max() <= WALKING / 10 + 1e-9
    assert turns(path).max() <= TURNING / 10 + 1e-6


def test_a_walk_out_and_back_returns_through_the_same_poses_and_farther_in_more_frames():
    farthest = []
    for frames in (17, 25, 41):
        tour = Tour(SPACES["plain"], Stand(*STARTS["plain"], 0.7), frames, Pace.of(10), seed=0)
        assert not tour.stops
        np.testing.assert_allclose(tour.motion.points[::-1], tour.motion.points, atol=1e-12)
        np.testing.assert_allclose(tour.motion.yaw[::-1], tour.motion.yaw, atol=1e-12)
        farthest.append(np.hypot(*(tour.motion.points - tour.motion.points[0]).T).max())
    assert farthest == sorted(farthest) and farthest[0] > 0.5 and farthest[-1] > 1.4


@pytest.mark.parametrize("frames", [800, 2000])
def test_a_tour_passes_every_place_that_it_names_again_and_again(frames):
    space, pace = SPACES["two rooms"], Pace.of(25)
    tour = Tour(space, Stand(*STARTS["two rooms"], 0.0), frames, pace, seed=1)
    names = {stop.name for stop in tour.stops} - {"spot"}
    assert names == {"west", "east", "north"} if frames > 1000 else names  # nobody can stand in the pillar
    for stop in tour.stops:
        assert np.hypot(*(tour.motion.points - (stop.x, stop.y)).T).min() < 0.01


def test_a_tour_wastes_no_time_where_there_is_room():
    path = walked("tour", "plain", frames=600)
    moving = (path.centres[1:] - path.centres[:-1])[:, :2].norm(dim=1)
    assert float((path.centres - path.centres[0]).norm(dim=1).max()) > 5
    assert 12 < float(moving.sum()) < 30


@pytest.mark.parametrize(("asked", "frames", "gap", "count"), [
    ("revisit:70", 150, 70, 150), ("revisit:70", None, 70, 118), ("revisit", 120, 90, 120), ("revisit", None, 225, 300),
    ("revisit:1", 3, 1, 3)])
def test_revisit_repeats_its_beginning_after_the_gap(asked, frames, gap, count):
    path = walked(asked, frames=frames)
    assert len(path) == count
    assert torch.equal(path.T_world_cam[gap:], path.T_world_cam[:-gap])
    if gap > 60:
        assert turns(path)[:gap].sum() > 1  # it looked elsewhere in between


def test_a_random_walk_goes_on_and_a_longer_one_begins_with_a_shorter_one():
    short, long = walked("random-walk", "plain", frames=150), walked("random-walk", "plain", frames=700)
    assert torch.equal(long.T_world_cam[:150], short.T_world_cam)
    cells = {(round(x), round(y)) for x, y in long.centres[:, :2].tolist()}
    assert len(cells) > 14


@pytest.mark.parametrize("name", ["tour", "random-walk"])
def test_the_seed_decides(name):
    one, same, other = (walked(name, "plain", frames=300, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.T_world_cam, same.T_world_cam)
    assert not torch.equal(one.T_world_cam, other.T_world_cam)


def test_walls_are_kept_away_from_where_there_is_room():
    corridor = Drawn(lambda x, y: (np.abs(y) < 0.8) & (np.abs(x) < 9))
    ground = Ground(corridor, -4.05, 0.55, 10)
    way = ground.ways(ground.middle).to(ground.at(4.05, -0.65))
    line = line_through(ground, way)
    assert abs(line.points[(line.along > 2) & (line.along < 6), 1]).max() < 0.3
    assert line.length < 8.6
    assert ground.is_clear(line.points).all()
    np.testing.assert_allclose(line.points[[0, -1]], [[-4.05, 0.55], [4.05, -0.65]])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_easiest_ways_are_the_same_there_and_back_and_lines_stay_clear(seed):
    chance = np.random.default_rng(seed)
    grid = chance.random((24, 24)) > 0.15
    grid[12, 12] = True
    space = Drawn(lambda x, y: grid[np.floor(y * 10).astype(int) % 24, np.floor(x * 10).astype(int) % 24])
    ground = Ground(space, 1.25, 1.25, 1.15)
    ways = ground.ways(ground.middle)
    ends = np.argwhere(np.isfinite(ways.effort) & (ways.effort > 0))
    if not len(ends):
        return
    end = tuple(ends[chance.integers(len(ends))].tolist())
    assert ground.ways(end).effort[ground.middle] == pytest.approx(ways.effort[end])
    way = ways.to(end)
    assert np.abs(np.diff(way, axis=0)).max() < 0.1001
    line = line_through(ground, way)
    assert is_free(space, line.points)
    assert ground.strain(densified(line.points, 0.02)).sum() < 1.3 * ways.effort[end] + 0.1


@given(st.floats(0.05, 30), st.floats(5, 60))
def test_walking_straight_takes_as_long_as_the_pace_says(length, rate):
    pace = Pace.of(rate)
    ground = Ground(Drawn(lambda x, y: np.ones(np.broadcast(x, y).shape, bool)), 0.05, 0.05, 1)
    motion = pace.walk(line_through(ground, np.array([[0.0, 0.0], [length, 0.0]])))
    steps = np.diff(motion.points[:, 0], prepend=0.0)
    assert steps.max() <= pace.step * (1 + 1e-9)
    assert np.abs(np.diff(steps)).max(initial=0) <= pace.push * 1.01 + 1e-9
    if length > 2 * pace.step**2 / pace.push:
        assert len(motion) == pytest.approx(float(pace.frames_to_walk(np.array(length))), abs=2)


@given(st.floats(-7, 7), st.floats(5, 60))
def test_turning_takes_as_long_as_the_pace_says(angle, rate):
    pace = Pace.of(rate)
    motion = pace.rotate(np.zeros(2), 1.0, 1.0 + angle)
    if abs(angle) < 0.01:
        return
    assert motion.yaw[-1] == 1.0 + angle
    assert np.abs(np.diff(motion.yaw, prepend=1.0)).max() <= pace.turn * (1 + 1e-9)
    assert len(motion) == pytest.approx(float(pace.frames_to_turn(np.array(abs(angle)))), abs=2)
    assert pace.frames_to_turn(np.array(pace.angle_within(len(motion)))) <= len(motion) + 1e-6


def test_kerbs_are_slopes():
    path = walked("random-walk", "plain", frames=900, seed=3)
    heights = path.centres[:, 2]
    assert (heights.max() - heights.min()).item() == pytest.approx(0.1, abs=1e-3)
    assert (heights[1:] - heights[:-1]).abs().max() < 0.025
    far = path.centres[:, 0].abs() > 1.2
    assert {round(float(h), 3) for h in heights[far]} == {1.4, 1.3}


def test_heights_do_not_depend_on_who_asks_first():
    points = np.array([[-0.3, 6.38], [0.12, 6.45], [0.0, -0.02]])
    one, other = Heights(plain()), Heights(plain())
    np.testing.assert_array_equal(one.along(points), other.along(points[::-1])[::-1])


def test_sights_end_at_walls():
    far = sights(two_rooms(), 1.0, 3.0, np.array([math.pi, 0.0, math.pi / 2, -math.pi / 2]), 3.0)
    np.testing.assert_allclose(far, [1.0, 3.0, 1.0, 3.0], atol=0.11)


@pytest.mark.parametrize(("change", "match"), [
    ({"free_space": None}, "which the generator 'procedural' offers"),
    ({"up": "-Y"}, "with \\+Z up"),
    ({"start": start_camera(5.2, 0.55)}, r"stands in the way \(the nearest free point is \(4\.95, 0\.55\)"),
    ({"start": start_camera(99.0, 99.0)}, "something stands in the way; choose"),
    ({"name_or_file": "revisit:200"}, "with a gap of 200 frames, 9 frames see nothing again"),
    ({"name_or_file": "revisit:soon"}, "expected revisit:GAP"),
    ({"name_or_file": "revisit:9000000", "frames": None}, "expected revisit:GAP"),
    ({"name_or_file": "tour:3"}, "expected revisit:GAP"),
    ({"frames": 0}, "frames must be 1"),
])
def test_refusals(change, match):
    request = {"name_or_file": "tour", "start": start_camera(1.0, 3.0), "up": "+Z", "frames": 9,
               "free_space": two_rooms()} | change
    with pytest.raises(TrajectoryError, match=match):
        trajectory(**request)
