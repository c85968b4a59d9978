"""A child process that does something to a world, perhaps under strace, and is watched until it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from actions import Say

from spatialmem.errors import SpatialMemError

FINE, TYPED, UNTYPED = 0, 3, 4
"""How a child ends by itself: all went well, an error of ours, another one."""


@dataclass(frozen=True)
class Ending:
    """How a child ended: its exit code (negative: a signal), what it acknowledged, and an error's text."""

    code: int
    said: list[int]
    error: str


def run(action: Callable[[Path, Say], None], world: Path, *, strace: Sequence[str] = ()) -> Ending:
    """Forks a child that does it; with options, under strace from its first step on."""
    listen, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listen)
        if strace:
            os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(_do(action, world, speak))
    os.close(speak)
    tracer = _trace(child, strace) if strace else None
    with os.fdopen(listen) as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    if tracer is not None:
        tracer.wait()
    return Ending(os.waitstatus_to_exitcode(status), [int(line) for line in lines if line.isdecimal()],
                  "\n".join(line for line in lines if not line.isdecimal()))


def _do(action: Callable[[Path, Say], None], world: Path, speak: int) -> int:
    try:
        action(world, lambda head: (os.write(speak, f"{head}\n".encode()), None)[1])
    except SpatialMemError:
        return TYPED
    except BaseException:  # noqa: BLE001 - told to the parent, who fails on it
        os.write(speak, traceback.format_exc().encode())
        return UNTYPED
    return FINE


def _trace(child: int, options: Sequence[str]) -> subprocess.Popen[str]:
    os.waitpid(child, os.WUNTRACED)
    tracer = subprocess.Popen(["strace", "-f", "-p", str(child), *options], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    while "attached" not in (line := tracer.stderr.readline()):
        assert line, "strace did not attach"
    os.kill(child, signal.SIGCONT)
    return tracer
