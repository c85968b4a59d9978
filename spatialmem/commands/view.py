"""`spatialmem view`: a world in the browser."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import File, WorldFolder, megabytes
from spatialmem.errors import InvalidValueError

if TYPE_CHECKING:
    from spatialmem.studio.guard import Guard

Names = Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="NAME", help_behavior_hint="")]


@dataclass(frozen=True)
class View:
    """A world in the browser: walk through it, and watch it grow while it is explored.

    Examples:
      spatialmem view worlds/room
      spatialmem view worlds/room --html room.html
      spatialmem view worlds/room --host 0.0.0.0 --allow-host studio.local
    """

    world: WorldFolder
    """Folder of the world; it is only read."""
    port: int = 8080
    """Port to listen on; the next free one of ten if it is taken, any free one if 0."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 opens the viewer to the network (unencrypted)."""
    allow_host: Names = ()
    """A further name by which browsers call this machine, NAME or NAME:PORT; can be given again."""
    budget: int = 1_000_000
    """Most Gaussians that are sent to a page; of a larger world, the ones that show most."""
    html: File = None
    """Write one self-contained page instead, to share, and end."""

    def run(self) -> None:
        """Serve until Ctrl-C, or write the page."""
        from spatialmem.export.page import require_page
        from spatialmem.serial import serial_torch
        from spatialmem.world import World

        if self.budget < 1:
            raise InvalidValueError(f"--budget must be 1 Gaussian or more, got {self.budget}")
        if self.html is not None:
            require_page(self.html)
        with World.open(self.world) as world:  # what is no world is refused before anything is served
            if self.html is not None:
                world.keyframe_cameras()
        with serial_torch():  # a thousand small tensor operations, often beside an exploration that needs the cores
            if self.html is None:
                self._serve()
            else:
                self._write(self.html)

    def _serve(self) -> None:
        from spatialmem.studio.server import open_server
        from spatialmem.studio.stage import Stage

        with (open_server(host=self.host, port=self.port, allow_hosts=self.allow_host) as opening,
              closing(Stage(opening.server, self.world, budget=self.budget)) as stage):
            try:
                stage.start()
                if self.port not in {0, opening.guard.port}:
                    print(f"port {self.port} is in use, so it is {opening.guard.port}")
                if opening.exposed:
                    print(_warning(opening.guard), file=sys.stderr)
                print(f"{self.world}: open {opening.url}\n(Ctrl-C ends it)", flush=True)
                _wait()
            except KeyboardInterrupt:  # the way a viewer is meant to end
                print("\nended")

    def _write(self, out: Path) -> None:
        from spatialmem.studio.server import open_server
        from spatialmem.studio.sharing import write_scene
        from spatialmem.studio.stage import Stage

        with (open_server(port=0) as opening,  # nobody is told its address
              closing(Stage(opening.server, self.world, budget=self.budget)) as stage):
            stage.start()
            size = write_scene(opening.server, out, title=self.world.resolve().name)
        print(f"{out}: {megabytes(size)}, opens in any browser without spatialmem")


def _wait() -> None:
    """Until Ctrl-C; the viewer works on threads of its own."""
    threading.Event().wait()


def _warning(guard: Guard) -> str:
    return ("warning: other machines can reach this viewer, and what is sent is not encrypted: use it in networks that "
            f"you trust\nthey open http://ADDRESS:{guard.port}/?token={guard.token}\nwhere ADDRESS is an IP address of "
            "this machine, or a name given with --allow-host")
