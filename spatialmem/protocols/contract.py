"""What the loop asks of a generator's answer, and what it reads from a generator that carries more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypedDict

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, ShapeError
from spatialmem.frames import Frames, Recall
from spatialmem.protocols.roles import Generator, Request, Resumable
from spatialmem.strictjson import Json


def check_frames(frames: Frames, request: Request) -> None:
    """Raise GenerationError unless `frames` answer `request`: count, size and depth.

    Values are checked by `Frames` itself; poses are judged by the gate, not here.
    """
    for fault in frame_faults(frames, request):
        raise GenerationError(fault)


def frame_faults(frames: object, request: Request) -> Iterator[str]:
    """What keeps `frames` from being an answer to `request`, a sentence each."""
    if not isinstance(frames, Frames):
        yield f"generate() must return spatialmem Frames, got {type(frames).__name__}"
        return
    want = (len(request.cameras), request.cameras.height, request.cameras.width)
    got = tuple(frames.rgb.shape[:3])
    if got != want:
        yield f"generate() returned frames [T, H, W] = {list(got)}, the request asked for {list(want)}"
    if frames.rgb.requires_grad or (frames.depth is not None and frames.depth.requires_grad):
        yield "generate() returned tensors that carry gradients; decorate it with @torch.no_grad(), or detach() them"
    if frames.depth is None:
        yield "generate() returned no depth; memory needs z-depth in metres (0 = unknown)"


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
