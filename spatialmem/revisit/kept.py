"""What was found of a row on a route, kept in a run's folder, so that a stopped run goes on where it was."""

from __future__ import annotations

from pathlib import Path

import msgspec

from spatialmem.errors import WorldFormatError
from spatialmem.revisit.records import RouteRecord
from spatialmem.wholefile import write_whole


def record_file(folder: Path, row: str, route: str) -> Path:
    """Where a run keeps what it found of a row on a route."""
    return folder / "routes" / row / f"{route}.json"


def write_record(folder: Path, row: str, record: RouteRecord) -> None:
    """Keep a record."""
    write_whole(record_file(folder, row, record.route), msgspec.json.encode(record, order="sorted"))


def read_record(folder: Path, row: str, route: str) -> RouteRecord:
    """What `write_record` kept.

    Raises:
        WorldFormatError: it is missing or damaged.
    """
    file = record_file(folder, row, route)
    try:
        return msgspec.json.decode(file.read_bytes(), type=RouteRecord)
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise WorldFormatError(f"{file}: cannot be read ({error}); remove it, and the run measures it again") from None
