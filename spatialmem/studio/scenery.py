"""`Scenery`: what a scene shows of a world: its Gaussians, keyframes and path, and where a page begins."""

from __future__ import annotations

import numpy as np
import viser
from numpy.typing import NDArray

from spatialmem.frames import Recall
from spatialmem.studio.cellnodes import CellNodes, Look
from spatialmem.studio.frustums import Frustums, OnClick
from spatialmem.studio.layers import Layer, Lens, depth_range, labels_shown
from spatialmem.studio.timeline import Timeline
from spatialmem.studio.viewpoint import Viewpoint, opening, up_axis
from spatialmem.studio.walk import Ground, find_ground

Floats = NDArray[np.float64]

FAR = 3.0
"""Metres that a viewer moves before a world above the budget is thinned anew around them."""

_PIXELS = 10_000


class Scenery:
    """The scene of a viser server, filled from a timeline's world; it needs no page and no controls.

    Args:
        server: its scene belongs to the scenery.
        timeline: the world that is shown.
        budget: most Gaussians that are drawn.
        on_keyframe: told when a keyframe's frustum is clicked.

    Attributes:
        frustums: the keyframes and the path, to show or hide.
        opening: where a page begins.
        look: how the Gaussians are coloured.
    """

    def __init__(self, server: viser.ViserServer, timeline: Timeline, budget: int, on_keyframe: OnClick) -> None:
        self._server = server
        self._timeline = timeline
        self._budget = budget
        self._cells = CellNodes(server)
        self._ground: tuple[int, Ground] | None = None
        self._eyes = np.zeros((1, 3))
        self.frustums = Frustums(server.scene, on_keyframe)
        self.opening = opening(timeline.world.bank)
        self._begun = timeline.shown > 0
        self.look = Look("colour", Lens(self.opening.view.T_world_cam))
        server.scene.set_up_direction(up_axis(timeline.world.up))
        server.scene.configure_default_lights(cast_shadow=False)  # nothing here could cast one worth its time
        self._open()

    @property
    def drawn(self) -> int:
        """Gaussians that are drawn."""
        return self._cells.count

    def ground(self) -> Ground:
        """The floor of the world that is shown, as far as it is drawn."""
        bank = self._timeline.world.bank
        if self._ground is None or self._ground[0] != bank.head:
            centres = bank.keyframes.T_world_cam[:, :3, 3].numpy()
            self._ground = (bank.head, find_ground(self._cells.splats, centres, self.opening.up))
        return self._ground[1]

    def plan(self, eyes: Floats) -> None:
        """Work out what the commit that is shown needs, for viewers at `eyes` `[E, 3]`; `fill` sends it.

        Without a viewer the world is drawn for one who stands where pages begin.
        """
        bank = self._timeline.world.bank
        self._eyes = eyes if len(eyes) else self.opening.position[None]
        self._cells.want(bank, self._eyes, self._budget)
        self.frustums.want(bank)
        self.frustums.make_way(self._eyes)

    def begin(self) -> bool:
        """Let pages begin at the first keyframe, once there is one; True when that has just come."""
        bank = self._timeline.world.bank
        if self._begun or not len(bank.keyframes):
            return False
        self._begun, self.opening = True, opening(bank)
        self._open()
        return True

    def fill(self) -> bool:
        """Send the next part of what was planned, the nearest first; False once all is there.

        Raises:
            WorldFormatError: an object is damaged; the next call goes on behind it.
        """
        bank = self._timeline.world.bank
        return self._cells.send(bank, self.look) or self.frustums.send(bank)

    def move(self, eyes: Floats) -> bool:
        """Take note of where the viewers are; True where the world must be planned anew around them."""
        if not len(eyes):
            return False
        self.frustums.make_way(eyes)
        bank = self._timeline.world.bank
        total = sum(version.gaussians for version in bank.versions)
        away = np.linalg.norm(eyes[:, None] - self._eyes[None], axis=2).min(axis=1)
        return total > self._budget and bool((away > FAR).any())

    def colour(self, layer: Layer, view: Viewpoint | None, recall: Recall | None, *, backdrop: bool) -> Lens:
        """Colour the Gaussians by `layer` as seen from `view`; the lens says what the colours mean."""
        view = view or self.opening.view
        splats = self._cells.splats
        most = int(splats.seen.max()) if len(splats) else 1
        near, far = depth_range(splats, view.cameras(_PIXELS)) if layer == "depth" else (0.0, 1.0)
        labels = labels_shown(splats) if layer == "labels" else ()
        self.look = Look(layer, Lens(view.T_world_cam, near, far, most, recall, labels), backdrop)
        self._cells.repaint(self.look)
        return self.look.lens

    def _open(self) -> None:
        start = self._server.initial_camera
        start.position, start.look_at = self.opening.position, self.opening.look_at
        start.up, start.fov = self.opening.up, self.opening.fov
