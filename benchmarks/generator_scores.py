"""What the benchmark of generators measures of one clip, and how clips become a row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from torch import Tensor

from spatialmem.frames import Frames, Recall
from spatialmem.generators.embedded.channels import known_colours
from spatialmem.generators.embedded.measures.baselines import unseen
from spatialmem.generators.embedded.measures.histograms import (
    COLOUR_DEFINITION,
    GRADIENT_DEFINITION,
    colour_distance,
    colour_histogram,
    crispness,
    gradient_distance,
    gradient_histogram,
)
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.metrics import SSIM_DEFINITION, psnr, ssim

DEFINITIONS = {
    "ssim": f"SSIM of unseen pixels; {SSIM_DEFINITION}",
    "psnr": "PSNR of unseen pixels, dB",
    "depth": "mean of |depth - truth| / truth over unseen pixels that are not sky; no depth counts as 1",
    "colour": f"of unseen pixels: {COLOUR_DEFINITION}",
    "gradients": f"of unseen pixels: {GRADIENT_DEFINITION}",
    "crispness": "mean octaves by which gradients of unseen pixels are longer than the truth's; below 0 is too smooth",
    "kept": "PSNR of pixels that memory knows less that of memory itself, dB; memory without faults",
    "repaired": "the same; memory with faults (exposure, blur, noise, depth, poses, bleed-through)",
}
RESAMPLES = 1000


@dataclass(frozen=True)
class ClipScores:
    """Measures of one clip made in one way, as `DEFINITIONS` says; NaN where there is nothing to measure."""

    ssim: float
    psnr: float
    depth: float
    colour: float
    gradients: float
    crispness: float
    kept: float
    repaired: float
    found: Mapping[str, bool] = field(default_factory=dict)


MEASURES = tuple(each.name for each in fields(ClipScores) if each.name != "found")


def clip_scores(situation: Situation, made: Frames, memory: Recall, repaired: float,
                found: Mapping[str, bool]) -> ClipScores:
    """The measures of `made` from `memory`; the last two are measured elsewhere."""
    truth, hidden = situation.target, unseen(memory)
    colours = [colour_histogram(rgb, hidden) for rgb in (made.rgb, truth.rgb)]
    gradients = [gradient_histogram(rgb, hidden) for rgb in (made.rgb, truth.rgb)]
    return ClipScores(
        ssim=_mean(ssim(made.rgb, truth.rgb, hidden)), psnr=_mean(psnr(made.rgb, truth.rgb, hidden)),
        depth=depth_error(made, truth, hidden), colour=colour_distance(*colours),
        gradients=gradient_distance(*gradients), crispness=crispness(*gradients),
        kept=gain(situation, made, memory), repaired=repaired, found=found)


def depth_error(made: Frames, truth: Frames, where: Tensor) -> float:
    """AbsRel over chosen pixels that have a true depth; NaN without any."""
    true = torch.as_tensor(truth.depth)
    chosen = where & (true > 0)
    given = torch.zeros_like(true) if made.depth is None else made.depth
    return float(((given - true).abs() / true)[chosen].mean()) if bool(chosen.any()) else math.nan


def gain(situation: Situation, made: Frames, memory: Recall) -> float:
    """PSNR where memory knows, less that of memory's own picture; NaN where it knows nothing."""
    known = ~unseen(memory)
    if not bool(known.any()):
        return math.nan
    truth = situation.target.rgb[known]
    errors = [float((rgb[known] - truth).double().square().mean()) for rgb in (made.rgb, known_colours(memory)[1])]
    return 10 * math.log10(max(errors[1], 1e-10) / max(errors[0], 1e-10))


def summary(clips: Sequence[ClipScores]) -> dict[str, dict[str, float]]:
    """Mean of each measure over clips that have it, its 95 % interval by bootstrap over clips, and their number."""
    return {name: _summed(np.array([getattr(clip, name) for clip in clips])) for name in MEASURES}


def found_shares(clips: Sequence[ClipScores]) -> dict[str, float]:
    """Share of the clips in which each topic was recognised, of those whose world names it."""
    topics = dict.fromkeys(topic for clip in clips for topic in clip.found)
    return {topic: float(np.mean([clip.found[topic] for clip in clips if topic in clip.found])) for topic in topics}


def _summed(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    usable = values[np.isfinite(values)]
    if not len(usable):
        return {"count": 0.0}
    drawn = np.random.default_rng(0).integers(len(usable), size=(RESAMPLES, len(usable)))
    low, high = np.percentile(usable[drawn].mean(axis=1), [2.5, 97.5])
    return {"mean": float(usable.mean()), "low": float(low), "high": float(high), "count": float(len(usable))}


def _mean(values: Tensor) -> float:
    return float(values[~values.isnan()].mean())
