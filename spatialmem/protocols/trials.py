"""The requests that an examination puts to a generator."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.poses import look_at
from spatialmem.protocols.contract import empty_recall
from spatialmem.protocols.roles import Request

PROMPT, SEED = "a quiet room", 7
SIZE = (240, 320)
_FIELD_OF_VIEW, _EYE_HEIGHT = 1.22, 1.5
_STEP = (0.3, 0.0, 0.2)
_TURN = 0.26
"""Metres (right, down, ahead) and radians from a trial's first camera to its last: enough to tell depths apart."""


def trial_path(generator: object, size: tuple[int, int] | None, frames: int) -> Cameras:
    """`frames` cameras (or as many as the generator's clip asks for) to try it at.

    A generator with cameras of its own is tried at its first ones; another from its start pose, or
    from eye height above the origin, along a short curve.

    Raises:
        SpatialMemError: its cameras, size or start pose are none.
    """
    clip = getattr(generator, "clip", None)
    count = clip if type(clip) is int and clip > 0 else frames
    own = getattr(generator, "cameras", None)
    if isinstance(own, Cameras) and len(own):
        return own[torch.arange(count).clamp(max=len(own) - 1)]
    height, width = size or _fitting(multiple_of(generator))
    start_pose = getattr(generator, "start_pose", None)
    first: object = start_pose() if callable(start_pose) else _standing(str(getattr(generator, "up", "+Z")))
    path = torch.as_tensor(first, dtype=torch.float64) @ _curve(count)
    return Cameras(pinhole(_FIELD_OF_VIEW, height, width).expand(count, 3, 3), path, height, width)


def multiple_of(generator: object) -> int:
    """The generator's `size_multiple`, or 1 where it has none that can be used."""
    multiple = getattr(generator, "size_multiple", 1)
    return multiple if type(multiple) is int and multiple > 0 else 1


def first_clip(cameras: Cameras) -> Request:
    """What is asked when memory is still empty."""
    # copies: a generator that changes its request must not change the next one
    own = Cameras(cameras.K.clone(), cameras.T_world_cam.clone(), cameras.height, cameras.width)
    return Request(own, empty_recall(own), PROMPT, SEED)


def known_half(cameras: Cameras, seen: Frames | None) -> Request:
    """What is asked when memory knows the left half of `seen`, in other colours, and little of a strip beside it.

    Where nothing was seen, it knows a grey wall two metres ahead.
    """
    count, height, width = len(cameras), cameras.height, cameras.width
    trust = torch.full((count, height, width), UNKNOWN, dtype=torch.uint8)
    trust[:, :, : width // 2] = TRUSTED
    trust[:, :, width // 2 : width // 2 + width // 8] = REVISE
    alpha = trust.float() / TRUSTED
    # another tone, so that a generator that goes its own way is not right by chance
    rgb = torch.full((count, height, width, 3), 0.5) if seen is None else seen.rgb.cpu()
    tinted = 0.6 * rgb + torch.tensor([0.4, 0.0, 0.2])
    depth = torch.full_like(alpha, 2.0) if seen is None or seen.depth is None else seen.depth.cpu()
    asked = first_clip(cameras).cameras
    view = Frames(tinted * (alpha > 0)[..., None], cameras, depth=depth * (alpha > 0), alpha=alpha)
    return Request(asked, Recall(view, trust, Frames(tinted[:1], cameras[:1], depth=depth[:1])), PROMPT, SEED)


def short_clip(generator: object, cameras: Cameras) -> tuple[str, Request]:
    """The end of a path that is no multiple of the clip, as the loop asks for it."""
    if getattr(generator, "clip", None) is None:
        return "on a clip of one frame", first_clip(cameras[:1])
    return "on a last clip, filled up with its last camera", first_clip(cameras[[0] * len(cameras)])


def other_size(cameras: Cameras, multiple: int) -> Request:
    """The same views in a size that divides by little else than `multiple`."""
    return first_clip(cameras.resized(cameras.height + multiple, cameras.width + multiple))


def tensors(request: Request) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of a request under the name that a generator reads it by."""
    yield from _of_cameras("request.cameras", request.cameras)
    yield "request.recall.trust", request.recall.trust
    for name, frames in (("view", request.recall.view), ("references", request.recall.references)):
        yield from _of_cameras(f"request.recall.{name}.cameras", frames.cameras)
        for field in fields(frames):
            if isinstance(value := getattr(frames, field.name), Tensor):
                yield f"request.recall.{name}.{field.name}", value


def _of_cameras(name: str, cameras: Cameras) -> Iterator[tuple[str, Tensor]]:
    yield f"{name}.K", cameras.K
    yield f"{name}.T_world_cam", cameras.T_world_cam


def _fitting(multiple: int) -> tuple[int, int]:
    """The usual size, enlarged until it divides."""
    height, width = (multiple * math.ceil(side / multiple) for side in SIZE)
    return height, width


def _standing(up: str) -> Tensor:
    axis = torch.zeros(3, dtype=torch.float64)
    axis["XYZ".index(up[1])] = 1.0 if up[0] == "+" else -1.0
    eye = _EYE_HEIGHT * axis
    return look_at(eye, eye + axis.roll(-1), axis)


def _curve(count: int) -> Tensor:
    """`[count, 4, 4]` poses in the frame of the first one."""
    share = torch.linspace(0, 1, count, dtype=torch.float64)
    step = share[:, None] * torch.tensor(_STEP, dtype=torch.float64)
    angle = _TURN * share
    ahead = torch.stack([angle.sin(), torch.zeros_like(angle), angle.cos()], dim=-1)
    down = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    return look_at(step, step + ahead, -down)
