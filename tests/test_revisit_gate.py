"""The gate lets truth and its faults pass, and refuses what would win a benchmark without a memory, saying why."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from revisit_footage import filmed, one_thread, posed, scene, there_and_back  # noqa: F401 (a fixture)

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.revisit.find_pairs import find_pairs
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.gate import judge, scene_scale
from spatialmem.revisit.pictures import not_following, repeated
from spatialmem.revisit.route import Pair

SIZE = {"height": 96, "width": 128}
FRAMES = 40
PAIRS = [Pair(i, FRAMES - 1 - i, FRAMES - 1 - 2 * i) for i in range(4)]
FAULTS = ("blur=6", "colour_drift=6", "amnesia=8", "moving_person=6", "pose_jitter=6")


@cache
def home() -> torch.Tensor:
    return scene().start_pose()


@cache
def truth() -> Footage:
    return filmed(there_and_back(home(), FRAMES, **SIZE))


def plain(cameras: Cameras) -> Footage:
    """Footage of nothing."""
    return Footage(torch.zeros(len(cameras), cameras.height, cameras.width, 3, dtype=torch.uint8), cameras, 16.0)


def test_truth_passes_and_says_how_far_it_went() -> None:
    gate = judge(truth(), PAIRS)
    assert gate.passed, gate.reasons
    assert gate.departed_metres == pytest.approx(0.85, abs=0.01)
    assert gate.departed_degrees == pytest.approx(100, abs=0.5)
    assert judge(replace(truth(), depth=None), ()).passed


@pytest.mark.parametrize("faults", FAULTS)
def test_faults_pass(faults: str) -> None:
    gate = judge(filmed(truth().cameras, faults=faults), PAIRS)
    assert gate.passed, gate.reasons


def test_a_house_passes(shared_data) -> None:
    path = shared_data / "aws_small_house" / "small_house.glb"
    footage = filmed(there_and_back(scene(path).start_pose(), 32, **SIZE), path=path)
    assert judge(footage, [Pair(0, 31, 31)]).passed


@pytest.mark.parametrize("noise", [0, 6])
def test_a_static_clip_is_refused(noise: int) -> None:
    still = truth().rgb[:1].expand_as(truth().rgb).float()
    still = still + noise * torch.randn(still.shape, generator=torch.Generator().manual_seed(0))
    gate = judge(replace(truth(), rgb=still.clamp(0, 255).to(torch.uint8)), PAIRS)
    assert not gate.passed
    assert len(gate.reasons) == 1
    assert gate.reasons[0].startswith("static: ")


def test_a_brightening_still_is_static() -> None:
    light = torch.linspace(1.0, 0.4, FRAMES)[:, None, None, None]
    rgb = (truth().rgb[:1].float() * light).to(torch.uint8)
    assert judge(replace(truth(), rgb=rgb), PAIRS).reasons[0].startswith("static")


@pytest.mark.parametrize("order", [list(range(8)), [*range(8), *range(7, -1, -1)]], ids=["again", "to and fro"])
def test_a_clip_that_repeats_its_first_clip_is_refused(order: list[int]) -> None:
    rgb = truth().rgb[(order * FRAMES)[:FRAMES]]
    gate = judge(replace(truth(), rgb=rgb), PAIRS)
    assert len(gate.reasons) == 1
    assert gate.reasons[0].startswith("copies: ")
    assert "such as frame" in gate.reasons[0]


def test_a_clip_that_never_returns_is_refused() -> None:
    out = filmed(truth().cameras[: FRAMES // 2])
    for pairs, words in (((), "in the last 15% of the frames"), ([Pair(0, 19, 19)], "at frame 19")):
        gate = judge(out, pairs)
        assert len(gate.reasons) == 1
        assert gate.reasons[0].startswith("never returns")
        assert words in gate.reasons[0]


def test_against_the_truth_no_return_is_asked_for() -> None:
    assert judge(filmed(truth().cameras[: FRAMES // 2]), [Pair(16, 16, 16)]).passed


def test_a_clip_that_never_leaves_is_refused() -> None:
    still = posed(home(), [0.001 * min(i, 9 - i) for i in range(10)], [0] * 10, [0] * 10, **SIZE)
    footage = replace(plain(still), depth=torch.full((10, SIZE["height"], SIZE["width"]), 2.0))
    assert judge(footage, ()).reasons[0].startswith("never leaves: the camera gets only 0.00 m")
    assert judge(footage, [Pair(0, 9, 9), Pair(1, 8, 7)]).reasons[0].endswith("(and 1 more returns like this)")


def test_the_gap_says_since_when_the_camera_must_have_left() -> None:
    ahead = [0.0, 0.5, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    footage = plain(posed(home(), [8 * x for x in ahead], [0] * 8, [0] * 8, **SIZE))
    assert not any("leaves" in reason for reason in judge(footage, [Pair(0, 7, 7)]).reasons)
    assert "never leaves: between frames 5 and 7" in judge(footage, [Pair(0, 7, 2)]).reasons[0]


@pytest.mark.parametrize("asked", [{"turn": -100.0}, {"turn": 0.0, "reach": -0.8, "aside": 1.0}])
def test_pictures_of_another_path_do_not_follow(asked: dict[str, float]) -> None:
    shown = truth() if asked["turn"] else filmed(there_and_back(home(), FRAMES, turn=0.0, **SIZE))
    gate = judge(replace(shown, cameras=there_and_back(home(), FRAMES, **asked, **SIZE)), PAIRS)
    assert len(gate.reasons) == 1
    assert gate.reasons[0].startswith("does not follow: in ")


def test_a_camera_that_should_turn_and_does_not_is_told() -> None:
    ahead = filmed(there_and_back(home(), FRAMES, turn=0.0, **SIZE))
    assert not_following(ahead) == ""
    assert not_following(replace(ahead, cameras=truth().cameras)).startswith("does not follow")


def test_what_cannot_be_told_is_not_held_against_it() -> None:
    noise = torch.randint(0, 255, truth().rgb.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    assert judge(replace(truth(), rgb=noise), PAIRS).passed
    assert repeated(truth(), [], scale=0.1) == ""


def test_nothing_at_all_is_static() -> None:
    assert judge(plain(truth().cameras), PAIRS).reasons[0].startswith("static")


def test_the_scale_is_the_first_frames_depth() -> None:
    depth = torch.full(truth().rgb.shape[:3], 9.0)
    depth[0, ::2] = 0
    depth[0, 1::2] = 3
    assert scene_scale(replace(truth(), depth=depth)) == 3
    for unknown in (None, torch.zeros_like(depth)):
        farthest = (truth().cameras.centres - truth().cameras.centres[0]).norm(dim=1).max()
        assert scene_scale(replace(truth(), depth=unknown)) == pytest.approx(float(farthest))


def test_without_depth_the_unit_of_the_poses_does_not_matter() -> None:
    for unit in (1.0, 0.1, 30.0):
        poses = truth().cameras.T_world_cam.clone()
        poses[:, :3, 3] *= unit
        scaled = replace(truth(), depth=None, cameras=Cameras(truth().cameras.K, poses, 96, 128))
        assert judge(scaled, PAIRS).passed, unit


def test_pairs_of_a_path_there_and_back_are_its_mirror_images() -> None:
    found = find_pairs(truth().cameras)
    assert {(pair.first, pair.again) for pair in found} <= {(FRAMES - 1 - k, k) for k in range(FRAMES)}
    assert all(16 <= pair.gap <= pair.again - pair.first for pair in found)
    assert found[-1][:2] == (0, FRAMES - 1)


def test_a_third_visit_is_compared_with_the_first_and_counts_from_the_second() -> None:
    turns = [*range(0, 120, 4), *range(120, 0, -4), *range(0, 120, 4), *range(120, -1, -4)]
    found = find_pairs(posed(home(), [0] * 121, [0] * 121, turns, **SIZE))
    assert found[-1] == Pair(0, 120, 60)


@settings(deadline=None, max_examples=25)
@given(st.integers(17, 40), st.floats(1, 50), st.integers(1, 20))
def test_found_pairs_are_returns_by_the_gates_own_rule(half: int, scale: float, least: int) -> None:
    path = there_and_back(torch.eye(4, dtype=torch.float64), 2 * half, reach=scale, aside=0.5 * scale, **SIZE)
    found = find_pairs(path, least_gap=least)
    assert all(pair.gap >= least for pair in found)
    assert all(reason.startswith("static") for reason in judge(plain(path), found).reasons)


def test_a_path_that_never_comes_back_has_no_pairs() -> None:
    with pytest.raises(RecordingError, match=r"20 poses never come back .* nothing to compare"):
        find_pairs(truth().cameras[:20])
    with pytest.raises(RecordingError, match="the 1 poses never come back"):
        find_pairs(truth().cameras[:1])
