"""`Splats`: a set of 3D Gaussians with where each came from, row-aligned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.labels import MAX_LABEL

MAX_SCALE = 1e4
MAX_COORDINATE = 1e7


@dataclass(frozen=True, eq=False)
class Splats:
    """`N` Gaussians with gsplat's names; stored values are meaningful, never logits or logarithms.

    Attributes:
        means: `[N, 3]` float32 centres, world frame, metres.
        quats: `[N, 4]` float32 orientations wxyz, unit length (normalised here).
        scales: `[N, 3]` float32 standard deviations along the own axes, metres, > 0.
        opacities: `[N]` float32, 0..1.
        colors: `[N, 3]` float32 RGB as displayed. Values outside 0..1 are allowed; renders are clamped.
        clip: `[N]` int32, the commit whose clip first saw it.
        seen: `[N]` int32, how many frames have observed it.
        confidence: `[N]` float32, 0..1.
        generated: `[N]` bool, True if a generator made it up, False if it was given by a recording.
        labels: `[N]` int32 semantic class 0..65535, a `labels.SemanticClass` or a number of the generator's own;
            0 = unknown or sky.

    Raises:
        ShapeError: a tensor's shape or dtype differs from the above.
        InvalidValueError: not finite, a zero quaternion, a scale outside (0, 1e4] m, an opacity or
            confidence outside 0..1, a coordinate beyond 1e7 m, a label outside 0..65535.
    """

    means: Tensor
    quats: Tensor
    scales: Tensor
    opacities: Tensor
    colors: Tensor
    clip: Tensor
    seen: Tensor
    confidence: Tensor
    generated: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        count = self.means.shape[0] if self.means.ndim else 0
        for name, (tail, dtype) in FIELDS.items():
            value: Tensor = getattr(self, name)
            if value.shape != (count, *tail) or value.dtype != dtype:
                raise ShapeError(f"Splats.{name}: expected {[count, *tail]} {dtype}, "
                                 f"got {list(value.shape)} {value.dtype}")
            if dtype == torch.float32 and not bool(torch.isfinite(value).all()):
                raise InvalidValueError(f"Splats.{name} has NaN or infinite entries")
        _check_ranges(self)
        length = self.quats.norm(dim=-1, keepdim=True)
        if bool(((length - 1).abs() > 1e-6).any()):
            object.__setattr__(self, "quats", self.quats / length)

    def __len__(self) -> int:
        return self.means.shape[0]

    def __getitem__(self, index: slice | Tensor) -> Splats:
        """The chosen rows: a slice, a boolean mask `[N]` or integer indices."""
        return _valid({name: getattr(self, name)[index] for name in FIELDS})

    def to(self, device: torch.device | str) -> Splats:
        """The same Gaussians on `device`."""
        return _valid({name: getattr(self, name).to(device) for name in FIELDS})

    @staticmethod
    def concat(parts: Iterable[Splats]) -> Splats:
        """All Gaussians of `parts` in order; no parts make an empty set."""
        group = list(parts)
        if not group:
            return Splats.empty()
        return _valid({name: torch.cat([getattr(part, name) for part in group]) for name in FIELDS})

    @staticmethod
    def empty(device: torch.device | str = "cpu") -> Splats:
        """No Gaussians."""
        return Splats(**{n: torch.zeros((0, *tail), dtype=dtype, device=device) for n, (tail, dtype) in FIELDS.items()})


FIELDS: dict[str, tuple[tuple[int, ...], torch.dtype]] = {
    "means": ((3,), torch.float32),
    "quats": ((4,), torch.float32),
    "scales": ((3,), torch.float32),
    "opacities": ((), torch.float32),
    "colors": ((3,), torch.float32),
    "clip": ((), torch.int32),
    "seen": ((), torch.int32),
    "confidence": ((), torch.float32),
    "generated": ((), torch.bool),
    "labels": ((), torch.int32),
}
"""Name -> (shape after N, dtype) of each row-aligned tensor, in storage order."""


def _valid(values: dict[str, Tensor]) -> Splats:
    """Splats of rows that were validated before: choosing and joining cannot spoil them."""
    splats = object.__new__(Splats)
    for name, value in values.items():
        object.__setattr__(splats, name, value)
    return splats


def _check_ranges(splats: Splats) -> None:
    if len(splats) == 0:
        return
    if bool((splats.quats.norm(dim=-1) < 1e-8).any()):
        raise InvalidValueError("Splats.quats has a zero quaternion")
    if not bool(((splats.scales > 0) & (splats.scales <= MAX_SCALE)).all()):
        raise InvalidValueError(f"Splats.scales must lie in (0, {MAX_SCALE:g}] metres")
    if bool((splats.means.abs() > MAX_COORDINATE).any()):
        raise InvalidValueError(f"Splats.means must lie within {MAX_COORDINATE:g} metres of the origin")
    for name in ("opacities", "confidence"):
        value: Tensor = getattr(splats, name)
        if not bool(((value >= 0) & (value <= 1)).all()):
            raise InvalidValueError(f"Splats.{name} must lie in 0..1")
    if not bool(((splats.labels >= 0) & (splats.labels <= MAX_LABEL)).all()):
        raise InvalidValueError(f"Splats.labels must lie in 0..{MAX_LABEL}")
