"""`copied`: the unseen filled with blocks that memory shows of the same kind of surface, the nearest ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spatialmem.frames import Frames, Recall
from spatialmem.generators.embedded.channels import known_colours
from spatialmem.generators.embedded.measures.baselines import composed, lit
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.worlds.blockout import Blockout

BLOCK = 8
"""Pixels a side of what is copied in one piece."""

_WHOLE = 0.9
"""A block is copied from where memory covers all of it by this much."""

_TONED = 0.7
"""Share of the difference in the layout's colours that a copied block is corrected by."""


def copied(situation: Situation, memory: Recall) -> Frames:
    """Blocks of memory, of the same class and material and the nearest in phase, normal, light and distance.

    The clip's own frames are where memory is looked for. Each block is moved by part of what the layout's colours
    differ by, for light and tint change along a wall. Kinds that memory does not show are the shaded layout.
    """
    weight, known = known_colours(memory)
    plain = lit(situation.guide)
    kinds, traits = _described(situation.guide, plain)
    middle = kinds[:, BLOCK // 2, BLOCK // 2]
    covered = blocks(weight[..., None]).amin(dim=(1, 2, 3)) >= _WHOLE
    pure = (kinds == middle[:, None, None]).all(dim=2).all(dim=1)
    wanted, sources = (~covered).nonzero()[:, 0], (covered & pure).nonzero()[:, 0]
    shown, flat = blocks(known), blocks(plain)
    made = flat.clone()
    for kind in torch.unique(middle[wanted]):
        here, there = wanted[middle[wanted] == kind], sources[middle[sources] == kind]
        if len(there):
            chosen = there[torch.cdist(traits[here], traits[there]).argmin(dim=1)]
            shift = flat[here].mean(dim=(1, 2), keepdim=True) - flat[chosen].mean(dim=(1, 2), keepdim=True)
            same = (kinds[here] == kind)[..., None]
            made[here] = torch.where(same, (shown[chosen] + _TONED * shift).clamp(0, 1), flat[here])
    return composed(joined(made, *weight.shape), situation, memory)


def _described(guide: Blockout, plain: Tensor) -> tuple[Tensor, Tensor]:
    """Of each block: its pixels' kinds, numbers of class and material, and what makes blocks of one kind alike."""
    numbers = torch.from_numpy(guide.classes.astype(np.float32) * 256 + guide.materials)[..., None]
    depth = torch.log(torch.from_numpy(guide.depth).clamp(min=0.1))[..., None]
    phases, normals = 0.7 * torch.from_numpy(guide.phases), torch.from_numpy(guide.normals)
    traits = blocks(torch.cat([phases, normals, 3 * plain, depth], dim=-1)).mean(dim=(1, 2))
    return blocks(numbers)[..., 0].long(), traits


def blocks(pixels: Tensor) -> Tensor:
    """`[N, BLOCK, BLOCK, C]` of `[T, H, W, C]`, its last rows and columns repeated until they fill a block."""
    height, width = pixels.shape[1:3]
    padded = functional.pad(pixels.movedim(-1, 1), (0, -width % BLOCK, 0, -height % BLOCK), mode="replicate")
    count, channels, rows, columns = padded.shape
    split = padded.reshape(count, channels, rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return split.permute(0, 2, 4, 3, 5, 1).reshape(-1, BLOCK, BLOCK, channels)


def joined(blocks: Tensor, count: int, height: int, width: int) -> Tensor:
    """The inverse of `blocks`."""
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    grid = blocks.reshape(count, rows, columns, BLOCK, BLOCK, blocks.shape[-1]).permute(0, 1, 3, 2, 4, 5)
    return grid.reshape(count, rows * BLOCK, columns * BLOCK, blocks.shape[-1])[:, :height, :width]
