"""Which commit is meant: a number, or the beginning of a name."""

from __future__ import annotations

from collections.abc import Sequence

from spatialmem.errors import InvalidValueError

_SHORTEST_NAME, _LONGEST_NUMBER = 4, 7


def commit_at(names: Sequence[str], meant: int | str) -> int:
    """As `find_commit`, of a commit that must be among them.

    Raises:
        InvalidValueError: it is not.
    """
    number = find_commit(names, meant)
    if number is None:
        raise InvalidValueError(f"commit {meant!r}: is not in the history of this world; spatialmem log prints names "
                                "(one that was taken back can be branched)")
    return number


def find_commit(names: Sequence[str], meant: int | str) -> int | None:
    """The number of the commit that is `meant`, 1 being that of `names[0]`; 0 = before all of them.

    Up to seven decimal digits are a number. None for a name that is none of these.

    Raises:
        InvalidValueError: no such number, or a name that is too short or that several begin with.
    """
    text = str(meant)
    if text.isdecimal() and len(text) <= _LONGEST_NUMBER:
        if int(text) > len(names):
            raise InvalidValueError(f"commit {text}: expected one in 0..{len(names)}, or the beginning of a name")
        return int(text)
    found = [number for number, name in enumerate(names, start=1) if name.startswith(text)]
    if len(text) < _SHORTEST_NAME or len(found) > 1:
        raise InvalidValueError(f"commit {text!r}: expected a number, or at least {_SHORTEST_NAME} digits of one name, "
                                f"got the beginning of {len(found)}; spatialmem log prints names")
    return found[0] if found else None
