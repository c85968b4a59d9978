"""The plan of an exploration: what was asked, kept with the world so that it can go on after a stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.memory import strictjson
from spatialmem.memory.tensorfile import pack, unpack
from spatialmem.protocols import Json

RECORD_LIMIT = 1 << 20


@dataclass(frozen=True, eq=False)
class Plan:
    """What an exploration was asked to do.

    Attributes:
        record: settings by name (generator, input, trajectory, clip, holdout, seed ...), strict JSON.
        cameras: the whole path, requested poses.

    Raises:
        InvalidValueError: `record` is not strict JSON or longer than 1 MB.
    """

    record: Mapping[str, Json]
    cameras: Cameras

    def __post_init__(self) -> None:
        if len(strictjson.dumps(self.record, "Plan.record")) > RECORD_LIMIT:
            raise InvalidValueError(f"Plan.record takes more than {RECORD_LIMIT} bytes; name files in it")


def encode_path(cameras: Cameras, *, world: str) -> bytes:
    """The object of a camera path."""
    tensors = {"K": cameras.K.cpu(), "T_world_cam": cameras.T_world_cam.cpu()}
    return pack(tensors, {"kind": "path", "world": world, "height": cameras.height, "width": cameras.width})


def decode_path(blob: bytes, where: str, *, world: str) -> Cameras:
    """The cameras of a path object. Raises WorldFormatError where it is none of this world."""
    tensors, record = unpack(blob, where)
    height, width = record.get("height"), record.get("width")
    if record.get("kind") != "path" or record.get("world") != world or set(tensors) != {"K", "T_world_cam"}:
        raise WorldFormatError(f"{where}: is not a camera path of this world; restore it from a backup")
    if type(height) is not int or type(width) is not int:
        raise WorldFormatError(f"{where}: height and width must be whole numbers")
    try:
        return Cameras(tensors["K"], tensors["T_world_cam"], height, width)
    except (ShapeError, InvalidValueError) as error:
        raise WorldFormatError(f"{where}: {error}") from None
