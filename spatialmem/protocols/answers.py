"""What a generator answered, judged against what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.frames import TRUSTED, Frames
from spatialmem.poses import invert
from spatialmem.protocols.contract import frame_faults
from spatialmem.protocols.depths import misread_depth
from spatialmem.protocols.findings import Finding
from spatialmem.protocols.roles import Request
from spatialmem.protocols.trials import tensors

_OPENGL = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64))
_SAME_POSE = 1e-4
CHANGED = 0.06
"""A colour counts as changed from here on: more than encoding to 8 bits or a video codec would change it."""
BLOCK = 4
"""Pixels over which colours are averaged before: to sharpen what memory remembers is welcome."""
TOLERATED = 0.05
STEP = 1 / 255


def judge_answer(frames: object, request: Request) -> Iterator[Finding]:
    """Findings on frames, size, depth and poses."""
    faults = list(frame_faults(frames, request))
    yield from map(Finding, faults)
    if not isinstance(frames, Frames):
        return
    if frames.depth is not None and len(frames) and not bool((frames.depth > 0).any()):
        yield Finding("depth is 0 (unknown) everywhere, so memory can place nothing: give z-depth in metres")
    elif not faults and (sentence := misread_depth(frames)) is not None:
        yield Finding(sentence)
    if len(frames) == len(request.cameras):
        yield from _judge_cameras(frames, request)


def _judge_cameras(frames: Frames, request: Request) -> Iterator[Finding]:
    asked, given = request.cameras.T_world_cam, frames.cameras.T_world_cam.cpu()
    apart = _distance(given, asked)
    if apart > _SAME_POSE:
        if _distance(given, invert(asked)) <= _SAME_POSE:
            yield Finding("poses are world-to-camera, they must be camera-to-world: return request.cameras, or invert "
                          "them")
        elif _distance(given, asked @ _OPENGL) <= _SAME_POSE:
            yield Finding("poses have OpenGL axes, they must have OpenCV axes (+y down, +z forward): return "
                          "request.cameras, or multiply by diag(1, -1, -1, 1) from the right")
        else:
            yield Finding(f"poses differ from the requested ones (entries by up to {apart:.3g}); that is allowed where "
                          "they are truer, else return request.cameras", violation=False)
    if _distance(frames.cameras.K.cpu(), request.cameras.K) > 1e-2:
        yield Finding("intrinsics differ from the requested ones; that is allowed where they are truer, else return "
                      "request.cameras", violation=False)


def judge_mutation(before: Mapping[str, Tensor], request: Request) -> Iterator[Finding]:
    """Findings on tensors of the request that no longer are what they were."""
    changed = {value.data_ptr(): name for name, value in reversed([*tensors(request)])
               if not torch.equal(before[name], value)}  # one name for tensors that share memory
    for name in reversed(changed.values()):
        yield Finding(f"it changes {name} in place, which belongs to the loop: work on {name}.clone()")


def judge_repetition(first: Frames, again: Frames) -> Iterator[Finding]:
    """Findings on two answers to the same request, seed and state."""
    if first.rgb.shape != again.rgb.shape:
        yield Finding("the same request, seed and state give another number or size of frames: decide both by the "
                      "request")
        return
    apart = _distance(first.rgb, again.rgb)
    both = first.depth is not None and again.depth is not None
    depth_apart = _distance(torch.as_tensor(first.depth), torch.as_tensor(again.depth)) if both else 0.0
    if apart or depth_apart:
        yield Finding(f"the same request, seed and state give other frames (colour by up to {apart:.3g}, depth by "
                      f"{depth_apart:.3g} m): draw all random numbers from a torch.Generator seeded by request.seed",
                      violation=apart > STEP or depth_apart > 0.01)


def judge_trust(frames: Frames, request: Request) -> Iterator[Finding]:
    """A remark if much of what memory trusts was painted over."""
    if frames.rgb.shape != request.recall.view.rgb.shape:
        return
    change = nn.avg_pool2d((frames.rgb.cpu() - request.recall.view.rgb).permute(0, 3, 1, 2), BLOCK)
    trusted = nn.avg_pool2d((request.recall.trust == TRUSTED).float(), BLOCK) == 1
    share = float((change.detach().abs().amax(dim=1)[trusted] > CHANGED).float().mean()) if bool(trusted.any()) else 0.0
    if share > TOLERATED:
        yield Finding(f"it changed {100 * share:.0f} % of the pixels that memory trusts, so the world will not stay "
                      "what it was: keep request.recall.view.rgb where request.recall.trust == 2", violation=False)


def _distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).detach().abs().max()) if a.numel() else 0.0
