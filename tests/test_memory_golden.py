"""A world of format version 1, kept as it was written: later versions must read it, or migrate it, unharmed.

`python tests/test_memory_golden.py` made it. It is made again only while no version has been released; from then on,
another format gets another number and a golden world of its own.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from memory_worlds import fuse, make_clip, step, walk, wall_frames

from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.notes import Note
from spatialmem.memory.plan import Plan
from spatialmem.memory.rebuild import rebuild
from spatialmem.splats import FIELDS

GOLDEN = Path(__file__).parent / "golden" / "world-v1"
EXPECTED = GOLDEN.with_suffix(".json")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "W")
    for empty in ("tmp", "quarantine"):  # git keeps no empty folders
        (tmp_path / "W" / empty).mkdir(exist_ok=True)
    return tmp_path / "W"


def figures(bank: Bank) -> dict[str, object]:
    """What must be read from it."""
    splats, frames = bank.splats(), bank.load_keyframes(range(bank.frames_done))
    means = {name: round(float(getattr(splats, name).double().mean()), 6) for name in FIELDS}
    return {"names": bank.names, "gaussians": len(splats), "means": means, "rgb": round(float(frames.rgb.mean()), 6),
            "depth": round(float(torch.as_tensor(frames.depth).mean()), 6), "heldout": bank.keyframes.heldout.tolist(),
            "plan": bank.plan.record if bank.plan else None, "notes": sorted(bank.notes()),
            "labelled": frames.labels is not None and int(frames.labels.sum())}


def test_a_world_of_version_1_is_read_and_goes_on(world: Path) -> None:
    assert check(world) == []
    with Bank.open(world, write=True) as bank:
        assert figures(bank) == json.loads(EXPECTED.read_text(encoding="utf-8"))
        step(bank)
    assert check(world) == []


def test_its_past_can_be_opened_and_its_index_made_again(world: Path) -> None:
    with Bank.open(world, at=1) as bank:
        assert bank.frames_done == 3 and len(bank.splats()) == bank.commits()[-1].gaussians
    rebuild(world)
    with Bank.open(world) as bank:
        assert figures(bank) | {"notes": [1, 2]} == json.loads(EXPECTED.read_text(encoding="utf-8"))


def main() -> None:
    """Make the golden world and what is expected of it."""
    torch.manual_seed(0)
    shutil.rmtree(GOLDEN, ignore_errors=True)
    with Bank.create(GOLDEN, up="-Y", cell_edge=2.0, plan=Plan({"generator": "wall", "clip": 3}, walk(0, 5))) as bank:
        for count, heldout in ((3, (1,)), (2, ())):
            frames = wall_frames(walk(bank.frames_done, count))
            frames = replace(frames, labels=(frames.rgb[..., 0] > 0.5).int() * 7)
            cells = bank.cells_in_view(frames.cameras)
            splats = fuse(bank.splats(cells), frames)
            splats = replace(splats, labels=(splats.means[:, 0] > 0).int() * 7)
            bank.commit(make_clip(bank.frames_done, frames, heldout), cells=cells, splats=splats)
            bank.note(Note((0.5,) * count, (0.25,) * count, {"psnr": 30.0}, {"fuse": 1.5}, "a machine"))
        EXPECTED.write_text(json.dumps(figures(bank), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
