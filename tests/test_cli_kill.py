"""`explore` that is killed or interrupted at any moment goes on to the same world.

Run as a program (`python test_cli_kill.py FOLDER TRIALS SEED`) it does the trials: it forks an
`explore`, kills it after a random while, checks the world, and resumes it. Forking spares each trial
the import.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from box_room import RoomGenerator, brief_fusion, room_walk, there_and_back, write_recording

import spatialmem.world
from spatialmem.cli import main as spatialmem_main
from spatialmem.memory.check import check
from spatialmem.report.write import write_report
from spatialmem.splats import FIELDS
from spatialmem.world import World

TRIALS = 8
FRAMES, CLIP, HOLDOUT = 12, 2, 4
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)


def run_program(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    single = {"NUMBA_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "workqueue"}  # the one that survives a fork
    return subprocess.run([sys.executable, __file__, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False, env={**os.environ, **single})


def test_a_killed_exploration_resumes_to_the_same_world(tmp_path: Path) -> None:
    run = run_program(tmp_path, TRIALS, 5)
    assert run.returncode == 0, run.stdout + run.stderr
    stopped = [int(done) for done in re.findall(r"trial \d+: (\d+) frames", run.stdout)]
    assert len(stopped) == TRIALS
    assert any(0 < done < FRAMES for done in stopped), stopped  # some trial met it at work


def explore(world: Path, recording: Path) -> None:
    """`spatialmem explore --resume`, optimising briefly; ends the process."""
    sys.argv = ["spatialmem", "explore", str(world), "--generator", "recorded", "--input", str(recording),
                "--clip", str(CLIP), "--holdout", str(HOLDOUT), "--resume"]
    code: object = 1  # unless it ends in order
    try:
        spatialmem_main()
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


@dataclass(frozen=True)
class Interruption:
    """A signal that comes some seconds after so many frames were told to be done, however busy the machine is."""

    signal: signal.Signals
    frames: int
    seconds: float

    def strike(self, child: int, log: Path) -> None:
        """Wait for the moment, or for the end of `child`, and send it."""
        while self.frames and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if log.exists() and told(log.read_text()) >= self.frames:
                break
            time.sleep(0.002)
        time.sleep(self.seconds)
        os.kill(child, self.signal)


def told(text: str) -> int:
    """How many frames the progress bar last counted: those that are committed."""
    shown = re.findall(r"explore: .*?(\d+)/\d+ \[", text)
    return int(shown[-1]) if shown else 0


def forked(world: Path, recording: Path, log: Path, stop: Interruption | None = None) -> tuple[int, str]:
    """Exit code of an `explore` that is interrupted by `stop`, and what it printed."""
    log.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        explore(world, recording)
    if stop is not None:
        stop.strike(child, log)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), log.read_text()


def frames_done(world: Path) -> int:
    """How many frames a sound world holds, all readable; 0 where none was made yet."""
    if not world.exists():
        return 0
    assert check(world) == [], check(world)
    with World.open(world) as opened:
        done = opened.frames_done
        assert done % CLIP == 0
        if done:
            assert len(opened.bank.load_keyframes(range(done))) == done
        return done


def same(a: Path, b: Path) -> bool:
    """Whether two worlds hold the same Gaussians, bit for bit, and the same flags."""
    with World.open(a) as one, World.open(b) as other:
        first, second = one.splats(), other.splats()
        flags = torch.equal(one.bank.keyframes.heldout, other.bank.keyframes.heldout)
        return flags and all(torch.equal(getattr(first, name), getattr(second, name)) for name in FIELDS)


def trial(folder: Path, name: str, stop: Interruption) -> int:
    """How many frames an exploration had committed when it was stopped. Verifies every promise."""
    world, recording, log = folder / name, folder / "walk", folder / "log.txt"
    code, text = forked(world, recording, log, stop)
    assert code in (0, 130 if stop.signal == signal.SIGINT else -stop.signal), f"{stop} ended with {code}: {text}"
    if code == 130:
        assert "Traceback" not in text, text
    done = frames_done(world)
    assert done >= told(text), text
    code, text = forked(world, recording, log)
    assert code == 0, text
    assert frames_done(world) == FRAMES
    assert same(world, folder / "whole"), "the resumed world differs from the uninterrupted one"
    return done


def main(folder: Path, trials: int, seed: int) -> None:
    """Runs the trials; any broken promise ends in an AssertionError."""
    torch.set_num_threads(1)  # forked children must not inherit a thread pool
    spatialmem.world.GaussianFusion = lambda: brief_fusion(2)  # type: ignore[assignment, misc]
    cameras = there_and_back(FRAMES).resized(24, 32)
    recording = write_recording(folder / "walk", cameras)
    with World.create(folder / "warm") as world:  # loads every kernel and library, once for all children
        list(world.explore(room_walk(4, height=24, width=32), RoomGenerator(), clip=CLIP))
        write_report(world)
    begin = time.perf_counter()
    code, text = forked(folder / "whole", recording, folder / "log.txt")
    step = (time.perf_counter() - begin) / (FRAMES // CLIP)
    assert code == 0, text
    draw = random.Random(seed)
    for number in range(trials):
        after = CLIP * draw.randrange(FRAMES // CLIP)
        stop = Interruption(SIGNALS[number % len(SIGNALS)], after, draw.uniform(0, step))
        done = trial(folder, f"world{number}", stop)
        print(f"trial {number}: {done} frames when stopped by {stop.signal.name}")
    left = sorted(p.name for p in folder.iterdir() if not p.name.startswith((".world", "world")))
    assert left == ["log.txt", "walk", "warm", "warm.report.html", "whole", "whole.report.html"], left


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
