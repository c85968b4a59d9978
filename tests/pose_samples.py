"""Random poses and cameras for the tests of pose files, and what each convention keeps of them."""

import torch

from spatialmem.posefiles.conventions import CONVENTIONS
from spatialmem.posefiles.poses import Poses
from spatialmem.poses import matrix_from_quat

HEIGHT, WIDTH = 48, 64
WRITTEN = [name for name, form in CONVENTIONS.items() if form.files]
FLOAT32 = {"lyra2", "gsplat", "sana"}
"""Conventions whose files are float32; the others keep 17 digits."""

FILE_NAMES = {"spatialmem": "cameras.json", "nerfstudio": "transforms.json", "colmap-text": "model", "open3d": "a.log",
              "colmap-binary": "model", "lyra2": "a.npz", "gsplat": "a.npz", "sana": "poses.npy", "spatia": "w2c.txt",
              "worldmirror": "camera_params.json", "worldplay": "walk.json"}


def file_name(convention: str) -> str:
    """A name that suits the convention; plain text for those without one of their own."""
    return FILE_NAMES.get(convention, "a.txt")


def rotations(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return matrix_from_quat(torch.randn(count, 4, dtype=torch.float64, generator=generator))


def full_poses(count: int, seed: int = 0, *, reach: float = 5.0, one_lens: bool = False) -> Poses:
    """Random poses within `reach` metres about which everything is known."""
    generator = torch.Generator().manual_seed(seed + 1)
    T = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    T[:, :3, :3] = rotations(count, seed)
    T[:, :3, 3] = reach * (2 * torch.rand(count, 3, dtype=torch.float64, generator=generator) - 1)
    K = torch.tensor([[50.1, 0, 31.7], [0, 49.3, 24.9], [0, 0, 1]], dtype=torch.float64).repeat(count, 1, 1)
    if not one_lens:
        K[:, 0, 0] += torch.arange(count) / 3
    times = 1.5e3 + torch.arange(count, dtype=torch.float64) / 30
    return Poses("spatialmem", T, K, HEIGHT, WIDTH, names=tuple(f"rgb/{i}.png" for i in range(count)),
                 times=times, up="-Y", source="https://example.org/walk?v=1")
