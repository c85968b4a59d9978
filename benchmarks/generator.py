"""How near generated clips come to the truth where memory knows nothing: ways to make them against measures of them.

Baselines: push-pull filling (smeared), mean colours of classes (class means), the layout's palette in its light
(shaded), blocks copied from memory (copied); the truth is the ceiling. Clips are held-out situations of a corpus; each
is made from a memory of its context.

    python -m spatialmem.generators.embedded.train.corpus heldout --count 240 --seed 900001
    python benchmarks/generator.py --corpus heldout --json heldout.json --sheet heldout.png
    python benchmarks/generator.py --corpus heldout --learn corpus --weights weights.safetensors --sampling 4
    python benchmarks/generator.py --corpus heldout --learn corpus --model "mine=my_package.my_module:fill"

With `--weights` the painter and the model are measured; another model is any callable
`fill(situation, memory) -> Frames`. With `--learn`, class means are taken from another corpus, the one that models are
trained on. With `--recogniser`, attributes (place, wall, light, weather) are looked for in clips made from nothing.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from generator_scores import clip_scores, gain
from generator_sheet import best_and_worst
from generator_table import Findings, figures, table
from torch import Tensor
from tqdm import tqdm

from spatialmem.frames import Recall
from spatialmem.generators.embedded.measures.baselines import ClassMeans, Filler, shaded, smeared, true, unseen
from spatialmem.generators.embedded.measures.gallery import gallery
from spatialmem.generators.embedded.measures.realness import Realness, patch_pairs, realness
from spatialmem.generators.embedded.measures.recogniser import Recogniser, recognised
from spatialmem.generators.embedded.measures.sampled import Painted, Sampled
from spatialmem.generators.embedded.measures.texture import copied
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.train.memory import remembered
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.embedded.weights import load_weights
from spatialmem.protocols import empty_recall

PATCHES = 24
"""For each clip."""
SHIPPED = "shipped"
GALLERY = 7_000_000
"""Seed of the worlds that a recogniser learns from, away from those of corpora."""


@dataclass(frozen=True)
class Clip:
    """A situation with what may be remembered of it: rightly, and with faults.

    Attributes:
        number: of the clip, from 0.
        frame: the one that is shown in pictures: of which the least is known.
    """

    situation: Situation
    memory: Recall
    faulty: Recall
    number: int

    @property
    def frame(self) -> int:
        return int(unseen(self.memory).flatten(1).sum(dim=1).argmax())


def main() -> None:
    """Measure, then print the table and leave what was asked for."""
    asked = _arguments()
    learned = Corpus(asked.learn) if asked.learn else None
    recogniser = _recogniser(asked)
    ways: dict[str, Filler] = {"smeared": smeared, "shaded": shaded, "copied": copied}
    if learned:
        ways["class means"] = ClassMeans.of(_some(learned, asked.means))
    ways |= _models(asked) | asked.model
    ways["truth"] = true
    found = {name: Findings() for name in ways}
    clips = []
    for clip in _clips(asked):
        clips.append((clip.situation.seed, _bytes(clip.memory.view.rgb[clip.frame])))
        for name, filler in ways.items():
            _measure(found[name], filler, clip, recogniser)
    if not clips:
        sys.exit(f"{asked.corpus}: no clip has {asked.unseen[0]:g} to {asked.unseen[1]:g} of its pixels unseen")
    worlds, memories = [list(column) for column in zip(*clips, strict=True)]
    verdicts = _verdicts(found, worlds, asked)
    shares = " to ".join(f"{100 * share:.0f}" for share in asked.unseen)
    print(f"{len(worlds)} clips of {len(set(worlds))} worlds, {shares} % of their pixels unseen\n\n"
          f"{table(found, verdicts)}")
    if asked.json:
        record = {"clips": len(worlds), "worlds": len(set(worlds)), "unseen": asked.unseen, "seed": asked.seed}
        asked.json.write_text(json.dumps(record | figures(found, verdicts), indent=1), "utf-8")
    if asked.sheet:
        shown = next(reversed(asked.model), "model" if asked.weights else "shaded")
        best_and_worst({name: each.pictures for name, each in found.items()}, memories,
                       [clip.ssim for clip in found[shown].scores], asked.sheet)


def _models(asked: argparse.Namespace) -> dict[str, Filler]:
    """The painter, and the model: by itself, keeping what memory trusts, and without the layout."""
    if asked.weights is None:
        return {}
    model, _ = load_weights(None if asked.weights == SHIPPED else Path(asked.weights))
    return {"painter": Painted(model.painter), "model": Sampled(model, asked.sampling),
            "model, honouring": Sampled(model, asked.sampling, honour=True),
            "model, no layout": Sampled(model, asked.sampling, layout=False)}


def _clips(asked: argparse.Namespace) -> Iterator[Clip]:
    """Situations of which a right memory leaves as much unseen as was asked for."""
    corpus, count = Corpus(asked.corpus), 0
    for number in tqdm(range(len(corpus)), "clips", disable=None):
        situation = corpus.read(number)
        right, faulty = (remembered(situation, np.random.default_rng([asked.seed, number]), empty=0, faults=faults)
                         for faults in (False, True))
        if asked.unseen[0] <= float(unseen(right).float().mean()) <= asked.unseen[1]:
            yield Clip(situation, right, faulty, count)
            count += 1
            if count == asked.most:
                return


@torch.no_grad()
def _measure(into: Findings, filler: Filler, clip: Clip, recogniser: Recogniser | None) -> None:
    """Make a clip in one way, from a right memory, a faulty one and none, and keep what comes out."""
    situation, memory = clip.situation, clip.memory
    made = filler(situation, memory)
    found = {}
    if recogniser is not None:
        alone = filler(situation, empty_recall(situation.target.cameras)).rgb
        found = recognised(recogniser.read(_bytes(alone)), situation.code)
    repaired = gain(situation, filler(situation, clip.faulty), clip.faulty)
    into.scores.append(clip_scores(situation, made, memory, repaired, found))
    into.pairs.append(patch_pairs(made.rgb, situation.target.rgb, unseen(memory), count=PATCHES, seed=clip.number))
    into.pictures.append(_bytes(made.rgb[clip.frame]))


def _verdicts(found: dict[str, Findings], worlds: list[int], asked: argparse.Namespace) -> dict[str, Realness]:
    """A classifier for each way, trained on every other world and asked about the rest."""
    order = {world: number for number, world in enumerate(dict.fromkeys(worlds))}
    if len(order) < 2 or not asked.steps:
        return {}
    verdicts = {}
    for name, each in tqdm(found.items(), "classifiers", disable=None):
        placed = list(zip(each.pairs, worlds, strict=True))
        halves = [torch.cat([pairs for pairs, world in placed if order[world] % 2 == half]) for half in (0, 1)]
        if all(len(half) for half in halves):
            verdicts[name] = realness(*halves, seed=asked.seed, steps=asked.steps)
    return verdicts


def _recogniser(asked: argparse.Namespace) -> Recogniser | None:
    """Read if it was trained before; else trained on pictures of many worlds, and kept."""
    if asked.recogniser is None or asked.recogniser.exists():
        return asked.recogniser and Recogniser.load(asked.recogniser)
    shown = list(tqdm(gallery(asked.worlds, seed=GALLERY + asked.seed), "worlds", asked.worlds, disable=None))
    pictures = torch.cat([rgb for rgb, _ in shown])
    codes = torch.cat([code.expand(len(rgb), -1) for rgb, code in shown])
    print(f"training a recogniser on {len(pictures)} pictures …", file=sys.stderr, flush=True)
    made = Recogniser.trained(pictures, codes, seed=asked.seed, steps=asked.recogniser_steps)
    made.save(asked.recogniser)
    return made


def _some(corpus: Corpus, most: int) -> Iterator[Situation]:
    """About `most` situations, spread over the corpus."""
    return (corpus.read(number) for number in range(0, len(corpus), max(1, len(corpus) // most)))


def _bytes(rgb: Tensor) -> Tensor:
    return (rgb.clamp(0, 1) * 255).round().to(torch.uint8)


def _model(text: str) -> tuple[str, Filler]:
    name, _, place = text.partition("=")
    module, _, attribute = place.partition(":")
    if not (name and module and attribute):
        raise argparse.ArgumentTypeError(f"expected NAME=package.module:callable, got {text!r}")
    return name, getattr(importlib.import_module(module), attribute)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="FOLDER", help="held-out situations")
    parser.add_argument("--learn", type=Path, metavar="FOLDER", help="situations that models were trained on")
    parser.add_argument("--weights", nargs="?", const=SHIPPED, metavar="FILE",
                        help="measure painter and model with these weights; without a name: the shipped ones")
    parser.add_argument("--sampling", type=int, default=4, metavar="N", help="steps of the model's sampler")
    parser.add_argument("--model", type=_model, action="append", default=[], metavar="NAME=MODULE:CALLABLE")
    parser.add_argument("--unseen", type=float, nargs=2, default=(0.2, 0.6), metavar=("LOW", "HIGH"),
                        help="shares of unseen pixels of the clips that count; default 0.2 0.6")
    parser.add_argument("--most", type=int, default=0, metavar="N", help="clips at most; default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=600, metavar="N", help="training of the classifiers; 0 = none")
    parser.add_argument("--recogniser", type=Path, metavar="FILE", help="finds attributes in clips; trained (half "
                        "an hour) and kept if it is not there")
    parser.add_argument("--recogniser-steps", type=int, default=2000, metavar="N")
    parser.add_argument("--worlds", type=int, default=1500, metavar="N", help="that a new recogniser learns from")
    parser.add_argument("--means", type=int, default=200, metavar="N", help="situations that class means are taken of")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, with intervals, and clip by clip")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="the worst and best clips of the last model")
    asked = parser.parse_args()
    asked.model = dict(asked.model)
    return asked


if __name__ == "__main__":
    main()
