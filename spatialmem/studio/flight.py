"""Taking a page's camera somewhere, so that the way there is seen."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future

import numpy as np
import torch
import viser

from spatialmem.poses import interpolate
from spatialmem.studio.viewpoint import Opening, Viewpoint

logger = logging.getLogger(__name__)

FREE = 1e4
"""Metres that a camera may be away from the point that it circles."""

_SECONDS, _STEPS = 0.8, 24


def fly(server: viser.ViserServer, client: viser.ClientHandle, there: Opening) -> None:
    """Set out for `there`; the camera of `client` arrives within a second, this returns at once."""
    asyncio.run_coroutine_threadsafe(_fly(client, there), server.get_event_loop()).add_done_callback(_judge)


def _judge(done: Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        logger.error("a flight of the viewer failed", exc_info=error)


async def _fly(client: viser.ClientHandle, there: Opening) -> None:
    camera = client.camera
    start, goal = Viewpoint.of(camera), there.view
    near, far = np.linalg.norm(camera.look_at - camera.position), np.linalg.norm(there.look_at - there.position)
    fov = camera.fov
    camera.max_orbit_distance = FREE
    for step in range(1, _STEPS + 1):
        s = step / _STEPS
        s = s * s * (3 - 2 * s)  # gentle at both ends
        pose = interpolate(start.T_world_cam, goal.T_world_cam, torch.tensor(s, dtype=torch.float64)).numpy()
        with client.atomic():
            camera.up_direction = there.up
            camera.position = pose[:3, 3]
            camera.look_at = pose[:3, 3] + ((1 - s) * near + s * far) * pose[:3, 2]
            camera.fov = (1 - s) * fov + s * there.fov
        client.flush()
        await asyncio.sleep(_SECONDS / _STEPS)
