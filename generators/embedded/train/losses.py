"""What a prediction is judged by: close in every pixel, and as crisp as the truth."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from spatialmem.generators.embedded.flow import mixed
from spatialmem.generators.embedded.model import Model
from spatialmem.generators.embedded.train.batches import Example
from spatialmem.generators.embedded.train.critic import Critic, persuasion_loss
from spatialmem.generators.embedded.train.finishing import rolled_out

FARTHEST = 6.0
"""Departures count no farther than this: a sky where a wall was planned would outweigh everything else."""

_SEEN = 0.6
"""How much less a pixel counts that memory shows."""


def flow_loss(model: Model, batch: Example) -> Tensor:
    """One number: how far the clips are from the truth that the model believes in, given noisy versions of them."""
    prepared = model.prepare(batch.condition)
    true = prepared.departure(batch.true).clamp(-FARTHEST, FARTHEST)
    predicted = model.clean(prepared, mixed(true, batch.noise, batch.time), batch.time)
    return prediction_loss(predicted.float(), true.float(), 1 - _SEEN * batch.condition.weight)


def finished_loss(model: Model, critic: Critic, batch: Example, *, believed: float) -> tuple[Tensor, Tensor]:
    """How far what the sampler makes is from true, and the colour codes that it made `[B, T, H, W, 3]`.

    Args:
        model: whose last step is trained.
        critic: judges whether it looks true.
        batch: of examples.
        believed: how much the critic's word counts.
    """
    prepared = model.prepare(batch.condition)
    true = prepared.departure(batch.true).clamp(-FARTHEST, FARTHEST)
    departure = rolled_out(model, prepared, batch.noise).float()
    made = prepared.codes(departure)[..., :3]
    close = prediction_loss(departure, true.float(), 1 - _SEEN * batch.condition.weight)
    return close + believed * persuasion_loss(critic, made, batch.condition), made


def prediction_loss(predicted: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """One number for departures `[B, T, H, W, 4]`.

    Squares keep the flow right (the mean is what it needs), absolute values and differences between neighbours at
    three scales keep edges and texture from being averaged away.

    Args:
        predicted, true: departures from the base, in units of the model's scale.
        weight: `[B, T, H, W]`, how much a pixel counts.
    """
    error = predicted - true
    counted = weight[..., None]
    square = (error.square() * counted).mean()
    absolute = (error.abs() * counted).mean()
    return square + 0.3 * absolute + 0.3 * _edges(error * counted)


def _edges(error: Tensor) -> Tensor:
    """Mean absolute difference of neighbours of `error` `[B, T, H, W, C]` at three scales."""
    planes = error.flatten(0, 1).permute(0, 3, 1, 2)
    total = planes.new_zeros(())
    for level in range(3):
        planes = functional.avg_pool2d(planes, 2) if level else planes
        total = total + planes.diff(dim=-1).abs().mean() + planes.diff(dim=-2).abs().mean()
    return total
