"""How arguments are written on the command line, and read."""

from __future__ import annotations

import os.path
import re
from pathlib import Path
from typing import Annotated

import tyro

from spatialmem.errors import InvalidValueError

Text = Annotated[str | None, tyro.conf.arg(metavar="TEXT", help_behavior_hint="")]
Number = Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="")]
Size = Annotated[str | None, tyro.conf.arg(metavar="WIDTHxHEIGHT", help_behavior_hint="")]
File = Annotated[Path | None, tyro.conf.arg(metavar="PATH", help_behavior_hint="")]
Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help_behavior_hint="")]
At = Annotated[str | None, tyro.conf.arg(metavar="COMMIT", help_behavior_hint="")]
WorldFolder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="WORLD", help_behavior_hint="")]


def parse_size(text: str | None) -> tuple[int, int] | None:
    """(height, width) of WIDTHxHEIGHT.

    Raises:
        InvalidValueError: it is something else.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if match is None or 0 in (width := int(match[1]), height := int(match[2])):
        raise InvalidValueError(f"--size must be WIDTHxHEIGHT in pixels, such as 320x240, got {text!r}")
    return height, width


def file_or_name(trajectory: str | None) -> str | None:
    """A pose file (or CONVENTION:FILE) with an absolute path, so that resuming works from anywhere; names stay."""
    from spatialmem.posefiles.select import split_convention

    if trajectory is None:
        return None
    convention, file = split_convention(trajectory)
    if not os.path.isfile(file):  # noqa: PTH113 (a name may be too long for a path)
        return trajectory
    return absolute(Path(file)) if convention is None else f"{convention}:{absolute(Path(file))}"


def absolute(path: Path) -> str:
    """`path` so that it can be found again from another folder; links are kept, `..` is not."""
    return os.path.abspath(path)  # noqa: PTH100 - resolve() follows links, and fails on loops of them


def require_device(device: str) -> None:
    """Raise InvalidValueError unless this machine has `device`."""
    import torch

    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise InvalidValueError(f"--device {device!r} is unknown; use cpu or cuda")
    if device != "cpu" and not int(device[5:] or 0) < torch.cuda.device_count():
        raise InvalidValueError(f"--device {device}: this machine has no such CUDA device; use cpu")


def printable(text: str) -> str:
    """Text from a file or another machine, without what would drive a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def megabytes(size: object) -> str:
    """A number of bytes for people."""
    return f"{int(str(size)) / 1e6:,.1f} MB"
