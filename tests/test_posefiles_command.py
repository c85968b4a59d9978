"""`spatialmem poses` and pose files as trajectories, as a user types them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import room_walk, write_recording
from command_line import CommandLine
from pose_samples import full_poses

from spatialmem.errors import RecordingError, TrajectoryError
from spatialmem.posefiles.cameras_json import write_cameras
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.select import read_poses
from spatialmem.posefiles.written import write_poses
from spatialmem.trajectory.named import trajectory


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_a_file_is_described(spatialmem: CommandLine, tmp_path: Path):
    write_poses(tmp_path / "walk.log", Poses("open3d", room_walk(5).T_world_cam))
    said = spatialmem("poses", tmp_path / "walk.log")
    assert said.code == 0
    for words in ("open3d: Open3D's .log trajectory", "camera to world, OpenCV axes", "poses       5", " m\n",
                  "+Z (not in", "size        unknown", "intrinsics  unknown"):
        assert words in said.out
    assert "times" not in said.out
    facts = json.loads(spatialmem("poses", tmp_path / "walk.log", "--json").out)
    assert facts["written"] is None
    assert facts["read"]["path_length"] == pytest.approx(Poses("open3d", room_walk(5).T_world_cam).path_length)
    assert (facts["read"]["convention"], facts["read"]["poses"], facts["read"]["up_by_cameras"]) == ("open3d", 5, "+Z")


def test_a_file_is_converted_and_what_is_lost_is_said(spatialmem: CommandLine, tmp_path: Path):
    write_poses(tmp_path / "cameras.json", full_poses(3))
    said = spatialmem("poses", tmp_path / "cameras.json", tmp_path / "poses.npy")
    assert said.code == 0
    assert f"{tmp_path}/poses.npy: written, sana\n{tmp_path}/intrinsics.npy: written, sana\n" in said.out
    assert "leaves out the image size, image names, times, the up axis, the source" in said.out
    np.testing.assert_allclose(np.load(tmp_path / "poses.npy"), full_poses(3).T_world_cam, atol=1e-6)
    assert np.load(tmp_path / "intrinsics.npy").shape == (3, 4)
    assert "--overwrite" in spatialmem.refusal("poses", tmp_path / "cameras.json", tmp_path / "poses.npy")
    assert spatialmem("poses", tmp_path / "cameras.json", tmp_path / "poses.npy", "--overwrite").code == 0
    back = json.loads(spatialmem("poses", tmp_path / "poses.npy", tmp_path / "model", "--from", "sana", "--to",
                                 "colmap-binary", "--size", "64x48", "--json").out)
    assert back["written"]["files"] == [f"{tmp_path}/model/{part}.bin" for part in ("cameras", "images", "points3D")]
    assert back["written"]["notes"] == ["00000.png, 00001.png and so on stand for the names, which are unknown"]
    torch.testing.assert_close(read_poses(tmp_path / "model").K, full_poses(3).K, rtol=1e-6, atol=0)


def test_open_files_are_refused_or_settled(spatialmem: CommandLine, tmp_path: Path):
    walk = room_walk(12, height=48, width=64)
    recording = write_recording(tmp_path / "walk", walk)
    np.save(tmp_path / "w2c.npy", np.linalg.inv(walk.T_world_cam.numpy()))
    refused = spatialmem.refusal("poses", tmp_path / "w2c.npy", tmp_path / "cameras.json")
    assert "name one (--from): sana (camera to world, OpenCV axes), w2c-opencv (world to camera" in refused
    assert not (tmp_path / "cameras.json").exists()
    said = spatialmem("poses", tmp_path / "w2c.npy", tmp_path / "cameras.json", "--check", recording, "--size", "64x48",
                      "--intrinsics", "40,40,32,24")
    assert said.code == 0, said.err
    assert "w2c-opencv: bare matrices" in said.out and "the frames agree" in said.out
    torch.testing.assert_close(read_poses(tmp_path / "cameras.json").T_world_cam, walk.T_world_cam, rtol=0, atol=1e-6)


def test_key_strings_can_be_typed(spatialmem: CommandLine, tmp_path: Path):
    said = spatialmem("poses", "w-31, right-10", tmp_path / "walk.json", "--to", "worldplay")
    assert said.code == 0
    assert "poses       42" in said.out
    assert len(json.loads((tmp_path / "walk.json").read_text())) == 42
    assert "meaning of 'jw-40' is not known" in spatialmem.refusal("poses", "w-80,jw-40")
    assert "poses       301" in spatialmem("poses", ",".join(["w-1"] * 300)).out  # too long for the name of a file


def test_a_camera_file_without_cameras_is_refused(spatialmem: CommandLine, tmp_path: Path):
    write_cameras(tmp_path / "cameras.json", room_walk(3)[:0], up="+Z")
    assert "cameras.json: holds no poses" in spatialmem.refusal("poses", tmp_path / "cameras.json")


@pytest.mark.parametrize(("arguments", "match"), [
    (["none.txt"], "none.txt: cannot be read"), (["a.log", "--size", "big"], "--size must be WIDTHxHEIGHT"),
    (["a.log", "--from", "blender"], "convention 'blender' is not known"), (["a.log", "out.csv"], "(--to)"),
    (["a.log", "out.json", "--to", "worldplay-keys"], "only read"), (["a.log", "cameras.json"], "(--intrinsics)"),
    (["a.log", "--check", "none"], "none: does not exist"),
])
def test_mistakes_are_one_line(spatialmem: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                               arguments: list[str], match: str):
    monkeypatch.chdir(tmp_path)
    write_poses(Path("a.log"), Poses("open3d", room_walk(3).T_world_cam))
    assert match in spatialmem.refusal("poses", *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]


def test_open_files_are_trajectories_once_their_convention_is_named(tmp_path: Path):
    walk = room_walk(4)
    np.save(tmp_path / "walk.npy", np.linalg.inv(walk.T_world_cam.numpy()))
    with pytest.raises(RecordingError, match=r"name one \(--from\)"):
        trajectory(tmp_path / "walk.npy", start=walk[:1], up="+Z")
    path = trajectory(f"w2c-opencv:{tmp_path}/walk.npy", start=walk[:1], up="+Z")
    torch.testing.assert_close(path.T_world_cam, walk.T_world_cam, rtol=0, atol=1e-6)
    with pytest.raises(TrajectoryError, match="neither known nor a file"):
        trajectory(f"opencv:{tmp_path}/walk.npy", start=walk[:1], up="+Z")


def test_worlds_are_explored_and_rendered_along_pose_files(spatialmem: CommandLine, tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    walk = room_walk(4)
    recording = write_recording(tmp_path / "walk", walk)
    np.save("poses.npy", walk.T_world_cam.numpy())
    assert spatialmem("explore", "world", "--input", recording, "--trajectory", "sana:poses.npy").code == 0
    plan = json.loads(spatialmem("poses", "walk", "--json").out)["read"]
    write_poses(Path("model"), read_poses("walk"), "colmap-binary")
    write_poses(Path("a.npz"), read_poses("walk"), "lyra2")
    for index, name in enumerate(("model", "a.npz", "sana:poses.npy")):
        said = spatialmem("render", "world", "--trajectory", name, "--out", f"out{index}")
        assert said.code == 0, said.err
        shown = read_poses(Path(f"out{index}") / "cameras.json")
        torch.testing.assert_close(shown.T_world_cam, walk.T_world_cam, rtol=0, atol=1e-6)
        assert [*shown.size[::-1]] == plan["size"]
