"""Simpler ways to make a clip, for a model to beat: each takes a situation and what memory recalls, and gives frames.

All of them show memory where it knows the place, by its coverage, and differ in what they make of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames, Recall
from spatialmem.generators.embedded.channels import known_colours
from spatialmem.generators.embedded.fill import push_pull
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.worlds.blockout import LIGHT_TERMS, Blockout

Filler = Callable[[Situation, Recall], Frames]
"""Makes the frames of a situation's target from what memory recalls there."""

UNSEEN = 0.5
"""Memory covers an unseen pixel less than this."""


def unseen(memory: Recall) -> Tensor:
    """Which pixels memory does not know, `[T, H, W]` bool."""
    return torch.as_tensor(memory.view.alpha) < UNSEEN


def smeared(situation: Situation, memory: Recall) -> Frames:
    """Push-pull filling of colour and depth: what needs neither layout nor learning."""
    weight, rgb = known_colours(memory)
    depth = torch.as_tensor(memory.view.depth)
    solid = (depth > 0).float()
    # sky has no depth that could be averaged: whether a pixel is sky is filled by itself
    filled = push_pull(torch.cat([rgb, solid[..., None]], dim=-1), weight)
    away = torch.exp(push_pull(depth.clamp(min=1e-3).log()[..., None], weight * solid)[..., 0])
    return Frames(filled[..., :3].clamp(0, 1), situation.target.cameras,
                  depth=torch.where(filled[..., 3] > 0.5, away, 0.0))


def shaded(situation: Situation, memory: Recall) -> Frames:
    """The layout's palette in the layout's light: coarse solids, each in the mean colour of its material."""
    return composed(lit(situation.guide), situation, memory)


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """Every pixel in the mean colour of its class, over a training corpus.

    Attributes:
        table: `[classes, 3]` float32 sRGB.
    """

    table: Tensor

    @staticmethod
    def of(situations: Iterable[Situation]) -> ClassMeans:
        """The means of true pixels by the layout's class; a class that never comes up is the mean of all.

        Raises:
            InvalidValueError: there are no situations.
        """
        sums, counts = torch.zeros(256, 3, dtype=torch.float64), torch.zeros(256, dtype=torch.float64)
        for situation in situations:
            classes = torch.from_numpy(situation.guide.classes).long().flatten()
            sums.index_add_(0, classes, situation.target.rgb.reshape(-1, 3).double())
            counts += torch.bincount(classes, minlength=256)
        if not float(counts.sum()):
            raise InvalidValueError("ClassMeans: needs at least one situation to take means over")
        means = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), sums.sum(0) / counts.sum())
        return ClassMeans(means.float())

    def __call__(self, situation: Situation, memory: Recall) -> Frames:
        return composed(self.table[torch.from_numpy(situation.guide.classes).long()], situation, memory)


def true(situation: Situation, memory: Recall) -> Frames:
    """The truth where memory knows nothing: the ceiling."""
    depth = torch.as_tensor(situation.target.depth)
    return Frames(composed(situation.target.rgb, situation, memory).rgb, situation.target.cameras, depth=depth)


def composed(rgb: Tensor, situation: Situation, memory: Recall) -> Frames:
    """`rgb` `[T, H, W, 3]` with the layout's depth; memory's colours over it where memory knows."""
    weight, known = known_colours(memory)
    mixed = torch.lerp(rgb, known, weight[..., None]).clamp(0, 1)
    return Frames(mixed, situation.target.cameras, depth=torch.from_numpy(situation.guide.depth))


def lit(guide: Blockout) -> Tensor:
    """sRGB colours `[T, H, W, 3]` of the layout: its palette times its light; the sky as it is.

    The light terms add up as they do in the painted worlds; own light shines in the palette's colour.
    """
    palette = torch.from_numpy(guide.palette)
    lamps, around, sun, openness, _, glow = _light(torch.from_numpy(guide.light)).unbind(-1)
    total = (0.45 + 0.55 * openness) * lamps + openness * around + sun + glow
    bright = torch.from_numpy(guide.depth) == 0
    return torch.where(bright[..., None], palette, toned(untoned(palette) * total[..., None]))


def _light(light: Tensor) -> Tensor:
    """The terms `LIGHT_TERMS` as linear light; openness and shadow are shares already."""
    shares = [LIGHT_TERMS.index(name) for name in ("openness", "shadow")]
    linear = untoned(light)
    linear[..., shares] = light[..., shares]
    return linear


def toned(linear: Tensor) -> Tensor:
    """The curve from light to sRGB of the painted worlds (Hejl and Burgess-Dawson 2010)."""
    return linear * (6.2 * linear + 0.5) / (linear * (6.2 * linear + 1.7) + 0.06)


def untoned(srgb: Tensor) -> Tensor:
    """Its inverse: the positive root of a quadratic equation."""
    y = srgb.clamp(0, 0.995)
    a, b, c = 6.2 * (1 - y), 0.5 - 1.7 * y, -0.06 * y
    return (torch.sqrt(b * b - 4 * a * c) - b) / (2 * a)
