"""`spatialmem recall`: pictures to look at, pixels to read, and a record of both."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import RoomGenerator, brief_fusion, room_walk
from command_line import CommandLine
from numpy.typing import NDArray
from PIL import Image

from spatialmem.export.colours import TRUST_COLOURS
from spatialmem.frames import TRUSTED
from spatialmem.posefiles.select import read_cameras
from spatialmem.world import World

FRAMES = 10


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("worlds") / "room"
    with World.create(path, reconstructor=brief_fusion(8)) as new:
        list(new.explore(room_walk(FRAMES), RoomGenerator(), clip=5))
    return path


def picture(path: Path) -> NDArray[np.uint8 | np.uint16]:
    with Image.open(path) as image:
        return np.array(image)


def test_what_is_written_is_what_memory_answers(spatialmem: CommandLine, tmp_path: Path, world: Path) -> None:
    out = tmp_path / "out"
    outcome = spatialmem("recall", world, "--trajectory", "recorded", "--out", out, "--json")
    assert outcome.code == 0, outcome.err
    assert sorted(entry.name for entry in out.iterdir()) == [
        "alpha", "cameras.json", "depth", "pictures", "recall.json", "references", "rgb", "sheet.png", "trust"]
    record = json.loads((out / "recall.json").read_text())
    with World.open(world) as opened:
        answers = [opened.recall(room_walk(FRAMES)[:8]), opened.recall(room_walk(FRAMES)[8:])]
        trust = torch.cat([answer.trust for answer in answers])
        depth = torch.cat([torch.as_tensor(answer.view.depth) for answer in answers])
        for clip, answer in zip(record["clips"], answers, strict=True):
            poses = opened.bank.keyframes.T_world_cam[clip["references"]]
            assert torch.equal(poses, answer.references.cameras.T_world_cam)
            for number in clip["references"]:
                assert (out / "references" / f"{number:05d}.png").is_file()
    for i in range(FRAMES):
        name = f"{i:05d}.png"
        levels, metres = picture(out / "trust" / name), picture(out / "depth" / name) / 1000
        np.testing.assert_array_equal(levels, trust[i].numpy())
        np.testing.assert_allclose(metres, depth[i].numpy(), atol=0.00051)
        colours = picture(out / "pictures" / "trust" / name)
        assert (colours[levels == TRUSTED] == TRUST_COLOURS[TRUSTED]).all()
        shares = record["frames"][i]
        assert shares["trusted"] == pytest.approx((levels == TRUSTED).mean(), abs=1e-4)
        assert shares["trusted"] + shares["to be revised"] + shares["unknown"] == pytest.approx(1, abs=2e-4)
        np.testing.assert_allclose(shares["T_world_cam"], room_walk(FRAMES).T_world_cam[i].numpy(), atol=1e-12)
    told = json.loads(outcome.out)
    assert told["frames"] == FRAMES
    assert told["trusted"] == pytest.approx(float((trust == TRUSTED).float().mean()), abs=1e-3)
    assert len(read_cameras(out / "cameras.json")) == FRAMES
    sheet = picture(out / "sheet.png")
    assert all((sheet == colour).all(axis=-1).any() for colour in TRUST_COLOURS.values())


@pytest.mark.parametrize(("kind", "shows", "refers"), [
    ("none", False, False), ("keyframes", False, True), ("points", True, False), ("gaussians", True, False)])
def test_any_part_of_memory_can_be_asked(spatialmem: CommandLine, tmp_path: Path, world: Path, *, kind: str,
                                         shows: bool, refers: bool) -> None:
    outcome = spatialmem("recall", world, "--trajectory", "turn", "--frames", "2", "--memory", kind, "--size", "24x18",
                         "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert "2 frames" in outcome.out
    record = json.loads((tmp_path / "out" / "recall.json").read_text())
    assert (record["memory"], record["size"]) == (kind, [24, 18])
    assert bool(picture(tmp_path / "out" / "alpha" / "00000.png").any()) == shows
    assert bool(record["clips"][0]["references"]) == refers


def test_a_new_recall_replaces_the_old_one(spatialmem: CommandLine, tmp_path: Path, world: Path) -> None:
    for frames in ("3", "1"):
        assert spatialmem("recall", world, "--trajectory", "recorded", "--frames", frames, "--out", tmp_path).code == 0
    assert [entry.name for entry in (tmp_path / "trust").iterdir()] == ["00000.png"]


@pytest.mark.parametrize("name", ["notes.txt", "rgb"])
def test_what_others_wrote_stays(spatialmem: CommandLine, tmp_path: Path, world: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    line = spatialmem.refusal("recall", world, "--trajectory", "recorded", "--out", tmp_path)
    assert f"holds other files ({name})" in line
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_an_unknown_kind_is_refused(spatialmem: CommandLine, tmp_path: Path, world: Path) -> None:
    outcome = spatialmem("recall", world, "--trajectory", "recorded", "--memory", "all", "--out", tmp_path / "out")
    assert outcome.code == 2
    assert not (tmp_path / "out").exists()
