"""`WORLD.json`: what never changes in a world."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from spatialmem.errors import InvalidValueError, StorageError, WorldFormatError
from spatialmem.memory import strictjson
from spatialmem.protocols import Json

NAME = "WORLD.json"
FORMAT = "spatialmem-world"
VERSION = 1
UP_AXES = ("+X", "-X", "+Y", "-Y", "+Z", "-Z")
_SIZE_LIMIT = 1 << 16


@dataclass(frozen=True)
class Manifest:
    """The fixed facts of a world.

    Attributes:
        up: signed world axis that points up, such as "+Z" or "-Y".
        units: of all coordinates; "metre" is the only one.
        world: 32 hex digits that every object of this world repeats.
        cell_edge: edge in metres of a cell of level 0.
        created: UTC, ISO 8601.
        version: of the format.

    Raises:
        InvalidValueError: a value is none of the above.
    """

    up: str
    units: str
    world: str
    cell_edge: float
    created: str
    version: int = VERSION

    def __post_init__(self) -> None:
        if self.up not in UP_AXES:
            raise InvalidValueError(f"up must be one of {', '.join(UP_AXES)}, got {self.up!r}")
        if self.units != "metre":
            raise InvalidValueError(f"units must be 'metre', got {self.units!r}; scale the input to metres")
        if not re.fullmatch(r"[0-9a-f]{32}", self.world):
            raise InvalidValueError(f"world must be 32 hex digits, got {self.world!r}")
        if not 1e-2 <= self.cell_edge <= 1e4:
            raise InvalidValueError(f"cell_edge must lie in 0.01..10000 metres, got {self.cell_edge}")

    @staticmethod
    def new(*, up: str, units: str, cell_edge: float) -> Manifest:
        """A manifest with a fresh world id."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return Manifest(up, units, secrets.token_hex(16), cell_edge, created)

    def text(self) -> str:
        """The contents of `WORLD.json`."""
        return strictjson.dumps({"format": FORMAT, **asdict(self)}, NAME) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the world in `folder`.

    Raises:
        WorldFormatError: no world, a damaged manifest, or one of a newer version.
    """
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        within = sorted(child.parent for child in folder.glob(f"*/{NAME}")) if folder.is_dir() else []
        advice = f"did you mean {within[0]}?" if within else (
            "check the path, or make a world there with `spatialmem explore`")
        raise WorldFormatError(f"{folder}: is no world: {NAME} is missing; {advice}")
    try:
        with path.open("rb") as file:
            text = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror}); check the disk and your permissions") from None
    return _parse(strictjson.loads(text, str(path), limit=_SIZE_LIMIT), str(path))


def _parse(record: dict[str, Json], where: str) -> Manifest:
    version = record.get("version")
    if record.pop("format", None) != FORMAT:
        raise WorldFormatError(f"{where}: 'format' must be {FORMAT!r}; this folder belongs to something else")
    if type(version) is int and version > VERSION:
        raise WorldFormatError(f"{where}: format version {version} is newer than {VERSION}, the newest that "
                               "this spatialmem reads; upgrade spatialmem")
    types = {"up": str, "units": str, "world": str, "cell_edge": float, "created": str, "version": int}
    if {name: type(value) for name, value in record.items()} != types or version != VERSION:
        raise WorldFormatError(f"{where}: needs exactly {', '.join(types)} and format, each of its type; "
                               "restore it from a backup")
    try:
        return Manifest(**record)  # type: ignore[arg-type]  # the types were compared above
    except InvalidValueError as error:
        raise WorldFormatError(f"{where}: {error}") from None
