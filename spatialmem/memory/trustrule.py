"""`TrustRule`: the bounds within which a render of memory is trusted."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.errors import InvalidValueError


@dataclass(frozen=True)
class TrustRule:
    """What a trusted pixel needs; the defaults are what was measured best.

    Attributes:
        covered: alpha above which memory covers a pixel.
        agree: a keyframe shows a surface if its depth there agrees within this share.
        doubt: share of the votes that may be against a surface: some keyframes have wrong depth themselves.
        fine: share of the view's scale (pixels a metre) from which on a surface was seen closely.
        slant: share of the view's cosine down to which a keyframe did not look too much askew.
        colour: mean difference from the keyframes' colours, of 0..1, below which a render looks as they do.
        exposure: difference of a whole keyframe's brightness or tint, of 0..1, that is not held against a render.

    Raises:
        InvalidValueError: a bound is negative, or not a number.
    """

    covered: float = 0.9
    agree: float = 0.04
    doubt: float = 0.35
    fine: float = 0.7
    slant: float = 0.4
    colour: float = 0.045
    exposure: float = 0.06

    def __post_init__(self) -> None:
        for name, bound in vars(self).items():
            if not bound >= 0:
                raise InvalidValueError(f"TrustRule.{name} must be 0 or more, got {bound}")


RULE = TrustRule()
