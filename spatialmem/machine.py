"""What a piece of work ran on, in one line: timings mean nothing without it."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("spatialmem", "torch", "numba")


@cache
def machine(device: str = "cpu") -> str:
    """Versions, system, processor and, for another `device` than "cpu", the name of that."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    parts = [packages, f"Python {platform.python_version()}", f"{platform.system()} {platform.machine()}",
             f"{os.cpu_count()} cores {_processor()}".strip()]
    return ", ".join(parts if device == "cpu" else [*parts, _accelerator(device)])


def _processor() -> str:
    """The processor's name as Linux tells it, or nothing."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8", errors="replace").splitlines() if cpus.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")


def _accelerator(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device
