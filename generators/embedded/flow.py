"""Flow matching: the straight way from noise to a clip, and the steps along it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError

SHIFT = 2.0
"""How far the steps are moved to where the noise is strong: with few of them the large shapes need most."""


def times(steps: int, shift: float = SHIFT) -> tuple[float, ...]:
    """Times of the steps, from 1 (noise) down to the last one, and 0: `steps` + 1 numbers.

    Even steps u are moved to shift u / (1 + (shift - 1) u) (Esser et al. 2024, eq. 23), as diffusers'
    `FlowMatchEulerDiscreteScheduler` does.

    Raises:
        InvalidValueError: no step, or a shift that is not positive.
    """
    if steps < 1 or not shift > 0:
        raise InvalidValueError(f"flow: at least one step and a positive shift are needed, got {steps} and {shift}")
    even = (1 - k / steps for k in range(steps))
    return (*(shift * u / (1 + (shift - 1) * u) for u in even), 0.0)


def mixed(clean: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """(1 - t) clean + t noise, where `time` `[B]` belongs to the first axis (Lipman et al. 2023)."""
    t = time.reshape(-1, *(1,) * (clean.ndim - 1))
    return clean + t * (noise - clean)


def sampled(predict: Callable[[Tensor, float], Tensor], noise: Tensor, at: Sequence[float]) -> Iterator[Tensor]:
    """The state after each Euler step along the times `at`; the last one is the clip.

    Args:
        predict: the clean clip that it believes in, of a state and its time.
        noise: the state at time 1.
        at: falling times that begin with 1, as `times` gives them.
    """
    state = noise
    for now, then in pairwise(at):
        # the velocity of the straight way is (state - clean) / t, and what is left of it is `then` / `now`
        state = torch.lerp(predict(state, now), state, then / now)
        yield state
