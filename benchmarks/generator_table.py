"""What was measured of every way to make clips, as a table and as a record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from generator_scores import DEFINITIONS, ClipScores, found_shares, summary
from torch import Tensor

from spatialmem.generators.embedded.measures.realness import PATCH, Realness

TOPICS = ("place", "wall", "light", "weather")
"""Those that the column "recognised" is the mean of."""

_HEAD = ("way", "SSIM ↑", "PSNR ↑", "depth ↓", "colour ↓", "gradients ↓", "crispness", "told apart ↓", "logit gap ↓",
         "recognised ↑", "kept dB", "repaired dB")
_FORMS = {"ssim": ".3f", "psnr": ".1f", "depth": ".3f", "colour": ".2f", "gradients": ".2f", "crispness": "+.2f"}
_CLASSIFIER = {
    "accuracy": f"balanced accuracy of a classifier of {PATCH}x{PATCH} patches, true or made, on worlds that it was "
                "not trained on; 0.5 = they cannot be told apart",
    "gap": "its mean logits of being true, of true patches less those of made ones",
    "fooled": "share of made patches that it takes for true",
    "recognised": "share of clips, made from nothing, in which a network trained on true pictures finds the attribute "
                  "of their world",
}


@dataclass
class Findings:
    """What was measured of one way to make clips, clip by clip.

    Attributes:
        scores: measures.
        pairs: patches (true, made) for the classifier.
        pictures: one frame of each clip, `[H, W, 3]` uint8.
    """

    scores: list[ClipScores] = field(default_factory=list)
    pairs: list[Tensor] = field(default_factory=list)
    pictures: list[Tensor] = field(default_factory=list)


def table(found: Mapping[str, Findings], verdicts: Mapping[str, Realness]) -> str:
    """A Markdown table, one row for each way."""
    rows = [_HEAD, ("---",) * len(_HEAD), *((name, *_cells(each, verdicts.get(name))) for name, each in found.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def figures(found: Mapping[str, Findings], verdicts: Mapping[str, Realness]) -> dict[str, object]:
    """All figures, also clip by clip, with what they mean."""
    ways = {name: {"means": summary(each.scores), "recognised": found_shares(each.scores),
                   "classifier": vars(verdicts[name]) if name in verdicts else None,
                   "clips": [_plain(clip) for clip in each.scores]} for name, each in found.items()}
    return {"definitions": DEFINITIONS | _CLASSIFIER, "ways": ways}


def _cells(each: Findings, verdict: Realness | None) -> list[str]:
    means = {measure: value.get("mean", math.nan) for measure, value in summary(each.scores).items()}
    shares = found_shares(each.scores)
    topics = [shares[topic] for topic in TOPICS if topic in shares]
    return [*(_number(means[name], form) for name, form in _FORMS.items()),
            "–" if verdict is None else f"{100 * verdict.accuracy:.0f} %",
            "–" if verdict is None else f"{verdict.gap:.1f}",
            f"{100 * np.mean(topics):.0f} %" if topics else "–",
            _number(means["kept"], "+.1f"), _number(means["repaired"], "+.1f")]


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "–"


def _plain(clip: ClipScores) -> dict[str, object]:
    """A clip's measures as JSON takes them."""
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in vars(clip).items()}
