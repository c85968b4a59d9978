"""A short form of what `make faults` does for long: faults of all kinds, and every invariant after each."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "faults" / "run.py"


@pytest.mark.parametrize("kind", ["kill", "system call", "power cut", "disk full", "bit flips", "readers"])
def test_no_fault_breaks_a_world(kind: str) -> None:
    """Those that this machine cannot try (no strace, no root) say so, and are skipped."""
    run = subprocess.run([sys.executable, str(RUN), "--short", "--only", kind], capture_output=True, text=True,
                         timeout=600, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    if "not tried" in run.stdout:
        pytest.skip(run.stdout.strip())
    assert "trials" in run.stdout
