"""The tables of `world.db`, and the guard that accepts no others."""

import sqlite3
from pathlib import Path

from spatialmem.errors import WorldFormatError

VERSION = 1
APPLICATION_ID = 0x53504D31  # "SPM1"

TABLES = (
    """CREATE TABLE writer (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        fence INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE plan (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        hash TEXT NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE commits (
        number INTEGER PRIMARY KEY CHECK (number > 0),
        created TEXT NOT NULL,
        gaussians INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE clips (
        number INTEGER PRIMARY KEY REFERENCES commits (number),
        hash TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        start INTEGER NOT NULL,
        frames INTEGER NOT NULL CHECK (frames > 0)
    ) STRICT""",
    """CREATE TABLE keyframes (
        number INTEGER PRIMARY KEY CHECK (number >= 0),
        clip INTEGER NOT NULL REFERENCES clips (number),
        heldout INTEGER NOT NULL CHECK (heldout IN (0, 1)),
        height INTEGER NOT NULL,
        width INTEGER NOT NULL,
        T_world_cam BLOB NOT NULL CHECK (length(T_world_cam) = 128),
        K BLOB NOT NULL CHECK (length(K) = 72)
    ) STRICT""",
    """CREATE TABLE cells (
        id INTEGER PRIMARY KEY,
        level INTEGER NOT NULL,
        x INTEGER NOT NULL,
        y INTEGER NOT NULL,
        z INTEGER NOT NULL,
        UNIQUE (level, x, y, z)
    ) STRICT""",
    """CREATE TABLE cell_versions (
        cell INTEGER NOT NULL REFERENCES cells (id),
        begun INTEGER NOT NULL REFERENCES commits (number),
        retired INTEGER REFERENCES commits (number) CHECK (retired > begun),
        hash TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        origin TEXT,
        gaussians INTEGER NOT NULL CHECK (gaussians > 0),
        low_x REAL NOT NULL, low_y REAL NOT NULL, low_z REAL NOT NULL,
        high_x REAL NOT NULL, high_y REAL NOT NULL, high_z REAL NOT NULL,
        reach REAL NOT NULL,
        PRIMARY KEY (cell, begun)
    ) STRICT""",
    """CREATE TABLE covisibility (
        cell INTEGER NOT NULL REFERENCES cells (id),
        keyframe INTEGER NOT NULL REFERENCES keyframes (number),
        weight REAL NOT NULL CHECK (weight > 0 AND weight <= 1),
        PRIMARY KEY (cell, keyframe)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE notes (
        number INTEGER PRIMARY KEY REFERENCES commits (number),
        record TEXT NOT NULL
    ) STRICT""",
)


def create_schema(connection: sqlite3.Connection) -> None:
    """Makes the tables in an empty database, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for table in TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO writer (id, fence) VALUES (1, 0)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise WorldFormatError unless the database has exactly the tables of this version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise WorldFormatError(f"{path}: is no database of a world; restore it from a backup")
    if version != VERSION:
        raise WorldFormatError(f"{path}: has schema version {version}, this spatialmem reads {VERSION}; "
                               "upgrade spatialmem")
    if unknown := _entries(connection) ^ _expected():
        # A foreign trigger or view would run with the writer's rights: nothing unknown is accepted.
        names = ", ".join(sorted({str(name) for _, name, _ in unknown}))
        raise WorldFormatError(f"{path}: unknown, changed or missing: {names[:200]}; restore it from a "
                               "backup")


def _expected() -> set[tuple[str, str, str | None]]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create_schema(connection)
        return _entries(connection)
    finally:
        connection.close()


def _entries(connection: sqlite3.Connection) -> set[tuple[str, str, str | None]]:
    return set(connection.execute("SELECT type, name, sql FROM sqlite_schema"))
