"""Gradients without autograd: differences of the image, of the float64 reference and of the CPU kernels.

The scene is smooth: every Gaussian covers the whole image, so that no rule with a threshold acts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from render_layers import layers_of_camera
from render_outcomes import Case, outcome, random_weights
from render_scenes import NAMES
from torch import Tensor

from spatialmem.render import rasterization

SIZE = (13, 11)
OPTIONS: dict[str, dict[str, Any]] = {
    "colours": {}, "dense": {"packed": False}, "antialiased": {"rasterize_mode": "antialiased", "eps2d": 4.0},
    "depth": {"render_mode": "D"}, "harmonics": {"sh_degree": 3, "packed": False},
}


def smooth(options: dict[str, Any]) -> Case:
    """Six wide Gaussians before two cameras, none saturated; some lie so far beyond the second's border that their
    slopes are clamped."""
    generator = torch.Generator().manual_seed(3)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    shape = (6, 16, 3) if "sh_degree" in options else (6, 3)
    gaussians = {
        "means": torch.cat([uniform(-0.3, 0.3, 6, 2), torch.linspace(2.4, 4.0, 6)[torch.randperm(
            6, generator=generator)][:, None]], 1),
        "quats": uniform(-1, 1, 6, 4), "scales": uniform(0.8, 1.2, 6, 3), "opacities": uniform(0.2, 0.6, 6),
        "colors": uniform(0.05, 0.4, *shape) if "sh_degree" in options else uniform(0, 1, *shape),
    }
    turned = torch.eye(4)
    turned[:3, :3] = torch.linalg.matrix_exp(torch.tensor([[0, -0.1, 0.15], [0.1, 0, -0.2], [-0.15, 0.2, 0]]))
    turned[:3, 3] = torch.tensor([0.1, -0.1, 0.3])
    K = torch.tensor([[30.0, 0, 6.8], [0, 33.0, 5.1], [0, 0, 1]])
    backgrounds = uniform(0, 1, 2, 3)
    return Case(gaussians, torch.stack([torch.eye(4), turned]), torch.stack([K, K]), SIZE,
                {"render_mode": "RGB+ED", "backgrounds": backgrounds, **options})


def loss(case: Case, backend: str) -> float:
    """The weighted sum of channels and alpha that `outcome` differentiates, summed in float64."""
    dtype = torch.float64 if backend == "reference" else torch.float32
    options = {**case.options, "backend": backend, "backgrounds": case.options["backgrounds"].to(dtype)}
    with torch.no_grad():
        renders, alphas, _ = rasterization(*(case.gaussians[name].to(dtype) for name in NAMES),
                                           case.viewmats.to(dtype), case.Ks.to(dtype), *SIZE, **options)
    out = torch.cat([renders, alphas], -1).double()
    return float((out * random_weights(out)).sum())


def moved(case: Case, name: str, step: Tensor) -> Case:
    """The call with `step` added to one of its inputs, in float64."""
    if name == "viewmats":
        return replace(case, viewmats=case.viewmats.double() + step)
    if name == "backgrounds":
        return case.having(backgrounds=case.options[name].double() + step)
    return replace(case, gaussians={**case.gaussians, name: case.gaussians[name].double() + step})


def slope(function: Callable[[float], float], step: float) -> float:
    """Derivative at 0 by five points: the error falls with the fourth power of `step`."""
    near, far = function(step) - function(-step), function(2 * step) - function(-2 * step)
    return (8 * near - far) / (12 * step)


def directions(name: str, like: Tensor) -> list[Tensor]:
    """Five random unit directions; the last row of a camera's matrix stays as it is."""
    generator = torch.Generator().manual_seed(7)
    result = []
    for _ in range(5):
        direction = torch.randn(like.shape, generator=generator, dtype=torch.float64)
        if name == "viewmats":
            direction[:, 3] = 0
        result.append(direction / direction.norm())
    return result


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize(("backend", "step", "tolerance"), [("reference", 1e-3, 1e-7), ("cpu", 0.03, 1e-3)])
def test_gradients_are_slopes(backend: str, step: float, tolerance: float, options: dict[str, Any]) -> None:
    case = smooth(options)
    gradients = outcome(case.having(absgrad=False), backend).gradients
    wanted = set(NAMES) | {"viewmats", "backgrounds"}
    if options.get("render_mode") == "D":
        wanted -= {"colors", "backgrounds"}
    assert wanted <= set(gradients)
    for name in sorted(wanted):
        gradient = gradients[name]
        for direction in directions(name, gradient):
            measured = slope(lambda t, d=direction, n=name: loss(moved(case, n, t * d), backend), step)
            claimed = float((gradient * direction).sum())
            assert abs(measured - claimed) <= tolerance * float(gradient.norm()), name


def test_the_scene_is_smooth() -> None:
    """Neither alpha's limits nor the end of a pixel are near, so that differences mean something."""
    case = smooth({"packed": False})
    meta = {name: x.detach() if isinstance(x, Tensor) else x for name, x in outcome(case, "reference").meta.items()}
    for camera in range(2):
        seen = layers_of_camera(meta, camera, case.gaussians["opacities"].double())
        assert len(seen.order) == 6
        assert float(seen.raw.min()) > 1.2 / 255
        assert float(seen.raw.max()) < 0.7
        assert float(seen.after.min()) > 1e-3


def test_shifting_an_image_is_shifting_all_centres() -> None:
    """Moving the principal point moves every centre alike, and, without clamped slopes, nothing else."""
    case = smooth({"packed": False})
    gradient = outcome(case, "cpu").gradients["means2d"].sum(1)[0]
    for axis in range(2):
        step = torch.zeros(2, 3, 3, dtype=torch.float64)
        step[0, axis, 2] = 1
        measured = slope(lambda t, s=step: loss(replace(case, Ks=case.Ks.double() + t * s), "reference"), 1e-3)
        assert measured == pytest.approx(float(gradient[axis]), rel=1e-4)
