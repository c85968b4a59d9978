"""What memory answers along a path, the truth there, and how much of either is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.frames import TRUSTED, Frames
from spatialmem.generators.scene.generator import Scene
from spatialmem.memory.recall import Heard, listen
from spatialmem.memory.trust import trust_levels
from spatialmem.memory.trustrule import TrustRule
from spatialmem.world import World

DEPTH_OFF, COLOUR_OFF = 0.05, 0.1


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip as the loop would ask for it: what memory shows and what keyframes say of that, and the truth."""

    heard: Heard
    truth: Frames

    def wrong(self) -> tuple[Tensor, Tensor]:
        """`[T, H, W]` bool: pixels that memory shows, and which of them are wrong."""
        view, truth = self.heard.view, self.truth
        depth, true = torch.as_tensor(view.depth), torch.as_tensor(truth.depth)
        off = (true > 0) & ((depth - true).abs() > DEPTH_OFF * true)
        off |= (view.rgb - truth.rgb).abs().mean(dim=-1) > COLOUR_OFF
        return depth > 0, off & (depth > 0)

    def trusted(self, rule: TrustRule) -> Tensor:
        """`[T, H, W]` bool."""
        return trust_levels(self.heard.view, self.heard.witnesses, self.heard.keyframes, rule=rule) == TRUSTED


@dataclass(frozen=True)
class Shares:
    """Counts of pixels."""

    all_wrong: int = 0
    all_right: int = 0
    trusted_wrong: int = 0
    trusted_right: int = 0

    def __add__(self, other: Shares) -> Shares:
        return Shares(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def wrong(self) -> float:
        """Share of memory's pixels that are wrong."""
        return self.all_wrong / max(self.all_wrong + self.all_right, 1)

    @property
    def wrong_trusted(self) -> float:
        """Share of the wrong pixels that are trusted."""
        return self.trusted_wrong / max(self.all_wrong, 1)

    @property
    def right_trusted(self) -> float:
        """Share of the right pixels that are trusted."""
        return self.trusted_right / max(self.all_right, 1)

    def record(self) -> dict[str, float]:
        """For a JSON file."""
        return {"wrong": self.wrong, "wrong_trusted": self.wrong_trusted, "right_trusted": self.right_trusted}


def clip_of(world: World, scene: Scene, cameras: Cameras) -> Clip:
    """What memory answers at the cameras of a clip, and what is there."""
    return Clip(listen(world.bank, cameras), scene.truth(cameras))


def shares(clips: Sequence[Clip], rule: TrustRule) -> Shares:
    """What a rule trusts of some clips."""
    total = Shares()
    for clip in clips:
        (shown, wrong), trusted = clip.wrong(), clip.trusted(rule)
        right = shown & ~wrong
        total += Shares(*(int(mask.sum()) for mask in (wrong, right, wrong & trusted, right & trusted)))
    return total
