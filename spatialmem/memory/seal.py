"""Seals: short hashes of what no object holds, so that damage to a row is seen."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from spatialmem.memory.cells import CellKey

_DIGEST = 8


def seal_commit(number: int, created: str, seen: Iterable[tuple[int, CellKey, float]]) -> str:
    """16 hex digits of a commit's time and of what its frames saw (keyframe, cell, weight), in any order."""
    hashed = hashlib.blake2b(f"{number} {created} ".encode(), digest_size=_DIGEST)
    for keyframe, key, weight in sorted(seen):
        hashed.update(struct.pack("<q4qd", keyframe, *key, weight))
    return hashed.hexdigest()


def seal_text(text: str) -> str:
    """16 hex digits of a text."""
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST).hexdigest()
