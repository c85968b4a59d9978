"""One situation as safetensors bytes: colours and directions in 8 bits, depths and poses as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spatialmem import tensorfile
from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.frames import Frames, Recall
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.worlds.blockout import LIGHT_TERMS, PHASES, Blockout
from spatialmem.strictjson import Json

_KIND, _VERSION = "situation", 2
_LIMITS = tensorfile.TensorLimits(header=64 * 1024, tensors=32, depth=2)
_PROMPT = 4096


@dataclass(frozen=True)
class _Layer:
    """How an image layer is kept: `dtype` and last axis as stored, and the ways there and back."""

    dtype: torch.dtype
    channels: tuple[int, ...]
    store: Callable[[Tensor], Tensor]
    restore: Callable[[Tensor], Tensor]


def _shares(*channels: int) -> _Layer:
    """0..1 in 255 steps."""
    return _Layer(torch.uint8, channels, lambda v: (v * 255).round().to(torch.uint8), lambda v: v.float() / 255)


def _signed(*channels: int) -> _Layer:
    """-1..1 in 254 steps, of which 0 is one: it has a meaning."""
    return _Layer(torch.uint8, channels, lambda v: (v * 127 + 127).round().to(torch.uint8),
                  lambda v: (v.float() - 127) / 127)


_AS_IS: Callable[[Tensor], Tensor] = torch.Tensor.contiguous
_DEPTH = _Layer(torch.float32, (), _AS_IS, _AS_IS)
_BYTES = _Layer(torch.uint8, (), _AS_IS, _AS_IS)
_LABELS = _Layer(torch.int16, (), lambda v: v.to(torch.int16), lambda v: v.to(torch.int32))

_FRAMES = {"rgb": _shares(3), "depth": _DEPTH}
_GROUPS: dict[str, dict[str, _Layer]] = {
    "target": {**_FRAMES, "labels": _LABELS},
    "guide": {"depth": _DEPTH, "classes": _BYTES, "materials": _BYTES, "palette": _shares(3), "normals": _signed(3),
              "phases": _signed(len(PHASES)), "light": _shares(len(LIGHT_TERMS))},
    "context": _FRAMES,
    "view": {**_FRAMES, "alpha": _shares(), "trust": _BYTES},
    "references": _FRAMES,
}
_CAMERAS = ("target", "context", "references")
_RECALL = ("view", "references")


def encode(situation: Situation) -> bytes:
    """The file of a situation, about 4 MB where it has 8 frames of 128x96."""
    target, context, recall = situation.target, situation.context, situation.recall
    tensors = {"code": situation.code, **_packed("target", target, target.cameras),
               **_packed("guide", situation.guide), **_packed("context", context, context.cameras)}
    if recall is not None:
        view = {**vars(recall.view), "trust": recall.trust}
        tensors |= {**_packed("view", view), **_packed("references", recall.references, recall.references.cameras)}
    record: dict[str, Json] = {"kind": _KIND, "version": _VERSION, "prompt": situation.prompt,
                               "seed": situation.seed, "style_seed": situation.style_seed,
                               "height": target.cameras.height, "width": target.cameras.width}
    return tensorfile.pack(tensors, record, _LIMITS)


def decode(blob: bytes, where: str) -> Situation:
    """The situation in a file; colours, light and directions are those that were stored in 8 bits.

    Raises:
        InvalidValueError: damaged, of another kind or version, or contradicting itself; names `where`.
    """
    tensors, record = tensorfile.unpack(blob, where, _LIMITS)
    if (record.get("kind"), record.get("version")) != (_KIND, _VERSION):
        raise InvalidValueError(f"{where}: is no situation of version {_VERSION}; delete it, and fill the corpus again")
    try:
        return _situation(tensors, record)
    except (InvalidValueError, ShapeError) as error:
        raise InvalidValueError(f"{where}: contradicts itself ({error}); delete it, and fill the corpus "
                                "again") from None


def _packed(group: str, layers: object, cameras: Cameras | None = None) -> dict[str, Tensor]:
    """The layers of a group by their names in a file."""
    values: Mapping[str, Tensor] = layers if isinstance(layers, Mapping) else vars(layers)
    packed = {f"{group}.{name}": layer.store(torch.as_tensor(values[name])) for name, layer in _GROUPS[group].items()}
    if cameras is not None:
        packed |= {f"{group}.K": cameras.K, f"{group}.T_world_cam": cameras.T_world_cam}
    return packed


def _situation(tensors: Mapping[str, Tensor], record: Mapping[str, Json]) -> Situation:
    prompt = record.get("prompt")
    if not isinstance(prompt, str) or len(prompt) > _PROMPT:
        raise InvalidValueError(f"prompt must be words, at most {_PROMPT} letters")
    size = _whole(record, "height"), _whole(record, "width")
    _require_names(tensors)
    target, context = _frames("target", tensors, size), _frames("context", tensors, size)
    guide = Blockout(**{name: value.numpy() for name, value in _layers("guide", tensors, len(target), size).items()})
    if not np.isfinite(guide.depth).all() or guide.depth.min(initial=0.0) < 0:
        raise InvalidValueError("guide.depth must be finite and not negative")
    return Situation(target, guide, context, _recall(tensors, target.cameras), prompt, _whole(record, "seed"),
                     _whole(record, "style_seed"), tensors["code"])


def _whole(record: Mapping[str, Json], name: str) -> int:
    value = record.get(name)
    if type(value) is not int:
        raise InvalidValueError(f"{name} must be a whole number, got {value!r}")
    return value


def _recall(tensors: Mapping[str, Tensor], cameras: Cameras) -> Recall | None:
    if "view.rgb" not in tensors:
        return None
    size = cameras.height, cameras.width
    layers = _layers("view", tensors, len(cameras), size)
    trust = layers.pop("trust")
    return Recall(Frames(layers.pop("rgb"), cameras, **layers), trust, _frames("references", tensors, size))


def _frames(group: str, tensors: Mapping[str, Tensor], size: tuple[int, int]) -> Frames:
    cameras = Cameras(tensors[f"{group}.K"], tensors[f"{group}.T_world_cam"], *size)
    layers = _layers(group, tensors, len(cameras), size)
    return Frames(layers.pop("rgb"), cameras, **layers)


def _layers(group: str, tensors: Mapping[str, Tensor], count: int, size: tuple[int, int]) -> dict[str, Tensor]:
    """The layers of a group as they were, once each has the shape and type that the file's record says."""
    layers = {}
    for name, layer in _GROUPS[group].items():
        value, shape = tensors[f"{group}.{name}"], (count, *size, *layer.channels)
        if tuple(value.shape) != shape or value.dtype != layer.dtype:
            raise ShapeError(f"{group}.{name}: expected {list(shape)} {layer.dtype}, "
                             f"got {list(value.shape)} {value.dtype}")
        layers[name] = layer.restore(value)
    return layers


def _require_names(tensors: Mapping[str, Tensor]) -> None:
    """Raise unless there is exactly what a situation has, with or without a recall."""
    groups = [group for group in _GROUPS if group not in _RECALL or "view.rgb" in tensors]
    names = {f"{group}.{name}" for group in groups for name in _GROUPS[group]}
    names |= {f"{group}.{name}" for group in groups if group in _CAMERAS for name in ("K", "T_world_cam")}
    if tensors.keys() != names | {"code"}:
        raise InvalidValueError(f"it lacks or has too much: {', '.join(sorted(tensors.keys() ^ (names | {'code'})))}")
