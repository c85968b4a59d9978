"""`FromPicture`: the embedded generator without a plan: it goes on from one given picture."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import InvalidValueError
from spatialmem.frames import TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.generators.embedded.channels import condition, pictured
from spatialmem.generators.embedded.code import code_of
from spatialmem.generators.embedded.flow import times
from spatialmem.generators.embedded.generator import STEPS, USUAL_SIZE, confidence, lacking, made_of, refuse_other_words
from spatialmem.generators.embedded.model import Model
from spatialmem.generators.embedded.network import MULTIPLE
from spatialmem.generators.honour import honoured
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.posefiles.images import read_picture
from spatialmem.poses import look_at
from spatialmem.protocols import Json, Request

EYE_M = 1.5
"""Metres above the origin at which the picture is taken to have been taken, level, towards +Y."""

FIELD_OF_VIEW = 70.0
"""Degrees across a picture that does not say what it has."""

FIELDS_OF_VIEW = (10.0, 150.0)


class FromPicture:
    """Generates frames around a given picture: depth, and all that the picture does not show, are the model's own.

    The first camera of a world sees the picture itself; what other cameras see is made from memory. There is no plan,
    so there is no free space to walk in, no label, and no scale but the one that the model believes in.

    Attributes:
        prompt: the words that say what kind of place it is; they colour what is invented.
        remarks: sentences that somebody who explores it should be told before.
        summary: one line that says what was chosen.
    """

    name = "embedded"
    clip: int | None = 8
    size_multiple = MULTIPLE
    given = False
    up = "+Z"
    usual_size = USUAL_SIZE

    def __init__(self, picture: Path, attributes: Attributes, model: Model, *, version: str, prompt: str = "",
                 remarks: tuple[str, ...] = (), fov: float | None = None, seed: int = 0, steps: int = STEPS) -> None:
        """A generator of what lies around `picture`, a PNG or JPEG.

        Args:
            picture: the file; what frames of another shape have no room for is cut off on both sides.
            attributes: the kind of place.
            model: with its weights.
            version: of the weights.
            prompt: the words that the attributes were read from.
            remarks: to tell before.
            fov: degrees across the whole picture; None = `FIELD_OF_VIEW`.
            seed: of all that the model invents.
            steps: from noise to a clip.

        Raises:
            InvalidValueError: the field of view is out of range.
            RecordingError: the file is no picture.
        """
        across = FIELD_OF_VIEW if fov is None else fov
        if not FIELDS_OF_VIEW[0] <= across <= FIELDS_OF_VIEW[1]:
            raise InvalidValueError(f"--fov must be {FIELDS_OF_VIEW[0]:g}..{FIELDS_OF_VIEW[1]:g} degrees across the "
                                    f"picture, got {across:g}")
        pixels = read_picture(picture)
        self._picture = torch.from_numpy(pixels.astype(np.float32) / 255)
        self._focal = pixels.shape[1] / 2 / math.tan(math.radians(across) / 2)
        self.prompt, self.remarks = prompt, remarks
        self.summary = f"from {picture.name}, {across:g} degrees across; its depth and its scale are guesses"
        self.version = f"{version}+{hashlib.sha256(pixels.tobytes()).hexdigest()[:12]}"
        self._code, self._model, self._seed, self._times = code_of(attributes), model, seed, times(steps)

    def start_pose(self) -> Tensor:
        """`T_world_cam` `[4, 4]` float64: where the picture was taken."""
        eye = torch.tensor([0.0, 0.0, EYE_M], dtype=torch.float64)
        up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
        return look_at(eye, eye + torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), up)

    def intrinsics(self, height: int, width: int) -> Tensor:
        """`K` `[3, 3]` of frames that show the picture, or its middle where their shape is another."""
        tall, wide = self._picture.shape[:2]
        share = min(tall / height, wide / width)  # pixels of the picture a pixel of the frame
        return pinhole(2 * math.atan(width * share / 2 / self._focal), height, width)

    def state(self) -> Mapping[str, Json]:
        """Nothing: all it needs is in the request."""
        return {}

    @torch.inference_mode()
    def generate(self, request: Request) -> Frames:
        """Frames of the requested cameras with depth (0 = sky).

        Raises:
            GenerationError: the request has a prompt that is not the world's, or its recall is not for its cameras.
        """
        refuse_other_words(request.prompt, self.prompt)
        cameras, recall = request.cameras, request.recall
        rgb, depth = torch.as_tensor(recall.view.rgb).clone(), torch.as_tensor(recall.view.depth).clone()
        first = self._taken_here(cameras) and bool((recall.trust[0] == UNKNOWN).all())
        shown = self._framed(cameras.height, cameras.width)
        rows = lacking(recall)
        if rows:
            some = Recall(recall.view[rows], recall.trust[rows], recall.references)
            told = condition(cameras[rows], some, None, self._code)
            told = pictured(told, shown) if first else told
            rgb[rows], made = made_of(self._model, told, cameras[rows], seed=self._seed, at=self._times)
            depth[rows] = torch.where(some.trust == TRUSTED, depth[rows], made)
        rgb = honoured(Frames(rgb, cameras, depth=depth), recall, sky=True)
        if first:
            rgb[0] = shown
        return Frames(rgb, cameras, depth=depth, confidence=confidence(recall, rows))

    def _taken_here(self, cameras: Cameras) -> bool:
        return bool((cameras.T_world_cam[0] - self.start_pose()).abs().max() < 1e-6)

    def _framed(self, height: int, width: int) -> Tensor:
        """The picture `[height, width, 3]`, cut to that shape around its middle and scaled."""
        tall, wide = self._picture.shape[:2]
        share = min(tall / height, wide / width)
        rows, columns = round(height * share), round(width * share)
        top, left = (tall - rows) // 2, (wide - columns) // 2
        cut = self._picture[top:top + rows, left:left + columns].permute(2, 0, 1)[None]
        scaled = nn.interpolate(cut, (height, width), mode="bilinear", antialias=True, align_corners=False)
        return scaled[0].permute(1, 2, 0).clamp(0, 1).contiguous()
