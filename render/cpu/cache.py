"""`KernelCache`: Numba's disk cache of compiled functions, with names by content instead of place and order."""
# mypy: allow-untyped-calls

from __future__ import annotations

import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile

from spatialmem.render.cpu.sources import fingerprint


class _Files(IndexDataCacheFile):
    """One function's index, and a file of machine code for each set of types and processor.

    Numba numbers these files: two programs that compile for different types at once may both take a number,
    and one then runs what the other compiled. Here they are named by what they are for.
    """

    def save(self, key: Any, data: Any) -> None:
        """Keep machine code for `key`; what older source left is removed first."""
        overloads = self._load_index()
        if not overloads:
            for old in Path(self._cache_path).glob(f"{self._index_name.removesuffix('.nbi')}.*.nbc"):
                old.unlink(missing_ok=True)
        number = int(sha256(repr(key).encode()).hexdigest()[:12], 16)
        overloads[key] = name = self._data_name(number)
        self._save_data(name, data)
        self._save_index(overloads)


class _Names(CompileResultCacheImpl):
    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        """Without the line number: newer source then replaces a function's files, whose number stays bounded."""
        return f"{fullname}.py{sys.version_info[0]}{sys.version_info[1]}{abiflags}"


class KernelCache(FunctionCache):
    """Finds what was compiled from the same source, the modules it builds on included, for this processor."""

    _impl_class = _Names

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        own = self._impl.locator.get_source_stamp()
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, (own, fingerprint(function.__module__)))
