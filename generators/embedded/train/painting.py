"""The first stage: the painter learns to colour the pixels of layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from spatialmem.generators.embedded.channels import Condition, condition
from spatialmem.generators.embedded.encoding import codes_of
from spatialmem.generators.embedded.painter import Painter
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.protocols import empty_recall

SAME = 0.05
"""The truth shows the layout's surface where depths differ by less than this, in codes; elsewhere fine solids stand
before it, of which the layout does not know."""


VIEWS = 2
"""Views that are taken of a situation."""

APART = 2
"""Of their pixels every so many-th is taken each way: neighbours have little to tell that the one does not."""


class Views(Dataset[tuple[Condition, Tensor]]):
    """Batch k: a few views of some situations each, with their true codes; all from the seed and k."""

    def __init__(self, folder: Path, situations: int, *, batch: int, count: int, seed: int) -> None:
        """`count` batches of `batch` situations among the first `situations` of the corpus at `folder`."""
        self._corpus, self._situations = Corpus(folder), situations
        self._batch, self._count, self._seed = batch, count, seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> tuple[Condition, Tensor]:
        """Condition of `[batch, VIEWS, h, w]` pixels and their true codes `[batch, VIEWS, h, w, 4]`."""
        chance = np.random.Generator(np.random.PCG64([self._seed, number]))
        views = [_views(self._corpus.read(int(chance.integers(self._situations))), chance) for _ in range(self._batch)]
        return Condition.stack([told for told, _ in views]), torch.stack([true for _, true in views])


def _views(situation: Situation, chance: np.random.Generator) -> tuple[Condition, Tensor]:
    some = np.sort(chance.permutation(len(situation.target))[:VIEWS]).tolist()
    target = situation.target[some]
    told = condition(target.cameras, empty_recall(target.cameras), situation.guide.frames(some), situation.code)
    rows, columns = (slice(int(chance.integers(APART)), None, APART) for _ in range(2))
    return told.pixels(rows, columns), codes_of(target.rgb, torch.as_tensor(target.depth))[:, rows, columns]


def painting_loss(painter: Painter, told: Condition, true: Tensor) -> Tensor:
    """How far the painter's colours are from the truth's, where it shows the layout's surfaces."""
    same = ((true[..., 3] - told.base[..., 3]).abs() < SAME).float()[..., None]
    error = (painter(told).float() - true[..., :3]) * same
    loss: Tensor = error.square().mean() + 0.2 * error.abs().mean()
    return loss
