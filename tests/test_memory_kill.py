"""A writer that is killed at any moment loses nothing it had acknowledged.

Run as a program (`python test_memory_kill.py FOLDER TRIALS SEED`) it does the trials: it forks a
writer, kills it after a random while, and checks the world. Forking spares each trial the import.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from memory_worlds import make_world, step

from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check

TRIALS = 15


def test_a_killed_writer_loses_no_acknowledged_clip(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, __file__, str(tmp_path / "W"), str(TRIALS), "11"],
                         capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(run.stdout.splitlines()) == TRIALS


def write_forever(world: Path, acknowledge: int) -> None:
    """Commits clip after clip and says so, until it is killed."""
    with Bank.open(world, write=True) as bank:
        while True:
            step(bank)
            os.write(acknowledge, f"{bank.head}\n".encode())


def trial(world: Path, clips: int, pause: float) -> int:
    """Kills a writer `pause` seconds after its `clips`-th acknowledgement; returns the last one, or 0."""
    listen, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listen)
        try:
            write_forever(world, speak)
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


def main(world: Path, trials: int, seed: int) -> None:
    """Runs the trials; any broken promise ends in an AssertionError."""
    torch.set_num_threads(1)  # forked children must not inherit a thread pool
    draw = random.Random(seed)
    make_world(world, 1)
    head = 1
    for number in range(trials):
        clips = draw.randint(0, 2)
        acknowledged = max(head, trial(world, clips, draw.uniform(0, 0.06)))
        assert check(world) == [], check(world)
        with Bank.open(world) as bank:
            # A commit may be durable that the kill kept from being acknowledged, never the reverse.
            assert head + clips <= acknowledged <= bank.head <= acknowledged + 1
            assert bank.frames_done == 2 * bank.head
            assert len(bank.load_keyframes(range(bank.frames_done))) == bank.frames_done
            head = bank.head
        print(f"trial {number}: head {head}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
