"""All cameras of a call through the projection kernels: rows of the graph, and views that are kept for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from spatialmem.errors import InvalidValueError
from spatialmem.render.cpu.layout import F32, Gaussians, Rows
from spatialmem.render.cpu.pipeline import View, project_view, write_rows
from spatialmem.render.cpu.simd import LANES
from spatialmem.render.cpu.workspace import WorkspacePool
from spatialmem.render.settings import Settings
from spatialmem.render.steps import Projection

_POOL = WorkspacePool(keep=8)
_FEW = 4


@dataclass(frozen=True)
class Kept:
    """What compositing takes besides tensors.

    `views` are None where they were given back; `row_of` `[C, N]` are the rows of Gaussians among those of their
    camera, -1 if not visible, and `sizes` the numbers of rows per camera.
    """

    cameras: list[F32]
    gaussians: Gaussians
    settings: Settings
    views: list[View | None]
    row_of: Tensor
    sizes: list[int]

    def take(self, camera: int) -> View:
        """The view of a camera, to be drawn once."""
        view, self.views[camera] = self.views[camera], None
        return view or _view(self.cameras[camera], self.gaussians, self.settings)


def project_all(cameras: list[F32], gaussians: Gaussians, count: int, settings: Settings, *, keep: bool) -> Projection:
    """The first `count` Gaussians in the images of all cameras.

    Args:
        keep: all views, because gradients will need them; else those of many cameras are made again for drawing, so
            that memory does not grow with their number.

    Raises:
        InvalidValueError: an array of the Gaussians is not finite.
    """
    if not cameras:
        _refuse_not_finite(gaussians)
    row_of = torch.empty((len(cameras), gaussians.means.shape[0]), dtype=torch.int32, device="cpu")
    kept = Kept(cameras, gaussians, settings, [], row_of, [])
    parts = []
    for c, camera in enumerate(cameras):
        view = _view(camera, gaussians, settings)
        kept.sizes.append(int(view.block_rows.sum()) if settings.packed else count)
        parts.append(_empty_rows(kept.sizes[-1], settings))
        write_rows(view, settings.packed, c, _as_arrays(row_of[c], parts[-1]))
        if keep or c < _FEW:
            kept.views.append(view)
        else:
            view.lease.release()
            kept.views.append(None)
    parts = parts or [_empty_rows(0 if settings.packed else count, settings)]
    means2d, conics, depths, radii, compensations, camera_ids, gaussian_ids = (
        _joined(each, len(cameras), settings.packed) for each in zip(*parts, strict=True))
    return Projection(means2d, conics, depths, radii, compensations if settings.antialiased else None,
                      camera_ids if settings.packed else None, gaussian_ids if settings.packed else None, kept)


def as_gaussians(means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor) -> Gaussians:
    """The inputs as arrays; kernels work on eight rows at a time, and rows added to that end have no opacity."""
    return Gaussians(*(padded(x).numpy() for x in (means, quats, scales, opacities)))


def padded(rows: Tensor, axis: int = 0) -> Tensor:
    """Contiguous, without gradients, and with zeros for what is missing to eight Gaussians along an axis."""
    missing = max(LANES - rows.shape[axis], 0)
    rows = rows.detach().contiguous()
    return pad(rows, [0, 0] * (rows.ndim - 1 - axis) + [0, missing]) if missing else rows


def split(rows: Tensor | None, sizes: Sequence[int], *width: int) -> list[F32]:
    """The rows `[..., *width]` of all cameras as an array for each; without rows where there are none."""
    if rows is None:
        return [np.empty((0, *width), np.float32)] * len(sizes)
    each = rows.detach().contiguous().reshape(sum(sizes), *width)
    return [part.numpy() for part in torch.split(each, list(sizes))] if len(sizes) > 1 else [each.numpy()]


def _view(camera: F32, gaussians: Gaussians, settings: Settings) -> View:
    view = project_view(_POOL.lease(), camera, gaussians, settings.antialiased, settings.width, settings.height)
    if view.block_rows.min() < 0:
        _refuse_not_finite(gaussians)
    return view


def _refuse_not_finite(gaussians: Gaussians) -> None:
    for name, array in gaussians._asdict().items():
        if not np.isfinite(array).all():
            raise InvalidValueError(f"{name} has NaN or infinite entries; remove them before rasterising")


def _empty_rows(count: int, settings: Settings) -> tuple[Tensor, ...]:
    """Rows of one camera; zero where not packed, as kernels write only those of visible Gaussians.

    Not of the caller's default dtype and device: the kernels know float32 and integers in host memory.
    """
    make = torch.empty if settings.packed else torch.zeros
    floats = [make(shape, dtype=torch.float32, device="cpu") for shape in ((count, 2), (count, 3), (count,))]
    radii = make((count, 2), dtype=torch.int32, device="cpu")
    compensations = make(count if settings.antialiased else 0, dtype=torch.float32, device="cpu")
    ids = [make(count if settings.packed else 0, dtype=torch.int64, device="cpu") for _ in range(2)]
    return *floats, radii, compensations, *ids


def _as_arrays(row_of: Tensor, rows: tuple[Tensor, ...]) -> Rows:
    return Rows(row_of.numpy(), *(x.numpy() for x in rows))


def _joined(parts: Sequence[Tensor], cameras: int, packed: bool) -> Tensor:
    """The rows of all cameras: one after the other if packed, else `[C, N, ...]`."""
    if packed:
        return parts[0] if len(parts) == 1 else torch.cat(list(parts))
    return (parts[0][None] if len(parts) == 1 else torch.stack(list(parts)))[:cameras]
