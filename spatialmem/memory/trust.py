"""`trust_levels`: how far to trust each pixel of a render of memory, by what stored keyframes say of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.errors import InvalidValueError
from spatialmem.frames import REVISE, TRUSTED, Frames
from spatialmem.memory.coarse import SIDE, coarse, spread
from spatialmem.memory.confirm import confirmed
from spatialmem.memory.sightings import Witnesses, sightings
from spatialmem.memory.trustrule import RULE, TrustRule


def trust_levels(view: Frames, witnesses: Sequence[Witnesses], references: Frames, *,
                 rule: TrustRule = RULE) -> Tensor:
    """`[T, H, W]` uint8 trust in a render.

    Unknown where alpha is at most 0.1. Trusted where alpha is above 0.9, the surface is `supported` by
    witnesses, and its colour `confirmed` by references. All else is to be revised: it may be wrong, or right
    but seen from afar or askew only, so that it has a colour and lacks the detail that this view needs. A
    generator is to sharpen that, not to copy it.

    Args:
        view: memory rendered at the target cameras, with depth and alpha.
        witnesses: keyframes that look at what is in view, those of one size together.
        references: keyframes with depth, of the view's image size.
        rule: the bounds.

    Raises:
        InvalidValueError: the view lacks depth or alpha.
    """
    if view.alpha is None or view.depth is None:
        raise InvalidValueError("view: needs the depth and alpha of a render to be trusted")
    believed = supported(view.depth, view.cameras, witnesses, rule) & confirmed(view, references, rule)
    levels = torch.zeros(view.alpha.shape, dtype=torch.uint8)
    levels[view.alpha > 0.1] = REVISE
    levels[(view.alpha > rule.covered) & believed] = TRUSTED
    return levels


def supported(full: Tensor, cameras: Cameras, witnesses: Sequence[Witnesses], rule: TrustRule = RULE) -> Tensor:
    """`[T, H, W]` bool: someone saw the surface at depth `full` closely, and few see through it.

    A witness votes for a surface that its depth agrees with, if it looks at the side that is in view, and
    against one that it sees through. One that sees something nearer in front has no vote.
    """
    from spatialmem.memory.sightings_cpu import count  # compiles, and loads what that takes

    depth, grid = coarse(full, cameras)
    points, normals, cosine = _facing(unproject(depth, grid), depth, grid)
    detail = (cameras.K[:, 0, 0, None, None].to(depth) / depth.clamp(min=1e-6)).reshape(-1)
    needs, votes = torch.stack([rule.fine * detail, rule.slant * cosine]).numpy(), torch.zeros(3, len(points))
    for each in witnesses:
        said = sightings(points, each, agree=rule.agree)
        count(points.numpy(), normals.numpy(), needs, said.verdict.numpy(), said.scale.numpy(),
              each.cameras.centres.contiguous().numpy(), votes.numpy())
    pro, contra, closely = votes
    believed = (closely > 0) & (contra <= rule.doubt * (pro + contra))
    return spread(believed.reshape(depth.shape), depth, full, SIDE)


def _facing(points: Tensor, depth: Tensor, cameras: Cameras) -> tuple[Tensor, Tensor, Tensor]:
    """Points `[P, 3]`, their surface's unit normals `[P, 3]` towards the camera, and the cosines `[P]` of its view."""
    across, down = _step(points, depth, 2), _step(points, depth, 1)
    normals = nn.normalize(torch.linalg.cross(across, down), dim=-1)
    towards = nn.normalize(cameras.centres.to(points)[:, None, None] - points, dim=-1)
    cosine = (normals * towards).sum(dim=-1, keepdim=True)
    normals = torch.where(cosine < 0, -normals, normals)
    return points.reshape(-1, 3), normals.reshape(-1, 3), cosine.abs().reshape(-1)


def _step(points: Tensor, depth: Tensor, axis: int) -> Tensor:
    """From each of `points` `[T, h, w, 3]` to its neighbour along an axis, the one that is nearer in depth."""
    size = depth.shape[axis]
    here = torch.arange(size)
    after, before = (here + 1).clamp(max=size - 1), (here - 1).clamp(min=0)
    ahead, back = depth.index_select(axis, after) - depth, depth - depth.index_select(axis, before)
    # at the border a neighbour is the point itself, which is no step
    inner_ahead, inner_back = (after > here), (before < here)
    shape = [1, -1, 1] if axis == 1 else [1, 1, -1]
    use_ahead = inner_ahead.view(shape) & (~inner_back.view(shape) | (ahead.abs() <= back.abs()))
    return torch.where(use_ahead[..., None], points.index_select(axis, after) - points,
                       points - points.index_select(axis, before))
