"""The command line: which commands there are, what they share, and how they end."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import field, make_dataclass
from functools import reduce
from importlib.metadata import version
from inspect import getdoc
from operator import or_
from textwrap import shorten
from typing import Annotated, Any, Literal

import tyro

from spatialmem.commands.arguments import printable
from spatialmem.commands.branch import Branch, Snapshot
from spatialmem.commands.check import Check
from spatialmem.commands.check_generator import CheckGenerator
from spatialmem.commands.diff import Diff
from spatialmem.commands.explore import Explore
from spatialmem.commands.export import Export
from spatialmem.commands.gc import Gc
from spatialmem.commands.info import Info
from spatialmem.commands.layout import Layout
from spatialmem.commands.log import Log
from spatialmem.commands.log_lines import LogLines
from spatialmem.commands.poses import ConvertPoses
from spatialmem.commands.recall import Recall
from spatialmem.commands.render import Render
from spatialmem.commands.replay import Replay
from spatialmem.commands.report import Report
from spatialmem.commands.revisit import Revisit
from spatialmem.commands.rollback import Rollback
from spatialmem.commands.serve_generator import ServeGenerator
from spatialmem.commands.view import View
from spatialmem.commands.warmup import Warmup
from spatialmem.errors import SpatialMemError

COMMANDS: dict[str, type[Any]] = {
    "explore": Explore,
    "view": View,
    "info": Info,
    "render": Render,
    "recall": Recall,
    "export": Export,
    "report": Report,
    "revisit": Revisit,
    "log": Log,
    "diff": Diff,
    "branch": Branch,
    "rollback": Rollback,
    "replay": Replay,
    "snapshot": Snapshot,
    "check": Check,
    "gc": Gc,
    "check-generator": CheckGenerator,
    "serve-generator": ServeGenerator,
    "poses": ConvertPoses,
    "layout": Layout,
    "warmup": Warmup,
}

ABOUT = """Explicit-3D memory for generated worlds.

Examples:
  spatialmem explore worlds/room --input examples/data/living_room --size 320x240
  spatialmem render worlds/room --trajectory orbit --out renders/room
  spatialmem export worlds/room room.ply

Each command explains itself: spatialmem explore --help. Tab completion for your shell:
  mkdir -p ~/.local/share/bash-completion/completions
  spatialmem --tyro-write-completion bash ~/.local/share/bash-completion/completions/spatialmem
"""

logger = logging.getLogger(__name__)

Level = Annotated[Literal["debug", "info", "warning", "error"], tyro.conf.arg(
    help="What is logged to stderr while it works.")]


def main() -> None:
    """Run one command; what spatialmem or the system refuses is one line on stderr and exit code 2."""
    try:
        command = _parse(sys.argv[1:])
        logging.basicConfig(level=command.log.upper(), handlers=[LogLines()])
        command.run()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except (SpatialMemError, OSError) as error:
        logger.debug("refused", exc_info=True)
        print(f"spatialmem: error: {printable(shorten(str(error), 1000))}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _parse(arguments: list[str]) -> Any:
    """The command that was typed; `--help` and mistakes end the program here."""
    if arguments == ["--version"]:
        print(f"spatialmem {version('spatialmem')}")
        raise SystemExit(0)
    config = (tyro.conf.OmitArgPrefixes,)
    if arguments and arguments[0] in COMMANDS:  # its own help is whole, the overview below shows first lines
        name, rest = arguments[0], arguments[1:]
        kind = COMMANDS[name]
        return tyro.cli(_with_log(kind), prog=f"spatialmem {name}", description=getdoc(kind), args=rest, config=config)
    kinds: list[Any] = [Annotated[_with_log(kind), tyro.conf.subcommand(name, description=_first_line(kind))]
                        for name, kind in COMMANDS.items()]
    return tyro.cli(reduce(or_, kinds), prog="spatialmem", description=ABOUT, args=arguments, config=config)


def _first_line(kind: type[Any]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _with_log(kind: type[Any]) -> type[Any]:
    """The command with the option that all of them share, as its last."""
    return make_dataclass(kind.__name__, [("log", Level, field(default="warning"))], bases=(kind,), frozen=True)
