"""The two roles that users replace, and the values that pass through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.frames import Frames, Recall
from spatialmem.splats import Splats
from spatialmem.strictjson import Json


@dataclass(frozen=True, eq=False)
class Request:
    """What the loop asks of a generator for one clip.

    Attributes:
        cameras: `T` target cameras.
        recall: what memory knows at these cameras.
        prompt: text, may be empty.
        seed: of this clip; the same request gives the same frames from a deterministic generator.
    """

    cameras: Cameras
    recall: Recall
    prompt: str
    seed: int


@runtime_checkable
class Generator(Protocol):
    """Makes posed frames for a request.

    Attributes:
        clip: frames per call that it wants; None = any number.
        size_multiple: height and width must divide by it.
    """

    clip: int | None
    size_multiple: int

    def generate(self, request: Request) -> Frames:
        """Frames at the requested cameras, with depth; their poses may differ from the request's."""
        ...

    def state(self) -> Mapping[str, Json]:
        """What must be saved with each commit so that generation can be resumed or replayed."""
        ...


@dataclass(frozen=True, eq=False)
class Fusion:
    """What fusing one clip gave.

    Attributes:
        splats: the local Gaussians after fusion; they replace the ones that were handed in.
        rejected: `[T, H, W]` bool, pixels that contradicted memory or could not be used.
        cameras: the clip's cameras, refined if the reconstructor does that.
        figures: named numbers for the report (Gaussians added, loss …).
    """

    splats: Splats
    rejected: Tensor
    cameras: Cameras
    figures: Mapping[str, float] = field(default_factory=dict)


@runtime_checkable
class Reconstructor(Protocol):
    """Fuses a clip of posed frames into the Gaussians in view."""

    def fuse(self, local: Splats, frames: Frames, replay: Frames) -> Fusion:
        """The local Gaussians updated by `frames`; `replay` are older keyframes to stay true to.

        New rows carry `clip = -1`: the caller stamps them with its commit.
        """
        ...


@runtime_checkable
class Resumable(Protocol):
    """A generator that can take up a state that its `state` once gave."""

    def restore(self, state: Mapping[str, Json]) -> None:
        """Go on from `state`."""
        ...
