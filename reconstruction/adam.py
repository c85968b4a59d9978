"""Adam (Kingma & Ba 2015) whose step each row, a Gaussian, scales by a factor of its own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-15


class RowAdam:
    """Adam on tensors that share their first axis, with one step factor a row.

    torch.optim.Adam has no such factor, and scaling gradients does not replace it: Adam divides
    their size out again.

    Args:
        parameters: name -> `[N, ...]` float32, updated in place.
        rates: name -> step size.
        row_rates: `[N]` factor on every step of a row.
        floor: gradients far below this share of a parameter's typical (root mean square, at the first
            step) move it less than Adam would. Adam alone gives a Gaussian that barely shines through
            a wall the same step as one in plain view, and it wanders off.
    """

    def __init__(self, parameters: Mapping[str, Tensor], rates: Mapping[str, float], row_rates: Tensor, *,
                 floor: float = 0.0) -> None:
        self._parameters = dict(parameters)
        self._rates = dict(rates)
        self._row_rates = row_rates
        self._first = {name: torch.zeros_like(p) for name, p in self._parameters.items()}
        self._second = {name: torch.zeros_like(p) for name, p in self._parameters.items()}
        self._floor = floor
        self._epsilon: dict[str, float] = {}
        self._steps = 0

    def step(self, share: float = 1.0) -> None:
        """Apply the parameters' `.grad` once, at `share` of their rates."""
        self._steps += 1
        correct1, correct2 = 1 / (1 - BETA1**self._steps), 1 / (1 - BETA2**self._steps)
        for name, parameter in self._parameters.items():
            if parameter.grad is None:
                continue
            if name not in self._epsilon:
                self._epsilon[name] = EPSILON + self._floor * typical(parameter.grad)
            state = (self._first[name], self._second[name])
            update = _update_cpu if parameter.device.type == "cpu" else _update
            with torch.no_grad():
                update(parameter, parameter.grad, state, self._row_rates,
                       (share * self._rates[name], correct1, correct2, self._epsilon[name]))


def typical(gradient: Tensor) -> float:
    """Root mean square of the entries that are not 0; 0 if there are none."""
    touched = gradient[gradient != 0]
    return float(touched.square().mean().sqrt()) if touched.numel() else 0.0


def _update(parameter: Tensor, gradient: Tensor, state: tuple[Tensor, Tensor], row_rates: Tensor,
            scalars: tuple[float, float, float, float]) -> None:
    rate, correct1, correct2, epsilon = scalars
    first, second = state
    first.lerp_(gradient, 1 - BETA1)
    second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    step = (first * correct1) / ((second * correct2).sqrt() + epsilon)
    parameter -= rate * row_rates.reshape(-1, *[1] * (parameter.ndim - 1)) * step


def _update_cpu(parameter: Tensor, gradient: Tensor, state: tuple[Tensor, Tensor], row_rates: Tensor,
                scalars: tuple[float, float, float, float]) -> None:
    from spatialmem.reconstruction import adam_cpu

    adam_cpu.update(parameter, gradient, state, row_rates, scalars)
