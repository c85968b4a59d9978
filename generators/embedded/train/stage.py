"""`Training`: one stage of a run, which goes on where it was stopped."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from spatialmem.generators.embedded.train.checkpoint import load_checkpoint, save_checkpoint

SAVE_EVERY = 200

B = TypeVar("B")


@dataclass(frozen=True)
class Stage:
    """One stage of a run.

    Attributes:
        steps: of the optimiser.
        batch: examples a step.
        rate: learning rate after the first steps; it falls to a tenth along half a cosine.
        seed: decides on the order of examples and on their chance.
        workers: programs that make examples ahead.
        bf16: whether the network works in bfloat16 (fast with AMX and on GPUs, slow elsewhere).
        device: where it works.
    """

    steps: int
    batch: int
    rate: float
    seed: int = 0
    workers: int = 1
    bf16: bool = False
    device: str = "cpu"

    def rate_at(self, step: int) -> float:
        """The learning rate of a step."""
        falling = 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        return self.rate * falling * min(1.0, (step + 1) / 100)


class Training:
    """A stage at work: `for step in training.work(): …` goes on where its checkpoint stands.

    Attributes:
        name, stage: which.
        log: its figures, a line of JSON each.
        averaged: running means of the weights that are trained.
        step: how many steps are done.
    """

    def __init__(self, folder: Path, name: str, stage: Stage, trained: nn.Module) -> None:
        """The stage called `name` of the run in `folder`, which trains the weights of `trained`."""
        self.name, self.stage, self._trained = name, stage, trained
        self.log, self._file = folder / f"{name}.jsonl", folder / f"{name}.safetensors"
        self._optimiser = torch.optim.AdamW(trained.parameters(), lr=stage.rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.averaged = {key: value.detach().clone() for key, value in trained.state_dict().items()}
        self.step = 0
        if self._file.exists():
            record = load_checkpoint(self._file, trained, self.averaged, self._optimiser)
            self.averaged = {key: value.to(stage.device) for key, value in self.averaged.items()}
            self.step = int(record["step"])  # type: ignore[arg-type]

    @property
    def done(self) -> bool:
        """Whether all its steps are done."""
        return self.step >= self.stage.steps

    def work(self, batches: Dataset[B], loss: Callable[[B], Tensor]) -> Iterator[float]:
        """The loss of each step, once it is taken; saved every `SAVE_EVERY` steps and at the end."""
        loader: DataLoader[B] = DataLoader(batches, batch_size=None, sampler=range(self.step, self.stage.steps),
                            num_workers=self.stage.workers, prefetch_factor=4 if self.stage.workers else None,
                            multiprocessing_context="spawn" if self.stage.workers else None, worker_init_fn=_alone)
        for batch in loader:
            yield self.learn(lambda batch=batch: loss(batch))  # type: ignore[misc]

    def learn(self, loss: Callable[[], Tensor]) -> float:
        """Take one step down a loss, and return it; saved every `SAVE_EVERY` steps and at the end."""
        value = self._stepped(loss)
        self.step += 1
        if self.step % SAVE_EVERY == 0 or self.done:
            self.save()
        return value

    def note(self, figures: dict[str, float]) -> None:
        """Add a line to the stage's log."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"step": self.step, **figures}) + "\n")

    @contextmanager
    def as_averaged(self) -> Iterator[None]:
        """The weights are their running means within."""
        own = {name: value.clone() for name, value in self._trained.state_dict().items()}
        self._trained.load_state_dict(self.averaged)
        try:
            yield
        finally:
            self._trained.load_state_dict(own)

    def settle(self) -> None:
        """Leave the running means as the weights."""
        self._trained.load_state_dict(self.averaged)

    def save(self) -> None:
        """Replace the checkpoint."""
        save_checkpoint(self._file, self._trained, self.averaged, self._optimiser,
                        {"step": self.step, "stage": asdict(self.stage)})

    def _stepped(self, loss: Callable[[], Tensor]) -> float:
        for group in self._optimiser.param_groups:
            group["lr"] = self.stage.rate_at(self.step)
        with _precision(self.stage):
            value = loss()
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward([value])
        nn.utils.clip_grad_norm_(self._trained.parameters(), 1.0)
        self._optimiser.step()
        # the mean forgets the first steps fast and reaches over a thousand later
        share = min(0.999, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for key, now in self._trained.state_dict().items():
                self.averaged[key].lerp_(now, 1 - share)
        return float(value.detach())


def _precision(stage: Stage) -> AbstractContextManager[object]:
    return torch.autocast(torch.device(stage.device).type, torch.bfloat16) if stage.bf16 else nullcontext()


def _alone(_: int) -> None:
    torch.set_num_threads(1)
