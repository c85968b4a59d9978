"""`Procedural`: a generator that paints an endless world, or one of a user's layout."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import GenerationError
from spatialmem.frames import Frames
from spatialmem.freespace import FreeSpace
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.light import Light
from spatialmem.generators.truth import NO_FAULTS, FromTruth
from spatialmem.generators.worlds.paint import paint
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.territory import Territory
from spatialmem.poses import look_at
from spatialmem.protocols import Request
from spatialmem.render.cpu.threads import one_worker

_AHEAD_M = 1.0


class Procedural(FromTruth):
    """Generates painted frames of a territory, as `FromTruth` does, with depth (0 = sky) and labels.

    The same cameras give the same pixels, in whatever clips they are asked for.

    Attributes:
        territory: the world.
        prompt: the words that the world was made from.
        remarks: sentences that somebody who explores it should be told before.
        summary: one line that says what was chosen; empty = nothing.
        free_space: where somebody may walk in it.
    """

    name = "procedural"
    version = "1"
    has_sky = True

    def __init__(self, territory: Territory, *, prompt: str = "", remarks: tuple[str, ...] = (),
                 summary: str = "", edition: str = "", faults: Faults = NO_FAULTS, honour_memory: bool = True) -> None:
        """A generator of what `territory` looks like.

        Args:
            territory: the world; words have made it what it is (`worlds.worded`), no request changes it.
            prompt: those words.
            remarks: what to say of them.
            summary: what they and the dice chose.
            edition: of a territory that may change under its name, becomes a part of the version: a world is
                not continued with another one.
            faults: what goes wrong.
            honour_memory: False = show the world whatever memory says.
        """
        super().__init__(_Painter(territory), _light_of(territory.sky), faults=faults, honour_memory=honour_memory)
        self.territory, self.prompt = territory, prompt
        self.remarks, self.summary = remarks, summary
        self.version = f"{Procedural.version}+{edition}" if edition else Procedural.version

    @property
    def free_space(self) -> FreeSpace:
        """Where somebody may walk."""
        return self.territory.free_space

    def start_pose(self) -> Tensor:
        """`T_world_cam` `[4, 4]` float64: upright on the floor where the territory starts, at eye height."""
        x, y, heading = self.territory.start()
        eye = np.array([x, y, self.free_space.floor(x, y) + self.free_space.eye])
        return _looking(eye, np.array([math.cos(heading), math.sin(heading), 0.0]))

    def generate(self, request: Request) -> Frames:
        """Frames labelled with the requested cameras; advances the frame and clip counters.

        Raises:
            GenerationError: the request has a prompt that is not the world's, or its recall is not for its
                cameras.
        """
        if request.prompt not in {"", self.prompt}:
            raise GenerationError(f"procedural: the prompt {request.prompt!r} comes too late, this world was made from "
                                  f"{self.prompt!r}; words choose the world when it is made: make another one")
        return super().generate(request)


class _Painter:
    """The truth of a territory."""

    def __init__(self, territory: Territory) -> None:
        self._territory = territory

    def take(self, cameras: Cameras) -> Frames:
        """rgb, depth (0 = sky) and labels (`SemanticClass`, int32) at `cameras`."""
        seen = paint(self._territory, cameras, self._territory.sky)
        return Frames(torch.from_numpy(seen.rgb), cameras, depth=torch.from_numpy(seen.depth),
                      labels=torch.from_numpy(seen.classes.astype(np.int32)))

    def distance(self, eye: NDArray[np.float64], way: NDArray[np.float64]) -> float:
        """Metres from `eye` `[3]` to the first surface along the unit vector `way` `[3]`; infinite = none."""
        ray = Cameras(pinhole(1.0, 1, 1)[None], _looking(eye, way)[None], 1, 1)
        with one_worker():
            return float(paint(self._territory, ray, self._territory.sky, samples=1).depth[0, 0, 0]) or math.inf


def _looking(eye: NDArray[np.float64], way: NDArray[np.float64]) -> Tensor:
    """A pose at `eye` `[3]` that looks along `way` `[3]`, upright unless that is straight down or up."""
    at = torch.from_numpy(eye)
    up = torch.tensor([0.0, 0.0, 1.0] if abs(way[2]) < 0.999 else [1.0, 0.0, 0.0], dtype=torch.float64)
    return look_at(at, at + _AHEAD_M * torch.from_numpy(way), up)


def _light_of(sky: Sky) -> Light:
    """Light for what faults add: as strong as the sky is, and never less than a lamp near by."""
    level = math.cos(sky.elevation)
    toward = (level * math.cos(sky.azimuth), level * math.sin(sky.azimuth), math.sin(sky.elevation))
    above = max(0.3, min(0.5, sky.ambient * sum(sky.horizon) / 3))
    return Light(to_sun=toward, sun=min(0.46, 0.25 * sum(sky.sun) / 3), sky=above, ground=0.6 * above)
