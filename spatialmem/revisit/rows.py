"""The rows of a report: what is measured beside each other on the same routes."""

from __future__ import annotations

from collections.abc import Sequence

from spatialmem.errors import InvalidValueError

LOOPS: dict[str, str] = {
    "none": "the generator alone: nothing is remembered",
    "keyframes": "stored frames that show the same surfaces are handed back, nothing is rendered",
    "points": "stored frames as a coloured point cloud, rendered at the new pose",
    "gaussians": "Gaussians fused from the frames, rendered at the new pose",
    "hybrid": "Gaussians rendered at the new pose, and stored frames that show the same surfaces",
}
"""Rows that need a walk of their own: the kinds of memory of the loop."""

MEMORY_ONLY, COPY_FIRST = "memory-only", "copy-first"
CONTROLS: dict[str, str] = {
    MEMORY_ONLY: "what the hybrid memory rendered before the return was generated: how much of a score is memory's",
    COPY_FIRST: "every frame is the first one: what a picture that never changes would score",
}
"""Rows that are made of another row's walk."""

ALL = (*LOOPS, *CONTROLS)
GIVEN = "given"
"""The row of footage that was not made here."""


def chosen_rows(names: Sequence[str] | None) -> tuple[str, ...]:
    """The rows asked for, in the report's order; None = all.

    Raises:
        InvalidValueError: a name is unknown or given twice, or there is no walk that a control could be made of.
    """
    if names is None:
        return ALL
    unknown = [name for name in names if name not in ALL]
    if unknown or not names:
        raise InvalidValueError(f"--memory {','.join(names)!r}: {unknown[0]!r} is unknown; choose of {', '.join(ALL)}"
                                if unknown else f"--memory is empty; choose of {', '.join(ALL)}")
    if len(set(names)) != len(names):
        raise InvalidValueError(f"--memory {','.join(names)!r} names a row twice; name it once")
    if MEMORY_ONLY in names and "hybrid" not in names:
        raise InvalidValueError(f"--memory {MEMORY_ONLY} is made of hybrid's walks; name hybrid too")
    if not set(names) & set(LOOPS):
        raise InvalidValueError(f"--memory {','.join(names)!r} has no walk; name one of {', '.join(LOOPS)} too")
    return tuple(name for name in ALL if name in names)


def about(name: str) -> str:
    """One sentence on a row."""
    return {**LOOPS, **CONTROLS, GIVEN: "the footage as it was given"}[name]
