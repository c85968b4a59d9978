"""Can a small network tell what was made from what is true? A classifier two-sample test on patches.

Trained on patches of one half of the clips, asked about those of the other (Lopez-Paz and Oquab 2017, "Revisiting
classifier two-sample tests"). A patch and its true twin differ only in the pixels that memory did not know: outside
of them both show the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.generators.embedded.measures.convnet import convnet, fit, outputs

PATCH = 32
"""Pixels a side."""

_WIDTHS = (24, 48, 96)
_PAIRS = 48
"""A batch: as many true patches, and as many made ones."""
_TRIES = 8


@dataclass(frozen=True)
class Realness:
    """What a classifier said of patches that it was not trained on.

    Attributes:
        accuracy: balanced: 0.5 where made patches cannot be told from true ones, 1 where every one can.
        gap: mean logit (of being true) of true patches less that of made ones; 0 where nothing tells them apart.
        fooled: share of made patches that were taken for true.
    """

    accuracy: float
    gap: float
    fooled: float


def patch_pairs(made: Tensor, truth: Tensor, unseen: Tensor, *, count: int, seed: int,
                least: float = 0.25) -> Tensor:
    """Up to `count` pairs (true, made) `[N, 2, 32, 32, 3]` uint8 around unseen pixels of a clip.

    The places depend on the mask and the seed alone, so all ways to make a clip are judged at the same ones.

    Args:
        made, truth: `[T, H, W, 3]` float32 0..1. unseen: `[T, H, W]` bool.
        least: the share of a patch that must be unseen; patches with less are left out.

    Raises:
        ShapeError: shapes do not match, or pictures are smaller than a patch.
    """
    if made.shape != truth.shape or unseen.shape != truth.shape[:3] or unseen.dtype != torch.bool:
        raise ShapeError("patch_pairs: expected made and truth [T, H, W, 3] and unseen [T, H, W] bool, got "
                         f"{list(made.shape)}, {list(truth.shape)} and {list(unseen.shape)} {unseen.dtype}")
    if min(truth.shape[1:3]) < PATCH:
        raise ShapeError(f"patch_pairs: pictures need at least {PATCH} pixels a side, "
                         f"got {truth.shape[2]}x{truth.shape[1]}")
    shown = torch.where(unseen[..., None], made, truth)
    both = (torch.stack([truth, shown]).clamp(0, 1) * 255).round().to(torch.uint8)
    found = [both[:, t, y:y + PATCH, x:x + PATCH] for t, y, x in _places(unseen, count, seed, least)]
    return torch.stack(found) if found else torch.zeros(0, 2, PATCH, PATCH, 3, dtype=torch.uint8)


def realness(learned: Tensor, asked: Tensor, *, seed: int, steps: int = 600) -> Realness:
    """Train a classifier on pairs `learned` `[N, 2, 32, 32, 3]` uint8 (true, made), and ask it about `asked`.

    Raises:
        InvalidValueError: there are no pairs on one of the sides.
    """
    if not len(learned) or not len(asked):
        raise InvalidValueError(f"realness: needs pairs to learn from and to ask about, got {len(learned)} and "
                                f"{len(asked)}; take clips with more unseen pixels")
    network = convnet(_WIDTHS, 1, seed=seed)
    fit(network, _batches(learned, seed), functional.binary_cross_entropy_with_logits, steps=steps)
    true, made = (outputs(network, asked[:, side])[:, 0] for side in (0, 1))
    fooled = float((made > 0).double().mean())
    accuracy = (float((true > 0).double().mean()) + 1 - fooled) / 2
    return Realness(accuracy, float(true.mean() - made.mean()), fooled)


def _places(unseen: Tensor, count: int, seed: int, least: float) -> Iterator[tuple[int, int, int]]:
    """Frame, top and left of patches around pixels drawn from the mask."""
    pixels = unseen.nonzero()
    if not len(pixels):
        return
    random = torch.Generator().manual_seed(seed)
    _, height, width = unseen.shape
    left = count
    for drawn in torch.randint(len(pixels), (count * _TRIES,), generator=random).tolist():
        t, y, x = (int(c) for c in pixels[drawn])
        top, start = (min(max(c - PATCH // 2, 0), side - PATCH) for c, side in ((y, height), (x, width)))
        if float(unseen[t, top:top + PATCH, start:start + PATCH].float().mean()) >= least:
            yield t, top, start
            left -= 1
            if not left:
                return


def _batches(pairs: Tensor, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end: both sides of drawn pairs, half of them mirrored; 1 for true."""
    random = torch.Generator().manual_seed(seed)
    wanted = torch.cat([torch.ones(_PAIRS, 1), torch.zeros(_PAIRS, 1)])
    while True:
        chosen = pairs[torch.randint(len(pairs), (_PAIRS,), generator=random)]
        flipped = torch.rand(_PAIRS, generator=random) < 0.5
        chosen = torch.where(flipped[:, None, None, None, None], chosen.flip(3), chosen)
        yield torch.cat([chosen[:, 0], chosen[:, 1]]), wanted
