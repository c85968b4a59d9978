"""One clip as an object, and single frames out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.memory import strictjson
from spatialmem.memory.cellfile import Extent
from spatialmem.memory.cells import CellKey
from spatialmem.memory.clips import FRAME_LIMIT, Clip, ClipOrigin, Provenance
from spatialmem.memory.images import Plane, decode_png, encode_png
from spatialmem.memory.kinds import HYBRID, MemoryKind, memory_kind
from spatialmem.memory.planes import COARSEST_UNIT, FINEST_UNIT, LAYERS, Planes, restore
from spatialmem.memory.rows import CellVersion
from spatialmem.memory.tensorfile import pack, unpack
from spatialmem.protocols import Json

KIND = "clip"
RECORD_LIMIT = 16 << 20
_CODERS = 2  # PNG coding leaves the interpreter lock
_FIELDS = ("start", "prompt", "seed", "generator", "version", "state", "provenance")


@dataclass(frozen=True)
class Change:
    """What a commit did to the cells. Kept with its clip, so that the index can be made again.

    Attributes:
        parent: object name of the clip before, "" for the first.
        retired: cells whose version ended.
        written: the cell versions that began.
    """

    parent: str
    retired: tuple[CellKey, ...]
    written: tuple[CellVersion, ...]


@dataclass(frozen=True)
class Coding:
    """The images of a clip on their way to PNG.

    Attributes:
        planes, unit: its quantised frames, with depth in steps of `unit` metres.
        images: for each layer what every frame of it becomes.
    """

    planes: Planes
    unit: float
    images: Mapping[str, Sequence[Future[bytes]]]


@contextmanager
def coding(planes: Planes, unit: float) -> Iterator[Coding]:
    """Codes the images of a clip on other threads while the caller goes on with something else."""
    with ThreadPoolExecutor(_CODERS) as pool:
        yield Coding(planes, unit, {name: [pool.submit(encode_png, image) for image in plane]
                                    for name, plane in planes.items()})


def encode_clip(clip: Clip, coded: Coding, change: Change, *, world: str, commit: int) -> bytes:
    """The object of a clip whose frames are being `coded`.

    Raises:
        InvalidValueError: the generator's state or the prompt exceed 16 MB.
    """
    record: dict[str, Json] = {name: getattr(clip, name) for name in _FIELDS}
    if clip.memory != HYBRID:  # what is not written is hybrid, as in all worlds before there were kinds
        record["memory"] = clip.memory
    if clip.recalled:
        record["recalled"] = list(clip.recalled)
    record["change"] = {"parent": change.parent, "retired": [list(key) for key in change.retired],
                        "written": [_version_record(version) for version in change.written]}
    text = strictjson.dumps(record, "Clip.state").encode()
    if len(text) > RECORD_LIMIT:
        raise InvalidValueError(f"Clip.state and prompt take {len(text)} bytes, at most {RECORD_LIMIT} are "
                                "kept")
    cameras, requested = clip.frames.cameras.to("cpu"), clip.requested.to("cpu")
    tensors = {"record": torch.from_numpy(np.frombuffer(text, np.uint8).copy()),
               "heldout": clip.heldout.cpu(), "K": cameras.K, "T_world_cam": cameras.T_world_cam,
               "requested_K": requested.K, "requested_T_world_cam": requested.T_world_cam}
    for name, images in coded.images.items():
        tensors |= _joined(name, [image.result() for image in images])
    return pack(tensors, {"kind": KIND, "world": world, "commit": commit, "frames": len(clip),
                          "height": cameras.height, "width": cameras.width, "depth_unit": coded.unit})


def _joined(name: str, images: Sequence[bytes]) -> dict[str, Tensor]:
    ends = np.cumsum([len(image) for image in images], dtype=np.int64)
    joined = np.frombuffer(b"".join(images), np.uint8).copy()
    return {f"{name}_png": torch.from_numpy(joined), f"{name}_ends": torch.from_numpy(ends)}


class ClipFile:
    """A clip object that was read: everything but the images is judged at once.

    Attributes:
        cameras, requested, heldout, unit: as in `Clip` and `encode_clip`.
        change: what its commit did to the cells.

    Raises:
        WorldFormatError: no clip object, of another world or commit, or contradicting itself.
    """

    def __init__(self, blob: bytes, where: str, *, world: str, commit: int) -> None:
        self._where = where
        self._tensors, head = unpack(blob, where)
        if (head.get("kind"), head.get("world"), head.get("commit")) != (KIND, world, commit):
            raise WorldFormatError(f"{where}: is not the clip of commit {commit} of this world; restore it "
                                   "from a backup")
        try:
            self._parse(head)
        except (ShapeError, InvalidValueError, KeyError, TypeError, ValueError) as error:
            raise WorldFormatError(f"{where}: its clip contradicts itself ({error}); restore it from a "
                                   "backup") from None

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def start(self) -> int:
        """Number of its first frame along the path."""
        return whole(self._record["start"])

    def planes(self, index: int) -> Planes:
        """The integer layers of frame `index`, without a leading axis.

        Raises:
            WorldFormatError: an image is damaged or not of the declared size.
        """
        return {name: self.plane(name, index) for name in self.layers}

    def plane(self, name: str, index: int) -> Plane:
        """One integer layer `[H, W]` (colour `[H, W, 3]`) of frame `index`.

        Raises:
            WorldFormatError: as `planes`.
        """
        layer, bounds = LAYERS[name], self._ends[name]
        shape = (self.cameras.height, self.cameras.width, *layer.channels)
        blob = self._tensors[f"{name}_png"].numpy()[bounds[index]:bounds[index + 1]].tobytes()
        return decode_png(blob, shape, layer.dtype, f"{self._where}: {name} of frame {index}")

    def clip(self) -> Clip:
        """The whole clip, decoded."""
        with ThreadPoolExecutor(_CODERS) as pool:
            parts: Sequence[Planes] = list(pool.map(self.planes, range(len(self))))
        stacked = {name: cast(Plane, np.stack([part[name] for part in parts])) for name in self.layers}
        frames = restore(stacked, self.unit, self.cameras)
        try:
            return Clip(frames, self.requested, self.heldout,
                        **{**self._record, "recalled": self._recalled()})  # type: ignore[arg-type]
        except (ShapeError, InvalidValueError, TypeError) as error:
            raise WorldFormatError(f"{self._where}: {error}") from None

    def origin(self) -> ClipOrigin:
        """What its clip came from, as the record says; nothing is decoded."""
        wanted = {"prompt": str, "generator": str, "version": str, "provenance": str, "start": int, "seed": int}
        known = {name: self._record.get(name) for name in wanted}
        wrong = [name for name, kind in wanted.items() if type(known[name]) is not kind]
        if wrong or known["provenance"] not in get_args(Provenance):
            raise WorldFormatError(f"{self._where}: its record lacks {', '.join(wrong) or 'a provenance'}; restore it "
                                   "from a backup")
        return ClipOrigin(frames=len(self), memory=self._memory(), recalled=self._recalled(),
                          **known)  # type: ignore[arg-type]

    def _recalled(self) -> tuple[int, ...]:
        told = self._record.get("recalled", [])
        frames = tuple(k for k in told if type(k) is int and 0 <= k < len(self)) if isinstance(told, list) else ()
        if list(frames) != told:
            raise WorldFormatError(f"{self._where}: its recalled frames are none of its own; restore it from a backup")
        return frames

    def _memory(self) -> MemoryKind:
        try:
            return memory_kind(self._record.get("memory", HYBRID))
        except InvalidValueError as error:
            raise WorldFormatError(f"{self._where}: {error}; restore it from a backup") from None

    def _parse(self, head: dict[str, Json]) -> None:
        count, height, width = (whole(head[name]) for name in ("frames", "height", "width"))
        unit, tensors = head["depth_unit"], self._tensors
        if not isinstance(unit, float) or not FINEST_UNIT <= unit <= COARSEST_UNIT:
            raise InvalidValueError(f"depth_unit {unit} is out of range")
        self.unit: float = unit
        self.cameras = Cameras(tensors["K"], tensors["T_world_cam"], height, width)
        self.requested = Cameras(tensors["requested_K"], tensors["requested_T_world_cam"], height, width)
        self.heldout = tensors["heldout"]
        self.layers = tuple(name for name in LAYERS if f"{name}_png" in tensors)
        counts = (len(self.cameras), len(self.requested), *self.heldout.shape)
        if counts != (count,) * 3 or not 1 <= count <= FRAME_LIMIT or self.heldout.dtype != torch.bool:
            raise ShapeError(f"its tensors do not belong to {count} frames")
        if not {"rgb", "depth"} <= set(self.layers):
            raise ShapeError("it has no colour or no depth")
        self._ends = {name: self._layer_ends(name, count) for name in self.layers}
        text = self._tensors["record"].numpy().tobytes()
        self._record = strictjson.loads(text, self._where, limit=RECORD_LIMIT)
        self.change = _parse_change(self._record.pop("change"), whole(head["commit"]))

    def _layer_ends(self, name: str, count: int) -> list[int]:
        ends = self._tensors[f"{name}_ends"]
        images = self._tensors[f"{name}_png"]
        size = images.numel()
        if ends.shape != (count,) or ends.dtype != torch.int64 or images.dtype != torch.uint8:
            raise ShapeError(f"{name}_ends must be [{count}] int64 and {name}_png bytes")
        bounds = [0, *ends.tolist()]
        if bounds != sorted(bounds) or bounds[-1] != size:
            raise InvalidValueError(f"{name}_ends do not divide the {size} bytes of images")
        return bounds


def whole(value: Json) -> int:
    """A whole number of a record. Raises TypeError where it is something else."""
    if type(value) is not int:
        raise TypeError(f"expected a whole number, got {value!r}")
    return value


def _version_record(version: CellVersion) -> dict[str, Json]:
    box = version.extent
    return {"key": list(version.key), "object": version.name, "bytes": version.size, "gaussians": version.gaussians,
            "low": list(box.low), "high": list(box.high), "reach": box.reach}


def _parse_change(value: Json, commit: int) -> Change:
    change = cast(dict[str, Json], value)
    retired = cast(list[list[int]], change["retired"])
    written = cast(list[dict[str, Json]], change["written"])
    return Change(str(change["parent"]), tuple(CellKey(*key) for key in retired),
                  tuple(parse_version(record, commit) for record in written))


def parse_version(record: dict[str, Json], commit: int) -> CellVersion:
    """The cell version that a record says `commit` began. Raises KeyError, TypeError or ValueError where it is none."""
    low, high = (cast(tuple[float, float, float], tuple(map(_real, cast(list[Json], record[name]))))
                 for name in ("low", "high"))
    level, x, y, z = map(whole, cast(list[Json], record["key"]))
    return CellVersion(CellKey(level, x, y, z), commit, str(record["object"]), whole(record["bytes"]),
                       whole(record["gaussians"]), Extent(low, high, _real(record["reach"])))


def _real(value: Json) -> float:
    if type(value) is not float:
        raise TypeError(f"expected a number with a fraction, got {value!r}")
    return value
