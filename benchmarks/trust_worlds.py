"""Worlds with known faults, and views of them whose truth can be ray-cast."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import torch

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.scene.generator import Scene
from spatialmem.generators.surfaces import Surfaces
from spatialmem.poses import matrix_from_quat
from spatialmem.protocols import Request
from spatialmem.revisit.protocol import protocol
from spatialmem.revisit.starts import fit
from spatialmem.world import World

FAULTS = {"none": Faults(), "depth": Faults(), "object": Faults(one_time_object=6), "person": Faults(moving_person=3),
          "both": Faults(one_time_object=6)}
"""By name of the world; those of `WRONG_DEPTH` have wrong depth on every tenth frame as well."""

WRONG_DEPTH = ("depth", "both")
EVERY, FIRST, FACTORS = 10, 5, (0.85, 1.18)
"""Which frames have wrong depth: every so many-th from a first, and what their depths are multiplied with in turn."""

FRAMES, CLIP = 96, 8
ASIDE_M, ASIDE_DEGREES, CLEAR_M = 0.3, 15.0, 0.25


class WrongDepth(Scene):
    """A scene whose depth is wrong by a factor on every tenth frame."""

    def generate(self, request: Request) -> Frames:
        """Frames as the scene makes them, but for that."""
        first = self._frame
        frames = super().generate(request)
        if frames.depth is None:
            return frames
        factors = torch.tensor([_factor(first + i) for i in range(len(frames))])
        return replace(frames, depth=frames.depth * factors[:, None, None])


def _factor(frame: int) -> float:
    return FACTORS[frame // EVERY % len(FACTORS)] if frame % EVERY == FIRST else 1.0


def path_in(scene: Scene, *, route: int, size: tuple[int, int]) -> Cameras:
    """A closed path of `FRAMES` through a mesh: one of the packaged protocol `closed-loop`."""
    whole = protocol("closed-loop")
    few = msgspec.structs.replace(whole, routes=whole.routes[: route + 1])
    return fit(few, scene.surfaces, scene.start_pose(), seed=0)[route].cameras().resized(*size)


def made(folder: Path, mesh: Path, fault: str, *, route: int, size: tuple[int, int]) -> World:
    """The world of a fault below `folder`, explored as far as that has not been done."""
    path = folder / f"{fault}-{route}"
    if path.exists():
        world = World.open(path)
        if world.frames_done == FRAMES:
            return world
        world.close()
    kind = WrongDepth if fault in WRONG_DEPTH else Scene
    scene = kind(mesh, faults=FAULTS[fault])
    with World.open(path, write=True) if path.exists() else World.create(path, up=scene.up) as world:
        for _ in world.explore(path_in(scene, route=route, size=size), scene):
            pass
    return World.open(path)


def views(path: Cameras, surfaces: Surfaces, *, every: int) -> dict[str, list[Cameras]]:
    """Every so many-th clip of a path, and the same ones from beside it: a step aside and turned, where there is room.

    They go to either side in turn.
    """
    along = [path[i : i + CLIP] for i in range(0, len(path), CLIP * every)]
    moved = [[_aside(camera, 1 if i % 2 else -1) for camera in clip] for i, clip in enumerate(along)]
    free = [[camera for camera in clip if _is_clear(camera, surfaces)] for clip in moved]
    return {"along": along, "beside": [Cameras.concat(clip) for clip in free if clip]}


def _aside(camera: Cameras, side: int) -> Cameras:
    """The camera a step to one side, turned about its own vertical."""
    half = math.radians(ASIDE_DEGREES) / 2 * -side
    T = camera.T_world_cam.clone()
    T[0, :3, 3] += side * ASIDE_M * T[0, :3, 0]
    T[0, :3, :3] = T[0, :3, :3] @ matrix_from_quat(torch.tensor([math.cos(half), 0, math.sin(half), 0]).to(T))
    return replace(camera, T_world_cam=T)


def _is_clear(camera: Cameras, surfaces: Surfaces) -> bool:
    """Whether nothing is near on any side, so that the camera does not stand within a thing."""
    eye, turn = camera.centres[0].numpy(), np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ways = np.stack([np.cos(turn), np.sin(turn), np.zeros(16)], 1)
    return all(surfaces.distance(eye, way) > CLEAR_M for way in ways)
