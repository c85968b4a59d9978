"""The disk cache of compiled kernels notices edits of the files that kernels are made of."""

import os
from pathlib import Path

from spatialmem.render.cpu.jit import _stamp


def test_any_edit_in_the_folder_changes_the_stamp(tmp_path: Path) -> None:
    kernel, piece = tmp_path / "kernel.py", tmp_path / "piece.py"
    kernel.write_text("a = 1\n")
    piece.write_text("b = 1\n")
    stamp = _stamp.__wrapped__
    before = stamp(tmp_path)
    assert stamp(tmp_path) == before
    piece.write_text("b = 12\n")
    edited = stamp(tmp_path)
    assert edited != before
    newest = max(edited[0], piece.stat().st_mtime_ns) + 10**9
    os.utime(kernel, ns=(newest, newest))
    assert stamp(tmp_path) != edited
