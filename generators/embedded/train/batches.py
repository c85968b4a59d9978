"""Batches of a corpus, made ahead by other threads of work; each is a function of its number alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from spatialmem.camera import Cameras
from spatialmem.generators.embedded.channels import Condition, condition, pictured
from spatialmem.generators.embedded.encoding import codes_of, metres
from spatialmem.generators.embedded.flow import SHIFT
from spatialmem.generators.embedded.noise import anchored_noise
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.train.memory import remembered
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.protocols import empty_recall
from spatialmem.render.cpu.threads import one_worker

NO_LAYOUT = 0.25
"""Share of the examples whose layout is withheld."""

PICTURE = 0.2
"""Share of those that begin with a picture instead of a memory."""


@dataclass(frozen=True, eq=False)
class Example:
    """A clip to be made: `condition`, its true codes `[T, H, W, 4]`, noise of that shape, and a time `[]` 0..1.

    `cameras` are those of the clip, or, of stacked examples, of all.
    """

    condition: Condition
    true: Tensor
    noise: Tensor
    time: Tensor
    cameras: tuple[Cameras, ...]

    def to(self, device: torch.device | str) -> Example:
        """The same on another device; cameras stay where they are."""
        return Example(self.condition.to(device), self.true.to(device), self.noise.to(device), self.time.to(device),
                       self.cameras)

    @staticmethod
    def stack(examples: list[Example]) -> Example:
        """Several, with a leading axis."""
        told = Condition.stack([each.condition for each in examples])
        true, noise, time = (torch.stack(list(part)) for part in zip(
            *((each.true, each.noise, each.time) for each in examples), strict=True))
        return Example(told, true, noise, time, tuple(path for each in examples for path in each.cameras))


def example(situation: Situation, chance: np.random.Generator, *, layout: bool, memory: bool = True,
            picture: bool = False, faults: bool = True) -> Example:
    """One clip with a memory of what `chance` decides.

    Args:
        situation: what is there.
        chance: decides.
        layout: whether the structure is told.
        memory: whether anything is remembered.
        picture: whether the first frame is given, without depth.
        faults: whether memory may be wrong.
    """
    cameras = situation.target.cameras
    recall = remembered(situation, chance, faults=faults) if memory else empty_recall(cameras)
    told = condition(cameras, recall, situation.guide if layout else None, situation.code)
    if picture:
        told = pictured(told, situation.target.rgb[0])
    noise = anchored_noise(metres(told.base[..., 3]), cameras, seed=int(chance.integers(2**62)))
    true = codes_of(situation.target.rgb, torch.as_tensor(situation.target.depth))
    return Example(told, true, noise, torch.tensor(_time(chance), dtype=torch.float32), (cameras,))


def _time(chance: np.random.Generator) -> float:
    """Where on the way from clip to noise: the start in a quarter of the cases, for all depends on it, else spread as
    far as samplers of up to four steps go."""
    even = float(chance.uniform(0.25, 1.0))
    return 1.0 if chance.random() < 0.25 else SHIFT * even / (1 + (SHIFT - 1) * even)


class Batches(Dataset[Example]):
    """Batch k of a run: which situations, which memory, which noise, all from the seed and k."""

    def __init__(self, folder: Path, situations: int, *, batch: int, count: int, seed: int) -> None:
        """`count` batches of `batch` clips from the first `situations` of the corpus at `folder`."""
        self._corpus, self._situations = Corpus(folder), situations
        self._batch, self._count, self._seed = batch, count, seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Example:
        """Batch `number`, stacked."""
        chance = np.random.Generator(np.random.PCG64([self._seed, number]))
        with one_worker():
            return Example.stack([self._example(chance) for _ in range(self._batch)])

    def _example(self, chance: np.random.Generator) -> Example:
        situation = self._corpus.read(int(chance.integers(self._situations)))
        layout = chance.random() >= NO_LAYOUT
        picture = not layout and chance.random() < PICTURE
        return example(situation, chance, layout=bool(layout), memory=not picture, picture=bool(picture))
