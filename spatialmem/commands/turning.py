"""The loop under a progress bar, which Ctrl-C stops after the present clip."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from spatialmem.commands.interrupt import stop_on_interrupt

if TYPE_CHECKING:
    from spatialmem.exploration import Exploration


def turn(job: Exploration, *, device: str = "cpu") -> bool:
    """Turn the loop under a progress bar; whether the path was walked to its end.

    Args:
        job: what is to be explored.
        device: as it was typed, for the command line that goes on after a stop.
    """
    from tqdm import tqdm

    total, done = len(job.cameras), job.world.frames_done
    if done >= total:
        print(f"all {total} frames are there already; nothing to do", file=sys.stderr)
        return True
    go_on = f"go on with: spatialmem explore {shlex.quote(str(job.world.bank.path))} --resume"
    go_on += "" if device == "cpu" else f" --device {device}"
    with (tqdm(total=total, initial=done, unit="frame", desc="explore") as bar,
          stop_on_interrupt("stopping after the present clip (Ctrl-C again: at once, without it)") as stop):
        broken = True
        try:
            for step in job.steps():
                known = " ".join(f"{100 * float(share):.0f}" for share in step.recall.known)
                bar.write(f"frames {step.start}-{step.start + len(step.frames) - 1}: memory knew {known} %",
                          file=sys.stderr)
                bar.update(len(step.frames))
                if stop.asked and job.world.frames_done < total:
                    break
            broken = False
        except KeyboardInterrupt:
            stop.asked, broken = True, False
        finally:
            if broken and job.world.frames_done:  # what went wrong is told next, by whoever catches it
                bar.write(f"{job.world.frames_done} of {total} frames are kept; {go_on}", file=sys.stderr)
    whole = job.world.frames_done >= total
    if not whole:
        print(f"stopped after {job.world.frames_done} of {total} frames; {go_on}", file=sys.stderr)
    return whole
