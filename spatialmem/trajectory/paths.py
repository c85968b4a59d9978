"""The named camera paths, as ground plans of a given number of frames.

All begin at the start and keep its height and tilt. Neighbouring frames lie equally far apart. The
closed ones (`orbit`, `turn`, `loop`, `out-and-back`) end in exactly the view they began with.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.errors import TrajectoryError
from spatialmem.trajectory.planar import PlanarPath


@dataclass(frozen=True)
class PathOptions:
    """How large the named paths are.

    Attributes:
        step: metres between neighbouring frames of `forward`, `out-and-back`, `loop`, `lawnmower`.
        radius: of `orbit`, metres; the point it circles lies so far straight ahead.
        sweep: degrees that `orbit` and `turn` go round, left positive; 360 returns to the start.
        lane, spacing: length of a lane of `lawnmower` and distance to the next, metres, rounded to
            whole steps.
        rate: frames a second of the walks (`walks.walk`), whose speed is that of people.

    Raises:
        TrajectoryError: a length or the rate is not positive, or a value is not finite.
    """

    step: float = 0.05
    radius: float = 1.5
    sweep: float = 360.0
    lane: float = 2.0
    spacing: float = 0.5
    rate: float = 10.0

    def __post_init__(self) -> None:
        for name in ("step", "radius", "lane", "spacing"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise TrajectoryError(f"{name} must be a positive number of metres, got {value}")
        if not 0 < self.rate < math.inf:
            raise TrajectoryError(f"rate must be a positive number of frames a second, got {self.rate}")
        if not math.isfinite(self.sweep):
            raise TrajectoryError(f"sweep must be a finite number of degrees, got {self.sweep}")


def forward(frames: int, options: PathOptions) -> PlanarPath:
    """Straight ahead, `step` metres a frame."""
    ahead = options.step * torch.arange(frames, dtype=torch.float64)
    return PlanarPath(ahead, torch.zeros_like(ahead), torch.zeros_like(ahead))


def out_and_back(frames: int, options: PathOptions) -> PlanarPath:
    """Straight ahead, then backwards through the very same poses, without turning round.

    Frame i equals frame `frames - 1 - i`; with an even count the farthest pose is held for two.
    """
    count = torch.arange(frames, dtype=torch.float64)
    ahead = options.step * torch.minimum(count, count.flip(0))
    return PlanarPath(ahead, torch.zeros_like(ahead), torch.zeros_like(ahead))


def turn(frames: int, options: PathOptions) -> PlanarPath:
    """On the spot, `sweep` degrees to the left in all."""
    angle = _sweep(frames, options.sweep)
    return PlanarPath(torch.zeros_like(angle), torch.zeros_like(angle), angle)


def orbit(frames: int, options: PathOptions) -> PlanarPath:
    """Around the point `radius` metres ahead, facing it, `sweep` degrees in all."""
    angle = _sweep(frames, options.sweep)
    ahead = options.radius * (1 - torch.cos(angle))
    return PlanarPath(ahead, -options.radius * torch.sin(angle), angle)


def loop(frames: int, options: PathOptions) -> PlanarPath:
    """A walk round a circle to the left, facing along it, back to the start after `frames` frames.

    Its circumference is what `frames - 1` steps cover; at half time it is farthest away and looks
    the opposite way. Fewer than three frames stay at the start.
    """
    angle = _sweep(frames, 360.0)
    # the chord between neighbours, 2 r sin(half their angle), is one step
    radius = options.step / (2 * math.sin(math.pi / (frames - 1))) if frames > 2 else 0.0
    return PlanarPath(radius * torch.sin(angle), radius * (1 - torch.cos(angle)), angle)


def lawnmower(frames: int, options: PathOptions) -> PlanarPath:
    """Lanes ahead and back beside each other, moving right, always facing the start's way."""
    along = max(1, round(options.lane / options.step))
    across = max(1, round(options.spacing / options.step))
    count = torch.arange(frames)
    lanes, rest = count // (along + across), count % (along + across)
    up_the_lane = rest.clamp(max=along)
    ahead = torch.where(lanes % 2 == 0, up_the_lane, along - up_the_lane)
    right = lanes * across + (rest - along).clamp(min=0)
    return PlanarPath(options.step * ahead.to(torch.float64), -options.step * right.to(torch.float64),
                      torch.zeros(frames, dtype=torch.float64))


PATHS: dict[str, Callable[[int, PathOptions], PlanarPath]] = {
    "forward": forward,
    "orbit": orbit,
    "turn": turn,
    "out-and-back": out_and_back,
    "loop": loop,
    "lawnmower": lawnmower,
}


def _sweep(frames: int, degrees: float) -> Tensor:
    """`[frames]` radians from 0 to the whole sweep; whole turns end in exactly 0."""
    share = torch.arange(frames, dtype=torch.float64) / max(frames - 1, 1)
    turned = share * degrees
    if degrees % 360 == 0:
        turned = torch.where(share == 1, 0.0, turned)
    return torch.deg2rad(turned)
