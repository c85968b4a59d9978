"""What memory answers along a path, as a folder that people can look at and programs can read."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import StorageError
from spatialmem.export.colours import TRUST_COLOURS, TRUST_NAMES, colour_map, trust_image
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.export.images import depth_millimetres
from spatialmem.export.video import to_bytes
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Recall
from spatialmem.memory.kinds import MemoryKind
from spatialmem.memory.points import PointMemory
from spatialmem.memory.recall import REFERENCES, listen
from spatialmem.memory.storage import storage_errors
from spatialmem.posefiles.cameras_json import write_cameras
from spatialmem.protocols import Json
from spatialmem.wholefile import write_whole
from spatialmem.world import World

RECORD, SHEET = "recall.json", "sheet.png"
FORMAT, VERSION = "spatialmem-recall", 1
UNITS: dict[str, Json] = {
    "rgb": "8 bit, memory's render over black",
    "depth": "16 bit, z-depth in millimetres, 0 = unknown or beyond 65.5 m",
    "alpha": "8 bit, 255 = covered whole",
    "trust": "8 bit: 0 unknown, 1 to be revised, 2 trusted",
}
_FOLDERS = (*UNITS, "references", "pictures")
_OWN = {*_FOLDERS, RECORD, SHEET, "cameras.json"}
_COLUMNS, _WIDE = 8, 120


def write_recall(world: World, cameras: Cameras, folder: Path | str, *, kind: MemoryKind, clip: int = 8,
                 references: int = REFERENCES) -> Iterator[int]:
    """Ask `world` at `cameras`, clip by clip as the loop does; yields the number of frames done after each.

    Writes `rgb/`, `depth/`, `alpha/` and `trust/` (`UNITS` says what their pixels mean), `references/` (the
    keyframes that were chosen, by number), `pictures/` (depth and trust in colours), `sheet.png`, which shows
    some of all that, `cameras.json` and `recall.json`. An earlier recall is replaced.

    Args:
        world: what is asked.
        cameras: one or more.
        folder: new, empty, or of an earlier recall.
        kind: which part of memory answers.
        clip: frames that are asked for at once.
        references: how many keyframes at most, for each clip.

    Raises:
        StorageError: the folder holds something else, or cannot be written.
    """
    folder = Path(folder)
    _make_room(folder)
    write_cameras(folder / "cameras.json", cameras, up=world.up)
    book = _Book(folder, sampled=set(torch.linspace(0, len(cameras) - 1, min(_COLUMNS, len(cameras))).long().tolist()))
    points = PointMemory(world.bank)
    for begin in range(0, len(cameras), clip):
        part = cameras[begin : begin + clip]
        heard = listen(world.bank, part, kind=kind, references=references, device=world.device, points=points)
        answer = heard.recall(references)
        with storage_errors(folder):
            book.add(begin, answer, heard.chosen[: len(answer.references)])
        yield begin + len(part)
    with storage_errors(folder):
        book.close(kind, cameras)


@dataclass(eq=False)
class _Book:
    """Files of answers, as they come, and what is said of them at the end.

    Attributes:
        folder: where they go.
        sampled: frames that the contact sheet shows.
        reach: metres at which the colours of depth end, as far as most of the first clip's surfaces.
    """

    folder: Path
    sampled: set[int]
    reach: float | None = None
    clips: list[dict[str, Json]] = field(default_factory=list)
    shares: list[dict[str, float]] = field(default_factory=list)
    columns: list[list[Tensor]] = field(default_factory=list)

    def add(self, begin: int, answer: Recall, chosen: tuple[int, ...]) -> None:
        """Write the answer for the frames from `begin` on."""
        view, trust = answer.view, answer.trust
        depth = torch.as_tensor(view.depth)
        if self.reach is None and bool((depth > 0).any()):
            self.reach = float(np.quantile(depth[depth > 0].numpy(), 0.98))
        coloured = colour_map((depth / (self.reach or 1.0)).numpy())
        coloured[depth.numpy() == 0] = 0
        alpha = to_bytes(torch.as_tensor(view.alpha))
        self._images(begin, {"rgb": to_bytes(view.rgb), "depth": depth_millimetres(depth), "alpha": alpha,
                             "trust": trust.numpy(), "pictures/depth": coloured, "pictures/trust": trust_image(trust)})
        for number, picture in zip(chosen, to_bytes(answer.references.rgb), strict=True):
            _save(picture, self.folder / "references" / f"{number:05d}.png")
        self.clips.append({"first": begin, "frames": len(view), "references": [*chosen]})
        self.shares += [{TRUST_NAMES[level]: round(float((each == level).float().mean()), 4)
                         for level in (TRUSTED, REVISE, UNKNOWN)} for each in trust]
        for i in sorted(self.sampled & set(range(begin, begin + len(view)))):
            rows = [alpha[i - begin][..., None].repeat(3, axis=-1), coloured[i - begin],
                    trust_image(trust[i - begin])]
            self.columns.append([view.rgb[i - begin], *(torch.from_numpy(row).float() / 255 for row in rows),
                                 *answer.references.rgb])

    def close(self, kind: MemoryKind, cameras: Cameras) -> None:
        """Write the sheet and the record."""
        most = max((len(column) for column in self.columns), default=4)
        blank = torch.zeros(cameras.height, cameras.width, 3)
        names = ["memory", "alpha", "depth", "trust", *(f"keyframe {n + 1}" for n in range(most - 4))]
        filled = [[*column, *[blank] * (most - len(column))] for column in self.columns]
        larger = max(1, math.ceil(_WIDE / cameras.width))
        contact_sheet({name: torch.stack([column[row].repeat_interleave(larger, 0).repeat_interleave(larger, 1)
                                          for column in filled]) for row, name in enumerate(names)},
                      [f"frame {i}" for i in sorted(self.sampled)], self.folder / SHEET,
                      legend=[(TRUST_COLOURS[level], TRUST_NAMES[level]) for level in (TRUSTED, REVISE, UNKNOWN)])
        frames: list[Json] = [{"K": K.tolist(), "T_world_cam": T.tolist(), **share} for K, T, share in
                              zip(cameras.K, cameras.T_world_cam, self.shares, strict=True)]
        record: dict[str, Json] = {
            "format": FORMAT, "version": VERSION, "memory": kind, "size": [cameras.width, cameras.height],
            "units": UNITS, "depth_colours_end_at_m": self.reach, "clips": [*self.clips], "frames": frames}
        write_whole(self.folder / RECORD, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())

    def _images(self, begin: int, layers: dict[str, NDArray[np.uint8] | NDArray[np.uint16]]) -> None:
        for layer, images in layers.items():
            for i, image in enumerate(images):
                _save(image, self.folder / layer / f"{begin + i:05d}.png")


def _save(image: NDArray[np.uint8] | NDArray[np.uint16], path: Path) -> None:
    Image.fromarray(image).save(path, compress_level=1)


def _make_room(folder: Path) -> None:
    """An empty set of our folders, in place of an earlier one; somebody else's files are left alone."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in folder.iterdir()}
        strangers = sorted(names - _OWN) or ([] if _is_ours(folder / RECORD) else sorted(names))
        if strangers:
            raise StorageError(f"{folder}: holds other files ({strangers[0]}); choose a new or empty folder")
        for name in names & set(_FOLDERS):
            shutil.rmtree(folder / name)
        for name in (*UNITS, "references", "pictures/depth", "pictures/trust"):
            (folder / name).mkdir(parents=True)
        # from now on the folder tells whose it is, also if nobody comes to its end
        write_whole(folder / RECORD, (json.dumps({"format": FORMAT, "unfinished": True}) + "\n").encode())


def _is_ours(record: Path) -> bool:
    """Whether a recall was written here, by the first words of its record."""
    return record.is_file() and FORMAT.encode() in record.read_bytes()[:200]
