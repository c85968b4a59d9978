"""Footage from outside comes in whatever form it has, and a form that is not what it claims to be is found out."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pose_samples import file_name
from revisit_footage import FPS, filmed, one_thread, scene, there_and_back  # noqa: F401 (a fixture)

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.export.images import depth_millimetres
from spatialmem.export.video import VideoWriter
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import READINGS, decode, encode
from spatialmem.posefiles.written import write_poses
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.inputs import read_footage
from spatialmem.revisit.selfcheck import agreement

SIZE = {"height": 192, "width": 256}
FRAMES = 16
OUTSIDE = ("realestate10k", "tum", "nerfstudio", "colmap-text", "colmap-binary", "lyra2", "sana", "w2c-opencv")


@cache
def truth() -> Footage:
    return filmed(there_and_back(scene().start_pose(), FRAMES, turn=60.0, **SIZE))


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with VideoWriter(path, **SIZE, rate=int(FPS)) as writer:
        writer.write(truth().rgb.float() / 255)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for i, image in enumerate(truth().rgb.numpy()):  # counted, not spelt: 2.png comes before 10.png
        Image.fromarray(image).save(folder / f"{i}.png", compress_level=1)
    return folder


@pytest.fixture
def unchecked(monkeypatch) -> None:
    """Leaves out the check by features, which has tests of its own and takes seconds."""
    monkeypatch.setattr("spatialmem.revisit.inputs.confirm", lambda *_: None)


def written(folder: Path, convention: str, cameras: Cameras | None = None) -> Path:
    cameras = cameras or truth().cameras
    path = folder / file_name(convention)
    write_poses(path, Poses("spatialmem", cameras.T_world_cam, cameras.K, cameras.height, cameras.width), convention)
    return path


@pytest.mark.parametrize("convention", OUTSIDE)
@pytest.mark.parametrize("form", ["video", "images"])
@pytest.mark.usefixtures("unchecked")
def test_every_form_comes_back(form: str, convention: str, request, tmp_path) -> None:
    poses = written(tmp_path, convention)
    footage = read_footage(request.getfixturevalue(form), poses, convention=convention, fov_degrees=70.0)
    assert footage.fps == FPS
    assert torch.allclose(footage.cameras.T_world_cam, truth().cameras.T_world_cam, atol=1e-6)
    assert torch.allclose(footage.cameras.K, truth().cameras.K, atol=1e-4)
    off = (footage.rgb.float() - truth().rgb.float()).abs().mean()
    assert float(off) < (4 if form == "video" else 1e-6)


def test_a_smaller_size_is_an_area_average(images, tmp_path, unchecked) -> None:
    footage = read_footage(images, written(tmp_path, "realestate10k"), size=(96, 128), fps=8.0)
    mean = truth().rgb.float().reshape(FRAMES, 96, 2, 128, 2, 3).mean(dim=(2, 4))
    assert float((footage.rgb.float() - mean).abs().max()) <= 0.5
    assert torch.allclose(footage.cameras.K, truth().cameras.resized(96, 128).K, atol=1e-9)
    assert footage.fps == 8.0


def test_cameras_of_another_size_are_brought_to_that_of_the_pictures(images, tmp_path, unchecked) -> None:
    footage = read_footage(images, written(tmp_path, "nerfstudio", truth().cameras.resized(768, 1024)))
    assert torch.allclose(footage.cameras.K, truth().cameras.K)


@pytest.mark.parametrize("reading", ["w2c-opencv", "c2w-opengl", "w2c-opengl"])
def test_a_wrong_convention_is_named_and_so_is_the_right_one(reading, images, tmp_path) -> None:
    matrices = encode(truth().cameras.T_world_cam, reading)
    file = tmp_path / "poses.npy"  # which promises camera to world, OpenCV axes
    np.save(file, matrices.numpy())
    with pytest.raises(RecordingError, match=rf"poses.npy: read as sana \(c2w-opencv\) only \d+%.* read as {reading} "
                                             r"9\d%"):
        read_footage(images, file, convention="sana", fov_degrees=70.0)


def test_a_file_that_does_not_say_what_it_means_is_settled_by_the_pictures(images, tmp_path) -> None:
    file = tmp_path / "poses.npy"
    np.save(file, encode(truth().cameras.T_world_cam, "w2c-opengl").numpy())
    footage = read_footage(images, file, fov_degrees=70.0)
    assert torch.allclose(footage.cameras.T_world_cam, truth().cameras.T_world_cam, atol=1e-9)


def test_a_compressed_video_confirms_its_poses(video, tmp_path, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        read_footage(video, written(tmp_path, "realestate10k"), size=(96, 128))
    assert not caplog.records


def test_the_right_reading_has_most_of_the_features_in_a_house(shared_data) -> None:
    path = shared_data / "aws_small_house" / "small_house.glb"
    footage = filmed(there_and_back(scene(path).start_pose(), FRAMES, turn=60.0, **SIZE), path=path)
    matrices = footage.cameras.T_world_cam
    shares = agreement(footage, {reading: decode(matrices, reading) for reading in READINGS})
    assert shares is not None
    assert shares["c2w-opencv"] > 0.85
    assert max(share for name, share in shares.items() if name != "c2w-opencv") < 0.25


def test_what_cannot_be_checked_is_said(tmp_path, caplog) -> None:
    for i in range(FRAMES):
        Image.new("RGB", (64, 48), (90, 90, 90)).save(tmp_path / f"{i}.png")
    with caplog.at_level(logging.WARNING):
        read_footage(tmp_path, written(tmp_path, "realestate10k", truth().cameras.resized(48, 64)))
    assert "too few features that move, so its convention is not checked" in caplog.text
    np.save(tmp_path / "poses.npy", truth().cameras.T_world_cam.numpy())
    with pytest.raises(RecordingError, match=r"too few features .* name the convention: sana, w2c-opencv"):
        read_footage(tmp_path, tmp_path / "poses.npy", fov_degrees=70.0)


def test_the_expected_path_may_start_elsewhere_and_have_another_scale(images, tmp_path, unchecked) -> None:
    T = truth().cameras.T_world_cam.clone()
    T[:, :3, 3] *= 3.7
    other = replace(truth().cameras, T_world_cam=torch.linalg.inv(T[:1]) @ T)
    footage = read_footage(images, written(tmp_path, "tum"), expected=other)
    assert torch.allclose(footage.cameras.K, truth().cameras.K)


@pytest.mark.parametrize("asked, words", [
    ({"turn": 70.0}, r"frame \d+ is turned by 9.9 degrees"),
    ({"turn": 60.0, "aside": 0.0}, r"frame \d+ is \d+% of its extent away"),
    ({"turn": 60.0, "reach": -0.8, "aside": -0.3}, r"frame \d+ is \d+% of its extent away"),
])
def test_another_path_than_the_expected_is_refused(asked, words, images, tmp_path, unchecked) -> None:
    expected = there_and_back(scene().start_pose(), FRAMES, **asked, **SIZE)
    with pytest.raises(RecordingError, match=f"is not the protocol's path: {words}"):
        read_footage(images, written(tmp_path, "tum"), expected=expected)
    with pytest.raises(RecordingError, match="holds 16 poses, the protocol's path has 9"):
        read_footage(images, tmp_path / file_name("tum"), expected=expected[:9])


def as_millimetres(folder: Path, depth: torch.Tensor) -> None:
    for i, image in enumerate(depth_millimetres(depth)):
        Image.fromarray(image).save(folder / f"{i}.png")


def as_metres(folder: Path, depth: torch.Tensor) -> None:
    for i, image in enumerate(depth.numpy()):
        np.save(folder / f"{i}.npy", image)


@pytest.mark.parametrize("write", [as_millimetres, as_metres])
def test_depth_comes_with_it(write: Callable[[Path, torch.Tensor], None], images, tmp_path, unchecked) -> None:
    assert truth().depth is not None
    (tmp_path / "depth").mkdir()
    write(tmp_path / "depth", truth().depth)
    footage = read_footage(images, written(tmp_path, "realestate10k"), depth=tmp_path / "depth")
    assert footage.depth is not None
    assert torch.allclose(footage.depth, truth().depth, atol=6e-4)


def test_depth_that_is_none_is_refused(images, tmp_path, unchecked) -> None:
    poses, folder = written(tmp_path, "realestate10k"), tmp_path / "depth"
    with pytest.raises(RecordingError, match="is no folder"):
        read_footage(images, poses, depth=poses)
    folder.mkdir()
    as_metres(folder, 1 / truth().depth)
    with pytest.raises(RecordingError, match=r"depth is inverse depth \(disparity\)"):
        read_footage(images, poses, depth=folder)
    np.save(folder / "3.npy", np.full((192, 256), np.nan))
    with pytest.raises(RecordingError, match=r"3.npy: depth must be \[H, W\] finite metres"):
        read_footage(images, poses, depth=folder)
    (folder / "15.npy").unlink()
    with pytest.raises(RecordingError, match="holds 15 depth images for 16 frames"):
        read_footage(images, poses, depth=folder)


def test_counts_shapes_and_lenses_must_fit(images, video, tmp_path, unchecked) -> None:
    (tmp_path / "short").mkdir()
    short = written(tmp_path / "short", "realestate10k", truth().cameras[:9])
    for frames in (images, video):
        with pytest.raises(RecordingError, match=r"holds 16 frames, .*a.txt 9 poses"):
            read_footage(frames, short)
    poses = written(tmp_path, "realestate10k")
    with pytest.raises(RecordingError, match=r"is 256x192, what is wanted is 256x144: another shape"):
        read_footage(images, poses, size=(144, 256))
    with pytest.raises(RecordingError, match=r"its cameras are for pictures 256x144"):
        read_footage(images, written(tmp_path, "lyra2", truth().cameras.resized(144, 256)))
    (tmp_path / "bare").mkdir()
    with pytest.raises(RecordingError, match="holds poses but no intrinsics; give the field of view"):
        read_footage(images, written(tmp_path / "bare", "tum"))


def test_what_is_no_picture_is_refused(images, tmp_path) -> None:
    poses = written(tmp_path, "realestate10k")
    with pytest.raises(RecordingError, match="does not exist; give a video"):
        read_footage(tmp_path / "nothing", poses)
    with pytest.raises(RecordingError, match="no video that can be read"):
        read_footage(poses, poses)
    playlist = tmp_path / "list.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(RecordingError, match=r"list\.mp4: no video that can be read"):
        read_footage(playlist, poses)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match=r"must hold files of one kind of \.png, \.jpg, \.jpeg, got none"):
        read_footage(tmp_path / "empty", poses)


def test_a_video_cut_short_is_refused(video, tmp_path) -> None:
    content = video.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(RecordingError, match=r"cut\.mp4: (no video that can|cannot be decoded|holds \d+ fr)"):
        read_footage(cut, written(tmp_path, "realestate10k"))
