"""`Settings`: the options of a call, validated, as every backend receives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from spatialmem.camera import MAX_SIDE
from spatialmem.errors import InvalidValueError, UnsupportedOptionError

RenderMode = Literal["RGB", "D", "ED", "RGB+D", "RGB+ED"]


@dataclass(frozen=True)
class Settings:
    """Image size in pixels and gsplat's options, by gsplat's names; `antialiased` is its `rasterize_mode`.

    Raises:
        InvalidValueError: a size, distance or threshold out of range.
        UnsupportedOptionError: an unknown render mode.
    """

    width: int
    height: int
    near_plane: float = 0.01
    far_plane: float = 1e10
    radius_clip: float = 0.0
    eps2d: float = 0.3
    render_mode: RenderMode = "RGB"
    antialiased: bool = False
    packed: bool = True
    absgrad: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE):
            raise InvalidValueError(f"width, height: each must be 1..{MAX_SIDE} pixels, "
                                    f"got {self.width}x{self.height}")
        if not 0 < self.near_plane < self.far_plane < float("inf"):
            raise InvalidValueError("near_plane, far_plane: 0 < near_plane < far_plane < inf is required, "
                                    f"got {self.near_plane}, {self.far_plane}")
        for name in ("eps2d", "radius_clip"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InvalidValueError(f"{name} must be finite and not negative, got {getattr(self, name)}")
        if self.render_mode not in get_args(RenderMode):
            raise UnsupportedOptionError(f"render_mode={self.render_mode!r} is not supported; "
                                         f"choose one of {get_args(RenderMode)}")

    @property
    def has_colour(self) -> bool:
        """Whether images show colours."""
        return self.render_mode.startswith("RGB")

    @property
    def has_depth(self) -> bool:
        """Whether the last channel of the images is depth."""
        return self.render_mode != "RGB"

    @property
    def expected(self) -> bool:
        """Whether that depth is divided by alpha."""
        return self.render_mode.endswith("ED")
