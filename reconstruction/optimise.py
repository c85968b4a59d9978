"""Short optimisation of Gaussians against posed frames through the rasteriser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spatialmem.reconstruction.adam import RowAdam, typical
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.loss import Target, image_loss
from spatialmem.render import rasterization
from spatialmem.splats import MAX_SCALE, Splats

Loss = Callable[[Tensor, Tensor, Target], Tensor]

SMALLEST_SCALE = 1e-5
EDGE = 1e-4

_LAST = 0.3
"""Share of the rates at the end: large last steps would leave each Gaussian where its last view threw it."""


@dataclass(frozen=True, eq=False)
class Optimised:
    """What an optimisation gave.

    Attributes:
        splats: the updated Gaussians, same rows.
        observed: `[N]` int32, in how many of the first `fresh` views each took part.
        losses: the loss of every iteration.
    """

    splats: Splats
    observed: Tensor
    losses: list[float]


def optimise(splats: Splats, views: Sequence[Target], fresh: int, *, iterations: int, depth_scale: float,
             config: FusionConfig) -> Optimised:
    """`splats` after `iterations` Adam steps, each against one of `views` in shuffled rounds.

    Means, quaternions, log scales, opacity logits and colours move; a Gaussian that was observed
    `n` times moves at 1 / (1 + n / settled) of the rate. Colours may overshoot on the way, which sharpens,
    and end within 0..1, so that views from elsewhere do not sparkle. The first `fresh` views are new, the
    others replayed. `depth_scale` (metres) converts the relative rate of the means.
    """
    observed = torch.zeros(len(splats), dtype=torch.int32, device=splats.means.device)
    if not views or len(splats) == 0 or iterations == 0:
        return Optimised(splats, observed, [])
    loss = _loss(views[0], config)
    leaves = _leaves(splats)
    rates = {"means": config.rates.means * depth_scale, "quats": config.rates.quats, "scales": config.rates.scales,
             "opacities": config.rates.opacities, "colors": config.rates.colors}
    adam = RowAdam(leaves, rates, 1 / (1 + splats.seen.to(torch.float32) / config.settled),
                   floor=config.faint)
    losses: list[float] = []
    counted: set[int] = set()
    for number, index in enumerate(_rounds(len(views), iterations, config.seed)):
        for leaf in leaves.values():
            leaf.grad = None
        value = _render_loss(leaves, views[index], loss)
        value.backward()  # type: ignore[no-untyped-call]
        losses.append(float(value.detach()))
        if index < fresh and index not in counted:
            counted.add(index)
            observed += _touched(leaves, config.faint)
        adam.step(_annealed(number / iterations))
    return Optimised(_activated(splats, leaves), observed, losses)


def _annealed(progress: float) -> float:
    """Share of the rates at `progress` 0..1: half a period of a cosine (Loshchilov & Hutter 2017)."""
    return _LAST + (1 - _LAST) * (1 + math.cos(math.pi * progress)) / 2


def _rounds(views: int, iterations: int, seed: int) -> list[int]:
    """Which view each iteration takes: every view once in random order, then again."""
    random = torch.Generator().manual_seed(seed)
    order: list[int] = []
    while len(order) < iterations:
        order += torch.randperm(views, generator=random).tolist()
    return order[:iterations]


def _leaves(splats: Splats) -> dict[str, Tensor]:
    values = {
        "means": splats.means.clone(),
        "quats": splats.quats.clone(),
        "scales": splats.scales.clamp(min=SMALLEST_SCALE).log(),
        "opacities": splats.opacities.clamp(EDGE, 1 - EDGE).logit(),
        "colors": splats.colors.clone(),
    }
    return {name: value.requires_grad_() for name, value in values.items()}


def _render_loss(leaves: dict[str, Tensor], view: Target, loss: Loss) -> Tensor:
    height, width = view.depth.shape
    images, alphas, _ = rasterization(
        leaves["means"], leaves["quats"], leaves["scales"].exp(), leaves["opacities"].sigmoid(), leaves["colors"],
        view.viewmat[None], view.K[None], width, height, render_mode="RGB+D",
    )
    return loss(images[0], alphas[0, ..., 0], view)


def _loss(view: Target, config: FusionConfig) -> Loss:
    if view.rgb.device.type == "cpu":
        from spatialmem.reconstruction.loss_cpu import ImageLoss

        return ImageLoss(*view.depth.shape, ssim=config.ssim, depth=config.depth)
    return lambda image, alpha, target: image_loss(image, alpha, target, ssim=config.ssim, depth=config.depth)


def _touched(leaves: dict[str, Tensor], faint: float) -> Tensor:
    """`[N]` int32: 1 for Gaussians that the last view showed more than faintly."""
    gradient = leaves["colors"].grad
    if gradient is None:
        return torch.zeros(len(leaves["colors"]), dtype=torch.int32, device=leaves["colors"].device)
    return (gradient.abs() > faint * typical(gradient)).any(dim=-1).to(torch.int32)


def _activated(splats: Splats, leaves: dict[str, Tensor]) -> Splats:
    values = {name: leaf.detach() for name, leaf in leaves.items()}
    return replace(splats, means=values["means"], quats=torch.nn.functional.normalize(values["quats"], dim=-1),
                   scales=values["scales"].exp().clamp(SMALLEST_SCALE, MAX_SCALE),
                   opacities=values["opacities"].sigmoid(), colors=values["colors"].clamp(0, 1))
