"""After warming up nothing is left to compile, and the command says what it did."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

from spatialmem.commands.warmup import Work
from spatialmem.warmup import WORK


def _run(*arguments: str | Path, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if cache is None else {"NUMBA_CACHE_DIR": str(cache)})
    ran = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False,
                         env=environment, timeout=600)
    assert ran.returncode == 0, ran.stderr
    return ran


def test_real_work_compiles_nothing_more() -> None:
    """In the usual cache, as tests that render share it; another program, since this one has compiled already."""
    told = json.loads(_run(Path(__file__).with_name("work_after_warmup.py")).stdout)
    assert told["missing"] == []
    assert told["never called"] == []
    assert told["known"] > 15


def test_the_command_fills_the_cache_and_says_so(tmp_path: Path) -> None:
    first = _run("-m", "spatialmem", "warmup", "meshes", "--json", cache=tmp_path / "cache")
    told = json.loads(first.stdout)
    assert told["work"]["meshes"]["compiled"] > 0
    assert told["bytes"] == sum(file.stat().st_size for file in tmp_path.rglob("*.nb[ic]")) > 0
    assert Path(told["cache"]).is_relative_to(tmp_path / "cache")
    second = _run("-m", "spatialmem", "warmup", "meshes", cache=tmp_path / "cache")
    assert "was compiled already" in second.stdout
    assert str(tmp_path / "cache") in second.stdout
    assert "warm up" in second.stderr
    assert "compiling" not in first.stderr + second.stderr


def test_the_help_names_all_there_is() -> None:
    assert set(get_args(Work)) == set(WORK)
    shown = _run("-m", "spatialmem", "warmup", "--help").stdout
    assert "spatialmem warmup rasteriser fusion" in shown
    assert all(name in shown for name in WORK)


def test_unknown_work_is_refused() -> None:
    ran = subprocess.run([sys.executable, "-m", "spatialmem", "warmup", "everything"], capture_output=True, text=True,
                         check=False, timeout=60)
    assert ran.returncode == 2
    assert "painting" in ran.stderr
