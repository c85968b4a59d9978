"""What an examination finds, and how it calls code that may fail in any way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One plain sentence about a generator.

    Attributes:
        sentence: what is wrong, what it must be, what to do.
        violation: whether it breaks the contract; else it is a remark on what is allowed but hardly meant.
    """

    sentence: str
    violation: bool = True


def attempt(call: Callable[[], T]) -> T | Exception:
    """What a stranger's code gives, or the exception it raised."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - code that is not ours may raise anything, and is to be told so
        return error


def one_line(error: Exception) -> str:
    """The class and message of an exception on one line of at most 500 letters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
