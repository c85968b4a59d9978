"""`Surfaces`: a world that answers rays, so that paths can be put where there is room for them."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Surfaces(Protocol):
    """What stands in a world (+Z up, metres)."""

    def distance(self, eye: NDArray[np.float64], way: NDArray[np.float64]) -> float:
        """Metres from `eye` `[3]` to the first surface along the unit vector `way` `[3]`; infinite = none."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A generator that knows where its world's surfaces are before it makes frames of them."""

    @property
    def surfaces(self) -> Surfaces: ...
