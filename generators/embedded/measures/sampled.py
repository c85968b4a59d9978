"""`Painted` and `Sampled`: the painter alone, and the whole model, as ways to make a clip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from spatialmem.frames import Frames, Recall
from spatialmem.generators.embedded.channels import Condition, condition
from spatialmem.generators.embedded.encoding import colours, metres
from spatialmem.generators.embedded.flow import times
from spatialmem.generators.embedded.measures.baselines import composed
from spatialmem.generators.embedded.model import Model
from spatialmem.generators.embedded.noise import anchored_noise
from spatialmem.generators.embedded.painter import Painter
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.honour import honoured


@dataclass(frozen=True, eq=False)
class Painted:
    """The painter's colours with the layout's depth, and memory over them: what the network is to improve on."""

    painter: Painter

    def __call__(self, situation: Situation, memory: Recall) -> Frames:
        told = condition(situation.target.cameras, memory, situation.guide, situation.code)
        return composed(colours(self.painter.painted(Condition.stack([told]))[0]), situation, memory)


@dataclass(frozen=True, eq=False)
class Sampled:
    """What the model makes.

    Attributes:
        model: painter and network.
        steps: of the sampler.
        layout: whether it is shown the blockout.
        honour: whether what memory trusts is put back afterwards, as it is where worlds are explored.
        seed: of the noise.
    """

    model: Model
    steps: int = 4
    layout: bool = True
    honour: bool = False
    seed: int = 0

    @torch.no_grad()
    def __call__(self, situation: Situation, memory: Recall) -> Frames:
        cameras = situation.target.cameras
        told = condition(cameras, memory, situation.guide if self.layout else None, situation.code)
        noise = anchored_noise(metres(told.base[..., 3]), cameras, seed=self.seed)
        codes = self.model.made(Condition.stack([told]), noise[None], times(self.steps))[0]
        made = Frames(colours(codes[..., :3]), cameras, depth=metres(codes[..., 3]))
        return replace(made, rgb=honoured(made, memory, sky=True)) if self.honour else made
