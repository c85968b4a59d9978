"""The plan of an exploration: what was asked, kept with the world so that it can go on after a stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.memory import strictjson
from spatialmem.memory.tensorfile import pack, unpack
from spatialmem.protocols import Json

RECORD_LIMIT = 1 << 20
KIND = "plan"


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


def encode_plan(plan: Plan, *, world: str) -> bytes:
    """The object of a plan."""
    text, cameras = strictjson.dumps(plan.record, "Plan.record").encode(), plan.cameras
    tensors = {"K": cameras.K.cpu(), "T_world_cam": cameras.T_world_cam.cpu(),
               "record": torch.from_numpy(np.frombuffer(text, np.uint8).copy())}
    return pack(tensors, {"kind": KIND, "world": world, "height": cameras.height, "width": cameras.width})


def decode_plan(blob: bytes, where: str, *, world: str) -> Plan:
    """The plan of such an object. Raises WorldFormatError where it is none of this world."""
    tensors, head = unpack(blob, where)
    height, width = head.get("height"), head.get("width")
    named = {"K", "T_world_cam", "record"}
    if (head.get("kind"), head.get("world")) != (KIND, world) or set(tensors) != named:
        raise WorldFormatError(f"{where}: is not the plan of this world; restore it from a backup")
    if type(height) is not int or type(width) is not int:
        raise WorldFormatError(f"{where}: height and width must be whole numbers")
    record = strictjson.loads(tensors["record"].numpy().tobytes(), where, limit=RECORD_LIMIT)
    try:
        return Plan(record, Cameras(tensors["K"], tensors["T_world_cam"], height, width))
    except (ShapeError, InvalidValueError) as error:
        raise WorldFormatError(f"{where}: {error}") from None
