"""What kinds of memory the loop can turn with: all of it, or one part, to tell what each is worth."""

from __future__ import annotations

from typing import Literal, get_args

from spatialmem.errors import InvalidValueError

MemoryKind = Literal["none", "keyframes", "points", "gaussians", "hybrid"]
"""What is recalled: nothing; stored frames as references; their pixels as coloured points, rendered; Gaussians,
rendered; Gaussians and references. Frames are stored with every kind."""

KINDS: tuple[MemoryKind, ...] = get_args(MemoryKind)

HYBRID: MemoryKind = "hybrid"
"""What a world has that says nothing of its kind."""


def memory_kind(name: object) -> MemoryKind:
    """The kind called `name`.

    Raises:
        InvalidValueError: there is none.
    """
    for kind in KINDS:
        if name == kind:
            return kind
    raise InvalidValueError(f"memory: expected {', '.join(KINDS[:-1])} or {KINDS[-1]}, got {name!r}")


def fuses(kind: MemoryKind) -> bool:
    """Whether clips are fused into Gaussians, which `kind` recalls."""
    return kind in ("gaussians", "hybrid")


def refers(kind: MemoryKind) -> bool:
    """Whether `kind` hands stored frames to the generator."""
    return kind in ("keyframes", "hybrid")
