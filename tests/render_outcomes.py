"""One call of `rasterization` and all that can be compared of it: channels, alpha, every gradient, meta."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.render import rasterization


@dataclass(frozen=True)
class Case:
    """Arguments of a call, float32; `options` holds the rest of them, by gsplat's names."""

    gaussians: dict[str, Tensor]
    viewmats: Tensor
    Ks: Tensor
    size: tuple[int, int]
    options: dict[str, Any] = field(default_factory=dict)

    def having(self, **options: Any) -> "Case":
        """The same call with some options set."""
        return replace(self, options={**self.options, **options})


@dataclass(frozen=True)
class Outcome:
    """Channels and alpha `[C, H, W, D' + 1]` and gradients by input, in float64, and meta as it came.

    Gradients: the five inputs and `viewmats`; `backgrounds` where given; `means2d`, a row per row of meta;
    `absgrad` where asked for.
    """

    image: Tensor
    gradients: dict[str, Tensor]
    meta: dict[str, Any]


def sample(count: int, size: tuple[int, int], *, seed: int = 0, channels: int = 3, cameras: int = 2,
           per_camera: bool = False, **options: Any) -> Case:
    """A random scene; `sh_degree` makes the colours coefficients, `backgrounds=True` a random background."""
    gaussians, viewmats, Ks = scene(count, *size, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    degree = options.get("sh_degree")
    shape = (count, channels) if degree is None else (count, (degree + 1) ** 2, 3)
    each = (cameras, *shape) if per_camera else shape
    if degree is not None:
        gaussians["colors"] = 0.4 * torch.randn(each, generator=generator)
    elif per_camera or channels != 3:
        gaussians["colors"] = torch.rand(each, generator=generator) * 1.4 - 0.2
    if options.get("backgrounds") is True:
        options["backgrounds"] = torch.rand(cameras, channels if degree is None else 3, generator=generator)
    return Case(gaussians, viewmats[:cameras], Ks[:cameras], size, options)


def outcome(case: Case, backend: str, weights: Tensor | None = None) -> Outcome:
    """What `backend` makes of `case`: the loss is the sum of `weights` (random ones) times channels and alpha."""
    dtype = torch.float64 if backend == "reference" else torch.float32
    leaves = {name: case.gaussians[name].to(dtype, copy=True).requires_grad_() for name in NAMES}
    leaves["viewmats"] = case.viewmats.to(dtype, copy=True).requires_grad_()
    options = {"absgrad": True, **case.options, "backend": backend}
    if options.get("backgrounds") is not None:
        options["backgrounds"] = leaves["backgrounds"] = options["backgrounds"].to(dtype, copy=True).requires_grad_()
    renders, alphas, meta = rasterization(*(leaves[name] for name in NAMES), leaves["viewmats"],
                                          case.Ks.to(dtype), *case.size, **options)
    assert meta["backend"] == backend
    out = torch.cat([renders, alphas], -1)
    if weights is None:
        weights = random_weights(out)
    centres: Any = meta["means2d"]
    centres.retain_grad()
    (out * weights.to(dtype)).sum().backward()
    gradients = {name: leaf.grad.double() for name, leaf in leaves.items() if leaf.grad is not None}
    if centres.grad is not None:
        gradients["means2d"] = centres.grad.double()
    if options["absgrad"]:
        gradients["absgrad"] = centres.absgrad.double()
    return Outcome(out.detach().double(), gradients, meta)


def random_weights(like: Tensor) -> Tensor:
    """The same random normal numbers for every tensor of this shape, in float64."""
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def distances(fast: Outcome, exact: Outcome) -> dict[str, float]:
    """By gradient: relative L2 distance, 0 where both are zero."""
    assert fast.gradients.keys() == exact.gradients.keys()
    apart = {}
    for name, right in exact.gradients.items():
        assert fast.gradients[name].shape == right.shape, name
        difference, size = float((fast.gradients[name] - right).norm()), float(right.norm())
        apart[name] = difference / size if size else difference
    return apart


def assert_agree(fast: Outcome, exact: Outcome) -> None:
    """The bounds that the rasteriser is held to: forward mean error 1e-6, gradients 3e-4 relative L2."""
    assert fast.image.shape == exact.image.shape
    assert float((fast.image - exact.image).abs().mean()) <= 1e-6
    too_far = {name: apart for name, apart in distances(fast, exact).items() if not apart <= 3e-4}
    assert not too_far
