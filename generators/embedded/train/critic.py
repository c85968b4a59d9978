"""`Critic`: a small network that tells made frames from true ones, patch by patch, knowing what was asked for."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from spatialmem.generators.embedded.channels import SURFACE, Condition

_SLOPE = 0.2


class Critic(nn.Module):
    """Scores of patches of frames: positive where it takes them for true.

    It sees the layout beside the colours: a picture must look like brick where brick was asked for. One score for
    every 4x4 and every 8x8 pixels; it knows some 15 and 31 pixels around.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.asked = nn.Conv2d(SURFACE, 8, 1)
        self.first = nn.Conv2d(3 + 8, width, 3, padding=1)
        self.to_half = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.to_quarter = nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1)
        self.to_eighth = nn.Conv2d(4 * width, 4 * width, 4, stride=2, padding=1)
        self.norms = nn.ModuleList(nn.GroupNorm(8, channels) for channels in (2 * width, 4 * width, 4 * width))
        self.fine, self.coarse = nn.Conv2d(4 * width, 1, 1), nn.Conv2d(4 * width, 1, 1)

    def forward(self, rgb: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
        """Scores `[N, h, w]` at a quarter and at an eighth of the size, of colour codes `[B, T, H, W, 3]`."""
        asked = self.asked(condition.surfaces.flatten(0, 1).permute(0, 3, 1, 2))
        maps = nnf.leaky_relu(self.first(torch.cat([rgb.flatten(0, 1).permute(0, 3, 1, 2), asked], dim=1)), _SLOPE)
        maps = nnf.leaky_relu(self.norms[0](self.to_half(maps)), _SLOPE)
        quarter = nnf.leaky_relu(self.norms[1](self.to_quarter(maps)), _SLOPE)
        eighth = nnf.leaky_relu(self.norms[2](self.to_eighth(quarter)), _SLOPE)
        return self.fine(quarter)[:, 0], self.coarse(eighth)[:, 0]


def critic_loss(critic: Critic, made: Tensor, true: Tensor, condition: Condition) -> Tensor:
    """Hinge loss of a critic (Lim and Ye 2017) on colour codes `[B, T, H, W, 3]`, where memory shows nothing."""
    weights = _unseen(condition)
    total = made.new_zeros(())
    for fake, real, weight in zip(critic(made, condition), critic(true, condition), weights, strict=True):
        total = total + (nnf.relu(1 + fake) * weight).mean() + (nnf.relu(1 - real) * weight).mean()
    return total


def persuasion_loss(critic: Critic, made: Tensor, condition: Condition) -> Tensor:
    """How little the critic believes in what was made, where memory shows nothing."""
    total = made.new_zeros(())
    for score, weight in zip(critic(made, condition), _unseen(condition), strict=True):
        total = total - (score * weight).mean()
    return total


def _unseen(condition: Condition) -> tuple[Tensor, Tensor]:
    """Shares `[N, h, w]` of the patches that memory does not show, at a quarter and an eighth of the size."""
    planes = 1 - condition.weight.flatten(0, 1)[:, None]
    return nnf.avg_pool2d(planes, 4)[:, 0], nnf.avg_pool2d(planes, 8)[:, 0]
