"""The CPU backend against the float64 reference: images and gradients of all five inputs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.render import rasterization


def outputs_and_gradients(gaussians: dict[str, Tensor], viewmats: Tensor, Ks: Tensor, size: tuple[int, int],
                          backend: str, **options: Any) -> tuple[Tensor, dict[str, Tensor]]:
    """Channels and alpha `[C, H, W, D + 1]`, and gradients under fixed random weights, in float64."""
    dtype = torch.float64 if backend == "reference" else torch.float32
    leaves = {name: gaussians[name].to(dtype, copy=True).requires_grad_() for name in NAMES}
    renders, alphas, meta = rasterization(*leaves.values(), viewmats.to(dtype), Ks.to(dtype), *size,
                                          backend=backend, **options)
    assert meta["backend"] == backend
    out = torch.cat([renders, alphas], -1)
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (out * weights.to(dtype)).sum().backward()
    return out.detach().double(), {name: leaf.grad.double() for name, leaf in leaves.items()
                                   if leaf.grad is not None}


def assert_agrees(gaussians: dict[str, Tensor], viewmats: Tensor, Ks: Tensor, size: tuple[int, int],
                  **options: Any) -> None:
    """Forward mean error at most 1e-6, gradients within 3e-4 relative L2."""
    fast, fast_gradients = outputs_and_gradients(gaussians, viewmats, Ks, size, "cpu", **options)
    exact, exact_gradients = outputs_and_gradients(gaussians, viewmats, Ks, size, "reference", **options)
    assert float((fast - exact).abs().mean()) <= 1e-6
    for name in NAMES:
        difference = (fast_gradients[name] - exact_gradients[name]).norm()
        assert float(difference) <= 3e-4 * float(exact_gradients[name].norm()), name


@pytest.mark.parametrize("mode", ["RGB", "D", "ED", "RGB+D", "RGB+ED"])
def test_synthetic_scene_agrees_in_every_mode(mode: str) -> None:
    gaussians, viewmats, Ks = scene(400, 70, 50)
    assert_agrees(gaussians, viewmats, Ks, (70, 50), render_mode=mode)


def test_options_agree() -> None:
    gaussians, viewmats, Ks = scene(300, 60, 40, seed=3)
    assert_agrees(gaussians, viewmats, Ks, (60, 40), near_plane=1.0, far_plane=4.0, radius_clip=4.0,
                  eps2d=0.1, render_mode="RGB+ED")


def test_dense_tiles_agree() -> None:
    """Hundreds of Gaussians in one tile: the long sort, early exits and finished pixels."""
    gaussians, viewmats, Ks = scene(1500, 40, 40, seed=5)
    gaussians["means"][:, 2] += 1.5
    gaussians["opacities"] = gaussians["opacities"] * 0.3 + 0.7
    assert_agrees(gaussians, viewmats[:1], Ks[:1], (40, 40), render_mode="RGB+ED")


def test_garden_crop_agrees(shared_data: Path) -> None:
    """gsplat's test scene: crop to ±2, random scales, orientations and opacities."""
    with np.load(shared_data / "gsplat_garden" / "test_garden.npz") as archive:
        points, colors = archive["means3d"].astype(np.float32), archive["colors"] / 255
        viewmat, K, full_width = archive["viewmats"][0], archive["Ks"][0].copy(), int(archive["width"])
    inside = (np.abs(points) <= 2).all(1)
    points, colors = points[inside][::12], colors[inside][::12]
    rng = np.random.default_rng(42)
    count, width, height = len(points), 128, 96
    gaussians = {
        "means": torch.from_numpy(points),
        "scales": torch.from_numpy(rng.uniform(1e-4, 0.02, (count, 3)).astype(np.float32)),
        "quats": torch.from_numpy(rng.normal(size=(count, 4)).astype(np.float32)),
        "opacities": torch.from_numpy(rng.uniform(0, 1, count).astype(np.float32)),
        "colors": torch.from_numpy(colors.astype(np.float32)),
    }
    K[:2] *= width / full_width
    K[:2, 2] = width / 2, height / 2
    assert_agrees(gaussians, torch.from_numpy(viewmat).float()[None], torch.from_numpy(K).float()[None],
                  (width, height), render_mode="RGB+ED")
