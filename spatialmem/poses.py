"""Rigid transforms: camera-to-world poses and what is done with them.

One form throughout: `T_a_b` `[..., 4, 4]` takes a point in frame b to frame a, so neighbours cancel
(`T_world_cam = T_world_body @ T_body_cam`). Cameras have OpenCV axes: +x right, +y down, +z forward.
"""

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError

RIGID_TOLERANCE = 1e-3


def check_rigid(T: Tensor, name: str = "T") -> None:
    """Raise unless every matrix in `T` `[..., 4, 4]` is a finite proper rigid transform.

    Raises:
        ShapeError: the last two dimensions are not 4x4.
        InvalidValueError: a matrix is not finite, not orthonormal within 1e-3, mirrored, or its
            last row is not (0, 0, 0, 1).
    """
    if T.ndim < 2 or T.shape[-2:] != (4, 4):
        raise ShapeError(f"{name}: expected [..., 4, 4], got {list(T.shape)}")
    flat = T.detach().reshape(-1, 4, 4).to(torch.float64)
    if flat.shape[0] == 0:
        return
    finite = torch.isfinite(flat).all(dim=(1, 2))
    _refuse(~finite, name, "has NaN or infinite entries; every pose must be finite")
    R = flat[:, :3, :3]
    eye = torch.eye(3, dtype=torch.float64, device=T.device)
    skewed = (R.transpose(1, 2) @ R - eye).abs().amax(dim=(1, 2)) > RIGID_TOLERANCE
    _refuse(skewed, name, "is not a rotation (columns must be orthonormal; remove scale and shear)")
    mirrored = torch.linalg.det(R) < 0
    _refuse(mirrored, name, "is mirrored (determinant -1); check the axes convention of its source")
    last = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64, device=T.device)
    bottom = (flat[:, 3] - last).abs().amax(dim=1) > 1e-6
    _refuse(bottom, name, "has a last row that is not (0, 0, 0, 1); was it transposed?")


def _refuse(bad: Tensor, name: str, why: str) -> None:
    if bool(bad.any()):
        index = int(bad.nonzero()[0, 0])
        raise InvalidValueError(f"{name}[{index}] {why}")


def invert(T_a_b: Tensor) -> Tensor:
    """`T_b_a` `[..., 4, 4]`: the inverse of a rigid transform, by transposing its rotation."""
    R_b_a = T_a_b[..., :3, :3].transpose(-1, -2)
    t = -(R_b_a @ T_a_b[..., :3, 3:])
    out = torch.zeros_like(T_a_b)
    out[..., :3, :3] = R_b_a
    out[..., :3, 3:] = t
    out[..., 3, 3] = 1
    return out


def transform(T_a_b: Tensor, points_b: Tensor) -> Tensor:
    """Points `[..., N, 3]` of frame b in frame a; `T_a_b` is `[..., 4, 4]`."""
    return points_b @ T_a_b[..., :3, :3].transpose(-1, -2) + T_a_b[..., None, :3, 3]


def look_at(eye: Tensor, target: Tensor, up: Tensor) -> Tensor:
    """`T_world_cam` `[..., 4, 4]` of a camera at `eye` `[..., 3]` that looks at `target`.

    The image's vertical lies in the plane of the view and `up` (world frame, any length).

    Raises:
        InvalidValueError: eye and target coincide, or the view is parallel to `up`.
    """
    normalize = torch.nn.functional.normalize
    forward = normalize(target - eye, dim=-1)
    right = torch.linalg.cross(forward, normalize(up, dim=-1, eps=1e-30).expand_as(forward))
    if not bool((right.norm(dim=-1) > 1e-9).all()):
        raise InvalidValueError("look_at: the view direction is zero or parallel to up; move target or up")
    right = normalize(right, dim=-1)
    down = torch.linalg.cross(forward, right)
    T = torch.zeros((*eye.shape[:-1], 4, 4), dtype=eye.dtype, device=eye.device)
    T[..., :3, :] = torch.stack([right, down, forward, eye], dim=-1)
    T[..., 3, 3] = 1
    return T


def quat_from_matrix(R: Tensor) -> Tensor:
    """Unit quaternions wxyz `[..., 4]`, w >= 0, of rotations `[..., 3, 3]`.

    Bar-Itzhack (2000): the quaternion is the dominant eigenvector of a symmetric 4x4 matrix, which
    has no branches and no singular angles.
    """
    m = R
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    w = torch.stack([xx + yy + zz, m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0],
                     m[..., 1, 0] - m[..., 0, 1]], dim=-1)
    x = torch.stack([w[..., 1], xx - yy - zz, m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0]], dim=-1)
    y = torch.stack([w[..., 2], x[..., 2], yy - xx - zz, m[..., 1, 2] + m[..., 2, 1]], dim=-1)
    z = torch.stack([w[..., 3], x[..., 3], y[..., 3], zz - xx - yy], dim=-1)
    _, vectors = torch.linalg.eigh(torch.stack([w, x, y, z], dim=-2))
    q = vectors[..., -1]
    return torch.where(q[..., :1] < 0, -q, q)


def matrix_from_quat(quats: Tensor) -> Tensor:
    """Rotations `[..., 3, 3]` of quaternions wxyz `[..., 4]` of any non-zero length."""
    w, x, y, z = torch.nn.functional.normalize(quats, dim=-1).unbind(-1)
    rows = [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]
    return torch.stack(rows, dim=-1).reshape(*quats.shape[:-1], 3, 3)


def interpolate(T_from: Tensor, T_to: Tensor, s: Tensor) -> Tensor:
    """Poses `[..., 4, 4]` at fractions `s` `[...]` between two poses: straight line and slerp."""
    qa = quat_from_matrix(T_from[..., :3, :3])
    qb = quat_from_matrix(T_to[..., :3, :3])
    dot = (qa * qb).sum(-1, keepdim=True)
    qb = torch.where(dot < 0, -qb, qb)
    angle = torch.arccos(dot.abs().clamp(max=1.0))
    s_ = s[..., None]
    small = angle < 1e-6
    sine = torch.where(small, torch.ones_like(angle), torch.sin(angle))
    wa = torch.where(small, 1 - s_, torch.sin((1 - s_) * angle) / sine)
    wb = torch.where(small, s_, torch.sin(s_ * angle) / sine)
    R = matrix_from_quat(wa * qa + wb * qb)
    T = torch.zeros((*R.shape[:-2], 4, 4), dtype=T_from.dtype, device=T_from.device)
    T[..., :3, :3] = R
    T[..., :3, 3] = (1 - s_) * T_from[..., :3, 3] + s_ * T_to[..., :3, 3]
    T[..., 3, 3] = 1
    return T


def rotation_angle(T_a: Tensor, T_b: Tensor) -> Tensor:
    """Angle in radians `[...]` between the orientations of two poses `[..., 4, 4]`."""
    R = T_a[..., :3, :3].transpose(-1, -2) @ T_b[..., :3, :3]
    skew = torch.stack([R[..., 2, 1] - R[..., 1, 2], R[..., 0, 2] - R[..., 2, 0], R[..., 1, 0] - R[..., 0, 1]], -1)
    trace = R.diagonal(dim1=-2, dim2=-1).sum(-1)
    return torch.atan2(skew.norm(dim=-1), trace - 1)
