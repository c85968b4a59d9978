"""`FromTruth`: a generator made of a source of truth: exact pictures, and graded departures from them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.frames import REVISE, UNKNOWN, Frames, Recall
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.faults.images import faulty_colour, faulty_depth, forgets, imagined
from spatialmem.generators.faults.poses import disturbed
from spatialmem.generators.faults.props import Props
from spatialmem.generators.honour import attended, honoured, lined_up, shown
from spatialmem.generators.light import Light
from spatialmem.generators.surfaces import Surfaces
from spatialmem.labels import SemanticClass
from spatialmem.protocols import Json, Request

NO_FAULTS = Faults()


class Truth(Surfaces, Protocol):
    """A world (+Z up, metres) that can be looked at, exactly and from anywhere."""

    def take(self, cameras: Cameras) -> Frames:
        """rgb, depth and, where it knows them, labels at `cameras`."""
        ...


class FromTruth:
    """Generates frames of a true world; honours memory where it is trusted.

    Where memory is unknown or to be revised, the truth appears, with the faults; where it is trusted,
    what it remembers is kept (`honour.honoured`). Where memory gives references and no render, what they show
    looks as it does there (`honour.attended`). Depth and labels are the truth's own: memory has no
    say in them; what a fault puts in front is labelled OTHER. Moving content is never announced in
    `Frames.dynamic`: that is part of the fault.

    What a pose fault moves by more than a pixel in the picture is returned as it was taken: memory is
    rendered at the pose that was asked for and would not line up with it.

    Attributes:
        name: what it is called, in its record and its errors.
        up: the world's up axis, always "+Z".
        given: False: its frames are generated, not recorded.
        has_sky: whether depth 0 means the sky, whose detail is restored like that of surfaces.
    """

    name: str
    clip: int | None = None
    size_multiple = 1
    given = False
    up = "+Z"
    has_sky = False

    def __init__(self, source: Truth, light: Light, *, faults: Faults = NO_FAULTS, honour_memory: bool = True) -> None:
        """A generator of what `source` shows.

        Args:
            source: the true world.
            light: falls on what the faults add.
            faults: what goes wrong.
            honour_memory: False = show the truth whatever memory says.
        """
        self.faults = faults
        self.honour_memory = honour_memory
        self._source, self._light = source, light
        self._props = Props(faults, source, light)
        self._frame = 0
        self._clip = 0

    def with_faults(self, faults: Faults) -> Self:
        """The same world at its start, with other faults."""
        other = copy(self)
        other.faults, other._props = faults, Props(faults, self._source, self._light)
        other._frame = other._clip = 0
        return other

    @property
    def surfaces(self) -> Surfaces:
        """The true world, to be probed by rays."""
        return self._source

    def truth(self, cameras: Cameras) -> Frames:
        """The world at `cameras`, exactly: rgb, depth and perhaps labels, without faults or memory."""
        return self._source.take(cameras)

    def generate(self, request: Request) -> Frames:
        """Frames labelled with the requested cameras; advances the frame and clip counters.

        Raises:
            GenerationError: the request's recall is not for its cameras.
        """
        asked, recall = request.cameras, request.recall
        if recall.trust.shape != (len(asked), asked.height, asked.width):
            raise GenerationError(f"the recall is for frames {list(recall.trust.shape)}, the cameras for "
                                  f"{[len(asked), asked.height, asked.width]}; recall at these cameras")
        used = disturbed(asked, self._frame, self.faults)
        true = self._source.take(used)
        recall = self._attentive(true, recall)
        rgb, depth, front = self._props.draw(true, recall.trust.numpy(), self._frame, self._clip)
        labels = _relabelled(true, depth)
        for i in range(len(rgb)):
            rgb[i] = faulty_colour(rgb[i], self._frame + i, self.faults)
        if self.honour_memory:
            usable = lined_up(true, asked).numpy() & ~front
            fresh = Frames(torch.from_numpy(rgb), asked, depth=torch.from_numpy(depth))
            rgb = self._remember(fresh, recall, usable, true.rgb)
        for i in range(len(depth)):
            depth[i] = faulty_depth(depth[i], self._frame + i, self.faults)
        self._frame += len(asked)
        self._clip += 1
        return Frames(torch.from_numpy(rgb), asked, depth=torch.from_numpy(depth), labels=labels)

    def _attentive(self, true: Frames, recall: Recall) -> Recall:
        """`recall`; of references without a render, what they show is known, to be revised."""
        if _rendered(recall) or len(recall.references) == 0:
            return recall
        trust = torch.where(shown(true, recall.references, sky=self.has_sky), REVISE, UNKNOWN).to(torch.uint8)
        return Recall(recall.view, trust, recall.references)

    def _remember(self, fresh: Frames, recall: Recall, usable: NDArray[np.bool_],
                  true: Tensor) -> NDArray[np.float32]:
        """The colours of `fresh` after memory has had its say in the `usable` pixels."""
        rgb = fresh.rgb.numpy()
        if forgets(self._clip, self.faults):
            known = usable & (recall.trust.numpy() != UNKNOWN)
            return np.where(known[..., None], imagined(rgb, self._clip, self.faults), rgb)
        if not _rendered(recall):
            kept = attended(fresh, recall.references, sky=self.has_sky)
            return np.where(usable[..., None], kept.numpy(), rgb)
        trust = torch.where(torch.from_numpy(usable), recall.trust, UNKNOWN).to(torch.uint8)
        return honoured(fresh, Recall(recall.view, trust, recall.references), detail=true, sky=self.has_sky).numpy()

    def state(self) -> Mapping[str, Json]:
        """The counters that faults depend on."""
        return {"frame": self._frame, "clip": self._clip}

    def restore(self, state: Mapping[str, Json]) -> None:
        """Goes on from a saved `state`.

        Raises:
            InvalidValueError: the state is not one of this generator.
        """
        frame, clip = state.get("frame"), state.get("clip")
        if type(frame) is not int or type(clip) is not int or min(frame, clip) < 0:
            raise InvalidValueError(f"{self.name} state needs whole numbers 'frame' and 'clip' >= 0, "
                                    f"got {dict(state)!r}")
        self._frame, self._clip = frame, clip


def _rendered(recall: Recall) -> bool:
    """Whether memory shows anything in any of the views."""
    return recall.view.alpha is not None and bool(recall.view.alpha.any())


def _relabelled(true: Frames, depth: NDArray[np.float32]) -> Tensor | None:
    """The labels of `true`, with OTHER where something was drawn in front (its depth is another then)."""
    if true.labels is None or true.depth is None:
        return None
    return torch.where(torch.from_numpy(depth) == true.depth, true.labels, SemanticClass.OTHER).to(true.labels.dtype)
