"""`Scene`: a generator that ray-casts a textured mesh: the truth, and graded departures from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.frames import UNKNOWN, Frames, Recall
from spatialmem.generators.scene.fault_images import faulty_colour, faulty_depth, forgets, imagined
from spatialmem.generators.scene.fault_poses import disturbed
from spatialmem.generators.scene.faults import Faults
from spatialmem.generators.scene.honour import honoured
from spatialmem.generators.scene.light import Light
from spatialmem.generators.scene.mesh_file import load_mesh
from spatialmem.generators.scene.picture import Photographer
from spatialmem.generators.scene.props import Props
from spatialmem.generators.scene.start import start_pose
from spatialmem.protocols import Json, Request

_NO_FAULTS = Faults()
_DAYLIGHT = Light()


class Scene:
    """Generates frames of a mesh by ray casting; honours memory where it is trusted.

    Where memory is unknown or to be revised, the scene's truth appears, with the faults; where it
    is trusted, what it remembers is kept (`honour.honoured`). Depth is the scene's own. Moving
    content is never announced in `Frames.dynamic`: that is part of the fault.

    A frame whose pose is disturbed by a fault is returned as it was taken: memory is rendered at
    the pose that was asked for and would not line up with it.

    Attributes:
        up: the world's up axis, always "+Z"; meshes with another one are turned when loaded.
        given: False: its frames are generated, not recorded.
    """

    name = "scene"
    version = "1"
    clip: int | None = None
    size_multiple = 1
    given = False
    up = "+Z"

    def __init__(self, path: Path | str, *, up: str | None = None, faults: Faults = _NO_FAULTS,
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
        self.faults = faults
        self.honour_memory = honour_memory
        self._photographer = Photographer(load_mesh(path, up=up), light)
        self._props = Props(faults, self._photographer.caster, light)
        self._frame = 0
        self._clip = 0

    def truth(self, cameras: Cameras) -> Frames:
        """The scene at `cameras`, exactly: rgb and depth, without faults or memory."""
        return self._photographer.take(cameras)

    def generate(self, request: Request) -> Frames:
        """Frames labelled with the requested cameras; advances the frame and clip counters.

        Raises:
            GenerationError: the request's recall is not for its cameras.
        """
        asked, recall = request.cameras, request.recall
        if recall.trust.shape != (len(asked), asked.height, asked.width):
            raise GenerationError(f"the recall is for frames {list(recall.trust.shape)}, the cameras for "
                                  f"{[len(asked), asked.height, asked.width]}; recall at these cameras")
        used = disturbed(asked, self._frame, self.faults)
        true = self._photographer.take(used)
        rgb, depth, front = self._props.draw(true, recall.trust.numpy(), self._frame, self._clip)
        for i in range(len(rgb)):
            rgb[i] = faulty_colour(rgb[i], self._frame + i, self.faults)
        if self.honour_memory:
            usable = (used.T_world_cam == asked.T_world_cam).all(dim=(1, 2)).numpy()[:, None, None] & ~front
            fresh = Frames(torch.from_numpy(rgb), asked, depth=torch.from_numpy(depth))
            rgb = self._remember(fresh, recall, usable, true.rgb)
        for i in range(len(depth)):
            depth[i] = faulty_depth(depth[i], self._frame + i, self.faults)
        self._frame += len(asked)
        self._clip += 1
        return Frames(torch.from_numpy(rgb), asked, depth=torch.from_numpy(depth))

    def _remember(self, fresh: Frames, recall: Recall, usable: NDArray[np.bool_],
                  true: Tensor) -> NDArray[np.float32]:
        """The colours of `fresh` after memory has had its say in the `usable` pixels."""
        rgb = fresh.rgb.numpy()
        if forgets(self._clip, self.faults):
            known = usable & (recall.trust.numpy() != UNKNOWN)
            return np.where(known[..., None], imagined(rgb, self._clip, self.faults), rgb)
        trust = torch.where(torch.from_numpy(usable), recall.trust, UNKNOWN).to(torch.uint8)
        return honoured(fresh, Recall(recall.view, trust, recall.references), detail=true).numpy()

    def start_pose(self) -> Tensor:
        """`T_world_cam` `[4, 4]` float64: standing inside the mesh, looking the most open way."""
        return start_pose(self._photographer.caster)

    def state(self) -> Mapping[str, Json]:
        """The counters that faults depend on."""
        return {"frame": self._frame, "clip": self._clip}

    def restore(self, state: Mapping[str, Json]) -> None:
        """Goes on from a saved `state`.

        Raises:
            InvalidValueError: the state is not one of this generator.
        """
        frame, clip = state.get("frame"), state.get("clip")
        if type(frame) is not int or type(clip) is not int or min(frame, clip) < 0:
            raise InvalidValueError("scene state needs whole numbers 'frame' and 'clip' >= 0, "
                                    f"got {dict(state)!r}")
        self._frame, self._clip = frame, clip
