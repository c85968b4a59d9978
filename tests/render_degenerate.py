"""Random small scenes in which degenerate Gaussians, images and options are frequent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from render_outcomes import Case

Arrays = dict[str, NDArray[np.float64]]
Touch = Callable[[Arrays, NDArray[np.bool_], NDArray[np.float64], tuple[int, int]], None]
MODES = ("RGB", "D", "ED", "RGB+D", "RGB+ED")


def _ahead(gaussians: Arrays, rows: NDArray[np.bool_], K: NDArray[np.float64], u: float, v: float) -> None:
    """Moves rows onto the ray of image point (u, v) of the first camera."""
    z = np.abs(gaussians["means"][rows, 2]) + 0.5
    gaussians["means"][rows] = np.stack([(u - K[0, 2]) / K[0, 0] * z, (v - K[1, 2]) / K[1, 1] * z, z], 1)


def _put(name: str, value: float) -> Touch:
    def touch(gaussians: Arrays, rows: NDArray[np.bool_], K: NDArray[np.float64], size: tuple[int, int]) -> None:
        gaussians[name][rows] = value
    return touch


def _depth(z: float) -> Touch:
    def touch(gaussians: Arrays, rows: NDArray[np.bool_], K: NDArray[np.float64], size: tuple[int, int]) -> None:
        gaussians["means"][rows, 2] = z
    return touch


def _stretch(factor: float) -> Touch:
    def touch(gaussians: Arrays, rows: NDArray[np.bool_], K: NDArray[np.float64], size: tuple[int, int]) -> None:
        gaussians["scales"][rows] *= factor
    return touch


def _point(u: float, v: float, nudge: float) -> Touch:
    """Towards a corner, a side or the middle of the image, given in image sizes, and `nudge` px on."""
    def touch(gaussians: Arrays, rows: NDArray[np.bool_], K: NDArray[np.float64], size: tuple[int, int]) -> None:
        _ahead(gaussians, rows, K, u * size[0] + nudge, v * size[1] + nudge)
    return touch


TOUCHES: dict[str, Touch] = {
    "behind": _depth(-2.0), "at the eye": _depth(0.0), "just before the near plane": _depth(0.0101),
    "at one depth": _depth(2.0), "very far": _depth(1e6),
    "huge": _stretch(1e4), "large": _stretch(10.0), "tiny": _put("scales", 1e-9), "small": _stretch(0.02),
    "transparent": _put("opacities", 0.0), "opaque": _put("opacities", 1.0), "negative": _put("opacities", -0.5),
    "just visible": _put("opacities", 1.002 / 255), "just not visible": _put("opacities", 0.998 / 255),
    "almost saturated": _put("opacities", 0.9985), "in one place": _point(0.5, 0.5, 0.0),
    "on one pixel centre": _point(0.0, 0.0, 0.5), "on the left border": _point(0.0, 0.4, 0.0),
    "in the far corner": _point(1.0, 1.0, 0.0), "beyond the right border": _point(1.02, 0.6, 0.0),
}
COUNTS = (9, 8, 7, 1, 0, 15, 16, 17, 31, 33, 70, 120)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A call of one or two cameras with up to three kinds of degenerate Gaussians, each all of them or some."""
    count, cameras = draw(st.sampled_from(COUNTS)), draw(st.sampled_from([1, 1, 2]))
    size = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    colors, options = _colours(draw, rng, count, cameras)
    gaussians = {
        "means": rng.uniform([-2, -1.5, 0.5], [2, 1.5, 5], (count, 3)),
        "quats": rng.normal(size=(count, 4)) * rng.choice([1e-3, 1.0, 50.0]),
        "scales": np.exp(rng.normal(-2, 0.6, (count, 3))),
        "opacities": rng.uniform(0, 1, count),
        "colors": colors,
    }
    K = np.array([[0.8 * max(size), 0, 0.5 * size[0]], [0, 0.9 * max(size), 0.47 * size[1]], [0, 0, 1]])
    for kind in draw(st.lists(st.sampled_from(sorted(TOUCHES)), max_size=3)):
        TOUCHES[kind](gaussians, rng.uniform(size=count) < draw(st.sampled_from([0.2, 0.5, 1.0])), K, size)
    views = np.stack([np.eye(4), _turned()])[:cameras]
    tensors = {name: torch.tensor(value, dtype=torch.float32) for name, value in gaussians.items()}
    return Case(tensors, torch.tensor(views, dtype=torch.float32),
                torch.tensor(np.stack([K] * cameras), dtype=torch.float32), size, options)


def _colours(draw: st.DrawFn, rng: np.random.Generator, count: int,
             cameras: int) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Colours or coefficients, for each camera or all, and the options of the call."""
    degree = draw(st.sampled_from([None, None, 0, 1, 2, 3]))
    inner = (draw(st.sampled_from([1, 2, 3, 4, 5, 9])),) if degree is None else ((degree + 1) ** 2, 3)
    outer = (cameras, count) if draw(st.booleans()) else (count,)
    options: dict[str, Any] = {
        "sh_degree": degree, "packed": draw(st.booleans()), "render_mode": draw(st.sampled_from(MODES)),
        "rasterize_mode": draw(st.sampled_from(["classic", "antialiased"])),
        "radius_clip": draw(st.sampled_from([0.0, 0.0, 2.0])),
    }
    if draw(st.booleans()):
        options["backgrounds"] = torch.tensor(rng.uniform(size=(cameras, inner[-1])), dtype=torch.float32)
    return rng.uniform(-0.2, 1.2, (*outer, *inner)), options


def _turned() -> NDArray[np.float64]:
    """A second camera, to the side of the first and turned by 20 degrees."""
    view, angle = np.eye(4), np.radians(20)
    view[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    view[:3, 3] = 0.3, -0.1, 0.6
    return view
