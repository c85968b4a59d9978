"""`spatialmem serve-generator`: let a world on another machine be generated here."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import File, Number, Size, Text, parse_size
from spatialmem.errors import InvalidValueError

if TYPE_CHECKING:
    from spatialmem.generators.remote.limits import Limits
    from spatialmem.generators.remote.server import GeneratorServer

Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="GENERATOR", help_behavior_hint="")]


@dataclass(frozen=True)
class ServeGenerator:
    """Let worlds elsewhere be generated here: a GPU machine generates, a laptop remembers.

    Explore with --generator http://HOST:PORT. The world lives only where it is explored: this server keeps nothing
    of it, and may be stopped and started again. A server that others can reach demands a token, which it prints;
    one for this machine alone demands what SPATIALMEM_TOKEN says, if that is set.

    Examples:
      spatialmem serve-generator my_package.model:MyGenerator
      spatialmem serve-generator scene --input house.glb --port 9000
      spatialmem serve-generator procedural --prompt "a garden in snow" --seed 3
      ssh -L 8765:127.0.0.1:8765 gpu-machine    # then, here: --generator http://127.0.0.1:8765
    """

    generator: Name
    """recorded | scene | procedural | package.module:Class"""
    input: File = None
    """Folder of a recording, or a mesh file; a class gets it as its only argument."""
    size: Size = None
    """Frame size of a recording; default its own."""
    up: Text = None
    """Up axis of a mesh file, such as +Y; default by its format."""
    faults: Text = None
    """Faults of scene and procedural, such as exposure_drift=3,blur=2 (severities 1 to 8)."""
    seed: int = 0
    """Of the faults; which world of procedural."""
    prompt: Text = None
    """Of procedural: words for its world. Others get the prompt of whoever explores."""
    style_seed: Number = None
    """Of procedural: other materials and colours for the same places; default 0."""
    layout: File = None
    """Of procedural: a layout of your own in place of an endless world."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 opens it to the network (unencrypted, with a token)."""
    port: int = 8765
    """Port to listen on; any free one if 0."""
    limit_mb: Number = None
    """Largest request in megabytes; default 1610, enough for 67 million pixels a clip."""

    def run(self) -> None:
        """Serve until Ctrl-C."""
        from spatialmem.exploration import remarks
        from spatialmem.generators.remote.address import TOKEN_VARIABLE
        from spatialmem.generators.remote.server import GeneratorServer
        from spatialmem.generators.select import Options, open_generator

        if not 0 <= self.port < 1 << 16:
            raise InvalidValueError(f"--port must be 0..65535, got {self.port}")
        limits, token = self._limits(), os.environ.get(TOKEN_VARIABLE) or None
        options = Options(parse_size(self.size), self.up, self.faults or "", self.seed, self.prompt or "",
                          self.style_seed, self.layout)
        generator = open_generator(self.generator, self.input, options)
        for remark in remarks(generator):
            print(f"warning: {remark}", file=sys.stderr)
        if logging.getLogger().level == logging.WARNING:  # unless asked for more or less, a line per clip is shown
            logging.getLogger("spatialmem.generators.remote").setLevel(logging.INFO)
        with GeneratorServer(generator, host=self.host, port=self.port, token=token, limits=limits) as server:
            self._announce(server)
            try:
                server.serve()
            except KeyboardInterrupt:  # the way a server is meant to end
                print("\nended", flush=True)

    def _limits(self) -> Limits:
        from spatialmem.generators.remote.limits import Limits

        if self.limit_mb is None:
            return Limits()
        if not 1 <= self.limit_mb <= 100_000:
            raise InvalidValueError(f"--limit-mb must be 1..100000, got {self.limit_mb}")
        return Limits(message=self.limit_mb * 1_000_000)

    def _announce(self, server: GeneratorServer) -> None:
        address = server.address
        print(f"{self.generator}: serving at {address}, Ctrl-C ends it\n"
              f"explore with: spatialmem explore WORLD --generator {address}", flush=True)
        if address.token is not None:
            print(f"its token, to be set there: export SPATIALMEM_TOKEN={address.token}", flush=True)
        if server.exposed:
            print("warning: others can reach this server, and what travels is not encrypted; an ssh tunnel to "
                  "--host 127.0.0.1 is safer", file=sys.stderr, flush=True)
