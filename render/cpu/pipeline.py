"""One camera's way through the kernels, forward and backward, on NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialmem.errors import InvalidValueError
from spatialmem.render.cpu import backward, forward
from spatialmem.render.cpu.bin import DIGITS, fill, place
from spatialmem.render.cpu.layout import (
    F32,
    GRADIENT,
    I32,
    I64,
    PLANE,
    RECORD,
    TILE,
    Channels,
    Gaussians,
    Projected,
    TileLists,
)
from spatialmem.render.cpu.project import project
from spatialmem.render.cpu.project_backward import SCRATCH, Gradients, project_backward
from spatialmem.render.cpu.threads import parallel_region, worker_count
from spatialmem.render.cpu.workspace import Lease, Workspace

_BLOCK_ROWS = 2048
_MAX_ENTRIES = 2**31 - 1


@dataclass(frozen=True)
class View:
    """What one camera's forward pass leaves for its backward pass; lives in leased memory."""

    lease: Lease
    camera: F32
    columns: int
    records: F32
    lists: TileLists


def render(lease: Lease, camera: F32, gaussians: Gaussians, channels: Channels, image: F32, alphas: F32,
           radii: I32, depths: F32) -> View:
    """Draw `gaussians` into `image` `[H, W, D]` and `alphas` `[H, W]`; fill `radii` and `depths`.

    Raises:
        InvalidValueError: the Gaussians cover so many tiles that entries cannot be counted in int32.
    """
    space, workers = lease.workspace, worker_count()
    rows, (height, width) = depths.shape[0], alphas.shape
    columns = -(-width // TILE)
    tiles = columns * -(-height // TILE)
    projected = Projected(space.array("records", (rows, RECORD), np.float32), depths, radii,
                          space.array("spans", (rows, 4), np.int16))
    blocks = _block_count(rows, workers)
    counts = space.array("counts", (blocks, tiles), np.int32)
    starts = space.array("starts", (blocks,), np.int64)
    offsets = space.array("offsets", (tiles + 1,), np.int64)
    with parallel_region:
        project(camera, gaussians, projected, columns, counts, starts, workers, _zero())
    place(counts, starts, offsets)
    lists = _empty_lists(space, rows, tiles, offsets)
    entries = lists.owners.shape[0]
    keys, keys_scratch = (space.array(name, (entries,), np.uint32) for name in ("keys", "keys scratch"))
    unsorted = space.array("unsorted", (entries,), np.int32)
    planes = space.array("forward planes", (workers, forward.PLANES * PLANE), np.float32)
    histograms = space.array("histograms", (workers, 3, DIGITS), np.int32)
    with parallel_region:
        fill(projected, columns, counts, starts, lists, keys, unsorted, workers, _zero())
        forward.draw(columns, projected.records, lists, keys, unsorted, keys_scratch, channels, image, alphas,
                     planes, histograms, _zero())
    return View(lease, camera, columns, projected.records, lists)


def differentiate(view: View, gaussians: Gaussians, channels: Channels, image: F32, alphas: F32, d_image: F32,
                  d_alphas: F32, out: Gradients) -> None:
    """Write the gradients that `out` has room for, given those of `image` and `alphas`."""
    space, workers = view.lease.workspace, worker_count()
    rows = gaussians.means.shape[0]
    entries = space.array("gradients", (view.lists.owners.shape[0], GRADIENT), np.float32)
    planes = space.array("backward planes", (workers, backward.PLANES * PLANE), np.float32)
    scratch = space.array("sums", (workers, SCRATCH), np.float32)
    with parallel_region:
        backward.differentiate(view.columns, view.lists, channels, image, alphas, d_image, d_alphas, planes,
                               entries, _zero())
        project_backward(view.camera, gaussians, view.records, view.lists.first, entries, out,
                         _block_count(rows, workers), scratch, _zero())


def _block_count(rows: int, workers: int) -> int:
    return max(1, min(4 * workers, rows // _BLOCK_ROWS))


def _zero() -> I64:
    counter: npt.NDArray[np.int64] = np.zeros(1, np.int64)
    return counter


def _empty_lists(space: Workspace, rows: int, tiles: int, offsets: I64) -> TileLists:
    entries = int(offsets[tiles])
    if entries > _MAX_ENTRIES:
        raise InvalidValueError(f"the Gaussians cover {entries} tiles of {TILE} pixels in all, more than "
                                f"{_MAX_ENTRIES}: scales are too large or the image is")
    return TileLists(offsets, space.array("first", (rows + 1,), np.int32),
                     space.array("owners", (entries,), np.int32),
                     space.array("entries", (entries,), np.int32),
                     space.array("tile records", (entries, RECORD), np.float32),
                     space.array("drawn", (tiles,), np.int64))
