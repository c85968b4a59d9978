"""Laws of every pose-file convention: what is written comes back, and what is lost is said."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pose_samples import FLOAT32, HEIGHT, WIDTH, WRITTEN, file_name, full_poses

from spatialmem.camera import Cameras
from spatialmem.posefiles.conventions import CONVENTIONS, PARTS
from spatialmem.posefiles.detect import candidates
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import READINGS, decode, encode
from spatialmem.posefiles.select import read_cameras, read_poses
from spatialmem.posefiles.written import write_poses
from spatialmem.poses import invert


def through(folder: Path, convention: str, poses: Poses, **options: object) -> tuple[Poses, tuple[str, ...]]:
    """The poses after a way through a file, and what writing them said."""
    path = folder / file_name(convention)
    written = write_poses(path, poses, convention, **options)
    assert written.convention == convention
    return read_poses(path, convention), written.notes


def known(poses: Poses) -> dict[str, object]:
    return {"intrinsics": poses.K, "size": poses.size, "names": poses.names, "times": poses.times, "up": poses.up,
            "source": poses.source}


@pytest.mark.parametrize("convention", WRITTEN)
def test_a_thousand_random_poses_come_back(tmp_path: Path, convention: str):
    poses = full_poses(1000, seed=7, one_lens=convention == "spatia")
    back, notes = through(tmp_path, convention, poses)
    tolerance = 1e-6 if convention in FLOAT32 else 1e-12  # 5 m in float32: half a unit in the last place is 2.4e-7 m
    torch.testing.assert_close(back.T_world_cam, poses.T_world_cam, rtol=0, atol=tolerance)
    assert not any("rounded" in note for note in notes)


@settings(deadline=None, max_examples=70)
@given(st.sampled_from(WRITTEN), st.integers(1, 9), st.integers(0, 10**6), st.sampled_from([1e-3, 1.0, 1e4]))
def test_what_a_convention_holds_comes_back_and_the_rest_is_named(tmp_path_factory, convention, count, seed, reach):
    form = CONVENTIONS[convention]
    poses = full_poses(count, seed, reach=reach, one_lens=convention == "spatia")
    back, notes = through(tmp_path_factory.mktemp("law"), convention, poses)
    digits = 2.0**-23 if convention in FLOAT32 else 1e-12
    torch.testing.assert_close(back.T_world_cam, poses.T_world_cam, rtol=0, atol=digits * max(1.0, 2 * reach))
    assert any("rounded" in note for note in notes) == (convention in FLOAT32 and reach == 1e4)
    lost = next((note for note in notes if note.startswith("leaves out")), "")
    for part, words in PARTS.items():
        assert (words in lost) == (part not in form.holds), part
    wanted = poses.normalised_K() if form.normalised else poses.K
    for part, value in known(back).items():
        if part not in form.holds and not (part == "size" and form.normalised):
            assert value is None or part in form.stands_in, part
        elif part in ("intrinsics", "times") and part in form.holds:
            torch.testing.assert_close(value, wanted if part == "intrinsics" else poses.times, rtol=1e-6, atol=1e-6)
        elif part in form.holds:
            assert value == known(poses)[part], part


@pytest.mark.parametrize("convention", WRITTEN)
def test_content_tells_the_convention_or_leaves_it_open(tmp_path: Path, convention: str):
    path = tmp_path / file_name(convention)
    write_poses(path, full_poses(3, one_lens=True), convention)
    found = candidates(path)
    if convention == "sana" or convention in READINGS:
        assert len(found) == 4
        meant = {CONVENTIONS[name].reading for name in found}
        assert meant == set(READINGS)
    else:
        assert found == (convention,)


@pytest.mark.parametrize("convention", WRITTEN)
def test_every_convention_gives_cameras(tmp_path: Path, convention: str):
    poses = full_poses(3, one_lens=True)
    centred = replace(poses, K=poses.K - torch.tensor([[0, 0, 31.7 - 32], [0, 0, 24.9 - 24], [0, 0, 0]]))
    path = tmp_path / file_name(convention)
    write_poses(path, centred, convention)
    default = Cameras(centred.K[:1], centred.T_world_cam[:1], HEIGHT, WIDTH)
    cameras = read_cameras(path, default=default, convention=convention)
    torch.testing.assert_close(cameras.T_world_cam, centred.T_world_cam, rtol=0, atol=1e-6)
    form = CONVENTIONS[convention]
    if form.normalised:  # taken for square pixels, as high as the default's
        assert (cameras.height, cameras.width) == (HEIGHT, round(HEIGHT * 49.3 / HEIGHT / (50.1 / WIDTH)))
    else:
        assert (cameras.height, cameras.width) == (HEIGHT, WIDTH)
        torch.testing.assert_close(cameras.K, centred.K, rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(sorted(READINGS)), st.integers(0, 10**6))
def test_readings_undo_each_other_and_differ(reading, seed):
    T = full_poses(4, seed).T_world_cam
    matrices = encode(T, reading)
    torch.testing.assert_close(decode(matrices, reading), T, rtol=0, atol=1e-12)
    for other in READINGS:
        if other != reading:
            assert float((decode(matrices, other) - T).abs().max()) > 1e-3


def test_world_to_camera_keeps_the_camera_where_a_rotation_is_not_exact():
    T = full_poses(5).T_world_cam
    T[:, :3, 3] *= 1e4
    T[:, :3, :3] += 2e-4 * torch.rand(5, 3, 3, dtype=torch.float64)
    back = decode(encode(T, "w2c-opencv"), "w2c-opencv")
    torch.testing.assert_close(back, T, rtol=0, atol=1e-7)
    assert float((invert(invert(T)) - T).abs().max()) > 1  # what the transposed rotation would have cost


def test_rotations_that_are_not_exact_are_confessed_by_formats_of_quaternions(tmp_path: Path):
    poses = full_poses(3, one_lens=True)
    T = poses.T_world_cam.clone()
    T[:, 0, 1] += 1e-4
    for convention in ("tum", "colmap-text", "colmap-binary", "open3d"):
        (tmp_path / convention).mkdir()
        _, notes = through(tmp_path / convention, convention, replace(poses, T_world_cam=T))
        assert any(note.startswith("poses are rounded, by up to") for note in notes) == (convention != "open3d")


@pytest.mark.parametrize("convention", ["nerfstudio", "colmap-text", "colmap-binary"])
def test_frames_stay_with_their_names_where_names_give_the_order(tmp_path: Path, convention: str):
    poses = full_poses(3)
    poses = replace(poses, names=("b10.png", "b9.png", "a.png"))
    back, notes = through(tmp_path, convention, poses)
    assert back.names == ("a.png", "b9.png", "b10.png")
    torch.testing.assert_close(back.T_world_cam, poses.T_world_cam.flip(0), rtol=0, atol=1e-12)
    torch.testing.assert_close(back.K, poses.K.flip(0), rtol=0, atol=1e-12)
    assert any("order of their names" in note for note in notes)


@pytest.mark.parametrize(("convention", "part"), [("tum", "times"), ("realestate10k", "times"), ("nerfstudio", "names"),
                                                  ("colmap-text", "names"), ("colmap-binary", "names")])
def test_what_must_stand_there_is_counted_and_said(tmp_path: Path, convention: str, part: str):
    poses = replace(full_poses(3), names=None, times=None)
    back, notes = through(tmp_path, convention, poses)
    assert any(f"stand for the {part}, which are unknown" in note for note in notes)
    if part == "times":
        assert back.times.tolist() == [0, 1, 2]
    else:
        assert back.names == ("00000.png", "00001.png", "00002.png")


@pytest.mark.parametrize("convention", ["sana", "spatia", "worldmirror", "tum", "open3d", *READINGS])
def test_poses_alone_are_enough_where_the_format_allows(tmp_path: Path, convention: str):
    poses = Poses("open3d", full_poses(4).T_world_cam)
    back, _ = through(tmp_path, convention, poses)
    assert (back.K, back.size) == (None, None)
    assert len([*tmp_path.iterdir()]) == 1


def test_normalised_intrinsics_and_pixels_need_the_size_only_between_them(tmp_path: Path):
    poses = full_poses(4, one_lens=True)
    spatia, _ = through(tmp_path, "spatia", poses)
    assert spatia.normalised and spatia.size is None
    torch.testing.assert_close(spatia.sized(HEIGHT, WIDTH).K, poses.K)
    again, notes = through(tmp_path, "realestate10k", spatia)
    torch.testing.assert_close(again.K, spatia.K)
    assert not any("size" in note for note in notes)
    back, _ = through(tmp_path, "worldmirror", again.sized(HEIGHT, WIDTH))
    torch.testing.assert_close(back.K, poses.K)
