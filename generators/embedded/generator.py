"""`Embedded`: the generator that comes with the package: it paints the worlds that words ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError
from spatialmem.frames import REVISE, UNKNOWN, Frames, Recall
from spatialmem.freespace import FreeSpace
from spatialmem.generators.embedded.channels import Condition, condition, known_colours
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

NEW, WORN = 0.002, 0.3
"""Shares of a frame's pixels that memory does not know, or knows but badly, from which on the frame is made."""


USUAL_SIZE = (192, 256)
"""Height and width of the frames where nobody asks for others."""


class Embedded:
    """Generates frames of a planned world: its plan says what stands where, the model how it looks.

    A frame that memory knows is memory's render, and says so by a confidence of 0. In others the model makes what
    memory does not know, and what it trusts stays. Depth comes from the model, which departs from the plan's where it
    paints what the plan leaves out.
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
        refuse_other_words(request.prompt, self.prompt)
        cameras, recall = request.cameras, request.recall
        guide = blockout(self.plan.territory, cameras, self.plan.territory.sky)
        rgb, depth = _remembered(recall, guide)
        rows = lacking(recall)
        if rows:
            rgb[rows], depth[rows] = self._made(cameras[rows], _rows(recall, rows), guide.frames(rows))
        labels = torch.from_numpy(guide.classes.astype(np.int32))
        rgb = honoured(Frames(rgb, cameras, depth=depth), recall, sky=True)
        return Frames(rgb, cameras, depth=depth, labels=labels, confidence=confidence(recall, rows))

    def _made(self, cameras: Cameras, recall: Recall, guide: Blockout) -> tuple[Tensor, Tensor]:
        told = condition(cameras, recall, guide, code_of(self.plan.territory.attributes))
        return made_of(self._model, told, cameras, seed=self._seed, at=self._times)


def refuse_other_words(prompt: str, made_from: str) -> None:
    """Raise GenerationError if a request's prompt is not the words that its world was made from."""
    if prompt not in {"", made_from}:
        raise GenerationError(f"embedded: the prompt {prompt!r} comes too late, this world was made from "
                              f"{made_from!r}; words choose the world when it is made: make another one")


def lacking(recall: Recall) -> list[int]:
    """The frames of which memory lacks something, so that they are made; the others are its render."""
    unknown = (recall.trust == UNKNOWN).float().mean(dim=(1, 2)) > NEW
    worn = (recall.trust == REVISE).float().mean(dim=(1, 2)) > WORN
    return torch.nonzero(unknown | worn)[:, 0].tolist()


def confidence(recall: Recall, rows: list[int]) -> Tensor | None:
    """`[T, H, W]`: 0 in the frames that are memory's own, which say so by that; None where all are made."""
    if len(rows) == len(recall.trust):
        return None
    told = torch.zeros(recall.trust.shape)
    told[rows] = 1
    return told


def _rows(recall: Recall, rows: list[int]) -> Recall:
    return Recall(recall.view[rows], recall.trust[rows], recall.references)


def _remembered(recall: Recall, guide: Blockout) -> tuple[Tensor, Tensor]:
    """Memory's render over the plan's palette, and the plan's depth: `[T, H, W, 3]` and `[T, H, W]`."""
    weight, rgb = known_colours(recall)
    return torch.lerp(torch.from_numpy(guide.palette), rgb, weight[..., None]), torch.from_numpy(guide.depth).clone()


def made_of(model: Model, told: Condition, cameras: Cameras, *, seed: int,
            at: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Colours `[T, H, W, 3]` and depths `[T, H, W]` (metres, 0 = sky) that a model makes of a clip.

    Args:
        model: with its weights.
        told: what is known of the clip.
        cameras: of its frames.
        seed: of the noise, which is anchored in the world.
        at: times of the steps, see `flow.times`.
    """
    noise = anchored_noise(metres(told.base[..., 3]), cameras, seed=seed)
    codes = model.made(Condition.stack([told]), noise[None], at)[0]
    return colours(codes[..., :3]), metres(codes[..., 3])
