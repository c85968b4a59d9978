"""A route walked by the loop, into a world of its own, and what can be read from that world afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.memory.kinds import MemoryKind
from spatialmem.memory.manifest import NAME as MANIFEST
from spatialmem.memory.plan import Plan
from spatialmem.protocols import Generator
from spatialmem.revisit.footage import Footage
from spatialmem.world import World


def walk(folder: Path, cameras: Cameras, generator: Generator, *, memory: MemoryKind, clip: int, prompt: str,
         seed: int, device: str) -> Iterator[int]:
    """Turn the loop along `cameras` into the world at `folder`, from where it stands; yields the frames done.

    Raises:
        GenerationError: the generator refused.
        StorageError: the disk refused.
    """
    up = str(getattr(generator, "up", "+Z"))
    fresh = not (folder / MANIFEST).is_file()
    world = (World.create(folder, up=up, plan=Plan({"memory": memory}, cameras), device=device) if fresh
             else World.open(folder, write=True, device=device))
    with world:
        for step in world.explore(cameras, generator, clip=clip, prompt=prompt, seed=seed, memory=memory):
            yield step.start + len(step.frames)


def footage(world: World, cameras: Cameras, fps: float) -> Footage:
    """The frames of a world as they came, labelled with the `cameras` that they were asked for at."""
    parts = [world.bank.load_keyframes(range(i, min(i + 32, len(cameras)))) for i in range(0, len(cameras), 32)]
    whole = Frames.concat(parts)
    return Footage((whole.rgb * 255).round().to(torch.uint8), cameras, fps, whole.depth)


def remembered(folder: Path, cameras: Cameras, wanted: Sequence[int], *, device: str) -> Frames:
    """Memory rendered at the cameras of the `wanted` frames, as it was before each one's clip was generated."""
    with World.open(folder) as world:
        before = (world.bank.keyframes.clip[list(wanted)] - 1).tolist()
    shown: dict[int, Frames] = {}
    for commit in sorted(set(before)):
        rows = [frame for frame, head in zip(wanted, before, strict=True) if head == commit]
        with World.open(folder, at=commit, device=device) as world:
            views = world.render(cameras[rows])
        shown |= {frame: views[[i]] for i, frame in enumerate(rows)}
    return Frames.concat(shown[frame] for frame in wanted)
