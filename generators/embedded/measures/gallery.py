"""`gallery`: true pictures of many worlds, with what they are: what a recogniser learns from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from spatialmem.generators.embedded.code import code_of
from spatialmem.generators.embedded.train.draw import Draw
from spatialmem.generators.embedded.train.outing import outing
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.paint import paint

VIEWS = 4
"""Pictures of each world, from two walks."""


def gallery(worlds: int, *, seed: int, size: tuple[int, int] = (96, 128)) -> Iterator[tuple[Tensor, Tensor]]:
    """`VIEWS` pictures `[VIEWS, H, W, 3]` uint8 and the code `[A]` of each world, one world after the other.

    Worlds are drawn as those of a corpus are; many of them teach more than many pictures of a few. Size is
    (height, width).
    """
    for number in range(worlds):
        dice = Dice(seed, "gallery", number)
        territory = Draw(dice.integer(0, 2**31 - 1)).territory
        walks = [outing(territory, dice.child("walk", walk), size=size).target[[0, -1]] for walk in range(VIEWS // 2)]
        rgb = np.concatenate([paint(territory, cameras, territory.sky).rgb for cameras in walks])
        yield torch.from_numpy((rgb * 255).round().astype(np.uint8)), code_of(territory.attributes)
