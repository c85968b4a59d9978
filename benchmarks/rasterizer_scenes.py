"""What the rasteriser's benchmark draws: gsplat's test garden, and volumes of Gaussians of any number."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]
GARDEN_SIZES = ((256, 192), (512, 384), (648, 420))
COUNTS = (10_000, 100_000, 500_000, 1_000_000)
SIZES = ((256, 192), (512, 384))
QUICK = ("garden 256x192", "10k 256x192", "100k 256x192")


class Scene(NamedTuple):
    """Gaussians before one camera. Leaves: means `[N, 3]`, quats `[N, 4]`, scales `[N, 3]`, opacities `[N]`,
    colors `[N, 3]`; viewmats `[1, 4, 4]`, Ks `[1, 3, 3]`; all float32."""

    name: str
    leaves: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
    viewmats: Tensor
    Ks: Tensor
    width: int
    height: int

    @property
    def gaussians(self) -> int:
        """How many Gaussians there are, in view or not."""
        return self.leaves[0].shape[0]

    def moved(self, to: torch.device | torch.dtype) -> Scene:
        """The same on another device or in another precision, with leaves that want gradients."""
        means, quats, scales, opacities, colors = (x.detach().to(to).requires_grad_() for x in self.leaves)
        return self._replace(leaves=(means, quats, scales, opacities, colors), viewmats=self.viewmats.to(to),
                             Ks=self.Ks.to(to))


def scenes(garden_file: Path | None) -> dict[str, Callable[[], Scene]]:
    """How to make each scene, by its name; the garden only where its file is."""
    found: dict[str, Callable[[], Scene]] = {}
    if garden_file is not None:
        found |= {f"garden {w}x{h}": partial(garden, garden_file, w, h) for w, h in GARDEN_SIZES}
    return found | {f"{short(n)} {w}x{h}": partial(volume, n, w, h) for n in COUNTS for w, h in SIZES}


def short(count: int) -> str:
    """A round number as it is said: 10k, 1M."""
    return f"{count // 1_000_000}M" if count % 1_000_000 == 0 else f"{count // 1000}k"


def garden(file: Path, width: int, height: int, seed: int = 42) -> Scene:
    """The points and first camera of gsplat's `test_garden.npz`, made Gaussians as in gsplat's own tests.

    Points within 2 of the origin along each axis; sizes, orientations and opacities are random.
    """
    with np.load(file) as stored:
        points, colours = stored["means3d"].astype(np.float32), stored["colors"].astype(np.float32) / 255
        viewmats, Ks = stored["viewmats"][:1].astype(np.float32), stored["Ks"][:1].astype(np.float32)
        full_width, full_height = int(stored["width"]), int(stored["height"])
    inside = (abs(points) <= 2).all(1)
    points, colours = points[inside], colours[inside]
    random, n = np.random.default_rng(seed), len(points)
    scales = 1e-4 + (0.02 - 1e-4) * random.random((n, 3))
    leaves = (points, _orientations(random, n), scales, random.random(n), colours)
    if (width, height) != (full_width, full_height):
        # Smaller images show the same width in the middle of another height: pixels stay square.
        Ks[:, :2, :2] *= width / full_width
        Ks[:, :2, 2] = width / 2, height / 2
    return _scene(f"garden {width}x{height}", leaves, viewmats, Ks)


def volume(count: int, width: int, height: int, seed: int = 0) -> Scene:
    """Anisotropic Gaussians all through a box before the camera, smaller the more there are (count^(-1/3))."""
    random = np.random.default_rng(seed)
    means = np.array([-3, -2, 2]) + np.array([6, 4, 8]) * random.random((count, 3))
    scales = 0.02 * (100_000 / count) ** (1 / 3) * np.exp(random.normal(0, 0.5, (count, 3)))
    opacities, colours = 0.05 + 0.9 * random.random(count), random.random((count, 3))
    leaves = (means, _orientations(random, count), scales, opacities, colours)
    K = np.array([[[0.9 * width, 0, width / 2], [0, 0.9 * width, height / 2], [0, 0, 1]]])
    return _scene(f"{short(count)} {width}x{height}", leaves, np.eye(4)[None], K)


def _orientations(random: np.random.Generator, count: int) -> Floats:
    """Unit quaternions `[count, 4]`, uniform over all rotations."""
    quats: Floats = random.standard_normal((count, 4)).astype(np.float32)
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    return quats


def _scene(name: str, leaves: tuple[NDArray[np.floating], ...], viewmats: NDArray[np.floating],
           Ks: NDArray[np.floating]) -> Scene:
    width, height = (int(side) for side in name.rpartition(" ")[2].split("x"))
    means, quats, scales, opacities, colours = (_float32(x).requires_grad_() for x in leaves)
    return Scene(name, (means, quats, scales, opacities, colours), _float32(viewmats), _float32(Ks), width, height)


def _float32(values: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
