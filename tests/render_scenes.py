"""A random scene that the rendering tests share."""

import numpy as np
import torch
from torch import Tensor

NAMES = ("means", "quats", "scales", "opacities", "colors")


def scene(count: int, width: int, height: int, seed: int = 0) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Gaussians around and beyond the view of two cameras, some behind them, in float32."""
    rng = np.random.default_rng(seed)
    quats = rng.normal(size=(count, 4)) * rng.uniform(0.2, 3, (count, 1))
    arrays = {
        "means": rng.uniform([-3, -2, -0.5], [3, 2, 6], (count, 3)),
        "quats": quats,
        "scales": np.exp(rng.normal(-2.5, 0.8, (count, 3))),
        "opacities": rng.uniform(0, 1, count),
        "colors": rng.uniform(-0.2, 1.2, (count, 3)),
    }
    angle = 0.3
    turned = np.eye(4)
    turned[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    turned[:3, 3] = 0.4, -0.1, 0.8
    K = np.array([[0.9 * width, 0, 0.52 * width], [0, 1.1 * width, 0.45 * height], [0, 0, 1]])
    gaussians = {name: torch.tensor(value, dtype=torch.float32) for name, value in arrays.items()}
    viewmats = torch.tensor(np.stack([np.eye(4), turned]), dtype=torch.float32)
    return gaussians, viewmats, torch.tensor(np.stack([K, K]), dtype=torch.float32)
