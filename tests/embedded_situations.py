"""Small situations of real worlds, with and without a memory of them."""

from functools import cache

import torch

from spatialmem.frames import TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.generators.embedded.train.draw import draw
from spatialmem.generators.embedded.train.situation import Situation

SIZE = (48, 64)


@cache
def small(seed: int = 5, prompt: str = "cosy home, day") -> Situation:
    """Eight frames of a home, of which nothing was recalled."""
    return next(iter(draw(seed, size=SIZE, prompt=prompt, count=1, unseen=(0.3, 0.6), recalls=0)))


def half_known(situation: Situation, share: float = 0.5, *, darker: float = 1.0) -> Recall:
    """A memory that has the left part of the truth, `darker` times as bright."""
    target = situation.target
    known = torch.zeros(target.rgb.shape[:3], dtype=torch.bool)
    known[..., : int(share * target.cameras.width)] = True
    depth = torch.as_tensor(target.depth)
    view = Frames(torch.where(known[..., None], darker * target.rgb, 0.0), target.cameras,
                  depth=torch.where(known, depth, 0.0), alpha=known.float())
    trust = torch.where(known, TRUSTED, UNKNOWN).to(torch.uint8)
    return Recall(view, trust, Frames.empty(*SIZE))
