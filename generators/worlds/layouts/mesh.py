"""`build_mesh`: a mesh as boxes, joined from the cubes that it passes through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.scene.mesh_file import load_mesh
from spatialmem.generators.worlds.layouts.cubes import Cubes, cubes_of
from spatialmem.generators.worlds.layouts.draft import Draft, Space, Triple
from spatialmem.generators.worlds.layouts.islands import islands
from spatialmem.generators.worlds.layouts.pieces import pieces_of
from spatialmem.generators.worlds.layouts.spec import Mesh
from spatialmem.generators.worlds.materials import Material, Pattern
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.labels import SemanticClass

C = SemanticClass


def build_mesh(path: Path, mesh: Mesh, draft: Draft) -> None:
    """Adds a mesh as boxes; its lowest wide floor comes to lie at z = 0.

    Raises:
        MeshError: the file is missing or damaged.
        LayoutError: it is too large for its cubes.
        InvalidValueError: `mesh.up` is no signed axis.
    """
    cubes = cubes_of(path, load_mesh(path, up=mesh.up), mesh.voxel)
    sides = np.array([mesh.voxel] * 3)
    things = _things(cubes)
    for piece in pieces_of(cubes.labels):
        low, high = cubes.origin + piece.low * sides, cubes.origin + piece.high * sides
        cls = C(piece.label >> 16)
        inside = tuple(slice(a, b) for a, b in zip(piece.low, piece.high, strict=True))
        colours = cubes.colours[inside].reshape(-1, 3)
        entry = f"mesh {cls.name.lower()} {things[piece.low]}"
        draft.add_box(entry, _triple(low), _triple(high), cls, _plain(colours.mean(0)))
    _add_space(cubes, mesh.voxel, draft)


def _things(cubes: Cubes) -> NDArray[np.int32]:
    """`[X, Y, Z]` number of the connected thing of one class that a cube is part of, from 1 for each class."""
    kinds = np.where(cubes.labels >= 0, cubes.labels >> 16, 0)
    numbers = np.zeros(kinds.shape, np.int32)
    for kind in np.unique(kinds[kinds > 0]):
        numbers += islands(kinds == kind)
    return numbers


def _add_space(cubes: Cubes, side: float, draft: Draft) -> None:
    """The room under the mesh's ceiling, if it has one: for light, and to be reached."""
    kinds = np.where(cubes.labels >= 0, cubes.labels >> 16, 0)
    covered = (kinds == C.CEILING).any(2) & (kinds == C.FLOOR).any(2)
    walls = (kinds == C.WALL).any(2)
    numbers = islands(covered & ~walls)
    heights = cubes.origin[2] + side * np.argmax(kinds == C.CEILING, axis=2)
    for number in range(1, int(numbers.max()) + 1):
        inside = numbers == number
        if inside.sum() * side * side < 1.0:
            continue
        height = float(np.median(heights[inside]))
        areas = tuple(Rect(*(float(v) for v in (*(cubes.origin[:2] + np.multiply(piece.low, side)),
                                               *(cubes.origin[:2] + np.multiply(piece.high, side)))))
                      for piece in pieces_of(np.where(inside, 0, -1)))
        draft.spaces.append(Space(f"mesh room {number}", f"room {number}", areas, height))


def _plain(mean: NDArray[np.float32]) -> Material:
    """A material of about one colour; rounded, so that a mesh needs few."""
    red, green, blue = (round(float(channel) * 32) / 32 for channel in np.clip(mean, 0.03, 0.97))
    return Material("mesh", Pattern.PLASTER, (red, green, blue), (red, green, blue), contrast=0.2)


def _triple(point: NDArray[np.float64]) -> Triple:
    return float(point[0]), float(point[1]), float(point[2])
