"""`Inputs`: the tensors of a call, and the checks that every backend relies on."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError


class Inputs(NamedTuple):
    """Gaussians `[N, ·]` and cameras `[C, ·]`, by gsplat's names."""

    means: Tensor
    quats: Tensor
    scales: Tensor
    opacities: Tensor
    colors: Tensor
    viewmats: Tensor
    Ks: Tensor

    def check(self, *, any_float: bool, backgrounds: Tensor | None) -> None:
        """Refuse what no kernel may see; `any_float` also allows one dtype other than float32.

        Raises:
            ShapeError: a shape, dtype or device does not fit.
            InvalidValueError: NaN or infinity anywhere, or a focal length that is not positive.
        """
        if self.means.ndim != 2 or self.viewmats.ndim != 3:
            raise ShapeError(f"means and viewmats must be [N, 3] and [C, 4, 4], got {list(self.means.shape)} "
                             f"and {list(self.viewmats.shape)}")
        rows, cameras = self.means.shape[0], self.viewmats.shape[0]
        shapes = {"means": (rows, 3), "quats": (rows, 4), "scales": (rows, 3), "opacities": (rows,),
                  "colors": (rows, 3), "viewmats": (cameras, 4, 4), "Ks": (cameras, 3, 3)}
        tensors = self._asdict()
        if backgrounds is not None:
            tensors["backgrounds"], shapes["backgrounds"] = backgrounds, (cameras, 3)
        dtype = self.means.dtype if any_float and self.means.is_floating_point() else torch.float32
        for name, value in tensors.items():
            if value.shape != shapes[name] or value.dtype != dtype:
                raise ShapeError(f"{name}: expected {list(shapes[name])} {dtype}, "
                                 f"got {list(value.shape)} {value.dtype}")
            if value.device != self.means.device:
                raise ShapeError(f"{name} is on {value.device}, means on {self.means.device}; "
                                 "all tensors must be on one device")
            if not _is_finite(value):
                raise InvalidValueError(f"{name} has NaN or infinite entries; remove them before rasterising")
        if cameras and not bool((self.Ks[:, [0, 1], [0, 1]] > 0).all()):
            raise InvalidValueError("Ks: both focal lengths (K[0,0], K[1,1]) must be positive pixels")


def _is_finite(value: Tensor) -> bool:
    """Whether all entries are finite: one sum tells, except when finite values overflow it."""
    return math.isfinite(float(value.detach().sum())) or bool(torch.isfinite(value).all())
