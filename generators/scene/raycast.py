"""`RayCaster`: nearest hits of rays with a mesh (open3d's RaycastingScene, which is Embree)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.scene.mesh import TexturedMesh
from spatialmem.generators.scene.open3d_library import load_open3d

o3d = load_open3d()

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hits:
    """Nearest hits of `N` rays.

    Attributes:
        distance: `[N]` float32 in lengths of the ray's direction vector; infinite = nothing hit.
        triangle: `[N]` int32, -1 = nothing hit.
        corner_weights: `[N, 2]` float32 barycentric weights of the second and third corner.
    """

    distance: Floats
    triangle: NDArray[np.int32]
    corner_weights: Floats


class RayCaster:
    """Casts rays at a mesh.

    Embree works in float32, so the mesh is moved to its own centre first: a world far from the
    origin (a survey's coordinates) keeps its millimetres.

    Attributes:
        centre: `[3]` float64, the mesh's centre in the world frame, metres.
        vertices: `[V, 3]` float32 relative to `centre`.
        edges: `[F, 2, 3]` float32, second and third corner of each triangle minus its first.
        normals: `[F, 3]` float32 unit normals; zero for a triangle without area.
    """

    def __init__(self, mesh: TexturedMesh) -> None:
        self.centre: NDArray[np.float64] = mesh.bounds.mean(axis=0)
        self.vertices: Floats = (mesh.vertices - self.centre).astype(np.float32)
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(np.ascontiguousarray(self.vertices),
                                  np.ascontiguousarray(mesh.triangles, dtype=np.uint32))
        corners = self.vertices[mesh.triangles]
        self.edges: Floats = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], 1)
        cross = np.cross(self.edges[:, 0].astype(np.float64), self.edges[:, 1].astype(np.float64))
        length = np.linalg.norm(cross, axis=1, keepdims=True)
        self.normals: Floats = (cross / np.maximum(length, 1e-30)).astype(np.float32)

    def cast(self, origins: NDArray[np.float64], directions: NDArray[np.floating]) -> Hits:
        """Nearest hits of rays from `origins` `[3]` or `[N, 3]` (world, metres) along `directions`."""
        rays = np.empty((len(directions), 6), np.float32)
        rays[:, :3] = origins - self.centre
        rays[:, 3:] = directions
        answer = self._scene.cast_rays(o3d.core.Tensor.from_numpy(rays))
        # open3d marks a miss by the largest uint32, which is -1 once read as signed
        triangle = answer["primitive_ids"].numpy().view(np.int32)
        return Hits(answer["t_hit"].numpy(), triangle, answer["primitive_uvs"].numpy())

    def distance(self, eye: NDArray[np.float64], way: NDArray[np.float64]) -> float:
        """Lengths of `way` `[3]` from `eye` `[3]` to the first surface; infinite = none."""
        return float(self.cast(eye, way[None]).distance[0])
