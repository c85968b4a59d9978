"""How large Gaussians appear: their spread in pixels before one camera."""

from __future__ import annotations

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.poses import matrix_from_quat
from spatialmem.splats import Splats


def spread(splats: Splats, camera: Cameras) -> Tensor:
    """Largest standard deviation in the image `[N]`, pixels, of `splats` before one `camera`.

    The part of each own axis across the ray to the centre, scaled by focal length over distance;
    the sign of the depth does not matter.
    """
    to_centre = splats.means - camera.centres.to(splats.means)
    distance = to_centre.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    ray = to_centre / distance
    axes = matrix_from_quat(splats.quats) * splats.scales[:, None, :]
    across = axes - ray[:, :, None] * (ray[:, :, None] * axes).sum(dim=1, keepdim=True)
    focal = float(camera.K[0, 0, 0])
    largest: Tensor = across.norm(dim=1).amax(dim=-1)
    pixels: Tensor = largest * focal / distance[:, 0]
    return pixels


def coarser_than(splats: Splats, camera: Cameras, pixels: float) -> Tensor:
    """`[N]` bool: Gaussians that spread over more than `pixels` (standard deviation) before `camera`."""
    distance = (splats.means - camera.centres.to(splats.means)).norm(dim=-1).clamp(min=1e-6)
    longest: Tensor = splats.scales.amax(dim=-1)
    coarse: Tensor = longest * float(camera.K[0, 0, 0]) > pixels * distance  # the spread is at most that
    coarse[coarse.clone()] = spread(splats[coarse], camera) > pixels
    return coarse
