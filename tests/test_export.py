"""Files for others: splat PLY, videos, image folders and contact sheets, read back independently."""

import math
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from box_room import room_frames, room_walk
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from spatialmem.errors import ShapeError, StorageError, WorldFormatError
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.export.images import depth_millimetres
from spatialmem.export.ply import viewer_from_world, write_ply
from spatialmem.export.video import VideoWriter, to_bytes
from spatialmem.poses import matrix_from_quat
from spatialmem.splats import Splats

UPS = ["+X", "-X", "+Y", "-Y", "+Z", "-Z"]


def some_splats(count: int = 50) -> Splats:
    """Gaussians of every opacity, some at the very ends, with colours beyond 0..1."""
    random = torch.Generator().manual_seed(4)
    opacities = torch.rand(count, generator=random)
    opacities[:2] = torch.tensor([0.0, 1.0])
    return Splats(
        means=3 * torch.randn(count, 3, generator=random), quats=torch.randn(count, 4, generator=random),
        scales=0.001 + torch.rand(count, 3, generator=random), opacities=opacities,
        colors=torch.rand(count, 3, generator=random) * 1.4 - 0.2, clip=torch.ones(count, dtype=torch.int32),
        seen=torch.ones(count, dtype=torch.int32), confidence=torch.ones(count),
        generated=torch.zeros(count, dtype=torch.bool),
        labels=torch.zeros(count, dtype=torch.int32))


def read_ply(path: Path) -> dict[str, NDArray[np.float32]]:
    """The columns of a binary PLY of float properties, by the format's own description."""
    content = path.read_bytes()
    head, _, body = content.partition(b"end_header\n")
    lines = head.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    (count,) = [int(line.split()[2]) for line in lines if line.startswith("element vertex ")]
    names = [line.split()[2] for line in lines if line.startswith("property float ")]
    assert sum(line.startswith(("property", "element")) for line in lines) == len(names) + 1
    table = np.frombuffer(body, "<f4").reshape(count, len(names))
    return {name: table[:, i] for i, name in enumerate(names)}


def columns(table: dict[str, NDArray[np.float32]], *names: str) -> Tensor:
    return torch.from_numpy(np.stack([table[name] for name in names], axis=-1)).double()


def covariances(quats: Tensor, scales: Tensor) -> Tensor:
    """`[N, 3, 3]`, which no choice of sign or order of axes can change."""
    M = matrix_from_quat(quats.double()) * scales.double()[:, None, :]
    return M @ M.transpose(1, 2)


# --- PLY -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("up", UPS)
def test_a_ply_holds_the_gaussians_turned_to_the_viewers_axes(tmp_path: Path, up: str):
    splats = some_splats()
    assert write_ply(splats, tmp_path / "a.ply", up=up) == tmp_path / "a.ply"
    table = read_ply(tmp_path / "a.ply")
    R = viewer_from_world(up)
    torch.testing.assert_close(columns(table, "x", "y", "z"), splats.means.double() @ R.T, atol=1e-5, rtol=1e-6)
    scales = columns(table, "scale_0", "scale_1", "scale_2").exp()
    torch.testing.assert_close(scales, splats.scales.double(), rtol=1e-5, atol=0)
    quats = columns(table, "rot_0", "rot_1", "rot_2", "rot_3")
    expected = R @ covariances(splats.quats, splats.scales) @ R.T
    torch.testing.assert_close(covariances(quats, scales), expected, rtol=1e-4, atol=1e-5)
    opacities = columns(table, "opacity")[:, 0].sigmoid()
    torch.testing.assert_close(opacities, splats.opacities.double(), atol=2e-6, rtol=0)
    assert all(bool(np.isfinite(column).all()) for column in table.values())


@pytest.mark.parametrize("up", UPS)
def test_up_becomes_minus_y_and_left_stays_left(up: str):
    R = viewer_from_world(up)
    torch.testing.assert_close(R @ R.T, torch.eye(3, dtype=torch.float64))
    assert float(torch.linalg.det(R)) == pytest.approx(1)
    world_up = torch.zeros(3, dtype=torch.float64)
    world_up["XYZ".index(up[1])] = 1.0 if up[0] == "+" else -1.0
    torch.testing.assert_close(R @ world_up, torch.tensor([0, -1, 0], dtype=torch.float64))


def test_a_world_that_has_viewer_axes_is_written_as_it_stands(tmp_path: Path):
    splats = some_splats()
    write_ply(splats, tmp_path / "a.ply", up="-Y")
    assert torch.equal(columns(read_ply(tmp_path / "a.ply"), "x", "y", "z").float(), splats.means)
    torch.testing.assert_close(viewer_from_world("-Y"), torch.eye(3, dtype=torch.float64))


def test_looking_north_in_a_z_up_world_is_looking_forward_in_a_viewer():
    R = viewer_from_world("+Z")
    east, north = torch.eye(3, dtype=torch.float64)[:2]
    assert (R @ east).tolist() == [1, 0, 0]
    assert (R @ north).tolist() == [0, 0, 1]


def test_colours_are_spherical_harmonics_of_degree_zero(tmp_path: Path):
    splats = some_splats()
    write_ply(splats, tmp_path / "a.ply", up="+Z")
    harmonics = columns(read_ply(tmp_path / "a.ply"), "f_dc_0", "f_dc_1", "f_dc_2")
    constant = 1 / (2 * math.sqrt(math.pi))  # Y_0^0
    torch.testing.assert_close(0.5 + constant * harmonics, splats.colors.double(), atol=1e-6, rtol=0)


def test_the_properties_come_in_the_order_of_the_first_3dgs_files(tmp_path: Path):
    write_ply(some_splats(2), tmp_path / "a.ply", up="+Z")
    assert list(read_ply(tmp_path / "a.ply")) == [
        "x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity", "scale_0", "scale_1", "scale_2",
        "rot_0", "rot_1", "rot_2", "rot_3"]


def test_another_reader_agrees(tmp_path: Path):
    trimesh = pytest.importorskip("trimesh")
    splats = some_splats()
    write_ply(splats, tmp_path / "a.ply", up="-Y")
    cloud = trimesh.load(tmp_path / "a.ply")
    np.testing.assert_allclose(np.asarray(cloud.vertices), splats.means.numpy(), atol=1e-6)


def test_a_ply_appears_whole_or_not_at_all(tmp_path: Path):
    write_ply(some_splats(3), tmp_path / "a.ply", up="+Z")
    write_ply(some_splats(5), tmp_path / "a.ply", up="+Z")
    assert len(read_ply(tmp_path / "a.ply")["x"]) == 5
    with pytest.raises(WorldFormatError, match="no Gaussians yet; explore it first"):
        write_ply(Splats.empty(), tmp_path / "b.ply", up="+Z")
    (tmp_path / "folder.ply").mkdir()
    for place in (tmp_path / "folder.ply", tmp_path / "a.ply" / "b.ply"):
        with pytest.raises(StorageError, match=r"cannot be written \(.*\); choose another place"):
            write_ply(some_splats(), place, up="+Z")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ply", "folder.ply"]


# --- video ---------------------------------------------------------------------------------------


def decoded(path: Path) -> NDArray[np.uint8]:
    """All frames `[T, H, W, 3]` of a video."""
    with av.open(str(path)) as video:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])


def test_a_video_shows_all_frames_in_order_in_their_colours(tmp_path: Path):
    rgb = room_frames(room_walk(7, height=48, width=64)).rgb
    with VideoWriter(tmp_path / "a.mp4", 48, 64, rate=10) as video:
        video.write(rgb[:3])
        video.write(rgb[3:])
    frames = decoded(tmp_path / "a.mp4")
    assert frames.shape == (7, 48, 64, 3)
    error = np.abs(frames[:, None].astype(float) - to_bytes(rgb)[None]).mean(axis=(2, 3, 4))
    assert error.diagonal().max() < 6
    assert (error.argmin(axis=1) == np.arange(7)).all()
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == 10
        assert stream.codec_context.name.startswith("h264")
        assert stream.codec_context.pix_fmt == "yuv420p"  # what browsers play


@pytest.mark.parametrize(("size", "even"), [((37, 51), (36, 50)), ((2, 3), (2, 2))])
def test_an_odd_size_loses_a_row_or_column(tmp_path: Path, size: tuple[int, int], even: tuple[int, int]):
    with VideoWriter(tmp_path / "a.mp4", *size) as video:
        video.write(torch.full((2, *size, 3), 0.5))
    assert decoded(tmp_path / "a.mp4").shape == (2, *even, 3)


def test_a_video_that_cannot_be_made_is_refused(tmp_path: Path):
    with pytest.raises(ShapeError, match="at least 2x2 pixels, got 9x1"):
        VideoWriter(tmp_path / "a.mp4", 1, 9)
    with pytest.raises(StorageError, match="cannot be written"):
        VideoWriter(tmp_path / "no" / "folder" / "a.mp4", 8, 8)
    with VideoWriter(tmp_path / "b.mp4", 8, 8) as video, pytest.raises(ShapeError, match=r"\[T, 8, 8, 3\]"):
        video.write(torch.zeros(1, 8, 10, 3))
    assert not (tmp_path / "a.mp4").exists()


# --- images --------------------------------------------------------------------------------------


def test_bytes_are_rounded_and_clamped():
    values = torch.tensor([-1.0, 0, 0.5 / 255 - 1e-4, 0.5 / 255 + 1e-4, 0.999, 1, 7])
    assert to_bytes(values.repeat(3, 1).T.reshape(1, 1, 7, 3))[0, 0, :, 0].tolist() == [0, 0, 0, 1, 255, 255, 255]
    every = torch.arange(256).reshape(1, 16, 16, 1).expand(1, 16, 16, 3)
    assert (to_bytes(every / 255) == every.numpy()).all()


def test_depth_is_millimetres_and_zero_where_it_does_not_fit():
    depth = torch.tensor([[[0.0, 1.0, 1.2344, 65.535, 65.536, 1e4]]])
    written = depth_millimetres(depth)
    assert written.dtype == np.uint16
    assert written[0, 0].tolist() == [0, 1000, 1234, 65535, 0, 0]


def test_a_contact_sheet_shows_every_image_in_its_row_and_column(tmp_path: Path):
    colours = torch.tensor([[[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 1, 0], [0, 1, 1], [1, 0, 1]]])
    rows = {name: colours[i, :, None, None].expand(3, 20, 30, 3) for i, name in enumerate(("input", "memory"))}
    path = contact_sheet(rows, ["frame 0", "frame 8", "frame 16"], tmp_path / "sheet.png")
    with Image.open(path) as image:
        sheet = np.asarray(image.convert("RGB")).astype(int)
    assert sheet.shape[0] > 2 * 20
    assert sheet.shape[1] > 3 * 30
    corners = []
    for colour in (255 * colours.reshape(6, 3)).int().numpy():
        where = (sheet == colour).all(axis=-1)
        assert where.sum() == 20 * 30
        corners.append(np.argwhere(where).min(axis=0).tolist())
    top, below = corners[:3], corners[3:]
    assert len({y for y, _ in top}) == len({y for y, _ in below}) == 1
    assert [x for _, x in top] == [x for _, x in below] == sorted(x for _, x in top)
    assert below[0][0] >= top[0][0] + 20


def test_rows_that_do_not_match_make_no_sheet(tmp_path: Path):
    row = torch.zeros(2, 8, 8, 3)
    for rows, captions in (({"a": row, "b": row[:1]}, ["0", "1"]), ({"a": row}, ["0"]), ({}, []),
                           ({"a": row[0]}, ["0"] * 8)):
        with pytest.raises(ShapeError, match="rows and captions must match"):
            contact_sheet(rows, captions, tmp_path / "sheet.png")
    with pytest.raises(StorageError, match=r"cannot be written \(.*\); choose another place"):
        contact_sheet({"a": row}, ["0", "1"], tmp_path / "no" / "sheet.png")
    assert list(tmp_path.iterdir()) == []
