"""Recordings in three layouts: agreement between them, and closed answers on real data."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from recordings_on_disk import (
    CX,
    CY,
    FRAMES,
    FX,
    FY,
    HEIGHT,
    WIDTH,
    WRITERS,
    images,
    poses,
    write_nerfstudio,
    write_open3d,
    write_tum,
)

from spatialmem.errors import RecordingError
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.select import open_recording


@pytest.fixture(params=sorted(WRITERS))
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    return open_recording(WRITERS[request.param](tmp_path / "walk"))


def test_all_layouts_give_the_same_recording(recording: Recording):
    assert len(recording) == FRAMES
    torch.testing.assert_close(recording.cameras.T_world_cam, poses(), rtol=0, atol=1e-9)
    wanted = torch.tensor([[FX, 0, CX], [0, FY, CY], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(recording.cameras.K, wanted.expand(FRAMES, 3, 3))
    assert recording.up == "-Y"
    recording.verify()
    rgb, depth = images()
    for i in range(FRAMES):
        frame = recording.load(i, HEIGHT, WIDTH)
        assert torch.equal(frame.rgb[0], torch.from_numpy(rgb[i].astype(np.float32) / np.float32(255)))
        torch.testing.assert_close(frame.depth[0], torch.from_numpy(depth[i].astype(np.float32)))


def test_loading_at_another_size_agrees_with_resized_cameras(recording: Recording):
    for size in ((6, 8), (5, 8), (24, 32)):
        frame = recording.load(1, *size)
        own = recording.resized(*size)
        assert torch.equal(frame.cameras.K, own.K[1:2])
        assert frame.rgb.shape == (1, *size, 3)
        assert set(frame.depth.round(decimals=5).unique().tolist()) <= {0.0, 1.5, 3.0}
    with pytest.raises(IndexError, match="has 4"):
        recording.load(4, 6, 8)


def test_counted_names_keep_their_order(tmp_path: Path):
    root = write_open3d(tmp_path / "walk")
    for folder in ("image", "depth"):
        (root / folder / "3.png").rename(root / folder / "10.png")
    assert [p.stem for p in open_recording(root).rgb_paths] == ["0", "1", "2", "10"]


def test_tum_leaves_out_images_without_a_partner_and_interpolates_poses(tmp_path: Path):
    root = write_tum(tmp_path / "walk")
    lines = (root / "depth.txt").read_text().splitlines()
    (root / "depth.txt").write_text("\n".join(line for line in lines if "depth/1" not in line))
    truth = [line.split() for line in (root / "groundtruth.txt").read_text().splitlines()[1:]]
    early = [f"{float(w[0]) - 0.01} {' '.join(w[1:])}" for w in truth]
    late = [f"{float(w[0]) + 0.01} {float(w[1]) + 0.2} {' '.join(w[2:])}" for w in truth]
    (root / "groundtruth.txt").write_text("\n".join(early + late))  # order in the file does not matter
    walk = open_recording(root)
    assert [p.stem for p in walk.rgb_paths] == ["0", "2", "3"]
    torch.testing.assert_close(walk.cameras.centres[:, 0], poses()[[0, 2, 3], 0, 3] + 0.1, rtol=0, atol=1e-4)


def test_tum_default_intrinsics_are_for_640x480_only(tmp_path: Path):
    root = write_tum(tmp_path / "walk")
    (root / "calibration.txt").unlink()
    with pytest.raises(RecordingError, match=r"images are 16x12 and no intrinsics.*calibration\.txt"):
        open_recording(root)
    Image.new("RGB", (640, 480)).save(root / "rgb" / "0.png")
    assert open_recording(root).cameras.K[0].tolist() == [[525, 0, 320], [0, 525, 240], [0, 0, 1]]


def test_nerfstudio_per_frame_intrinsics_and_depth_unit(tmp_path: Path):
    root = write_nerfstudio(tmp_path / "walk")
    fields = json.loads((root / "transforms.json").read_text())
    fields["depth_unit_scale_factor"] = 0.002
    for key in ("fl_x", "fl_y", "cx", "cy", "w", "h"):
        del fields[key]
    for i, frame in enumerate(sorted(fields["frames"], key=lambda f: f["file_path"])):
        frame["camera_angle_x"] = 2 * math.atan(WIDTH / 2 / (20.0 + i))
    (root / "transforms.json").write_text(json.dumps(fields))
    walk = open_recording(root)
    torch.testing.assert_close(walk.cameras.K[:, 0, 0], 20.0 + torch.arange(4, dtype=torch.float64))
    assert walk.cameras.K[0, :2, 2].tolist() == [WIDTH / 2, HEIGHT / 2]
    assert float(walk.load(0, HEIGHT, WIDTH).depth.max()) == pytest.approx(6.0)


def test_real_recordings(shared_data: Path):
    for name, up, count in (("icl_livingroom1", "-Y", 107), ("open3d_rgbd5", "+Y", 5)):
        walk = open_recording(shared_data / name)
        assert (len(walk), walk.up, walk.layout) == (count, up, "open3d")
        assert walk.cameras.K[0].tolist() == [[525, 0, 320], [0, 525, 240], [0, 0, 1]]
        frame = walk.load(count - 1, 240, 320)
        known = frame.depth[frame.depth > 0]
        assert 0.5 < float(known.min()) < float(known.max()) < 10
        assert frame.cameras.K[0].tolist() == [[262.5, 0, 160], [0, 262.5, 120], [0, 0, 1]]
