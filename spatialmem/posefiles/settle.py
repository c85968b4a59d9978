"""Which reading of a pose file is right, by geometry: frames with depth, warped into each other, must agree.

A point of frame i at its depth is carried into frame j by the poses of a candidate. It agrees if it lands
within the image, at the depth that frame j has there, in the colour that frame j has there. A candidate's
score is the share of points that agree, over pairs of frames that lie apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, unproject
from spatialmem.errors import RecordingError
from spatialmem.frames import Frames
from spatialmem.posefiles.recording import Recording
from spatialmem.poses import transform

SIGHTED = 0.25
"""Share of points that must agree for a candidate to count as right at all."""
MARGIN = 1.5
"""How many times the score of the next best the winner must have."""
DEPTH_TOLERANCE = 0.03
COLOUR_TOLERANCE = 0.1
_SIDE = 160
_FRAMES = 12
_APART = (1, 2, 4)
_NEAR = 1e-6


@dataclass(frozen=True)
class Settled:
    """Which candidate the frames speak for.

    Attributes:
        name: the winner.
        scores: share of agreeing points, 0..1, by candidate.
    """

    name: str
    scores: Mapping[str, float]

    @property
    def margin(self) -> float:
        """The winner's score over that of the next best; infinite if that is 0 or there is none."""
        rest = max((score for name, score in self.scores.items() if name != self.name), default=0.0)
        return self.scores[self.name] / rest if rest > 0 else float("inf")


def settle(candidates: Mapping[str, Tensor], recording: Recording) -> Settled:
    """The one of `candidates` whose poses fit the frames of `recording`.

    Args:
        candidates: `T_world_cam` `[T, 4, 4]` by name, one pose per frame of the recording, in metres.
        recording: colour, depth and intrinsics of the frames; its own poses are not used.

    Raises:
        RecordingError: the number of frames differs, no candidate fits, or none is clearly the best.
    """
    scores = measure(candidates, recording)
    said = ", ".join(f"{name} {100 * score:.0f} %" for name, score in scores.items())
    best = max(scores, key=lambda name: scores[name])
    settled = Settled(best, scores)
    if scores[best] < SIGHTED:
        raise RecordingError(f"{recording.root}: no reading of the poses fits its frames (points that agree: {said}); "
                             "are they poses of these frames, in metres?")
    if settled.margin < MARGIN:
        raise RecordingError(f"{recording.root}: its frames do not tell readings apart (points that agree: {said}); "
                             "it moves too little, name the convention instead")
    return settled


def measure(candidates: Mapping[str, Tensor], recording: Recording) -> dict[str, float]:
    """The score of each candidate, 0..1. Raises RecordingError when the number of frames differs."""
    for poses in candidates.values():
        if len(poses) != len(recording):
            raise RecordingError(f"{recording.root}: has {len(recording)} frames, the pose file {len(poses)} poses; "
                                 "the check needs one pose per frame")
    chosen = torch.linspace(0, len(recording) - 1, min(_FRAMES, len(recording))).round().long()
    native = recording.cameras
    scale = min(1.0, _SIDE / max(native.height, native.width))
    size = (max(1, round(native.height * scale)), max(1, round(native.width * scale)))
    frames = Frames.concat(recording.load(int(index), *size) for index in chosen)
    return {name: _score(frames, poses[chosen]) for name, poses in candidates.items()}


def _score(frames: Frames, T_world_cam: Tensor) -> float:
    """The share of points of all frames that agree with the frames they are carried into."""
    if frames.depth is None:
        raise RecordingError("the check needs frames with depth")
    ahead = [(i, i + apart) for apart in _APART for i in range(len(frames) - apart)]
    i, j = torch.tensor([*ahead, *((b, a) for a, b in ahead)], dtype=torch.long).reshape(-1, 2).T
    T_j_i = (torch.linalg.inv(T_world_cam[j]) @ T_world_cam[i]).to(torch.float32)
    still = Cameras(frames.cameras.K, torch.eye(4).expand(len(frames), 4, 4), *frames.rgb.shape[1:3])
    points = transform(T_j_i, unproject(frames.depth, still).flatten(1, 2)[i])
    K = frames.cameras.Ks[j]
    pixels = points[..., :2] / points[..., 2:].clamp(min=_NEAR) * K[:, None, [0, 1], [0, 1]] + K[:, None, :2, 2]
    row, column, inside = pixel_index(pixels, still.height, still.width)
    depth, rgb = frames.depth[j[:, None], row, column], frames.rgb[j[:, None], row, column]
    near = (points[..., 2] - depth).abs() <= DEPTH_TOLERANCE * depth
    alike = (frames.rgb.flatten(1, 2)[i] - rgb).abs().mean(dim=-1) <= COLOUR_TOLERANCE
    known = frames.depth.flatten(1)[i] > 0
    return float((known & inside & (depth > 0) & near & alike).sum() / known.sum().clamp(min=1))
