"""`code_of`: the attributes of a world as numbers that a network reads."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor

from spatialmem.generators.worlds.attributes import FLOORS, GROUNDS, KINDS, WALLS, Attributes
from spatialmem.generators.worlds.skies import LightName, WeatherName

_TOPICS: dict[str, tuple[str, ...]] = {
    "place": (*KINDS, "mixed"), "wall": WALLS, "floor": FLOORS, "ground": GROUNDS,
    "light": get_args(LightName), "weather": get_args(WeatherName)}

CODE_NAMES: tuple[str, ...] = tuple(f"{topic} {value}" for topic, values in _TOPICS.items() for value in values)
"""What each number of a code says, such as "wall brick". Weights are trained for this order."""


def code_of(attributes: Attributes) -> Tensor:
    """`[A]` float32: 1 for each attribute that is chosen, one a topic at most; a topic left open (`any`) has none.

    What a world's dice choose counts as chosen: take the attributes of the grown world.
    """
    chosen = {f"{topic} {getattr(attributes, topic)}" for topic in _TOPICS}
    return torch.tensor([float(name in chosen) for name in CODE_NAMES], dtype=torch.float32)
