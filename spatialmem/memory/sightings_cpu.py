"""Kernels that look points up in keyframes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spatialmem.render.cpu.jit import inlined, kernel
from spatialmem.render.cpu.layout import F32, F64

Verdicts = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@inlined
def _projected(point: F32, view: F64) -> tuple[float, float, np.float32]:
    """Where a point lies in a picture, in pixels, and how far before the camera; not before it: 0, 0, 0."""
    x, y, z = np.float64(point[0]), np.float64(point[1]), np.float64(point[2])
    away = view[8] * x + view[9] * y + view[10] * z + view[11]
    if not away > 0:
        return 0.0, 0.0, np.float32(0)
    u = view[12] * (view[0] * x + view[1] * y + view[2] * z + view[3]) / away + view[14]
    v = view[13] * (view[4] * x + view[5] * y + view[6] * z + view[7]) / away + view[15]
    return u, v, np.float32(away)


@inlined
def _same(near: np.float32, stored: np.float32, agree: np.float32, beyond: np.float32) -> np.bool_:
    """Whether what a picture shows at depth `stored` (0 = sky) is what lies `near` metres away."""
    return abs(near - stored) <= agree * stored if stored > 0 else near > beyond


@kernel
def judge(points: F32, views: F64, depth: F32, nearest: F32, focal: F32, bounds: tuple[np.float32, ...],
          verdict: Verdicts, scale: F32) -> None:
    """Fill `verdict` and `scale` `[M, P]` (see `sightings`); `bounds` are agree, 1 - clearly and sky."""
    agree, before, sky = bounds
    height, width = depth.shape[1:]
    for m in range(views.shape[0]):
        view, farthest = views[m], depth[m].max()
        for p in range(points.shape[0]):
            u, v, near = _projected(points[p], view)
            if not (near > 0 and 0 <= u < width and 0 <= v < height):
                continue
            row, column = int(v), int(u)
            if _same(near, depth[m, row, column], agree, sky * farthest):
                verdict[m, p] = 1
            elif near < before * nearest[m, row, column]:
                verdict[m, p] = 2
            else:
                continue
            scale[m, p] = focal[m] / near


@kernel
def count(points: F32, normals: F32, needs: F32, verdict: Verdicts, scale: F32, centres: F64, votes: F32) -> None:
    """Add to `votes` `[3, P]`: for each point, against it, and whether someone saw it closely.

    `needs` `[2, P]`: the scale and the cosine that seeing it closely takes. For it are only those on its side.
    """
    for m in range(verdict.shape[0]):
        for p in range(points.shape[0]):
            if verdict[m, p] == 2:
                votes[1, p] += 1
            elif verdict[m, p] == 1:
                x, y, z = centres[m, 0] - points[p, 0], centres[m, 1] - points[p, 1], centres[m, 2] - points[p, 2]
                along = x * normals[p, 0] + y * normals[p, 1] + z * normals[p, 2]
                if along > 0:
                    votes[0, p] += 1
                    if scale[m, p] >= needs[0, p] and along > needs[1, p] * math.sqrt(x * x + y * y + z * z):
                        votes[2, p] = 1


@kernel
def look_up(points: F32, view: F64, picture: F32, stored: F32, bounds: tuple[np.float32, ...], colours: F32,
            shows: Flags) -> None:
    """Fill in whether a picture `[H, W, 3]` with depth shows each point, and its colour there between the pixels.

    `bounds` are agree and sky.
    """
    agree, sky = bounds
    height, width = stored.shape
    farthest = stored.max()
    for p in range(points.shape[0]):
        u, v, near = _projected(points[p], view)
        if not (near > 0 and 0 <= u < width and 0 <= v < height):
            continue
        shows[p] = _same(near, stored[int(v), int(u)], agree, sky * farthest)
        if shows[p]:
            left, top = math.floor(u - 0.5), math.floor(v - 0.5)
            a, b = np.float32(u - 0.5 - left), np.float32(v - 0.5 - top)
            j, i = max(left, 0), max(top, 0)
            k, m = min(left + 1, width - 1), min(top + 1, height - 1)
            for c in range(3):
                over = picture[i, j, c] + a * (picture[i, k, c] - picture[i, j, c])
                under = picture[m, j, c] + a * (picture[m, k, c] - picture[m, j, c])
                colours[p, c] = over + b * (under - over)


@kernel
def take_over(verdict: Flags, sampled: F32, depth: F32, steps: tuple[int, int], same: np.float32,
              chosen: Flags) -> None:
    """Fill `chosen` `[T, H, W]` with the verdict on the sample nearest in depth of the four around each pixel.

    `steps` are the distance between samples and the first one's place, in pixels; `same` the share of the depth by
    which that sample may differ.
    """
    step, first = steps
    tall, wide = sampled.shape[1:]
    for t in range(depth.shape[0]):
        for y in range(depth.shape[1]):
            above = (y - first) // step
            for x in range(depth.shape[2]):
                before, here = (x - first) // step, depth[t, y, x]
                best = same * here
                for i in range(max(above, 0), min(above + 2, tall)):
                    for j in range(max(before, 0), min(before + 2, wide)):
                        away = abs(sampled[t, i, j] - here)
                        if away <= best:
                            best, chosen[t, y, x] = away, verdict[t, i, j]
