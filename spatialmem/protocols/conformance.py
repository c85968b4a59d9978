"""Does a generator keep the contract? Every fault as one plain sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import torch

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.protocols.answers import judge_answer, judge_mutation, judge_repetition, judge_trust
from spatialmem.protocols.contract import restore
from spatialmem.protocols.findings import Finding, attempt, one_line
from spatialmem.protocols.members import judge_members, judge_state, saved_state
from spatialmem.protocols.roles import Generator, Request, Resumable
from spatialmem.protocols.trials import first_clip, known_half, multiple_of, other_size, short_clip, tensors, trial_path
from spatialmem.strictjson import Json


def check_generator(generator: object, *, size: tuple[int, int] | None = None, frames: int = 4) -> list[str]:
    """What `generator` gets wrong, one sentence each; an empty list if it keeps the contract.

    It is asked for about five short clips, and left in a state that it was in before, where it can be.

    Args:
        generator: an instance, of any class.
        size: (height, width) to try; None = 240x320, enlarged until it divides by `size_multiple`.
        frames: how many per clip, unless it has a number of its own.
    """
    return [finding.sentence for finding in examine(generator, size=size, frames=frames) if finding.violation]


def examine(generator: object, *, size: tuple[int, int] | None = None, frames: int = 4) -> list[Finding]:
    """Violations of the contract, and remarks on what it allows but is hardly meant; arguments as above."""
    if isinstance(generator, type):
        return [Finding(f"{generator.__name__} is a class, an instance is needed: pass {generator.__name__}()")]
    found = list(judge_members(generator))
    if callable(getattr(generator, "generate", None)):
        cameras = attempt(lambda: trial_path(generator, size, frames))
        if isinstance(cameras, Exception):
            found.append(Finding(f"no trial could be made at its size, cameras or start pose: {one_line(cameras)}"))
        else:
            found += _Examination(generator, cameras).findings()  # type: ignore[arg-type]
    unlike: dict[str, Finding] = {}
    for finding in found:  # what differs only in numbers, as of another clip, was told already
        unlike.setdefault(_without_numbers(finding.sentence), finding)
    return list(unlike.values())


class _Examination:
    """One generator under trial at `cameras`."""

    def __init__(self, generator: Generator, cameras: Cameras) -> None:
        self._generator = generator
        self._cameras = cameras
        self._failures: set[str] = set()
        self._found: list[Finding] = []

    def findings(self) -> list[Finding]:
        """All findings, in the order of the trials."""
        start = saved_state(self._generator)
        asked = first_clip(self._cameras)
        first = self._ask(asked, "on a first clip, when memory is empty")
        faults = list(judge_state(self._generator)) if callable(getattr(self._generator, "state", None)) else []
        self._found += faults
        rewind = None if faults else self._rewinding(start)
        if first is not None and rewind is not None and not isinstance(attempt(rewind), Exception):
            again = self._ask(asked, "on the same clip once more")
            self._found += judge_repetition(first, again) if again is not None else []
        self._ask_partial(first)
        occasion, request = short_clip(self._generator, self._cameras)
        self._ask(request, occasion)
        if getattr(self._generator, "cameras", None) is None:
            other = other_size(self._cameras, multiple_of(self._generator))
            self._ask(other, f"at {other.cameras.width}x{other.cameras.height}, which divides by its size_multiple")
        if rewind is not None:
            attempt(rewind)
        return self._found

    def _ask_partial(self, first: Frames | None) -> None:
        """With a memory of what it made itself, so that both agree where things are."""
        size = (len(self._cameras), self._cameras.height, self._cameras.width)
        usable = first is not None and first.rgb.shape[:3] == size
        request = known_half(self._cameras, first if usable else None)
        frames = self._ask(request, "when memory knows half of the picture")
        if frames is not None and usable and not getattr(self._generator, "given", False):
            self._found += judge_trust(frames, request)

    def _ask(self, request: Request, occasion: str) -> Frames | None:
        """The frames, if there are any; a failure that was met before is not told again."""
        prompt: object = getattr(self._generator, "prompt", None)
        if isinstance(prompt, str):  # its world was made from these words, and others come too late
            request = replace(request, prompt=prompt)
        before = {name: value.clone() for name, value in tensors(request)}
        with torch.no_grad():
            frames = attempt(lambda: self._generator.generate(request))
        changed = list(judge_mutation(before, request))
        self._found += changed
        if isinstance(frames, Exception):
            failure = _without_numbers(one_line(frames))
            if failure not in self._failures:
                self._failures.add(failure)
                self._found.append(Finding(f"generate() fails {occasion}: {one_line(frames)}"))
            return None
        if changed:
            return None  # what was asked is no longer known
        self._found += judge_answer(frames, request)
        return frames if isinstance(frames, Frames) else None

    def _rewinding(self, start: dict[str, Json] | Exception) -> Callable[[], None] | None:
        """What brings the generator back to where it stood, or None if nothing can."""
        stateless = start == saved_state(self._generator) == {}
        if isinstance(start, Exception) or not (stateless or isinstance(self._generator, Resumable)):
            return None
        return lambda: restore(self._generator, start)


def _without_numbers(text: str) -> str:
    return re.sub(r"[-+.\d]*\d", "N", text)
