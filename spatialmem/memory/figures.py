"""A world in numbers: what it holds, where it lies, and what it takes on disk."""

from __future__ import annotations

from spatialmem.memory.manifest import Manifest
from spatialmem.memory.rows import Snapshot
from spatialmem.protocols import Json


def figures(snapshot: Snapshot, manifest: Manifest, size: int) -> dict[str, Json]:
    """Gaussians, keyframes, commits, cells, bounds, up and units of a world that takes `size` bytes."""
    live = snapshot.cells.values()
    bounds: Json = None
    if live:
        bounds = [[min(v.extent.low[i] for v in live) for i in range(3)],
                  [max(v.extent.high[i] for v in live) for i in range(3)]]
    return {"gaussians": sum(version.gaussians for version in live), "keyframes": len(snapshot.keyframes),
            "commits": snapshot.head, "cells": len(live), "bytes": size, "bounds": bounds,
            "up": manifest.up, "units": manifest.units}


def sizes(snapshot: Snapshot, objects: int, database: int) -> dict[str, int]:
    """Bytes on disk by purpose, of `objects` bytes of all objects and a `database` of so many.

    `gaussians` are the live ones, `frames` the stored clips, `history` earlier versions of cells (and
    the planned path), `index` the database.
    """
    live = sum(version.size for version in snapshot.cells.values())
    frames = sum(clip.size for clip in snapshot.clips)
    return {"gaussians": live, "frames": frames, "history": objects - live - frames, "index": database}
