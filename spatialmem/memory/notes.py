"""Notes: how each step of the loop went, kept beside what is remembered and never part of it.

Timings differ between two runs that make the same world, so notes stay out of the hashed objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from torch import Tensor

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.frames import REVISE, TRUSTED
from spatialmem.memory import strictjson
from spatialmem.protocols import Json

RECORD_LIMIT = 1 << 20
_FIELDS = {"trusted", "revise", "figures", "seconds", "machine"}


@dataclass(frozen=True)
class Note:
    """What was measured while one clip was made.

    Attributes:
        trusted, revise: share of each frame's pixels, `T` numbers 0..1, that memory trusted or wanted
            revised before the clip; it knew nothing of the rest.
        figures: named numbers of the fusion; None stands for one that was not finite.
        seconds: wall time by stage.
        machine: versions, processor and device, in one line.

    Raises:
        InvalidValueError: shares that differ in number or exceed a whole, a time that is negative or
            not finite, or all of it longer than 1 MB.
    """

    trusted: tuple[float, ...]
    revise: tuple[float, ...]
    figures: Mapping[str, float | None] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    machine: str = ""

    def __post_init__(self) -> None:
        if len(self.trusted) != len(self.revise):
            raise InvalidValueError(f"Note: expected one trusted and one revise share a frame, got {len(self.trusted)} "
                                    f"and {len(self.revise)}")
        for trusted, revise in zip(self.trusted, self.revise, strict=True):
            if not (trusted >= 0 and revise >= 0 and trusted + revise <= 1.001):  # each is rounded
                raise InvalidValueError(f"Note: shares must lie in 0..1 and sum to at most 1, got {trusted}, {revise}")
        for stage, spent in self.seconds.items():
            if not 0 <= spent < float("inf"):
                raise InvalidValueError(f"Note.seconds: {stage!r} must be finite and not negative, got {spent}")
        if len(encode_note(self)) > RECORD_LIMIT:
            raise InvalidValueError(f"Note: takes more than {RECORD_LIMIT} bytes; give fewer or shorter figures")

    @staticmethod
    def of(trust: Tensor, figures: Mapping[str, float], *, machine: str) -> Note:
        """The note of a clip before which memory's trust was `trust` `[T, H, W]` (see `Recall`).

        Raises:
            InvalidValueError: a figure is no number.
        """
        trusted, revise = ((trust == level).double().mean(dim=(1, 2)) for level in (TRUSTED, REVISE))
        try:
            finite = {str(name): float(value) if isfinite(value) else None for name, value in figures.items()}
        except (TypeError, ValueError) as error:
            raise InvalidValueError(f"Fusion.figures must be numbers by name, got {figures!r:.200} ({error})") from None
        return Note(_rounded(trusted), _rounded(revise), finite, machine=machine)


def encode_note(note: Note) -> str:
    """As strict JSON."""
    return strictjson.dumps({"trusted": [*note.trusted], "revise": [*note.revise], "figures": {**note.figures},
                             "seconds": {**note.seconds}, "machine": note.machine}, "Note")


def decode_note(text: str, where: str, *, frames: int | None = None) -> Note:
    """What `encode_note` wrote, on `frames` frames if that is known.

    Raises:
        WorldFormatError: it is something else; names `where`.
    """
    record = strictjson.loads(text, where, limit=RECORD_LIMIT)
    machine = record.get("machine")
    if set(record) != _FIELDS or not isinstance(machine, str):
        raise WorldFormatError(f"{where}: expected a note with {', '.join(sorted(_FIELDS))}; restore it from a backup")
    try:
        note = Note(_shares(record["trusted"]), _shares(record["revise"]), _numbers(record["figures"], none=True),
                    {name: spent for name, spent in _numbers(record["seconds"]).items() if spent is not None}, machine)
    except InvalidValueError as error:
        raise WorldFormatError(f"{where}: {error}; restore it from a backup") from None
    if frames not in (None, len(note.trusted)):
        raise WorldFormatError(f"{where} is on {len(note.trusted)} frames, its commit has {frames}; restore it from a "
                               "backup")
    return note


def _rounded(shares: Tensor) -> tuple[float, ...]:
    return tuple(round(share, 4) for share in shares.tolist())


def _shares(value: Json) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise InvalidValueError("Note: shares must be a list of numbers")
    return tuple(_number(share) for share in value)


def _numbers(value: Json, *, none: bool = False) -> dict[str, float | None]:
    if not isinstance(value, dict):
        raise InvalidValueError("Note: figures and seconds must be numbers by name")
    return {name: None if none and number is None else _number(number) for name, number in value.items()}


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValueError(f"Note: expected a number, got {value!r}")
    return float(value)
