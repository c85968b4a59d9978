"""A picture of the worst and the best clips, every way to make them below the truth and what memory knew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.export.contact_sheet import contact_sheet

EACH = 5


def best_and_worst(pictures: Mapping[str, Sequence[Tensor]], memories: Sequence[Tensor], scores: Sequence[float],
                   path: Path) -> Path:
    """The written PNG: the clips of lowest and of highest score, one frame each.

    Args:
        pictures: `[H, W, 3]` uint8 of each clip, by the way that made it; "truth" comes first.
        memories: what memory showed of the same frames.
        scores: of the clips; NaN ones are left out.
        path: the file.
    """
    order = sorted((k for k, score in enumerate(scores) if math.isfinite(score)), key=lambda k: scores[k])
    count = min(EACH, len(order) // 2) or len(order)
    chosen = list(dict.fromkeys([*order[:count], *order[-count:]]))
    names = ["truth", *(name for name in pictures if name != "truth")]
    rows = {name: _row(pictures[name], chosen) for name in names if name in pictures}
    first, *others = rows
    return contact_sheet({first: rows[first], "memory": _row(memories, chosen)} | {name: rows[name] for name in others},
                         [f"{'worst' if k in order[:count] else 'best'} {scores[k]:.2f}" for k in chosen], path)


def _row(pictures: Sequence[Tensor], chosen: Sequence[int]) -> Tensor:
    return torch.stack([pictures[k] for k in chosen]).float() / 255
