"""`Inputs`: the tensors of a call, and the checks that every backend relies on."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError, UnsupportedOptionError

MAX_CHANNELS = 32


class Inputs(NamedTuple):
    """Gaussians `[N, ·]` and cameras `[C, ·]`, by gsplat's names.

    `colors` are `[N, D]` or `[C, N, D]`, or coefficients of spherical harmonics `[N, K, 3]` or `[C, N, K, 3]`.
    """

    means: Tensor
    quats: Tensor
    scales: Tensor
    opacities: Tensor
    colors: Tensor
    viewmats: Tensor
    Ks: Tensor
    backgrounds: Tensor | None = None

    def check(self, *, any_float: bool, sh_degree: int | None) -> None:
        """Refuse shapes, dtypes and focal lengths that no kernel may see; `any_float` also allows one other dtype.

        Raises:
            ShapeError: a shape, dtype or device does not fit.
            InvalidValueError: a focal length is not positive.
            UnsupportedOptionError: batch dimensions, or more channels than one call takes.
        """
        shapes = self._shapes(sh_degree)
        dtype = self.means.dtype if any_float and self.means.is_floating_point() else torch.float32
        for name, value in self._tensors().items():
            if value.shape != shapes[name] or value.dtype != dtype:
                raise ShapeError(f"{name}: expected {list(shapes[name])} {dtype}, "
                                 f"got {list(value.shape)} {value.dtype}")
            if value.device != self.means.device:
                raise ShapeError(f"{name} is on {value.device}, means on {self.means.device}; "
                                 "all tensors must be on one device")
        if self.Ks.shape[0] and not bool((self.Ks.diagonal(dim1=1, dim2=2)[:, :2] > 0).all()):
            raise InvalidValueError("Ks: both focal lengths (K[0,0], K[1,1]) must be positive pixels")

    def check_finite(self, *, but: Collection[str] = ()) -> None:
        """Refuse NaN and infinity in all tensors `but` those whose backend finds them on its way.

        Raises:
            InvalidValueError: a tensor has such entries, by its name.
        """
        for name, value in self._tensors().items():
            if name not in but and not _is_finite(value):
                raise InvalidValueError(f"{name} has NaN or infinite entries; remove them before rasterising")

    def _tensors(self) -> dict[str, Tensor]:
        return {name: value for name, value in self._asdict().items() if value is not None}

    def _shapes(self, sh_degree: int | None) -> dict[str, tuple[int, ...]]:
        """What each tensor's shape must be."""
        if self.means.ndim > 2:
            raise UnsupportedOptionError(f"means have shape {list(self.means.shape)}: batch dimensions are not "
                                         "supported; make a call for each scene")
        if self.means.ndim != 2 or self.viewmats.ndim != 3:
            raise ShapeError(f"means and viewmats must be [N, 3] and [C, 4, 4], got {list(self.means.shape)} "
                             f"and {list(self.viewmats.shape)}")
        rows, cameras = self.means.shape[0], self.viewmats.shape[0]
        colors, channels = self._colour_shape(rows, cameras, sh_degree)
        return {"means": (rows, 3), "quats": (rows, 4), "scales": (rows, 3), "opacities": (rows,), "colors": colors,
                "viewmats": (cameras, 4, 4), "Ks": (cameras, 3, 3), "backgrounds": (cameras, channels)}

    def _colour_shape(self, rows: int, cameras: int, sh_degree: int | None) -> tuple[tuple[int, ...], int]:
        """What the shape of `colors` must be, as far as it is not free, and the number of channels D they make."""
        own = tuple(self.colors.shape)
        inner = 1 if sh_degree is None else 2
        if len(own) not in (inner + 1, inner + 2):
            wanted = "[N, D] or [C, N, D]" if sh_degree is None else "[N, K, 3] or [C, N, K, 3]"
            raise ShapeError(f"colors: expected {wanted} with sh_degree={sh_degree}, got {list(own)}")
        outer = (rows,) if len(own) == inner + 1 else (cameras, rows)
        if sh_degree is None:
            if own[-1] > MAX_CHANNELS:
                raise UnsupportedOptionError(f"colors have {own[-1]} channels: at most {MAX_CHANNELS} channels are "
                                             "supported; split them over several calls")
            return (*outer, max(own[-1], 1)), own[-1]
        return (*outer, max(own[-2], (sh_degree + 1) ** 2), 3), 3


def _is_finite(value: Tensor) -> bool:
    """Whether all entries are finite: one sum tells, except when finite values overflow it."""
    return math.isfinite(float(value.detach().sum())) or bool(torch.isfinite(value).all())
