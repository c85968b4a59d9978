"""The Gaussians in the images, in plain PyTorch: any float dtype, gradients by autograd."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.poses import matrix_from_quat
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings
from spatialmem.render.steps import Projection

MIN_ALPHA = 1 / 255
"""Where alpha falls below this, nothing is drawn."""
_MIN_DETERMINANT, _MAX_RADIUS = 1e-10, 1e9


def project(inputs: Inputs, settings: Settings) -> Projection:
    """The Gaussians in the images of all cameras (Zwicker et al., "EWA splatting", 2002)."""
    size = inputs.Ks.new_tensor([settings.width, settings.height])
    focal, centre = inputs.Ks[:, None, [0, 1], [0, 1]], inputs.Ks[:, None, :2, 2]
    R, t = inputs.viewmats[:, :3, :3], inputs.viewmats[:, None, :3, 3]
    local = inputs.means @ R.transpose(1, 2) + t
    z = local[..., 2]
    within = (z >= settings.near_plane) & (z <= settings.far_plane)
    # Rows that are not drawn get a harmless depth, so that no NaN enters the gradients of the others.
    safe = torch.where(within, z, torch.ones_like(z))[..., None]
    slopes = local[..., :2] / safe
    margin = 0.15 * size / focal
    clamped = torch.minimum(torch.maximum(slopes, -centre / focal - margin), (size - centre) / focal + margin)
    axes = R[:, None] @ (matrix_from_quat(inputs.quats) * inputs.scales[:, None, :])
    root = (focal / safe)[..., None] * (axes[..., :2, :] - clamped[..., None] * axes[..., 2:, :])
    variances = root.square().sum(-1) + settings.eps2d
    cross = (root[..., 0, :] * root[..., 1, :]).sum(-1)
    # By Lagrange's identity nothing cancels, and the root of the part before eps2d has a gradient at zero too.
    area = torch.linalg.cross(root[..., 0, :], root[..., 1, :])
    blur = settings.eps2d * (variances.sum(-1) - settings.eps2d)
    determinant = (area.square().sum(-1) + blur).clamp(min=_MIN_DETERMINANT)
    compensations = area.norm(dim=-1) / determinant.sqrt() if settings.antialiased else None
    means2d = slopes * focal + centre
    opacities = inputs.opacities if compensations is None else inputs.opacities * compensations
    radii = _radii(means2d, variances, opacities, within, settings)
    conics = torch.stack([variances[..., 1], -cross, variances[..., 0]], -1) / determinant[..., None]
    everything = Projection(means2d, conics, z, radii, compensations, None, None, kept=len(inputs.viewmats))
    return _packed(everything) if settings.packed else everything


@torch.no_grad()
def _radii(means2d: Tensor, variances: Tensor, opacities: Tensor, within: Tensor, settings: Settings) -> Tensor:
    """`[C, N, 2]` int32: whole pixels from the centre to where alpha falls below 1/255, or 0 where not visible.

    Box by opacity: Radl et al., "StopThePop", 2024, appendix B.2.
    """
    extent = (2 * torch.log(255 * opacities.clamp(min=MIN_ALPHA))).clamp(min=0).sqrt()
    radii = torch.ceil(extent[..., None] * variances.sqrt()).clamp(max=_MAX_RADIUS)
    size = means2d.new_tensor([settings.width, settings.height])
    inside = ((means2d + radii > 0) & (means2d - radii < size)).all(-1)
    large = (radii > settings.radius_clip).any(-1)
    visible = within & (opacities >= MIN_ALPHA) & inside & large
    return torch.where(visible[..., None], radii, torch.zeros_like(radii)).to(torch.int32)


def _packed(projection: Projection) -> Projection:
    """The visible rows alone, in order of camera and Gaussian."""
    camera_ids, gaussian_ids = visible = torch.nonzero((projection.radii > 0).all(-1), as_tuple=True)
    compensations = None if projection.compensations is None else projection.compensations[visible]
    return Projection(projection.means2d[visible], projection.conics[visible], projection.depths[visible],
                      projection.radii[visible], compensations, camera_ids, gaussian_ids, projection.kept)
