"""`spatialmem warmup`: compile all kernels ahead of their first use."""

from __future__ import annotations

import json
import os.path
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from spatialmem.commands.arguments import Flag, megabytes

Work = Literal["painting", "rasteriser", "blockout", "fusion", "meshes", "memory"]


@dataclass(frozen=True)
class Warmup:
    """Compile the CPU kernels ahead, once per machine and version, so that no first run waits for them.

    Machine code is kept in NUMBA_CACHE_DIR, else beside the installed modules, else, where those cannot be
    written, in your cache folder. Processors that differ each have their own, also in a folder that they share.

    Examples:
      spatialmem warmup
      spatialmem warmup rasteriser fusion
      NUMBA_CACHE_DIR=/var/cache/spatialmem spatialmem warmup --json
    """

    work: Annotated[tuple[Work, ...], tyro.conf.Positional,
                    tyro.conf.arg(metavar="WORK", help_behavior_hint="")] = ()
    """painting | rasteriser | blockout | fusion | meshes | memory; default all of them."""
    json: Flag = False
    """Print the times as JSON; progress goes to stderr in any case."""

    def run(self) -> None:
        """Warm up under a progress bar and say what it took."""
        from tqdm import tqdm

        from spatialmem.warmup import WORK, cached_bytes, cores, warm_all

        names: list[str] = list(dict.fromkeys(self.work)) or list(WORK)
        start, done = time.monotonic(), []
        with tqdm(total=len(names), unit="kind", desc="warm up") as bar:
            for warmed in warm_all(names, programs=min(2, cores())):
                done.append(warmed)
                bar.set_postfix_str(f"{warmed.name} {warmed.seconds:.1f} s")
                bar.update()
        seconds = time.monotonic() - start
        folders = frozenset[Path]().union(*(warmed.folders for warmed in done))
        where, size = os.path.commonpath(folders), cached_bytes(folders)
        done.sort(key=lambda warmed: names.index(warmed.name))
        if self.json:
            work = {each.name: {"seconds": round(each.seconds, 2), "compiled": each.compiled} for each in done}
            print(json.dumps({"seconds": round(seconds, 2), "cache": where, "bytes": size, "work": work}))
            return
        for each in done:
            print(f"{each.name:<10}  {each.seconds:6.1f} s" + ("" if each.compiled else "  was compiled already"))
        print(f"ready in {seconds:.1f} s; the cache, {megabytes(size)}, lies below {where}")
