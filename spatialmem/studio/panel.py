"""The controls that all visitors of a world share: what is shown, and of which commit."""

from __future__ import annotations

from typing import TypeVar

import viser

from spatialmem.studio.colours import blank
from spatialmem.studio.layers import LAYERS, Layer, Lens
from spatialmem.studio.legends import legend
from spatialmem.studio.timeline import Timeline

T = TypeVar("T")

FIRST, LAST = "First", "Newest"
SCREENSHOT, RENDER = "Screenshot", "Exact render"

_LAYER_NAMES: dict[str, Layer] = {layer.capitalize(): layer for layer in LAYERS}


class Panel:
    """Widgets without behaviour; `Stage` says what they do.

    Attributes:
        layer, backdrop, cameras, path: what the scene shows.
        go_to, save: groups of buttons, FIRST or LAST and SCREENSHOT or RENDER.
        commit, live: the timeline.
    """

    def __init__(self, gui: viser.GuiApi, *, title: str) -> None:
        gui.set_panel_label(title)
        gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False)
        self._title = title
        self._status = gui.add_markdown("", order=0)
        with gui.add_folder("View", order=1):
            self.layer = gui.add_dropdown("Show", tuple(_LAYER_NAMES), hint="What the colours of the Gaussians mean.")
            self._caption = gui.add_markdown("", visible=False)
            self._legend = gui.add_image(blank(), visible=False)
            self.backdrop = gui.add_checkbox("Backdrop", True, hint="What was seen without depth: sky, glass, holes. "
                                                                    "It stands behind everything else.")
            self.cameras = gui.add_checkbox("Keyframes", True, hint="The stored frames' cameras: blue ones built the "
                                                                    "memory, orange ones were held out to measure it. "
                                                                    "Click one to fly there.")
            self.path = gui.add_checkbox("Path", True, hint="The way that was walked.")
            self.go_to = gui.add_button_group("Go to", (FIRST, LAST), hint="Fly to the first or newest keyframe.")
            self.save = gui.add_button_group("Save", (SCREENSHOT, RENDER),
                                             hint="A PNG of this page, or of this view as spatialmem draws it.")
        with gui.add_folder("Timeline", order=3):
            self.live = gui.add_checkbox("Live", True, hint="Show the newest commit, and follow new ones as they come.")
            self.commit = gui.add_slider("Commit", min=0, max=1, step=1, initial_value=0,
                                         hint="Show the world as it was after this commit.")
            self._when = gui.add_markdown("")

    @property
    def chosen(self) -> Layer:
        """The layer that is asked for."""
        return _LAYER_NAMES.get(self.layer.value, "colour")

    def show_legend(self, layer: Layer, lens: Lens) -> None:
        """Say what the colours of `layer` mean; true colours need no words."""
        caption, picture = legend(layer, lens)
        self._caption.content = caption
        self._caption.visible = layer != "colour"
        if picture is not None:
            self._legend.image = picture
        self._legend.visible = picture is not None

    def show_commit(self, timeline: Timeline, drawn: int) -> None:
        """Say what is shown: the commit and how much of it is drawn."""
        bank = timeline.world.bank
        commits = bank.commits()
        gaussians = commits[-1].gaussians if commits else 0
        if not timeline.head:
            self._status.content = "**This world is empty so far.** It fills as clips are committed; this page follows."
        else:
            part = "" if drawn >= gaussians else f", {drawn:,} drawn"
            self._status.content = f"{gaussians:,} Gaussians{part} · {len(bank.keyframes):,} keyframes"
        self.commit.disabled = not timeline.head
        self.commit.max = max(timeline.head, 1)
        assign(self.commit, timeline.shown)
        assign(self.live, timeline.live)
        when = f", {commits[-1].created[:16].replace('T', ' ')} UTC" if commits else ""
        self._when.content = f"Commit {timeline.shown} of {timeline.head}{when}"


def assign(widget: viser.GuiInputHandle[T], value: T) -> None:
    """Set a widget's value as if a visitor had, but with no visitor in the event."""
    widget.value = value  # type: ignore[misc]  # its setter stands apart from the property, which mypy takes for none
