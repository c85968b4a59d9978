"""What an exploration was asked, and the command lines that ask it again or go on with its world."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from spatialmem.continuation import MAY_CHANGE
from spatialmem.errors import InvalidValueError
from spatialmem.memory.clips import Clip
from spatialmem.protocols import Json
from spatialmem.settings import Settings
from spatialmem.world import World


@dataclass(frozen=True)
class Asked:
    """What was asked, and how to go on.

    Attributes:
        settings: the plan by name, its paths as one would type them here; empty for a world that was made without one.
        generator, version, provenance: of the last clip, empty before the first.
        repeat: the command line that does it all again; empty where `explore` did not make the world.
        commands: command lines for this world, by what they do.
    """

    settings: Mapping[str, Json]
    generator: str
    version: str
    provenance: str
    repeat: str
    commands: Mapping[str, str]


def asked(world: World, last: Clip | None) -> Asked:
    """What was asked of `world`, whose latest clip is `last`."""
    plan, path = world.bank.plan, world.bank.path
    settings = dict(plan.record) if plan is not None else {}
    try:
        known = Settings.from_record(settings) if settings else None
    except InvalidValueError:  # a plan of somebody else's making: shown, but no command line says it
        known = None
    unfinished = known is not None and plan is not None and world.frames_done < len(plan.cameras)
    typed = {name: _as_typed(name, value) if isinstance(value, str) else value for name, value in settings.items()}
    return Asked(typed, last.generator if last else "", last.version if last else "",
                 last.provenance if last else "", _repeat(path, known) if known else "",
                 {**({"Go on": _line("explore", path, "--resume")} if unfinished else {}), **_commands(path)})


def _commands(path: Path) -> dict[str, str]:
    name = path.name
    return {
        "Look around in the browser": _line("view", path),
        "Export for splat viewers": _line("export", path, f"{name}.ply"),
        "Render images and a video": _line("render", path, "--trajectory", "recorded", "--out", f"renders/{name}"),
        "Verify what is on disk": _line("check", path),
        "Make this page again": _line("report", path),
    }


def _repeat(path: Path, settings: Settings) -> str:
    """The `explore` that made the world, with the settings that are not the defaults."""
    default, asked = asdict(Settings()), asdict(settings)
    if settings.origin is not None:  # all else is that world's
        asked = {name: value for name, value in asked.items() if name in {*MAY_CHANGE, "origin"}}
        asked["at"], default["at"] = settings.since, None
    words = []
    for name, value in asked.items():
        if value != default[name]:
            text = f"{value[1]}x{value[0]}" if isinstance(value, tuple) else str(value)
            text = _as_typed(name, text)
            option = "--from" if name == "origin" else f"--{name.replace('_', '-')}"
            # a value that begins with a dash would be read as an option
            words += [f"{option}={text}"] if text.startswith("-") else [option, text]
    return _line("explore", path, *words)


def _as_typed(name: str, text: str) -> str:
    """A setting with its path, kept absolute, as one would type it."""
    paths = ("input", "trajectory", "layout", "image", "origin")
    return shown(Path(text)) if name in paths and text.startswith("/") else text


def _line(command: str, path: Path, *words: str) -> str:
    return shlex.join(["spatialmem", command, shown(path), *words])


def shown(path: Path) -> str:
    """`path` as one would type it: relative where it lies below the present folder."""
    here = Path.cwd()
    text = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
    return f"./{text}" if text.startswith("-") else text
