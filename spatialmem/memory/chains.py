"""How the clips of a world follow on each other, read from their objects: each names the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spatialmem.errors import InvalidValueError, SpatialMemError
from spatialmem.memory import cellfile, clipfile
from spatialmem.memory import plan as plans
from spatialmem.memory.clipfile import ClipFile
from spatialmem.memory.manifest import Manifest
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.rows import CellVersion
from spatialmem.memory.tensorfile import HEADER_LIMIT, peek
from spatialmem.protocols import Json


@dataclass(frozen=True)
class Link:
    """A clip object that is whole: its name, size and commit's number, and the name of the one before ("" = none)."""

    name: str
    size: int
    commit: int
    parent: str


@dataclass(frozen=True)
class Links:
    """Everything that the objects of one world say about its history.

    Attributes:
        objects, manifest: of the world.
        clips: by name.
        plan: name and size of the plan's object, or None.
        repairs: what stands for an object that was damaged, by that one's name.
    """

    objects: ObjectStore
    manifest: Manifest
    clips: Mapping[str, Link]
    plan: tuple[str, int] | None
    repairs: Mapping[str, CellVersion]

    def chain(self, name: str) -> list[Link]:
        """The clips up to `name`, oldest first; empty where one of them is missing."""
        found: list[Link] = []
        while name:
            link = self.clips.get(name)
            if link is None:
                return []
            found.append(link)
            name = link.parent
        found.reverse()
        numbers = [link.commit for link in found]
        return found if numbers == list(range(1, len(found) + 1)) else []

    def longest(self) -> list[Link]:
        """The longest history that is whole; of equals, the one whose last name comes first."""
        parents = {link.parent for link in self.clips.values()}
        ends = sorted((link for link in self.clips.values() if link.name not in parents),
                      key=lambda link: (-link.commit, link.name))
        # the end of a broken chain leads nowhere, and so do those above it until the break is passed
        return next((chain for end in ends if (chain := self.chain(end.name))), [])

    def named(self, beginning: str) -> Link:
        """The one clip whose name begins so.

        Raises:
            InvalidValueError: there is none, or more than one.
        """
        found = [link for name, link in self.clips.items() if name.startswith(beginning)]
        if len(found) != 1:
            raise InvalidValueError(f"{beginning!r}: {len(found) or 'no'} commits have a name that begins so; "
                                    "spatialmem log prints names")
        return found[0]


def read_links(objects: ObjectStore, manifest: Manifest) -> Links:
    """All clips that are whole, the plan, and the repairs among the objects of a world; what is damaged is left out.

    Raises:
        StorageError: the folder cannot be read.
    """
    clips: dict[str, Link] = {}
    plan: tuple[str, int] | None = None
    repairs: dict[str, CellVersion] = {}
    for name in objects.names():
        path = objects.path(name)
        size = path.stat().st_size
        try:
            with path.open("rb") as file:
                head = peek(file.read(8 + HEADER_LIMIT), str(path))
            if head.get("world") != manifest.world:
                continue
            kind = head.get("kind")
            if kind == clipfile.KIND:
                commit = clipfile.whole(head["commit"])
                clip = ClipFile(objects.read(name, size), str(path), world=manifest.world, commit=commit)
                clips[name] = Link(name, size, commit, clip.change.parent)
            elif kind == plans.KIND:
                plans.decode_plan(objects.read(name, size), str(path), world=manifest.world)
                plan = name, size
            elif kind == cellfile.KIND and (origin := head.get("origin")) is not None:
                repairs[str(origin)] = _repair(head, name, size, str(origin))
        except (SpatialMemError, OSError, KeyError, TypeError, ValueError):
            continue  # damage is what a rebuild is there for; `check` names it afterwards
    return Links(objects, manifest, clips, plan, repairs)


def _repair(head: dict[str, Json], name: str, size: int, origin: str) -> CellVersion:
    """The version that a repaired cell's object, of which this is the `head`, stands for."""
    row = {"key": head["key"], "object": name, "bytes": size, "gaussians": head["count"], "low": head["low"],
           "high": head["high"], "reach": head["reach"]}
    return replace(clipfile.parse_version(row, clipfile.whole(head["commit"])), origin=origin)
