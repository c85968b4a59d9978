"""A writer is killed at random moments."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from memory_worlds import make_world, step

from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check

_LONGEST = 0.06


def kill(folder: Path, *, trials: int, seed: int) -> int:
    """Kills a writer of one growing world, so often; returns how many commits that was."""
    draw, world, head = random.Random(seed), make_world(folder / "W", 1), 1
    for _ in range(trials):
        if head > 60:  # checking grows with the world
            world, head = make_world(folder / f"W{draw.random()}", 1), 1
        clips = draw.randint(0, 2)
        acknowledged = max(head, _trial(world, clips, draw.uniform(0, _LONGEST)))
        assert check(world) == [], check(world)
        with Bank.open(world) as bank:
            # A commit may be durable that the kill kept from being acknowledged, never the reverse.
            assert head + clips <= acknowledged <= bank.head <= acknowledged + 1
            assert bank.frames_done == 2 * bank.head
            assert len(bank.load_keyframes(range(bank.frames_done))) == bank.frames_done
            head = bank.head
    return trials


def _trial(world: Path, clips: int, pause: float) -> int:
    """Kills a writer `pause` seconds after its `clips`-th acknowledgement; returns the last one, or 0."""
    listen, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listen)
        try:
            with Bank.open(world, write=True) as bank:
                while True:
                    step(bank)
                    os.write(speak, f"{bank.head}\n".encode())
        finally:
            os._exit(1)
    os.close(speak)
    with os.fdopen(listen) as pipe:
        lines = [pipe.readline() for _ in range(clips)]
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines += pipe.readlines()
    return int(lines[-1]) if lines else 0
