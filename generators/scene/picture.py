"""`Photographer`: exact colour and depth of a mesh at any camera."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.generators.colour import DECODE, to_srgb
from spatialmem.generators.light import Light
from spatialmem.generators.rays import pixel_rays
from spatialmem.generators.scene.mesh import TexturedMesh
from spatialmem.generators.scene.raycast import Hits, RayCaster
from spatialmem.generators.scene.shading import shade
from spatialmem.generators.scene.texture import TextureAtlas

Floats = NDArray[np.float32]
_PIXELS_A_TASK = 8192
MAX_LAYERS = 8
"""A ray passes at most so many cut-out surfaces (leaves, fences) before it is taken to hit one."""


class Photographer:
    """Takes pictures of a mesh in world-fixed light.

    Depth is that of one ray through the pixel's centre; colour is the mean, in linear light, of
    `samples` x `samples` rays a pixel whose textures are filtered over the ray's footprint.
    """

    def __init__(self, mesh: TexturedMesh, light: Light, *, samples: int = 2) -> None:
        self.caster = RayCaster(mesh)
        self._mesh, self._light, self._samples = mesh, light, samples
        normals = self.caster.normals
        self._strength = np.stack([light.strength(normals), light.strength(-normals)], 1)
        self._atlas = TextureAtlas.build(mesh.textures)

    def take(self, cameras: Cameras) -> Frames:
        """Frames with rgb and depth (0 where nothing is hit) at `cameras`."""
        shots = [self._one(camera) for camera in cameras]
        size = (len(cameras), cameras.height, cameras.width)
        rgb = torch.from_numpy(np.stack([rgb for rgb, _ in shots])) if shots else torch.zeros(*size, 3)
        depth = torch.from_numpy(np.stack([depth for _, depth in shots])) if shots else torch.zeros(size)
        return Frames(rgb, cameras, depth=depth)

    def distance(self, eye: NDArray[np.float64], way: NDArray[np.float64]) -> float:
        """Metres from `eye` `[3]` to the first surface along the unit vector `way` `[3]`; infinite = none."""
        return self.caster.distance(eye, way)

    def _one(self, camera: Cameras) -> tuple[Floats, Floats]:
        origin = camera.T_world_cam[0, :3, 3].numpy()
        hits = self._visible(origin, pixel_rays(camera, 1))
        depth = np.where(hits.triangle >= 0, hits.distance, 0).astype(np.float32)
        directions = pixel_rays(camera, self._samples)
        light = self._shaded(camera, directions, self._visible(origin, directions))
        shape = (camera.height, camera.width)
        return to_srgb(light).reshape(*shape, 3), depth.reshape(shape)

    def _shaded(self, camera: Cameras, directions: Floats, hits: Hits) -> Floats:
        """Linear colour `[H * W, 3]` of the pixels."""
        # directions have z = 1 in the camera, so a step between rays is a column of the rotation
        focal = camera.K[0, [0, 1], [0, 1]].numpy()
        steps = (camera.T_world_cam[0, :3, :2].numpy() / focal / self._samples).T.astype(np.float32).copy()
        background = np.zeros((len(directions), 3), np.float32)
        missed = hits.triangle < 0
        if missed.any():
            background[missed] = self._light.background(directions[missed])
        out = np.empty((camera.height * camera.width, 3), np.float32)
        mesh, atlas, caster = self._mesh, self._atlas, self.caster

        def fill(begin: int) -> None:
            pixels = slice(begin, begin + _PIXELS_A_TASK)
            rays = slice(pixels.start * self._samples**2, pixels.stop * self._samples**2)
            shade(directions[rays], hits.distance[rays], hits.triangle[rays], hits.corner_weights[rays],
                  steps[0], steps[1], caster.edges, caster.normals, mesh.uvs, mesh.colors, mesh.texture_ids,
                  self._strength, atlas.texels, atlas.table, atlas.levels, DECODE, background[rays],
                  out[pixels])

        # the kernel runs without the interpreter's lock, so threads share a picture
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(fill, range(0, len(out), _PIXELS_A_TASK)))
        return out

    def _visible(self, origin: NDArray[np.float64], directions: Floats) -> Hits:
        """Nearest hits that are not cut out by a texture's alpha."""
        hits = self.caster.cast(origin, directions)
        if not self._mesh.cutoffs.any():
            return hits
        for _ in range(MAX_LAYERS):
            through = np.flatnonzero(self._cut_out(hits))
            if len(through) == 0:
                break
            travelled = hits.distance[through] * (1 + 1e-5) + 1e-5
            onward = self.caster.cast(origin + travelled[:, None].astype(np.float64) * directions[through],
                                      directions[through])
            hits.distance[through] = travelled + onward.distance
            hits.triangle[through] = onward.triangle
            hits.corner_weights[through] = onward.corner_weights
        return hits

    def _cut_out(self, hits: Hits) -> NDArray[np.bool_]:
        mesh, f = self._mesh, hits.triangle
        gone = (f >= 0) & (mesh.cutoffs[f] > 0)
        rows = np.flatnonzero(gone)
        b, c = hits.corner_weights[rows, 0:1], hits.corner_weights[rows, 1:2]
        w = mesh.uvs[f[rows]]
        uv = (1 - b - c) * w[:, 0] + b * w[:, 1] + c * w[:, 2]
        level = self._atlas.table[mesh.texture_ids[f[rows]], 0]
        column = np.floor(uv[:, 0] * level[:, 2]).astype(np.int64) % level[:, 2]
        row = np.floor(uv[:, 1] * level[:, 1]).astype(np.int64) % level[:, 1]
        alpha = self._atlas.texels[level[:, 0] + row * level[:, 2] + column, 3] / 255
        gone[rows] = alpha < mesh.cutoffs[f[rows]]
        return gone
