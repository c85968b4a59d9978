"""`World`: a persistent 3D memory and the loop that grows it: recall, generate, fuse, commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.frames import Frames, Recall
from spatialmem.machine import machine
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey
from spatialmem.memory.clips import Clip
from spatialmem.memory.kinds import HYBRID, MemoryKind, fuses, memory_kind
from spatialmem.memory.notes import Note
from spatialmem.memory.plan import Plan
from spatialmem.memory.points import PointMemory
from spatialmem.memory.recall import recall
from spatialmem.memory.replay import replay
from spatialmem.protocols import (
    Fusion,
    Generator,
    Json,
    Reconstructor,
    Request,
    check_frames,
    check_sizes,
    provenance,
    restore,
)
from spatialmem.reconstruction.fuse import GaussianFusion
from spatialmem.render import render_labels, render_splats
from spatialmem.seeds import clip_seed
from spatialmem.splats import Splats

REPLAYED = 32
"""Keyframes that are rendered again while a clip is fused, so that what they show is not forgotten."""

RENDER_BATCH = 8

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Step:
    """What one turn of the loop did.

    Attributes:
        commit: its number.
        start: number of its first frame along the path.
        frames: the clip as it was generated, `T` frames.
        recall: what memory knew before.
        heldout: `[T]` bool, frames that were stored but not fused: those that were to be held out, and those that are
            memory's own render.
        figures: named numbers of the fusion.
        seconds: wall time by stage: recall, generate, fuse, commit.
    """

    commit: int
    start: int
    frames: Frames
    recall: Recall
    heldout: Tensor
    figures: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


class World:
    """An open world folder together with its reconstructor.

    Made by `World.create` or `World.open`; use it in a `with` block.

    Attributes:
        bank: the store of keyframes and Gaussians.
        device: where Gaussians are rendered and optimised.
    """

    def __init__(self, bank: Bank, *, reconstructor: Reconstructor | None = None,
                 device: torch.device | str = "cpu") -> None:
        self.bank = bank
        self.device = torch.device(device)
        self._reconstructor: Reconstructor = reconstructor or GaussianFusion()
        self._points = PointMemory(bank)

    @staticmethod
    def create(path: str | Path, *, up: str = "+Z", units: str = "metre", plan: Plan | None = None,
               reconstructor: Reconstructor | None = None, device: torch.device | str = "cpu") -> World:
        """An empty world at `path`, open to write; `up` is the signed world axis that points up.

        Raises:
            WorldExistsError: something stands at `path`.
            StorageError: the disk refused.
            InvalidValueError: `up` or `units` is not allowed.
        """
        return World(Bank.create(path, up=up, units=units, plan=plan), reconstructor=reconstructor, device=device)

    @staticmethod
    def open(path: str | Path, *, at: int | str | None = None, write: bool = False,
             reconstructor: Reconstructor | None = None, device: torch.device | str = "cpu") -> World:
        """The world at `path`, to read (as it was after commit `at`, if given) or to `write`.

        `at` is a commit's number, or the beginning of its name.

        Raises:
            WorldFormatError: no world, damaged, or of a newer version.
            WorldLockedError: `write` while another process writes.
        """
        return World(Bank.open(path, write=write, at=at), reconstructor=reconstructor, device=device)

    def close(self) -> None:
        """Let go of the folder; closing twice is harmless."""
        self.bank.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @property
    def up(self) -> str:
        """The signed world axis that points up, such as "+Z"."""
        return self.bank.manifest.up

    @property
    def frames_done(self) -> int:
        """How many frames of the path are committed."""
        return self.bank.frames_done

    @property
    def memory(self) -> MemoryKind | None:
        """The kind of memory that the world grew with; None before its first commit."""
        return self.bank.clip_origin(self.bank.head).memory if self.bank.head else None

    def recall(self, cameras: Cameras, kind: MemoryKind = HYBRID) -> Recall:
        """What memory knows at `cameras`: a render, how far to trust it, and keyframes.

        Every kind can be asked of every world; Gaussians are there only if it grew with them.

        Raises:
            InvalidValueError: there is no such kind.
        """
        return recall(self.bank, cameras, kind=kind, device=self.device, points=self._points)

    def render(self, cameras: Cameras) -> Frames:
        """Memory rendered at `cameras`, with depth (0 where unknown) and alpha, as CPU tensors."""
        parts = [self._render(cameras[i : i + RENDER_BATCH]) for i in range(0, len(cameras), RENDER_BATCH)]
        return Frames.concat(parts) if parts else Frames.empty(cameras.height, cameras.width)

    def labels(self, cameras: Cameras) -> Tensor:
        """The semantic class that memory shows at `cameras`, `[T, H, W]` int32 on the CPU; 0 = unknown or sky."""
        batches = [cameras[i : i + RENDER_BATCH] for i in range(0, len(cameras), RENDER_BATCH)]
        parts = [render_labels(self._in_view(batch), batch.to(self.device)).cpu() for batch in batches]
        return torch.cat(parts) if parts else torch.zeros(0, cameras.height, cameras.width, dtype=torch.int32)

    def splats(self, *, min_confidence: float = 0.0, min_seen: int = 0) -> Splats:
        """All Gaussians of at least `min_confidence` that at least `min_seen` frames observed.

        Any confidence above 0 leaves out the backdrop; two frames or more, what was imagined only once.
        """
        splats = self.bank.splats()
        if min_confidence <= 0 and min_seen <= 0:
            return splats
        return splats[(splats.confidence >= min_confidence) & (splats.seen >= min_seen)]

    def step(self, cameras: Cameras, generator: Generator, *, prompt: str = "", seed: int = 0,
             heldout: Tensor | None = None, memory: MemoryKind = HYBRID) -> Step:
        """One turn of the loop at `cameras`: recall, generate, fuse, commit; durable on return.

        Frames marked in `heldout` `[T]` bool are stored and never fused; so are those to which the generator gives no
        confidence in any pixel, which says that they are memory's own render. `memory` is what the generator is given
        of the past; frames are stored with every kind, and fused with those that recall Gaussians.

        Raises:
            ShapeError: the cameras do not suit the generator, or `heldout` the cameras.
            InvalidValueError: the world grew with another kind of memory, or there is no such kind.
            GenerationError: the generator refused, or its frames break its contract; nothing is written.
            StorageError: the disk refused; the world is as before, or one whole step further if only the
                step's note could not be kept: `frames_done` tells.
        """
        self._require_memory(memory)
        check_sizes(generator, cameras)
        count, most = len(cameras), generator.clip
        if not 1 <= count <= (most or count):
            raise ShapeError(f"step: {type(generator).__name__} takes {most or 'one or more'} frames at a time, "
                             f"got {count} cameras; walk a longer path with World.explore")
        start, seconds = self.frames_done, dict[str, float]()
        held = torch.zeros(count, dtype=torch.bool) if heldout is None else heldout
        if held.shape != (count,) or held.dtype != torch.bool:
            raise ShapeError(f"heldout: expected [{count}] bool, got {list(held.shape)} {held.dtype}")
        with _timed(seconds, "recall"):
            known = self.recall(cameras, memory)
        with _timed(seconds, "generate"):
            frames = _generate(generator, Request(cameras, known, prompt, seed))
        frames, own = _own(frames)
        held = held | own
        with _timed(seconds, "fuse"):
            cells, fusion = self._fuse(frames, held if fuses(memory) else torch.ones_like(held))
        note = Note.of(known.trust, fusion.figures, machine=machine(str(self.device)))
        with _timed(seconds, "commit"):
            clip = Clip(frames.to("cpu"), cameras, held, start, prompt=prompt, seed=seed, state=dict(generator.state()),
                        memory=memory, recalled=tuple(torch.nonzero(own)[:, 0].tolist()), **provenance(generator))
            commit = self.bank.commit(clip, cells=cells, splats=fusion.splats.to("cpu"))
        self.bank.note(replace(note, seconds=seconds))
        logger.info("commit %d: frames %d-%d, %s", commit.number, start, start + count - 1,
                    ", ".join(f"{stage} {spent:.2f} s" for stage, spent in seconds.items()))
        return Step(commit.number, start, frames, known, held, fusion.figures, seconds)

    def explore(self, cameras: Cameras, generator: Generator, *, clip: int = 8, holdout: int = 0, prompt: str = "",
                seed: int = 0, memory: MemoryKind = HYBRID) -> Iterator[Step]:
        """Turn the loop along the whole path `cameras`, a step at a time, from where the world stands.

        Args:
            cameras: the whole path; its first `frames_done` cameras are taken as done.
            generator: makes the frames; one with `restore` gets the state it had at the last commit.
            clip: frames a step, unless the generator has a number of its own.
            holdout: every `holdout`-th frame is stored but never fused; 0 = none.
            prompt, seed: for the generator; each clip gets a seed of its own, derived from `seed`.
            memory: what the generator is given of the past; one kind a world.

        Raises:
            InvalidValueError: `clip` below 1, `holdout` negative or 1, or `memory` another than the world grew with.
        """
        length = generator.clip or clip
        if length < 1 or holdout < 0 or holdout == 1:
            raise InvalidValueError(f"clip must be 1 or more and holdout 0 or at least 2, got {clip} and {holdout}")
        if self.bank.head:
            restore(generator, self.bank.load_clip(self.bank.head).state)
        while (start := self.frames_done) < len(cameras):
            part = cameras[start : start + length]
            numbers = torch.arange(start, start + len(part))
            held = numbers % holdout == holdout // 2 if holdout else torch.zeros(len(part), dtype=torch.bool)
            yield self.step(part, generator, prompt=prompt, seed=clip_seed(seed, start), heldout=held,
                            memory=memory)

    def keyframe_cameras(self) -> Cameras:
        """The cameras of every stored frame in path order, held-out ones too.

        Raises:
            WorldFormatError: the world is empty.
        """
        if self.frames_done == 0:
            raise WorldFormatError(f"{self.bank.path}: holds no frames yet; explore it first")
        return self.bank.keyframes.cameras(range(self.frames_done))

    def figures(self) -> dict[str, Json]:
        """The world in numbers: gaussians keyframes commits cells bytes bounds up units."""
        return self.bank.figures()

    def _require_memory(self, kind: MemoryKind) -> None:
        """Raise unless the loop can go on with `kind`: a bank fused in part would pass for one that was fused whole."""
        memory_kind(kind)
        if self.memory not in (None, kind):
            raise InvalidValueError(f"memory: {self.bank.path} grew with {self.memory!r}, got {kind!r}; go on with "
                                    f"{self.memory!r}, or begin a new world")

    def _render(self, cameras: Cameras) -> Frames:
        return render_splats(self._in_view(cameras), cameras.to(self.device)).to("cpu")

    def _in_view(self, cameras: Cameras) -> Splats:
        return self.bank.splats(self.bank.cells_in_view(cameras)).to(self.device)

    def _fuse(self, frames: Frames, heldout: Tensor) -> tuple[list[CellKey], Fusion]:
        """The cells in view and what replaces them, `heldout` frames left out."""
        kept = frames[~heldout]
        if len(kept) == 0:
            return [], Fusion(Splats.empty(), torch.zeros(frames.rgb.shape[:3], dtype=torch.bool), frames.cameras)
        cells = self.bank.cells_in_view(kept.cameras)
        local = self.bank.splats(cells).to(self.device)
        older = replay(self.bank, cells, frames.cameras, count=REPLAYED)
        return cells, self._reconstructor.fuse(local, kept.to(self.device), older.to(self.device))


def _generate(generator: Generator, request: Request) -> Frames:
    """The generator's frames for `request`; one of fixed length gets the last camera repeated."""
    count, fixed = len(request.cameras), generator.clip
    if fixed is not None and count < fixed:
        rows = torch.arange(fixed).clamp(max=count - 1)
        known = request.recall
        padded = Recall(known.view[rows], known.trust[rows], known.references)
        request = Request(request.cameras[rows], padded, request.prompt, request.seed)
    with torch.no_grad():
        frames = generator.generate(request)
    check_frames(frames, request)
    return frames[:count]


def _own(frames: Frames) -> tuple[Frames, Tensor]:
    """The frames, and which of them `[T]` are memory's own render: those whose pixels all have confidence 0.

    A confidence that says nothing more than that is dropped.
    """
    if frames.confidence is None:
        return frames, torch.zeros(len(frames), dtype=torch.bool)
    pixels = frames.confidence.flatten(1)
    own = (pixels == 0).all(dim=1)
    plain = bool((own | (pixels == 1).all(dim=1)).all())
    return (replace(frames, confidence=None) if plain else frames), own.cpu()


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - begun
