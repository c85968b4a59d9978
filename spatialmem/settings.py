"""`Settings`: what an exploration is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import get_type_hints

from spatialmem.errors import InvalidValueError
from spatialmem.generators.remote.address import without_token
from spatialmem.memory.kinds import HYBRID, KINDS, MemoryKind
from spatialmem.protocols import Json

REMARKS = "remarks"
"""Key of a plan's record under which the generator's remarks on what it was asked are kept beside the settings."""


@dataclass(frozen=True)
class Settings:
    """What an exploration is asked to do; kept with the world.

    Attributes:
        generator: `recorded`, `scene`, `procedural`, `embedded`, `package.module:Class`, `http://HOST:PORT`, or None
            to go by the input. A token in an address is used and never kept.
        input: a recording's folder or a mesh file.
        prompt: text for the generator.
        trajectory: a name or a pose file; None = `recorded` where the generator has a path, `tour` where it
            has free space, else `out-and-back`.
        frames: how many, in a continuation how many more; None = all of a recorded path or file, 300 of a walk such
            as `tour`, 48 of another name.
        clip: frames a step.
        holdout: every so many-th frame is stored but never fused; 0 = none.
        size: (height, width); None = the recording's own, the generator's usual one, else 320x240.
        seed: of all that is random.
        up: the up axis of a mesh file.
        faults: of the generators scene and procedural, such as "blur=2".
        style_seed: of the generators procedural and embedded: other materials and colours for the same layout;
            None = 0.
        layout: a user's layout for the generators procedural and embedded.
        memory: what the generator is given of the past.
        image: a picture that the generator embedded begins with.
        fov: degrees across that picture; None = a usual one.
        hypothesis: which of the things that the unseen may be; 0 = the first one.
        origin: the folder of the world that this one began as; None = it began empty.
        since: how many commits came with it from there.
    """

    generator: str | None = None
    input: str | None = None
    prompt: str = ""
    trajectory: str | None = None
    frames: int | None = None
    clip: int = 8
    holdout: int = 0
    size: tuple[int, int] | None = None
    seed: int = 0
    up: str | None = None
    faults: str = ""
    style_seed: int | None = None
    layout: str | None = None
    memory: MemoryKind = HYBRID
    image: str | None = None
    fov: float | None = None
    hypothesis: int = 0
    origin: str | None = None
    since: int = 0

    def record(self) -> dict[str, Json]:
        """As strict JSON, without the token of an address."""
        name = None if self.generator is None else without_token(self.generator)
        return {**asdict(self), "generator": name, "size": None if self.size is None else [*self.size]}

    @staticmethod
    def from_record(record: Mapping[str, object]) -> Settings:
        """What `record` wrote, or the settings that a user gave by name.

        Raises:
            InvalidValueError: a setting is unknown or of the wrong type. One that is missing has its default.
        """
        size = record.get("size")
        values: dict[str, object] = {**record, "size": tuple(size) if isinstance(size, list) else size}
        values.pop(REMARKS, None)
        wrong = [f"{name}={value!r}" for name, value in values.items() if not _is_setting(name, value)]
        if wrong:
            raise InvalidValueError(f"the world's plan cannot be read ({', '.join(wrong)}); explore into a new folder")
        return Settings(**values)  # type: ignore[arg-type]


def _is_setting(name: str, value: object) -> bool:
    if name == "size":
        return value is None or (isinstance(value, tuple) and [type(side) for side in value] == [int, int])
    if name == "memory":
        return value in KINDS
    kind = get_type_hints(Settings).get(name)
    return kind is not None and isinstance(value, kind) and not isinstance(value, bool)
