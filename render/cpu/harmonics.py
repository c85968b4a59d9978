"""Colours that depend on the direction of view, as real spherical harmonics up to degree 3: kernels and gradients.

A colour is max(Σ basis(direction) coefficient + 1/2, 0), with the unit direction from the camera to the Gaussian.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from numba import prange
from torch import Tensor
from torch.autograd.function import once_differentiable

from spatialmem.render.cpu.geometry import Triple, dot
from spatialmem.render.cpu.harmonic_basis import BASES, SCRATCH, basis_gradient, store_basis
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import F32, F64, I64
from spatialmem.render.cpu.pipeline import block_count
from spatialmem.render.cpu.project import block_limits
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    Vector,
    both,
    greater,
    greater_equal,
    maximum,
    ramp,
    splat,
    square_root,
    sums,
    where,
)
from spatialmem.render.cpu.simd_memory import load, load_column, scalar, store, store_column, take_next
from spatialmem.render.cpu.simd_rows import Mask, any_of, load_mask, load_triples, store_triples, write_triples
from spatialmem.render.cpu.threads import new_counter, parallel_region, worker_count
from spatialmem.render.cpu.views import padded
from spatialmem.render.cpu.workspace import scratch

Flags = npt.NDArray[np.bool_]

_TINY = np.float32(1e-24)


def harmonics(degree: int, means: Tensor, centres: Tensor, coefficients: Tensor, visible: Tensor) -> Tensor:
    """Colours `[C, N, 3]`, not negative, of Gaussians at `means` `[N, 3]` seen from camera `centres` `[C, 3]`.

    Args:
        degree: 0..3; coefficients beyond (degree + 1)² have no part.
        coefficients: `[N, K, 3]` for all cameras or `[C, N, K, 3]`.
        visible: `[C, N]` bool; the others get 0 and no gradient.
    """
    return cast(Tensor, _Harmonics.apply(degree, means, centres, coefficients, visible))  # type: ignore[no-untyped-call]


class _Harmonics(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensor:
        ctx.degree, means, centres, coefficients, visible = arguments
        rows, each, seen = padded(means).numpy(), _each(coefficients), padded(visible, 1).numpy()
        colors = means.new_empty(len(centres), len(rows), 3)
        sums = scratch(worker_count(), SCRATCH)
        for c, centre in enumerate(centres.detach().contiguous().numpy()):
            with parallel_region:
                evaluate(ctx.degree, rows, centre, each[c % len(each)], seen[c], colors[c].numpy(), sums,
                         block_count(len(rows)), new_counter())
        ctx.save_for_backward(means, centres, coefficients, visible, colors)
        seen_colors: Tensor = colors[:, : len(means)]
        return seen_colors

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_colors: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore
        means, centres, coefficients, visible, colors = ctx.saved_tensors
        rows, each, seen = padded(means).numpy(), _each(coefficients), padded(visible, 1).numpy()
        arriving = padded(d_colors, 1).numpy()
        # Without cameras no kernel writes these.
        d_means, d_each = means.new_zeros(len(rows), 3), (np.empty_like if len(centres) else np.zeros_like)(each)
        d_centres: F64 = np.zeros((len(centres), block_count(len(rows)), 3))
        sums = scratch(worker_count(), SCRATCH)
        for c, centre in enumerate(centres.contiguous().numpy()):
            own = c % len(each)
            with parallel_region:
                differentiate(ctx.degree, rows, centre, each[own], seen[c], colors[c].numpy(), arriving[c], c > 0,
                              c > own, d_means.numpy(), d_each[own], d_centres[c], sums, new_counter())
        d_coefficients = torch.from_numpy(d_each)[:, : len(means)].reshape(coefficients.shape)
        return None, d_means[: len(means)], torch.from_numpy(d_centres.sum(1)).to(centres), d_coefficients, None


def _each(coefficients: Tensor) -> F32:
    """`[C or 1, N, K, 3]`."""
    shared = coefficients.ndim == 3
    array: F32 = padded(coefficients[None] if shared else coefficients, 1).numpy()
    return array


@parallel_kernel
def evaluate(degree: int, means: F32, centre: F32, coefficients: F32, visible: Flags, colors: F32, scratch: F32,
             blocks: int, counter: I64) -> None:
    """Write the colours `[N, 3]` of one camera, from coefficients `[N, K, 3]`.

    Args:
        scratch: `[workers, SCRATCH]`.
        counter: one zero.
    """
    for worker in prange(scratch.shape[0]):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, means.shape[0])
            _evaluate_block(degree, means, centre, coefficients, visible, colors, begin, end, scratch[worker])


@parallel_kernel
def differentiate(degree: int, means: F32, centre: F32, coefficients: F32, visible: Flags, colors: F32, d_colors: F32,
                  add_means: bool, add_coefficients: bool, d_means: F32, d_coefficients: F32, d_centre: F64,
                  scratch: F32, counter: I64) -> None:
    """Write, or add to, the gradients of means and coefficients; add those of the centre, by block.

    Args:
        d_centre: `[blocks, 3]`, zeros: summed up in order, they do not depend on the number of threads.
        scratch: `[workers, SCRATCH]` zeros.
        counter: one zero.
    """
    blocks = d_centre.shape[0]
    for worker in prange(scratch.shape[0]):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, means.shape[0])
            _differentiate_block(degree, means, centre, coefficients, visible, colors, d_colors, add_means,
                                 add_coefficients, d_means, d_coefficients, d_centre[block], begin, end,
                                 scratch[worker])


@bare_kernel
def _evaluate_block(degree: int, means: F32, centre: F32, coefficients: F32, visible: Flags, colors: F32, begin: int,
                    end: int, scratch: F32) -> None:
    last, floats = means.shape[0] - LANES, 3 * coefficients.shape[1]
    zero = splat(ZERO)
    for start in range(begin, end, LANES):
        # The last eight may reach back over rows that were done: those are written alike.
        base = min(start, last)
        seen = load_mask(visible, base)
        if not any_of(seen):
            store_triples(colors, 3 * base, zero, zero, zero)
            continue
        store_basis(_directions(means, centre, base)[0], scratch)
        red, green, blue = splat(HALF), splat(HALF), splat(HALF)
        for k in range((degree + 1) * (degree + 1)):
            value, at = load(scratch, k * LANES), base * floats + 3 * k
            red = red + value * load_column(coefficients, at, floats)
            green = green + value * load_column(coefficients, at + 1, floats)
            blue = blue + value * load_column(coefficients, at + 2, floats)
        store_triples(colors, 3 * base, where(seen, maximum(red, zero)), where(seen, maximum(green, zero)),
                      where(seen, maximum(blue, zero)))


@bare_kernel
def _differentiate_block(degree: int, means: F32, centre: F32, coefficients: F32, visible: Flags, colors: F32,
                         d_colors: F32, add_means: bool, add_coefficients: bool, d_means: F32, d_coefficients: F32,
                         d_centre: F64, begin: int, end: int, scratch: F32) -> None:
    last, floats = means.shape[0] - LANES, 3 * coefficients.shape[1]
    bases, zero = (degree + 1) * (degree + 1), splat(ZERO)
    for start in range(begin, end, LANES):
        base = min(start, last)
        seen = load_mask(visible, base)
        fresh = both(seen, greater_equal(ramp(), splat(np.float32(start - base))))
        if not any_of(seen):
            if not add_means:
                store_triples(d_means, 3 * base, zero, zero, zero)
            if not add_coefficients:
                _store_zeros(d_coefficients, base * floats, floats)
            continue
        if not add_coefficients and 3 * bases < floats:
            _store_zeros(d_coefficients, base * floats, floats)
        direction, shrink = _directions(means, centre, base)
        store_basis(direction, scratch)
        arriving = _arriving(colors, d_colors, base)
        for k in range(bases):
            _differentiate_term(coefficients, d_coefficients, base * floats + 3 * k, floats, add_coefficients, seen,
                                fresh, arriving, scratch, k)
        moved = _tangent(direction, shrink, basis_gradient(direction, scratch))
        write_triples(d_means, base, add_means, seen, fresh, moved)
        x, y, z = where(fresh, moved[0]), where(fresh, moved[1]), where(fresh, moved[2])
        store(scratch, 0, sums(x, y, z, zero, zero, zero, zero, zero))
        for k in range(3):
            d_centre[k] -= np.float64(scratch[k])


@bare_inlined
def _directions(means: F32, centre: F32, base: int) -> tuple[Triple, Vector]:
    """Unit directions from the camera's centre to Gaussians, and one over the distance."""
    x, y, z = load_triples(means, 3 * base)
    x, y, z = x - scalar(centre, 0), y - scalar(centre, 1), z - scalar(centre, 2)
    shrink = ONE / square_root(maximum(x * x + y * y + z * z, splat(_TINY)))
    return (x * shrink, y * shrink, z * shrink), shrink


@bare_inlined
def _arriving(colors: F32, d_colors: F32, base: int) -> Triple:
    """dL/d of colours; one that was raised to 0 passes nothing on."""
    red, green, blue = load_triples(colors, 3 * base)
    d_red, d_green, d_blue = load_triples(d_colors, 3 * base)
    zero = splat(ZERO)
    return where(greater(red, zero), d_red), where(greater(green, zero), d_green), where(greater(blue, zero), d_blue)


@bare_inlined
def _differentiate_term(coefficients: F32, d_coefficients: F32, at: int, floats: int, add: bool, seen: Mask,
                        fresh: Mask, arriving: Triple, scratch: F32, k: int) -> None:
    """Gradients of the three coefficients of a basis function, and of its value, which follows the basis in scratch."""
    value = load(scratch, k * LANES)
    red, green, blue = value * arriving[0], value * arriving[1], value * arriving[2]
    if add:
        store_column(d_coefficients, at, floats, load_column(d_coefficients, at, floats) + where(fresh, red))
        store_column(d_coefficients, at + 1, floats, load_column(d_coefficients, at + 1, floats) + where(fresh, green))
        store_column(d_coefficients, at + 2, floats, load_column(d_coefficients, at + 2, floats) + where(fresh, blue))
    else:
        store_column(d_coefficients, at, floats, where(seen, red))
        store_column(d_coefficients, at + 1, floats, where(seen, green))
        store_column(d_coefficients, at + 2, floats, where(seen, blue))
    store(scratch, (BASES + k) * LANES, arriving[0] * load_column(coefficients, at, floats)
          + arriving[1] * load_column(coefficients, at + 1, floats)
          + arriving[2] * load_column(coefficients, at + 2, floats))


@bare_inlined
def _tangent(direction: Triple, shrink: Vector, gradient: Triple) -> Triple:
    """dL/d of a vector, from that of the unit vector along it."""
    along = dot(direction, gradient)
    return (shrink * (gradient[0] - direction[0] * along), shrink * (gradient[1] - direction[1] * along),
            shrink * (gradient[2] - direction[2] * along))


@bare_inlined
def _store_zeros(array: F32, at: int, floats: int) -> None:
    """Eight rows of as many floats."""
    for k in range(floats):
        store(array, at + k * LANES, splat(ZERO))
