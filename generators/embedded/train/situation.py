"""`Situation`: one example for the embedded generator: what is to be made, and all that is known before."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.frames import Frames, Recall
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.worlds.blockout import Blockout

MOST_CONTEXT = 6
"""Frames seen earlier, at most."""


@dataclass(frozen=True, eq=False)
class Situation:
    """A clip of a painted world, its structure, and what was seen of it earlier.

    Attributes:
        target: `T` truth frames with depth (0 = sky) and labels: what is to be made.
        guide: the blockout at the target's cameras.
        context: 0..6 truth frames with depth that were seen earlier, in time order.
        recall: what a world recalls at the target's cameras after the context was fused, as Gaussians; None
            where it was not made.
        prompt: the words of the painted world.
        seed, style_seed: which of the worlds of these words.
        code: `[A]` float32, its attributes as `code.code_of` gives them.

    Raises:
        ShapeError: the parts are not of one size and number, or lack depth or labels.
    """

    target: Frames
    guide: Blockout
    context: Frames
    recall: Recall | None
    prompt: str
    seed: int
    style_seed: int
    code: Tensor

    def __post_init__(self) -> None:
        shape = tuple(self.target.rgb.shape[:3])
        if self.target.depth is None or self.target.labels is None or self.context.depth is None:
            raise ShapeError("Situation: its target needs depth and labels, its context depth")
        if self.guide.depth.shape != shape:
            raise ShapeError(f"Situation.guide: expected {list(shape)} as its target, "
                             f"got {list(self.guide.depth.shape)}")
        if len(self.context) > MOST_CONTEXT or self.context.rgb.shape[1:3] != shape[1:]:
            raise ShapeError(f"Situation.context: expected at most {MOST_CONTEXT} frames of {list(shape[1:])}, "
                             f"got {list(self.context.rgb.shape[:3])}")
        if self.recall is not None and tuple(self.recall.trust.shape) != shape:
            raise ShapeError(f"Situation.recall: expected {list(shape)} as its target, "
                             f"got {list(self.recall.trust.shape)}")
        if self.code.shape != (len(CODE_NAMES),) or self.code.dtype != torch.float32:
            raise ShapeError(f"Situation.code: expected [{len(CODE_NAMES)}] float32, "
                             f"got {list(self.code.shape)} {self.code.dtype}")
