"""`rasterization`: gsplat's call; the tensors' device chooses the backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor

from spatialmem.errors import MissingBackendError, UnsupportedOptionError
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import RenderMode, Settings

Meta = dict[str, Tensor | int | str]
Backend = Literal["cpu", "gsplat", "reference"]
RasterizeMode = Literal["classic", "antialiased"]
_OF_DEVICE: dict[str, Backend] = {"cpu": "cpu", "cuda": "gsplat"}
_Core = Callable[[Inputs, Settings], tuple[Tensor, Tensor, dict[str, Tensor]]]


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
    *,
    near_plane: float = 0.01,
    far_plane: float = 1e10,
    radius_clip: float = 0.0,
    eps2d: float = 0.3,
    sh_degree: int | None = None,
    render_mode: RenderMode = "RGB",
    backgrounds: Tensor | None = None,
    rasterize_mode: RasterizeMode = "classic",
    backend: Backend | None = None,
) -> tuple[Tensor, Tensor, Meta]:
    """Images, alphas and meta of `N` Gaussians seen by `C` cameras.

    Differentiable in the first five inputs.

    The call, its defaults and its meaning are those of gsplat 1.5.3. Pixel centres lie at half-integers.

    Args:
        means: `[N, 3]` centres, world frame.
        quats: `[N, 4]` orientations wxyz, of any length but zero.
        scales: `[N, 3]` standard deviations along the own axes.
        opacities: `[N]`; a Gaussian below 1/255 is not drawn.
        colors: `[N, 3]` RGB.
        viewmats: `[C, 4, 4]` world to camera, OpenCV axes.
        Ks: `[C, 3, 3]` intrinsics in pixels, zero skew.
        width, height: of the images in pixels, 1..32768.
        near_plane, far_plane: z-depths between which Gaussians are drawn.
        radius_clip: Gaussians are left out whose radii in pixels are both at most this.
        eps2d: added to the variances in the image, px².
        sh_degree: only None is supported.
        render_mode: the channels D of the images: "RGB"; accumulated z-depth "D"; expected z-depth
            "ED", that is "D" divided by alpha; or "RGB+D", "RGB+ED".
        backgrounds: `[C, 3]` RGB behind everything, or None for black. Depth has no background.
        rasterize_mode: only "classic" is supported.
        backend: None lets the device choose: "cpu" kernels or CUDA's "gsplat". "reference" is slow
            pure PyTorch on any device, also in float64: the standard that the others are held to.

    Returns:
        Images `[C, H, W, D]`; alphas `[C, H, W, 1]`, 0..1; meta with `backend`, `width`, `height`,
        `n_cameras`, `radii` `[C, N, 2]` int32 (pixels, 0 = not visible) and `depths` `[C, N]`
        (meaningless where not visible).

    Raises:
        ShapeError: a tensor's shape or dtype is wrong (float32, except for "reference"), or the
            devices differ.
        InvalidValueError: an input is not finite, a focal length not positive, an option out of range.
        UnsupportedOptionError: an option or gradient that is not supported, by its name.
        MissingBackendError: CUDA tensors without gsplat.
    """
    _refuse_unsupported(sh_degree, rasterize_mode, viewmats, Ks)
    settings = Settings(width, height, near_plane, far_plane, radius_clip, eps2d, render_mode)
    chosen = _choose(backend, means.device)
    inputs = Inputs(means, quats, scales, opacities, colors, viewmats, Ks)
    inputs.check(any_float=chosen == "reference", backgrounds=backgrounds)
    renders, alphas, figures = _load(chosen)(inputs, settings)
    if backgrounds is not None and render_mode.startswith("RGB"):
        renders = _over(renders, alphas, backgrounds)
    meta: Meta = {**figures, "backend": chosen, "width": width, "height": height,
                  "n_cameras": viewmats.shape[0]}
    return renders, alphas, meta


def _refuse_unsupported(sh_degree: int | None, rasterize_mode: str, viewmats: Tensor, Ks: Tensor) -> None:
    if sh_degree is not None:
        raise UnsupportedOptionError(f"sh_degree={sh_degree}: spherical harmonics are not supported; "
                                     "evaluate them first and pass RGB colors with sh_degree=None")
    if rasterize_mode != "classic":
        raise UnsupportedOptionError(f"rasterize_mode={rasterize_mode!r} is not supported; use 'classic'")
    for name, value in (("viewmats", viewmats), ("Ks", Ks)):
        if value.requires_grad:
            raise UnsupportedOptionError(f"{name} requires grad: cameras have no gradients here; detach it")


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


def _load(backend: Backend) -> _Core:
    """The backend's function; its packages are imported here, at the first call that needs them."""
    if backend == "cpu":
        from spatialmem.render.cpu import autograd

        return autograd.rasterization
    if backend == "reference":
        from spatialmem.render import reference

        return reference.rasterization
    try:
        from spatialmem.render import gsplat_backend
    except ModuleNotFoundError as error:
        raise MissingBackendError(f"CUDA tensors are rasterised by gsplat, but {error.name} is missing: "
                                  "pip install 'spatialmem[gpu]', or move the tensors to the cpu") from error
    return gsplat_backend.rasterization


def _over(renders: Tensor, alphas: Tensor, backgrounds: Tensor) -> Tensor:
    """RGB composited over a colour per camera; a depth channel stays as it is."""
    rgb = renders[..., :3] + (1 - alphas) * backgrounds[:, None, None, :]
    return torch.cat([rgb, renders[..., 3:]], dim=-1)
