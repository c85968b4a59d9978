"""`Cameras`: pinhole cameras with poses, validated once, in the project's one convention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.poses import check_rigid, invert

MAX_SIDE = 1 << 15


@dataclass(frozen=True, eq=False)
class Cameras:
    """`T` pinhole cameras of one image size.

    Attributes:
        K: `[T, 3, 3]` intrinsics in pixels, zero skew; pixel centres lie at half-integers, so the
            image spans 0..width and 0..height.
        T_world_cam: `[T, 4, 4]` camera-to-world poses, OpenCV axes (+x right, +y down, +z forward),
            metres.
        height, width: the image size in pixels.

    Both tensors are held as float64 (a pose far from the origin keeps its digits); the properties
    `viewmats` and `Ks` give float32 for the rasterisers.

    Raises:
        ShapeError: a tensor has another shape.
        InvalidValueError: a value is not finite, a pose not rigid, a focal length not positive, a
            principal point outside the image by more than its size, or the size out of 1..32768.
    """

    K: Tensor
    T_world_cam: Tensor
    height: int
    width: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "K", self.K.to(torch.float64))
        object.__setattr__(self, "T_world_cam", self.T_world_cam.to(torch.float64))
        if self.T_world_cam.ndim != 3:
            raise ShapeError(f"T_world_cam: expected [T, 4, 4], got {list(self.T_world_cam.shape)}")
        check_rigid(self.T_world_cam, "T_world_cam")
        count = self.T_world_cam.shape[0]
        if self.K.shape != (count, 3, 3):
            raise ShapeError(f"K: expected [{count}, 3, 3] to match the poses, got {list(self.K.shape)}")
        if not (1 <= self.height <= MAX_SIDE and 1 <= self.width <= MAX_SIDE):
            raise InvalidValueError(f"image size {self.width}x{self.height}: each side must be 1..{MAX_SIDE}")
        _check_intrinsics(self.K, self.height, self.width)

    def __len__(self) -> int:
        return self.T_world_cam.shape[0]

    def __getitem__(self, index: slice | Sequence[int] | Tensor) -> Cameras:
        """The chosen cameras, always with a leading axis; an int is refused: write `[i:i+1]`."""
        if isinstance(index, int):
            raise TypeError("Cameras takes a slice or a list of indices; write cameras[i:i+1] for one")
        return Cameras(self.K[index], self.T_world_cam[index], self.height, self.width)

    def __iter__(self) -> Iterator[Cameras]:
        return (self[i : i + 1] for i in range(len(self)))

    @property
    def viewmats(self) -> Tensor:
        """`[T, 4, 4]` float32 world-to-camera matrices, as rasterisers take them."""
        return invert(self.T_world_cam).to(torch.float32)

    @property
    def Ks(self) -> Tensor:  # noqa: N802 - gsplat's name
        """`[T, 3, 3]` float32 intrinsics, as rasterisers take them."""
        return self.K.to(torch.float32)

    @property
    def centres(self) -> Tensor:
        """`[T, 3]` camera centres in the world frame, metres."""
        return self.T_world_cam[:, :3, 3]

    def to(self, device: torch.device | str) -> Cameras:
        """The same cameras on `device`."""
        return Cameras(self.K.to(device), self.T_world_cam.to(device), self.height, self.width)

    def resized(self, height: int, width: int) -> Cameras:
        """The same views with images of another size; each axis is scaled by its own factor."""
        K = self.K.clone()
        K[:, 0] *= width / self.width
        K[:, 1] *= height / self.height
        return Cameras(K, self.T_world_cam, height, width)

    @staticmethod
    def concat(parts: Iterable[Cameras]) -> Cameras:
        """All cameras of `parts` in order. Raises ShapeError when sizes differ or nothing is given."""
        group = list(parts)
        sizes = {(c.height, c.width) for c in group}
        if len(sizes) != 1:
            raise ShapeError(f"Cameras.concat: all parts need one image size, got {sorted(sizes)}")
        height, width = sizes.pop()
        return Cameras(torch.cat([c.K for c in group]), torch.cat([c.T_world_cam for c in group]), height, width)


def _check_intrinsics(K: Tensor, height: int, width: int) -> None:
    if K.shape[0] == 0:
        return
    if not bool(torch.isfinite(K).all()):
        raise InvalidValueError("K has NaN or infinite entries; intrinsics must be finite pixels")
    if not bool((K[:, [0, 1], [0, 1]] > 0).all()):
        raise InvalidValueError("K: both focal lengths (K[0,0], K[1,1]) must be positive pixels")
    zeros = K[:, [0, 1, 2, 2], [1, 0, 0, 1]]
    if bool((zeros.abs() > 1e-9).any()) or bool(((K[:, 2, 2] - 1).abs() > 1e-9).any()):
        raise InvalidValueError("K must be [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]; is it transposed or normalised?")
    centre = K[:, :2, 2]
    size = torch.tensor([width, height], dtype=K.dtype, device=K.device)
    if bool(((centre < -size) | (centre > 2 * size)).any()):
        raise InvalidValueError(f"K: the principal point lies far outside the {width}x{height} image")


def pinhole(fov_x: float, height: int, width: int) -> Tensor:
    """`K` `[3, 3]` float64 of a centred camera with square pixels and `fov_x` radians across.

    Raises:
        InvalidValueError: `fov_x` is not strictly between 0 and pi.
    """
    if not 0 < fov_x < torch.pi:
        raise InvalidValueError(f"fov_x must lie between 0 and pi radians, got {fov_x}")
    focal = width / 2 / float(torch.tan(torch.tensor(fov_x / 2, dtype=torch.float64)))
    return torch.tensor([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], dtype=torch.float64)


def unproject(depth: Tensor, cameras: Cameras) -> Tensor:
    """World points `[T, H, W, 3]` (metres, depth's dtype) seen at z-depths `depth` `[T, H, W]`.

    Pixel (row, column) looks through (column + 0.5, row + 0.5).
    """
    if depth.shape != (len(cameras), cameras.height, cameras.width):
        raise ShapeError(f"depth: expected {[len(cameras), cameras.height, cameras.width]}, got {list(depth.shape)}")
    K = cameras.K.to(depth)
    v = torch.arange(cameras.height, device=depth.device, dtype=depth.dtype) + 0.5
    u = torch.arange(cameras.width, device=depth.device, dtype=depth.dtype) + 0.5
    x = (u[None] - K[:, 0, 2, None]) / K[:, 0, 0, None]
    y = (v[None] - K[:, 1, 2, None]) / K[:, 1, 1, None]
    local = torch.stack([depth * x[:, None, :], depth * y[:, :, None], depth], dim=-1)
    T = cameras.T_world_cam.to(depth)
    return torch.einsum("tij,thwj->thwi", T[:, :3, :3], local) + T[:, None, None, :3, 3]


def project(points: Tensor, cameras: Cameras) -> tuple[Tensor, Tensor]:
    """Pixel positions `[T, N, 2]` (x, y) and z-depths `[T, N]` of world points `[N, 3]`.

    Points at or behind the camera plane have depth <= 0 and a meaningless pixel position.
    """
    T_cam_world = invert(cameras.T_world_cam).to(points)
    local = points @ T_cam_world[:, :3, :3].transpose(1, 2) + T_cam_world[:, None, :3, 3]
    z = local[..., 2]
    K = cameras.K.to(points)
    focal, centre = K[:, None, [0, 1], [0, 1]], K[:, None, :2, 2]
    safe = torch.where(z.abs() < 1e-9, torch.full_like(z, 1e-9), z)
    return focal * local[..., :2] / safe[..., None] + centre, z


def pixel_index(pixels: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Row and column `[...]` int64 of the pixels that hold the positions `[..., 2]` (x, y), and whether they exist.

    Positions outside the `height` x `width` image get the nearest row and column, and False.
    """
    column, row = pixels.floor().unbind(-1)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return row.clamp(0, height - 1).long(), column.clamp(0, width - 1).long(), inside
