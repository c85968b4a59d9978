"""The open3d package, made importable where the system lacks libusb."""

import ctypes
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from spatialmem.errors import MissingBackendError

_LIBUSB = "libusb-1.0.so.0"


def load_open3d() -> ModuleType:
    """The imported `open3d` module.

    Its Linux wheels link against libusb for depth cameras that are never opened here, and slim
    systems do not have it. The package libusb-package brings a copy inside the environment; loaded
    first, it satisfies the linker by its name.

    Raises:
        MissingBackendError: open3d, or a system library that it needs, is not installed.
    """
    if sys.platform == "linux":
        _provide_libusb()
    try:
        import open3d  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except (ImportError, OSError) as error:
        raise MissingBackendError(f"ray casting needs open3d, which cannot be imported ({error}); try "
                                  "`pip install open3d-cpu libusb-package`") from error
    module: ModuleType = open3d
    return module


def _provide_libusb() -> None:
    try:
        ctypes.CDLL(_LIBUSB)
        return
    except OSError:
        spec = importlib.util.find_spec("libusb_package")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        bundled = Path(folder) / "libusb-1.0.so"
        if bundled.is_file():
            ctypes.CDLL(str(bundled))
