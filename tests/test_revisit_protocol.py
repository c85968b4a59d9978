"""Protocols: what all that are published keep, their fingerprints, cutting, files, and refusals."""

import json
import math
import runpy
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import InvalidValueError, TrajectoryError
from spatialmem.poses import check_rigid, look_at, rotation_angle
from spatialmem.revisit.protocol import (
    Protocol,
    parse_protocol,
    protocol,
    protocol_names,
    protocol_text,
    read_protocol,
)
from spatialmem.revisit.route import Knot, Pair, Route, route_cameras
from spatialmem.trajectory.named import axis

ROOT = Path(__file__).resolve().parents[1]
FINGERPRINTS = {
    "closed-loop/1": "009f53da9b84cd6d8095119a7defb473",
    "gaps/1": "aaaf9aca916d3ebf0bd8848be170c698",
    "long-loop/1": "f5b8860ccd46fe486a138891d634154a",
    "look-away/1": "a7dd904428398f82f6d30d6aa6b7e86f",
    "mirror/1": "e0da895a9c162f6a461b5e0bab6e5c56",
    "novel-views/1": "af3a3f020808d6e7314b510543b393a3",
    "reverse/1": "49cadb975e898dc98b65cf8334057016",
    "there-and-back/1": "42cc76445fce9a84c5c27407db675a38",
}
FRAMES = {"closed-loop": 96, "gaps": 1258, "long-loop": 600, "look-away": 96, "mirror": 96, "novel-views": 201,
          "reverse": 128, "there-and-back": 96}
RETURNING = sorted(set(FRAMES) - {"novel-views"})


def route(**changes) -> Route:
    given = {"name": "one", "frames": 21, "knots": (Knot(0, 0, 0, 0, 0, 0), Knot(10, 1, 0.5, 0, 90, 5),
                                                    Knot(20, 0, 0, 0, 360, 0)), "pairs": (Pair(0, 20, 20),)}
    return Route(**{**given, **changes})


def small(**changes) -> Protocol:
    given = {"name": "mine", "version": 3, "about": "Mine.", "seed": 1, "size": (24, 32), "fov_degrees": 60.0,
             "fps": 8.0, "against": "first visit", "metrics": "1", "routes": (route(),)}
    return Protocol(**{**given, **changes})


def start_camera(up: str = "+Z", tilt: float = -0.2) -> Cameras:
    z = axis(up)
    x = axis("+X" if up[1] != "X" else "+Y")
    eye = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    return Cameras(pinhole(1.2, 24, 32)[None], look_at(eye, eye + x + tilt * z, z)[None], 24, 32)


def degrees_between(poses: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
    return torch.rad2deg(rotation_angle(first.expand_as(poses), poses))


def test_what_is_published_stays_as_it_is():
    assert {f"{name}/{protocol(name).version}": protocol(name).fingerprint for name in protocol_names()} == FINGERPRINTS


def test_the_script_drafts_the_published_files():
    drafts = runpy.run_path(str(ROOT / "docs" / "draft_protocols.py"))["drafts"]
    for draft in drafts():
        file = ROOT / "spatialmem" / "revisit" / "protocols" / f"{draft.name}-{draft.version}.json"
        assert protocol_text(draft) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FRAMES)
def test_published_protocols_are_of_one_kind(name):
    one = protocol(name)
    assert (one.frames, len(one.routes), one.size, one.fov_degrees, one.fps) == (FRAMES[name], 12, (192, 256), 70, 16)
    assert one.metrics == "1"    # of the paths; by which edition a run was measured its report says
    assert one.against == ("truth" if name == "novel-views" else "first visit")
    courses = [each.course() for each in one.routes]
    for course in courses:
        assert np.linalg.norm(course[:, :3], axis=1).max() < 1.9  # rooms are small
        assert np.abs(course[:, 4]).max() <= 16
        steps = np.diff(course, axis=0)
        assert np.linalg.norm(steps[:, :3], axis=1).max() < 0.13
        assert np.abs(steps[:, 3:]).max() < 12.5
    for one_course, other in pairwise(courses):
        assert np.abs(one_course - other)[:, :2].max() > 0.05 or np.abs(one_course - other)[:, 3].max() > 20


@pytest.mark.parametrize("name", RETURNING)
def test_every_return_shows_the_first_eight_frames_after_looking_away(name):
    for each in protocol(name).routes:
        cameras = route_cameras(each, start_camera(), up="+Z")
        T = cameras.T_world_cam
        first, again, gap = (torch.tensor(column) for column in zip(*each.pairs, strict=True))
        assert torch.equal(T[first], T[again])
        returns = len(each.pairs) // 8
        assert sorted(first.tolist()) == sorted([*range(8)] * returns)
        assert len({tuple(pose.reshape(-1).tolist()) for pose in T[:8]}) == 8
        centres = cameras.centres[:8]
        assert (centres - centres[0]).norm(dim=1).max() < 0.4
        departed = (cameras.centres - cameras.centres[0]).norm(dim=1).max()
        turned = degrees_between(T, T[0])
        assert departed >= 0.3 or turned.max() >= 45
        course = each.course()
        off = np.abs((course[:, 3] + 180) % 360 - 180)
        assert turned.max() > 60
        assert (off > 60).mean() > 0.4
        assert int(gap.max()) <= each.frames - 1


def test_gaps_count_from_when_the_view_was_last_seen():
    for each in protocol("gaps").routes:
        seen = {k: k for k in range(8)}
        for pair in each.pairs:
            assert pair.gap == pair.again - seen[pair.first]
            seen[pair.first] = pair.again
        assert {pair.gap for pair in each.pairs} == {50, 200, 1000}


@pytest.mark.parametrize("name", ["there-and-back", "reverse", "mirror"])
def test_the_way_back_is_the_way_out_backwards(name):
    for each in protocol(name).routes:
        course = each.course()
        np.testing.assert_allclose(course, course[::-1], atol=2e-9)
        assert all(pair.first + pair.again == each.frames - 1 for pair in each.pairs)


def test_looking_away_turns_half_round_on_the_spot():
    for each in protocol("look-away").routes:
        course = each.course()
        assert np.abs(course[:, 3]).max() >= 180
        assert np.linalg.norm(course[:, :3], axis=1).max() <= 0.3


def test_novel_views_are_asked_for_at_50_and_200():
    assert all(each.pairs == (Pair(50, 50, 50), Pair(200, 200, 200)) for each in protocol("novel-views").routes)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[st.floats(-3, 3, width=16)] * 3, st.floats(-720, 720), st.floats(-60, 60)), min_size=1,
                max_size=6), st.lists(st.integers(1, 9), min_size=6, max_size=6), st.sampled_from(("+Z", "-Y", "+X")),
       st.floats(0.1, 4))
def test_a_course_passes_its_knots_without_swinging_beyond(places, spans, up, scale):
    frames = np.cumsum([0, *spans[: len(places)]]).tolist()
    knots = tuple(Knot(frame, *place) for frame, place in zip(frames, [(0.0,) * 5, *places], strict=True))
    count = frames[-1] + 1
    one = msgspec.structs.replace(route(), frames=count, knots=(*knots, Knot(frames[-1] + 5, 0, 0, 0, 0, 0)),
                                  pairs=(Pair(1, 1, 1),))
    course = one.course()
    np.testing.assert_allclose(course[frames], [knot[1:] for knot in knots], atol=1e-9)
    for begin, end in pairwise(frames):
        low, high = course[[begin, end]].min(0), course[[begin, end]].max(0)
        assert (course[begin:end] >= low - 1e-9).all()
        assert (course[begin:end] <= high + 1e-9).all()
    start = start_camera(up)
    cameras = route_cameras(one, start, up=up, scale=scale)
    check_rigid(cameras.T_world_cam)
    assert torch.equal(cameras.T_world_cam[:1], start.T_world_cam)
    assert (cameras.T_world_cam[:, :3, 0] @ axis(up)).abs().max() < 1e-12  # the horizon stays level
    np.testing.assert_allclose((cameras.centres - start.centres).norm(dim=1),
                               scale * np.linalg.norm(course[:, :3], axis=1), atol=1e-9)


def test_knots_mean_forward_left_up_yaw_to_the_left_and_pitch_upwards():
    one = route(knots=(Knot(0, 0, 0, 0, 0, 0), Knot(10, 2, 1, 0.5, 90, 30), Knot(20, 0, 0, 0, 0, 0)))
    eye = torch.zeros(3, dtype=torch.float64)
    ahead = look_at(eye, torch.tensor([1.0, 0, 0], dtype=torch.float64), axis("+Z"))
    start = Cameras(pinhole(1.0, 24, 32)[None], ahead[None], 24, 32)
    T = route_cameras(one, start, up="+Z", scale=0.5).T_world_cam[10]
    torch.testing.assert_close(T[:3, 3], torch.tensor([1.0, 0.5, 0.25], dtype=torch.float64))
    looks = torch.tensor([0.0, math.cos(math.radians(30)), math.sin(math.radians(30))], dtype=torch.float64)
    torch.testing.assert_close(T[:3, 2], looks)


def test_the_first_frames_keep_their_poses_and_their_pairs():
    whole = protocol("gaps")
    part = whole.first(300)
    assert part.frames == 300
    assert {pair.gap for each in part.routes for pair in each.pairs} == {50, 200}
    for one, other in zip(whole.routes, part.routes, strict=True):
        np.testing.assert_array_equal(one.course()[:300], other.course())
    assert whole.first(5000) is whole
    assert part.fingerprint != whole.fingerprint
    assert parse_protocol(protocol_text(part).encode(), "part") == part


def test_too_few_frames_leave_nothing_to_compare():
    with pytest.raises(InvalidValueError, match="20 frames are too few, with fewer than 51"):
        protocol("gaps").first(20)


def test_names_and_versions():
    assert protocol("closed-loop") == protocol("closed-loop/1")
    assert protocol_names() == tuple(sorted(FRAMES))
    assert protocol("mirror").route("05-aside-left-aside-left").name.startswith("05")
    for name in ("closed", "closed-loop/2", "closed-loop/", "closed-loop/01", "../x", ""):
        with pytest.raises(TrajectoryError, match="is not known; known are closed-loop/1, gaps/1"):
            protocol(name)
    with pytest.raises(TrajectoryError, match="has no route 'x'; it has 01-"):
        protocol("mirror").route("x")


def test_a_users_own_protocol_is_read_back_equal(tmp_path):
    one = small()
    file = tmp_path / "mine.json"
    file.write_text(protocol_text(one), encoding="utf-8")
    assert read_protocol(file) == one
    assert read_protocol(file).fingerprint == one.fingerprint
    # white space and the order of keys are no part of it
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True), encoding="utf-8")
    assert read_protocol(file).fingerprint == one.fingerprint


@pytest.mark.parametrize("change, match", [
    ({"routes": []}, r"routes"),
    ({"size": [8, 8]}, r"size"),
    ({"size": [192]}, r"length 2.*size"),
    ({"fps": 0}, r"fps"),
    ({"fov_degrees": 170}, r"fov_degrees"),
    ({"version": "1"}, r"Expected `int`.*version"),
    ({"against": "memory"}, r"against"),
    ({"name": "../up"}, r"name"),
    ({"colour": 1}, r"unknown field `colour`"),
    ({"format": "something else"}, r"format"),
])
def test_damaged_files_are_refused_by_name(tmp_path, change, match):
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({**json.loads(protocol_text(small())), **change}), encoding="utf-8")
    with pytest.raises(TrajectoryError, match=rf"bad\.json: .*{match}"):
        read_protocol(file)


@pytest.mark.parametrize("text, match", [
    ("{", "not strict JSON"), ("[1]", "expected a JSON object"), ('{"fps": NaN}', "NaN is not allowed"),
    ('{"a": 1, "a": 2}', "a key occurs twice"), ("{}", "missing required field"), ("[" * 5000, "JSON"),
])
def test_what_is_no_json_object_is_refused(tmp_path, text, match):
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TrajectoryError, match=match):
        read_protocol(file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(TrajectoryError, match="cannot be read"):
            read_protocol(path)


@pytest.mark.parametrize("changes, match", [
    ({"knots": (Knot(0, 0, 0, 0, 0, 0),)}, "two knots or more"),
    ({"knots": (Knot(0, 0, 0, 0, 0, 0), Knot(0, 1, 0, 0, 0, 0))}, "by rising frame"),
    ({"knots": (Knot(0, 0, 0, 0, 5, 0), Knot(20, 1, 0, 0, 0, 0))}, "first knot must be all 0"),
    ({"knots": (Knot(0, 0, 0, 0, 0, 0), Knot(20, math.nan, 0, 0, 0, 0))}, "finite"),
    ({"frames": 30}, "last of its 30 frames"),
    ({"pairs": (Pair(0, 21, 20),)}, r"first <= again < 21"),
    ({"pairs": (Pair(5, 4, 1),)}, r"first <= again"),
    ({"pairs": (Pair(0, 20, 0),)}, r"1 <= gap"),
    ({"pairs": (Pair(0, 19, 19),)}, "both frames need the same pose"),
])
def test_routes_that_are_none_are_refused(changes, match):
    with pytest.raises(InvalidValueError, match=match):
        route(**changes)


def test_routes_must_fit_together():
    with pytest.raises(InvalidValueError, match="a name of its own"):
        small(routes=(route(), route()))
    with pytest.raises(InvalidValueError, match="equally many frames"):
        small(routes=(route(), route(name="two", knots=(Knot(0, 0, 0, 0, 0, 0), Knot(9, 0, 0, 0, 0, 0)), frames=10,
                                     pairs=(Pair(0, 9, 9),))))
    with pytest.raises(InvalidValueError, match=r"against the truth, pairs need first = again, got \[0, 20, 20\]"):
        small(against="truth")
    with pytest.raises(InvalidValueError, match="pairs need first < again"):
        small(routes=(route(pairs=(Pair(5, 5, 5),)),))


def test_cameras_need_a_scale_and_an_up():
    with pytest.raises(InvalidValueError, match="scale must be a positive number"):
        route_cameras(route(), start_camera(), up="+Z", scale=0)
    with pytest.raises(TrajectoryError, match="up must be a signed axis"):
        route_cameras(route(), start_camera(), up="Z")
