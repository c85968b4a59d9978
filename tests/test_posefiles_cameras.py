"""Camera files: exact round trips of our own, and the other conventions that `read_cameras` takes."""

import json
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError, StorageError
from spatialmem.posefiles.cameras_json import write_cameras
from spatialmem.posefiles.select import read_cameras
from spatialmem.poses import matrix_from_quat, quat_from_matrix


def walk(count: int = 5, seed: int = 0) -> Cameras:
    generator = torch.Generator().manual_seed(seed)
    T = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    T[:, :3, :3] = matrix_from_quat(torch.randn(count, 4, dtype=torch.float64, generator=generator))
    T[:, :3, 3] = 1e4 * torch.randn(count, 3, dtype=torch.float64, generator=generator)
    K = torch.tensor([[50.1, 0, 31.7], [0, 49.3, 24.9], [0, 0, 1]], dtype=torch.float64).repeat(count, 1, 1)
    K[:, 0, 0] += torch.arange(count) / 3
    return Cameras(K, T, 48, 64)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 6), st.integers(0, 1000))
def test_cameras_json_keeps_every_digit(tmp_path_factory, count, seed):
    path = tmp_path_factory.mktemp("cameras") / "cameras.json"
    cameras = walk(count, seed)
    write_cameras(path, cameras, up="-Y")
    back = read_cameras(path)
    assert torch.equal(back.K, cameras.K)
    assert torch.equal(back.T_world_cam, cameras.T_world_cam)
    assert (back.height, back.width) == (48, 64)


def test_cameras_json_is_plain_and_says_what_it_holds(tmp_path: Path):
    write_cameras(tmp_path / "cameras.json", walk(2), up="+Z")
    fields = json.loads((tmp_path / "cameras.json").read_text())
    assert (fields["format"], fields["version"], fields["up"]) == ("spatialmem-cameras", 1, "+Z")
    assert (fields["width"], fields["height"], len(fields["frames"])) == (64, 48, 2)
    assert set(fields["frames"][0]) == {"K", "T_world_cam"}


def test_an_unwritable_place_is_named(tmp_path: Path):
    with pytest.raises(StorageError, match=r"nowhere/cameras\.json: cannot be written"):
        write_cameras(tmp_path / "nowhere" / "cameras.json", walk(), up="+Z")


def test_open3d_log_and_tum_take_the_default_intrinsics(tmp_path: Path):
    cameras = walk()
    log = "\n".join(f"{i} {i} {i + 1}\n" + "\n".join("\t".join(map(repr, row)) for row in T)
                    for i, T in enumerate(cameras.T_world_cam.tolist()))
    (tmp_path / "a.log").write_text(log)
    quats = quat_from_matrix(cameras.T_world_cam[:, :3, :3]).tolist()
    tum = [" ".join(map(repr, (i / 10, *t, *q[1:], q[0])))
           for i, (t, q) in enumerate(zip(cameras.centres.tolist(), quats, strict=True))]
    (tmp_path / "b.txt").write_text("# time tx ty tz qx qy qz qw\n" + "\n".join(tum))
    for name in ("a.log", "b.txt"):
        back = read_cameras(tmp_path / name, default=cameras)
        torch.testing.assert_close(back.T_world_cam, cameras.T_world_cam, rtol=0, atol=1e-9)
        assert torch.equal(back.K, cameras.K[:1].expand(5, 3, 3))
        with pytest.raises(RecordingError, match="no intrinsics; give a default camera"):
            read_cameras(tmp_path / name)


def test_transforms_json_needs_no_images(tmp_path: Path):
    cameras = walk()
    opengl = cameras.T_world_cam @ torch.diag(torch.tensor([1.0, -1, -1, 1], dtype=torch.float64))
    bare = {"frames": [{"transform_matrix": T} for T in opengl.tolist()]}
    path = tmp_path / "path.json"
    path.write_text(json.dumps(bare))
    back = read_cameras(path, default=cameras)
    assert torch.equal(back.T_world_cam, cameras.T_world_cam)
    assert torch.equal(back.K[4], cameras.K[0])
    with pytest.raises(RecordingError, match="no intrinsics; give a default camera"):
        read_cameras(path)
    path.write_text(json.dumps({"w": 100, "h": 80, "camera_angle_x": math.pi / 2, **bare}))
    own = read_cameras(path, default=cameras)
    assert (own.height, own.width) == (80, 100)
    wanted = torch.tensor([[50, 0, 50], [0, 50, 40], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(own.K[0], wanted)


def test_real_log(shared_data: Path):
    log = shared_data / "icl_livingroom1" / "trajectory.log"
    cameras = read_cameras(log, default=walk())
    assert len(cameras) == 107
    assert torch.equal(cameras.T_world_cam[0], torch.eye(4, dtype=torch.float64))
    folder = read_cameras(log.parent)
    assert torch.equal(folder.T_world_cam, cameras.T_world_cam)


@pytest.mark.parametrize(("old", "new", "match"), [
    ('"version": 1', '"version": 2', "camera file version 2, this program reads 1; update"),
    ('"version": 1', '"version": "one"', "'version' must be a number"),
    ('"width": 64', '"width": 99999999', "each side must be 1"),
    ('"width": 64', '"width": -1', "each side must be 1"),
    ('"frames": [', '"frames": [7, ', "frame 0 must be an object"),
    ('"frames": [', '"frames": {}, "x": [', "'frames' must be a list"),
    ('"T_world_cam": [[', '"T_world_cam": [[NaN, ', "not strict JSON"),
    ('"T_world_cam": [[', '"T_world_cam": [[0.5, ', "frame 0: 'T_world_cam': expected 4"),
    ('"K": [[', '"Q": [[', r"frame 0: 'K': expected 3x3 numbers, got nothing"),
    ('"K": [[50', '"K": [[-50', "both focal lengths"),
    ('"K": [[50', '"K": [[1' + "0" * 400, r"\(10{19} is beyond the range of numbers\)"),
    ('"K": [[50', '"K": [[1' + "0" * 5000, "not strict JSON"),
    ("spatialmem-cameras", "other-cameras", "frame 0: 'transform_matrix'|must be a number"),
])
def test_damaged_cameras_json_is_refused(tmp_path: Path, old, new, match):
    path = tmp_path / "cameras.json"
    write_cameras(path, walk(2), up="+Z")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(RecordingError, match=match) as caught:
        read_cameras(path)
    assert "cameras.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_and_foreign_files_are_refused(tmp_path: Path):
    with pytest.raises(RecordingError, match=r"none\.json: cannot be read \(No such file"):
        read_cameras(tmp_path / "none.json")
    (tmp_path / "poses.bin").write_bytes(bytes(range(256)))
    with pytest.raises(RecordingError, match=r"poses\.bin: is not UTF-8 text"):
        read_cameras(tmp_path / "poses.bin", default=walk())
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(RecordingError, match="must hold a JSON object, got list"):
        read_cameras(tmp_path / "list.json")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(RecordingError, match="holds no poses"):
        read_cameras(tmp_path / "empty.txt", default=walk())
