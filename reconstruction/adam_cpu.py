"""One Adam step as a single Numba pass over the rows; `adam.py` has the same in torch."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import prange
from torch import Tensor

from spatialmem.reconstruction.adam import BETA1, BETA2
from spatialmem.render.cpu.jit import parallel_kernel
from spatialmem.render.cpu.threads import parallel_region

Array = npt.NDArray[np.float32]

_B1, _B2, _ONE = np.float32(BETA1), np.float32(BETA2), np.float32(1)


def update(parameter: Tensor, gradient: Tensor, state: tuple[Tensor, Tensor], row_rates: Tensor,
           scalars: tuple[float, float, float, float]) -> None:
    """Update `parameter` `[N, ...]` and both moments in place."""

    def flat(tensor: Tensor) -> Array:
        array: Array = tensor.detach().reshape(parameter.shape[0], -1).numpy()
        return array

    rate, correct1, correct2, epsilon = (np.float32(s) for s in scalars)
    with parallel_region:
        _update(flat(parameter), flat(gradient), flat(state[0]), flat(state[1]), row_rates.numpy(),
                (rate, correct1, correct2, epsilon))


@parallel_kernel
def _update(parameter: Array, gradient: Array, first: Array, second: Array, row_rates: Array,
            scalars: tuple[np.float32, np.float32, np.float32, np.float32]) -> None:
    rate, correct1, correct2, epsilon = scalars
    for i in prange(parameter.shape[0]):
        step = rate * row_rates[i]
        for j in range(parameter.shape[1]):
            g = gradient[i, j]
            m = _B1 * first[i, j] + (_ONE - _B1) * g
            v = _B2 * second[i, j] + (_ONE - _B2) * g * g
            first[i, j], second[i, j] = m, v
            parameter[i, j] -= step * (m * correct1) / (math.sqrt(v * correct2) + epsilon)
