"""A world measured for its report."""

from __future__ import annotations

from collections.abc import Set
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from spatialmem.export.ply import viewer_from_world
from spatialmem.machine import machine
from spatialmem.progress import Progress
from spatialmem.report.asked import asked, shown
from spatialmem.report.measurements import Measurements, Moment, Quality, Turn
from spatialmem.report.quality import moments, sample, sample_size
from spatialmem.report.topdown import top_down
from spatialmem.world import World

SHEET = 8
"""Frames on the contact sheet."""

_BULK = (0.005, 0.995)
_POINTS = 500_000


def measure(world: World, *, progress: Progress | None = None) -> Measurements:
    """All that the report of `world` tells; its costs are bounded, however long the path is.

    Args:
        world: open to read or to write; nothing is written.
        progress: called with (frames compared, frames to compare) as it goes on.

    Raises:
        WorldFormatError: an object of the world is damaged.
    """
    bank, figures = world.bank, world.figures()
    table, plan = bank.keyframes, bank.plan
    last = bank.load_clip(bank.head) if bank.head else None
    recalled = bank.recalled()
    quality, sheet = _quality(world, recalled, progress)
    notes = bank.notes()
    sizes = dict.fromkeys(f"{w}x{h}" for h, w in zip(table.height.tolist(), table.width.tolist(), strict=True))
    return Measurements(
        name=bank.path.name, path=shown(bank.path), asked=asked(world, last), frames=len(table),
        heldout=int(table.heldout.sum()) - len(recalled), recalled=len(recalled),
        planned=len(plan.cameras) if plan is not None else None,
        image_sizes=tuple(sizes), walked=float(table.T_world_cam[:, :3, 3].diff(dim=0).norm(dim=1).sum()),
        extent=_extent(world), bounds=figures["bounds"], up=world.up, gaussians=int(str(figures["gaussians"])),
        sizes=bank.sizes(), turns=_turns(world), quality=quality,
        explored_on=tuple(dict.fromkeys(note.machine for note in notes.values())),
        made_on=machine(str(world.device)), moments=sheet, map=top_down(world) if len(table) else None)


def _quality(world: World, recalled: Set[int],
             progress: Progress | None) -> tuple[tuple[Quality, ...], tuple[Moment, ...]]:
    """The measures of the sampled frames, and those of them that the contact sheet shows.

    Memory's own renders are left out: comparing memory with itself would flatter it.
    """
    table = world.bank.keyframes
    if len(table) == 0:
        return (), ()
    fresh = [number for number in range(len(table)) if number not in recalled]
    size = sample_size(int(table.height.max()), int(table.width.max()))
    chosen = [fresh[i] for i in sample(table.heldout[fresh], size)]
    on_sheet = {chosen[i] for i in sample(table.heldout[chosen], SHEET)}
    quality, sheet = [], []
    with _kernels_alone(world.device):
        for done, moment in enumerate(moments(world, chosen), start=1):
            quality.append(moment.quality)
            if moment.quality.frame in on_sheet:
                sheet.append(moment)
            if progress is not None:
                progress(done, len(chosen))
    return tuple(quality), tuple(sheet)


def _kernels_alone(device: torch.device) -> AbstractContextManager[None]:
    """On the CPU, keep PyTorch's threads from competing with the rasteriser's."""
    if device.type != "cpu":
        return nullcontext()
    from spatialmem.serial import serial_torch

    return serial_torch()


def _turns(world: World) -> tuple[Turn, ...]:
    """The commits with their notes; a clip's frames are counted in the keyframe table."""
    bank = world.bank
    notes, frames = bank.notes(), torch.bincount(bank.keyframes.clip, minlength=bank.head + 1).tolist()
    turns: list[Turn] = []
    start = 0
    for commit in bank.commits():
        note, count = notes.get(commit.number), frames[commit.number]
        turns.append(Turn(commit.number, start, count, commit.created, commit.gaussians,
                          note.trusted if note else None, note.revise if note else None,
                          note.seconds if note else None, note.figures if note else {}))
        start += count
    return tuple(turns)


def _extent(world: World) -> tuple[float, float, float] | None:
    """Metres across, along and upwards between which 99 % of the Gaussians with a measured place lie."""
    stride = max(1, sum(commit.gaussians for commit in world.bank.commits()[-1:]) // _POINTS)
    parts: list[Tensor] = []
    for key in world.bank.cells:
        cell = world.bank.splats([key])
        parts.append(cell.means[cell.confidence > 0][::stride])
    points = torch.cat(parts) if parts else torch.zeros(0, 3)
    if len(points) == 0:
        return None
    axes = viewer_from_world(world.up)  # rows: right, down, forward
    low, high = torch.quantile(points.double() @ axes.T, torch.tensor(_BULK, dtype=torch.float64), dim=0)
    across, upwards, along = (high - low).tolist()
    return across, along, upwards
