"""One exploration from what a user asked to a world on disk, and on again after a stop."""

from __future__ import annotations

import os.path
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_type_hints

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import GenerationError, InvalidValueError, WorldExistsError
from spatialmem.freespace import FreeSpace
from spatialmem.generators.remote.address import is_address, without_token
from spatialmem.generators.select import Options, open_generator
from spatialmem.memory.clips import FRAME_LIMIT
from spatialmem.memory.images import PIXEL_LIMIT
from spatialmem.memory.kinds import HYBRID, KINDS, MemoryKind, memory_kind
from spatialmem.memory.manifest import NAME as MANIFEST
from spatialmem.memory.plan import Plan
from spatialmem.poses import look_at
from spatialmem.protocols import Generator, Json, check_sizes, provenance
from spatialmem.trajectory.named import trajectory
from spatialmem.world import Step, World

DEFAULT_SIZE = (240, 320)
FIELD_OF_VIEW = 1.22
"""Radians across, about 70 degrees, for generators that have no cameras of their own."""

EYE_HEIGHT = 1.5

REMARKS = "remarks"
"""Key of a plan's record under which the generator's remarks on what it was asked are kept beside the settings."""


@dataclass(frozen=True)
class Settings:
    """What an exploration is asked to do; kept with the world.

    Attributes:
        generator: `recorded`, `scene`, `procedural`, `package.module:Class`, `http://HOST:PORT`, or None to
            go by the input. A token in an address is used and never kept.
        input: a recording's folder or a mesh file.
        prompt: text for the generator.
        trajectory: a name or a pose file; None = `recorded` where the generator has a path, `tour` where it
            has free space, else `out-and-back`.
        frames: how many; None = all of a recorded path or file, 300 of a walk such as `tour`, 48 of another name.
        clip: frames a step.
        holdout: every so many-th frame is stored but never fused; 0 = none.
        size: (height, width); None = the recording's own, else 320x240.
        seed: of all that is random.
        up: the up axis of a mesh file.
        faults: of the generators scene and procedural, such as "blur=2".
        style_seed: of the generator procedural: other materials and colours for the same layout; None = 0.
        layout: a user's layout for the generator procedural.
        memory: what the generator is given of the past.
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


@dataclass(frozen=True, eq=False)
class Exploration:
    """A world with the generator and the path that it is explored along; `fresh` if it was just made."""

    world: World
    generator: Generator
    cameras: Cameras
    settings: Settings
    fresh: bool = False

    def steps(self) -> Iterator[Step]:
        """Turn the loop until the path ends; a new world whose first clip fails is taken away again."""
        s = self.settings
        try:
            yield from self.world.explore(self.cameras, self.generator, clip=s.clip, holdout=s.holdout,
                                          prompt=s.prompt, seed=s.seed, memory=s.memory)
        except Exception:
            if self.fresh and self.world.frames_done == 0:  # an empty world would only be in the way
                self.world.close()
                shutil.rmtree(self.world.bank.path)
            raise


def start(path: Path, settings: Settings, *, device: str = "cpu") -> Exploration:
    """A new world at `path`; all inputs are read and verified before it is made.

    Raises:
        WorldExistsError: something stands at `path`.
        SpatialMemError: an input is damaged or the settings contradict each other.
    """
    if os.path.lexists(path):
        world = (path / MANIFEST).is_file()
        raise WorldExistsError(f"{path} exists already; {'go on with --resume, or' if world else 'it is no world:'} "
                               "choose another folder")
    generator, cameras = _prepare(settings)
    said = remarks(generator)
    plan = Plan({**settings.record(), **({REMARKS: [*said]} if said else {})}, cameras)
    up = str(getattr(generator, "up", "+Z"))
    kept = Settings.from_record(plan.record)
    return Exploration(World.create(path, up=up, plan=plan, device=device), generator, cameras, kept, fresh=True)


def resume(path: Path, asked: Mapping[str, object], *, device: str = "cpu") -> Exploration:
    """The exploration of the world at `path`, which goes on where its last commit ended.

    The world's own plan holds; `asked` may repeat settings of it by name. Only the address of a served
    generator may be another one, as long as the same generator is found there.

    Raises:
        InvalidValueError: `asked` differs from the plan.
        WorldFormatError: no world.
    """
    world = World.open(path, write=True, device=device)
    try:
        plan = world.bank.plan
        if plan is None:
            raise InvalidValueError(f"{path}: this world was made without a plan; explore into a new folder")
        kept = Settings.from_record(plan.record)
        settings = _at_its_address(kept, asked)
        _refuse_changes(asked, settings)
        generator, cameras = _prepare(settings, cameras=plan.cameras, verify_from=world.frames_done)
        _refuse_another(generator, settings, world)
        return Exploration(world, generator, cameras, kept)
    except BaseException:
        world.close()
        raise


def remarks(generator: Generator) -> tuple[str, ...]:
    """What a generator has to say before it begins, such as of words that it did not understand; often nothing."""
    said: Sequence[str] = getattr(generator, "remarks", ())
    return tuple(map(str, said))


def _at_its_address(kept: Settings, asked: Mapping[str, object]) -> Settings:
    """The settings of a world whose served generator may have moved; its token is in no plan."""
    name = asked.get("generator")
    if isinstance(name, str) and is_address(name) and is_address(kept.generator or ""):
        return replace(kept, generator=name)
    return kept


def _refuse_another(generator: Generator, settings: Settings, world: World) -> None:
    """Raise unless the generator is what made the last clip; of a finished world its version may have changed."""
    if not world.frames_done:
        return
    here, last = provenance(generator), world.bank.clip_origin(world.bank.head)
    name, version, plan = here["generator"], here["version"], world.bank.plan
    if is_address(settings.generator or "") and name != last.generator:
        raise InvalidValueError(f"{without_token(str(settings.generator))} serves {name!r}, this world was made by "
                                f"{last.generator!r}; serve that one, or explore into a new folder")
    if plan is not None and world.frames_done < len(plan.cameras) and version != last.version:
        raise InvalidValueError(f"{world.bank.path}: was made by version {last.version!r} of {last.generator!r}, here "
                                f"is version {version!r}, which may show another world; explore into a new folder")


def _refuse_changes(asked: Mapping[str, object], settings: Settings) -> None:
    kept = asdict(settings)
    for name, value in asked.items():
        if value != kept.get(name):
            flag, was = name.replace("_", "-"), _as_typed(kept.get(name))
            raise InvalidValueError(f"--{flag} {_as_typed(value)} differs from this world's {was}; leave it out to "
                                    "resume, or explore into a new folder")


def _as_typed(value: object) -> str:
    """A setting as it is written on the command line."""
    if isinstance(value, tuple):
        return f"{value[1]}x{value[0]}"
    return "none" if value is None else without_token(str(value))


def _prepare(settings: Settings, *, cameras: Cameras | None = None, verify_from: int = 0) -> tuple[Generator, Cameras]:
    """The generator and its path (`cameras`, if it is known already), with every input that it needs verified."""
    _check(settings)
    source = None if settings.input is None else Path(settings.input)
    generator = open_generator(settings.generator, source, _options(settings))
    own: Cameras | None = getattr(generator, "cameras", None)
    if cameras is None:
        free_space: FreeSpace | None = getattr(generator, "free_space", None)
        usual = "recorded" if own is not None else "out-and-back" if free_space is None else "tour"
        cameras = trajectory(settings.trajectory or usual, start=first_camera(generator, own, settings.size),
                             frames=settings.frames, up=str(getattr(generator, "up", "+Z")), recorded=own,
                             free_space=free_space, seed=settings.seed)
    if cameras.height * cameras.width > PIXEL_LIMIT:
        raise InvalidValueError(f"frames of {cameras.width}x{cameras.height} are more than {PIXEL_LIMIT} pixels; "
                                "choose a smaller --size")
    check_sizes(generator, cameras)
    verify = getattr(generator, "verify", None)
    if callable(verify) and verify_from < len(cameras):
        verify(cameras[verify_from:])
    return generator, cameras


def _options(settings: Settings) -> Options:
    layout = None if settings.layout is None else Path(settings.layout)
    return Options(size=settings.size, up=settings.up, faults=settings.faults, seed=settings.seed,
                   prompt=settings.prompt, style_seed=settings.style_seed, layout=layout)


def _check(settings: Settings) -> None:
    if not 1 <= settings.clip <= FRAME_LIMIT:
        raise InvalidValueError(f"--clip must be 1..{FRAME_LIMIT}, got {settings.clip}")
    for name, value in asdict(settings).items():
        if isinstance(value, str) and not _is_text(value):
            raise InvalidValueError(f"--{name} {value!r} is no UTF-8 text; type it in a terminal that speaks UTF-8")
    if settings.seed < 0:
        raise InvalidValueError(f"--seed must be 0 or more, got {settings.seed}")
    memory_kind(settings.memory)
    if settings.holdout < 0 or settings.holdout == 1:
        raise InvalidValueError(f"--holdout must be 0 (none) or at least 2, got {settings.holdout}")


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8; what a terminal sends in another encoding cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def first_camera(generator: Generator, own: Cameras | None, size: tuple[int, int] | None) -> Cameras:
    """Where named paths begin: the generator's first camera, its start pose, or the origin at eye height."""
    if own is not None:
        return own[:1]
    height, width = size or DEFAULT_SIZE
    K = pinhole(FIELD_OF_VIEW, height, width)[None]
    start_pose: Callable[[], Tensor] | None = getattr(generator, "start_pose", None)
    if start_pose is not None:
        return Cameras(K, start_pose()[None], height, width)
    if str(getattr(generator, "up", "+Z")) != "+Z":
        raise GenerationError(f"{type(generator).__name__} has an up axis of its own and no start; give it cameras or "
                              "start_pose(), or pass --trajectory FILE")
    eye = torch.tensor([0.0, 0.0, EYE_HEIGHT], dtype=torch.float64)
    ahead = eye + torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    return Cameras(K, look_at(eye, ahead, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))[None], height, width)
