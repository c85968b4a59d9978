"""`Embedded`: the generator that comes with the package: it paints the worlds that words ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError
from spatialmem.frames import TRUSTED, Frames, Recall
from spatialmem.freespace import FreeSpace
from spatialmem.generators.embedded.channels import Condition, condition
from spatialmem.generators.embedded.code import code_of
from spatialmem.generators.embedded.encoding import colours, metres
from spatialmem.generators.embedded.flow import times
from spatialmem.generators.embedded.model import Model
from spatialmem.generators.embedded.network import MULTIPLE
from spatialmem.generators.embedded.noise import anchored_noise
from spatialmem.generators.honour import honoured
from spatialmem.generators.surfaces import Surfaces
from spatialmem.generators.worlds.blockout import Blockout, blockout
from spatialmem.generators.worlds.generator import Procedural
from spatialmem.protocols import Json, Request

STEPS = 2
"""Steps from noise to a clip."""

NEW = 0.002
"""Share of a frame's pixels that memory does not know from which on the frame is made anew."""


USUAL_SIZE = (192, 256)
"""Height and width of the frames where nobody asks for others."""


class Embedded:
    """Generates frames of a planned world: its plan says what stands where, the model how it looks.

    A frame that memory knows is memory's render. In others the model makes what memory does not know, and what it
    trusts stays. Depth comes from the model, which departs from the plan's where it paints what the plan leaves out.
    The same cameras and memory give the same frames: noise is drawn from the plan's seed and anchored in the world.

    Attributes:
        plan: the world whose structure is painted.
        prompt: the words that it was made from.
        remarks: sentences that somebody who explores it should be told before.
        summary: one line that says what was chosen.
    """

    name = "embedded"
    clip: int | None = 8
    size_multiple = MULTIPLE
    given = False
    up = "+Z"
    usual_size = USUAL_SIZE

    def __init__(self, plan: Procedural, model: Model, *, version: str, seed: int = 0, steps: int = STEPS) -> None:
        """A generator of the world that `plan` knows.

        Args:
            plan: the painted world; only its structure is used.
            model: with its weights.
            version: of the weights.
            seed: of all that the model invents.
            steps: from noise to a clip.
        """
        self.plan = plan
        self.prompt, self.remarks, self.summary = plan.prompt, plan.remarks, plan.summary
        edition = plan.version.partition("+")[2]
        self.version = "+".join(part for part in (version, edition) if part)
        self._model, self._seed, self._times = model, seed, times(steps)

    @property
    def free_space(self) -> FreeSpace:
        """Where somebody may walk."""
        return self.plan.free_space

    @property
    def surfaces(self) -> Surfaces:
        """What its plan has in the way of rays."""
        return self.plan.surfaces

    def start_pose(self) -> Tensor:
        """`T_world_cam` `[4, 4]` float64: where its plan begins."""
        return self.plan.start_pose()

    def state(self) -> Mapping[str, Json]:
        """Nothing: all it needs is in the request."""
        return {}

    @torch.inference_mode()
    def generate(self, request: Request) -> Frames:
        """Frames of the requested cameras with depth (0 = sky) and labels.

        Raises:
            GenerationError: the request has a prompt that is not the world's, or its recall is not for its cameras.
        """
        if request.prompt not in {"", self.prompt}:
            raise GenerationError(f"embedded: the prompt {request.prompt!r} comes too late, this world was made from "
                                  f"{self.prompt!r}; words choose the world when it is made: make another one")
        cameras, recall = request.cameras, request.recall
        guide = blockout(self.plan.territory, cameras, self.plan.territory.sky)
        fresh = self._painted(cameras, recall, guide)
        rgb = honoured(fresh, recall, sky=True)
        return Frames(rgb, cameras, depth=fresh.depth, labels=fresh.labels)

    def _painted(self, cameras: Cameras, recall: Recall, guide: Blockout) -> Frames:
        """What the plan and memory show, and, in frames of which memory lacks something, what the model makes."""
        told = condition(cameras, recall, guide, code_of(self.plan.territory.attributes))
        rgb, depth = colours(told.base[..., :3]), torch.from_numpy(guide.depth).clone()
        unknown = (recall.trust != TRUSTED).float().mean(dim=(1, 2))
        rows = torch.nonzero(unknown > NEW)[:, 0].tolist()
        if rows:
            rgb[rows], codes = made_of(self._model, told, cameras, rows, seed=self._seed, at=self._times)
            depth[rows] = metres(codes)
        return Frames(rgb, cameras, depth=depth, labels=torch.from_numpy(guide.classes.astype(np.int32)))


def made_of(model: Model, told: Condition, cameras: Cameras, rows: list[int], *, seed: int,
            at: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Colours `[R, H, W, 3]` and depth codes `[R, H, W]` that a model makes of the frames `rows`, all at once.

    Args:
        model: with its weights.
        told: what is known of the clip.
        cameras: of all its frames.
        rows: which of them are made.
        seed: of the noise, which is anchored in the world.
        at: times of the steps, see `flow.times`.
    """
    some = Condition.stack([told.frames(rows)])
    noise = anchored_noise(metres(some.base[0, ..., 3]), cameras[rows], seed=seed)
    codes = model.made(some, noise[None], at)[0]
    return colours(codes[..., :3]), codes[..., 3]
