"""How well memory shows the stored frames, over an even sample of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.metrics import SSIM_SIDE, psnr, ssim
from spatialmem.report.measurements import Moment, Quality
from spatialmem.world import World

SAMPLE = 64
"""Frames that are compared at most, of 640x480 or less; fewer of larger ones, but 16 in any case."""

_PIXELS = SAMPLE * 640 * 480
_LEAST = 16


def sample(heldout: Tensor, count: int) -> list[int]:
    """`count` frames spread evenly along a path, a quarter of them held-out ones where there are any.

    Args:
        heldout: `[T]` bool.
        count: fewer come from a shorter path.
    """
    fused, held = torch.nonzero(~heldout)[:, 0].tolist(), torch.nonzero(heldout)[:, 0].tolist()
    if count >= len(heldout):
        return list(range(len(heldout)))
    tests = min(len(held), max(count // 4, count - len(fused)))
    return sorted([*_even(fused, count - tests), *_even(held, tests)])


def sample_size(height: int, width: int) -> int:
    """How many frames of that size are compared, so that a report takes seconds whatever the world."""
    return min(SAMPLE, max(_LEAST, _PIXELS // (height * width)))


def moments(world: World, frames: Sequence[int]) -> Iterator[Moment]:
    """The stored frames `frames` beside what memory shows at the same cameras, one after the other."""
    for frame in frames:
        seen = world.bank.load_keyframes([frame])
        memory = world.render(seen.cameras)
        heldout = bool(world.bank.keyframes.heldout[frame])
        yield Moment(compare(memory, seen, frame=frame, heldout=heldout), seen.rgb[0], memory.rgb[0])


def compare(memory: Frames, seen: Frames, *, frame: int, heldout: bool) -> Quality:
    """The measures of one render against one stored frame; each a batch of one."""
    large = min(seen.cameras.height, seen.cameras.width) >= SSIM_SIDE
    similarity = float(ssim(memory.rgb, seen.rgb)) if large else None
    return Quality(frame, heldout, float(psnr(memory.rgb, seen.rgb)), similarity, _depth_error(memory, seen))


def _depth_error(memory: Frames, seen: Frames) -> float | None:
    if memory.depth is None or seen.depth is None:
        return None
    both = (memory.depth > 0) & (seen.depth > 0)
    if not bool(both.any()):
        return None
    return 1000 * float((memory.depth - seen.depth)[both].abs().median())


def _even(values: list[int], count: int) -> list[int]:
    """`count` of `values`, from the first to the last at equal steps."""
    if count <= 0:
        return []
    steps = torch.linspace(0, len(values) - 1, min(count, len(values)), dtype=torch.float64).round().long()
    return [values[i] for i in steps.tolist()]
