"""Mesh files (GLB, glTF, OBJ, PLY) as a `TexturedMesh` in the world frame."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual.color import ColorVisuals
from trimesh.visual.material import PBRMaterial

from spatialmem.errors import InvalidValueError, MeshError
from spatialmem.generators.colour import to_linear
from spatialmem.generators.scene.mesh import TexturedMesh
from spatialmem.generators.scene.mesh_checks import check_mesh_file
from spatialmem.generators.scene.texture_checks import MAX_SIDE

MAX_TEXTURE_SIDE = 4096
"""Larger textures are reduced to this."""

# trimesh lets the parsers' own errors through; these are what damaged files were seen to raise
_LOADER_ERRORS = (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, EOFError,
                  OverflowError, RecursionError, NotImplementedError, AssertionError, ZeroDivisionError,
                  struct.error)
_AXIS = {"X": 0, "Y": 1, "Z": 2}


def load_mesh(path: Path | str, *, up: str | None = None) -> TexturedMesh:
    """All triangles of a mesh file, in the world frame: +Z up, metres.

    Args:
        path: a .glb, .gltf, .obj or .ply file; all it refers to lies in its folder.
        up: the file's up axis, one of +X -X +Y -Y +Z -Z; None = +Y for glTF, +Z for OBJ and PLY.

    Raises:
        MeshError: the file is missing, damaged, has no triangles, or refers to files elsewhere.
        InvalidValueError: `up` is no signed axis.
    """
    path = Path(path)
    binary_gltf = path.suffix.lower() in (".glb", ".gltf")
    R_world_file = rotation_to_z_up(up if up is not None else "+Y" if binary_gltf else "+Z")
    check_mesh_file(path)
    try:
        loaded = trimesh.load_scene(path, process=False)
        return _Soup(linear_colors=binary_gltf).bake(loaded, R_world_file)
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error
    except _LOADER_ERRORS as error:
        raise MeshError(f"{path}: damaged, it cannot be read as a mesh ({_one_line(error)}); "
                        "export it again") from error


def rotation_to_z_up(up: str) -> NDArray[np.float64]:
    """The proper rotation `[3, 3]` that takes the signed axis `up` (such as "+Y") to +Z.

    "+Y" gives (x, y, z) -> (x, -z, y), as glTF viewers and Gazebo convert it.

    Raises:
        InvalidValueError: `up` is no signed axis.
    """
    match = re.fullmatch(r"([+-]?)([XYZ])", up.strip().upper())
    if match is None:
        raise InvalidValueError(f"up must be one of +X -X +Y -Y +Z -Z, got {up!r}")
    sign, axis = -1.0 if match[1] == "-" else 1.0, _AXIS[match[2]]
    if axis == 2:
        return np.diag([1.0, sign, sign])
    # a quarter turn about the horizontal axis that is not `up`
    R = np.eye(3)
    if axis == 1:
        R[1:, 1:] = [[0, -sign], [sign, 0]]
    else:
        R[[0, 0, 2, 2], [0, 2, 0, 2]] = [0, -sign, sign, 0]
    return R


class _Part(NamedTuple):
    """One placed instance, in the columns of `TexturedMesh`."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    uvs: NDArray[np.float32]
    colors: NDArray[np.float32]
    texture_ids: NDArray[np.int32]
    cutoffs: NDArray[np.float32]


class _Soup:
    """Collects the triangles of all instances; textures are kept once however often they are used."""

    def __init__(self, *, linear_colors: bool) -> None:
        self._linear_colors = linear_colors
        self._parts: list[_Part] = []
        self._names: list[str] = []
        self._textures: list[NDArray[np.uint8]] = []
        self._texture_of: dict[int, int] = {}

    def bake(self, loaded: trimesh.Scene, R_world_file: NDArray[np.float64]) -> TexturedMesh:
        offset = 0
        for node in loaded.graph.nodes_geometry:
            T_file_node, name = loaded.graph[node]
            part = loaded.geometry[name]
            if not isinstance(part, trimesh.Trimesh) or len(part.faces) == 0:
                continue
            vertices = np.asarray(part.vertices, np.float64)
            placed = (vertices @ T_file_node[:3, :3].T + T_file_node[:3, 3]) @ R_world_file.T
            self._add(part, placed, offset)
            material = getattr(getattr(part.visual, "material", None), "name", None)
            self._names.append(f"{node}/{name}/{material or ''}")
            offset += len(vertices)
        if not self._parts:
            raise MeshError("the mesh has no triangles; point clouds and empty scenes cannot be ray-cast")
        return TexturedMesh(
            vertices=np.concatenate([part.vertices for part in self._parts]),
            triangles=np.concatenate([part.triangles for part in self._parts]),
            uvs=np.concatenate([part.uvs for part in self._parts]),
            colors=np.concatenate([part.colors for part in self._parts]),
            texture_ids=np.concatenate([part.texture_ids for part in self._parts]),
            cutoffs=np.concatenate([part.cutoffs for part in self._parts]),
            textures=tuple(self._textures),
            parts=tuple((name, len(part.triangles)) for name, part in zip(self._names, self._parts, strict=True)))

    def _add(self, part: trimesh.Trimesh, vertices: NDArray[np.float64], offset: int) -> None:
        faces = np.asarray(part.faces, np.int64)
        if faces.min() < 0 or faces.max() >= len(vertices):
            raise MeshError(f"a triangle refers to vertex {faces.max()} of {len(vertices)}; export it again")
        material = _Material.of(part)
        colors = self._corner_colors(part, faces, material)
        texture = self._texture(material.image)
        uvs = np.zeros((len(faces), 3, 2), np.float32)
        uv = getattr(part.visual, "uv", None)
        if uv is not None and len(uv) == len(vertices) and texture >= 0:
            # trimesh counts v upwards, images count rows downwards
            uvs = np.stack([uv[faces, 0], 1 - uv[faces, 1]], -1).astype(np.float32)
        else:
            texture = -1
        cutoff = material.cutoff if texture >= 0 else 0.0
        if texture < 0 and material.alpha < material.cutoff:
            faces, uvs, colors = faces[:0], uvs[:0], colors[:0]
        rows = len(faces)
        self._parts.append(_Part(vertices, (faces + offset).astype(np.int32), uvs, colors,
                                 np.full(rows, texture, np.int32), np.full(rows, cutoff, np.float32)))

    def _corner_colors(self, part: trimesh.Trimesh, faces: NDArray[np.int64],
                       material: _Material) -> NDArray[np.float32]:
        colors: NDArray[np.floating] = np.full((len(faces), 3, 3), 1.0, np.float32)
        visual = part.visual
        if isinstance(visual, ColorVisuals):
            if visual.kind == "vertex":
                colors = visual.vertex_colors[faces][..., :3].astype(np.float32) / 255
            elif visual.kind == "face":
                colors = np.repeat(visual.face_colors[:, None, :3], 3, 1).astype(np.float32) / 255
            else:
                colors *= 0.7
        else:
            shared = getattr(visual, "vertex_attributes", {}).get("color")
            if shared is not None and len(shared) == len(part.vertices):
                tint = np.asarray(shared)[faces][..., :3]
                colors = tint.astype(np.float32) / (255 if tint.dtype.kind in "ui" else 1)
        tinted = (colors * material.factor).astype(np.float32)
        return tinted if self._linear_colors else to_linear(tinted)

    def _texture(self, image: Image.Image | None) -> int:
        if image is None:
            return -1
        if id(image) not in self._texture_of:
            self._texture_of[id(image)] = len(self._textures)
            self._textures.append(_pixels(image))
        return self._texture_of[id(image)]


class _Material:
    """What of a trimesh material matters here: base colour, texture and cut-out alpha."""

    def __init__(self, image: Image.Image | None, rgba: NDArray[np.float64], cutoff: float) -> None:
        self.image, self.factor, self.alpha, self.cutoff = image, rgba[:3], float(rgba[3]), cutoff

    @staticmethod
    def of(part: trimesh.Trimesh) -> _Material:
        material = getattr(part.visual, "material", None)
        if isinstance(material, PBRMaterial):
            mode = material.alphaMode or "OPAQUE"
            cutoff = 0.0 if mode == "OPAQUE" else material.alphaCutoff if mode == "MASK" else 0.5
            return _Material(material.baseColorTexture, _rgba(material.baseColorFactor),
                             0.5 if cutoff is None else float(cutoff))
        image = getattr(material, "image", None)
        if image is not None:
            # an OBJ texture with an alpha channel means a cut-out; its Kd is often left black by exporters
            return _Material(image, np.ones(4), 0.5 if image.mode in ("RGBA", "LA", "PA") else 0.0)
        return _Material(None, _rgba(getattr(material, "diffuse", None)), 0.5)


def _rgba(color: NDArray[np.generic] | None) -> NDArray[np.float64]:
    if color is None:
        return np.ones(4)
    value = np.asarray(color)
    scaled = value.astype(np.float64) / (255 if value.dtype.kind in "ui" else 1)
    return np.concatenate([scaled, np.ones(4)])[:4] if len(scaled) < 4 else scaled[:4]


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    if max(image.size) > MAX_SIDE:
        raise MeshError(f"a texture of {image.size[0]}x{image.size[1]} pixels is too large; "
                        f"reduce it to {MAX_SIDE} a side")
    factor = -(-max(image.size) // MAX_TEXTURE_SIDE)
    full = image.convert("RGBA")
    return np.array(full.reduce(factor) if factor > 1 else full)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
