"""Every measure by name: what it is, in which unit, and which way is better. Edition `EDITION` of the definitions."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.metrics import FLIP_DEFINITION, MS_SSIM_DEFINITION, SSIM_DEFINITION

EDITION = "2"
"""Changes whenever a definition does: numbers of different editions must not be compared."""

HEADLINE = "psnr_aligned"
"""The return score."""

CEILING_DB = 60.0
"""Ratios count no higher: rounding to 8 bits alone makes 59 dB, and one exact copy would outvote all other pairs."""


@dataclass(frozen=True)
class Measure:
    """A number that is measured on a pair of frames, or on a whole route.

    Attributes:
        name: in records.
        label: in tables.
        unit: "" for none.
        higher: whether more is better; None where neither is.
        about: one sentence.
        whole: of a route, not of a pair.
    """

    name: str
    label: str
    unit: str
    higher: bool | None
    about: str
    whole: bool = False


_ALL = (
    Measure("psnr_aligned", "return score", "dB", True,
            "PSNR of the return frame against the first visit at the best-aligned pose, both smoothed by (1, 2, 1)/4: "
            "an error of the camera is taken out first, and counted as camera error instead."),
    Measure("psnr_unaligned", "score, requested pose", "dB", True,
            "As the return score, the pictures equally smoothed, but at the requested pose: what lies between the "
            "two is the picture's being taken elsewhere. Only where both poses are the same."),
    Measure("psnr", "PSNR", "dB", True, "Plain PSNR at the requested pose, over all pixels and channels: to be "
            "compared with published figures."),
    Measure("psnr_static", "static score", "dB", True,
            "As the return score, without the worst quarter of the 8x8 blocks: what moves by right does not count."),
    Measure("ssim", "SSIM", "", True, "Structural similarity at the requested pose; Gaussian window of sigma 1.5, "
            "11x11, valid region."),
    Measure("ssim_aligned", "SSIM, aligned", "", True, "The same at the best-aligned pose."),
    Measure("ms_ssim", "MS-SSIM", "", True, "Multi-scale SSIM at the requested pose, with as many of the five "
            "scales as fit the picture."),
    Measure("flip", "FLIP", "", False, "Mean FLIP difference at the requested pose, at 67 pixels per degree."),
    Measure("lpips", "LPIPS", "", False, "Learned perceptual distance at the requested pose, where its weights are "
            "installed."),
    Measure("dino", "DINO", "", True, "Cosine similarity of DINO features, where its weights are installed."),
    Measure("met3r", "MEt3R", "", False, "Multi-view consistency by MEt3R, where its weights are installed."),
    Measure("psnr_seen", "PSNR, seen pixels", "dB", True, "PSNR over the pixels whose surface was shown before."),
    Measure("psnr_unseen", "PSNR, unseen pixels", "dB", True, "PSNR over the other pixels."),
    Measure("covered", "covered", "%", True, "Share of the pixels that the return score is over: those whose surface "
            "the return frame shows."),
    Measure("changed", "changed", "%", False, "Share of 8x8 blocks whose mean colour moved by more than 0.1 at the "
            "best-aligned pose."),
    Measure("depth_error", "depth error", "%", False, "Median of |depth now - depth then| / depth then, at the "
            "requested pose."),
    Measure("depth_agreement", "depth agreement", "%", True, "Share of the pixels with a depth at the first visit "
            "whose depths agree within 3 %."),
    Measure("reprojection", "reprojection", "px", False, "Median distance of features found again from where their "
            "surface should be; without depth, from the epipolar line."),
    Measure("features_kept", "features kept", "%", True, "Share of the first visit's features that are found again "
            "within 3 pixels of there."),
    Measure("camera_told", "camera told", "%", None, "Share of the pairs whose picture tells where it was taken: the "
            "camera errors are means over these."),
    Measure("camera_cm", "camera error", "cm", False, "How far the best-aligned pose is from the requested one, "
            "where the picture tells: what it shows looks as if taken from there, whoever is to blame."),
    Measure("camera_degrees", "camera turn", "degrees", False, "The angle between them."),
    Measure("path_cm", "path error", "cm", False, "Root mean square of a route's camera errors; the first visit fixes "
            "place, direction and scale, so nothing is fitted.", whole=True),
    Measure("path_degrees", "path turn", "degrees", False, "Root mean square of the camera turns.", whole=True),
    Measure("sharpness", "sharpness", "%", None, "Mean gradient of the first visits' luma, a pixel, over its mean: "
            "pictures without contrast score high on any return.", whole=True),
    Measure("sharpness_drift", "sharpness drift", "octaves/10 s", False, "How fast log2 of the mean gradient changes "
            "between the two visits of a view, up or down.", whole=True),
    Measure("brightness_drift", "brightness drift", "stops/10 s", False, "How fast log2 of the mean linear light "
            "changes between them.", whole=True),
    Measure("colour_drift", "colour drift", "stops/10 s", False, "How fast log2 of red over green and of blue over "
            "green change between them, together.", whole=True),
)

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}

_MORE = {"ssim": SSIM_DEFINITION, "ms_ssim": MS_SSIM_DEFINITION, "flip": FLIP_DEFINITION}


def definitions() -> dict[str, str]:
    """Every measure in a sentence, with its unit, by name: as reports hold them."""
    return {name: " ".join(filter(None, (f"[{m.unit}]" if m.unit else "", m.about, _MORE.get(name, ""))))
            for name, m in MEASURES.items()}
