"""The command that trains: painter, network, and its few steps, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from torch import Tensor, nn
from torch.utils.data import Dataset
from tqdm import tqdm

from spatialmem.errors import InvalidValueError
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.embedded.model import Model, channels_last
from spatialmem.generators.embedded.train.batches import Batches, Example
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.train.critic import Critic, critic_loss
from spatialmem.generators.embedded.train.finishing import self_forced
from spatialmem.generators.embedded.train.losses import finished_loss, flow_loss
from spatialmem.generators.embedded.train.painting import Views, painting_loss
from spatialmem.generators.embedded.train.stage import B, Stage, Training
from spatialmem.generators.embedded.train.watch import Watch
from spatialmem.generators.embedded.weights import load_weights, save_weights

SELF_FORCED = 3
"""In the last stage every so many-th batch goes on from what the model made itself."""


@dataclass(frozen=True)
class Train:
    """Train the embedded generator: its painter, its network, and the few steps that it samples with.

    Corpora are made before (`python -m spatialmem.generators.embedded.train.corpus`). Stopped or killed, the same
    command goes on. OUT gets, for each stage, a checkpoint, a log, curves and contact sheets; and weights.safetensors.

    Examples:
        python -m spatialmem.generators.embedded.train corpus/train corpus/heldout --out runs/first
        python -m spatialmem.generators.embedded.train corpus/train corpus/heldout --out runs/more \
            --start runs/first/weights.safetensors --steps 100000
    """

    corpus: tyro.conf.Positional[Path]
    """Situations to learn from."""
    heldout: tyro.conf.Positional[Path]
    """Situations to judge by."""
    out: Path
    """Folder of the run."""
    painter_steps: int = 2000
    """Steps of the painter; none with --start."""
    steps: int = 20000
    """Steps of flow matching."""
    finish_steps: int = 10000
    """Steps that train the sampler's own few steps, in part from memories that it made itself."""
    batch: int = 4
    """Clips a step."""
    rate: float = 4e-4
    """Learning rate of flow matching; a quarter of it in the last stage."""
    believed: float = 0.05
    """How much the word of the critic counts in the last stage."""
    seed: int = 0
    """Of weights, order and chance."""
    start: Path | None = None
    """Weights to go on from, painter and all."""
    workers: int = 1
    """Programs that make examples ahead."""
    bf16: bool = False
    """Work in bfloat16: fast with AMX and on GPUs, slow elsewhere."""
    device: str = "cpu"
    """cpu or cuda."""
    judge_every: int = 500
    """Steps between two looks at held-out situations."""

    def run(self) -> None:
        """Do it."""
        if self.device != "cpu" and not torch.cuda.is_available():
            raise InvalidValueError(f"--device {self.device}: this machine has no CUDA device; use cpu")
        count = len(Corpus(self.corpus))
        if count == 0 or len(Corpus(self.heldout)) == 0:
            raise InvalidValueError(f"{self.corpus} and {self.heldout} must hold situations; fill them by python -m "
                                    "spatialmem.generators.embedded.train.corpus")
        torch.manual_seed(self.seed)
        model = Model(len(CODE_NAMES)) if self.start is None else load_weights(self.start)[0].requires_grad_(True)
        channels_last(model.to(self.device))
        self.out.mkdir(parents=True, exist_ok=True)
        if self.start is None:
            self._paint(model, count)
        model.painter.requires_grad_(False)
        self._match(model, count)
        self._finish(model, count)

    def _paint(self, model: Model, count: int) -> None:
        stage = Stage(steps=self.painter_steps, batch=4, rate=4e-3, seed=self.seed + 1, workers=self.workers)
        training = Training(self.out, "painter", stage, model.painter)
        views = Views(self.corpus, count, batch=stage.batch, count=stage.steps, seed=stage.seed)
        for loss in _shown(training, views, lambda batch: painting_loss(
                model.painter, batch[0].to(self.device), batch[1].to(self.device))):
            if training.step % 100 == 0:
                training.note({"loss": loss})
        model.painter.load_state_dict(training.averaged)

    def _match(self, model: Model, count: int) -> None:
        stage = self._stage(self.steps, self.rate, seed=self.seed + 2)
        training = Training(self.out, "flow", stage, _learning(model))
        self._work(training, model, count, lambda batch: flow_loss(model, batch.to(self.device)))

    def _finish(self, model: Model, count: int) -> None:
        stage = self._stage(self.finish_steps, self.rate / 4, seed=self.seed + 3)
        training = Training(self.out, "finish", stage, _learning(model))
        critic = Critic().to(self.device)
        judging = Training(self.out, "critic", stage, critic)

        made: list[tuple[Tensor, Example]] = []

        def loss(batch: Example) -> Tensor:
            batch = batch.to(self.device)
            if training.step % SELF_FORCED == 0:
                batch = self_forced(model, batch)
            total, rgb = finished_loss(model, critic, batch, believed=self.believed)
            made.append((rgb.detach(), batch))
            return total

        def judge() -> None:  # only now: the step before needs the critic as it was
            rgb, batch = made.pop()
            judging.learn(lambda: critic_loss(critic, rgb, batch.true[..., :3], batch.condition))

        self._work(training, model, count, loss, after=judge)

    def _stage(self, steps: int, rate: float, *, seed: int) -> Stage:
        return Stage(steps=steps, batch=self.batch, rate=rate, seed=seed, workers=self.workers, bf16=self.bf16,
                     device=self.device)

    def _work(self, training: Training, model: Model, count: int, loss: Callable[[Example], Tensor], *,
              after: Callable[[], None] | None = None) -> None:
        """Train a stage of the network, and look at what stands now and then; ends with the averaged weights."""
        if training.done:
            training.settle()
            return
        stage = training.stage
        batches = Batches(self.corpus, count, batch=stage.batch, count=stage.steps, seed=stage.seed)
        watch = Watch(self.heldout, self.out / training.name)
        since: list[float] = []
        for value in _shown(training, batches, loss):
            since.append(value)
            if after is not None:
                after()
            if training.step % self.judge_every == 0 or training.done:
                with training.as_averaged():
                    training.note({"loss": sum(since) / len(since), **watch.look(model, training.step)})
                    save_weights(self.out / "weights.safetensors", model,
                                 {"stage": training.name, "steps": training.step, "seed": self.seed})
                watch.plot(training.log)
                since.clear()
        training.settle()


def _learning(model: Model) -> nn.ModuleDict:
    """What learns after the painter."""
    return nn.ModuleDict({"kinds": model.kinds, "network": model.network})


def _shown(training: Training, batches: Dataset[B], loss: Callable[[B], Tensor]) -> Iterator[float]:
    """The losses of a stage's steps, with a bar."""
    with tqdm(total=training.stage.steps, initial=training.step, unit="step", desc=training.name,
              mininterval=2) as shown:
        for value in training.work(batches, loss):
            shown.update()
            shown.set_postfix(loss=f"{value:.4f}", refresh=False)
            yield value


def main() -> None:
    """Parse the command line and train."""
    tyro.cli(Train, prog="python -m spatialmem.generators.embedded.train").run()
