"""Pose files written by hand from their published definitions, and what they must come to."""

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from spatialmem.camera import Cameras, project
from spatialmem.errors import RecordingError
from spatialmem.posefiles.detect import candidates
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.select import read_cameras, read_poses
from spatialmem.posefiles.worldplay_keys import parse_keys
from spatialmem.posefiles.written import write_poses

# One camera, one metre in front of the origin (z = -1) and 0.25 m to its right, half a metre above it (y down), that
# looks back along -z: turned by 180 degrees about the vertical. It sees the world's +x on its left.
BACK = torch.tensor([[-1.0, 0, 0, 0.25], [0, 1, 0, -0.5], [0, 0, -1, -1], [0, 0, 0, 1]], dtype=torch.float64)
W2C = [[-1, 0, 0, 0.25], [0, 1, 0, 0.5], [0, 0, -1, -1], [0, 0, 0, 1]]
C2W = [[-1, 0, 0, 0.25], [0, 1, 0, -0.5], [0, 0, -1, -1], [0, 0, 0, 1]]
C2W_OPENGL = [[-1, 0, 0, 0.25], [0, -1, 0, -0.5], [0, 0, 1, -1], [0, 0, 0, 1]]
K = [[40, 0, 32], [0, 42, 24], [0, 0, 1]]
KEPT = torch.tensor(K, dtype=torch.float64)


def colmap_text(root: Path) -> Path:
    (root / "cameras.txt").write_text("# Camera list\n7 PINHOLE 64 48 40 42 32 24\n")
    (root / "images.txt").write_text("# Image list\n# two lines each\n3 0 0 1 0 0.25 0.5 -1 7 room/a.png\n"
                                     "10.5 20.5 -1 30 40 17\n")
    return root


def colmap_binary(root: Path) -> Path:
    (root / "cameras.bin").write_bytes(struct.pack("<QIiQQdddd", 1, 7, 1, 64, 48, 40, 42, 32, 24))
    image = struct.pack("<QI7dI", 1, 3, 0, 0, 1, 0, 0.25, 0.5, -1, 7) + b"room/a.png\0"
    (root / "images.bin").write_bytes(image + struct.pack("<Qddqddq", 2, 10.5, 20.5, -1, 30, 40, 17))
    return root


def transforms(root: Path) -> Path:
    frame = {"file_path": "room/a.png", "transform_matrix": C2W_OPENGL}
    head = {"fl_x": 40, "fl_y": 42, "cx": 32, "cy": 24, "w": 64, "h": 48}
    (root / "transforms.json").write_text(json.dumps({**head, "frames": [frame]}))
    return root / "transforms.json"


def tum(root: Path) -> Path:
    (root / "a.txt").write_text("# t tx ty tz qx qy qz qw\n12.5 0.25 -0.5 -1 0 1 0 0\n")
    return root / "a.txt"


def open3d_log(root: Path) -> Path:
    (root / "a.log").write_text("0 0 1\n" + "\n".join(" ".join(map(str, row)) for row in C2W) + "\n")
    return root / "a.log"


def realestate10k(root: Path) -> Path:
    numbers = [12500000, 40 / 64, 42 / 48, 0.5, 0.5, 0, 0, *(v for row in W2C[:3] for v in row)]
    (root / "clip.txt").write_text("https://example.org/v\n" + " ".join(map(str, numbers)) + "\n")
    return root / "clip.txt"


def lyra2(root: Path) -> Path:
    np.savez(root / "a.npz", w2c=np.array([W2C], np.float32), intrinsics=np.array([K], np.float32),
             image_height=48, image_width=64, other=np.zeros(3))
    return root / "a.npz"


def gsplat(root: Path) -> Path:
    np.savez_compressed(root / "a.npz", viewmats=np.array([W2C], np.float64), Ks=np.array([K]), height=48, width=64)
    return root / "a.npz"


def spatia(root: Path) -> Path:
    (root / "w2c.txt").write_text(json.dumps(W2C) + "\n")
    (root / "intrinsics.txt").write_text(f"[{40 / 64} {42 / 48} 0.5 0.5]")
    return root / "w2c.txt"


def worldmirror(root: Path) -> Path:
    fields = {"num_cameras": 1, "extrinsics": [{"camera_id": 0, "matrix": C2W}],
              "intrinsics": [{"camera_id": 0, "matrix": K}]}
    (root / "camera_params.json").write_text(json.dumps(fields))
    return root / "camera_params.json"


def worldplay(root: Path) -> Path:
    (root / "walk.json").write_text(json.dumps({"0": {"extrinsic": C2W, "K": K}}))
    return root / "walk.json"


FILES = {"colmap-text": colmap_text, "colmap-binary": colmap_binary, "nerfstudio": transforms, "tum": tum,
         "open3d": open3d_log, "realestate10k": realestate10k, "lyra2": lyra2, "gsplat": gsplat, "spatia": spatia,
         "worldmirror": worldmirror, "worldplay": worldplay}


@pytest.mark.parametrize("convention", FILES)
def test_a_camera_that_looks_back(tmp_path: Path, convention: str):
    path = FILES[convention](tmp_path)
    assert candidates(path) == (convention,)
    poses = read_poses(path)
    assert poses.convention == convention
    torch.testing.assert_close(poses.T_world_cam[0], BACK, rtol=0, atol=1e-12)
    if convention not in ("tum", "open3d"):
        torch.testing.assert_close(poses.sized(48, 64).K[0], KEPT, rtol=0, atol=1e-5)
    if convention in ("colmap-text", "colmap-binary", "nerfstudio"):
        assert poses.names == ("room/a.png",)
    if convention in ("tum", "realestate10k"):
        assert poses.times.tolist() == [12.5]


@pytest.mark.parametrize("name", ["images.txt", "cameras.txt"])
def test_a_colmap_model_is_found_by_its_files_and_below_its_project(tmp_path: Path, name: str):
    model = tmp_path / "project" / "sparse" / "0"
    model.mkdir(parents=True)
    colmap_text(model)
    for path in (model / name, model, tmp_path / "project"):
        torch.testing.assert_close(read_poses(path).T_world_cam[0], BACK)
    colmap_binary(model)
    assert read_poses(model).convention == "colmap-binary"
    assert read_poses(model / name).convention == "colmap-text"


@pytest.mark.parametrize("shape", ["(3, 3)", "(F, 3, 3)", "(4,)", "(F, 4)"])
def test_lingbot_world_reads_its_two_files_in_every_shape(tmp_path: Path, shape: str):
    four = np.array([40, 42, 32, 24], np.float32)
    arrays = {"(3, 3)": np.array(K, np.float64), "(F, 3, 3)": np.array([K, K, K]), "(4,)": four,
              "(F, 4)": np.stack([four, four, four])}
    np.save(tmp_path / "poses.npy", np.array([C2W] * 3, np.float32))
    np.save(tmp_path / "intrinsics.npy", arrays[shape])
    poses = read_poses(tmp_path / "poses.npy", "sana")
    torch.testing.assert_close(poses.T_world_cam, BACK.expand(3, 4, 4))
    torch.testing.assert_close(poses.K, KEPT.expand(3, 3, 3))
    assert poses.size is None and poses.centred_size == (48, 64)
    cameras = read_cameras(tmp_path / "poses.npy", convention="sana")
    assert (cameras.height, cameras.width) == (48, 64)


@pytest.mark.parametrize("layout", ["npy", "npy 3x4", "npy flat", "fortran", "16 a line", "12 a line", "blocks",
                                    "json"])
def test_bare_matrices_in_every_layout(tmp_path: Path, layout: str):
    numbers = np.array([W2C, W2C], np.float64)
    path = tmp_path / ("a.npy" if layout in ("npy", "npy 3x4", "npy flat", "fortran") else "a.txt")
    saved = {"npy": numbers, "npy 3x4": numbers[:, :3], "npy flat": numbers.reshape(2, 16),
             "fortran": np.asfortranarray(numbers)}
    text = {"16 a line": numbers.reshape(2, 16), "12 a line": numbers[:, :3].reshape(2, 12),
            "blocks": numbers.reshape(8, 4)}
    if layout in saved:
        np.save(path, saved[layout])
    elif layout in text:
        np.savetxt(path, text[layout])
    else:
        path.write_text("".join(json.dumps(rows[:3]) + "\n" for rows in numbers.tolist()))
    with pytest.raises(RecordingError, match=r"how they are meant; name one \(--from\).*w2c-opengl.*--check"):
        read_poses(path)
    torch.testing.assert_close(read_poses(path, "w2c-opencv").T_world_cam, BACK.expand(2, 4, 4))


def test_key_strings_walk_ahead_and_turn():
    walk = parse_keys("w-31")
    assert len(walk) == 32
    assert torch.equal(walk.T_world_cam[0], torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(walk.T_world_cam[-1, :3, 3], torch.tensor([0, 0, 31 * 0.08], dtype=torch.float64))
    turned = parse_keys(" right-30, w-10 ,up-10,a-5")  # to the right by 90 degrees, then 0.8 along +x
    torch.testing.assert_close(turned.T_world_cam[40, :3, 3], torch.tensor([0.8, 0, 0], dtype=torch.float64))
    view = turned.T_world_cam[-1, :3, 2]
    torch.testing.assert_close(view, torch.tensor([math.cos(math.pi / 6), -0.5, 0], dtype=torch.float64))  # y is down
    moved = turned.T_world_cam[-1, :3, 3] - turned.T_world_cam[40, :3, 3]
    torch.testing.assert_close(moved, torch.tensor([0, 0, 5 * 0.08], dtype=torch.float64))  # its left is +z
    assert walk.size == (1080, 1920)


@pytest.mark.parametrize(("keys", "match"), [
    ("w-80,jw-40", "meaning of 'jw-40' is not known; known are w, s, d, a, right"),
    ("right-0.5", "fractions of a count are read in different ways"),
    ("w-31,,d-4", "meaning of '' is not known"), ("w", "meaning of 'w' is not known"), ("w-999999", "more than 100000"),
    ("w-99999,d-99999", "more than 100000 poses"),
])
def test_key_strings_of_unknown_meaning_are_refused(tmp_path: Path, keys: str, match: str):
    with pytest.raises(RecordingError, match=match):
        parse_keys(keys)
    (tmp_path / "keys.txt").write_text(keys + "\n")
    with pytest.raises(RecordingError, match=match):
        read_poses(tmp_path / "keys.txt", "worldplay-keys")


def test_key_strings_in_a_file_are_recognised(tmp_path: Path):
    (tmp_path / "keys.txt").write_text("w-3, right-2\n")
    assert len(read_poses(tmp_path / "keys.txt")) == 6


def test_blender_files_need_the_size_that_they_do_not_hold(tmp_path: Path):
    path = tmp_path / "transforms_train.json"
    path.write_text(json.dumps({"camera_angle_x": math.pi / 2, "frames": [{"transform_matrix": C2W_OPENGL}]}))
    with pytest.raises(RecordingError, match="a field of view but no image size; add 'w' and 'h'"):
        read_poses(path)
    poses = read_poses(path, size=(80, 100))
    wanted = torch.tensor([[50, 0, 50], [0, 50, 40], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(poses.K[0], wanted)
    torch.testing.assert_close(poses.T_world_cam[0], BACK)


def test_colmap_pixel_centres_and_simple_pinhole(tmp_path: Path):
    colmap_text(tmp_path)
    (tmp_path / "cameras.txt").write_text("7 SIMPLE_PINHOLE 64 48 40 32 24\n")
    assert read_poses(tmp_path).K[0].tolist() == [[40, 0, 32], [0, 40, 24], [0, 0, 1]]


def test_a_recording_gives_its_poses_with_names_and_up(shared_data: Path):
    poses = read_poses(shared_data / "open3d_rgbd5")
    assert (poses.convention, len(poses), poses.size, poses.up) == ("open3d", 5, (480, 640), "+Y")
    assert poses.names == tuple(f"color/0000{i}.jpg" for i in range(5))


def test_the_published_realestate10k_paths(shared_data: Path, tmp_path: Path):
    paths = sorted(path for path in (shared_data / "re10k_poses").glob("*.txt") if path.stem != "SOURCE")
    assert paths
    for path in paths:
        poses = read_poses(path)
        assert (poses.convention, poses.normalised, poses.up) == ("realestate10k", True, None)
        rows = np.loadtxt(path, skiprows=1)
        w2c = np.tile(np.eye(4), (len(rows), 1, 1))
        w2c[:, :3] = rows[:, 7:].reshape(-1, 3, 4)
        np.testing.assert_allclose(poses.T_world_cam.numpy() @ w2c, np.tile(np.eye(4), (len(rows), 1, 1)), atol=1e-12)
        assert poses.upright == "-Y"
        assert poses.source is not None and poses.source.startswith("https://www.youtube.com/")
        write_poses(tmp_path / path.name, poses, "realestate10k")
        again = read_poses(tmp_path / path.name)
        torch.testing.assert_close(again.T_world_cam, poses.T_world_cam, rtol=0, atol=1e-12)
        assert (again.source, again.times.tolist()) == (poses.source, poses.times.tolist())
        start = Cameras(KEPT[None], BACK[None], 48, 64)
        with pytest.raises(RecordingError, match="holds intrinsics but no image size; give a default camera"):
            read_cameras(path)
        cameras = read_cameras(path, default=start)
        assert (cameras.height, cameras.width) == (48, 85)  # 16:9, square pixels
        torch.testing.assert_close(cameras.K[:, 0, 0], cameras.K[:, 1, 1], rtol=0.005, atol=0)


def test_the_garden_cameras_see_the_garden(shared_data: Path):
    path = shared_data / "gsplat_garden" / "test_garden.npz"
    poses = read_poses(path)
    assert (poses.convention, len(poses), poses.size, poses.upright) == ("gsplat", 3, (420, 648), "+Z")
    points = torch.from_numpy(np.load(path)["means3d"]).double()
    pixels, z = project(points, read_cameras(path))
    seen = (z > 0) & (pixels > 0).all(-1) & (pixels < torch.tensor([648, 420])).all(-1)
    assert (seen.sum(dim=1) > 10_000).all()
    turned = Cameras(poses.K, torch.linalg.inv(poses.T_world_cam), 420, 648)
    pixels, z = project(points, turned)
    wrong = (z > 0) & (pixels > 0).all(-1) & (pixels < torch.tensor([648, 420])).all(-1)
    assert wrong.sum() < seen.sum() / 2


def test_intrinsics_may_be_given_as_numbers_or_as_a_file(tmp_path: Path):
    log = open3d_log(tmp_path)
    np.save(tmp_path / "K.npy", np.array(K))
    (tmp_path / "K.txt").write_text("40 42 32 24\n")
    for given in ("40,42,32,24", tmp_path / "K.npy", tmp_path / "K.txt"):
        poses = read_poses(log, intrinsics=given, size=(48, 64))
        assert torch.equal(poses.K[0], KEPT)
        assert poses.size == (48, 64)
    shares = read_poses(log, intrinsics=f"{40 / 64},{42 / 48},0.5,0.5")
    assert shares.normalised
    assert torch.equal(shares.sized(48, 64).K[0], KEPT)


def test_poses_say_what_is_known():
    poses = Poses("open3d", BACK.expand(3, 4, 4).clone())
    assert (len(poses), poses.size, poses.centred_size, poses.path_length, poses.upright) == (3, None, None, 0.0, "-Y")
    walk = BACK.repeat(3, 1, 1)
    walk[:, 0, 3] = torch.tensor([0.0, 3.0, 3.0])
    walk[2, 1, 3] += 4
    assert Poses("open3d", walk).path_length == 7
