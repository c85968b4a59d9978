"""`rasterization`: gsplat's call; the tensors' device chooses the backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, TypedDict, get_args

import torch
from torch import Tensor

from spatialmem.errors import MissingBackendError, UnsupportedOptionError
from spatialmem.render.inputs import Inputs
from spatialmem.render.refusals import RasterizeMode, refuse_unsupported
from spatialmem.render.settings import RenderMode, Settings
from spatialmem.render.steps import Rendering, Steps, rasterize

Backend = Literal["cpu", "gsplat", "reference"]
_OF_DEVICE: dict[str, Backend] = {"cpu": "cpu", "cuda": "gsplat"}


class Meta(TypedDict):
    """What a call tells besides images: of C cameras and N Gaussians, or of the R visible pairs if packed."""

    backend: Backend
    width: int
    height: int
    n_cameras: int
    n_batches: int
    batch_ids: Tensor | None
    camera_ids: Tensor | None
    gaussian_ids: Tensor | None
    radii: Tensor
    means2d: Tensor
    depths: Tensor
    conics: Tensor


def rasterization(  # noqa: PLR0917 (gsplat's call)
    means: Tensor,
    quats: Tensor,
    scales: Tensor,
    opacities: Tensor,
    colors: Tensor,
    viewmats: Tensor,
    Ks: Tensor,
    width: int,
    height: int,
    near_plane: float = 0.01,
    far_plane: float = 1e10,
    radius_clip: float = 0.0,
    eps2d: float = 0.3,
    sh_degree: int | None = None,
    packed: bool = True,
    tile_size: int = 16,
    backgrounds: Tensor | None = None,
    render_mode: RenderMode = "RGB",
    sparse_grad: bool = False,
    absgrad: bool = False,
    rasterize_mode: RasterizeMode = "classic",
    channel_chunk: int = 32,
    distributed: bool = False,
    camera_model: str = "pinhole",
    segmented: bool = False,
    covars: Tensor | None = None,
    with_ut: bool = False,
    with_eval3d: bool = False,
    radial_coeffs: Tensor | None = None,
    tangential_coeffs: Tensor | None = None,
    thin_prism_coeffs: Tensor | None = None,
    ftheta_coeffs: object | None = None,
    rolling_shutter: object = "GLOBAL",
    viewmats_rs: Tensor | None = None,
    *,
    backend: Backend | None = None,
) -> tuple[Tensor, Tensor, Meta]:
    """Images, alphas and meta of `N` Gaussians seen by `C` cameras.

    The call, its defaults and its meaning are those of gsplat 1.5.3. Differentiable in all tensors but `Ks`;
    `meta["means2d"]`, `"depths"` and `"conics"` are part of the graph, so that losses may use them and
    `retain_grad()` and gsplat's densification strategies work. Pixel centres lie at half-integers.

    Args:
        means: `[N, 3]` centres, world frame.
        quats: `[N, 4]` orientations wxyz, of any length but zero.
        scales: `[N, 3]` standard deviations along the own axes.
        opacities: `[N]`, 0..1; a Gaussian below 1/255 is not drawn.
        colors: `[N, D]` or, by camera, `[C, N, D]`, any D from 1 to 32. With `sh_degree` coefficients of
            spherical harmonics `[N, K, 3]` or `[C, N, K, 3]`; D is then 3.
        viewmats: `[C, 4, 4]` world to camera, OpenCV axes.
        Ks: `[C, 3, 3]` intrinsics in pixels, zero skew.
        width, height: of the images in pixels, 1..32768.
        near_plane, far_plane: z-depths between which Gaussians are drawn.
        radius_clip: Gaussians are left out whose radii in pixels are both at most this.
        eps2d: added to the variances in the image, px².
        sh_degree: None for plain `colors`, or 0..3, with (sh_degree + 1)² <= K: colours are
            max(harmonics + 1/2, 0) in the direction from the camera to the Gaussian.
        packed: meta has a row for each visible pair of camera and Gaussian, R in all, in this order; else for
            every pair. Images are the same.
        backgrounds: `[C, D]` colours behind everything, or None for zero. Depth has no background.
        render_mode: the channels D' of the images: "RGB", the D colours; accumulated z-depth "D"; expected
            z-depth "ED", that is "D" divided by alpha; or both, depth last, "RGB+D", "RGB+ED".
        absgrad: a backward pass also leaves `meta["means2d"].absgrad`: the gradients of the pixels, each
            taken absolute, summed (Ye et al., "AbsGS", 2024).
        rasterize_mode: "classic", or "antialiased": opacities are multiplied by the root of the determinant of the
            covariance in the image before `eps2d` over that after it (Yu et al., "Mip-Splatting", 2024).
        tile_size, sparse_grad, channel_chunk, distributed, camera_model, segmented, covars, with_ut, with_eval3d,
            radial_coeffs, tangential_coeffs, thin_prism_coeffs, ftheta_coeffs, rolling_shutter, viewmats_rs:
            only their defaults are supported.
        backend: None lets the device choose: "cpu" kernels or CUDA's "gsplat". "reference" is slow
            pure PyTorch on any device, also in float64: the standard that the others are held to.

    Returns:
        Images `[C, H, W, D']`; alphas `[C, H, W, 1]`, 0..1; meta with `backend`, `width`, `height`,
        `n_cameras`, `n_batches`, `means2d` `[..., 2]` (px), `conics` `[..., 3]` (inverse covariances xx, xy, yy),
        `depths` `[...]` and `radii` `[..., 2]` int32 (px, 0 = not visible: then the others mean nothing),
        where `...` is `R`, or `C, N` if not packed, and `batch_ids`, `camera_ids`, `gaussian_ids` `[R]`, or None.

    Raises:
        ShapeError: a tensor's shape or dtype is wrong (float32, except for "reference"), or the
            devices differ.
        InvalidValueError: an input is not finite, a focal length not positive, an option out of range.
        UnsupportedOptionError: an option or gradient that is not supported, by its name.
        MissingBackendError: CUDA tensors without gsplat.
    """
    refuse_unsupported(locals())
    settings = Settings(width, height, near_plane, far_plane, radius_clip, eps2d, render_mode,
                        rasterize_mode == "antialiased", packed, absgrad)
    chosen = _choose(backend, means.device)
    inputs = Inputs(means, quats, scales, opacities, colors, viewmats, Ks, backgrounds)
    inputs.check(any_float=chosen == "reference", sh_degree=sh_degree)
    renders, alphas, seen = _load(chosen)(inputs, settings, sh_degree)
    batch_ids = None if seen.camera_ids is None else seen.camera_ids.new_zeros(()).expand_as(seen.camera_ids)
    meta = Meta(backend=chosen, width=width, height=height, n_cameras=len(viewmats), n_batches=1,
                batch_ids=batch_ids, camera_ids=seen.camera_ids, gaussian_ids=seen.gaussian_ids,
                radii=seen.radii, means2d=seen.means2d, depths=seen.depths, conics=seen.conics)
    return renders, alphas, meta


def _choose(backend: Backend | None, device: torch.device) -> Backend:
    if backend is None:
        if device.type not in _OF_DEVICE:
            raise UnsupportedOptionError(f"means are on {device}: tensors must be on the cpu or on cuda")
        return _OF_DEVICE[device.type]
    if backend not in get_args(Backend):
        raise UnsupportedOptionError(f"backend={backend!r} is not one of {get_args(Backend)}")
    if backend != "reference" and backend != _OF_DEVICE.get(device.type):
        raise UnsupportedOptionError(f"backend={backend!r} cannot take tensors on {device}; move them, "
                                     "or leave backend out")
    return backend


def _load(backend: Backend) -> Callable[[Inputs, Settings, int | None], Rendering]:
    """The backend's function; its packages are imported here, at the first call that needs them."""
    if backend == "cpu":
        from spatialmem.render.cpu.autograd import composite, project
        from spatialmem.render.cpu.harmonics import harmonics

        checked = frozenset({"means", "quats", "scales", "opacities"})
        return partial(rasterize, Steps(project, harmonics, composite, checked))
    if backend == "reference":
        from spatialmem.render import reference

        return partial(rasterize, reference.STEPS)
    try:
        from spatialmem.render import gsplat_backend
    except ModuleNotFoundError as error:
        raise MissingBackendError(f"CUDA tensors are rasterised by gsplat, but {error.name} is missing: "
                                  "pip install 'spatialmem[gpu]', or move the tensors to the cpu") from error
    return gsplat_backend.rasterization
