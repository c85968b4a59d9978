"""What a run looks like on the way: figures on situations that it never learns from, a contact sheet, curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.generators.embedded.encoding import colours, metres
from spatialmem.generators.embedded.flow import times
from spatialmem.generators.embedded.model import Model
from spatialmem.generators.embedded.train.batches import Example, example
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.metrics.similarity import ssim

_KINDS = (("both", True, True), ("layout", False, True), ("memory", True, False))
"""What is looked at: name, whether there is memory, whether there is a layout."""


class Watch:
    """Looks at held-out situations: with memory and layout, with the layout alone, with memory alone."""

    def __init__(self, heldout: Path, folder: Path, *, count: int = 8, steps: Sequence[int] = (1, 2, 4)) -> None:
        """Looks at `count` of the situations at `heldout`, sampled in so many `steps`; pictures go to `folder`."""
        corpus = Corpus(heldout)
        # spread out, for those side by side are of one world
        numbers = sorted({k * len(corpus) // count for k in range(count)})
        self._folder, self._steps = folder, steps
        self._looks: list[tuple[str, list[Example]]] = []
        for number, (name, memory, layout) in enumerate(_KINDS):
            chance = np.random.Generator(np.random.PCG64([0, number]))
            self._looks.append((name, [Example.stack([example(corpus.read(k), chance, layout=layout, memory=memory,
                                                              faults=False)]) for k in numbers]))

    @torch.no_grad()
    def look(self, model: Model, step: int) -> dict[str, float]:
        """Figures of the pixels that memory does not show; and a contact sheet."""
        figures: dict[str, float] = {}
        rows: dict[str, Tensor] = {}
        device = next(model.parameters()).device
        for name, examples in self._looks:
            for number, batch in enumerate(examples):
                there = batch.to(device)
                prepared = model.prepare(there.condition)
                base, made = prepared.base.cpu(), {steps: prepared.codes(last).cpu() for steps in self._steps
                                                   for *_, last in [model.steps(prepared, there.noise, times(steps))]}
                for label, codes in (("base", base), *((f"{steps} steps", made[steps]) for steps in made)):
                    for kind, value in _judged(codes, batch).items():
                        key = f"{name} {label} {kind}"
                        figures[key] = figures.get(key, 0.0) + value / len(examples)
                rows[f"{name} {number}"] = torch.stack([
                    colours(codes[0, t, ..., :3]) for t in (0, -1) for codes in
                    (batch.condition.base, base, made[self._steps[1]], batch.true)])
        self._folder.mkdir(parents=True, exist_ok=True)
        contact_sheet(rows, 2 * ["told", "painted", f"{self._steps[1]} steps", "truth"],
                      self._folder / f"{step:07d}.png")
        return figures

    def plot(self, log: Path) -> None:
        """The curves of a stage's log."""
        curves(log, self._folder / "curves.png")


def _judged(codes: Tensor, batch: Example) -> dict[str, float]:
    """Figures of codes `[1, T, H, W, 4]`."""
    unseen = batch.condition.weight < 0.5
    rgb, true = colours(codes[..., :3]), colours(batch.true[..., :3])
    error = (rgb - true).square().mean(-1)[unseen].mean()
    return {"psnr": float(-10 * torch.log10(error)), "ssim": float(ssim(rgb[0], true[0]).mean()),
            "sharpness": float(_slopes(rgb, unseen) / _slopes(true, unseen)),
            "depth": _depth_error(codes[..., 3], batch.true[..., 3], unseen)}


def _slopes(rgb: Tensor, where: Tensor) -> Tensor:
    """Mean difference of neighbours in a row."""
    return rgb.diff(dim=-2).abs().mean(-1)[where[..., 1:]].mean()


def _depth_error(codes: Tensor, true: Tensor, unseen: Tensor) -> float:
    """Mean relative error of depth where there is one."""
    depth, wanted = metres(codes), metres(true)
    where = unseen & (wanted > 0) & (depth > 0)
    return float(((depth - wanted).abs() / wanted.clamp(min=1e-3))[where].mean())


def curves(log: Path, file: Path) -> None:
    """A PNG with every figure of a stage's log over its steps."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    names = sorted({name for line in lines for name in line} - {"step"})
    kinds = sorted({name.split()[-1] for name in names})
    with matplotlib.rc_context({"axes.grid": True, "grid.alpha": 0.3}):
        figure = Figure(figsize=(4 * len(kinds), 3.2), layout="constrained")
        for place, kind in zip(figure.subplots(1, len(kinds), squeeze=False)[0], kinds, strict=True):
            for name in (name for name in names if name.split()[-1] == kind):
                there = [line for line in lines if name in line]
                place.plot([line["step"] for line in there], [line[name] for line in there], label=name)
            place.set_title(kind)
            place.set_xlabel("step")
            place.legend(fontsize=6)
        figure.savefig(file, dpi=110)
