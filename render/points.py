"""`render_points`: posed images of a cloud of coloured points, as squares that hide one another."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.frames import Frames

MOST_POINTS = (1 << 31) - 1


@torch.no_grad()
def render_points(points: Tensor, colors: Tensor, cameras: Cameras, *, size: float | Tensor) -> Frames:
    """Frames of the cloud at `cameras`: rgb over black, z-depth in metres (0 where nothing is), alpha 0 or 1.

    A point is a square that faces the camera, `size` metres wide and at least a pixel, of one depth; the nearest
    one is seen, of equally near ones the first. Drawn on the CPU, wherever the cloud lies; without gradients.

    Args:
        points: `[N, 3]` float32 world points, metres.
        colors: `[N, 3]` float32 0..1.
        cameras: `T` target cameras.
        size: of all squares, or `[N]` of each.

    Raises:
        ShapeError: a shape or dtype differs from the above.
        InvalidValueError: a point or size is not finite, or a size negative.
    """
    if colors.shape != points.shape or colors.dtype != torch.float32:
        raise ShapeError(f"colors: expected {list(points.shape)} float32 as of the points, got {list(colors.shape)} "
                         f"{colors.dtype}")
    index, depth = nearest_points(points, cameras, size=size)
    hit = index >= 0
    rgb = torch.zeros(*hit.shape, 3, device=colors.device)
    rgb[hit] = colors[index[hit]]
    return Frames(rgb, cameras.to(colors.device), depth=depth, alpha=hit.float())


@torch.no_grad()
def nearest_points(points: Tensor, cameras: Cameras, *, size: float | Tensor) -> tuple[Tensor, Tensor]:
    """Row of the point that each pixel shows `[T, H, W]` int64, -1 = none, and its z-depth `[T, H, W]`, 0 = none.

    Arguments and errors are those of `render_points`; the result does not depend on the number of threads.
    """
    from spatialmem.render.cpu.points import draw_points  # compiles, and loads what that takes

    sizes = _sizes(points, size)
    index, depth = draw_points(points.detach().cpu().contiguous().numpy(), sizes.detach().cpu().contiguous().numpy(),
                               cameras.to("cpu"))
    return torch.from_numpy(index).long().to(points.device), torch.from_numpy(depth).to(points.device)


def _sizes(points: Tensor, size: float | Tensor) -> Tensor:
    """`[N]` float32, or one for all."""
    if points.ndim != 2 or points.shape[1] != 3 or points.dtype != torch.float32 or len(points) > MOST_POINTS:
        raise ShapeError(f"points: expected [N, 3] float32, N at most {MOST_POINTS}, got {list(points.shape)} "
                         f"{points.dtype}")
    sizes = torch.full((1,), float(size), dtype=torch.float32) if isinstance(size, int | float) else size
    if sizes.shape not in ((1,), points.shape[:1]) or sizes.dtype != torch.float32:
        raise ShapeError(f"size: expected a number or [{len(points)}] float32, got {list(sizes.shape)} {sizes.dtype}")
    if not bool(torch.isfinite(points).all()):
        raise InvalidValueError("points have NaN or infinite entries; remove them before rendering")
    if not bool(((sizes >= 0) & (sizes < torch.inf)).all()):
        raise InvalidValueError("size: must be finite metres, 0 or more")
    return sizes
