"""`recalled`: what a real world recalls of frames that were fused into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from spatialmem.camera import Cameras
from spatialmem.frames import Frames, Recall
from spatialmem.protocols import Json, Request
from spatialmem.world import World

MOST_REFERENCES = 2
"""Keyframes that are kept of a recall."""


def recalled(context: Frames, cameras: Cameras, *, up: str = "+Z") -> Recall:
    """What a new world knows at `cameras` after one step of the loop that made the `context` frames.

    Nothing is simulated: the world's own fusion, bank, render and trust answer, with their faults. At most
    two references are kept.
    """
    with TemporaryDirectory(prefix="spatialmem-recalled-") as folder, \
            World.create(Path(folder) / "world", up=up) as world:
        if len(context):
            world.step(context.cameras, _Given(context))
        recall = world.recall(cameras)
    return replace(recall, references=recall.references[:MOST_REFERENCES])


class _Given:
    """A generator that hands out the frames that it was given."""

    clip: int | None = None
    size_multiple = 1

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def generate(self, request: Request) -> Frames:
        return self._frames

    def state(self) -> Mapping[str, Json]:
        return {}
