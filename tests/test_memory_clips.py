"""Clips: what is read back is what was stored, to the precision that is promised."""

import io
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import make_clip, walk, wall_frames
from PIL import Image

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.frames import Frames
from spatialmem.memory.cellfile import Extent
from spatialmem.memory.cells import CellKey
from spatialmem.memory.clipfile import Change, ClipFile, coding, encode_clip
from spatialmem.memory.clips import Clip
from spatialmem.memory.coarse import coarse
from spatialmem.memory.images import decode_png, encode_png
from spatialmem.memory.plan import Plan, decode_plan, encode_plan
from spatialmem.memory.planes import FINEST_UNIT, depth_unit, quantise, restore
from spatialmem.memory.rows import CellVersion
from spatialmem.memory.tensorfile import pack, unpack

WORLD = "0" * 32
CHANGE = Change("", (CellKey(1, -2, 3, 0),), (
    CellVersion(CellKey(2, 0, -1, 5), 3, "f" * 64, 1000, 7, Extent((0.1, -0.2, 0.3), (1.0, 2.0, 3.0), 0.25)),))


def encode(clip: Clip) -> bytes:
    assert clip.frames.depth is not None
    unit = depth_unit(clip.frames.depth)
    with coding(quantise(clip.frames, unit), unit) as coded:
        return encode_clip(clip, coded, CHANGE, world=WORLD, commit=3)


def decode(blob: bytes) -> ClipFile:
    return ClipFile(blob, "here", world=WORLD, commit=3)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 2e5, width=32), min_size=1, max_size=12))
def test_depth_keeps_half_a_unit_and_the_unknown(depths: list[float]) -> None:
    depth = torch.tensor(depths)[None, None]
    unit = depth_unit(depth)
    cameras = walk(0, 1, height=1, width=len(depths))
    frames = Frames(torch.zeros(1, 1, len(depths), 3), cameras, depth=depth)
    back = restore(quantise(frames, unit), unit, cameras).depth
    assert back is not None
    assert float((back - depth).abs().max()) <= unit / 2 + 1e-6 * float(depth.max())
    assert bool((back[depth == 0] == 0).all())
    assert unit == FINEST_UNIT or float(depth.max()) > 65_535 * unit / 2, "as fine as the depths allow"
    again = restore(quantise(restore(quantise(frames, unit), unit, cameras), unit), unit, cameras).depth
    assert again is not None and torch.equal(again, back), "storing what was read changes nothing"


def test_clips_round_trip_with_all_their_layers() -> None:
    plain = wall_frames(walk(5, 3))
    size = plain.rgb.shape[:3]
    frames = Frames(plain.rgb, plain.cameras, plain.depth, alpha=torch.ones(size),
                    confidence=torch.full(size, 0.2), dynamic=torch.rand(size) > 0.5,
                    labels=torch.randint(0, 65_536, size))
    clip = Clip(frames, walk(6, 3), torch.tensor([False, True, False]), 5, prompt="ä wall ∞", seed=-7,
                generator="g", version="2", state={"a": [1, None]}, provenance="generated")
    file = decode(encode(clip))
    assert file.change == CHANGE
    back = file.clip()
    for name in ("start", "prompt", "seed", "generator", "version", "state", "provenance"):
        assert getattr(back, name) == getattr(clip, name)
    assert torch.equal(back.frames.cameras.T_world_cam, frames.cameras.T_world_cam)
    assert torch.equal(back.requested.T_world_cam, clip.requested.T_world_cam)
    assert torch.equal(back.requested.K, clip.requested.K) and torch.equal(back.heldout, clip.heldout)
    assert torch.equal(back.frames.rgb, (frames.rgb * 255).round() / 255)
    assert back.frames.dynamic is not None and torch.equal(back.frames.dynamic, frames.dynamic)
    assert back.frames.labels is not None and torch.equal(back.frames.labels, frames.labels.int())
    assert back.frames.alpha is None and back.frames.confidence is not None
    assert float((back.frames.confidence - 0.2).abs().max()) < 0.5 / 255 + 1e-6


def test_single_frames_equal_those_of_the_whole_clip() -> None:
    file = decode(encode(make_clip(0, wall_frames(walk(0, 3)))))
    whole = file.clip().frames
    for index in range(3):
        planes = {name: plane[None] for name, plane in file.planes(index).items()}
        one = restore(planes, file.unit, file.cameras[index:index + 1])
        assert torch.equal(one.rgb, whole.rgb[index:index + 1])
        assert one.depth is not None and whole.depth is not None
        assert torch.equal(one.depth[0], whole.depth[index])


@pytest.mark.parametrize(("change", "error", "match"), [
    ({"heldout": torch.zeros(3, dtype=torch.bool)}, ShapeError, "heldout: expected .2. bool"),
    ({"heldout": torch.zeros(2)}, ShapeError, "heldout"),
    ({"requested": walk(0, 3)}, ShapeError, "requested: expected"),
    ({"requested": walk(0, 2, width=40)}, ShapeError, "requested: expected"),
    ({"start": -1}, InvalidValueError, "start >= 0"),
    ({"seed": 1 << 63}, InvalidValueError, "64-bit seed"),
    ({"provenance": "found"}, InvalidValueError, "expected 'given' or 'generated', got 'found'"),
    ({"state": {"x": float("nan")}}, InvalidValueError, "Clip.state: expected strict JSON"),
    ({"frames": Frames(torch.zeros(2, 24, 32, 3), walk(0, 2))}, ShapeError, "need depth"),
    ({"frames": Frames.empty(24, 32), "requested": walk(0, 0)}, ShapeError, "1..4096 frames"),
])
def test_contradicting_clips_are_refused(change: dict[str, object], error: type[Exception],
                                         match: str) -> None:
    good = {"frames": wall_frames(walk(0, 2)), "requested": walk(0, 2),
            "heldout": torch.zeros(2, dtype=torch.bool), "start": 0}
    with pytest.raises(error, match=match):
        Clip(**{**good, **change})  # type: ignore[arg-type]


def test_depth_and_labels_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"depth: 1e.30 m is beyond"):
        depth_unit(torch.tensor([1e30]))
    frames = wall_frames(walk(0, 1))
    labels = torch.full(frames.rgb.shape[:3], -1)
    with pytest.raises(InvalidValueError, match=r"labels must lie in 0..65535"):
        quantise(Frames(frames.rgb, frames.cameras, frames.depth, labels=labels), 1.0)


@pytest.mark.parametrize("dtype", [torch.int16, torch.int32, torch.int64])
def test_labels_of_every_integer_type_are_stored(dtype: torch.dtype) -> None:
    frames = wall_frames(walk(0, 1))
    labels = torch.full(frames.rgb.shape[:3], 300, dtype=dtype)
    planes = quantise(Frames(frames.rgb, frames.cameras, frames.depth, labels=labels), 1.0)
    assert planes["labels"].dtype == np.uint16 and bool((planes["labels"] == 300).all())


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([(np.uint8, 3), (np.uint8, 0), (np.uint16, 0)]),
       st.integers(0, 2**31))
def test_images_round_trip(height: int, width: int, kind: tuple[type[np.uint8 | np.uint16], int],
                           seed: int) -> None:
    dtype, channels = kind
    shape = (height, width, channels) if channels else (height, width)
    image = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    assert np.array_equal(decode_png(encode_png(image), shape, dtype, "here"), image)


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds nothing."""
    chunk = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")


def test_images_are_judged_before_they_are_decoded() -> None:
    good = encode_png(np.zeros((4, 5, 3), np.uint8))
    noise = encode_png(np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8))
    jpeg = io.BytesIO()
    Image.fromarray(np.zeros((4, 5, 3), np.uint8)).save(jpeg, "JPEG")
    grey, turned = encode_png(np.zeros((4, 5), np.uint8)), encode_png(np.zeros((5, 4, 3), np.uint8))
    for blob in (png_header(30_000, 30_000), b"", good[:20], jpeg.getvalue(), grey, turned):
        with pytest.raises(WorldFormatError, match="here: expected a 8-bit PNG of 5x4"):
            decode_png(blob, (4, 5, 3), np.uint8, "here")
    with pytest.raises(WorldFormatError, match="expected a 8-bit PNG"):
        decode_png(png_header(30_000, 30_000), (30_000, 30_000, 3), np.uint8, "here")
    with pytest.raises(WorldFormatError, match="damaged PNG"):
        decode_png(noise[:len(noise) // 2], (40, 50, 3), np.uint8, "here")


def test_contradicting_clip_objects_are_refused() -> None:
    blob = encode(make_clip(0, wall_frames(walk(0, 2))))
    tensors, record = unpack(blob, "here")
    with pytest.raises(WorldFormatError, match="not the clip of commit 4"):
        ClipFile(blob, "here", world=WORLD, commit=4)
    mirrored = tensors["T_world_cam"] * torch.tensor([-1.0, 1, 1, 1])
    for change, match in [({"T_world_cam": mirrored}, "mirrored"),
                          ({"heldout": torch.zeros(3)}, "do not belong"),
                          ({"rgb_ends": tensors["rgb_ends"] + 1}, "do not divide"),
                          ({"depth_png": tensors["depth_png"].float()}, "and depth_png bytes"),
                          ({"record": torch.zeros(4, dtype=torch.uint8)}, "strict JSON")]:
        with pytest.raises(WorldFormatError, match=match):
            decode(pack({**tensors, **change}, record))
    for change, match in [({"frames": 3}, "do not belong"), ({"height": "24"}, "whole number"),
                          ({"depth_unit": 1e9}, "depth_unit"), ({"width": 0}, "image size")]:
        with pytest.raises(WorldFormatError, match=match):
            decode(pack(tensors, {**record, **change}))
    with pytest.raises(WorldFormatError, match="expected a 16-bit PNG of 31x24"):
        decode(pack(tensors, {**record, "width": 31})).plane("depth", 0)


def test_plans_round_trip() -> None:
    path = walk(0, 7)
    plan = decode_plan(encode_plan(Plan({"clip": 3}, path), world=WORLD), "here", world=WORLD)
    back = plan.cameras
    assert plan.record == {"clip": 3}
    assert torch.equal(back.T_world_cam, path.T_world_cam) and torch.equal(back.K, path.K)
    assert (back.height, back.width) == (path.height, path.width)
    with pytest.raises(WorldFormatError, match=r"is not the plan of this world"):
        decode_plan(encode_plan(plan, world="1" * 32), "here", world=WORLD)
    with pytest.raises(InvalidValueError, match=r"Plan.record: expected strict JSON"):
        Plan({"x": float("inf")}, path)


@pytest.mark.parametrize("width", [32, 79, 80, 200, 333])
def test_coarse_pixels_look_where_their_originals_look(width: int) -> None:
    cameras = walk(2, 1, height=25, width=width)
    frames = wall_frames(cameras)
    assert frames.depth is not None
    depth, few = coarse(frames.depth, cameras, 20)
    assert isinstance(few, Cameras) and depth.shape == (1, few.height, few.width)
    exact = wall_frames(few).depth
    assert exact is not None and torch.allclose(depth, exact, rtol=1e-5)
