"""Playback of recordings: the right frames for the requested cameras, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, RecordingError
from spatialmem.generators.recorded import Recorded
from spatialmem.protocols import Generator, Request, check_frames, empty_recall

PLACES = (0, 1, 2, 2, 2, 2, 1, 0, 5)  # a walk out, a halt, and back through the same poses


def write_walk(root: Path) -> Path:
    """A TUM recording whose frame i is a flat image of grey level 10 i, standing at PLACES[i]."""
    (root / "rgb").mkdir(parents=True)
    (root / "depth").mkdir()
    for i in range(len(PLACES)):
        Image.new("RGB", (8, 6), (10 * i,) * 3).save(root / "rgb" / f"{i}.png")
        Image.fromarray(np.full((6, 8), 5000, np.uint16)).save(root / "depth" / f"{i}.png")
    for name in ("rgb", "depth"):
        (root / f"{name}.txt").write_text("\n".join(f"{i} {name}/{i}.png" for i in range(len(PLACES))))
    (root / "groundtruth.txt").write_text("\n".join(f"{i} {x} 0 0 0 0 0 1" for i, x in enumerate(PLACES)))
    (root / "calibration.txt").write_text("8 8 3.5 2.5")
    return root


@pytest.fixture
def walk(tmp_path: Path) -> Recorded:
    return Recorded(write_walk(tmp_path / "walk"))


def play(generator: Recorded, cameras: Cameras) -> list[int]:
    """The recorded frames, by grey level, that answer a request for `cameras`."""
    request = Request(cameras, empty_recall(cameras), "", 0)
    frames = generator.generate(request)
    check_frames(frames, request)
    torch.testing.assert_close(frames.cameras.T_world_cam, cameras.T_world_cam, rtol=0, atol=1e-4)
    return (frames.rgb[:, 0, 0, 0] * 255 / 10).round().int().tolist()


@pytest.mark.parametrize("clip", [1, 2, 4, 9, 20])
def test_its_own_path_is_played_in_order_at_any_clip(walk: Recorded, clip: int):
    assert isinstance(walk, Generator)
    played = [i for at in range(0, 9, clip) for i in play(walk, walk.cameras[at : at + clip])]
    assert played == list(range(9))
    assert walk.state() == {"next": 9}


@pytest.mark.parametrize("at", range(9))
def test_a_restored_one_goes_on_where_it_stood(walk: Recorded, tmp_path: Path, at: int):
    for i in range(at):
        play(walk, walk.cameras[i : i + 1])
    again = Recorded(tmp_path / "walk")
    again.restore(walk.state())
    assert [play(again, again.cameras[i : i + 1])[0] for i in range(at, 9)] == list(range(at, 9))


def test_revisits_without_a_state_take_the_first_such_frames(walk: Recorded):
    assert play(walk, walk.cameras[6:9]) == [6, 7, 8]  # only this run has these poses in this order
    assert play(walk, walk.cameras[7:8]) == [0]  # frame 8 was the last: from the beginning again
    assert play(walk, walk.cameras[7:8]) == [7]  # frame 0 was the last: the next one that stands there


def test_paths_with_gaps_or_backwards_are_answered_frame_by_frame(walk: Recorded):
    assert play(walk, walk.cameras[[0, 2, 8]]) == [0, 2, 8]
    assert play(walk, walk.cameras[[8, 2, 1]]) == [8, 2, 6]
    assert play(walk, walk.cameras[0:0]) == []


def test_poses_through_float32_are_still_its_own(walk: Recorded):
    rounded = (walk.cameras.T_world_cam / 3).float() * 3
    rounded[:, :3, 3] += 5e-5
    rounded[:, 3, 3] = 1
    assert play(walk, Cameras(walk.cameras.K.float(), rounded, 6, 8)) == list(range(9))


def test_other_cameras_and_sizes_are_refused(walk: Recorded, tmp_path: Path):
    moved = walk.cameras.T_world_cam.clone()
    moved[4, 1, 3] += 0.01
    with pytest.raises(GenerationError, match=r"camera 4 of 9 is not one of the 9.*--trajectory recorded"):
        play(walk, Cameras(walk.cameras.K, moved, 6, 8))
    zoomed = walk.cameras.K.clone()
    zoomed[:, 0, 0] *= 1.1
    with pytest.raises(GenerationError, match="requested camera 0 of 9"):
        play(walk, Cameras(zoomed, walk.cameras.T_world_cam, 6, 8))
    with pytest.raises(GenerationError, match="asked for 16x12 frames, plays at 8x6"):
        play(walk, walk.cameras.resized(12, 16))
    for state in ({}, {"next": -1}, {"next": 10}, {"next": "two"}, {"next": True}):
        with pytest.raises(GenerationError, match="is no frame of"):
            walk.restore(state)


def test_a_playing_size_crops_and_scales(tmp_path: Path):
    small = Recorded(write_walk(tmp_path / "walk"), size=(3, 3))
    assert small.cameras.K[0].tolist() == [[4, 0, 1.5], [0, 4, 1.5], [0, 0, 1]]
    assert play(small, small.cameras) == list(range(9))


def test_damage_is_met_by_verify_and_named_when_played(walk: Recorded, tmp_path: Path):
    (tmp_path / "walk" / "depth" / "5.png").write_bytes(b"not an image")
    walk.verify(walk.cameras[:5])
    with pytest.raises(RecordingError, match=r"depth/5\.png"):
        walk.verify()
    assert play(walk, walk.cameras[:4]) == [0, 1, 2, 3]  # reads ahead over the damage
    with pytest.raises(RecordingError, match=r"depth/5\.png"):
        play(walk, walk.cameras[4:8])
    with pytest.raises(RecordingError, match="does not exist"):
        Recorded(tmp_path / "none")


def test_real_walk_in_clips(shared_data: Path):
    generator = Recorded(shared_data / "icl_livingroom1", size=(60, 80))
    assert (generator.up, len(generator.cameras)) == ("-Y", 107)
    cameras = generator.cameras[96:104]
    first = generator.generate(Request(cameras, empty_recall(cameras), "", 0))
    alone = generator.recording.load(99, 60, 80)
    assert torch.equal(first.rgb[3], alone.rgb[0])
    assert torch.equal(first.depth[3], alone.depth[0])
