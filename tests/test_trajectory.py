"""Camera paths: laws that every named path keeps, closed answers, files and refusals."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import RecordingError, TrajectoryError
from spatialmem.posefiles.cameras_json import write_cameras
from spatialmem.poses import check_rigid, look_at, rotation_angle
from spatialmem.trajectory.named import axis, names, trajectory
from spatialmem.trajectory.paths import PATHS, PathOptions
from spatialmem.trajectory.walks import WALKS

CLOSED = ("orbit", "turn", "loop", "out-and-back")
UPS = ("+Z", "-Y", "+Y", "-X")


def start_camera(up: str = "+Z", azimuth: float = 0.4, pitch: float = -0.3) -> Cameras:
    """One camera without roll that looks along `azimuth`, `pitch` radians above the horizon."""
    z = axis(up)
    x = axis("+X" if up[1] != "X" else "+Y")
    y = torch.linalg.cross(z, x)
    view = math.cos(pitch) * (math.cos(azimuth) * x + math.sin(azimuth) * y) + math.sin(pitch) * z
    eye = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    return Cameras(pinhole(1.2, 24, 32)[None], look_at(eye, eye + view, z)[None], 24, 32)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(PATHS)), st.sampled_from(UPS), st.integers(1, 80),
       st.floats(-3, 3), st.floats(-1.4, 1.4))
def test_every_path_is_rigid_level_even_and_starts_at_the_start(name, up, frames, azimuth, pitch):
    start = start_camera(up, azimuth, pitch)
    path = trajectory(name, start=start, up=up, frames=frames)
    assert len(path) == frames
    assert (path.height, path.width) == (24, 32)
    check_rigid(path.T_world_cam)
    torch.testing.assert_close(path.T_world_cam[:1], start.T_world_cam, rtol=0, atol=0)
    torch.testing.assert_close(path.K, start.K.expand(frames, 3, 3), rtol=0, atol=0)
    z = axis(up)
    assert (path.T_world_cam[:, :3, 0] @ z).abs().max() < 1e-12  # the image's x axis stays horizontal
    assert (path.centres @ z - start.centres @ z).abs().max() < 1e-12
    lengths = (path.centres[1:] - path.centres[:-1]).norm(dim=1)
    if name == "out-and-back" and frames % 2 == 0:
        lengths = torch.cat([lengths[: frames // 2 - 1], lengths[frames // 2 :]])  # the held farthest pose
    if len(lengths):
        assert lengths.max() - lengths.min() < 1e-12


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("frames", [2, 3, 16, 33])
def test_closed_paths_end_in_exactly_the_first_view(name, frames):
    path = trajectory(name, start=start_camera(), up="+Z", frames=frames)
    assert torch.equal(path.T_world_cam[-1], path.T_world_cam[0])


@pytest.mark.parametrize("frames", [16, 17])
def test_out_and_back_revisits_every_pose(frames):
    T = trajectory("out-and-back", start=start_camera(), up="+Z", frames=frames).T_world_cam
    assert torch.equal(T, T.flip(0))
    assert (T[0, :3, 3] - T[frames // 2, :3, 3]).norm() == pytest.approx(0.05 * ((frames - 1) // 2))


def test_loop_really_leaves():
    path = trajectory("loop", start=start_camera(pitch=0.0), up="+Z", frames=41)
    away = (path.centres - path.centres[0]).norm(dim=1)
    assert int(away.argmax()) == 20
    assert float(away.max()) == pytest.approx(0.05 / math.sin(math.pi / 40))
    assert float(rotation_angle(path.T_world_cam[0], path.T_world_cam[20])) == pytest.approx(math.pi)
    assert (path.centres[1:] - path.centres[:-1]).norm(dim=1).tolist() == pytest.approx([0.05] * 40)


def test_forward_goes_where_the_camera_faces_and_turn_goes_left():
    start = start_camera("-Y", pitch=0.0)
    T = trajectory("forward", start=start, up="-Y", frames=5, options=PathOptions(step=0.2)).T_world_cam
    torch.testing.assert_close(T[4, :3, 3] - T[0, :3, 3], 0.8 * T[0, :3, 2])
    quarter = trajectory("turn", start=start, up="-Y", frames=2, options=PathOptions(sweep=90)).T_world_cam
    torch.testing.assert_close(quarter[1, :3, 2], -quarter[0, :3, 0])  # now faces what was left
    assert torch.equal(quarter[1, :3, 3], quarter[0, :3, 3])


def test_orbit_faces_its_centre():
    start = start_camera(pitch=0.0)
    centre = start.centres[0] + 2.0 * start.T_world_cam[0, :3, 2]
    T = trajectory("orbit", start=start, up="+Z", frames=9, options=PathOptions(radius=2.0)).T_world_cam
    torch.testing.assert_close(T[:, :3, 3] + 2.0 * T[:, :3, 2], centre.expand(9, 3))


def test_lawnmower_covers_lanes_side_by_side():
    start = start_camera(pitch=0.0)
    options = PathOptions(step=0.5, lane=1.0, spacing=0.5)
    path = trajectory("lawnmower", start=start, up="+Z", frames=8, options=options)
    moved = (path.centres - path.centres[0]) @ start.T_world_cam[0, :3, [2, 0]]
    wanted = [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [0.5, 0.5], [0, 0.5], [0, 1], [0.5, 1]]
    torch.testing.assert_close(moved, torch.tensor(wanted, dtype=torch.float64))


@pytest.mark.parametrize("pitch", [math.pi / 2, -math.pi / 2])
def test_straight_up_or_down_still_has_a_heading(pitch):
    level = start_camera(pitch=0.0).T_world_cam[0]
    tilt = torch.eye(4, dtype=torch.float64)
    tilt[1:3, 1:3] = torch.tensor([[math.cos(pitch), -math.sin(pitch)], [math.sin(pitch), math.cos(pitch)]])
    start = Cameras(pinhole(1.2, 24, 32)[None], (level @ tilt)[None], 24, 32)
    path = trajectory("forward", start=start, up="+Z", frames=2)
    torch.testing.assert_close(path.centres[1] - path.centres[0], 0.05 * level[:3, 2])


def test_recorded_and_files(tmp_path: Path):
    start = start_camera()
    own = trajectory("loop", start=start, up="+Z", frames=6)
    same = trajectory("recorded", start=start, up="+Z", recorded=own)
    assert torch.equal(same.T_world_cam, own.T_world_cam)
    assert len(trajectory("recorded", start=start, up="+Z", recorded=own, frames=4)) == 4
    write_cameras(tmp_path / "path.json", own.resized(48, 64), up="+Z")
    back = trajectory(tmp_path / "path.json", start=start, up="+Z")
    assert torch.equal(back.T_world_cam, own.T_world_cam)
    torch.testing.assert_close(back.K, own.K)  # brought to the start's size


@pytest.mark.parametrize(("change", "match"), [
    ({"name_or_file": "spiral"}, "known are forward, orbit"),
    ({"name_or_file": "x" * 9000}, "neither known nor a file"),
    ({"name_or_file": "recorded"}, "--generator recorded"),
    ({"frames": 0}, "frames must be 1"),
    ({"up": "Z"}, "signed axis"),
])
def test_refusals(change, match):
    request = {"name_or_file": "loop", "start": start_camera(), "up": "+Z", "frames": 3} | change
    with pytest.raises(TrajectoryError, match=match):
        trajectory(**request)


def test_more_frames_than_recorded_and_bad_options_are_refused(tmp_path: Path):
    start = start_camera()
    with pytest.raises(TrajectoryError, match="has 1 frames, 5 were asked for"):
        trajectory("recorded", start=start, up="+Z", recorded=start, frames=5)
    with pytest.raises(TrajectoryError, match="step must be a positive"):
        PathOptions(step=math.nan)
    with pytest.raises(TrajectoryError, match="sweep must be a finite"):
        PathOptions(sweep=math.inf)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(RecordingError, match=r"bad\.json: is not strict JSON"):
        trajectory(tmp_path / "bad.json", start=start, up="+Z")


def test_names_lists_all():
    assert {*PATHS, *WALKS, "recorded"} == set(names())
    assert set(WALKS) == {"tour", "revisit", "random-walk"}
    assert set(PATHS) == {"forward", "orbit", "turn", "out-and-back", "loop", "lawnmower"}
