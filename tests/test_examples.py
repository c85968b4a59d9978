"""The examples run, and what ships for them is what it claims to be."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
import recordings_on_disk
import torch
from PIL import Image

from spatialmem.camera import project, unproject
from spatialmem.metrics import psnr
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.select import open_recording
from spatialmem.protocols import Request, empty_recall, examine
from spatialmem.world import World

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
WALK = EXAMPLES / "data" / "living_room"
FIRST_FRAME, EVERY = 14, 2


def _main(name: str) -> Callable[..., None]:
    main: Callable[..., None] = runpy.run_path(str(EXAMPLES / name))["main"]
    return main


@pytest.fixture(scope="module")
def walk() -> Recording:
    return open_recording(WALK)


def test_examples_are_short() -> None:
    for path in EXAMPLES.glob("*.py"):
        assert path.name[:2].isdigit() and path.read_text(encoding="utf-8").count("\n") < 100, path.name


def test_a_mesh_becomes_a_world_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = _main("00_hello_world.py")
    main(tmp_path, frames=2, width=64, height=48)
    assert (tmp_path / "room.ply").read_bytes().startswith(b"ply")
    assert (tmp_path / "render" / "video.mp4").stat().st_size > 0
    assert capsys.readouterr().out.count("memory knew") == 1
    main(tmp_path, frames=2, width=64, height=48)
    assert capsys.readouterr().out.count("memory knew") == 0


def test_an_own_generator_keeps_the_contract_and_remembers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = runpy.run_path(str(EXAMPLES / "02_your_generator.py"))
    assert examine(example["Painter"](), size=(24, 32)) == []
    assert (EXAMPLES / "02_your_generator.py").read_text(encoding="utf-8").count("\n") < 40
    example["main"](str(tmp_path), height=24, width=32)
    assert capsys.readouterr().out.strip() == str(tmp_path / "sheet.png")
    with World.open(tmp_path / "world") as world, Image.open(tmp_path / "sheet.png") as sheet:
        assert world.frames_done == 12
        assert sheet.width > 6 * 32 and sheet.height > 2 * 24
        frames = world.bank.load_keyframes(range(12))
    alone = example["Painter"]().generate(Request(frames.cameras[10:], empty_recall(frames.cameras[10:]), "", 1))
    assert float((frames.rgb[10:] - alone.rgb).abs().max()) > 0.05  # the last clip shows what memory held


def test_an_endless_world_is_remembered_with_its_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = _main("03_endless_world.py")
    for _ in range(2):  # the second replaces the first
        main(tmp_path / "out", prompt="a garden of flurbles by day", frames=3, width=32, height=24)
    out = capsys.readouterr().out
    assert "not understood: 'flurbles'" in out and "3 frames into" in out and "of the pixels in their class" in out
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.width > 3 * 32 and sheet.height > 3 * 24
    with World.open(tmp_path / "out" / "world") as world:
        assert world.frames_done == 3
        assert bool(world.splats().labels.any())


def test_a_painted_world_is_toured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    _main("04_painted_world.py")(out, prompt="a cosy home", frames=16, width=64, height=48)
    assert {entry.name for entry in out.iterdir()} == {
        "world", "world.report.html", "tour.mp4", "contact_sheet.png", "world.ply"}
    told = capsys.readouterr().out
    assert "16 frames into" in told and "the first view again, 15 frames later" in told
    with World.open(out / "world") as world:
        assert world.frames_done == 16 and bool(world.splats().labels.any())


def test_a_demo_replaces_only_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording, out = recordings_on_disk.write_open3d(tmp_path / "recording"), tmp_path / "demo"
    main = _main("01_recorded_walk.py")
    for _ in range(2):
        main(out, recording)
        left = {entry.name for entry in out.iterdir()}
        assert left == {"world", "world.report.html", "walk.mp4", "contact_sheet.png", "world.ply"}
        assert "on return: memory had" in capsys.readouterr().out
    (out / "diary.txt").write_text("mine")
    with pytest.raises(SystemExit, match=r"diary\.txt"):
        main(out, recording)
    assert (out / "diary.txt").is_file() and (out / "world").is_dir()


def test_the_walk_has_the_cameras_it_claims(walk: Recording) -> None:
    assert (len(walk), walk.cameras.height, walk.cameras.width, walk.up) == (47, 240, 320, "-Y")
    K = torch.tensor([[262.5, 0, 160], [0, 262.5, 120], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(walk.cameras.K, K.expand(47, 3, 3))
    walk.verify()


def test_the_walk_is_the_resized_original(walk: Recording, shared_data: Path) -> None:
    original = open_recording(shared_data / "icl_livingroom1")
    chosen = range(FIRST_FRAME, FIRST_FRAME + EVERY * len(walk), EVERY)
    cameras = original.resized(240, 320)[list(chosen)]
    torch.testing.assert_close(walk.cameras.K, cameras.K)
    torch.testing.assert_close(walk.cameras.T_world_cam, cameras.T_world_cam)
    ours, theirs = walk.load(20, 240, 320), original.load(chosen[20], 240, 320)
    assert float(psnr(ours.rgb, theirs.rgb)) > 35  # JPEG
    torch.testing.assert_close(ours.depth, theirs.depth, atol=5.1e-4, rtol=0)


@pytest.mark.parametrize("a, b", [(0, 1), (20, 22), (0, 40)])
def test_depth_and_poses_of_the_walk_agree(walk: Recording, a: int, b: int) -> None:
    """Frame a's surface, seen from frame b (also across the revisit), lies where b measured it."""
    one, other = walk.load(a, 240, 320), walk.load(b, 240, 320)
    assert one.depth is not None and other.depth is not None
    points = unproject(one.depth, one.cameras)[0][one.depth[0] > 0]
    pixels, depth = project(points, other.cameras)
    x, y = pixels[0].floor().long().unbind(-1)
    inside = (x >= 0) & (x < 320) & (y >= 0) & (y < 240)
    measured = other.depth[0, y[inside], x[inside]]
    error = (measured - depth[0][inside])[measured > 0].abs()
    assert inside.float().mean() > 0.5
    assert float(error.median()) < 0.004
