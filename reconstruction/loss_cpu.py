"""The loss of `loss.py` with its gradients in four Numba passes: blur rows, blur columns, and back.

With blurs B, D-SSIM's gradient is B(p) + 2 x B(q) + y B(r), where p, q, r are the derivatives of the
SSIM map by B(x), B(x^2) and B(xy): the window is symmetric, so its adjoint is itself.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from numba import prange
from torch import Tensor

from spatialmem.reconstruction.loss import C1, C2, RADIUS, Target, gaussian_window
from spatialmem.render.cpu.jit import inlined, parallel_kernel
from spatialmem.render.cpu.threads import parallel_region

Array = npt.NDArray[np.float32]

W0, W1, W2, W3, W4, W5 = (np.float32(w) for w in gaussian_window()[RADIUS:])
_C1, _C2 = np.float32(C1), np.float32(C2)
_ONE, _TWO, _HALF = np.float32(1), np.float32(2), np.float32(0.5)


class ImageLoss:
    """`image_loss` for one image size on the CPU; holds its workspace, so use one per thread.

    Args:
        height, width: of the images.
        ssim, depth: weights as in `image_loss`.
    """

    def __init__(self, height: int, width: int, *, ssim: float, depth: float) -> None:
        self._weights = (np.float32(ssim), np.float32(depth))
        tall, wide = height + 2 * RADIUS, width + 2 * RADIUS
        # Margins stay zero: they are the padding of the blurs.
        self._wide = np.zeros((3, 3, height, wide), np.float32)
        self._tall = np.zeros((3, 3, tall, width), np.float32)
        self._rows = np.zeros((height, 3), np.float64)
        self._moments: WeakKeyDictionary[Target, Array] = WeakKeyDictionary()

    def __call__(self, image: Tensor, alpha: Tensor, target: Target) -> Tensor:
        """Scalar loss of `image` `[H, W, 4]` and `alpha` `[H, W]`; differentiable in both."""
        loss: Tensor = _Loss.apply(image, alpha, target, self)  # type: ignore[no-untyped-call]
        return loss

    def evaluate(self, image: Array, alpha: Array, target: Target) -> tuple[float, Array, Array]:
        """The loss and its gradients by `image` and `alpha`, which are fresh arrays."""
        rgb, depth, weight, sure = (t.numpy() for t in (target.rgb, target.depth, target.weight, target.sure))
        d_image, d_alpha = np.empty_like(image), np.empty_like(alpha)
        ssim, depth_weight = self._weights
        with parallel_region:
            if ssim > 0:
                _products(image, rgb, self._wide)
                _blur_rows(self._wide, self._tall)
                means = self._target_moments(target, rgb)
                _ssim_derivatives(self._tall, means, weight, self._wide, self._rows)
                _blur_rows(self._wide, self._tall)
            _gradients(image, alpha, rgb, depth, weight, sure, self._tall, self._weights,
                       d_image, d_alpha, self._rows)
        pixels = image.shape[0] * image.shape[1]
        colour, structure, geometry = (float(v) for v in self._rows.sum(axis=0))
        value = (1 - float(ssim)) * colour / 3 + float(ssim) * structure / 6 + float(depth_weight) * geometry
        return value / pixels, d_image, d_alpha

    def _target_moments(self, target: Target, rgb: Array) -> Array:
        """Blurs of y and y^2, `[2, 3, H, W]`, made once a target."""
        moments = self._moments.get(target)
        if moments is None:
            wide, tall = np.zeros_like(self._wide), np.zeros_like(self._tall)
            image = np.concatenate([rgb, np.zeros_like(rgb[..., :1])], axis=-1)
            _products(image, rgb, wide)
            _blur_rows(wide, tall)
            moments = np.empty((2, 3, *rgb.shape[:2]), np.float32)
            _blur_columns(tall, moments)
            self._moments[target] = moments
        return moments


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, alpha: Tensor, target: Target, loss: ImageLoss) -> Tensor:
        value, d_image, d_alpha = loss.evaluate(image.detach().numpy(), alpha.detach().numpy(), target)
        ctx.save_for_backward(torch.from_numpy(d_image), torch.from_numpy(d_alpha))
        return image.new_tensor(value)

    @staticmethod
    def backward(ctx: Any, d_loss: Tensor) -> tuple[Tensor, Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        d_image, d_alpha = ctx.saved_tensors
        return d_image * d_loss, d_alpha * d_loss, None, None


@inlined
def _along(a: Array, p: int) -> np.float32:
    """The window's sum around position p + RADIUS of a row with margins."""
    total: np.float32 = (W5 * (a[p] + a[p + 10]) + W4 * (a[p + 1] + a[p + 9]) + W3 * (a[p + 2] + a[p + 8])
                         + W2 * (a[p + 3] + a[p + 7]) + W1 * (a[p + 4] + a[p + 6]) + W0 * a[p + 5])
    return total


@inlined
def _across(a: Array, y: int, x: int) -> np.float32:
    """The window's sum around row y + RADIUS of column x of a plane with margins."""
    total: np.float32 = (W5 * (a[y, x] + a[y + 10, x]) + W4 * (a[y + 1, x] + a[y + 9, x])
                         + W3 * (a[y + 2, x] + a[y + 8, x]) + W2 * (a[y + 3, x] + a[y + 7, x])
                         + W1 * (a[y + 4, x] + a[y + 6, x]) + W0 * a[y + 5, x])
    return total


@parallel_kernel
def _products(image: Array, rgb: Array, wide: Array) -> None:
    """x, x^2 and xy into `wide` `[3, 3 channels, H, W + margins]`."""
    height, width = rgb.shape[0], rgb.shape[1]
    for y in prange(height):
        for c in range(3):
            first, second, third = wide[0, c, y], wide[1, c, y], wide[2, c, y]
            for x in range(width):
                value = image[y, x, c]
                first[x + RADIUS] = value
                second[x + RADIUS] = value * value
                third[x + RADIUS] = value * rgb[y, x, c]


@parallel_kernel
def _blur_rows(wide: Array, tall: Array) -> None:
    """Horizontal blur of every map of `wide` into `tall` `[3, 3, H + margins, W]`."""
    height = wide.shape[2]
    for y in prange(height):
        for m in range(3):
            for c in range(3):
                source, target = wide[m, c, y], tall[m, c, y + RADIUS]
                for x in range(target.shape[0]):
                    target[x] = _along(source, x)


@parallel_kernel
def _blur_columns(tall: Array, moments: Array) -> None:
    """Vertical blur of the first two maps."""
    for y in prange(moments.shape[2]):
        for m in range(2):
            for c in range(3):
                plane, row = tall[m, c], moments[m, c, y]
                for x in range(row.shape[0]):
                    row[x] = _across(plane, y, x)


@parallel_kernel
def _ssim_derivatives(tall: Array, moments: Array, weight: Array, wide: Array, sums: npt.NDArray[np.float64]) -> None:
    """Weighted derivatives of SSIM by B(x), B(x^2), B(xy) into `wide`; sums of w (1 - SSIM) by row."""
    height, width = weight.shape
    for y in prange(height):
        total = np.float32(0)
        for c in range(3):
            by_mean, by_square, by_product = wide[0, c, y], wide[1, c, y], wide[2, c, y]
            for x in range(width):
                mx, my = _across(tall[0, c], y, x), moments[0, c, y, x]
                vx = _across(tall[1, c], y, x) - mx * mx
                vy = moments[1, c, y, x] - my * my
                cxy = _across(tall[2, c], y, x) - mx * my
                a1, a2 = _TWO * mx * my + _C1, _TWO * cxy + _C2
                b1, b2 = mx * mx + my * my + _C1, vx + vy + _C2
                scale = _ONE / (b1 * b2)
                ssim = a1 * a2 * scale
                w = weight[y, x]
                d_var, d_cov = -ssim / b2, _TWO * a1 * scale
                d_mean = _TWO * my * a2 * scale - _TWO * mx * ssim / b1 - _TWO * mx * d_var - my * d_cov
                by_mean[x + RADIUS] = w * d_mean
                by_square[x + RADIUS] = w * d_var
                by_product[x + RADIUS] = w * d_cov
                total += w * (_ONE - ssim)
        sums[y, 1] = total


@parallel_kernel
def _gradients(image: Array, alpha: Array, rgb: Array, depth: Array, weight: Array, sure: Array, tall: Array,
               options: tuple[np.float32, np.float32], d_image: Array, d_alpha: Array,
               sums: npt.NDArray[np.float64]) -> None:
    """The loss's gradients by image and alpha, and its L1 sums by row."""
    height, width = depth.shape
    ssim, depth_weight = options
    per_pixel = _ONE / np.float32(height * width)
    colour, structure = (_ONE - ssim) * per_pixel / np.float32(3), -ssim * per_pixel / np.float32(6)
    for y in prange(height):
        absolute, geometry = np.float32(0), np.float32(0)
        for x in range(width):
            w = weight[y, x]
            for c in range(3):
                value = image[y, x, c]
                difference = value - rgb[y, x, c]
                gradient = colour * w * np.sign(difference)
                absolute += w * abs(difference)
                if ssim > 0:
                    gradient += structure * (_across(tall[0, c], y, x) + _TWO * value * _across(tall[1, c], y, x)
                                             + rgb[y, x, c] * _across(tall[2, c], y, x))
                d_image[y, x, c] = gradient
            s = sure[y, x]
            difference = image[y, x, 3] - alpha[y, x] * depth[y, x]
            gradient = depth_weight * per_pixel * s * np.sign(difference)
            geometry += s * abs(difference)
            d_image[y, x, 3] = gradient
            d_alpha[y, x] = -gradient * depth[y, x]
        sums[y, 0] = absolute
        sums[y, 2] = geometry
