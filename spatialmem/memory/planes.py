"""Frames as stored: integer images, so that what was just committed equals what is read back.

Colour has 8 bits. Depth has 16 bits in units of `depth_unit` metres: 1/4096 m, doubled until the
largest depth of the clip fits. Powers of two make `integer * unit` exact in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames
from spatialmem.memory.images import Plane

FINEST_UNIT = 1 / 4096
COARSEST_UNIT = 4.0
_FULL = 65_535

Planes = Mapping[str, Plane]
"""Layer name -> integer images `[T, H, W]` (colour `[T, H, W, 3]`)."""


@dataclass(frozen=True)
class Layer:
    """How one layer of `Frames` becomes integers and floats again; `unit` is the depth unit."""

    dtype: type[np.uint8 | np.uint16]
    store: Callable[[Tensor, float], Tensor]
    restore: Callable[[Tensor, float], Tensor]
    channels: tuple[int, ...] = ()


LAYERS: dict[str, Layer] = {
    "rgb": Layer(np.uint8, lambda v, _: v * 255, lambda v, _: v.float() / 255, (3,)),
    "depth": Layer(np.uint16, lambda v, unit: v / unit, lambda v, unit: v.float() * unit),
    "confidence": Layer(np.uint8, lambda v, _: v * 255, lambda v, _: v.float() / 255),
    "dynamic": Layer(np.uint8, lambda v, _: v * 255, lambda v, _: v > 0),
    "labels": Layer(np.uint16, lambda v, _: v, lambda v, _: v.to(torch.int32)),
}
"""The layers of `Frames` that are stored; the alpha of a render is not one of them."""


def depth_unit(depth: Tensor) -> float:
    """Metres per step for depths of any shape.

    Raises:
        InvalidValueError: a depth beyond 262 km.
    """
    unit, largest = FINEST_UNIT, float(depth.max()) if depth.numel() else 0.0
    while largest > _FULL * unit and unit < COARSEST_UNIT:
        unit *= 2
    if largest > _FULL * unit:
        raise InvalidValueError(f"depth: {largest:g} m is beyond {_FULL * unit:g} m; give sky and missing "
                                "depth as 0")
    return unit


def quantise(frames: Frames, unit: float) -> Planes:
    """The layers that `frames` have, as integers.

    Raises:
        InvalidValueError: a label outside 0..65535.
    """
    if frames.labels is not None and bool(((frames.labels < 0) | (frames.labels.to(torch.int32) > _FULL)).any()):
        raise InvalidValueError(f"labels must lie in 0..{_FULL} to be stored")
    planes: dict[str, Plane] = {}
    for name, layer in LAYERS.items():
        value: Tensor | None = getattr(frames, name)
        if value is not None:
            whole = layer.store(value.detach().cpu(), unit)
            whole = whole.round() if whole.is_floating_point() else whole
            planes[name] = cast(Plane, whole.to(torch.int32).numpy().astype(layer.dtype))
    return planes


def restore(planes: Planes, unit: float, cameras: Cameras) -> Frames:
    """`Frames` of integer layers; `unit` in metres."""
    layers: dict[str, Tensor] = {}
    for name, plane in planes.items():
        whole = torch.from_numpy(plane.astype(np.int32) if plane.dtype == np.uint16 else np.array(plane))
        layers[name] = LAYERS[name].restore(whole, unit)
    return Frames(layers.pop("rgb"), cameras, **layers)
