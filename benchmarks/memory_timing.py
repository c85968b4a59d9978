"""How fast a world of the street answers: `python memory_timing.py WORLD` prints one JSON object.

Runs in a process of its own, so that opening finds nothing cached and memory is that of this world alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TypedDict

import torch
from memory_street import TILE, revised, street_cameras, street_clip

from spatialmem.camera import Cameras
from spatialmem.memory.bank import Bank
from spatialmem.memory.fork import fork
from spatialmem.memory.recall import recall
from spatialmem.serial import serial_torch

SIZE, FRAMES = (192, 256), 8
PLACES, ROUNDS = 8, 3
STATUS = Path("/proc/self/status")


class Figures(TypedDict):
    """One world, measured: times in milliseconds (medians), sizes in bytes."""

    gaussians: int
    keyframes: int
    cells: int
    in_view: float
    open_ms: float
    recall_cold_ms: float
    recall_ms: float
    commit_ms: float
    commit_cpu_ms: float
    bytes_per_gaussian: float
    bytes_per_keyframe: float
    index_bytes_per_keyframe: float
    resident_bytes: int


def main() -> None:
    world = Path(sys.argv[1])
    with serial_torch():
        with Bank.open(world) as bank:
            recall(bank, _view(0.5))  # what is compiled, is compiled now
        print(json.dumps(measure(world)))


def measure(world: Path) -> Figures:
    """The figures of a world; commits are made to a branch of it, which is removed."""
    begun = time.perf_counter()
    bank = Bank.open(world)
    opened = 1e3 * (time.perf_counter() - begun)
    with bank:
        tiles, sizes, gaussians = bank.head, bank.sizes(), int(bank.figures()["gaussians"])  # type: ignore[arg-type]
        views = [_view(tiles * (place + 0.5) / PLACES) for place in range(PLACES)]
        cold = [_milliseconds(lambda v=view: recall(bank, v)) for view in views]  # type: ignore[misc]
        warm = [_milliseconds(lambda v=view: recall(bank, v)) for view in ROUNDS * views]  # type: ignore[misc]
        in_view = [len(bank.splats(bank.cells_in_view(view))) for view in views]
        resident = _resident()
        commit, commit_cpu = _commits(world, views)
        return {"gaussians": gaussians, "keyframes": bank.frames_done, "cells": len(bank.cells),
                "in_view": median(in_view), "open_ms": opened, "recall_cold_ms": median(cold),
                "recall_ms": median(warm), "commit_ms": commit, "commit_cpu_ms": commit_cpu,
                "bytes_per_gaussian": sizes["gaussians"] / gaussians,
                "bytes_per_keyframe": sizes["frames"] / bank.frames_done,
                "index_bytes_per_keyframe": sizes["index"] / bank.frames_done,
                "resident_bytes": resident}


def _view(tile: float) -> Cameras:
    """The cameras of one clip at a place of the street; what they see is the same at each."""
    return street_cameras(TILE * tile + 0.1 * torch.arange(FRAMES, dtype=torch.float64), SIZE)


def _commits(world: Path, views: Sequence[Cameras]) -> tuple[float, float]:
    """Median wall and processor milliseconds of committing a clip at each of `views`, its fusion left out."""
    wall, cpu = [], []
    with tempfile.TemporaryDirectory(dir=world.parent) as folder:
        fork(world, Path(folder) / "branch")
        with Bank.open(Path(folder) / "branch", write=True) as bank:
            for view in views:
                cells = bank.cells_in_view(view)
                clip, splats = street_clip(bank, view), revised(bank.splats(cells))
                begun, worked = time.perf_counter(), time.process_time()
                bank.commit(clip, cells=cells, splats=splats)
                wall.append(1e3 * (time.perf_counter() - begun))
                cpu.append(1e3 * (time.process_time() - worked))
    return median(wall), median(cpu)


def _milliseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def _resident() -> int:
    """Bytes of memory that this process has in use; 0 where the system does not say."""
    if not STATUS.is_file():
        return 0
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
