"""Clips: the frames of one step of the loop, whole, as they are kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.frames import Frames
from spatialmem.memory import strictjson
from spatialmem.memory.images import PIXEL_LIMIT
from spatialmem.memory.kinds import HYBRID, MemoryKind, memory_kind
from spatialmem.protocols import Json

Provenance = Literal["given", "generated"]

FRAME_LIMIT = 4096


@dataclass(frozen=True, eq=False)
class Clip:
    """One step's keyframes and what they came from.

    Attributes:
        frames: `T` posed images with depth; the other layers are kept where present, save alpha.
        requested: the `T` cameras that were asked for.
        heldout: `[T]` bool: stored, but never fused and never offered as a reference.
        recalled: frames, counted from 0 within the clip, that are memory's own render and told it nothing; all of
            them are held out.
        start: number of the first frame along the world's path: how many frames came before it.
        prompt, seed: of the request.
        generator, version: what made the frames.
        state: the generator's state after this clip, strict JSON.
        provenance: "given" by a recording, or "generated".
        memory: the kind of memory that the generator was given; what was fused follows from it.

    Raises:
        ShapeError: counts or sizes differ, no depth, no frames or more than 4096, above 67 megapixels.
        InvalidValueError: an unknown provenance or memory, recalled frames that are none, a negative start, a seed
            beyond 64 bits, a state that is not strict JSON.
    """

    frames: Frames
    requested: Cameras
    heldout: Tensor
    start: int
    prompt: str = ""
    seed: int = 0
    generator: str = ""
    version: str = ""
    state: Mapping[str, Json] = field(default_factory=dict)
    provenance: Provenance = "generated"
    memory: MemoryKind = HYBRID
    recalled: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count, cameras = len(self.frames), self.frames.cameras
        if not 1 <= count <= FRAME_LIMIT or cameras.height * cameras.width > PIXEL_LIMIT:
            raise ShapeError(f"Clip.frames: expected 1..{FRAME_LIMIT} frames of at most {PIXEL_LIMIT} "
                             f"pixels, got {count} of {cameras.width}x{cameras.height}")
        if self.frames.depth is None:
            raise ShapeError("Clip.frames need depth: z-depth in metres, 0 where unknown")
        size = (len(self.requested), self.requested.height, self.requested.width)
        if size != (count, cameras.height, cameras.width):
            raise ShapeError(f"Clip.requested: expected {[count, cameras.height, cameras.width]} (cameras "
                             f"and their size) as of the frames, got {list(size)}")
        if self.heldout.shape != (count,) or self.heldout.dtype != torch.bool:
            raise ShapeError(f"Clip.heldout: expected [{count}] bool, got {list(self.heldout.shape)} "
                             f"{self.heldout.dtype}")
        if not all(type(k) is int and 0 <= k < count and bool(self.heldout[k]) for k in self.recalled) \
                or list(self.recalled) != sorted(set(self.recalled)):
            raise InvalidValueError(f"Clip.recalled: expected held-out frames in order, got {self.recalled}")
        if self.provenance not in get_args(Provenance):
            raise InvalidValueError("Clip.provenance: expected 'given' or 'generated', got "
                                    f"{self.provenance!r}")
        memory_kind(self.memory)
        if self.start < 0 or not -(1 << 63) <= self.seed < 1 << 63:
            raise InvalidValueError(f"Clip: expected start >= 0 and a 64-bit seed, got {self.start}, "
                                    f"{self.seed}")
        strictjson.dumps(self.state, "Clip.state")

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class ClipOrigin:
    """Where a stored clip came from; the fields are those of `Clip`.

    Attributes:
        frames: how many frames it has; they are numbered from `start`.
    """

    start: int
    frames: int
    prompt: str
    seed: int
    generator: str
    version: str
    provenance: Provenance
    memory: MemoryKind
    recalled: tuple[int, ...]
