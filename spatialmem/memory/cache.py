"""A least-recently-used cache with a budget in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """Keeps the values used last while their sizes sum to at most `budget` bytes."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._used = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value of `key`, now the youngest, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keeps `value` of `size` bytes; the oldest make room. One larger than the budget is not kept."""
        self.drop(key)
        if size > self._budget:
            return
        self._entries[key] = (value, size)
        self._used += size
        while self._used > self._budget:
            _, (_, freed) = self._entries.popitem(last=False)
            self._used -= freed

    def drop(self, key: K) -> None:
        """Forgets `key` if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._used -= entry[1]
