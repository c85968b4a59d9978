"""The CPU backend against the float64 reference: images and every gradient, option by option."""

from pathlib import Path

import numpy as np
import pytest
import torch
from render_outcomes import Case, assert_agree, outcome, sample

SIZE = (52, 37)
MODES = ("RGB", "D", "ED", "RGB+D", "RGB+ED")


def agrees(case: Case) -> None:
    """Holds the CPU backend to the reference, and asks that the case says something."""
    exact = outcome(case, "reference")
    assert float(exact.image[..., -1].mean()) > 0.1
    assert_agree(outcome(case, "cpu"), exact)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode(mode: str, packed: bool) -> None:
    agrees(sample(150, SIZE, render_mode=mode, packed=packed))


@pytest.mark.parametrize("mode", MODES)
def test_antialiased(mode: str) -> None:
    """Small Gaussians, which lose the most, beside large ones."""
    case = sample(250, SIZE, seed=1, cameras=1, render_mode=mode, rasterize_mode="antialiased", packed=mode == "D")
    case.gaussians["scales"][::2] *= 0.2
    agrees(case)


@pytest.mark.parametrize("per_camera", [False, True])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_spherical_harmonics(degree: int, per_camera: bool) -> None:
    agrees(sample(120, SIZE, seed=2, sh_degree=degree, per_camera=per_camera, backgrounds=True,
                  render_mode="RGB+ED", packed=bool(degree % 2) == per_camera))


def test_a_degree_below_what_the_coefficients_hold() -> None:
    """The coefficients beyond it get zero gradients, not none."""
    case = sample(100, SIZE, seed=3, sh_degree=3).having(sh_degree=1)
    agrees(case)
    gradient = outcome(case, "cpu").gradients["colors"]
    assert gradient.shape == (100, 16, 3)
    assert bool(gradient[:, :4].any())
    assert not gradient[:, 4:].any()


@pytest.mark.parametrize("mode", ["RGB", "RGB+ED"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 8, 32])
def test_any_number_of_channels(channels: int, mode: str) -> None:
    agrees(sample(120, SIZE, seed=4, channels=channels, cameras=1, backgrounds=True, render_mode=mode))


@pytest.mark.parametrize("channels", [3, 7])
def test_colours_of_their_own_for_each_camera(channels: int) -> None:
    agrees(sample(150, SIZE, seed=5, channels=channels, per_camera=True, backgrounds=True, packed=False,
                  render_mode="RGB+D", rasterize_mode="antialiased"))


@pytest.mark.parametrize("mode", ["D", "ED"])
def test_depth_alone_ignores_colours_and_backgrounds(mode: str) -> None:
    case = sample(150, SIZE, seed=6, backgrounds=True, render_mode=mode)
    agrees(case)
    assert torch.equal(outcome(case, "cpu").image, outcome(case.having(backgrounds=None), "cpu").image)


def test_options_that_leave_gaussians_out() -> None:
    case = sample(300, SIZE, seed=7, near_plane=1.0, far_plane=4.0, radius_clip=4.0, eps2d=0.1)
    agrees(case.having(render_mode="RGB+ED", rasterize_mode="antialiased"))


def test_dense_tiles() -> None:
    """Hundreds of Gaussians in one tile: the long sort, early exits and finished pixels."""
    case = sample(1500, (40, 40), seed=8, cameras=1, render_mode="RGB+ED")
    case.gaussians["means"][:, 2] += 1.5
    case.gaussians["opacities"] = case.gaussians["opacities"] * 0.3 + 0.7
    agrees(case)


@pytest.mark.parametrize("degree", [None, 3])
def test_garden_crop(shared_data: Path, degree: int | None) -> None:
    """gsplat's test scene: crop to ±2, random scales, orientations and opacities."""
    with np.load(shared_data / "gsplat_garden" / "test_garden.npz") as archive:
        points, colors = archive["means3d"].astype(np.float32), archive["colors"] / 255
        viewmat, K, full_width = archive["viewmats"][0], archive["Ks"][0].copy(), int(archive["width"])
    inside = (np.abs(points) <= 2).all(1)
    points, colors = points[inside][::24], colors[inside][::24].astype(np.float32)
    rng = np.random.default_rng(42)
    count, width, height = len(points), 96, 72
    coefficients = rng.normal(0, 0.2, (count, 16, 3)).astype(np.float32)
    coefficients[:, 0] = (colors - 0.5) / 0.28209479
    gaussians = {
        "means": torch.from_numpy(points),
        "quats": torch.from_numpy(rng.normal(size=(count, 4)).astype(np.float32)),
        "scales": torch.from_numpy(rng.uniform(1e-4, 0.02, (count, 3)).astype(np.float32)),
        "opacities": torch.from_numpy(rng.uniform(0, 1, count).astype(np.float32)),
        "colors": torch.from_numpy(colors if degree is None else coefficients),
    }
    K[:2] *= width / full_width
    K[:2, 2] = width / 2, height / 2
    agrees(Case(gaussians, torch.from_numpy(viewmat).float()[None], torch.from_numpy(K).float()[None],
                (width, height), {"render_mode": "RGB+ED", "sh_degree": degree}))
