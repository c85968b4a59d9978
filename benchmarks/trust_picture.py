"""A picture of what the trust mask tells of a view: memory's render, the truth, the error, and the trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from trust_measure import Clip

from spatialmem.export.colours import TRUST_COLOURS, TRUST_NAMES, trust_image
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN

LARGER = 2
WRONG, RIGHT = (235, 235, 235), (28, 30, 36)


def picture(clips: Mapping[str, Mapping[str, Sequence[Clip]]], path: Path, *, world: str) -> Path:
    """Views of one world, along the path and beside it, in which most is wrong without all being so."""
    rows: dict[str, list[Tensor]] = {"memory": [], "truth": [], "wrong": [], "trust": []}
    captions = []
    for where, asked in clips[world].items():
        for clip, frame in _telling(asked):
            view = clip.heard.view
            wrong = clip.wrong()[1][frame, ..., None]
            levels = clip.heard.recall().trust[frame]
            rows["memory"].append(view.rgb[frame])
            rows["truth"].append(clip.truth.rgb[frame])
            rows["wrong"].append(torch.where(wrong, torch.tensor(WRONG), torch.tensor(RIGHT)) / 255)
            rows["trust"].append(torch.from_numpy(trust_image(levels)).float() / 255)
            captions.append(f"{where} the path: {float((levels == TRUSTED).float().mean()):.0%} trusted")
    images = {name: torch.stack([_larger(image) for image in row]) for name, row in rows.items()}
    legend = [(TRUST_COLOURS[level], TRUST_NAMES[level]) for level in (TRUSTED, REVISE, UNKNOWN)]
    return contact_sheet(images, captions, path, legend=legend)


def _telling(clips: Sequence[Clip], share: float = 0.35) -> list[tuple[Clip, int]]:
    """Of some clips the two frames whose share of wrong pixels is nearest to what shows both."""
    every = [(clip, i, float(wrong)) for clip in clips for i, wrong in
             enumerate(clip.wrong()[1].float().mean(dim=(1, 2)))]
    best = sorted(range(len(every)), key=lambda k: abs(every[k][2] - share))
    first = every[best[0]]
    other = next((every[k] for k in best[1:] if every[k][0] is not first[0]), every[best[-1]])
    return [first[:2], other[:2]]


def _larger(image: Tensor) -> Tensor:
    return image.repeat_interleave(LARGER, dim=0).repeat_interleave(LARGER, dim=1)
