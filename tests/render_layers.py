"""A dense compositor in float64, written apart from the package: what each pixel sees, layer by layer.

It shows which pixels stand at a threshold, where rounding decides: alpha about 1/255 or 0.999,
transmittance about 1e-4, two depths almost equal.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor


class Layers(NamedTuple):
    """One camera's visible Gaussians, nearest first, in each of its pixels: all `[H, W, n]`."""

    order: Tensor      # [n], rows of the camera
    raw: Tensor        # opacity times falloff
    alpha: Tensor      # limited by the rules
    after: Tensor      # light left behind each layer, as if no pixel ended early
    weights: Tensor    # share of each layer in the pixel


def layers(means2d: Tensor, conics: Tensor, depths: Tensor, radii: Tensor, opacities: Tensor, *,
           size: tuple[int, int]) -> Layers:
    """Layers of rows `[N, ...]`; `means2d` may differ from pixel to pixel, `[H, W, N, 2]`."""
    seen = torch.nonzero((radii > 0).all(-1))[:, 0]
    order = seen[torch.sort(depths.detach()[seen], stable=True).indices]
    x, y = torch.arange(size[0], dtype=torch.float64) + 0.5, torch.arange(size[1], dtype=torch.float64) + 0.5
    offset = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[:, :, None] - means2d[..., order, :]
    matrix = conics[order][:, [0, 1, 1, 2]].reshape(-1, 2, 2)
    raw = opacities[order] * torch.exp(-0.5 * torch.einsum("hwni,nij,hwnj->hwn", offset, matrix, offset))
    alpha = torch.where(raw < 1 / 255, 0.0, raw.clamp(max=0.999))
    left = torch.cumprod(1 - alpha, -1)
    before = torch.cat([torch.ones_like(left[..., :1]), left[..., :-1]], -1)[..., : len(order)]
    return Layers(order, raw, alpha, left, torch.where(left > 1e-4, alpha * before, 0.0))


def layers_of_camera(meta: dict[str, Any], camera: int, opacities: Tensor, **changes: Tensor) -> Layers:
    """Layers from the meta of a dense call in float64, classic; `changes` replace rows of it."""
    rows = {name: changes.get(name, meta[name][camera]) for name in ("means2d", "conics", "depths")}
    return layers(**rows, radii=meta["radii"][camera], opacities=opacities, size=(meta["width"], meta["height"]))


def doubtful(seen: Layers, depths: Tensor, slack: Tensor, *, exact_depths: bool) -> Tensor:
    """`[H, W]` bool: pixels in which relative errors `slack` `[n]` of alpha, layer by layer, may change the rules.

    `depths` `[n]`: of the layers. `exact_depths`: rounding cannot change which of them are equal.
    """
    touched = (seen.raw * (1 + slack) >= 1 / 255) & (seen.raw > 0)
    drift = torch.cumsum(torch.where(touched, slack * seen.alpha / (1 - seen.alpha), 0.0), -1) + 1e-6
    doubt = ((seen.raw * 255 - 1).abs() <= slack) | ((seen.raw / 0.999 - 1).abs() <= slack)
    doubt |= (seen.after * 1e4 - 1).abs() <= drift
    result = doubt.any(-1)
    gaps = depths[1:] - depths[:-1]
    close = gaps <= 2e-6 * depths[1:].abs()
    if exact_depths:
        close &= gaps > 0
    if bool(close.any()):
        cluster = torch.cat([torch.zeros(1, dtype=torch.int64), torch.cumsum(~close, 0)])
        several = torch.zeros(*touched.shape[:2], int(cluster[-1]) + 1)
        several.index_add_(2, cluster, touched.float())
        result |= (several > 1).any(-1)
    return result


def shape_of(conics: Tensor, eps2d: float) -> tuple[Tensor, Tensor]:
    """Of conics `[N, 3]`: the share of opacity that antialiasing keeps, and how much inverting cancels (1 if round)."""
    xx, xy, yy = conics.unbind(-1)
    determinant = xx * yy - xy * xy
    before = (yy / determinant - eps2d) * (xx / determinant - eps2d) - (xy / determinant) ** 2
    return (before * determinant).clamp(min=0).sqrt(), xx * yy / determinant
