"""What gsplat's call can ask for and this one refuses, by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args

import numpy as np
from torch import Tensor

from spatialmem.errors import UnsupportedOptionError
from spatialmem.render.harmonics import MAX_DEGREE

RasterizeMode = Literal["classic", "antialiased"]
_ONLY: Mapping[str, tuple[object, str]] = {
    "tile_size": (16, "backends choose their own tiles, which do not change results; leave it out"),
    "sparse_grad": (False, "gradients are dense; leave it out"),
    "channel_chunk": (32, "all channels are drawn in one pass; leave it out"),
    "distributed": (False, "one machine draws the whole image; leave it out"),
    "camera_model": ("pinhole", "undistort the images first and pass pinhole intrinsics"),
    "segmented": (False, "it does not change results; leave it out"),
    "covars": (None, "pass quats and scales"),
    "with_ut": (False, "Gaussians are projected by EWA splatting; leave it out"),
    "with_eval3d": (False, "Gaussians are evaluated in the image; leave it out"),
    "radial_coeffs": (None, "undistort the images first"),
    "tangential_coeffs": (None, "undistort the images first"),
    "thin_prism_coeffs": (None, "undistort the images first"),
    "ftheta_coeffs": (None, "undistort the images first"),
    "rolling_shutter": ("GLOBAL", "each image has one pose; leave it out"),
    "viewmats_rs": (None, "each image has one pose; leave it out"),
}
"""gsplat's options of which one value is supported, and what to do instead of another."""


def refuse_unsupported(given: Mapping[str, Any]) -> None:
    """Refuse what a call may not ask for, given its arguments by name.

    Raises:
        UnsupportedOptionError: the option, what it was given, and what to do instead.
    """
    for name, (only, advice) in _ONLY.items():
        value = given[name]
        if isinstance(value, Tensor | np.ndarray):
            value = "an array"
        elif isinstance(value, Enum):  # gsplat's shutters
            value = value.name
        if value != only:
            raise UnsupportedOptionError(f"{name}={value} is not supported, only {only!r}: {advice}")
    if given["sh_degree"] not in (None, *range(MAX_DEGREE + 1)):
        raise UnsupportedOptionError(f"sh_degree={given['sh_degree']!r} is not supported; "
                                     f"choose 0..{MAX_DEGREE}, or None for plain colors")
    if given["rasterize_mode"] not in get_args(RasterizeMode):
        raise UnsupportedOptionError(f"rasterize_mode={given['rasterize_mode']!r} is not supported; "
                                     f"choose one of {get_args(RasterizeMode)}")
    if given["Ks"].requires_grad:
        raise UnsupportedOptionError("Ks requires grad: intrinsics have no gradients; detach it")
