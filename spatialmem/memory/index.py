"""The index of a world: the only place where a commit begins to exist."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError, WorldChangedError, WorldFormatError, WorldLockedError
from spatialmem.memory.cellfile import Extent
from spatialmem.memory.cells import CellKey
from spatialmem.memory.commitnames import commit_at
from spatialmem.memory.database import NAME, database_errors, open_database, require_settled, transaction
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.memory.leaves import Leaves
from spatialmem.memory.rows import CellVersion, ClipRow, Commit, NewRows, Snapshot
from spatialmem.memory.seal import seal_text
from spatialmem.poses import check_rigid

_VERSIONS = """SELECT level, x, y, z, begun, hash, bytes, origin, gaussians,
    low_x, low_y, low_z, high_x, high_y, high_z, reach
    FROM cell_versions JOIN cells ON cells.id = cell_versions.cell"""

_FORGET = (
    "DELETE FROM covisibility WHERE keyframe IN (SELECT number FROM keyframes WHERE clip > ?)",
    "DELETE FROM keyframes WHERE clip > ?",
    "DELETE FROM notes WHERE number > ?",
    "DELETE FROM clips WHERE number > ?",
    "DELETE FROM cell_versions WHERE begun > ?",
    "UPDATE cell_versions SET retired = NULL WHERE retired > ?",
    "DELETE FROM commits WHERE number > ?",
    "DELETE FROM cells WHERE id NOT IN (SELECT cell FROM cell_versions UNION SELECT cell FROM covisibility)",
)

_CELL_ID = "SELECT id FROM cells WHERE level = ? AND x = ? AND y = ? AND z = ?"


class Index:
    """The open database of the world in `folder`.

    Opening to write raises the fencing number, so that a writer that lost its lock commits nothing.
    """

    def __init__(self, folder: Path, *, write: bool) -> None:
        self._path = folder / NAME
        self._connection = open_database(folder, write=write)
        self._fence = self._take_over() if write else None
        self._last: ClipRow | None = None

    def close(self) -> None:
        """Ends the connection; the last writer's close empties the log."""
        with database_errors(self._path):
            self._connection.close()

    def load(self, at: int | str | None = None) -> Snapshot:
        """What is live after commit `at` (a number, or the beginning of a name), or after the last one.

        Raises:
            InvalidValueError: there is no commit `at`.
            WorldFormatError: rows that contradict each other.
        """
        with database_errors(self._path), transaction(self._connection, write=False):
            commits = tuple(Commit(*row) for row in self._connection.execute(
                "SELECT number, created, gaussians, seal FROM commits ORDER BY number"))
            clips = tuple(ClipRow(*row) for row in self._connection.execute(
                "SELECT number, hash, bytes, start, frames FROM clips ORDER BY number"))
            head = len(commits) if at is None else commit_at([clip.name for clip in clips], at)
            clips = clips[:head]
            cells = Leaves(self.live(head))
            keyframes = self._keyframes(head)
        snapshot = Snapshot(commits[:head], clips, cells, keyframes)
        if not _consecutive(snapshot):
            raise WorldFormatError(f"{self._path}: commits, clips and keyframes are not numbered one after "
                                   "the other; restore it from a backup")
        self._last = clips[-1] if clips else None
        return snapshot

    def live(self, head: int) -> Iterable[CellVersion]:
        """Cell versions that are live after commit `head`."""
        query = f"{_VERSIONS} WHERE begun <= ? AND (retired IS NULL OR retired > ?)"
        return (_version(row) for row in self._connection.execute(query, (head, head)))

    def history(self, head: int) -> list[tuple[CellVersion, int | None]]:
        """Every cell version up to commit `head`, with the commit that retired it or None if live."""
        query = _VERSIONS.replace(" reach", " reach, retired")
        with database_errors(self._path):
            rows = self._connection.execute(f"{query} WHERE begun <= ? ORDER BY begun", (head,)).fetchall()
        return [(_version(row), retired if retired is not None and retired <= head else None)
                for *row, retired in rows]

    def newest(self) -> int:
        """Number of the last commit on disk, 0 for an empty world, whatever was loaded.

        Raises:
            WorldChangedError: the commit that was loaded is not among them any more.
        """
        with database_errors(self._path), transaction(self._connection, write=False):
            self._check_past()
            return int(self._connection.execute("SELECT coalesce(max(number), 0) FROM commits").fetchone()[0])

    def object_bytes(self, head: int) -> int:
        """Bytes of all objects that the history up to commit `head` refers to."""
        query = ("SELECT (SELECT total(bytes) FROM cell_versions WHERE begun <= ?) "
                 "+ (SELECT total(bytes) FROM clips WHERE number <= ?) "
                 "+ (SELECT total(bytes) FROM plan)")
        with database_errors(self._path), transaction(self._connection, write=False):
            self._check_past()
            return int(self._connection.execute(query, (head, head)).fetchone()[0])

    def append(self, rows: NewRows) -> None:
        """Adds one commit: all of it, or nothing.

        Raises:
            WorldLockedError: another writer took over, or committed meanwhile.
            StorageError: the disk refused; the world is as before.
        """
        commit, clip = rows.after.commits[-1], rows.after.clips[-1]
        with database_errors(self._path), transaction(self._connection, write=True):
            self._check_turn(commit.number - 1)
            execute, many = self._connection.execute, self._connection.executemany
            execute("INSERT INTO commits VALUES (?, ?, ?, ?)", astuple(commit))
            execute("INSERT INTO clips VALUES (?, ?, ?, ?, ?)", astuple(clip))
            many("INSERT INTO keyframes VALUES (?, ?, ?, ?, ?, ?, ?)",
                 _keyframe_rows(rows.after.keyframes, clip.start))
            written = [version.key for version in rows.written]
            ids = self._cell_ids([*rows.retired, *written, *(key for _, key, _ in rows.covisibility)])
            many("UPDATE cell_versions SET retired = ? WHERE cell = ? AND retired IS NULL",
                 [(commit.number, ids[key]) for key in rows.retired])
            many("INSERT INTO cell_versions VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 [(ids[v.key], v.begun, v.name, v.size, v.origin, v.gaussians,
                   *v.extent.low, *v.extent.high, v.extent.reach) for v in rows.written])
            many("INSERT INTO covisibility VALUES (?, ?, ?)",
                 [(ids[key], keyframe, weight) for keyframe, key, weight in rows.covisibility])
        self._last = clip

    def votes(self, keys: Sequence[CellKey], keyframes: int, limit: int) -> list[int]:
        """The `limit` of the first `keyframes` frames that saw most of the cells `keys`, best first."""
        # A cell that was split meanwhile was seen under its ancestor's key.
        wanted = {key: None for leaf in keys for key in (leaf, *leaf.ancestors())}
        with database_errors(self._path), transaction(self._connection, write=False):
            self._check_past()
            found = [self._connection.execute(_CELL_ID, key).fetchone() for key in wanted]
            ids = json.dumps([row[0] for row in found if row is not None])
            return [row[0] for row in self._connection.execute(
                "SELECT keyframe FROM covisibility "
                "WHERE cell IN (SELECT value FROM json_each(?)) AND keyframe < ? "
                "GROUP BY keyframe ORDER BY sum(weight) DESC, keyframe LIMIT ?", (ids, keyframes, limit))]

    def plan_row(self) -> tuple[str, int] | None:
        """Object name and size of the plan, or None."""
        with database_errors(self._path):
            row = self._connection.execute("SELECT hash, bytes FROM plan").fetchone()
        return None if row is None else (str(row[0]), int(row[1]))

    def set_plan(self, name: str, size: int) -> None:
        """Stores the plan of a world, in place of the one it may have."""
        with database_errors(self._path), transaction(self._connection, write=True):
            self._connection.execute("REPLACE INTO plan VALUES (1, ?, ?)", (name, size))

    def add_note(self, number: int, record: str) -> None:
        """Keeps a record of how the last commit, `number`, came about.

        Raises:
            InvalidValueError: it has one.
            WorldLockedError: another writer took over.
            StorageError: the disk refused; the commit stays.
        """
        with database_errors(self._path), transaction(self._connection, write=True):
            self._check_turn(number)
            if self._connection.execute("SELECT 1 FROM notes WHERE number = ?", (number,)).fetchone():
                raise InvalidValueError(f"note: commit {number} has one; note each commit once")
            self._connection.execute("INSERT INTO notes VALUES (?, ?, ?)", (number, record, seal_text(record)))

    def notes(self, head: int) -> dict[int, str]:
        """The records of the commits up to `head` that have one."""
        query = "SELECT number, record FROM notes WHERE number <= ? ORDER BY number"
        with database_errors(self._path), transaction(self._connection, write=False):
            self._check_past()
            return dict(self._connection.execute(query, (head,)).fetchall())

    def seen(self) -> Iterator[tuple[int, list[tuple[int, CellKey, float]]]]:
        """What the frames of each clip saw: its number, then keyframe, cell and weight; clips that saw nothing miss."""
        query = ("SELECT keyframes.clip, keyframe, level, x, y, z, weight FROM covisibility "
                 "JOIN cells ON cells.id = cell JOIN keyframes ON keyframes.number = keyframe ORDER BY keyframe")
        with database_errors(self._path):
            rows = self._connection.execute(query)
            for clip, group in groupby(rows, key=itemgetter(0)):
                yield clip, [(keyframe, CellKey(*key), weight) for _, keyframe, *key, weight in group]

    def broken_notes(self) -> list[int]:
        """Commits whose note is not what was written."""
        with database_errors(self._path):
            rows = self._connection.execute("SELECT number, record, seal FROM notes ORDER BY number")
            return [number for number, record, seal in rows if seal_text(record) != seal]

    def objects(self) -> dict[str, int]:
        """Name and size of every object that any commit, or the plan, refers to."""
        with database_errors(self._path), transaction(self._connection, write=False):
            return dict(self._connection.execute("SELECT hash, bytes FROM cell_versions UNION "
                                                 "SELECT hash, bytes FROM clips UNION SELECT hash, bytes FROM plan"))

    def settle(self) -> None:
        """Empties the log into the database, so that it is one file. Raises StorageError where that fails."""
        require_settled(self._connection, self._path)

    def forget(self, after: int, *, head: int) -> None:
        """Takes back every commit after `after` in a world whose last one is `head`: all of it, or nothing.

        Raises:
            WorldLockedError: another writer took over.
            StorageError: the disk refused; the world is as before.
        """
        with database_errors(self._path), transaction(self._connection, write=True):
            self._check_turn(head)
            for statement in _FORGET:
                self._connection.execute(statement, (after,) if "?" in statement else ())
        self._last = None

    def mend(self, damaged: CellVersion, mended: CellVersion) -> None:
        """Puts the row of a mended version in the place of the damaged one; the commits since then count anew.

        Raises:
            WorldLockedError: another writer took over.
            StorageError: the disk refused.
        """
        box = mended.extent
        with database_errors(self._path), transaction(self._connection, write=True):
            head = self._connection.execute("SELECT coalesce(max(number), 0) FROM commits").fetchone()[0]
            self._check_turn(head)
            changed = self._connection.execute(
                "UPDATE cell_versions SET hash = ?, bytes = ?, origin = ?, gaussians = ?, low_x = ?, low_y = ?, "
                f"low_z = ?, high_x = ?, high_y = ?, high_z = ?, reach = ? WHERE begun = ? AND cell = ({_CELL_ID})",
                (mended.name, mended.size, mended.origin, mended.gaussians, *box.low, *box.high, box.reach,
                 mended.begun, *mended.key)).rowcount
            if changed != 1:
                raise InvalidValueError(f"mend: commit {mended.begun} began no version of cell {tuple(mended.key)}")
            self._connection.execute("UPDATE commits SET gaussians = gaussians + ? WHERE number >= ?",
                                     (mended.gaussians - damaged.gaussians, mended.begun))

    def faults(self) -> list[str]:
        """What SQLite itself finds wrong; slow on large worlds."""
        found: list[str] = []
        with database_errors(self._path), transaction(self._connection, write=False):
            found += [row[0] for row in self._connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            found += [f"{row[0]} row {row[1]} refers to a missing row of {row[2]}"
                      for row in self._connection.execute("PRAGMA foreign_key_check")]
        return found

    def _take_over(self) -> int:
        with database_errors(self._path), transaction(self._connection, write=True):
            row = self._connection.execute("UPDATE writer SET fence = fence + 1 RETURNING fence").fetchone()
        return int(row[0])

    def _check_turn(self, head: int) -> None:
        query = "SELECT (SELECT fence FROM writer), (SELECT coalesce(max(number), 0) FROM commits)"
        if self._connection.execute(query).fetchone() != (self._fence, head):
            raise WorldLockedError(f"{self._path}: another writer took over; close this world and open it "
                                   "again")

    def _check_past(self) -> None:
        """Raise where the commit that was loaded is no longer the one of its number."""
        if self._last is None:
            return
        row = self._connection.execute("SELECT hash FROM clips WHERE number = ?", (self._last.number,)).fetchone()
        if row != (self._last.name,):
            raise WorldChangedError(f"{self._path}: commit {self._last.number} was taken back by another process; open "
                                    "the world again")

    def _cell_ids(self, keys: Iterable[CellKey]) -> dict[CellKey, int]:
        unique = dict.fromkeys(keys)
        self._connection.executemany("INSERT OR IGNORE INTO cells (level, x, y, z) VALUES (?, ?, ?, ?)",
                                     unique)
        return {key: self._connection.execute(_CELL_ID, key).fetchone()[0] for key in unique}

    def _keyframes(self, head: int) -> KeyframeTable:
        # Row by row into flat buffers: a list of so many tuples would keep the garbage collector busy.
        numbers, poses, intrinsics = array("q"), bytearray(), bytearray()
        for *row, pose, K in self._connection.execute(
                "SELECT number, clip, heldout, height, width, T_world_cam, K FROM keyframes WHERE clip <= ? "
                "ORDER BY number", (head,)):
            numbers.extend(row)
            poses += pose
            intrinsics += K
        if not numbers:
            return KeyframeTable.empty()
        columns = np.array(numbers, dtype=np.int64).reshape(-1, 5).T.copy()
        number, clip, heldout, height, width = torch.from_numpy(columns)
        T_world_cam = _floats(poses, (4, 4))
        try:
            check_rigid(T_world_cam, "keyframes")
        except (InvalidValueError, ShapeError) as error:
            raise WorldFormatError(f"{self._path}: {error}; restore it from a backup") from None
        return KeyframeTable(T_world_cam, _floats(intrinsics, (3, 3)), height, width, heldout.bool(), clip, number)


def _consecutive(snapshot: Snapshot) -> bool:
    """Whether nothing is missing between the rows: everything else counts on it."""
    numbers = list(range(1, snapshot.head + 1))
    starts = list(accumulate((clip.frames for clip in snapshot.clips), initial=0))
    return ([commit.number for commit in snapshot.commits] == numbers
            and [clip.number for clip in snapshot.clips] == numbers
            and [clip.start for clip in snapshot.clips] == starts[:-1]
            and snapshot.keyframes.number.tolist() == list(range(starts[-1])))


def _version(row: Sequence[Any]) -> CellVersion:
    level, x, y, z, begun, name, size, origin, gaussians, *box = row
    return CellVersion(CellKey(level, x, y, z), begun, name, size, gaussians,
                       Extent((box[0], box[1], box[2]), (box[3], box[4], box[5]), box[6]), origin)


def _keyframe_rows(table: KeyframeTable, start: int) -> Iterable[tuple[int | bytes, ...]]:
    for k in range(start, len(table)):
        pose, K = (value[k].numpy().astype("<f8").tobytes() for value in (table.T_world_cam, table.K))
        numbers = (int(value[k]) for value in (table.clip, table.heldout, table.height, table.width))
        yield (k, *numbers, pose, K)


def _floats(blobs: bytearray, shape: tuple[int, ...]) -> Tensor:
    values = np.frombuffer(blobs, dtype="<f8").astype(np.float64)
    return torch.from_numpy(values.reshape(-1, *shape))
