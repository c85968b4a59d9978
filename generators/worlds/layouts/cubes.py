"""`Cubes`: the surface of a mesh as cubes, each of the class and colour of most of what passes through it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import LayoutError
from spatialmem.generators.colour import to_linear, to_srgb
from spatialmem.generators.scene.mesh import TexturedMesh
from spatialmem.generators.worlds.layouts.names import class_of
from spatialmem.generators.worlds.layouts.spec import CLASSES, FARTHEST
from spatialmem.labels import SemanticClass

C = SemanticClass

MOST_CUBES = 40_000_000
_MOST_SAMPLES = 30_000_000
_SHADES = 6
"""Steps of each colour channel: cubes join only where they look alike."""
_LEVEL = 0.8
"""How far a normal must point up (or down) for a face to be level."""
_TALL = 1.5
_THICKEST = 0.5
"""Metres from the underside of a floor that is a slab to its top."""
_SHRUNK = 0.04


class Cubes(NamedTuple):
    """`labels` `[X, Y, Z]`: class << 16 | shade, -1 = empty; `colours` sRGB; `origin` the first one's low corner."""

    labels: NDArray[np.int64]
    colours: NDArray[np.float32]
    origin: NDArray[np.float64]


def cubes_of(path: Path, mesh: TexturedMesh, side: float) -> Cubes:
    """The cubes of `side` metres that a mesh passes through; its lowest wide floor comes to lie at z = 0.

    Raises:
        LayoutError: it has no area, reaches too far, or needs too many cubes; the message begins with `path`.
    """
    faces = _faces(mesh)
    if not len(faces.areas):
        raise LayoutError(f"{path}: none of its triangles has an area; export it again")
    floor = _floor_height(faces)
    corners = faces.corners - [0.0, 0.0, floor]
    low, high = corners.min((0, 1)), corners.max((0, 1))
    if np.abs(corners).max() > FARTHEST:
        raise LayoutError(f"{path}: reaches {np.abs(corners).max():.0f} m from its origin, at most {FARTHEST:g} are "
                          "possible; is its unit the metre? Scale it and export it again")
    first, last = np.floor(low / side).astype(np.int64) - 1, np.ceil(high / side).astype(np.int64) + 1
    shape = last - first
    if float(np.prod(shape.astype(np.float64))) > MOST_CUBES:
        raise LayoutError(f"{path}: {' x '.join(map(str, shape))} cubes of {side:g} m are too many; take larger ones "
                          "(mesh.voxel in a layout .json)")
    points, row = _samples(path, corners, faces, side)
    # half a cube inwards: a face at z = 0 becomes the top of a cube, not its middle
    points -= faces.normals[row] * (0.5 * side - 1e-4)
    cell = np.floor(points / side).astype(np.int64) - first
    x, y, z = np.clip(cell, 0, shape - 1).T
    flat: NDArray[np.int64] = (x * shape[1] + y) * shape[2] + z
    classes = np.where(faces.classes > 0, faces.classes, _by_shape(faces, corners))
    weight = faces.areas[row]
    kinds = _most(flat, classes[row], weight)
    cells, where = np.unique(flat, return_inverse=True)
    total = np.bincount(where, weight)
    mean = np.stack([np.bincount(where, weight * faces.colours[row, k]) / total for k in range(3)], 1)
    step = np.rint(mean * (_SHADES - 1)).astype(np.int64)
    labels = np.full(int(np.prod(shape)), -1, np.int64)
    labels[cells] = (kinds << 16) | ((step[:, 0] * _SHADES + step[:, 1]) * _SHADES + step[:, 2])
    colours = np.zeros((len(labels), 3), np.float32)
    colours[cells] = mean
    return Cubes(labels.reshape(shape), colours.reshape(*shape, 3), first * side)


class _Faces(NamedTuple):
    """Triangles: corners `[F, 3, 3]`, unit normals `[F, 3]`, class `[F]` (0 = by geometry), sRGB `[F, 3]`."""

    corners: NDArray[np.float64]
    normals: NDArray[np.float64]
    areas: NDArray[np.float64]
    classes: NDArray[np.int64]
    colours: NDArray[np.float64]


def _faces(mesh: TexturedMesh) -> _Faces:
    corners = mesh.vertices[mesh.triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(across, axis=1)
    kept = length > 1e-12
    named = [int(class_of(name) or 0) for name, _ in mesh.parts]
    classes = np.repeat(np.array(named, np.int64), [count for _, count in mesh.parts])
    light = mesh.colors.mean(1)
    for k, texture in enumerate(mesh.textures):
        rows = mesh.texture_ids == k
        light[rows] *= _mean_linear(texture)
    return _Faces(corners[kept], across[kept] / length[kept, None], length[kept] / 2, classes[kept],
                  to_srgb(light[kept].astype(np.float32)).astype(np.float64))


def _samples(path: Path, corners: NDArray[np.float64], faces: _Faces,
             side: float) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Points spread over all triangles less than half a cube apart, and the triangle of each."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    steps = np.maximum(np.ceil(edges / (0.45 * side)).astype(np.int64), 1)
    if int(((steps + 1) * (steps + 2) // 2).sum()) > _MOST_SAMPLES:
        raise LayoutError(f"{path}: its surface is too large for cubes of {side:g} m; take larger ones (mesh.voxel in "
                          "a layout .json)")
    points, rows = [], []
    for count in np.unique(steps):
        chosen = np.flatnonzero(steps == count)
        i, j = np.divmod(np.arange((count + 1) ** 2), count + 1)
        i, j = i[i + j <= count], j[i + j <= count]
        shares = np.stack([count - i - j, i, j], 1) / count
        # a hair inside: points of an edge that lies between two cubes would mark both
        shares += (1 / 3 - shares) * (_SHRUNK / count)
        points.append(np.einsum("sk,fkx->fsx", shares, corners[chosen]).reshape(-1, 3))
        rows.append(np.repeat(chosen, len(shares)))
    return np.concatenate(points), np.concatenate(rows)


def _by_shape(faces: _Faces, corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Floor, ceiling and wall by how faces lie; all else is `OTHER`."""
    up, low, high = faces.normals[:, 2], corners[..., 2].min(1), corners[..., 2].max(1)
    top = float(corners[..., 2].max())
    classes = np.full(len(up), int(C.OTHER))
    classes[(np.abs(up) < 1 - _LEVEL) & (low < 0.3) & (high - low > _TALL)] = C.WALL
    classes[(np.abs(up) > _LEVEL) & (np.abs(low) < 0.06) & (faces.areas > 0.3)] = C.FLOOR
    classes[(np.abs(up) > _LEVEL) & (low > max(1.9, top - 0.4)) & (faces.areas > 0.3)] = C.CEILING
    return classes


def _floor_height(faces: _Faces) -> float:
    """Height of the lowest level that a good part of all level faces makes, metres; of a slab that of its top."""
    level = np.abs(faces.normals[:, 2]) > _LEVEL
    if not level.any():
        return float(faces.corners[..., 2].min())
    heights = np.round(faces.corners[level][..., 2].mean(1), 2)
    values, where = np.unique(heights, return_inverse=True)
    areas = np.bincount(where, faces.areas[level])
    least = 0.25 * areas.max()
    lowest = values[areas >= least][0]
    upward = np.bincount(where, faces.areas[level] * (faces.normals[level, 2] > 0))
    tops = values[(upward >= least) & (values >= lowest) & (values <= lowest + _THICKEST)]
    return float(tops[0] if len(tops) else lowest)


def _most(cells: NDArray[np.int64], classes: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each cell that occurs, in ascending order, the class with the most weight."""
    _, where = np.unique(cells, return_inverse=True)
    share = np.zeros((int(where.max()) + 1, max(CLASSES.values()) + 1), np.float32)
    np.add.at(share, (where, classes), weight)
    most: NDArray[np.int64] = share.argmax(1)
    return most


def _mean_linear(texture: NDArray[np.uint8]) -> NDArray[np.float32]:
    # every 7th pixel tells the mean well enough
    sample = texture.reshape(-1, 4)[::7, :3].astype(np.float32) / np.float32(255)
    mean: NDArray[np.float32] = to_linear(sample).mean(0)
    return mean
