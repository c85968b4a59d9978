"""Which boxes the faults place at a frame: invented things, a walking person, an object seen once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.frames import UNKNOWN, Frames
from spatialmem.generators.faults.boxes import Box, draw_box
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.light import Light
from spatialmem.generators.rays import pixel_rays
from spatialmem.generators.surfaces import Surfaces

Floats = NDArray[np.float32]
PERSON = (0.3, 0.5, 1.75)
EYE_HEIGHT = 1.5
"""Metres above the feet of a person, where no floor is found below a camera."""
_DOWN = -np.array([0.0, 0.0, 1.0])
_INVENTED_PER_CLIP = 4
_PERSON_PERIOD = 50
_SWAY, _STRIDE = 0.6, 0.08
_CLOTHES = np.array([[0.30, 0.05, 0.05], [0.06, 0.08, 0.25]])


@dataclass(frozen=True, eq=False)
class Props:
    """Draws what the faults add to the truth."""

    faults: Faults
    surfaces: Surfaces
    light: Light

    def draw(self, frames: Frames, trust: NDArray[np.uint8], first_frame: int, clip: int,
             ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """rgb `[T, H, W, 3]`, depth `[T, H, W]` and what of them is foreground `[T, H, W]`.

        Foreground hides memory: the person and the object seen once appear wherever they are;
        invented boxes only where `trust` is 0.
        """
        if frames.depth is None:
            raise ValueError("props are drawn into frames with depth")
        rgb, depth = frames.rgb.numpy().copy(), frames.depth.numpy().copy()
        unknown = trust == UNKNOWN
        front = np.zeros(depth.shape, np.bool_)
        invented = self._invented(frames, unknown, clip)
        once = self._once(frames, first_frame)
        for i, camera in enumerate(frames.cameras):
            for box in invented:
                draw_box(rgb[i], depth[i], camera, box, self.light, allowed=unknown[i])
            for box in once + self._person(camera, first_frame + i):
                front[i] |= draw_box(rgb[i], depth[i], camera, box, self.light)
        return rgb, depth, front

    def _invented(self, frames: Frames, unknown: NDArray[np.bool_], clip: int) -> list[Box]:
        """Boxes in front of surfaces that memory does not know, new ones every clip."""
        places = np.flatnonzero(unknown)
        side = self.faults.amount("invented")
        if side == 0 or len(places) == 0:
            return []
        rng = self.faults.rng("invented", clip)
        pixels = unknown[0].size
        boxes = []
        for _ in range(_INVENTED_PER_CLIP):
            chosen = int(places[rng.integers(len(places))])
            share, yaw, colors = rng.uniform(0.5, 0.9), rng.uniform(0, np.pi), rng.uniform(0.02, 0.9, (2, 3))
            point = _along(frames, chosen // pixels, chosen % pixels, share)
            boxes.append(Box(point, (side, side, side), yaw, colors))
        return boxes

    def _once(self, frames: Frames, first_frame: int) -> list[Box]:
        """The object of the one clip that contains a frame, drawn from the seed, between 8 and 15."""
        side = self.faults.amount("one_time_object")
        rng = self.faults.rng("one_time_object")
        when = 8 + int(rng.integers(8))
        if side == 0 or not first_frame <= when < first_frame + len(frames):
            return []
        middle = frames.cameras.height // 2 * frames.cameras.width + frames.cameras.width // 2
        point = _along(frames, len(frames) // 2, middle, 0.7)
        return [Box(point, (side, side, side), rng.uniform(0, np.pi), rng.uniform(0.02, 0.9, (2, 3)))]

    def _person(self, camera: Cameras, frame: int) -> list[Box]:
        """Someone who walks to and fro in front of the camera, at most 2.2 m ahead of it."""
        share = self.faults.amount("moving_person")
        shift = int(self.faults.rng("moving_person").integers(_PERSON_PERIOD))
        if (frame + shift) % _PERSON_PERIOD >= round(share * _PERSON_PERIOD):
            return []
        T = camera.T_world_cam[0].numpy()
        eye, ahead = T[:3, 3], T[:3, 2] * (1, 1, 0)
        if np.linalg.norm(ahead) < 1e-3:
            ahead = -T[:3, 1] * (1, 1, 0)
        ahead = ahead / np.linalg.norm(ahead)
        free = self.surfaces.distance(eye, ahead)
        side = np.array([ahead[1], -ahead[0], 0])
        sway = abs((frame * _STRIDE) % (4 * _SWAY) - 2 * _SWAY) - _SWAY
        centre = eye + ahead * max(0.6, min(2.2, 0.75 * free)) + side * sway
        drop = self.surfaces.distance(eye, _DOWN)
        centre[2] = eye[2] - (drop if np.isfinite(drop) else EYE_HEIGHT) + PERSON[2] / 2
        return [Box(centre, PERSON, float(np.arctan2(side[1], side[0])), _CLOTHES)]


def _along(frames: Frames, index: int, pixel: int, share: float) -> NDArray[np.float64]:
    """World point on a pixel's ray, at `share` of its depth, 4 m away at most."""
    camera = frames.cameras[index : index + 1]
    depth = 0.0 if frames.depth is None else float(frames.depth[index].reshape(-1)[pixel])
    reach = min(share * depth, 4.0) if depth > 0 else 3.0
    point: NDArray[np.float64] = camera.T_world_cam[0, :3, 3].numpy() + reach * pixel_rays(camera, 1)[pixel]
    return point
