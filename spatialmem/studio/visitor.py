"""`Visitor`: one page that looks at the world: its own camera, walk, recall and selection."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
import viser
from numpy.typing import NDArray

from spatialmem.frames import Recall
from spatialmem.memory.bank import Bank
from spatialmem.memory.kinds import HYBRID
from spatialmem.studio.colours import blank
from spatialmem.studio.flight import FREE
from spatialmem.studio.here import PIXELS, answer
from spatialmem.studio.panel import assign
from spatialmem.studio.provenance import describe, find
from spatialmem.studio.viewpoint import Viewpoint
from spatialmem.studio.walk import EYE_HEIGHT, NO_COLLISION, NO_FLOOR, Ground
from spatialmem.world import World

Floats = NDArray[np.float64]

RESTED = 0.5
"""Seconds without motion after which a camera counts as resting."""

QUICK = 2.0
"""Seconds that an answer may take to be given unasked."""

CLICK = "Click on a surface to learn where it came from."

_ARM = 0.05
_REACH = 2.0
_SLACK = 0.02
_MARK = 0.006


class Visitor:
    """What belongs to one page. Its methods work on the world, so they run on the desk.

    Attributes:
        client: viser's end of the connection.
        walk, eye_height, recall_now, recall_resting: widgets, whose behaviour `Stage` wires.
    """

    def __init__(self, client: viser.ClientHandle, ground: Callable[[], Ground]) -> None:
        self.client = client
        self._answered: tuple[int, Viewpoint, Recall] | None = None
        self._ground = ground
        self._handled: Viewpoint | None = None
        self._took = 0.0
        self._add_widgets(client.gui)

    @property
    def view(self) -> Viewpoint:
        """Where the page looks from now."""
        return Viewpoint.of(self.client.camera)

    def rested(self) -> Viewpoint | None:
        """The view, once each time that the camera has come to rest somewhere new."""
        if time.time() - self.client.camera.update_timestamp < RESTED:
            return None
        view = self.view
        if not view.differs(self._handled):
            return None
        self._handled = view
        return view

    def set_walking(self) -> None:
        """Take up the walk switch: mouse look at eye height, or free flight around a point ahead."""
        camera, view = self.client.camera, self.view
        walking = self.walk.value
        with self.client.atomic():
            # Turning about a point just before the eye is looking around; far ahead, it is circling.
            camera.max_orbit_distance = _ARM if walking else FREE
            camera.look_at = view.eye + (_ARM if walking else _REACH) * view.forward
        if walking:
            ground = self._ground()
            assign(self.eye_height, round(ground.eye_height, 2))
            self._floor.content = NO_COLLISION if ground.seen else f"{NO_FLOOR} {NO_COLLISION}"
            self.stand()

    def stand(self) -> None:
        """While walking, bring the eyes back to their height above the floor."""
        if not self.walk.value:
            return
        place = self._ground().standing(self.view.eye, self.eye_height.value)
        if np.linalg.norm(place - self.view.eye) > _SLACK:
            self.client.camera.position = place

    def remember(self, world: World, *, asked: bool) -> None:
        """Show what memory recalls at the page's view; unasked only where that is quick."""
        if asked or (self.recall_resting.value and self._took < QUICK):
            self.recall_at(world, self.view)
        elif self._answered is not None and not self._answers(world, self.view):
            self._answered = None  # what is shown must be true of what is seen
            slow = f"The last answer took {self._took:.1f} s. " if self._took >= QUICK else ""
            self._show_recall(f"{slow}Press the button to ask for this view.", None, None, None)

    def recall_at(self, world: World, view: Viewpoint) -> Recall:
        """What memory recalls at `view`, shown in the page's panel too; asked once for each view and commit."""
        if self._answered is not None and self._answers(world, view):
            return self._answered[2]
        begun = time.perf_counter()
        recall = world.recall(view.cameras(PIXELS), world.memory or HYBRID)
        self._took = time.perf_counter() - begun
        self._answered = (world.bank.head, view, recall)
        shown = answer(recall, world.bank.keyframes)
        self._show_recall(shown.summary, shown.render, shown.trust, shown.references)
        return recall

    def _answers(self, world: World, view: Viewpoint) -> bool:
        """Whether the last answer is one for `view` and what is shown now."""
        known = self._answered
        return known is not None and known[0] == world.bank.head and not view.differs(known[1])

    def _show_recall(self, summary: str, *pictures: NDArray[np.uint8] | None) -> None:
        self._summary.content = summary
        for widget, picture in zip((self._render, self._trust, self._references), pictures, strict=True):
            widget.visible = picture is not None
            if picture is not None:
                widget.image = picture

    def forget_selection(self) -> None:
        """Let go of what was clicked: it may not be there at another commit."""
        self._selected.content = CLICK
        self.client.scene.remove_by_name("/mark")

    def select(self, bank: Bank, origin: Floats, direction: Floats, *, backdrop: bool) -> None:
        """Tell what the ray of a click hits, and mark it."""
        found = find(bank, torch.from_numpy(origin), torch.from_numpy(direction), backdrop=backdrop)
        if found is None:
            self._selected.content = "Nothing is remembered there."
            self.client.scene.remove_by_name("/mark")
            return
        self._selected.content = describe(found)
        splat = found.splat
        radii = (2 * splat.scales[0]).clamp(min=_MARK * found.distance)
        self.client.scene.add_icosphere(
            "/mark", radius=1.0, color=(230, 40, 160), subdivisions=3, opacity=0.85, cast_shadow=False,
            receive_shadow=False, scale=(float(radii[0]), float(radii[1]), float(radii[2])),
            wxyz=splat.quats[0].double().numpy(), position=splat.means[0].double().numpy())

    def _add_widgets(self, gui: viser.GuiApi) -> None:
        with gui.add_folder("Walk", order=2):
            self.walk = gui.add_checkbox("Walk", False, hint="On: W A S D walk at eye height, drag or arrow keys "
                                                             "look around. Off: fly; drag circles, scroll "
                                                             "approaches, Q and E sink and rise.")
            self.eye_height = gui.add_slider("Eye height", min=0.2, max=3.0, step=0.05, initial_value=EYE_HEIGHT,
                                             hint="Metres above the floor under the path.")
            self._collision = gui.add_checkbox("Collision", False, disabled=True, hint=NO_COLLISION)
            self._floor = gui.add_markdown(NO_COLLISION)
        with gui.add_folder("Here", order=5):
            self.recall_now = gui.add_button("Recall here", hint="What a generator would be given here: memory's "
                                                                 "render, how far to trust it, and keyframes.")
            self.recall_resting = gui.add_checkbox("When I stop", True, hint="Ask again whenever the camera rests, as "
                                                                             "long as answers are quick.")
            self._summary = gui.add_markdown("")
            self._render = gui.add_image(blank(), label="Memory's render", visible=False)
            self._trust = gui.add_image(blank(), label="Trust: green keep, yellow revise, red unknown", visible=False)
            self._references = gui.add_image(blank(), label="Keyframes to refer to, best first", visible=False)
        with gui.add_folder("Selected", order=4):
            self._selected = gui.add_markdown(CLICK)
