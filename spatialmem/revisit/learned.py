"""Measures that need trained weights: taken where package and weights are installed, else absent with a reason.

Nothing is ever downloaded: what a run measures must not depend on whether a server answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from spatialmem.frames import Frames

DINO_WEIGHTS = "facebook/dinov2-small"
MET3R_WEIGHTS = "naver/MASt3R_ViTLarge_BaseDecoder_512_catmlpdpt_metric"
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_DINO_SIDE, _MET3R_SIDE = 224, 256

Compare = Callable[[Tensor, Tensor], float]
"""Of two pictures `[1, 3, H, W]` in 0..1: the first visit's, the return's."""


class Learned(Protocol):
    """A measure of a pair, named as in `MEASURES`."""

    @property
    def name(self) -> str: ...

    def __call__(self, first: Frames, again: Frames) -> float | None:
        """The value for one frame each, at the pose that was asked for."""
        ...


@dataclass(frozen=True, eq=False)
class Network:
    """A measure by a network."""

    name: str
    compare: Compare

    def __call__(self, first: Frames, again: Frames) -> float:
        with torch.inference_mode():
            return self.compare(*(frames.rgb.permute(0, 3, 1, 2) for frames in (first, again)))


@dataclass(frozen=True)
class _Source:
    """Where a measure comes from: the packages that it needs, where its weights lie, how to load both."""

    packages: tuple[str, ...]
    weights: Callable[[], tuple[Path, ...]]
    load: Callable[[], Compare]

    def missing(self) -> str | None:
        """Why it cannot be taken, or None if it can."""
        lost = [package for package in self.packages if find_spec(package) is None]
        if lost:
            return f"needs the package {' and '.join(lost)}, which is not installed"
        absent = [path for path in self.weights() if not path.exists()]
        return f"its weights are not installed: there is no {absent[0]}" if absent else None


def installed() -> tuple[Learned, ...]:
    """The measures that can be taken here, loaded."""
    return tuple(Network(name, source.load()) for name, source in _SOURCES.items() if source.missing() is None)


def absent() -> dict[str, str]:
    """The others by name, each with the reason."""
    return {name: reason for name, source in _SOURCES.items() if (reason := source.missing()) is not None}


def _torch_hub(*names: str) -> tuple[Path, ...]:
    return tuple(Path(torch.hub.get_dir()) / name for name in names)


def _hugging_face(repository: str) -> Path:
    home = os.environ.get("HF_HOME", str(Path.home() / ".cache" / "huggingface"))
    hub = Path(os.environ.get("HF_HUB_CACHE", str(Path(home) / "hub")))
    return hub / f"models--{repository.replace('/', '--')}"


def _load_lpips() -> Compare:
    network = import_module("lpips").LPIPS(net="alex", verbose=False).eval()
    return lambda first, again: float(network(first, again, normalize=True))


def _load_dino() -> Compare:
    network = import_module("transformers").AutoModel.from_pretrained(DINO_WEIGHTS, local_files_only=True).eval()
    mean, spread = (torch.tensor(v)[:, None, None] for v in _IMAGENET)

    def compare(first: Tensor, again: Tensor) -> float:
        looks = [network((_resized(v, _DINO_SIDE) - mean) / spread).last_hidden_state[:, 0] for v in (first, again)]
        return float(torch.nn.functional.cosine_similarity(looks[0], looks[1]))

    return compare


def _load_met3r() -> Compare:
    network = import_module("met3r").MEt3R(img_size=_MET3R_SIDE).eval()

    def compare(first: Tensor, again: Tensor) -> float:
        both = torch.stack([_resized(v, _MET3R_SIDE) for v in (first, again)], dim=1)
        return float(network(images=both * 2 - 1)[0])

    return compare


def _resized(picture: Tensor, side: int) -> Tensor:
    return torch.nn.functional.interpolate(picture, (side, side), mode="bilinear", antialias=True).clamp(0, 1)


_SOURCES: dict[str, _Source] = {
    "lpips": _Source(("lpips",), lambda: _torch_hub("checkpoints/alexnet-owt-7be5be79.pth"), _load_lpips),
    "dino": _Source(("transformers",), lambda: (_hugging_face(DINO_WEIGHTS),), _load_dino),
    "met3r": _Source(("met3r", "pytorch3d"),
                     lambda: (_hugging_face(MET3R_WEIGHTS), *_torch_hub("mhamilton723_FeatUp_main")), _load_met3r),
}
