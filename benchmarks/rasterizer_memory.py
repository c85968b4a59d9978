"""Peak memory of one forward and backward pass over that of its inputs: `python rasterizer_memory.py [COUNT W H]`.

Prints megabytes. Runs in a process of its own, as memory that others gave back may be counted or reused.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rasterizer_scenes import volume
from rasterizer_timing import BOTH, own_calls

SCENE = (500_000, 512, 384)
WARM = (200, 64, 48)
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def measure() -> float:
    """Megabytes (10⁶ bytes), gradients and images included."""
    command = [sys.executable, __file__, *map(str, SCENE)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    if not STATUS.is_file():
        raise SystemExit("--peak-memory reads /proc/self/status, which only Linux has")
    own_calls(volume(*WARM))[BOTH]()
    count, width, height = (int(x) for x in sys.argv[1:4]) if len(sys.argv) > 1 else SCENE
    call = own_calls(volume(count, width, height))[BOTH]
    CLEAR.write_text("5", encoding="ascii")  # the peak starts anew from what is in use now
    before = _kilobytes("VmRSS")
    for _ in range(2):
        call()
    print(f"{(_kilobytes('VmHWM') - before) * 1024 / 1e6:.0f}")


def _kilobytes(field: str) -> int:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


if __name__ == "__main__":
    main()
