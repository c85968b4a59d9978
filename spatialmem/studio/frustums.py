"""`Frustums`: the keyframes' cameras with thumbnails, and the path that was walked, in a viewer's scene."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import viser
from numpy.typing import NDArray

from spatialmem.memory.bank import Bank
from spatialmem.poses import quat_from_matrix
from spatialmem.studio.viewpoint import vertical_fov

Floats = NDArray[np.float64]
OnClick = Callable[[int, viser.SceneNodePointerEvent[viser.CameraFrustumHandle]], None]
"""Told of a click: the keyframe's number, and the event."""

MOST = 32
"""Frustums that are shown at once; of longer walks every second, fourth ... keyframe has one."""

FUSED, HELD_OUT, PATH = (38, 120, 178), (214, 110, 30), (38, 120, 178)
_BATCH = 8
_THUMBNAIL = 96
_SEGMENTS = 4096
_CLEAR = 8.0


def evenly(count: int, most: int = MOST) -> range:
    """At most `most` of `count` keyframes, evenly: every 2^k-th, so that a growing walk keeps its choice."""
    stride = 1
    while (count + stride - 1) // stride > most:
        stride *= 2
    return range(0, count, stride)


class Frustums:
    """The cameras and the path of a bank's keyframes, each under a node of its own to show or hide."""

    def __init__(self, scene: viser.SceneApi, on_click: OnClick) -> None:
        self._scene = scene
        self._on_click = on_click
        self.cameras = scene.add_frame("/cameras", show_axes=False)
        self.path = scene.add_frame("/path", show_axes=False)
        self._nodes: dict[int, viser.CameraFrustumHandle] = {}
        self._pending: list[int] = []
        self._eyes: Floats = np.zeros((0, 3))
        self._size = 0.1

    def want(self, bank: Bank) -> None:
        """Plan the frustums of `bank` and draw its path; `send` brings the frustums."""
        chosen = evenly(len(bank.keyframes))
        centres = bank.keyframes.T_world_cam[:, :3, 3].numpy()
        size = frustum_size(centres[list(chosen)])
        gone = self._nodes.keys() - set(chosen) if size == self._size else set(self._nodes)
        for index in gone:
            self._nodes.pop(index).remove()
        self._size = size
        self._pending = [index for index in chosen if index not in self._nodes]
        self._draw_path(centres)

    def send(self, bank: Bank) -> bool:
        """Send the next few frustums; False once all are there.

        Raises:
            WorldFormatError: a keyframe's object is damaged; the others come with the next call.
        """
        now, self._pending = self._pending[:_BATCH], self._pending[_BATCH:]
        for index in now:
            self._nodes[index] = self._node(bank, index)
            self._nodes[index].on_click(partial(self._on_click, index))
        self.make_way(self._eyes)
        return bool(self._pending)

    def make_way(self, eyes: Floats) -> None:
        """Hide the frustums that would stand before the lens of a viewer at one of `eyes` `[E, 3]`."""
        self._eyes = eyes
        for node in self._nodes.values():
            away = np.linalg.norm(eyes - np.asarray(node.position), axis=1).min(initial=np.inf)
            node.visible = bool(away > _CLEAR * self._size)

    def _node(self, bank: Bank, index: int) -> viser.CameraFrustumHandle:
        table = bank.keyframes
        pose = table.T_world_cam[index]
        return self._scene.add_camera_frustum(
            f"/cameras/{index}", fov=vertical_fov(bank, index),
            aspect=float(table.width[index]) / float(table.height[index]), scale=self._size,
            thickness=1.2, thickness_units="screen", color=HELD_OUT if bool(table.heldout[index]) else FUSED,
            image=thumbnail(bank, index), format="jpeg", jpeg_quality=70,
            wxyz=quat_from_matrix(pose[:3, :3]).numpy(), position=pose[:3, 3].numpy(),
            cast_shadow=False, receive_shadow=False)

    def _draw_path(self, centres: Floats) -> None:
        points = centres[:: max(len(centres) // _SEGMENTS, 1)]
        if len(points) < 2:
            self._scene.remove_by_name("/path/line")
            return
        self._scene.add_line_segments("/path/line", np.stack([points[:-1], points[1:]], axis=1), colors=PATH,
                                      thickness=2.0, thickness_units="screen")


def frustum_size(centres: Floats) -> float:
    """Metres from apex to picture: half the usual step between the cameras, 4 to 25 cm, in powers of two."""
    steps = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    usual = 0.5 * float(np.median(steps[steps > 1e-6])) if (steps > 1e-6).any() else 0.1
    return float(2.0 ** np.round(np.log2(np.clip(usual, 0.04, 0.25))))


def thumbnail(bank: Bank, index: int) -> NDArray[np.uint8]:
    """Keyframe `index` at 96 pixels a row `[h, 96, 3]`."""
    rgb = bank.load_keyframes([index]).rgb.permute(0, 3, 1, 2)
    width = min(_THUMBNAIL, rgb.shape[3])
    height = max(round(rgb.shape[2] * width / rgb.shape[3]), 1)
    small = torch.nn.functional.interpolate(rgb, (height, width), mode="bilinear", antialias=True)
    return np.asarray((small[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy())
