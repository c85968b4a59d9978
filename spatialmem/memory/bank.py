"""`Bank`: the persistent memory of a world: posed keyframes and Gaussians, committed clip by clip."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import ExitStack
from itertools import compress
from pathlib import Path
from types import TracebackType

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames
from spatialmem.memory.cache import ByteCache
from spatialmem.memory.cells import CellKey
from spatialmem.memory.clips import Clip, ClipOrigin
from spatialmem.memory.clipstore import ClipStore
from spatialmem.memory.create import create_world
from spatialmem.memory.cull import in_view, within_budget
from spatialmem.memory.database import NAME as DATABASE
from spatialmem.memory.draft import draft_commit
from spatialmem.memory.figures import figures, sizes
from spatialmem.memory.index import Index
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.memory.lock import reader_lock, writer_lock
from spatialmem.memory.manifest import Manifest, read_manifest
from spatialmem.memory.mend import damaged_cells, mend_cell, read_cell
from spatialmem.memory.notes import Note, decode_note, encode_note
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.plan import Plan, decode_plan
from spatialmem.memory.replace import replace_cells, stamp
from spatialmem.memory.rows import CellVersion, ClipRow, Commit, Snapshot
from spatialmem.memory.storage import require_space
from spatialmem.protocols import Json
from spatialmem.serial import serial_torch
from spatialmem.splats import FIELDS, Splats

CELL_EDGE = 64.0
"""Edge of the largest cells, metres: so coarse that cells come from splits, as fine as the content needs."""

_CELL_BUDGET = 1 << 30


class Bank:
    """An open world folder.

    Made by `Bank.create` or `Bank.open`; use it in a `with` block or `close` it. A reader sees the
    world as it was when it opened, whatever a writer does meanwhile. One thread at a time.

    Attributes:
        path: the world's folder.
        manifest: its fixed facts.
        writable: whether `commit` is allowed.
    """

    def __init__(self, path: Path, manifest: Manifest, locks: ExitStack, *, write: bool,
                 at: int | str | None) -> None:
        """Takes the `locks` over once all else stands."""
        self.path = path
        self.manifest = manifest
        self.writable = write
        self._objects = ObjectStore(path)
        self._index = Index(path, write=self.writable)
        try:
            self._snapshot: Snapshot = self._index.load(at)
            if self.writable:
                self._objects.clear_tmp()
        except BaseException:
            self._index.close()
            raise
        self._clips = ClipStore(self._objects, manifest.world)
        self._cells: ByteCache[str, Splats] = ByteCache(_CELL_BUDGET)
        self._locks = locks.pop_all()

    @staticmethod
    def create(path: str | Path, *, up: str, units: str = "metre", plan: Plan | None = None,
               cell_edge: float = CELL_EDGE) -> Bank:
        """Makes an empty world at `path` and opens it to write.

        Args:
            path: must not exist; missing parent folders are made.
            up: signed world axis that points up, such as "+Z".
            units: only "metre".
            plan: what is to be explored; kept with the world from its first moment.
            cell_edge: edge of the largest cells, metres.

        Raises:
            WorldExistsError: something stands at `path`.
            StorageError: the disk refused.
            InvalidValueError: `up`, `units` or `cell_edge` is not allowed.
        """
        path = Path(path).absolute()
        create_world(path, Manifest.new(up=up, units=units, cell_edge=float(cell_edge)), plan)
        return Bank.open(path, write=True)

    @staticmethod
    def open(path: str | Path, *, write: bool = False, at: int | str | None = None) -> Bank:
        """Opens the world at `path`, as it was after commit `at` if given (only to read).

        `at` is a commit's number, 0 for the empty world, or the beginning of its name.

        Raises:
            WorldFormatError: no world, damaged, or of a newer version.
            WorldLockedError: `write` while another process writes.
            InvalidValueError: `at` is no commit, or given together with `write`.
            StorageError: the folder cannot be read or written.
        """
        if write and at is not None:
            raise InvalidValueError("at: a past commit opens only to read; leave out write=True")
        path = Path(path).absolute()
        manifest = read_manifest(path)
        with ExitStack() as locks:
            if write:
                locks.enter_context(writer_lock(path))
            locks.enter_context(reader_lock(path))
            return Bank(path, manifest, locks, write=write, at=at)

    def close(self) -> None:
        """Lets go of the world; closing twice is harmless."""
        self.writable = False
        with self._locks:
            self._index.close()

    def __enter__(self) -> Bank:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @property
    def head(self) -> int:
        """Number of the last commit seen; 0 for an empty world."""
        return self._snapshot.head

    @property
    def frames_done(self) -> int:
        """How many frames of the path are committed: the next clip starts there."""
        return len(self._snapshot.keyframes)

    @property
    def keyframes(self) -> KeyframeTable:
        """Every stored frame's camera, in path order."""
        return self._snapshot.keyframes

    @property
    def cells(self) -> list[CellKey]:
        """Every live cell."""
        return list(self._snapshot.cells)

    @property
    def splits(self) -> Set[CellKey]:
        """Every node of the tree of cells that is split: that lies above a live one."""
        return self._snapshot.cells.splits

    @property
    def versions(self) -> list[CellVersion]:
        """Every live cell with what the index says of it: object name, count and extent."""
        return list(self._snapshot.cells.values())

    @property
    def names(self) -> list[str]:
        """Each commit's name, 64 hex digits, oldest first: the hash of its clip, which names the one before.

        So worlds of equal names are equal, bit for bit.
        """
        return self._snapshot.names

    def newest(self) -> int:
        """Number of the last commit on disk at this moment, which a reader may not see yet; cheap to ask.

        Raises:
            WorldChangedError: what is open here was taken back meanwhile.
        """
        return self._index.newest()

    @property
    def plan(self) -> Plan | None:
        """What was asked when the world was made."""
        row = self._index.plan_row()
        if row is None:
            return None
        name, size = row
        return decode_plan(self._objects.read(name, size), str(self._objects.path(name)), world=self.manifest.world)

    def clips(self) -> list[ClipRow]:
        """Where the clip of each commit lies, oldest first, and which frames it has."""
        return list(self._snapshot.clips)

    def commits(self) -> list[Commit]:
        """All commits up to the head, oldest first."""
        return list(self._snapshot.commits)

    def notes(self) -> dict[int, Note]:
        """How each commit came about, by number; one that was killed right after it has none.

        Raises:
            WorldFormatError: a note is damaged.
        """
        where = str(self.path / DATABASE)
        clips = self._snapshot.clips
        return {number: decode_note(record, f"{where}: note {number}", frames=clips[number - 1].frames)
                for number, record in self._index.notes(self.head).items()}

    def figures(self) -> dict[str, Json]:
        """The world in numbers: gaussians keyframes commits cells bytes bounds up units.

        `bounds` are `[[min], [max]]` of the centres in metres, None for an empty world; `bytes` what
        the world takes on disk, its history included.
        """
        return figures(self._snapshot, self.manifest, sum(self.sizes().values()))

    def sizes(self) -> dict[str, int]:
        """Bytes on disk by purpose: gaussians (live), frames, history, index."""
        return sizes(self._snapshot, self._index.object_bytes(self.head), (self.path / DATABASE).stat().st_size)

    def load_clip(self, number: int) -> Clip:
        """The whole clip of commit `number`, decoded, with its generator's state.

        Raises:
            InvalidValueError: there is no such commit.
            WorldFormatError: its object is damaged.
        """
        return self._clips.open(self._clip_row(number)).clip()

    def clip_origin(self, number: int) -> ClipOrigin:
        """What the clip of commit `number` came from, without decoding its images.

        Raises:
            InvalidValueError: there is no such commit.
            WorldFormatError: its object is damaged.
        """
        return self._clips.open(self._clip_row(number)).origin()

    def recalled(self) -> set[int]:
        """Numbers of the frames that are memory's own render (see `Clip.recalled`).

        Raises:
            WorldFormatError: a clip object is damaged.
        """
        origins = (self.clip_origin(number) for number in range(1, self.head + 1))
        return {origin.start + k for origin in origins for k in origin.recalled}

    def load_keyframes(self, indices: Sequence[int] | Tensor) -> Frames:
        """The stored frames `indices` (at least one, all of one size), in that order, with depth.

        Raises:
            InvalidValueError: an index that does not exist.
            ShapeError: frames of different sizes.
            WorldFormatError: an object is damaged.
        """
        rows = indices.tolist() if isinstance(indices, Tensor) else list(indices)
        return self._clips.frames(self._snapshot.clips, self.keyframes, rows)

    def coarse_depth(self, indices: Sequence[int]) -> list[Tensor]:
        """A coarse grid `[h, w]` of each frame's depth in metres (see `coarse`), cheap to ask again."""
        return self._clips.coarse_depth(self._snapshot.clips, self.keyframes, indices)

    def witnesses(self, cells: Sequence[CellKey], limit: int) -> list[int]:
        """The `limit` keyframes that saw most of the space of `cells`, best first; never held-out ones."""
        return self._index.votes(cells, self.frames_done, limit)

    def cells_in_view(self, cameras: Cameras, *, max_distance: float | None = None,
                      budget: int | None = None) -> list[CellKey]:
        """Live cells that may appear in any of `cameras`, at most `max_distance` metres away.

        With a `budget`, those that appear largest, of no more Gaussians in all; the largest one always.
        """
        boxes = self._snapshot.cells.boxes
        seen = in_view(boxes, cameras, max_distance)
        if budget is not None:
            seen = within_budget(boxes, seen, cameras, budget)
        return list(compress(self._snapshot.cells, seen))

    def splats(self, cells: Sequence[CellKey] | None = None) -> Splats:
        """The Gaussians of `cells` in that order, or of the whole world.

        Raises:
            InvalidValueError: a cell that is not live.
            WorldFormatError: an object is damaged.
        """
        keys = self.cells if cells is None else cells
        self._require_live(keys)
        return Splats.concat(self._load_cell(key) for key in keys)

    @serial_torch()
    def commit(self, clip: Clip, *, cells: Sequence[CellKey], splats: Splats) -> Commit:
        """Stores `clip` and puts `splats` in the place of what `cells` hold; durable on return.

        New rows (`splats.clip == -1`) get the commit's number and the clip's provenance. Gaussians
        that lie outside `cells` are added to the cells there. Everything is validated before
        anything is written, and either all of it is stored or nothing.

        Raises:
            InvalidValueError: the world is open to read, `clip.start` is not `frames_done`, a cell is
                not live or named twice, or a row names a clip that does not exist.
            StorageError: the disk refused; the world is as before and a later commit may work.
            WorldLockedError: another writer took over.
        """
        self._require_turn(clip, cells)
        number = self.head + 1
        stamped = stamp(splats, number, generated=clip.provenance == "generated")
        live, edge = self._snapshot.cells, self.manifest.cell_edge
        draft = draft_commit(self._snapshot, clip, lambda: replace_cells(
            stamped, cells, self._load_cell, live=live, splits=live.splits, edge=edge), self.manifest)
        require_space(self.path, 2 * sum(map(len, draft.objects.values())))
        self._objects.write(draft.objects)
        self._index.append(draft.rows)
        self._snapshot = draft.rows.after
        self._clips.remember(clip.start, draft.planes, draft.unit)
        for version in draft.rows.written:
            self._keep_cell(version.name, draft.cells[version.key])
        return self._snapshot.commits[-1]

    def damaged(self) -> list[CellVersion]:
        """Live cells whose object is missing or damaged; reads all of them."""
        return damaged_cells(self._objects, self.manifest, self.versions)

    def mend(self, version: CellVersion, splats: Splats) -> None:
        """Puts `splats` in the place of a damaged live cell; see `mend_cell`, which says what it raises."""
        self._require_writable()
        if self._snapshot.cells.get(version.key) != version:
            raise InvalidValueError(f"mend: {tuple(version.key)} is no longer what it was; ask Bank.damaged again")
        mend_cell(self._objects, self._index, self.manifest, version, splats)
        self._snapshot = self._index.load()

    def note(self, note: Note) -> None:
        """Keeps `note` with the last commit, which has none yet; what is remembered stays as it is.

        Raises:
            InvalidValueError: the world is open to read or empty, the last commit has a note, or another
                number of frames than `note`.
            StorageError: the disk refused; the commit itself stays.
            WorldLockedError: another writer took over.
        """
        self._require_writable()
        frames = self._snapshot.clips[-1].frames if self.head else 0
        if not frames or len(note.trusted) != frames:
            raise InvalidValueError(f"note: expected one on the {frames} frames of commit {self.head}, got one on "
                                    f"{len(note.trusted)}; note a commit right after it")
        self._index.add_note(self.head, encode_note(note))

    def _require_writable(self) -> None:
        if not self.writable:
            raise InvalidValueError(f"{self.path}: is open to read; open it with write=True to commit")

    def _require_turn(self, clip: Clip, cells: Sequence[CellKey]) -> None:
        self._require_writable()
        if clip.start != self.frames_done:
            raise InvalidValueError(f"Clip.start: expected {self.frames_done}, the number of frames "
                                    f"committed so far (Bank.frames_done), got {clip.start}")
        if len(set(cells)) != len(cells):
            raise InvalidValueError("cells: a cell is named twice; name each checked-out cell once")
        self._require_live(cells)

    def _require_live(self, cells: Sequence[CellKey]) -> None:
        for key in cells:
            if key not in self._snapshot.cells:
                raise InvalidValueError(f"cells: {tuple(key)} is no live cell; use keys from cells_in_view")

    def _clip_row(self, number: int) -> ClipRow:
        if not 1 <= number <= self.head:
            raise InvalidValueError(f"clip: expected a commit in 1..{self.head}, got {number}")
        return self._snapshot.clips[number - 1]

    def _load_cell(self, key: CellKey) -> Splats:
        version = self._snapshot.cells[key]
        splats = self._cells.get(version.name)
        if splats is None:
            splats = read_cell(self._objects, self.manifest, version)
            self._keep_cell(version.name, splats)
        return splats

    def _keep_cell(self, name: str, splats: Splats) -> None:
        self._cells.put(name, splats, sum(getattr(splats, field).nbytes for field in FIELDS))
