"""What a generator must carry and may carry, judged without asking it for frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from torch import Tensor

from spatialmem import strictjson
from spatialmem.camera import Cameras
from spatialmem.errors import SpatialMemError
from spatialmem.poses import check_rigid
from spatialmem.protocols.findings import Finding, attempt, one_line
from spatialmem.strictjson import Json

_REQUIRED = {
    "clip": "clip = None if it takes any number of frames per call, else clip = that number",
    "size_multiple": "size_multiple = 1, or what height and width must divide by",
    "generate": "a method generate(request) that returns spatialmem Frames",
    "state": "a method state() that returns a dict of what must be saved to go on later, {} for nothing",
}
STATE_LIMIT = 16 << 20
"""Bytes of JSON that a world keeps of a generator's state with each clip."""


class Stateful(Protocol):
    """The part of a generator that is about its state."""

    def state(self) -> Mapping[str, Json]:
        """What must be saved."""
        ...


def judge_members(generator: object) -> Iterator[Finding]:
    """Findings on the members: those that are missing, or of the wrong kind."""
    for name, meaning in _REQUIRED.items():
        if not hasattr(generator, name):
            yield Finding(f"it has no `{name}`: add {meaning}")
        elif name in ("generate", "state") and not callable(getattr(generator, name)):
            yield Finding(f"`{name}` cannot be called: it must be {meaning}")
    clip, multiple = getattr(generator, "clip", None), getattr(generator, "size_multiple", 1)
    if clip is not None and (type(clip) is not int or clip < 1):
        yield Finding(f"`clip` must be None or a whole number of frames, 1 or more, got {clip!r}")
    if type(multiple) is not int or multiple < 1:
        yield Finding(f"`size_multiple` must be a whole number, 1 or more, got {multiple!r}")
    yield from _judge_extras(generator)


def _judge_extras(generator: object) -> Iterator[Finding]:
    up, own = getattr(generator, "up", "+Z"), getattr(generator, "cameras", None)
    if not isinstance(up, str) or not re.fullmatch(r"[+-][XYZ]", up):
        yield Finding(f"`up` must be a signed axis of the world such as '+Z', got {up!r}")
    if own is not None and not isinstance(own, Cameras):
        yield Finding(f"`cameras` must be spatialmem Cameras (a path of its own) or None, got {type(own).__name__}")
    for name in ("restore", "verify", "start_pose"):
        member = getattr(generator, name, None)
        if member is not None and not callable(member):
            yield Finding(f"`{name}` must be a method, got {type(member).__name__}")
    start_pose = getattr(generator, "start_pose", None)
    if callable(start_pose):
        pose = attempt(start_pose)
        if isinstance(pose, Exception):
            yield Finding(f"start_pose() raised {one_line(pose)}")
        elif not isinstance(pose, Tensor) or pose.shape != (4, 4):
            yield Finding("start_pose() must return one camera-to-world pose [4, 4] as a tensor, got "
                          f"{list(pose.shape) if isinstance(pose, Tensor) else type(pose).__name__}")
        elif isinstance(skewed := attempt(lambda: check_rigid(pose[None], "start_pose()")), SpatialMemError):
            yield Finding(str(skewed))


def judge_state(generator: Stateful) -> Iterator[Finding]:
    """Findings on the state: whether it can be kept, and whether a generator can go on from it."""
    state = saved_state(generator)
    if isinstance(state, Exception):
        yield Finding(str(state))
        return
    restore = getattr(generator, "restore", None)
    if state and not callable(restore):
        yield Finding("state() is not empty but there is no restore(state): add it so that a stopped world can go on, "
                      "or return {} if nothing needs to be kept")
    if not callable(restore):
        return
    failed = attempt(lambda: restore(state))
    if isinstance(failed, Exception):
        yield Finding(f"restore(state) refuses what state() gave, once it was kept as JSON: {one_line(failed)}")
        return
    again = saved_state(generator)
    if again != state:
        yield Finding("state() changes when it is restored: restore(state) must bring back all that state() gives")


def saved_state(generator: Stateful) -> dict[str, Json] | Exception:
    """The state as a world would keep it and give it back, or why it cannot."""
    if not callable(getattr(generator, "state", None)):
        return TypeError("it has no state()")
    state = attempt(generator.state)
    if isinstance(state, Exception):
        return TypeError(f"state() raised {one_line(state)}")
    if not isinstance(state, Mapping):
        return TypeError(f"state() must return a dict, {{}} for nothing, got {type(state).__name__}")
    text = attempt(lambda: strictjson.dumps(dict(state), "state()"))
    if isinstance(text, Exception):
        return TypeError(f"{text}; turn tensors into lists, or keep the seed that makes them")
    if len(text) > STATE_LIMIT:
        return ValueError(f"state() takes {len(text)} bytes as JSON, at most {STATE_LIMIT} are kept")
    return strictjson.loads(text, "state()", limit=STATE_LIMIT)
