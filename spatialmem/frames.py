"""`Frames` and `Recall`: posed images, and what memory answers for target cameras."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError

UNKNOWN, REVISE, TRUSTED = 0, 1, 2
"""Levels of `Recall.trust`: generate freely, keep roughly, keep."""

_LAYERS: dict[str, tuple[torch.dtype, ...]] = {
    "depth": (torch.float32,),
    "alpha": (torch.float32,),
    "confidence": (torch.float32,),
    "dynamic": (torch.bool,),
    "labels": (torch.int16, torch.int32, torch.int64),
}


_ABSENT: dict[str, float | bool] = {"depth": 0.0, "confidence": 1.0, "dynamic": False}


@dataclass(frozen=True, eq=False)
class Frames:
    """`T` posed images of one size, either given to memory or rendered from it.

    Attributes:
        rgb: `[T, H, W, 3]` float32 0..1.
        cameras: one per frame, of the same size.
        depth: `[T, H, W]` float32 z-depth in metres, 0 = unknown; or None.
        alpha: `[T, H, W]` float32 0..1, coverage of a render; or None.
        confidence: `[T, H, W]` float32 0..1; or None.
        dynamic: `[T, H, W]` bool, moving content that memory must not keep; or None.
        labels: `[T, H, W]` integer semantic class; or None.

    Raises:
        ShapeError: a shape or dtype differs from the above.
        InvalidValueError: a value is not finite or out of range.
    """

    rgb: Tensor
    cameras: Cameras
    depth: Tensor | None = None
    alpha: Tensor | None = None
    confidence: Tensor | None = None
    dynamic: Tensor | None = None
    labels: Tensor | None = None

    def __post_init__(self) -> None:
        size = (len(self.cameras), self.cameras.height, self.cameras.width)
        for name in ("rgb", *_LAYERS):
            value: object = getattr(self, name)
            if not isinstance(value, Tensor) and (value is not None or name == "rgb"):
                raise ShapeError(f"Frames.{name}: expected a torch tensor, got {type(value).__name__}")
        if self.rgb.shape != (*size, 3) or self.rgb.dtype != torch.float32:
            raise ShapeError(f"Frames.rgb: expected {[*size, 3]} float32 to match the cameras, "
                             f"got {list(self.rgb.shape)} {self.rgb.dtype}{_advice(self.rgb, size)}")
        _check_range("rgb", self.rgb, 1.0)
        for name, dtypes in _LAYERS.items():
            layer: Tensor | None = getattr(self, name)
            if layer is None:
                continue
            if layer.shape != size or layer.dtype not in dtypes:
                raise ShapeError(f"Frames.{name}: expected {[*size]} {dtypes[0]}, "
                                 f"got {list(layer.shape)} {layer.dtype}")
            if layer.dtype == torch.float32:
                _check_range(name, layer, float("inf") if name == "depth" else 1.0)

    def __len__(self) -> int:
        return len(self.cameras)

    def __getitem__(self, index: slice | Sequence[int] | Tensor) -> Frames:
        """The chosen frames, always with a leading axis."""
        layers = {name: None if (v := getattr(self, name)) is None else v[index] for name in _LAYERS}
        return Frames(self.rgb[index], self.cameras[index], **layers)

    def to(self, device: torch.device | str) -> Frames:
        """The same frames on `device`."""
        layers = {name: None if (v := getattr(self, name)) is None else v.to(device) for name in _LAYERS}
        return Frames(self.rgb.to(device), self.cameras.to(device), **layers)

    @staticmethod
    def concat(parts: Iterable[Frames]) -> Frames:
        """All frames in order.

        Where a part lacks a layer that another has, its depth counts as unknown, its confidence as 1
        and its content as still; alpha and labels are kept only where every part has them.
        """
        group = list(parts)
        cameras = Cameras.concat(part.cameras for part in group)
        layers: dict[str, Tensor | None] = {}
        for name in _LAYERS:
            values = [getattr(part, name) for part in group]
            if name in _ABSENT and any(v is not None for v in values):
                values = [_absent(name, part) if v is None else v for v, part in zip(values, group, strict=True)]
            layers[name] = None if any(v is None for v in values) else torch.cat(values)
        return Frames(torch.cat([part.rgb for part in group]), cameras, **layers)

    @staticmethod
    def empty(height: int, width: int) -> Frames:
        """No frames of the given size."""
        cameras = Cameras(torch.zeros(0, 3, 3), torch.zeros(0, 4, 4), height, width)
        return Frames(torch.zeros(0, height, width, 3), cameras, depth=torch.zeros(0, height, width))


@dataclass(frozen=True, eq=False)
class Recall:
    """What memory answers for target cameras: the condition for the next clip.

    Attributes:
        view: the memory rendered at the target cameras: rgb, depth (0 where nothing is known) and
            alpha.
        trust: `[T, H, W]` uint8: 0 unknown (generate), 1 revise (keep roughly), 2 trusted (keep).
        references: 0..7 stored keyframes that see the same surfaces, best first.

    Raises:
        ShapeError: `trust` does not match the view, or the view lacks depth or alpha.
        InvalidValueError: a trust level above 2.
    """

    view: Frames
    trust: Tensor
    references: Frames

    def __post_init__(self) -> None:
        size = self.view.rgb.shape[:3]
        if self.view.depth is None or self.view.alpha is None:
            raise ShapeError("Recall.view needs depth and alpha")
        if self.trust.shape != size or self.trust.dtype != torch.uint8:
            raise ShapeError(f"Recall.trust: expected {list(size)} uint8, "
                             f"got {list(self.trust.shape)} {self.trust.dtype}")
        if self.trust.numel() and int(self.trust.max()) > TRUSTED:
            raise InvalidValueError("Recall.trust has levels above 2; they are 0 unknown, 1 revise, 2 trusted")

    @property
    def known(self) -> Tensor:
        """Share of pixels of each frame that memory trusts, `[T]` 0..1."""
        return (self.trust == TRUSTED).float().mean(dim=(1, 2))


def _absent(name: str, frames: Frames) -> Tensor:
    """The layer that a part without it stands for."""
    return torch.full(frames.rgb.shape[:3], _ABSENT[name], dtype=_LAYERS[name][0], device=frames.rgb.device)


def _check_range(name: str, value: Tensor, high: float) -> None:
    if value.numel() == 0:
        return
    low, top = (float(v) for v in torch.aminmax(value.detach()))
    if not (low >= 0 and top <= high and top < float("inf")):
        advice = _range_advice(low, top) if name == "rgb" else ""
        raise InvalidValueError(f"Frames.{name} must be finite and lie in 0..{high:g}, got {low:g}..{top:g}{advice}")


def _advice(rgb: Tensor, size: tuple[int, int, int]) -> str:
    """What to do about colours in a form that models often give."""
    count, height, width = size
    orders: dict[tuple[int, ...], str] = {(count, 3, height, width): "0, 2, 3, 1",
                                          (3, count, height, width): "1, 2, 3, 0"}
    order = orders.get(tuple(rgb.shape)) if rgb.shape != (*size, 3) else None
    advice = f"; channels come last: rgb.permute({order})" if order else ""
    if rgb.dtype == torch.uint8:
        return advice + "; divide bytes by 255: rgb.float() / 255"
    return advice if rgb.dtype == torch.float32 else advice + "; convert it: rgb.float()"


def _range_advice(low: float, top: float) -> str:
    if top > 2:
        return "; are they bytes? divide by 255"
    return "; are they -1..1? use (rgb + 1) / 2" if low < -0.5 else ""
