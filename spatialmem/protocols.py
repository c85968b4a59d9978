"""The two roles that users replace, and the values that pass through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypedDict, runtime_checkable

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, ShapeError
from spatialmem.frames import Frames, Recall
from spatialmem.splats import Splats

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


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


def check_frames(frames: Frames, request: Request) -> None:
    """Raise GenerationError unless `frames` answer `request`: count, size and depth.

    Values are checked by `Frames` itself; poses are judged by the gate, not here.
    """
    want = (len(request.cameras), request.cameras.height, request.cameras.width)
    if not isinstance(frames, Frames):
        raise GenerationError(f"generate() must return spatialmem Frames, got {type(frames).__name__}")
    got = tuple(frames.rgb.shape[:3])
    if got != want:
        raise GenerationError(f"generate() returned frames [T, H, W] = {list(got)}, the request asked for {list(want)}")
    if frames.depth is None:
        raise GenerationError("generate() returned no depth; memory needs z-depth in metres (0 = unknown)")


def check_sizes(generator: Generator, cameras: Cameras) -> None:
    """Raise unless the cameras' size suits the generator.

    Raises:
        ShapeError: a side does not divide by the generator's `size_multiple`.
        GenerationError: its `size_multiple` or `clip` is no whole number, 1 or more.
    """
    multiple, clip, name = generator.size_multiple, generator.clip, type(generator).__name__
    if type(multiple) is not int or multiple < 1:
        raise GenerationError(f"{name}.size_multiple must be 1 or more, got {multiple}")
    if clip is not None and (type(clip) is not int or clip < 1):
        raise GenerationError(f"{name}.clip must be None or a number of frames, 1 or more, got {clip!r}")
    if cameras.height % multiple or cameras.width % multiple:
        raise ShapeError(f"{name} needs sizes that divide by {multiple}, "
                         f"got {cameras.width}x{cameras.height}; choose another --size")


class Provenance(TypedDict):
    """Where a clip's pixels come from, as it is stored."""

    generator: str
    version: str
    provenance: Literal["given", "generated"]


def provenance(generator: Generator) -> Provenance:
    """Name and version of a generator, and whether its pixels are given or generated.

    A generator may carry `name`, `version` and `given`; without them its class speaks for it and its
    pixels count as generated.
    """
    name, version = getattr(generator, "name", type(generator).__name__), getattr(generator, "version", "")
    given = getattr(generator, "given", False)
    return {"generator": str(name), "version": str(version), "provenance": "given" if given else "generated"}


@runtime_checkable
class Resumable(Protocol):
    """A generator that can take up a state that its `state` once gave."""

    def restore(self, state: Mapping[str, Json]) -> None:
        """Go on from `state`."""
        ...


def restore(generator: Generator, state: Mapping[str, Json]) -> None:
    """Hand `state` to a generator that has `restore`; one that keeps no state needs nothing."""
    if isinstance(generator, Resumable):
        generator.restore(state)


def empty_recall(cameras: Cameras) -> Recall:
    """The recall of an empty memory: nothing known, no references."""
    size = (len(cameras), cameras.height, cameras.width)
    zeros = torch.zeros(size)
    view = Frames(torch.zeros(*size, 3), cameras, depth=zeros, alpha=zeros.clone())
    return Recall(view, torch.zeros(size, dtype=torch.uint8), Frames.empty(cameras.height, cameras.width))
