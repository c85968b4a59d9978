"""`draw`: situations from a grown world, all chance of which comes from a seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.generators.embedded.code import code_of
from spatialmem.generators.embedded.train.outing import Outing, aside, outing
from spatialmem.generators.embedded.train.prompts import draw_prompt
from spatialmem.generators.embedded.train.recalled import recalled
from spatialmem.generators.embedded.train.seen import seen, unseen_share
from spatialmem.generators.embedded.train.situation import MOST_CONTEXT, Situation
from spatialmem.generators.worlds.blockout import blockout
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.paint import paint
from spatialmem.generators.worlds.vocabulary import attributes_from

PER_WORLD = 8
"""Situations for which a world is grown: growing costs as much as several of them."""

_NOTHING_KNOWN = 0.2
"""Share of situations without context."""

_UNSEEN: tuple[tuple[tuple[float, float], float], ...] = (((0.0, 0.1), 2), ((0.1, 0.6), 6), ((0.6, 1.0), 2))
"""Ranges of the share of unseen pixels that the context is chosen for, with how often each is aimed at."""

_CHANCE_ASIDE, _CHANCE_AFTER = 0.35, 0.3
"""How often the place was also seen from elsewhere, and how often on the way that goes on from the clip."""

_WAYS = 5
"""Walks that are tried for a clip with a given share of unseen pixels."""

_TRIES = 48
"""Sets of earlier views of which the best is taken."""

_ODD = 0.02
"""What a frame more or less than was drawn weighs against the share of unseen pixels."""

_EVERY = 4


class Draw:
    """Situations of one world.

    Args:
        seed: decides on the world and on every situation.
        prompt: the words of the world; None = drawn.

    Attributes:
        prompt: its words.
        territory: the world itself.
    """

    def __init__(self, seed: int, *, prompt: str | None = None) -> None:
        self._dice = Dice(seed, "situations")
        world = self._dice.child("world")
        self.prompt = draw_prompt(world.child("prompt")) if prompt is None else prompt
        self._style_seed = world.integer(0, 2**31 - 1)
        asked = attributes_from(self.prompt, style_seed=self._style_seed).attributes
        self.territory = Grown(world.integer(0, 2**31 - 1), asked)

    def situation(self, number: int, *, size: tuple[int, int] = (96, 128),
                  unseen: tuple[float, float] | None = None, recalls: float = 0.2) -> Situation:
        """Situation `number` of the world, whatever others are asked for.

        Args:
            number: which, from 0.
            size: height and width.
            unseen: the share of the clip's pixels that the context is not to have seen, from and to, as nearly as the
                place allows; None = all shares come up, and in a fifth of the situations nothing was seen.
            recalls: how often, where there is context, a real world is asked what it makes of it.
        """
        dice = self._dice.child("situation", number)
        target, context = self._clip(dice, size, unseen)
        recall = recalled(context, target.cameras) if len(context) and dice.chance(recalls) else None
        return Situation(target, blockout(self.territory, target.cameras, self.territory.sky), context, recall,
                         self.prompt, self.territory.seed, self._style_seed, code_of(self.territory.attributes))

    def _clip(self, dice: Dice, size: tuple[int, int], unseen: tuple[float, float] | None) -> tuple[Frames, Frames]:
        """A clip and its context; where a share was asked for, the first of a few that has it, or else the last."""
        clip = self._walked(dice.child("way", 0), size, unseen)
        for attempt in range(1, _WAYS):
            if unseen is None or unseen[0] <= unseen_share(*clip) <= unseen[1]:
                break
            clip = self._walked(dice.child("way", attempt), size, unseen)
        return clip

    def _walked(self, dice: Dice, size: tuple[int, int], unseen: tuple[float, float] | None) -> tuple[Frames, Frames]:
        """A clip of one walk and its context."""
        way = outing(self.territory, dice.child("outing"), size=size)
        target = self._painted(way.target)
        share = _drawn_share(dice, unseen)
        return target, Frames.empty(*size) if share is None else self._context(target, way, share, dice)

    def _context(self, target: Frames, way: Outing, share: float, dice: Dice) -> Frames:
        """Frames from before, or from after, or from aside, of which `target` has about so large a share unseen."""
        pool = [way.before]
        if dice.chance(_CHANCE_AFTER):
            pool.insert(0, way.after)
        if dice.chance(_CHANCE_ASIDE):
            pool.insert(0, aside(target, self.territory.free_space, dice.child("aside"), count=4))
        frames = self._painted(Cameras.concat(pool))
        chosen = frames[_chosen(seen(_sparse(target), frames).flatten(1), share, dice.child("chosen"))]
        # memory is told colour and depth alone
        return Frames(chosen.rgb, chosen.cameras, depth=chosen.depth)

    def _painted(self, cameras: Cameras) -> Frames:
        picture = paint(self.territory, cameras, self.territory.sky)
        return Frames(torch.from_numpy(picture.rgb), cameras, depth=torch.from_numpy(picture.depth),
                      labels=torch.from_numpy(picture.classes.astype(np.int32)))


def draw(seed: int, *, size: tuple[int, int] = (96, 128), prompt: str | None = None, count: int = PER_WORLD,
         unseen: tuple[float, float] | None = None, recalls: float = 0.2) -> Iterator[Situation]:
    """`count` situations of one grown world, one after the other; see `Draw`."""
    world = Draw(seed, prompt=prompt)
    return (world.situation(number, size=size, unseen=unseen, recalls=recalls) for number in range(count))


def _drawn_share(dice: Dice, unseen: tuple[float, float] | None) -> float | None:
    """The share of unseen pixels to aim at; None = there is no context."""
    if unseen is not None:
        return dice.uniform(*unseen)
    if dice.chance(_NOTHING_KNOWN):
        return None
    ranges, weights = zip(*_UNSEEN, strict=True)
    return dice.uniform(*dice.choice(ranges, weights))


def _chosen(shown: Tensor, share: float, dice: Dice) -> list[int]:
    """Rows of `shown` `[M, P]`, in order, that together leave about `share` of the pixels unseen: the best of a few."""
    best, least = [len(shown) - 1], float("inf")
    most = min(MOST_CONTEXT, len(shown))
    wanted = dice.integer(1, most)
    for _ in range(_TRIES):
        rows = sorted(dice.shuffled(range(len(shown)))[:dice.integer(1, most)])
        off = abs(1.0 - float(shown[rows].any(0).float().mean()) - share) + _ODD * abs(len(rows) - wanted)
        if off < least:
            best, least = rows, off
    return best


def _sparse(frames: Frames) -> Frames:
    """Every few pixels of some frames, as frames of their own: enough to count by."""
    cameras = frames.cameras
    first = _EVERY // 2
    rgb, depth = frames.rgb[:, first::_EVERY, first::_EVERY], frames.depth
    height, width = rgb.shape[1:3]
    K = cameras.K.clone()
    K[:, :2, :2] /= _EVERY
    K[:, :2, 2] = (K[:, :2, 2] - first - 0.5) / _EVERY + 0.5
    return Frames(rgb, Cameras(K, cameras.T_world_cam, height, width),
                  depth=None if depth is None else depth[:, first::_EVERY, first::_EVERY])

