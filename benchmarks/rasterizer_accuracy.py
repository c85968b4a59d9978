"""How far the float32 kernels are from the reference in float64, forward and in every gradient."""

from __future__ import annotations

from typing import Literal, TypedDict

import torch
from rasterizer_scenes import Scene
from rasterizer_timing import gradients_of_outputs
from torch import Tensor

from spatialmem.render import rasterization

LEAVES = ("means", "quats", "scales", "opacities", "colors", "viewmats")
DEGREE = 3


class Accuracy(TypedDict):
    """Absolute errors of RGB, depth and alpha; relative L2 error of the gradient of each input."""

    scene: str
    forward_mean: float
    forward_max: float
    gradients: dict[str, float]


def measure(scene: Scene, *, harmonics: bool) -> Accuracy:
    """Errors with plain colours, or with spherical harmonics of degree 3 around them."""
    degree, label = (DEGREE, f", SH {DEGREE}") if harmonics else (None, "")
    if harmonics:
        scene = _with_harmonics(scene)
    image, gradients = _drawn(scene.moved(torch.float32), degree, "cpu")
    true_image, true_gradients = _drawn(scene.moved(torch.float64), degree, "reference")
    error = (image - true_image).abs()
    relative = {name: float((mine - true).norm() / true.norm())
                for name, mine, true in zip(LEAVES, gradients, true_gradients, strict=True)}
    return {"scene": scene.name + label, "forward_mean": float(error.mean()), "forward_max": float(error.max()),
            "gradients": relative}


def _with_harmonics(scene: Scene) -> Scene:
    """The scene with coefficients `[N, 16, 3]` for colours: random ones that vary with the direction of view."""
    means, quats, scales, opacities, colours = scene.leaves
    random = torch.Generator().manual_seed(2)
    coefficients = 0.1 * torch.randn(scene.gaussians, (DEGREE + 1) ** 2, 3, generator=random)
    coefficients[:, 0] = (colours.detach() - 0.5) / 0.28209479177387814
    return scene._replace(leaves=(means, quats, scales, opacities, coefficients))


def _drawn(scene: Scene, degree: int | None, backend: Literal["cpu", "reference"]) -> tuple[Tensor, list[Tensor]]:
    """Image `[1, H, W, 5]` and gradients of all inputs, in float64."""
    viewmats = scene.viewmats.detach().requires_grad_()
    renders, alphas, _ = rasterization(*scene.leaves, viewmats, scene.Ks, scene.width, scene.height,
                                       render_mode="RGB+D", sh_degree=degree, backend=backend)
    gradients = torch.autograd.grad((renders, alphas), (*scene.leaves, viewmats), gradients_of_outputs(scene))
    return torch.cat([renders, alphas], -1).detach().double(), [x.double() for x in gradients]
