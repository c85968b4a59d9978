"""`Spot`: where a piece of furniture stands; `Volume`: the space that it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spatialmem.generators.worlds.blocks import Side
from spatialmem.generators.worlds.furniture.piece import cos_sin

Corner = tuple[float, float, float]


@dataclass(frozen=True)
class Volume:
    """An upright box that is taken or kept free."""

    low: Corner
    high: Corner

    def meets(self, other: Volume) -> bool:
        """Whether the two share more than a border."""
        (a0, a1, a2), (b0, b1, b2) = self.low, self.high
        (c0, c1, c2), (d0, d1, d2) = other.low, other.high
        tiny = 1e-6
        return (a0 < d0 - tiny and c0 < b0 - tiny and a1 < d1 - tiny and c1 < b1 - tiny
                and a2 < d2 - tiny and c2 < b2 - tiny)

    def meets_any(self, others: Iterable[Volume]) -> bool:
        """Whether it shares more than a border with one of several."""
        return any(self.meets(other) for other in others)


@dataclass(frozen=True)
class Spot:
    """Where a piece stands: its origin and turn, and the side at its back."""

    x: float
    y: float
    yaw: float
    side: Side | None

    def before(self, right: float, out: float, turn: float = 0.0) -> Spot:
        """A spot `right` and `out` metres from this one as it sees it, turned by `turn` radians more."""
        cos, sin = cos_sin(self.yaw)
        return Spot(self.x + cos * right - sin * out, self.y + sin * right + cos * out, self.yaw + turn, None)

    def around(self, low: Corner, high: Corner) -> Volume:
        """The upright box around a box of the piece that stands here."""
        cos, sin = cos_sin(self.yaw)
        x, y = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
        half_x, half_y = (high[0] - low[0]) / 2, (high[1] - low[1]) / 2
        cx, cy = self.x + cos * x - sin * y, self.y + sin * x + cos * y
        rx, ry = abs(cos) * half_x + abs(sin) * half_y, abs(sin) * half_x + abs(cos) * half_y
        return Volume((cx - rx, cy - ry, low[2]), (cx + rx, cy + ry, high[2]))
