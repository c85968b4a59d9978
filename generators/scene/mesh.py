"""`TexturedMesh`: one soup of coloured triangles in the world frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import MeshError


@dataclass(frozen=True, eq=False)
class TexturedMesh:
    """Triangles with per-corner colour and texture coordinates, +Z up, metres.

    The colour of a surface point is its interpolated corner colour times its texture.

    Attributes:
        vertices: `[V, 3]` float64.
        triangles: `[F, 3]` int32 indices into `vertices`.
        uvs: `[F, 3, 2]` float32 texture coordinates of the corners; u right, v *down* the image,
            repeating outside 0..1.
        colors: `[F, 3, 3]` float32 linear colour of the corners.
        texture_ids: `[F]` int32 index into `textures`; -1 = no texture.
        cutoffs: `[F]` float32; where the texture's alpha (0..1) is below, there is no surface; 0 =
            opaque.
        textures: RGBA images `[h, w, 4]` uint8, colours in sRGB.
        parts: what a file calls its objects ("node/geometry/material") and how many triangles each has,
            in the order of the triangles; empty where nothing is known.

    Raises:
        MeshError: there are no triangles, a vertex is not finite, or an index is out of range.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    uvs: NDArray[np.float32]
    colors: NDArray[np.float32]
    texture_ids: NDArray[np.int32]
    cutoffs: NDArray[np.float32]
    textures: tuple[NDArray[np.uint8], ...] = ()
    parts: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        count = len(self.triangles)
        if count == 0:
            raise MeshError("the mesh has no triangles; point clouds and empty scenes cannot be ray-cast")
        if not np.isfinite(self.vertices).all():
            raise MeshError("the mesh has vertices that are NaN or infinite; repair it and export it again")
        low, high = int(self.triangles.min()), int(self.triangles.max())
        if low < 0 or high >= len(self.vertices):
            wrong = high if low >= 0 else low
            raise MeshError(f"a triangle refers to vertex {wrong} of {len(self.vertices)}; export it again")
        _check_rows("uvs", self.uvs, (count, 3, 2))
        _check_rows("colors", self.colors, (count, 3, 3))
        _check_rows("texture_ids", self.texture_ids, (count,))
        _check_rows("cutoffs", self.cutoffs, (count,))
        if (last := int(self.texture_ids.max())) >= len(self.textures):
            raise MeshError(f"a triangle refers to texture {last} of {len(self.textures)}")

    @property
    def bounds(self) -> NDArray[np.float64]:
        """`[2, 3]` lowest and highest corner of the used vertices, metres."""
        used = self.vertices[np.unique(self.triangles)]
        return np.stack([used.min(0), used.max(0)])


def _check_rows(name: str, rows: NDArray[np.generic], shape: tuple[int, ...]) -> None:
    if rows.shape != shape:
        raise MeshError(f"mesh {name}: expected {list(shape)}, got {list(rows.shape)}")
    if not np.isfinite(rows).all():
        raise MeshError(f"mesh {name} has NaN or infinite entries; repair the mesh and export it again")
