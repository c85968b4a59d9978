"""Writing pose files: what is needed is asked for, nothing is replaced unasked, and refusals leave nothing behind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pose_samples import file_name, full_poses

from spatialmem.errors import InvalidValueError, RecordingError, ShapeError, StorageError
from spatialmem.posefiles.conventions import CONVENTIONS, in_metres
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.select import read_poses
from spatialmem.posefiles.written import convention_for, write_poses

NEEDS = [("spatialmem", "intrinsics .* and an image size"), ("nerfstudio", "intrinsics .* and an image size"),
         ("colmap-text", "intrinsics"), ("colmap-binary", "intrinsics"), ("lyra2", "intrinsics"),
         ("gsplat", "intrinsics"),
         ("realestate10k", r"needs intrinsics \(--intrinsics\), which"), ("worldplay", "needs intrinsics")]


@pytest.mark.parametrize(("convention", "match"), NEEDS)
def test_what_a_convention_needs_is_asked_for(tmp_path: Path, convention: str, match: str):
    with pytest.raises(RecordingError, match=match):
        write_poses(tmp_path / file_name(convention), Poses("open3d", full_poses(2).T_world_cam), convention)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("convention", ["realestate10k", "spatia"])
def test_pixels_cannot_be_normalised_without_a_size(tmp_path: Path, convention: str):
    poses = replace(full_poses(2, one_lens=True), height=None, width=None)
    with pytest.raises(RecordingError, match=rf"{convention} needs an image size \(--size\).*shares of the image"):
        write_poses(tmp_path / "a.txt", poses, convention)


def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path):
    poses = full_poses(3)
    cases = [("a.txt", "spatia", poses, "one set of intrinsics for all frames"),
             ("a.txt", "tum", replace(poses, times=torch.tensor([0.0, 2, 1])), "times that ascend"),
             ("model", "colmap-text", replace(poses, names=("a.png", "b c.png", "d.png")), "no spaces, got 'b c.png'"),
             ("model", "colmap-binary", replace(poses, names=("a", "b", "a")), "differ .*one of them twice"),
             ("a.txt", "worldplay-keys", poses, "only read; written are spatialmem"),
             ("a.txt", "blender", poses, "is not known; written are"),
             ("a.txt", None, poses, "its name does not say which convention"),
             ("a.log", None, Poses("open3d", poses.T_world_cam[:0]), "no poses")]
    for name, convention, given_poses, match in cases:
        with pytest.raises(RecordingError, match=match):
            write_poses(tmp_path / name, given_poses, convention)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_replaced_unasked(tmp_path: Path):
    poses = full_poses(2, one_lens=True)
    for name in ("a.log", "poses.npy"):
        write_poses(tmp_path / name, poses)
        before = (tmp_path / name).read_bytes()
        with pytest.raises(StorageError, match=rf"{name}: exists already; .*--overwrite"):
            write_poses(tmp_path / name, full_poses(2, 9))
        assert (tmp_path / name).read_bytes() == before
        write_poses(tmp_path / name, full_poses(2, 9), overwrite=True)
        assert (tmp_path / name).read_bytes() != before
    (tmp_path / "folder.log").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        write_poses(tmp_path / "folder.log", poses, overwrite=True)
    with pytest.raises(StorageError, match="is no folder"):
        write_poses(tmp_path / "a.log", poses, "colmap-text", overwrite=True)
    with pytest.raises(StorageError, match=r"nowhere.*cannot be written"):
        write_poses(tmp_path / "nowhere" / "a.log", poses)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".poses-")]


def test_strangers_that_a_reader_would_mix_in_are_refused(tmp_path: Path):
    poses = full_poses(2, one_lens=True)
    np.save(tmp_path / "intrinsics.npy", np.ones(4))
    with pytest.raises(StorageError, match=r"intrinsics\.npy: would be read together .*move it away"):
        write_poses(tmp_path / "poses.npy", Poses("open3d", poses.T_world_cam))
    write_poses(tmp_path / "model", poses, "colmap-text")
    with pytest.raises(StorageError, match=r"cameras\.txt: would be read together"):
        write_poses(tmp_path / "model", poses, "colmap-binary")


@pytest.mark.parametrize(("name", "convention"), [
    ("cameras.json", "spatialmem"), ("transforms_train.json", "nerfstudio"), ("A.LOG", "open3d"), ("x.npz", "lyra2"),
    ("poses.npy", "sana"), ("room_w2c.txt", "spatia"), ("camera_params.json", "worldmirror")])
def test_names_of_output_files_that_leave_no_doubt(name: str, convention: str):
    assert convention_for(Path(name)) == convention
    assert all(form.files for form in CONVENTIONS.values() if form.patterns)


@pytest.mark.parametrize("name", ["poses.json", "poses.txt", "model", "a.csv"])
def test_names_of_output_files_that_do(name: str):
    with pytest.raises(RecordingError, match=r"name one \(--to\): spatialmem"):
        convention_for(Path(name))


def test_poses_check_themselves():
    poses = full_poses(3)
    with pytest.raises(InvalidValueError, match="height and width together"):
        replace(poses, width=None)
    with pytest.raises(InvalidValueError, match="normalised K only without"):
        replace(poses, normalised=True)
    with pytest.raises(ShapeError, match="names: expected 3"):
        replace(poses, names=("a",))
    with pytest.raises(ShapeError, match=r"times: expected \[3\]"):
        replace(poses, times=torch.zeros(2))
    with pytest.raises(InvalidValueError, match="times must be finite"):
        replace(poses, times=torch.full((3,), float("nan")))
    with pytest.raises(InvalidValueError, match="signed axis"):
        replace(poses, up="up")
    with pytest.raises(InvalidValueError, match="unknown image size"):
        replace(poses, height=None, width=None).normalised_K()


def test_lengths_that_need_not_be_metres_do_not_become_metres_in_silence(tmp_path: Path):
    poses = replace(full_poses(3), convention="realestate10k")
    for convention in ("open3d", "spatialmem"):
        written = write_poses(tmp_path / file_name(convention), poses, convention)
        assert any("readers take them for metres" in note for note in written.notes), convention
    again = read_poses(tmp_path / file_name("spatialmem"))
    assert again.metres is False
    assert not in_metres(again)
    notes = write_poses(tmp_path / "scaled.json", again.scaled(0.5), "spatialmem").notes
    assert not any("metres" in note for note in notes)
    scaled = read_poses(tmp_path / "scaled.json")
    assert in_metres(scaled)
    torch.testing.assert_close(scaled.T_world_cam[:, :3, 3], poses.T_world_cam[:, :3, 3] / 2)
    for unit in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidValueError, match="positive length"):
            poses.scaled(unit)


def test_writing_leaves_the_poses_as_they_are(tmp_path: Path):
    poses = full_poses(1)
    poses = replace(poses, T_world_cam=poses.T_world_cam.expand(3, 4, 4), K=None, names=None, times=None)
    before = poses.T_world_cam.clone()
    write_poses(tmp_path / "a.txt", poses, "c2w-opencv")
    assert torch.equal(poses.T_world_cam, before)


def test_colmap_names_with_blanks_lose_no_image(tmp_path: Path):
    poses = replace(full_poses(4), names=tuple(f"im_{i}_a.png" for i in range(4)))
    write_poses(tmp_path / "model", poses, "colmap-text")
    images = tmp_path / "model" / "images.txt"
    images.write_text(images.read_text().replace("_", " "))  # as others write them: three words more, as a point has
    assert read_poses(tmp_path / "model").names == tuple(f"im {i} a.png" for i in range(4))
    images.write_text("".join(line for line in images.read_text().splitlines(keepends=True) if line.strip()))
    with pytest.raises(RecordingError, match="must list points"):
        read_poses(tmp_path / "model")
