"""Direct image alignment: the rigid motion under which a surface's colours are found again in another picture.

Steinbrücker et al. 2011 and Kerl et al. 2013 (RGB-D odometry by photo-consistency), with the colours free:
the other picture may have any affine change of colour, which is eliminated in every step (variable projection,
Golub and Pereyra 1973). So a picture in other colours is aligned by its edges, never moved to fit the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.revisit.recolour import Recoloured, recolour

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LEAST_SHARE = 0.5
"""Share of the points that must lie inside the other picture: a motion is not to win by leaving the worst out."""
_STEPS = 10
_STILL = 1e-4
_DAMPING, _MOST_DAMPING = 1e-3, 1e3
_REACH = (0.5, 0.5, 0.5, 0.3, 0.3, 0.3)
"""Standard deviations that are expected of a motion beforehand: shares of the scene's depth, and radians."""
_INDEPENDENT = 1 / 64
"""Neighbouring pixels err alike: each counts as so much of an independent observation."""


@dataclass(frozen=True, eq=False)
class Level:
    """One resolution of a pair.

    Attributes:
        points: `[N, 3]` of the first picture's surface, in its camera, metres.
        colors: `[N, 3]` the colours that it has there.
        again: `[H, W, 9]` the other picture: colours, then their slopes along x, then along y, per pixel.
        K: `[3, 3]` of the other picture at this resolution.
        pixels: that each point stands for.
    """

    points: Floats
    colors: Floats
    again: Floats
    K: Doubles
    pixels: float = 1.0

    @property
    def observations(self) -> float:
        """How many independent ones the points amount to."""
        return len(self.points) * self.pixels * _INDEPENDENT


def solve(levels: Sequence[Level], T_again_first: Doubles, depth: float) -> Doubles:
    """`T_again_first` `[4, 4]` under which the first picture's points find their colours again.

    Levenberg-Marquardt on the mean robust error, from coarse to fine.

    Args:
        levels: coarse to fine.
        T_again_first: where to begin, and where to stay in directions that the pictures leave open.
        depth: of the scene, metres: the yardstick of an expected motion.
    """
    T = T_again_first
    precision = 1 / (np.array(_REACH) * ([depth] * 3 + [1] * 3)) ** 2
    # twice where it is finest: the scale of an outlier is known once there is a fit
    for level in (*levels, levels[-1]):
        T = _descend(level, T, _Prior(T_again_first, precision))
    return T


def evidence(level: Level, T_from: Doubles, T_to: Doubles) -> float:
    """Logarithm of how much likelier the pictures are under `T_to` than under `T_from`; negative if less."""
    here, there = _Sight(level, T_from), _Sight(level, T_to)
    if min(here.share, there.share) <= LEAST_SHARE:
        return -np.inf
    fit = there.fit()
    return (here.fit(fit.sigma).loss - fit.loss) / 2 * level.observations


def explained(level: Level, T_again_first: Doubles) -> float:
    """Share of the first picture's variance, outliers left out, that the other one explains at this motion."""
    sight = _Sight(level, T_again_first)
    if sight.share <= LEAST_SHARE:
        return 0.0
    fit = sight.fit()
    weights = fit.weights[:, None]
    spread = sight.colors - (weights * sight.colors).sum(0) / weights.sum()
    left, whole = (float((weights * values**2).sum()) for values in (fit.residual, spread))
    return 1 - left / max(whole, 1e-12)


@dataclass(frozen=True, eq=False)
class _Prior:
    """Where a motion is expected: around `T`, with `precision` `[6]` of its shift and turn."""

    T: Doubles
    precision: Doubles

    def away(self, T: Doubles) -> Doubles:
        return twist(T @ np.linalg.inv(self.T))


@dataclass(frozen=True, eq=False)
class _State:
    """The error under a motion, and the quadratic that it is nearby: normal matrix `[6, 6]` and gradient `[6]`."""

    cost: float
    normal: Doubles
    gradient: Doubles


def _descend(level: Level, T: Doubles, prior: _Prior) -> Doubles:
    """The motion nearby of least error; the scale of the residuals is kept, so that errors compare."""
    sight = _Sight(level, T)
    if sight.share <= LEAST_SHARE:
        return T
    sigma = sight.fit().sigma
    state = _state(sight, T, prior, sigma)
    damping = _DAMPING
    for _ in range(_STEPS):
        step = np.linalg.solve(state.normal + damping * np.diag(state.normal.diagonal()), -state.gradient)
        candidate = motion(step.astype(np.float64)) @ T
        sight = _Sight(level, candidate)
        tried = _state(sight, candidate, prior, sigma) if sight.share > LEAST_SHARE else None
        if tried is not None and tried.cost < state.cost:
            settled = state.cost - tried.cost < _STILL * state.cost
            T, state, damping = candidate, tried, damping / 10
            if settled:
                break
        else:
            damping *= 10
            if damping > _MOST_DAMPING:
                break
    return T


class _Sight:
    """The first picture's points as the other one shows them under a motion; only those inside it."""

    def __init__(self, level: Level, T_again_first: Doubles) -> None:
        local = level.points @ T_again_first[:3, :3].T.astype(np.float32) + T_again_first[:3, 3].astype(np.float32)
        x, y, z = local.T
        fx, fy, cx, cy = level.K[[0, 1, 0, 1], [0, 1, 2, 2]].astype(np.float32)
        safe = np.maximum(z, 1e-3)
        u, v = fx * x / safe + cx - 0.5, fy * y / safe + cy - 0.5
        height, width = level.again.shape[:2]
        inside = (z > 1e-3) & (u >= 0) & (v >= 0) & (u < width - 1) & (v < height - 1)
        self.share = float(inside.mean())
        self.observations = level.observations * self.share
        self.local, self.colors = local[inside], level.colors[inside]
        self.again = bilinear(level.again, u[inside], v[inside])
        self.focal = fx, fy

    def fit(self, sigma: float | None = None) -> Recoloured:
        """The first colours by those of the other picture."""
        return recolour(self.colors, self.again[:, :3], sigma=sigma)

    def slopes(self, change: Doubles) -> Floats:
        """Derivative `[N, 3, 6]` of the recoloured other picture by a motion (shift, turn) of its camera's frame."""
        x, y, z = self.local.T
        fx, fy = self.focal
        over = 1 / z
        a, b, zero = x * over, y * over, np.zeros_like(z)
        du = np.stack([fx * over, zero, -fx * a * over, -fx * a * b, fx * (1 + a * a), -fx * b], 1)
        dv = np.stack([zero, fy * over, -fy * b * over, -fy * (1 + b * b), fy * a * b, fy * a], 1)
        mix = change[:3].astype(np.float32)
        along_x, along_y = self.again[:, 3:6] @ mix, self.again[:, 6:] @ mix
        both = along_x[:, :, None] * du[:, None] + along_y[:, :, None] * dv[:, None]
        slopes: Floats = both.astype(np.float32, copy=False)
        return slopes


def _state(sight: _Sight, T: Doubles, prior: _Prior, sigma: float) -> _State:
    fit = sight.fit(sigma)
    count = len(fit.residual)
    J = -sight.slopes(fit.change)
    weighted = (J * fit.weights[:, None, None]).reshape(-1, 6)
    normal = (weighted.T @ J.reshape(-1, 6)).astype(np.float64)
    # what a change of colour could do as well is no evidence of motion (Kaufman's approximation)
    cross = (fit.given.T @ weighted.reshape(count, -1)).astype(np.float64).reshape(4, 3, 6)
    solved = np.linalg.solve(fit.normal, cross.reshape(4, -1)).reshape(4, 3, 6)
    normal -= np.einsum("aci,acj->ij", cross, solved)
    gradient = (weighted.T @ fit.residual.reshape(-1)).astype(np.float64)
    scale, away = sight.observations / count / (3 * sigma**2), prior.away(T)
    cost = fit.loss + float((prior.precision * away**2).sum()) / sight.observations
    return _State(cost, scale * normal + np.diag(prior.precision), scale * gradient + prior.precision * away)


def motion(step: Doubles) -> Doubles:
    """Rigid motion `[4, 4]` that turns by `step[3:]` (radians about its axis), then shifts by `step[:3]`."""
    T, turn = np.eye(4), step[3:]
    angle = float(np.linalg.norm(turn))
    cross = np.array([[0, -turn[2], turn[1]], [turn[2], 0, -turn[0]], [-turn[1], turn[0], 0]])
    # Rodrigues; the limits stand in where the angle is tiny
    sine, cosine = (np.sin(angle) / angle, (1 - np.cos(angle)) / angle**2) if angle > 1e-6 else (1.0, 0.5)
    T[:3, :3] += sine * cross + cosine * cross @ cross
    T[:3, 3] = step[:3]
    return T


def twist(T: Doubles) -> Doubles:
    """The shift and turn `[6]` whose `motion` is `T`, for less than half a turn."""
    R = T[:3, :3]
    skew = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]]) / 2
    sine = float(np.linalg.norm(skew))
    angle = np.arctan2(sine, (np.trace(R) - 1) / 2)
    return np.concatenate([T[:3, 3], skew * (angle / sine if sine > 1e-9 else 1.0)])


def bilinear(image: Floats, x: Floats, y: Floats) -> Floats:
    """`[N, C]` values of `image` `[H, W, C]` at `[N]` columns and rows, counted from pixel centres, inside it."""
    height, width = image.shape[:2]
    left, top = np.minimum(x.astype(np.int64), width - 2), np.minimum(y.astype(np.int64), height - 2)
    right = np.subtract(x, left, dtype=np.float32)[:, None]
    down = np.subtract(y, top, dtype=np.float32)[:, None]
    flat, at = image.reshape(height * width, -1), top * width + left
    upper = flat[at] + right * (flat[at + 1] - flat[at])
    lower = flat[at + width] + right * (flat[at + width + 1] - flat[at + width])
    values: Floats = (upper + down * (lower - upper)).astype(np.float32, copy=False)
    return values
