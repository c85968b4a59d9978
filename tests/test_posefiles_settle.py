"""Frames with depth settle how poses are meant: real recordings by a wide margin, and refusals where they cannot."""

from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import room_walk, write_recording
from pose_samples import full_poses

from spatialmem.errors import RecordingError
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import READINGS, decode, encode
from spatialmem.posefiles.select import open_recording, read_poses
from spatialmem.posefiles.settle import MARGIN, settle
from spatialmem.posefiles.worldplay_keys import parse_keys
from spatialmem.posefiles.written import write_poses


def readings_of(matrices: torch.Tensor) -> dict[str, torch.Tensor]:
    return {reading: decode(matrices, reading) for reading in READINGS}


@pytest.mark.parametrize("name", ["icl_livingroom1", "open3d_rgbd5"])
@pytest.mark.parametrize("meant", sorted(READINGS))
def test_real_recordings_settle_every_reading(shared_data: Path, name: str, meant: str):
    recording = open_recording(shared_data / name)
    settled = settle(readings_of(encode(recording.cameras.T_world_cam, meant)), recording)
    assert settled.name == meant
    assert settled.scores[meant] > 0.75
    assert settled.margin > 1.9  # icl_livingroom1: 5.4, open3d_rgbd5 (5 frames, 3 degrees): 2.0
    assert set(settled.scores) == set(READINGS)


@pytest.mark.parametrize("name", ["icl_livingroom1", "open3d_rgbd5"])
def test_the_logs_of_real_recordings_pass_the_check(shared_data: Path, name: str):
    recording = open_recording(shared_data / name)
    poses = read_poses(shared_data / name / "trajectory.log", check=recording)
    assert torch.equal(poses.T_world_cam, recording.cameras.T_world_cam)


def test_an_open_file_is_settled_and_a_wrong_name_refused(shared_data: Path, tmp_path: Path):
    recording = open_recording(shared_data / "open3d_rgbd5")
    poses = Poses("open3d", recording.cameras.T_world_cam)
    for meant in ("c2w-opencv", "w2c-opengl"):
        path = tmp_path / f"{meant}.npy"
        write_poses(path, poses, meant)
        found = read_poses(path, check=recording)
        assert found.convention == ("sana" if meant == "c2w-opencv" else meant)
        torch.testing.assert_close(found.T_world_cam, poses.T_world_cam, rtol=0, atol=1e-6)
        wrong = next(reading for reading in READINGS if reading != meant)
        with pytest.raises(RecordingError, match=rf"{wrong} means .* frames of .* fit {meant} \(95 % of points"):
            read_poses(path, wrong, check=recording)


def test_a_walk_through_a_room_of_boxes_is_settled(tmp_path: Path):
    recording = open_recording(write_recording(tmp_path / "walk", room_walk(12)))
    settled = settle(readings_of(recording.cameras.T_world_cam), recording)
    assert (settled.name, settled.margin > MARGIN) == ("c2w-opencv", True)


def test_a_camera_that_stands_still_settles_nothing(shared_data: Path):
    recording = open_recording(shared_data / "open3d_rgbd5")
    still = torch.eye(4, dtype=torch.float64).repeat(5, 1, 1)
    with pytest.raises(RecordingError, match=r"frames do not tell readings apart .*name the convention"):
        settle(readings_of(still), recording)


def test_poses_of_another_walk_or_scale_fit_nothing(shared_data: Path):
    recording = open_recording(shared_data / "icl_livingroom1")
    with pytest.raises(RecordingError, match=r"no reading of the poses fits its frames .*in metres"):
        settle(readings_of(full_poses(107).T_world_cam), recording)
    scaled = recording.cameras.T_world_cam.clone()
    scaled[:, :3, 3] *= 100
    with pytest.raises(RecordingError, match="no reading of the poses fits"):
        settle(readings_of(scaled), recording)
    with pytest.raises(RecordingError, match=r"has 107 frames, the pose file 5 poses; the check needs one pose per"):
        settle(readings_of(recording.cameras.T_world_cam[:5]), recording)


def test_motion_is_a_hint_and_never_a_decision(tmp_path: Path):
    np.save(tmp_path / "ahead.npy", parse_keys("w-20,right-20,w-20").T_world_cam.numpy())
    with pytest.raises(RecordingError, match=r"As sana the camera would move forward most, a hint only$"):
        read_poses(tmp_path / "ahead.npy")
    np.save(tmp_path / "still.npy", np.tile(np.eye(4), (9, 1, 1)))
    with pytest.raises(RecordingError, match=r"\(--check RECORDING\)$"):
        read_poses(tmp_path / "still.npy")
