"""`Protocol`: paths frozen as data, under a name and a version."""

from __future__ import annotations

import hashlib
import json
import math
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import torch
from msgspec import Meta, Struct

from spatialmem import strictjson
from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import InvalidValueError, TrajectoryError
from spatialmem.revisit.route import Name, Pair, Route

LARGEST = 32 << 20
"""Bytes of the longest protocol file that is read."""

Side = Annotated[int, Meta(ge=16, le=4096)]
_MOST_ROUTES = 1_000


class Protocol(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an outside model must walk, and which frames of it are compared. A change needs a new version.

    Attributes:
        format: what the file is.
        name, version: by which it is quoted: `closed-loop/1`.
        about: one sentence.
        seed: of whatever dice a run throws.
        size: (height, width) of the pictures.
        fov_degrees: of the cameras, across; square pixels, centred.
        fps: frames a second.
        against: what the frames of pairs are compared with.
        metrics: the edition of the measures that it was drafted for; by which one a run was measured, its report says.
        routes: its paths, of one length.

    Raises:
        InvalidValueError: routes share a name or differ in length, or a pair does not fit `against`.
    """

    format: Literal["spatialmem revisit protocol"] = "spatialmem revisit protocol"
    name: Name
    version: Annotated[int, Meta(ge=1, le=9999)]
    about: Annotated[str, Meta(min_length=1, max_length=400)]
    seed: Annotated[int, Meta(ge=0, lt=2**32)]
    size: tuple[Side, Side]
    fov_degrees: Annotated[float, Meta(ge=10, le=150)]
    fps: Annotated[float, Meta(gt=0, le=240)]
    against: Literal["first visit", "truth"]
    metrics: Annotated[str, Meta(min_length=1, max_length=40)]
    routes: Annotated[tuple[Route, ...], Meta(min_length=1, max_length=_MOST_ROUTES)]

    def __post_init__(self) -> None:
        names = [route.name for route in self.routes]
        if not names or len(set(names)) != len(names):
            raise InvalidValueError(f"protocol {self.name!r}: needs routes, each with a name of its own, got {names}")
        if len({route.frames for route in self.routes}) != 1:
            raise InvalidValueError(f"protocol {self.name!r}: its routes must have equally many frames, got "
                                    f"{[route.frames for route in self.routes]}")
        truth = self.against == "truth"
        for route in self.routes:
            wrong = next((pair for pair in route.pairs if (pair.first == pair.again) != truth), None)
            if wrong is not None:
                need = "first = again" if truth else "first < again"
                raise InvalidValueError(f"protocol {self.name!r}, route {route.name!r}: against the {self.against}, "
                                        f"pairs need {need}, got {list(wrong)}")

    @property
    def frames(self) -> int:
        """Of each route."""
        return self.routes[0].frames

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of everything in it: the BLAKE2b hash of its JSON, compact with sorted keys."""
        plain = msgspec.convert(msgspec.to_builtins(self), Protocol)  # a 1 that is meant as 1.0 becomes one
        return hashlib.blake2b(msgspec.json.encode(plain, order="sorted"), digest_size=16).hexdigest()

    def route(self, name: str) -> Route:
        """The route of that name. Raises TrajectoryError."""
        for route in self.routes:
            if route.name == name:
                return route
        raise TrajectoryError(f"protocol {self.name!r} has no route {name!r}; it has "
                              f"{', '.join(route.name for route in self.routes)}")

    def first(self, frames: int) -> Protocol:
        """The first `frames` frames of each route, in exactly the same poses, and the pairs that lie in them.

        Raises:
            InvalidValueError: some route would have no pair left.
        """
        if frames >= self.frames:
            return self
        least = 1 + max(min(pair.again for pair in route.pairs) for route in self.routes)
        if frames < max(least, 2):
            raise InvalidValueError(f"protocol {self.name!r}: {frames} frames are too few, with fewer than {least} a "
                                    "route has nothing that is compared; ask for more")
        return msgspec.structs.replace(self, routes=tuple(_cut(route, frames) for route in self.routes))

    def camera(self, T_world_cam: torch.Tensor, *, size: tuple[int, int] | None = None) -> Cameras:
        """One camera at a pose `[4, 4]`, with the protocol's field of view, of its size or another (height, width)."""
        height, width = size or self.size
        return Cameras(pinhole(math.radians(self.fov_degrees), height, width)[None], T_world_cam[None], height, width)


def protocol(name: str) -> Protocol:
    """A protocol that comes with the package: `closed-loop` in its newest version, or `closed-loop/1`.

    Raises:
        TrajectoryError: there is none of that name or version.
    """
    word, slash, version = name.partition("/")
    known = _shipped()
    versions = known.get(word, {})
    if not versions or (slash and version not in map(str, versions)):
        listed = ", ".join(f"{each}/{max(known[each])}" for each in known)
        raise TrajectoryError(f"protocol {name!r} is not known; known are {listed}, or a file (.json)")
    file = versions[int(version) if slash else max(versions)]
    return parse_protocol(file.read_bytes(), file.name)


def protocol_names() -> tuple[str, ...]:
    """The names that `protocol` knows."""
    return tuple(_shipped())


def read_protocol(path: Path | str) -> Protocol:
    """The protocol in a user's own file.

    Raises:
        TrajectoryError: the file is missing, too long, not strict JSON, or no protocol.
    """
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST:
            raise TrajectoryError(f"{file}: has {file.stat().st_size} bytes, at most {LARGEST} are read")
        text = file.read_bytes()
    except OSError as error:
        raise TrajectoryError(f"{file}: cannot be read ({error.strerror}); give a protocol's .json") from None
    return parse_protocol(text, str(file))


def parse_protocol(text: bytes, where: str) -> Protocol:
    """The protocol in `text`; messages begin with `where`.

    Raises:
        TrajectoryError: it is not strict JSON, or no protocol.
    """
    try:
        return msgspec.convert(strictjson.loads(text, where, limit=LARGEST, depth=5), Protocol)
    except InvalidValueError as error:
        raise TrajectoryError(str(error)) from None
    except msgspec.ValidationError as error:
        raise TrajectoryError(f"{where}: {error}") from None


def protocol_text(one: Protocol) -> str:
    """A protocol as JSON that people can read: a knot a line. `parse_protocol` gives back the same."""
    head = msgspec.to_builtins(one)
    routes = head.pop("routes")
    lines = [f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items()]
    blocks = []
    for route in routes:
        knots = ",\n   ".join(json.dumps(knot) for knot in route["knots"])
        pairs = json.dumps(route["pairs"])
        blocks.append(f'  {{"name": {json.dumps(route["name"])}, "frames": {route["frames"]}, "knots": [\n   {knots}],'
                      f'\n   "pairs": {pairs}}}')
    return "{\n" + "".join(lines) + ' "routes": [\n' + ",\n".join(blocks) + "\n ]\n}\n"


def _cut(route: Route, frames: int) -> Route:
    """Later knots stay: they bend the way to them."""
    pairs: tuple[Pair, ...] = tuple(pair for pair in route.pairs if pair.again < frames)
    return msgspec.structs.replace(route, frames=frames, pairs=pairs)


def _shipped() -> dict[str, dict[int, Traversable]]:
    """Files `NAME-VERSION.json` of the package by name and version."""
    found: dict[str, dict[int, Traversable]] = {}
    for file in sorted(files("spatialmem.revisit").joinpath("protocols").iterdir(), key=lambda file: file.name):
        named = re.fullmatch(r"([a-z0-9-]+)-([1-9][0-9]*)\.json", file.name)
        if named:
            found.setdefault(named[1], {})[int(named[2])] = file
    return found
