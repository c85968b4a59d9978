"""What a mesh file claims about itself, checked against its size before anything is allocated."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from spatialmem.errors import MeshError
from spatialmem.generators.scene.texture_checks import check_image, embedded_bytes
from spatialmem.protocols import Json

_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_UNDERSTOOD = {"KHR_materials_unlit", "KHR_materials_emissive_strength", "KHR_materials_specular",
               "KHR_materials_ior", "KHR_lights_punctual", "EXT_texture_webp"}


def check_mesh_file(path: Path) -> None:
    """Raise MeshError if `path` is missing, of an unknown kind, truncated, or claims more than it holds."""
    if not path.is_file():
        raise MeshError(f"{path}: no such file; give a GLB, OBJ or PLY mesh")
    kind = path.suffix.lower()
    if kind == ".glb":
        _check_glb(path)
    elif kind == ".gltf":
        _check_gltf(path, _parse(path, path.read_bytes()), b"")
    elif kind == ".ply":
        _check_ply(path)
    elif kind != ".obj":
        raise MeshError(f"{path}: {kind or 'a file without suffix'} is not supported; "
                        "convert it to GLB, OBJ or PLY")


def _check_glb(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"glTF":
            raise MeshError(f"{path}: not a GLB file (it must begin with 'glTF'); export it again")
        version, length = struct.unpack("<II", head[4:])
        if version != 2:
            raise MeshError(f"{path}: glTF version {version}; export it again as glTF 2")
        if length > size:
            raise MeshError(f"{path}: truncated, the header promises {length} bytes and the file has {size}; "
                            "copy it again")
        text, binary = b"", b""
        at = 12
        while at + 8 <= length:
            file.seek(at)
            chunk, kind = struct.unpack("<II", file.read(8))
            if chunk > length - at - 8:
                raise MeshError(f"{path}: a chunk of {chunk} bytes at byte {at} runs past the end; "
                                "copy it again")
            if kind == _JSON_CHUNK:
                text = text or file.read(chunk)
            elif kind == _BINARY_CHUNK:
                binary = binary or file.read(chunk)
            at += 8 + chunk
    if not text:
        raise MeshError(f"{path}: no JSON chunk; export it again as binary glTF 2")
    _check_gltf(path, _parse(path, text), binary)


def _parse(path: Path, text: bytes) -> Mapping[str, Json]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MeshError(f"{path}: its glTF JSON cannot be read ({error}); export it again") from error
    if not isinstance(content, dict):
        raise MeshError(f"{path}: its glTF JSON is no object; export it again")
    return content


def _rows(path: Path, content: Mapping[str, Json], name: str) -> list[dict[str, Json]]:
    rows = content.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MeshError(f"{path}: glTF '{name}' is no list of objects; export it again")
    return [row for row in rows if isinstance(row, dict)]


def _number(path: Path, row: Mapping[str, Json], name: str, default: int | None = None) -> int:
    value = row.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MeshError(f"{path}: glTF '{name}' must be a whole number >= 0, got {value!r}; export it again")
    return value


def _check_gltf(path: Path, content: Mapping[str, Json], binary: bytes) -> None:
    needs = content.get("extensionsRequired", [])
    unknown = sorted({str(name) for name in needs} - _UNDERSTOOD) if isinstance(needs, list) else ["?"]
    if unknown:
        raise MeshError(f"{path}: needs the glTF extension {', '.join(unknown)}, which is not supported; "
                        "export it without compression")
    buffers = [_buffer(path, row, binary) for row in _rows(path, content, "buffers")]
    views: list[memoryview] = []
    for row in _rows(path, content, "bufferViews"):
        owner, start, size = (_number(path, row, name, d) for name, d in
                              (("buffer", None), ("byteOffset", 0), ("byteLength", None)))
        if owner >= len(buffers) or start + size > len(buffers[owner]):
            raise MeshError(f"{path}: a glTF bufferView runs past the end of its buffer; export it again")
        views.append(buffers[owner][start : start + size])
    for row in _rows(path, content, "accessors"):
        _check_accessor(path, row, views)
    for number, row in enumerate(_rows(path, content, "images")):
        if "uri" in row:
            check_image(path, number, _content(path, str(row["uri"])))
        elif (view := _number(path, row, "bufferView")) < len(views):
            check_image(path, number, bytes(views[view]))
        else:
            raise MeshError(f"{path}: a glTF image refers to a bufferView that is not there; "
                            "export it again")


def _buffer(path: Path, row: Mapping[str, Json], binary: bytes) -> memoryview:
    """What a buffer holds, which may be less than it claims."""
    claimed = _number(path, row, "byteLength")
    held = _content(path, str(row["uri"])) if "uri" in row else binary
    if claimed > len(held):
        raise MeshError(f"{path}: a glTF buffer promises {claimed} bytes and has {len(held)}; "
                        "copy or export it again")
    return memoryview(held)


def _check_accessor(path: Path, row: Mapping[str, Json], views: list[memoryview]) -> None:
    count = _number(path, row, "count")
    component = _COMPONENT_BYTES.get(_number(path, row, "componentType"))
    width = _COMPONENTS.get(str(row.get("type")))
    if component is None or width is None:
        raise MeshError(f"{path}: a glTF accessor has an unknown type; export it again")
    if "bufferView" not in row:
        # zeros by definition, of a size that nothing in the file backs
        raise MeshError(f"{path}: a glTF accessor has no bufferView (sparse or compressed); "
                        "export it without")
    view = _number(path, row, "bufferView")
    start = _number(path, row, "byteOffset", 0)
    if view >= len(views) or start + count * component * width > len(views[view]):
        raise MeshError(f"{path}: a glTF accessor of {count} elements runs past its bufferView; "
                        "export it again")


def _content(path: Path, uri: str) -> bytes:
    """What a URI refers to: embedded, or a file beside the mesh."""
    if uri.startswith("data:"):
        return embedded_bytes(path, uri)
    target = (path.parent / unquote(uri)).resolve()
    if "://" in uri or not target.is_relative_to(path.parent.resolve()):
        raise MeshError(f"{path}: refers to {uri!r}, outside its own folder; put all its files beside it")
    if not target.is_file():
        raise MeshError(f"{path}: refers to {uri!r}, which is not there; put all its files beside it")
    return target.read_bytes()


def _check_ply(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1 << 16)
    header, end, _ = head.partition(b"end_header")
    if not head.startswith(b"ply") or not end:
        raise MeshError(f"{path}: not a PLY file (no header from 'ply' to 'end_header'); export it again")
    for line in header.splitlines():
        words = line.split()
        if words[:1] == [b"element"] and (len(words) != 3 or not words[2].isdigit() or int(words[2]) > size):
            claim = line.decode("ascii", "replace").strip()
            raise MeshError(f"{path}: truncated, its header promises '{claim}' and the file has {size} bytes")
