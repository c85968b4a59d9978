"""Surface normals of a depth image, safe at its edges."""

import torch
from torch import Tensor

from spatialmem.camera import Cameras, unproject


def surface_normals(depth: Tensor, cameras: Cameras) -> Tensor:
    """Unit normals `[T, H, W, 3]`, world frame, towards the camera, of z-depths `[T, H, W]` metres.

    Each tangent is the shorter of the forward and the backward difference, so that it stays on the
    pixel's own surface beside a depth edge. Where the tangents give none (one-pixel images, unknown
    depth on both sides) the normal points at the camera.
    """
    points = unproject(depth, cameras)
    normal = torch.linalg.cross(_tangent(points, depth, 2), _tangent(points, depth, 1), dim=-1)
    towards = cameras.centres.to(points)[:, None, None] - points
    length = normal.norm(dim=-1, keepdim=True)
    usable = (length > 0) & torch.isfinite(length)
    normal = torch.where(usable, normal / length.clamp(min=1e-30), towards)
    normal = torch.where((normal * towards).sum(-1, keepdim=True) < 0, -normal, normal)
    return torch.nn.functional.normalize(normal, dim=-1)


def _tangent(points: Tensor, depth: Tensor, axis: int) -> Tensor:
    step = torch.diff(points, dim=axis)
    jump = torch.diff(depth, dim=axis).abs()
    pad = torch.zeros_like(points.narrow(axis, 0, 1))
    far = torch.full_like(depth.narrow(axis, 0, 1), float("inf"))
    forward, backward = torch.cat([step, pad], axis), torch.cat([pad, step], axis)
    jump_forward, jump_backward = torch.cat([jump, far], axis), torch.cat([far, jump], axis)
    return torch.where((jump_forward <= jump_backward)[..., None], forward, backward)
