"""`Stage`: a world on a viser server: its scene, its controls, and the thread that follows its commits."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np
import viser
from numpy.typing import NDArray

from spatialmem.errors import SpatialMemError
from spatialmem.frames import Recall
from spatialmem.studio.desk import Desk
from spatialmem.studio.flight import fly
from spatialmem.studio.layers import OF_THE_VIEW
from spatialmem.studio.panel import FIRST, RENDER, Panel, assign
from spatialmem.studio.pictures import exact_render, photograph, send_png
from spatialmem.studio.scenery import Scenery
from spatialmem.studio.timeline import Timeline
from spatialmem.studio.viewpoint import Opening, keyframe_view
from spatialmem.studio.visitor import Visitor

BUDGET = 1_000_000
"""Gaussians that a page is asked to draw, unless told otherwise: what a laptop's browser draws smoothly."""

logger = logging.getLogger(__name__)

_BEAT, _POLL = 0.25, 1.0
_NOTICE = 10.0

FrustumClick = viser.SceneNodePointerEvent[viser.CameraFrustumHandle]


class Stage:
    """The world at `path` as the scene and the controls of `server`.

    The scene is shared by all pages; each has its own camera, walk, recall and selection. Layers that
    depend on the view follow the page that chose them. All work on the world is done on one thread.

    Args:
        server: a running viser server; the stage owns its scene and panel.
        path: the world's folder; it is opened to read only.
        budget: most Gaussians that are sent to a page at once.

    Raises:
        WorldFormatError: no world, damaged, or of a newer version.
        StorageError: the folder cannot be read.
    """

    def __init__(self, server: viser.ViserServer, path: Path, *, budget: int = BUDGET) -> None:
        self._server = server
        self._name = path.resolve().name
        self._timeline = Timeline(path)
        self._desk = Desk(self._notify)
        self._scenery = Scenery(server, self._timeline, budget, self._on_frustum)
        self._panel = Panel(server.gui, title=self._name)
        self._visitors: dict[int, Visitor] = {}
        self._leader: int | None = None
        self._clicked: dict[int, tuple[float, float]] = {}
        self._notices: dict[str, float] = {}

    def start(self) -> None:
        """Fill the scene with what is there, then begin to serve pages and to follow commits."""
        self._scenery.plan(self._eyes())
        while self._fill_part():
            pass
        self._tell_commit()
        self._wire_panel()
        self._server.scene.on_click()(self._on_click)
        self._server.on_client_connect(self._welcome)
        self._server.on_client_disconnect(self._part)
        self._desk.beat("poll", self._poll, _POLL)
        self._desk.beat("rest", self._follow_cameras, _BEAT)

    def close(self) -> None:
        """Stop every thread of the stage and let go of the world; closing twice is harmless."""
        self._desk.close()
        self._timeline.close()

    # Pages come and go; these run on threads of viser's, and only post what needs the world.

    def _welcome(self, client: viser.ClientHandle) -> None:
        number = client.client_id
        visitor = Visitor(client, self._scenery.ground)
        self._visitors[number] = visitor
        post = self._desk.post
        visitor.walk.on_update(lambda _: post(f"walk {number}", visitor.set_walking))
        visitor.eye_height.on_update(lambda _: post(f"stand {number}", visitor.stand))
        visitor.recall_now.on_click(lambda _: post(f"recall {number}", lambda: self._remember(visitor, asked=True)))
        client.camera.on_update(lambda _: post(f"stand {number}", visitor.stand) if visitor.walk.value else None)
        if number not in self._server.get_clients():  # gone before it was welcome; its leaving may be told already
            self._part(client)

    def _part(self, client: viser.ClientHandle) -> None:
        self._visitors.pop(client.client_id, None)
        self._clicked.pop(client.client_id, None)

    def _on_click(self, event: viser.SceneClickEvent) -> None:
        origin, direction = np.array(event.ray_origin), np.array(event.ray_direction)
        self._desk.post(f"select {event.client_id}",
                        lambda: self._select(event.client_id, event.screen_pos, origin, direction))

    def _on_frustum(self, index: int, event: FrustumClick) -> None:
        self._clicked[event.client_id] = event.screen_pos
        self._on_keyframe(index, event.client_id)

    def _on_keyframe(self, index: int, client: int | None) -> None:
        self._desk.post(f"keyframe {client}", lambda: self._visit(client, index))

    def _on_save(self, what: str, client: int | None) -> None:
        if what == RENDER:
            self._desk.post(f"render {client}", lambda: self._render(client))
        else:
            self._photograph(client)

    def _wire_panel(self) -> None:
        panel, frustums, post = self._panel, self._scenery.frustums, self._desk.post
        panel.layer.on_update(lambda event: self._on_layer(event.client_id))
        panel.backdrop.on_update(lambda _: post("colour", self._colour))
        panel.cameras.on_update(lambda _: setattr(frustums.cameras, "visible", panel.cameras.value))
        panel.path.on_update(lambda _: setattr(frustums.path, "visible", panel.path.value))
        panel.live.on_update(lambda event: self._on_time(event.client_id, None if panel.live.value else -1))
        panel.commit.on_update(lambda event: self._on_time(event.client_id, panel.commit.value))
        panel.go_to.on_click(lambda event: self._on_keyframe(0 if event.target.value == FIRST else -1, event.client_id))
        panel.save.on_click(lambda event: self._on_save(event.target.value, event.client_id))

    def _on_time(self, client: int | None, commit: int | None) -> None:
        if client is not None:  # else it is the panel that tells what is shown
            self._desk.post("timeline", lambda: self._go_to(commit))

    def _on_layer(self, client: int | None) -> None:
        self._leader = client
        self._desk.post("colour", self._colour)

    def _fly(self, client: int | None, there: Opening) -> None:
        visitor = self._visitor(client)
        if visitor is not None:
            assign(visitor.walk, False)
            fly(self._server, visitor.client, there)

    def _photograph(self, client: int | None) -> None:
        visitor = self._visitor(client)
        if visitor is None:
            return
        try:
            send_png(visitor.client, f"{self._name}-view", photograph(visitor.client))
        except SpatialMemError as error:
            logger.warning("%s", error)
            self._notify(str(error))

    def _visitor(self, client: int | None) -> Visitor | None:
        return None if client is None else self._visitors.get(client)

    # What follows works on the world and runs on the desk (or before it, in `start`).

    def _fill(self) -> None:
        if self._fill_part():
            self._desk.post("fill", self._fill)
            return
        self._tell_commit()
        for visitor in list(self._visitors.values()):
            self._remember(visitor, asked=False)
        if self._panel.chosen == "trust":
            self._colour()

    def _fill_part(self) -> bool:
        try:
            return self._scenery.fill()
        except SpatialMemError as error:  # a damaged cell leaves a hole; the others are still worth seeing
            logger.warning("%s", error)
            self._notify(str(error))
            return True

    def _poll(self) -> None:
        shown = self._timeline.shown
        if not self._timeline.poll():
            return
        if self._timeline.shown == shown:
            self._tell_commit()
        else:
            self._show()

    def _go_to(self, commit: int | None) -> None:
        """Show `commit`; None follows the newest, -1 stays at the one that is shown."""
        if commit is None:
            self._timeline.follow()
        else:
            self._timeline.show(self._timeline.shown if commit < 0 else min(int(commit), self._timeline.head))
        self._show()

    def _show(self) -> None:
        """Bring the scene to the commit that the timeline shows."""
        first = self._scenery.begin()
        for number, visitor in list(self._visitors.items()):
            visitor.forget_selection()
            if first:
                self._fly(number, self._scenery.opening)
        self._scenery.plan(self._eyes())
        self._tell_commit()
        self._desk.post("fill", self._fill)

    def _tell_commit(self) -> None:
        self._panel.show_commit(self._timeline, self._scenery.drawn)

    def _follow_cameras(self) -> None:
        """Whatever is due once a page's camera has come to rest."""
        rested = [(number, visitor) for number, visitor in list(self._visitors.items()) if visitor.rested()]
        if not rested:
            return
        if self._scenery.move(self._eyes()):
            self._scenery.plan(self._eyes())
            self._desk.post("fill", self._fill)
        layer = self._panel.chosen
        for number, visitor in rested:
            self._remember(visitor, asked=False)
            if number == self._leader and layer in OF_THE_VIEW:
                self._colour()

    def _remember(self, visitor: Visitor, *, asked: bool) -> None:
        visitor.remember(self._timeline.world, asked=asked)

    def _colour(self) -> None:
        layer, leader = self._panel.chosen, self._visitor(self._leader)
        view = None if leader is None else leader.view
        recall: Recall | None = None
        if layer == "trust" and leader is not None:
            recall = leader.recall_at(self._timeline.world, leader.view)
        lens = self._scenery.colour(layer, view, recall, backdrop=self._panel.backdrop.value)
        self._panel.show_legend(layer, lens)

    def _select(self, client: int, screen: tuple[float, float], origin: NDArray[np.float64],
                direction: NDArray[np.float64]) -> None:
        visitor = self._visitor(client)
        # A click on a frustum is told twice, as one on the scene behind it too.
        if visitor is not None and self._clicked.pop(client, None) != screen:
            visitor.select(self._timeline.world.bank, origin, direction, backdrop=self._panel.backdrop.value)

    def _visit(self, client: int | None, index: int) -> None:
        """Take a page to a keyframe; -1 is the newest."""
        count = self._timeline.world.frames_done
        if index < count and count:
            self._fly(client, keyframe_view(self._timeline.world.bank, index % count))

    def _render(self, client: int | None) -> None:
        visitor = self._visitor(client)
        if visitor is not None:
            send_png(visitor.client, f"{self._name}-render", exact_render(self._timeline.world, visitor.view))

    def _eyes(self) -> NDArray[np.float64]:
        return np.array([visitor.view.eye for visitor in list(self._visitors.values())]).reshape(-1, 3)

    def _notify(self, message: str) -> None:
        """Tell every page; the same words at most every ten seconds."""
        now = time.monotonic()
        if now - self._notices.get(message, -_NOTICE) < _NOTICE:
            return
        self._notices[message] = now
        for visitor in list(self._visitors.values()):
            visitor.client.add_notification("Something went wrong", message, color="red", auto_close_seconds=_NOTICE)
