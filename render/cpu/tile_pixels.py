"""Between the planes of a tile and the images: values lie by channel in the one, by pixel in the others."""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.layout import CHANNELS, F32, MIN_COVERAGE, PLANE, STRIDE, TILE
from spatialmem.render.cpu.simd import LANES, ONE, ZERO, maximum, splat
from spatialmem.render.cpu.simd_bits import magnitude
from spatialmem.render.cpu.simd_memory import load, put, scalar, store
from spatialmem.render.cpu.simd_rows import load_quadruples, store_quadruples

SHOWN = PLANE
"""Where the channels begin in the planes of drawing."""
BEHIND, ALPHA, ARRIVING = PLANE, 2 * PLANE, 3 * PLANE
"""Where the planes of gradients begin: what is still behind, dL/d(alpha), dL/d of the channels."""


@bare_inlined
def clear(planes: F32, left: int, top: int, height: int, width: int) -> None:
    """Set all planes to 0, but the transmittance of the image's pixels to 1; pixels beyond are finished."""
    planes[:] = ZERO
    across = min(TILE, width - left)
    for y in range(min(TILE, height - top)):
        planes[y * STRIDE : y * STRIDE + across] = ONE


@bare_inlined
def write_pixels(planes: F32, left: int, top: int, expected: bool, image: F32, alphas: F32) -> None:
    """Write a drawn tile into `image` `[H, W, D]`, whose last channel is divided by alpha if `expected`, and `alphas`.

    The planes are used up.
    """
    height, width = alphas.shape
    channels = image.shape[2]
    across = min(TILE, width - left)
    for y in range(min(TILE, height - top)):
        row, pixel = y * STRIDE, (top + y) * width + left
        for x in range(0, TILE, LANES):
            alpha = ONE - magnitude(load(planes, row + x))
            store(planes, row + x, alpha)
            if expected:
                at = channels * PLANE + row + x
                store(planes, at, load(planes, at) / maximum(alpha, splat(MIN_COVERAGE)))
        for x in range(across):
            put(alphas, pixel + x, scalar(planes, row + x))
        vectors = across // LANES * LANES if channels == CHANNELS else 0
        for x in range(0, vectors, LANES):
            at = SHOWN + row + x
            store_quadruples(image, CHANNELS * (pixel + x), load(planes, at), load(planes, at + PLANE),
                             load(planes, at + 2 * PLANE), load(planes, at + 3 * PLANE))
        for c in range(channels):
            here, there = SHOWN + c * PLANE + row, pixel * channels + c
            for x in range(vectors, across):
                put(image, there + x * channels, scalar(planes, here + x))


@bare_inlined
def read_gradients(planes: F32, left: int, top: int, expected: bool, image: F32, alphas: F32, d_image: F32,
                   d_alphas: F32) -> None:
    """Set up the planes of gradients from the drawn image and the gradients that arrive."""
    height, width, channels = image.shape
    across = min(TILE, width - left)
    clear(planes, left, top, height, width)
    for y in range(min(TILE, height - top)):
        row, pixel = y * STRIDE, (top + y) * width + left
        for x in range(across):
            d_alpha = scalar(d_alphas, pixel + x)
            put(planes, ALPHA + row + x, d_alpha)
            put(planes, BEHIND + row + x, d_alpha * scalar(alphas, pixel + x))
        vectors = across // LANES * LANES if channels == CHANNELS else 0
        for x in range(0, vectors, LANES):
            at = ARRIVING + row + x
            g0, g1, g2, g3 = load_quadruples(d_image, CHANNELS * (pixel + x))
            v0, v1, v2, v3 = load_quadruples(image, CHANNELS * (pixel + x))
            store(planes, at, g0)
            store(planes, at + PLANE, g1)
            store(planes, at + 2 * PLANE, g2)
            store(planes, at + 3 * PLANE, g3)
            at = BEHIND + row + x
            store(planes, at, load(planes, at) + g0 * v0 + g1 * v1 + g2 * v2 + g3 * v3)
        for c in range(channels):
            here, there = ARRIVING + c * PLANE + row, pixel * channels + c
            for x in range(vectors, across):
                gradient = scalar(d_image, there + x * channels)
                put(planes, here + x, gradient)
                _raise(planes, BEHIND + row + x, gradient * scalar(image, there + x * channels))
        if expected:
            _divide_gradients(planes, row, pixel, across, image, alphas)


@bare_inlined
def _divide_gradients(planes: F32, row: int, pixel: int, across: int, image: F32, alphas: F32) -> None:
    """The last channel is a sum divided by alpha: turn its gradients to those of the sum and alpha."""
    channels = image.shape[2]
    for x in range(across):
        at = ARRIVING + (channels - 1) * PLANE + row + x
        alpha = scalar(alphas, pixel + x)
        gradient = scalar(planes, at) / max(alpha, MIN_COVERAGE)
        put(planes, at, gradient)
        if alpha > MIN_COVERAGE:
            d_alpha = gradient * scalar(image, (pixel + x) * channels + channels - 1)
            _raise(planes, ALPHA + row + x, -d_alpha)
            _raise(planes, BEHIND + row + x, -d_alpha * alpha)


@bare_inlined
def _raise(planes: F32, at: int, value: np.float32) -> None:
    put(planes, at, scalar(planes, at) + value)
