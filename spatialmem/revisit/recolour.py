"""The affine change of colour that explains one picture's colours by another's, whatever else differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

FREEDOM = 1.0
"""Degrees of freedom of the t-distribution of the residuals (Kerl et al. 2013, section IV-B, have 5): things that
were moved or made up are a larger share of a return frame than of the next frame of a real camera."""
_ROUNDS = 4
_LEAST_SIGMA = 1 / 255
_SHRINK = 1e-4
"""Pull of the change towards none, per pixel: without it a grey picture would leave it undetermined."""


@dataclass(frozen=True, eq=False)
class Recoloured:
    """A fit of `N` colours by others.

    Attributes:
        residual: `[N, 3]` what it leaves.
        weights: `[N]` how far each counts, 0..2: outliers hardly.
        sigma: scale of the residuals that are no outliers.
        change: `[4, 3]` that takes a colour and 1 to the colour wanted.
        given: `[N, 4]` the other colours and 1.
        normal: `[4, 4]` normal matrix of the fit.
    """

    residual: Floats
    weights: Floats
    sigma: float
    change: Doubles
    given: Floats
    normal: Doubles

    @property
    def loss(self) -> float:
        """Mean of -2 log of the t-distribution, less what it is where nothing differs."""
        return (FREEDOM + 1) * float(np.log1p(_squares(self.residual, self.sigma) / FREEDOM).mean())


def recolour(wanted: Floats, others: Floats, *, sigma: float | None = None) -> Recoloured:
    """`wanted` `[N, 3]` by an affine change of `others` `[N, 3]`: least squares, reweighted.

    `sigma` is the scale of the residuals; None = as they are (median absolute deviation).
    """
    given = np.column_stack([others, np.ones(len(others), np.float32)])
    fit = _regress(wanted, given, np.ones(len(given), np.float32), sigma)
    for _ in range(_ROUNDS - 1):
        fit = _regress(wanted, given, fit.weights, sigma)
    return fit


def _regress(wanted: Floats, given: Floats, weights: Floats, sigma: float | None) -> Recoloured:
    """One weighted fit, with the weights that follow from it."""
    pull = _SHRINK * len(given) * np.eye(4)
    weighted = (given * weights[:, None]).T
    normal = (weighted @ given).astype(np.float64) + pull
    # towards no change: each channel by itself, and nothing added
    change = np.linalg.solve(normal, (weighted @ wanted).astype(np.float64) + pull @ np.eye(4, 3))
    residual: Floats = np.subtract(wanted, given @ change.astype(np.float32))
    scale = max(float(1.4826 * np.median(np.abs(residual))), _LEAST_SIGMA) if sigma is None else sigma
    follow = ((FREEDOM + 1) / (FREEDOM + _squares(residual, scale))).astype(np.float32)
    return Recoloured(residual, follow, scale, change.astype(np.float64), given, normal)


def _squares(residual: Floats, sigma: float) -> Floats:
    """Mean over the channels of the squared residuals `[N]`, in units of the scale."""
    squares: Floats = np.einsum("nc,nc->n", residual, residual) / np.float32(3 * sigma**2)
    return squares
