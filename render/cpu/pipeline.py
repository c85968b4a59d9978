"""One camera's way through the kernels, on NumPy arrays: project, draw, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialmem.render.cpu import backward, forward, gather, project_backward
from spatialmem.render.cpu.bin import tile_lists
from spatialmem.render.cpu.layout import (
    CHANNELS,
    F32,
    GRADIENT,
    I32,
    I64,
    PLANE,
    RECORD,
    TALLIES,
    TILE,
    VISIBLE,
    Gaussians,
    Projected,
    Rows,
    TileLists,
    Touching,
)
from spatialmem.render.cpu.project import place_rows, project
from spatialmem.render.cpu.rows import BATCH, SHAPE, SPANS, STARTS
from spatialmem.render.cpu.simd import LANES
from spatialmem.render.cpu.threads import new_counter, parallel_region, worker_count
from spatialmem.render.cpu.workspace import Lease, Workspace, scratch

_BLOCK_ROWS, _MAX_BLOCKS = 1024, 64


@dataclass(frozen=True)
class View:
    """What projecting leaves for drawing; lives in leased memory."""

    lease: Lease
    columns: int
    tiles: int
    projected: Projected
    touching: Touching

    @property
    def block_rows(self) -> I64:
        """Visible Gaussians per block."""
        visible: I64 = self.touching.tallies[VISIBLE]
        return visible


class Drawn(NamedTuple):
    """What drawing leaves for its backward pass; lives in leased memory."""

    records: F32
    lists: TileLists


class Channels(NamedTuple):
    """The channels of an image: colours `[N, D]`, and whether depth follows them, divided by alpha or not."""

    colors: F32
    with_depth: bool
    expected: bool


class Wanted(NamedTuple):
    """Gradients to be filled by `differentiate_drawing`, and what it needs of the forward pass besides."""

    row_of: I32
    conics: F32
    compensations: F32
    opacities: F32
    rows: gather.RowGradients
    gaussians: gather.GaussianGradients


def project_view(lease: Lease, camera: F32, gaussians: Gaussians, antialiased: bool, width: int, height: int) -> View:
    """Project the Gaussians; `block_rows` is negative where an input is not finite."""
    space, rows = lease.workspace, gaussians.means.shape[0]
    columns, lines = -(-width // TILE), -(-height // TILE)
    projected = Projected(space.array("records", (rows, RECORD), np.float32),
                          space.array("depths", (rows,), np.float32), space.array("spans", (rows, 4), np.int16))
    touching = Touching(space.array("first", (rows + 1,), np.int32), space.array("keys", (rows,), np.uint64),
                        space.array("tallies", (TALLIES, block_count(rows)), np.int64))
    with parallel_region:
        project(camera, gaussians, antialiased, projected, touching, worker_count(), new_counter())
    return View(lease, columns, columns * lines, projected, touching)


def write_rows(view: View, packed: bool, camera: int, rows: Rows) -> None:
    """Write the rows of a camera's visible Gaussians."""
    starts = np.cumsum(view.block_rows) - view.block_rows
    with parallel_region:
        place_rows(view.projected, starts, packed, camera, rows, worker_count(), new_counter())


def draw(view: View, channels: Channels, image: F32, alphas: F32, keep: bool) -> Drawn:
    """Draw a view, once, into `image` `[H, W, D']` and `alphas` `[H, W]`; `keep` what a backward pass needs.

    Raises:
        InvalidValueError: the Gaussians cover so many tiles that entries cannot be counted in int32.
    """
    space, workers, records = view.lease.workspace, worker_count(), view.projected.records
    planes = space.scratch("forward planes", workers, forward.planes_needed(image.shape[2]) * PLANE, np.float32)
    row_scratch = _row_scratch(space, workers)
    more = image.shape[2] - CHANNELS
    further = space.array("forward further", (workers, more), np.float32) if more > 0 else None
    with parallel_region:
        lists = tile_lists(space, view.touching, view.projected.spans, view.columns, view.tiles,
                           None if keep else workers * forward.SLOTS)
        forward.draw(view.columns, records, channels.colors, channels.with_depth, lists, keep,
                     channels.expected, image, alphas, planes, *row_scratch, further, new_counter())
    return Drawn(records, lists)


def differentiate_drawing(lease: Lease, drawn: Drawn, channels: Channels, image: F32, alphas: F32, d_image: F32,
                          d_alphas: F32, wanted: Wanted, add: bool) -> None:
    """Write the gradients of `wanted` rows and Gaussians, given those of `image` and `alphas`.

    Args:
        lease: of scratch memory, free again after the call.
        add: to the gradients of Gaussians, which cameras share.
    """
    space, workers, records = lease.workspace, worker_count(), drawn.records
    entries, more = drawn.lists.entries.shape[0], max(image.shape[2] - CHANNELS, 0)
    gradients = space.array("gradients", (entries, GRADIENT), np.float32)
    used = space.array("used entries", (entries,), np.uint8)
    more_gradients = space.array("more gradients", (entries, more), np.float32)
    planes = space.scratch("backward planes", workers, backward.planes_needed(image.shape[2]) * PLANE, np.float32)
    row_scratch = _row_scratch(space, workers)
    further = space.array("backward further", (workers, (1 + LANES) * more), np.float32) if more > 0 else None
    sums = space.scratch("sums", workers, gather.SCRATCH, np.float32)
    columns = -(-image.shape[1] // TILE)
    absolute = True if wanted.rows.absolute.shape[0] > 0 else None
    with parallel_region:
        backward.differentiate(columns, drawn.lists, records, channels.colors, channels.with_depth, channels.expected,
                               image, alphas, d_image, d_alphas, planes, *row_scratch, further, gradients, used,
                               more_gradients if more > 0 else None, absolute, new_counter())
        gather.gather(drawn.lists.first, wanted.row_of, gradients, used, more_gradients, wanted.conics,
                      wanted.compensations, wanted.opacities, channels.colors.shape[1], channels.with_depth, add,
                      wanted.rows, wanted.gaussians, block_count(wanted.row_of.shape[0]), sums, new_counter())


def differentiate_projection(camera: F32, gaussians: Gaussians, row_of: I32, rows: project_backward.RowGradients,
                             add: bool, out: project_backward.Gradients) -> None:
    """Write the gradients of one camera's rows into `out`, or `add` them."""
    workers, blocks = worker_count(), block_count(row_of.shape[0])
    sums = scratch(workers, project_backward.SCRATCH)
    with parallel_region:
        project_backward.project_backward(camera, gaussians, row_of, rows, add, out, blocks, sums, new_counter())


def _row_scratch(space: Workspace, workers: int) -> tuple[F32, I32, I64, F32]:
    """The shapes, starts, masks and spans of `rows`, for each worker."""
    return (space.scratch("shapes", workers, BATCH * SHAPE, np.float32),
            space.scratch("row starts", workers, BATCH * STARTS, np.int32),
            space.scratch("masks", workers, BATCH * 2, np.int64),
            space.scratch("living spans", workers, SPANS, np.float32))


def block_count(rows: int) -> int:
    """Blocks of Gaussians; sums go by block, so their number must not depend on the threads."""
    return max(1, min(_MAX_BLOCKS, rows // _BLOCK_ROWS))
