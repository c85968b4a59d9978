"""Settings of the Gaussian reconstructor, with the values that were measured best."""

from __future__ import annotations

from dataclasses import dataclass, field

from spatialmem.errors import InvalidValueError


@dataclass(frozen=True)
class Rates:
    """Adam's step per iteration for each activated parameter of a new Gaussian.

    Attributes:
        means: share of the scene's typical depth (metres per metre).
        quats, scales, opacities, colors: in units of the quaternion, the logarithm of metres, the
            logit and the RGB value.
    """

    means: float = 3e-4
    quats: float = 4e-3
    scales: float = 2e-2
    opacities: float = 2.5e-2
    colors: float = 1e-2


@dataclass(frozen=True)
class FusionConfig:
    """How one clip is fused.

    Attributes:
        iterations: optimisation steps a clip, each against one view; None = as the passes demand.
        passes: how often each view (frames of the clip and replayed keyframes) is rendered to optimise
            a clip that shows nothing new.
        passes_new: further passes for a clip that adds at least `new_share` times as many Gaussians as a
            frame has pixels, and with the square of the share for fewer: time goes where there is much
            to learn, while a few new pixels at the border are learnt along with the rest.
        new_share: see there.
        rates: Adam's steps.
        faint: Gaussians whose gradient is below this share of the typical one hardly move and do not count
            as observed: they shine through something else.
        settled: after so many observations a Gaussian moves at half its rate (first write wins, gently).
        depth_tolerance: relative depth difference within which memory explains a pixel.
        colour_tolerance: RGB difference beyond which a coarse Gaussian is replaced by finer ones.
        coarse: standard deviation in pixels from which on a Gaussian counts as coarse.
        covered: alpha below which memory does not explain a pixel.
        footprint: standard deviation of a new Gaussian in pixels.
        slant: a new Gaussian is at most so many times longer along the slope of a surface seen at a
            grazing angle, so that its image still covers the pixel.
        flatness: its thickness as a share of that.
        opacity: its opacity.
        first_confidence: the confidence of a Gaussian nobody has seen again yet.
        backdrop: pixels without depth are placed at this multiple of the frame's largest depth.
        ssim: weight of D-SSIM against L1 in the colour term (Kerbl et al. 2023, equation 7).
        depth: weight of the depth term.
        prune_opacity: Gaussians that fade below it are removed.
        seed: of the order of the views.
    """

    iterations: int | None = None
    passes: float = 1.0
    passes_new: float = 6.0
    new_share: float = 0.2
    rates: Rates = field(default_factory=Rates)
    faint: float = 0.02
    settled: float = 24.0
    depth_tolerance: float = 0.03
    colour_tolerance: float = 0.1
    coarse: float = 2.0
    covered: float = 0.6
    footprint: float = 0.55
    slant: float = 4.0
    flatness: float = 0.25
    opacity: float = 0.92
    first_confidence: float = 0.1
    backdrop: float = 3.0
    ssim: float = 0.1
    depth: float = 0.1
    prune_opacity: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        if self.iterations is not None and self.iterations < 0:
            raise InvalidValueError(f"FusionConfig.iterations must be 0 or more, got {self.iterations}")
        for name in ("passes", "passes_new"):
            if not 0 <= getattr(self, name) <= 1000:
                raise InvalidValueError(f"FusionConfig.{name} must lie in 0..1000, got {getattr(self, name)}")
        for name in ("new_share", "settled", "depth_tolerance", "colour_tolerance", "coarse", "slant", "footprint",
                     "flatness", "backdrop"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InvalidValueError(f"FusionConfig.{name} must be positive and finite, got {getattr(self, name)}")
        for name in ("covered", "opacity", "ssim", "faint", "first_confidence", "prune_opacity"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidValueError(f"FusionConfig.{name} must lie in 0..1, got {getattr(self, name)}")
