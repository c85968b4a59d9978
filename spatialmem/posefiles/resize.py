"""Changing the size of recorded frames: colour, depth and intrinsics by one and the same map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras

ASPECT_TOLERANCE = 0.01
DEPTH_AGREEMENT = 0.02
"""Depths within one output pixel are averaged only where they differ by less than this share."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Framing:
    """The part of a native image that an output image of `height` x `width` pixels shows.

    Output coordinate u (pixel centres at half-integers) lies at native `x0 + u * step_x`.
    """

    height: int
    width: int
    y0: float
    x0: float
    step_y: float
    step_x: float

    def cameras(self, native: Cameras) -> Cameras:
        """The cameras whose images are the framed ones."""
        K = native.K.clone()
        K[:, 0, 2] -= self.x0
        K[:, 1, 2] -= self.y0
        K[:, 0] /= self.step_x
        K[:, 1] /= self.step_y
        return Cameras(K, native.T_world_cam, self.height, self.width)

    def rgb(self, image: NDArray[np.uint8]) -> Floats:
        """`[height, width, 3]` float32 0..1: exact area averages, bilinear where enlarged."""
        rows = _colour_taps(self.height, self.y0, self.step_y, image.shape[0])
        columns = _colour_taps(self.width, self.x0, self.step_x, image.shape[1])
        tall = sum(image[index] * weight[:, None, None] for index, weight in rows)
        small = sum(np.take(tall, index, axis=1) * weight[:, None] for index, weight in columns)
        out: Floats = np.clip(np.asarray(small, np.float32) / np.float32(255), 0, 1)
        return out

    def depth(self, depth: Floats) -> Floats:
        """`[height, width]` float32 metres, never a mixture of two surfaces; 0 = unknown.

        Where the known samples under an output pixel agree within 2 % it is their area-weighted
        mean, elsewhere their area-weighted lower median, which is one of the samples.
        """
        rows = _area_taps(self.height, self.y0, self.step_y, depth.shape[0])
        columns = _area_taps(self.width, self.x0, self.step_x, depth.shape[1])
        total = np.zeros((self.height, self.width), np.float32)
        area, far = np.zeros_like(total), np.zeros_like(total)
        near = np.full_like(total, np.inf)
        for row, row_weight in rows:
            for column, column_weight in columns:
                sample = depth[row[:, None], column]
                share = np.where(sample > 0, row_weight[:, None] * column_weight, 0).astype(np.float32)
                total += share * sample
                area += share
                far = np.maximum(far, np.where(share > 0, sample, 0))
                near = np.minimum(near, np.where(share > 0, sample, np.inf))
        known = area > 0
        out: Floats = np.divide(total, area, out=np.zeros_like(total), where=known)
        torn = known & (far > near * (1 + DEPTH_AGREEMENT))
        out[torn] = _median(depth, rows, columns, torn)
        return out


def framing(native: tuple[int, int], size: tuple[int, int]) -> Framing:
    """How images of `native` (height, width) come to `size`.

    Nearly equal aspect ratios (within 1 %) keep the whole image and scale each axis by its own
    factor; others keep the largest centred part of the requested aspect, with square scaling.
    """
    (tall, wide), (height, width) = native, size
    step_y, step_x = tall / height, wide / width
    if max(step_y, step_x) > min(step_y, step_x) * (1 + ASPECT_TOLERANCE):
        step_y = step_x = min(step_y, step_x)
    return Framing(height, width, (tall - height * step_y) / 2, (wide - width * step_x) / 2, step_y, step_x)


Taps = list[tuple[NDArray[np.intp], Floats]]


def _area_taps(count: int, start: float, step: float, limit: int) -> Taps:
    """For each of `count` intervals of length `step`: the native pixels it overlaps, and by how much.

    Returned as a list over the k-th overlapped pixel of `(index [count], share [count])`.
    """
    low = start + step * np.arange(count)
    high = low + step
    first = np.floor(low + 1e-9)
    taps: Taps = []
    for k in range(math.ceil(step - 1e-9) + 1):
        pixel = first + k
        share = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None) / step
        if (share > 1e-9).any():
            taps.append((np.clip(pixel, 0, limit - 1).astype(np.intp), share.astype(np.float32)))
    return taps


def _colour_taps(count: int, start: float, step: float, limit: int) -> Taps:
    if step >= 1:
        return _area_taps(count, start, step, limit)
    position = start + step * (np.arange(count) + 0.5) - 0.5
    first = np.floor(position)
    share = (position - first).astype(np.float32)
    return [(np.clip(first + k, 0, limit - 1).astype(np.intp), share if k else 1 - share) for k in (0, 1)]


def _median(depth: Floats, rows: Taps, columns: Taps, where: NDArray[np.bool_]) -> Floats:
    """Area-weighted lower medians `[where.sum()]` of the known samples."""
    y, x = np.nonzero(where)
    samples = np.stack([depth[r[y], c[x]] for r, _ in rows for c, _ in columns], axis=1)
    shares = np.stack([v[y] * w[x] for _, v in rows for _, w in columns], axis=1)
    shares = np.where(samples > 0, shares, 0)
    order = np.argsort(samples, axis=1)
    samples, shares = np.take_along_axis(samples, order, 1), np.take_along_axis(shares, order, 1)
    reached = np.cumsum(shares, axis=1) >= shares.sum(axis=1, keepdims=True) * (0.5 - 1e-6)
    picked: Floats = samples[np.arange(len(samples)), (reached & (shares > 0)).argmax(axis=1)]
    return picked
