"""What a served generator says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.generators.remote.message import (
    UNUSABLE,
    cameras_tensors,
    decode,
    encode,
    mapping,
    text,
    unusable,
    whole,
)
from spatialmem.poses import check_rigid
from spatialmem.protocols import Generator, Json, provenance

MOST_FRAMES, MOST_MULTIPLE = 4096, 4096
"""More than any model makes at once: what a server says is not taken on trust."""

LABEL_LETTERS = 200


@dataclass(frozen=True, eq=False)
class Description:
    """The members of a generator that is elsewhere.

    Attributes:
        name, version, given, clip, size_multiple, up: as the generator has them.
        verifies: whether it can verify cameras.
        state: the one it was served in, where every world begins.
        limit: bytes of the longest request that its server takes.
        cameras: a path of its own, or None.
        start_pose: `[4, 4]` float64 `T_world_cam` where named paths begin, or None.
    """

    name: str
    version: str
    given: bool
    clip: int | None
    size_multiple: int
    up: str
    verifies: bool
    state: Mapping[str, Json]
    limit: int
    cameras: Cameras | None = None
    start_pose: Tensor | None = None


def describe(generator: Generator, limit: int) -> Description:
    """The description of a generator that is here."""
    origin = provenance(generator)
    start_pose: Callable[[], Tensor] | None = getattr(generator, "start_pose", None)
    return Description(origin["generator"], origin["version"], origin["provenance"] == "given", generator.clip,
                       generator.size_multiple, str(getattr(generator, "up", "+Z")),
                       callable(getattr(generator, "verify", None)), dict(generator.state()), limit,
                       getattr(generator, "cameras", None), None if start_pose is None else start_pose().double())


def encode_description(told: Description) -> bytes:
    """As a message."""
    tensors: dict[str, Tensor] = {} if told.cameras is None else cameras_tensors(told.cameras)
    if told.start_pose is not None:
        tensors["start_pose"] = told.start_pose.cpu()
    size: Json = None if told.cameras is None else [told.cameras.height, told.cameras.width]
    members: dict[str, Json] = {
        "name": told.name, "version": told.version, "given": told.given, "clip": told.clip,
        "size_multiple": told.size_multiple, "up": told.up, "verifies": told.verifies}
    return encode("generator", tensors, {"generator": members, "state": dict(told.state), "limit": told.limit,
                                         "size": size})


def decode_description(blob: bytes) -> Description:
    """What `encode_description` wrote. Raises InvalidValueError where it is none."""
    tensors, record = decode(blob, "generator")
    try:
        members = mapping(record, "generator")
        clip = None if members["clip"] is None else whole(members, "clip")
        multiple = whole(members, "size_multiple")
        if not 1 <= (1 if clip is None else clip) <= MOST_FRAMES or not 1 <= multiple <= MOST_MULTIPLE:
            raise InvalidValueError(f"'clip' must be null or 1..{MOST_FRAMES} and 'size_multiple' 1..{MOST_MULTIPLE}, "
                                    f"got {clip} and {multiple}")
        up, start_pose = text(members, "up"), tensors.get("start_pose")
        if not re.fullmatch(r"[+-][XYZ]", up):
            raise InvalidValueError(f"'up' must be a signed axis, got {up[:40]!r}")
        if start_pose is not None:
            check_rigid(start_pose[None], "start_pose")
        return Description(_label(members, "name"), _label(members, "version"), members["given"] is True, clip,
                           multiple, up, members["verifies"] is True, mapping(record, "state"),
                           whole(record, "limit"), _cameras(tensors, record), start_pose)
    except UNUSABLE as error:
        raise unusable("generator", error) from None


def _label(members: Mapping[str, Json], name: str) -> str:
    """A short text of printable letters: it is shown to people."""
    label = text(members, name)
    if len(label) > LABEL_LETTERS or not (label.isprintable() or not label):
        raise InvalidValueError(f"{name!r} must be at most {LABEL_LETTERS} printable letters")
    return label


def _cameras(tensors: Mapping[str, Tensor], record: Mapping[str, Json]) -> Cameras | None:
    size = record["size"]
    if size is None:
        return None
    if not isinstance(size, list) or len(size) != 2:
        raise InvalidValueError("'size' must be [height, width]")
    sides = {"height": size[0], "width": size[1]}
    return Cameras(tensors["K"], tensors["T_world_cam"], whole(sides, "height"), whole(sides, "width"))
