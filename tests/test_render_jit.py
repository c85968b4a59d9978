"""Kernels on disk: found again by the same source and processor, compiled anew else, and told of once.

Each program here compiles a kernel of three lines in a cache of its own.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULE = '''
from spatialmem.render.cpu.jit import inlined, kernel
{imports}

@inlined
def piece(x, n):
    return x * n

@kernel
def tiny(x):
    return piece(x, 3) + piece(x, 4) + {constant}
'''

PROGRAM = '''
import json, sys
from numba.core import event
from spatialmem.render.cpu.first_use import Announcer, Kind
event.register("numba:compile", Announcer([Kind("tiny", "the tiny kernel", 1)]))
import tiny
{extra}
result = tiny.tiny({argument})
print(json.dumps({{"result": result, "pieces": len(tiny.piece.overloads), "folder": tiny.tiny.stats.cache_path}}))
'''


@dataclass(frozen=True)
class Run:
    """What a program printed."""

    result: float
    pieces: int
    folder: Path
    lines: list[str]
    files: list[str]

    @property
    def compiled(self) -> bool:
        """Whether it said so."""
        return any("compiling the tiny kernel for this machine, once: about 1 s" in line for line in self.lines)


class Tiny:
    """Writes the module and runs programs that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder / "code", folder / "cache"
        self.folder.mkdir()
        self.write()

    def write(self, constant: str = "1", imports: str = "", above: str = "") -> None:
        """The module, anew."""
        (self.folder / "tiny.py").write_text(above + MODULE.format(constant=constant, imports=imports))

    def run(self, argument: str = "2", *, extra: str = "", **environment: str) -> Run:
        """One program."""
        settings = {"NUMBA_CACHE_DIR": str(self.cache), **environment}
        ran = subprocess.run([sys.executable, "-c", PROGRAM.format(argument=argument, extra=extra)],
                             env={**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1",
                                  **settings}, capture_output=True, text=True, check=False, timeout=120)
        assert ran.returncode == 0, ran.stderr
        printed = json.loads(ran.stdout)  # and nothing but that
        files = sorted(path.name for path in Path(printed["folder"]).glob("*.nb[ic]"))
        return Run(printed["result"], printed["pieces"], Path(printed["folder"]), ran.stderr.splitlines(), files)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path)


def test_what_was_compiled_is_found_again_in_silence(tiny: Tiny) -> None:
    refused = "\ntry: tiny.piece(1, 2)\nexcept TypeError as error: print(error, file=sys.stderr)\n"
    first, second = tiny.run(extra=refused), tiny.run()
    assert first.compiled
    assert first.result == second.result == 15
    assert first.lines[0].startswith("tiny.piece: an inlined piece can be called by kernels only")
    assert first.pieces == 1  # not one for each literal that it is called with
    assert second.lines == []
    assert first.folder.is_relative_to(tiny.cache)
    assert len(first.files) == 2
    assert not any("piece" in name for name in first.files)


def test_other_types_and_newer_source_keep_the_files_few(tiny: Tiny) -> None:
    both = tiny.run("2) + tiny.tiny(2.0")
    assert len(both.files) == 3
    tiny.write(constant="2", above="# a line more\n\n")
    newer = tiny.run()
    assert newer.compiled
    assert newer.result == 16
    assert len(newer.files) == 2
    assert set(newer.files) < set(both.files)


def test_each_processor_has_its_own_code_in_one_folder(tiny: Tiny) -> None:
    mine = tiny.run()
    other = tiny.run(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert other.compiled
    assert other.result == mine.result
    assert len(other.files) == 3
    assert tiny.run().lines == []


def test_where_the_package_cannot_be_written_the_users_cache_serves(tiny: Tiny, tmp_path: Path) -> None:
    (tiny.folder / "__pycache__").write_text("in the way: not even root can write below it")
    home = {"NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": str(tmp_path / "home")}
    first = tiny.run(**home)
    assert first.compiled
    assert first.folder.is_relative_to(tmp_path / "home")
    assert tiny.run(**home).lines == []


def test_beside_the_module_by_default(tiny: Tiny) -> None:
    assert tiny.run(NUMBA_CACHE_DIR="").folder == tiny.folder / "__pycache__"
