"""`Scene`: a generator that ray-casts a textured mesh: the truth, and graded departures from it."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.light import Light
from spatialmem.generators.scene.mesh_file import load_mesh
from spatialmem.generators.scene.picture import Photographer
from spatialmem.generators.scene.start import start_pose
from spatialmem.generators.truth import NO_FAULTS, FromTruth

_DAYLIGHT = Light()


class Scene(FromTruth):
    """Generates frames of a mesh by ray casting, as `FromTruth` does; a mesh has no labels.

    Attributes:
        up: the world's up axis, always "+Z"; meshes with another one are turned when loaded.
    """

    name = "scene"
    version = "2"

    def __init__(self, path: Path | str, *, up: str | None = None, faults: Faults = NO_FAULTS,
                 honour_memory: bool = True, light: Light = _DAYLIGHT) -> None:
        """Loads a mesh.

        Args:
            path: a .glb, .gltf, .obj or .ply file in metres.
            up: the file's up axis, such as "+Y"; None = +Y for glTF, +Z for OBJ and PLY.
            faults: what goes wrong.
            honour_memory: False = show the scene whatever memory says.
            light: the light, fixed in the world.

        Raises:
            MeshError: the file cannot be used.
            InvalidValueError: `up` is no signed axis.
            MissingBackendError: open3d cannot be imported.
        """
        self._photographer = Photographer(load_mesh(path, up=up), light)
        super().__init__(self._photographer, light, faults=faults, honour_memory=honour_memory)

    def start_pose(self) -> Tensor:
        """`T_world_cam` `[4, 4]` float64: standing inside the mesh, looking the most open way."""
        return start_pose(self._photographer.caster)
