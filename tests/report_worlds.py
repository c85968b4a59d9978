"""Small explored worlds for the tests of reports."""

import sqlite3
from pathlib import Path

import pytest
from box_room import brief_fusion, room_walk, write_recording

from spatialmem import exploration
from spatialmem.settings import Settings

FRAMES, CLIP, HOLDOUT = 12, 4, 3


def explored(folder: Path, monkeypatch: pytest.MonkeyPatch, *, prompt: str = "", frames: int = FRAMES,
             name: str = "W") -> Path:
    """A world of the first `frames` of a walk of twelve, optimised briefly."""
    monkeypatch.setattr("spatialmem.world.GaussianFusion", lambda: brief_fusion(4))
    recording = folder / "recording"
    if not recording.is_dir():
        write_recording(recording, room_walk(FRAMES))
    settings = Settings(input=str(recording), clip=CLIP, holdout=HOLDOUT, prompt=prompt)
    job = exploration.start(folder / name, settings)
    with job.world as world:
        for _ in job.steps() if frames else ():
            if world.frames_done >= frames:
                break
    return folder / name


def forget_note(world: Path, number: int) -> None:
    """As if the program had been killed right after commit `number`."""
    connection = sqlite3.connect(world / "world.db", isolation_level=None)
    connection.execute("DELETE FROM notes WHERE number = ?", (number,))
    connection.close()
