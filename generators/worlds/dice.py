"""`Dice`: all chance of a world, drawn from named keys: the same keys give the same draws, in any order of asking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from typing import TypeVar

import numpy as np

from spatialmem.errors import InvalidValueError

Key = int | str
T = TypeVar("T")


class Dice:
    """A stream of random numbers that is named by its keys.

    Two dice of equal keys draw the same, on every machine. A child has the keys of its parent and more:
    it depends on these alone, never on what the parent has drawn so far.

    Args:
        keys: whole numbers and words, such as `Dice(7, "edge", 3, -2)`.

    Raises:
        InvalidValueError: no key at all, or one that is neither a whole number nor a word.
    """

    def __init__(self, *keys: Key) -> None:
        for key in keys:
            if isinstance(key, bool) or not isinstance(key, (int, str)):
                raise InvalidValueError(f"dice: keys are whole numbers and words, got {key!r}")
        if not keys:
            raise InvalidValueError("dice: at least one key is needed")
        self.keys = keys

    def child(self, *keys: Key) -> Dice:
        """Dice of their own for a part of what these are for."""
        return Dice(*self.keys, *keys)

    def uniform(self, low: float, high: float) -> float:
        """A number of `low`..`high`."""
        return low + (high - low) * float(self._stream.random())

    def integer(self, low: int, high: int) -> int:
        """A whole number of `low`..`high`, both possible.

        Raises:
            InvalidValueError: `low` lies above `high`.
        """
        if low > high:
            raise InvalidValueError(f"dice: low must not lie above high, got {low} and {high}")
        return min(high, low + int(float(self._stream.random()) * (high - low + 1)))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return float(self._stream.random()) < probability

    def choice(self, among: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of several things, each equally likely or by its weight.

        Raises:
            InvalidValueError: there is nothing to choose from, or the weights do not fit.
        """
        if not among:
            raise InvalidValueError("dice: there is nothing to choose from")
        if weights is None:
            return among[self.integer(0, len(among) - 1)]
        if len(weights) != len(among) or min(weights) < 0 or not sum(weights) > 0:
            raise InvalidValueError(f"dice: {len(among)} things need as many weights, none negative and not all zero, "
                                    f"got {list(weights)}")
        left = self.uniform(0.0, sum(weights))
        for thing, weight in zip(among, weights, strict=True):
            left -= weight
            if left < 0:
                return thing
        return among[max(k for k, weight in enumerate(weights) if weight > 0)]

    def shuffled(self, among: Sequence[T]) -> list[T]:
        """The same things in an order of chance."""
        order = np.argsort(self._stream.random(len(among)), kind="stable")
        return [among[k] for k in order]

    @cached_property
    def _stream(self) -> np.random.Generator:
        # words are told from numbers, and each key ends with a mark: (1, 23), (12, 3) and ("1", 23) all differ
        text = "".join(f"{'i' if isinstance(key, int) else 's'}{len(str(key))}:{key};" for key in self.keys)
        digest = blake2b(text.encode(), digest_size=16).digest()
        return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
