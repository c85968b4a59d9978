"""One exploration from what a user asked to a world on disk, and on again after a stop."""

from __future__ import annotations

import os.path
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import GenerationError, InvalidValueError, WorldExistsError
from spatialmem.freespace import FreeSpace
from spatialmem.generators.remote.address import is_address, without_token
from spatialmem.generators.select import Options, open_generator
from spatialmem.memory.clips import FRAME_LIMIT
from spatialmem.memory.images import PIXEL_LIMIT
from spatialmem.memory.kinds import memory_kind
from spatialmem.memory.manifest import NAME as MANIFEST
from spatialmem.memory.plan import Plan
from spatialmem.poses import look_at
from spatialmem.protocols import Generator, check_sizes, provenance
from spatialmem.seeds import hypothesis_seed
from spatialmem.settings import REMARKS, Settings
from spatialmem.trajectory.named import trajectory
from spatialmem.world import Step, World

DEFAULT_SIZE = (240, 320)
FIELD_OF_VIEW = 1.22
"""Radians across, about 70 degrees, for generators that have no cameras of their own."""

EYE_HEIGHT = 1.5

@dataclass(frozen=True, eq=False)
class Exploration:
    """A world with the generator and the path that it is explored along; `fresh` if it was just made.

    Attributes:
        began: how many frames were there when it was made.
    """

    world: World
    generator: Generator
    cameras: Cameras
    settings: Settings
    fresh: bool = False
    began: int = 0

    def steps(self) -> Iterator[Step]:
        """Turn the loop until the path ends; a new world whose own first clip fails is taken away again."""
        s = self.settings
        try:
            yield from self.world.explore(self.cameras, self.generator, clip=s.clip, holdout=s.holdout,
                                          prompt=s.prompt, seed=hypothesis_seed(s.seed, s.hypothesis), memory=s.memory)
        except Exception:
            if self.fresh and self.world.frames_done == self.began:  # it would only be in the way
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
    generator, cameras = prepare(settings)
    plan = plan_of(settings, generator, cameras)
    up = str(getattr(generator, "up", "+Z"))
    kept = Settings.from_record(plan.record)
    return Exploration(World.create(path, up=up, plan=plan, device=device), generator, cameras, kept, fresh=True)


def plan_of(settings: Settings, generator: Generator, cameras: Cameras) -> Plan:
    """What a world keeps of what it was asked, and of what its generator had to say of that."""
    said = remarks(generator)
    return Plan({**settings.record(), **({REMARKS: [*said]} if said else {})}, cameras)


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
        generator, cameras = prepare(settings, cameras=plan.cameras, verify_from=world.frames_done)
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


def prepare(settings: Settings, *, cameras: Cameras | None = None, verify_from: int = 0) -> tuple[Generator, Cameras]:
    """The generator and its path (`cameras`, if it is known already), with every input that it needs verified.

    Raises:
        SpatialMemError: an input is damaged or the settings contradict each other.
    """
    _check(settings)
    source = None if settings.input is None else Path(settings.input)
    generator = open_generator(settings.generator, source, _options(settings))
    if cameras is None:
        own: Cameras | None = getattr(generator, "cameras", None)
        cameras = path_from(first_camera(generator, own, settings.size), settings, generator)
    if cameras.height * cameras.width > PIXEL_LIMIT:
        raise InvalidValueError(f"frames of {cameras.width}x{cameras.height} are more than {PIXEL_LIMIT} pixels; "
                                "choose a smaller --size")
    check_sizes(generator, cameras)
    verify = getattr(generator, "verify", None)
    if callable(verify) and verify_from < len(cameras):
        verify(cameras[verify_from:])
    return generator, cameras


def path_from(start: Cameras, settings: Settings, generator: Generator) -> Cameras:
    """The path that the settings ask for, or the one usual for the generator, from one camera onwards.

    Raises:
        TrajectoryError, RecordingError: there is no such path.
    """
    own: Cameras | None = getattr(generator, "cameras", None)
    free_space: FreeSpace | None = getattr(generator, "free_space", None)
    usual = "recorded" if own is not None else "out-and-back" if free_space is None else "tour"
    return trajectory(settings.trajectory or usual, start=start, frames=settings.frames,
                      up=str(getattr(generator, "up", "+Z")), recorded=own, free_space=free_space, seed=settings.seed)


def _options(settings: Settings) -> Options:
    layout = None if settings.layout is None else Path(settings.layout)
    return Options(size=settings.size, up=settings.up, faults=settings.faults, seed=settings.seed,
                   prompt=settings.prompt, style_seed=settings.style_seed, layout=layout,
                   hypothesis=settings.hypothesis, fov=settings.fov,
                   image=None if settings.image is None else Path(settings.image))


def _check(settings: Settings) -> None:
    if not 1 <= settings.clip <= FRAME_LIMIT:
        raise InvalidValueError(f"--clip must be 1..{FRAME_LIMIT}, got {settings.clip}")
    for name, value in asdict(settings).items():
        if isinstance(value, str) and not _is_text(value):
            raise InvalidValueError(f"--{name} {value!r} is no UTF-8 text; type it in a terminal that speaks UTF-8")
    for name, number in (("seed", settings.seed), ("hypothesis", settings.hypothesis)):
        if number < 0:
            raise InvalidValueError(f"--{name} must be 0 or more, got {number}")
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
    usual: tuple[int, int] = getattr(generator, "usual_size", DEFAULT_SIZE)
    height, width = size or usual
    intrinsics: Callable[[int, int], Tensor] | None = getattr(generator, "intrinsics", None)
    K = (pinhole(FIELD_OF_VIEW, height, width) if intrinsics is None else intrinsics(height, width))[None]
    start_pose: Callable[[], Tensor] | None = getattr(generator, "start_pose", None)
    if start_pose is not None:
        return Cameras(K, start_pose()[None], height, width)
    if str(getattr(generator, "up", "+Z")) != "+Z":
        raise GenerationError(f"{type(generator).__name__} has an up axis of its own and no start; give it cameras or "
                              "start_pose(), or pass --trajectory FILE")
    eye = torch.tensor([0.0, 0.0, EYE_HEIGHT], dtype=torch.float64)
    ahead = eye + torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    return Cameras(K, look_at(eye, ahead, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))[None], height, width)
