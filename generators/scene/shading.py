"""The shading kernel: hits of a camera's rays to pixels, textures filtered by their footprint."""

# ruff: noqa: PLR0917 - kernels take arrays one by one, by position
from __future__ import annotations

from math import ceil, floor, log2, sqrt

from numba import njit  # type: ignore[import-untyped, unused-ignore]

MAX_TAPS = 8


@njit(cache=True, nogil=True, inline="always")  # type: ignore[misc, unused-ignore]
def _fetch(texels, decode, offset, height, width, u, v):  # type: ignore[no-untyped-def]
    """Bilinear, repeating sample of one mip level at (u, v), in linear light."""
    x, y = u * width - 0.5, v * height - 0.5
    x0, y0 = floor(x), floor(y)
    fx, fy = x - x0, y - y0
    xa, xb, ya, yb = x0 % width, (x0 + 1) % width, y0 % height, (y0 + 1) % height
    a, b = texels[offset + ya * width + xa], texels[offset + ya * width + xb]
    c, d = texels[offset + yb * width + xa], texels[offset + yb * width + xb]
    wa, wb, wc, wd = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    return (wa * decode[a[0]] + wb * decode[b[0]] + wc * decode[c[0]] + wd * decode[d[0]],
            wa * decode[a[1]] + wb * decode[b[1]] + wc * decode[c[1]] + wd * decode[d[1]],
            wa * decode[a[2]] + wb * decode[b[2]] + wc * decode[c[2]] + wd * decode[d[2]])


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _footprint(texels, table, levels, decode, texture, u, v, ux, vx, uy, vy):  # type: ignore[no-untyped-def]
    """Mean texture colour over the parallelogram that a ray covers (uv derivatives in x and y).

    Anisotropic: up to eight trilinear samples along the longer side, at the mip level of the
    shorter, so that a floor seen at a grazing angle is neither blurred nor crawling.
    """
    height, width = table[texture, 0, 1], table[texture, 0, 2]
    long = sqrt((ux * width) ** 2 + (vx * height) ** 2)
    short = sqrt((uy * width) ** 2 + (vy * height) ** 2)
    du, dv = ux, vx
    if short > long:
        long, short, du, dv = short, long, uy, vy
    taps = min(MAX_TAPS, max(1, ceil(long / max(short, 1e-6) - 0.25)))
    lod = min(max(log2(max(short, long / MAX_TAPS, 1e-6)), 0.0), levels[texture] - 1.0)
    lower = int(lod)
    upper = min(lower + 1, levels[texture] - 1)
    mix = lod - lower
    red = green = blue = 0.0
    for tap in range(taps):
        s = (tap + 0.5) / taps - 0.5
        uu, vv = u + s * du, v + s * dv
        level = table[texture, lower]
        r, g, b = _fetch(texels, decode, level[0], level[1], level[2], uu, vv)
        if mix > 0:
            level = table[texture, upper]
            r2, g2, b2 = _fetch(texels, decode, level[0], level[1], level[2], uu, vv)
            r, g, b = r + mix * (r2 - r), g + mix * (g2 - g), b + mix * (b2 - b)
        red, green, blue = red + r, green + g, blue + b
    return red / taps, green / taps, blue / taps


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def shade(directions, distance, triangle, corner_weights, step_x, step_y,  # type: ignore[no-untyped-def]
          edges, normals, uvs, colors, texture_ids, strength, texels, table, levels, decode, background, out):
    """Fills `out` `[P, 3]` with the linear colour of each pixel: the mean of its `N / P` rays.

    Args:
        directions, distance, triangle, corner_weights: the `N` rays and their hits, those of one
            pixel in a row.
        step_x, step_y: `[3]` change of direction from one ray to the next, right and down.
        edges: `[F, 2, 3]` second and third corner of each triangle minus its first.
        normals: `[F, 3]` unit normals; `strength`: `[F, 2]` light on the front and the back.
        uvs, colors, texture_ids: of the mesh; `texels, table, levels`: its texture atlas.
        decode: `[256]` linear light of 8-bit values.
        background: `[N, 3]` colour where nothing is hit.
    """
    rays = len(distance) // len(out)
    for pixel in range(len(out)):
        red = green = blue = 0.0
        for ray in range(pixel * rays, (pixel + 1) * rays):
            f = triangle[ray]
            if f < 0:
                sky = background[ray]
                red, green, blue = red + sky[0], green + sky[1], blue + sky[2]
                continue
            b, c = corner_weights[ray, 0], corner_weights[ray, 1]
            a = 1 - b - c
            n, d = normals[f], directions[ray]
            facing = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
            light = strength[f, 0] if facing < 0 else strength[f, 1]
            tr = tg = tb = 1.0
            if texture_ids[f] >= 0:
                w = uvs[f]
                u = a * w[0, 0] + b * w[1, 0] + c * w[2, 0]
                v = a * w[0, 1] + b * w[1, 1] + c * w[2, 1]
                ux, vx = _uv_step(step_x, d, n, facing, distance[ray], edges[f], w)
                uy, vy = _uv_step(step_y, d, n, facing, distance[ray], edges[f], w)
                tr, tg, tb = _footprint(texels, table, levels, decode, texture_ids[f], u, v, ux, vx, uy, vy)
            k = colors[f]
            red += light * tr * (a * k[0, 0] + b * k[1, 0] + c * k[2, 0])
            green += light * tg * (a * k[0, 1] + b * k[1, 1] + c * k[2, 1])
            blue += light * tb * (a * k[0, 2] + b * k[1, 2] + c * k[2, 2])
        out[pixel, 0], out[pixel, 1], out[pixel, 2] = red / rays, green / rays, blue / rays


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _uv_step(step, d, n, facing, t, edge, w):  # type: ignore[no-untyped-def]
    """Change of (u, v) on the triangle's plane when the ray's direction changes by `step` (Igehy 1999)."""
    if abs(facing) < 1e-6:
        facing = 1e-6
    slide = (n[0] * step[0] + n[1] * step[1] + n[2] * step[2]) / facing
    px, py, pz = t * (step[0] - slide * d[0]), t * (step[1] - slide * d[1]), t * (step[2] - slide * d[2])
    p, q = edge[0], edge[1]
    pp, qq = p[0] * p[0] + p[1] * p[1] + p[2] * p[2], q[0] * q[0] + q[1] * q[1] + q[2] * q[2]
    pq = p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
    dp, dq = px * p[0] + py * p[1] + pz * p[2], px * q[0] + py * q[1] + pz * q[2]
    area = pp * qq - pq * pq
    if area <= 1e-30:
        return 0.0, 0.0
    db, dc = (qq * dp - pq * dq) / area, (pp * dq - pq * dp) / area
    return (db * (w[1, 0] - w[0, 0]) + dc * (w[2, 0] - w[0, 0]),
            db * (w[1, 1] - w[0, 1]) + dc * (w[2, 1] - w[0, 1]))
