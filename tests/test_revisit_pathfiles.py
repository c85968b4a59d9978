"""Paths for outside models: every convention reads back as the same path, and nothing is replaced unasked."""

import msgspec
import pytest
import torch

from spatialmem.errors import InvalidValueError, StorageError
from spatialmem.posefiles.conventions import CONVENTIONS, in_metres
from spatialmem.posefiles.select import read_poses
from spatialmem.poses import look_at
from spatialmem.revisit.pathfiles import path_conventions, write_paths
from spatialmem.revisit.protocol import Protocol, protocol, read_protocol
from spatialmem.revisit.route import route_cameras
from spatialmem.revisit.starts import Placed


@pytest.fixture
def two() -> Protocol:
    whole = protocol("reverse")
    return msgspec.structs.replace(whole, routes=whole.routes[:2])


def test_every_convention_holds_the_same_path(two, tmp_path):
    written = write_paths(two, tmp_path / "paths")
    assert len(written) == 2 * len(path_conventions()) + 2
    assert set(path_conventions()) == {name for name, form in CONVENTIONS.items() if form.files}
    for route in two.routes:
        start = two.camera(torch.eye(4, dtype=torch.float64))
        cameras = route_cameras(route, start, up="-Y")
        for file, convention in zip([path for path in written if path.parent.name == route.name], path_conventions(),
                                    strict=True):
            poses = read_poses(file, convention)
            torch.testing.assert_close(poses.T_world_cam, cameras.T_world_cam, rtol=0, atol=2e-6)
            if poses.K is not None:
                torch.testing.assert_close(poses.sized(192, 256).K, cameras.K, rtol=0, atol=1e-3)
    own = read_poses(tmp_path / "paths" / two.routes[0].name / "cameras.json")
    assert (own.up, in_metres(own), own.size) == ("-Y", True, (192, 256))
    assert own.times is not None
    assert float(own.times[16]) == 1.0


def test_the_folder_says_what_it_is(two, tmp_path):
    write_paths(two, tmp_path / "paths", conventions=["tum"])
    assert read_protocol(tmp_path / "paths" / "protocol.json") == two
    text = (tmp_path / "paths" / "README.txt").read_text(encoding="utf-8")
    for word in ("reverse/1", two.fingerprint, "128 frames", "256x192", "70 degrees", "tum.txt", "FRAMES/ROUTE",
                 *(route.name for route in two.routes)):
        assert word in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_placed_routes_are_written_where_they_stand(two, tmp_path):
    eye = torch.tensor([3.0, 4.0, 1.5], dtype=torch.float64)
    pose = look_at(eye, eye + torch.tensor([0, 1.0, 0]), torch.tensor([0, 0, 1.0], dtype=torch.float64))
    placed = [Placed(route, two.camera(pose), 0.5) for route in two.routes]
    write_paths(two, tmp_path / "paths", placed=placed, conventions=["spatialmem"])
    poses = read_poses(tmp_path / "paths" / two.routes[1].name / "cameras.json")
    torch.testing.assert_close(poses.T_world_cam, placed[1].cameras().T_world_cam, rtol=0, atol=1e-9)
    assert poses.up == "+Z"
    assert "0.5" in (tmp_path / "paths" / "README.txt").read_text(encoding="utf-8")
    with pytest.raises(InvalidValueError, match="expected the routes of protocol 'reverse' in their order"):
        write_paths(two, tmp_path / "other", placed=placed[:1])
    assert not (tmp_path / "other").exists()


def test_nothing_is_replaced_unasked(two, tmp_path):
    out = tmp_path / "paths"
    write_paths(two, out, conventions=["tum"])
    with pytest.raises(StorageError, match=r"not an empty folder; choose another place"):
        write_paths(two, out, conventions=["open3d"])
    assert not (out / two.routes[0].name / "trajectory.log").exists()
    write_paths(two, out, conventions=["tum", "open3d"], overwrite=True)
    assert (out / two.routes[0].name / "trajectory.log").exists()
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(StorageError, match="choose another place"):
        write_paths(two, file)


def test_conventions_must_be_known_and_written(two, tmp_path):
    with pytest.raises(InvalidValueError, match="'colmap' is not known; paths are written in spatialmem, nerfstudio"):
        write_paths(two, tmp_path / "paths", conventions=["colmap"])
    with pytest.raises(InvalidValueError, match="'worldplay-keys' is only read"):
        write_paths(two, tmp_path / "paths", conventions=["worldplay-keys"])
    assert not (tmp_path / "paths").exists()
