"""`fingerprint`: of the source that can reach a kernel's machine code."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

_IMPORT = re.compile(r"^from (spatialmem[\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)


def fingerprint(module: str) -> str:
    """Changes whenever the source of an imported `module` does, or that of one of spatialmem that it builds on.

    Pieces are compiled into the kernels of other modules, and so are constants. Contents count, not times: a fresh
    checkout of the same source finds its kernels.
    """
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if path is not None and name not in found:
            found[name] = path
            waiting += _read(path)[1]
    whole = sha256()
    for name in sorted(found):
        whole.update(_read(found[name])[0])
    return whole.hexdigest()


def _path(module: str) -> Path | None:
    """The file of an imported module; nothing for names that are no modules."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return None if file is None else Path(file)


@cache
def _read(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """The hash of a source file and the names that may be modules it imports when it is itself."""
    source = path.read_bytes()
    return sha256(source).digest(), tuple(_imported(source.decode()))


def _imported(source: str) -> Iterator[str]:
    for package, names in _IMPORT.findall(source):
        yield package
        for name in names.strip("()").split(","):
            yield f"{package}.{name.partition(' as ')[0].strip()}"
