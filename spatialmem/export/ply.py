"""Gaussians as a 3DGS PLY file, as splat viewers and other tools read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.errors import WorldFormatError
from spatialmem.poses import matrix_from_quat, quat_from_matrix
from spatialmem.splats import Splats
from spatialmem.wholefile import write_whole

SH_C0 = 0.28209479177387814
"""The constant spherical harmonic, 1 / (2 sqrt(pi)): colour = 0.5 + SH_C0 * f_dc (Kerbl et al. 2023)."""

PROPERTIES = ("x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity",
              "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3")

VIEWER_AXES = "x-right y-down z-forward"


def write_ply(splats: Splats, path: Path | str, *, up: str) -> Path:
    """The written file: binary little-endian 3DGS PLY, 17 float32 properties a Gaussian.

    Viewers take splat files as x-right y-down z-forward, so the world is turned until its `up` axis
    ("+Z", "-Y" ...) is -y of the file; a world whose up is -Y is written as it stands. Opacities are
    stored as logits, scales as logarithms, colours as degree-0 spherical harmonics. The file
    appears whole or not at all.

    Raises:
        StorageError: the file cannot be written.
        WorldFormatError: there are no Gaussians to write.
    """
    if len(splats) == 0:
        raise WorldFormatError("the world holds no Gaussians yet; explore it first, then export")
    path = Path(path)
    table = _table(splats, viewer_from_world(up))
    header = ["ply", "format binary_little_endian 1.0", f"comment axes {VIEWER_AXES}, metres",
              f"element vertex {len(splats)}", *(f"property float {name}" for name in PROPERTIES), "end_header\n"]
    write_whole(path, "\n".join(header).encode("ascii") + table.tobytes())
    return path


def viewer_from_world(up: str) -> Tensor:
    """The rotation `[3, 3]` float64 from a world whose up is the signed axis `up` to x-right y-down z-forward.

    It turns about one axis only (+Z up: +x stays, +y becomes forward), so left stays left.
    """
    identity = torch.eye(3, dtype=torch.float64)
    sign, axis = (1.0 if up[0] == "+" else -1.0), "XYZ".index(up[1])
    down = -sign * identity[axis]
    right = identity[1 if axis == 0 else 0]
    forward = torch.linalg.cross(right, down)
    return torch.stack([right, down, forward])


def _table(splats: Splats, R: Tensor) -> NDArray[np.float32]:
    """All properties `[N, 17]` little-endian float32, in the order of `PROPERTIES`."""
    means = splats.means.to(torch.float64) @ R.T
    turned = R @ matrix_from_quat(splats.quats.to(torch.float64))
    opacity = splats.opacities.clamp(1e-6, 1 - 1e-6).logit()
    columns = [means, torch.zeros_like(means), (splats.colors - 0.5) / SH_C0, opacity[:, None], splats.scales.log(),
               quat_from_matrix(turned)]
    return torch.cat([c.to(torch.float32) for c in columns], dim=1).cpu().numpy().astype("<f4")
