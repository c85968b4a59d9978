"""`GaussianFusion`: the built-in reconstructor (seed, optimise, prune)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import torch
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.protocols import Fusion
from spatialmem.reconstruction.coarse import too_coarse
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.loss import Target, targets
from spatialmem.reconstruction.optimise import Optimised, optimise
from spatialmem.reconstruction.seed import contradicted, seed, unexplained
from spatialmem.render import render_splats
from spatialmem.splats import Splats


class GaussianFusion:
    """Fuses clips of posed RGB-D frames into Gaussians.

    Frame by frame, each pixel that the Gaussians do not explain yet becomes a flat one on the seen
    surface; then all Gaussians in view are optimised against the clip and replayed keyframes.

    Args:
        config: settings; the defaults fuse four to five 320x240 frames a second of a room on two cores, fewer where
            much is new.
    """

    def __init__(self, config: FusionConfig | None = None) -> None:
        self.config = config or FusionConfig()

    def fuse(self, local: Splats, frames: Frames, replay: Frames) -> Fusion:
        """`local` updated by `frames` `[T, H, W]`; new rows have `clip` -1.

        Frames without depth teach colour only and are placed on a backdrop. `replay` are older
        keyframes of the same place (any number), which keep what they show from being forgotten.
        """
        with _kernels_alone(local.means.device):
            return self._fuse(local, frames, replay)

    def _fuse(self, local: Splats, frames: Frames, replay: Frames) -> Fusion:
        splats, rejected = self._without_coarse(local, frames[:1]), []
        for i in range(len(frames)):
            splats, conflict = self._extend(splats, frames[i : i + 1])
            rejected.append(conflict)
        views = targets(frames, self.config) + targets(replay, self.config)
        result = optimise(splats, views, len(frames), iterations=self._iterations(splats, views),
                          depth_scale=_typical_depth(frames), config=self.config)
        kept = self._settle(result)
        figures = {
            "added": float((kept.clip < 0).sum()),
            "removed": float(len(local) - (kept.clip >= 0).sum()),
            "loss": sum(tail := result.losses[-len(views):]) / max(len(tail), 1),
        }
        conflicts = torch.cat(rejected) if rejected else frames.rgb[..., 0].bool()
        return Fusion(kept, conflicts, frames.cameras, figures)

    def _extend(self, splats: Splats, frame: Frames) -> tuple[Splats, Tensor]:
        """`splats` with new ones for what they leave unexplained of a frame, and where they contradict it."""
        view = render_splats(splats, frame.cameras)
        conflict = contradicted(frame, view, self.config)
        fresh = seed(frame, unexplained(frame, view, self.config), config=self.config)
        return Splats.concat([splats, fresh]), conflict

    def _without_coarse(self, splats: Splats, frame: Frames) -> Splats:
        """`splats` without those that are too coarse for `frame`; asked once a clip, which moves little."""
        if frame.depth is None or len(frame) == 0 or len(splats) == 0:
            return splats
        return splats[~too_coarse(splats, frame, render_splats(splats, frame.cameras), self.config)]

    def _iterations(self, splats: Splats, views: Sequence[Target]) -> int:
        """How many steps a clip is worth, after how much of it is new."""
        if self.config.iterations is not None or not views:
            return self.config.iterations or 0
        height, width = views[0].depth.shape
        share = float((splats.clip < 0).sum()) / (height * width)
        passes = self.config.passes + self.config.passes_new * min(share / self.config.new_share, 1.0) ** 2
        return round(passes * len(views))

    def _settle(self, result: Optimised) -> Splats:
        """Count observations, derive confidence, drop what faded away."""
        splats = result.splats
        seen = splats.seen + result.observed
        # A backdrop Gaussian (confidence 0) stays one: its place was never measured.
        grown = 1 - (1 - self.config.first_confidence) * torch.exp(-seen.to(torch.float32) / self.config.settled)
        confidence = torch.where(splats.confidence > 0, grown, torch.zeros_like(grown))
        settled = replace(splats, seen=seen, confidence=confidence)
        return settled[settled.opacities >= self.config.prune_opacity]


def _kernels_alone(device: torch.device) -> AbstractContextManager[None]:
    """On the CPU, keep PyTorch's threads from competing with the rasteriser's."""
    if device.type != "cpu":
        return nullcontext()
    from spatialmem.serial import serial_torch

    return serial_torch()


def _typical_depth(frames: Frames) -> float:
    if frames.depth is None or not bool((known := frames.depth > 0).any()):
        return 1.0
    return float(frames.depth[known].median())
