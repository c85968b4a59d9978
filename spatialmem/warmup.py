"""Compiles all kernels ahead: a tiny piece of each kind of work, whose machine code stays in the disk cache.

Real calls, not a list of kernels with signatures: those would have to be kept in step by hand.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.poses import look_at

LOGGER = logging.getLogger("spatialmem")
HEIGHT, WIDTH = 12, 16


@dataclass(frozen=True)
class Warmed:
    """What warming up one kind of work took.

    Attributes:
        name: a key of `WORK`.
        seconds: in all, with what it imports.
        compiled: functions that were not in the cache, with the pieces they are made of.
        folders: where the machine code lies.
    """

    name: str
    seconds: float
    compiled: int
    folders: frozenset[Path]


def rasterise() -> None:
    """Renders and differentiates: colours, features and spherical harmonics, in every mode; and points."""
    from spatialmem.render import rasterization, render_points

    count, rng = 12, torch.Generator().manual_seed(0)
    means, quats, scales = (torch.randn(count, n, generator=rng, requires_grad=True) for n in (3, 4, 3))
    opacities = torch.full((count,), 0.5, requires_grad=True)
    harmonics = torch.randn(count, 16, 3, generator=rng, requires_grad=True)
    features = torch.randn(count, 6, generator=rng, requires_grad=True)
    pose, K = _camera().viewmats.requires_grad_(), _camera().Ks
    packed, _, _ = rasterization(means, quats, scales.abs(), opacities, harmonics, pose, K, WIDTH, HEIGHT, sh_degree=3)
    dense, alphas, _ = rasterization(means, quats, scales.abs(), opacities, features, pose, K, WIDTH, HEIGHT,
                                     packed=False, absgrad=True, render_mode="RGB+ED", rasterize_mode="antialiased")
    torch.autograd.backward([packed.sum() + dense.sum() + alphas.sum()])
    render_points(means.detach(), torch.rand(count, 3, generator=rng), _camera(), size=0.02)


def fuse() -> None:
    """Fuses two frames of a wall, with depth, into Gaussians."""
    from spatialmem.frames import Frames
    from spatialmem.reconstruction.config import FusionConfig
    from spatialmem.reconstruction.fuse import GaussianFusion
    from spatialmem.render.labels import render_labels
    from spatialmem.splats import Splats

    cameras = Cameras.concat([_camera(), _camera()])
    rgb = torch.rand(2, HEIGHT, WIDTH, 3, generator=torch.Generator().manual_seed(0))
    frames = Frames(rgb, cameras, depth=torch.full((2, HEIGHT, WIDTH), 3.0))
    fusion = GaussianFusion(FusionConfig(iterations=2)).fuse(Splats.empty(), frames, frames[:1])
    render_labels(fusion.splats, cameras)


def remember() -> None:
    """Judges a view of a wall by a keyframe of it."""
    from spatialmem.frames import Frames
    from spatialmem.memory.coarse import coarse, spread
    from spatialmem.memory.sightings import Witnesses
    from spatialmem.memory.trust import trust_levels

    rgb, depth = torch.rand(1, HEIGHT, WIDTH, 3), torch.full((1, HEIGHT, WIDTH), 3.0)
    view = Frames(rgb, _camera(), depth=depth, alpha=torch.ones_like(depth))
    trust_levels(view, [Witnesses(depth, view.cameras)], view)
    sampled, _ = coarse(depth, view.cameras, WIDTH // 2)
    spread(sampled > 0, sampled, depth, WIDTH // 2)


def paint() -> None:
    """Paints a view of a procedural world."""
    from spatialmem.generators.worlds.paint import paint
    from spatialmem.generators.worlds.worded import worded

    world = worded("a garden").territory
    paint(world, _camera(world.start()[:2]), world.sky)


def block_out() -> None:
    """Lays out a view of a procedural world."""
    from spatialmem.generators.worlds.blockout import blockout
    from spatialmem.generators.worlds.worded import worded

    world = worded("a garden").territory
    blockout(world, _camera(world.start()[:2]), world.sky)


def cast() -> None:
    """Looks at a textured triangle by ray casting."""
    import numpy as np

    from spatialmem.generators.light import Light
    from spatialmem.generators.scene.mesh import TexturedMesh
    from spatialmem.generators.scene.picture import Photographer

    triangle = TexturedMesh(
        np.array([[3.0, -2, 0], [3, 2, 0], [3, 0, 4]]), np.array([[0, 1, 2]], np.int32),
        np.array([[[0, 0], [1, 0], [0, 1]]], np.float32), np.ones((1, 3, 3), np.float32), np.zeros(1, np.int32),
        np.zeros(1, np.float32), (np.full((8, 8, 4), 255, np.uint8),))
    Photographer(triangle, Light(to_sun=(0.0, 0.0, 1.0), sun=0.4, sky=0.4, ground=0.2)).take(_camera())


WORK: dict[str, Callable[[], None]] = {"painting": paint, "rasteriser": rasterise, "blockout": block_out,
                                       "fusion": fuse, "meshes": cast, "memory": remember}
"""What is warmed up, by name; the longest first."""


def warm(name: str) -> Warmed:
    """Do the tiny piece of work called `name` here, and tell what was compiled."""
    from numba.core.event import install_recorder

    start = time.perf_counter()
    with install_recorder("numba:compile") as recorder:
        WORK[name]()
    return Warmed(name, time.perf_counter() - start, sum(event.is_start for _, event in recorder.buffer),
                  frozenset(_folders()))


def warm_all(names: Sequence[str], *, programs: int = 2) -> Iterator[Warmed]:
    """Warm up each of `names` in so many `programs` at once, which fill the same cache; in the order they end.

    Programs and not threads: Numba compiles one function at a time in each.
    """
    context = get_context("spawn")
    with ProcessPoolExecutor(min(programs, len(names)), context, initializer=_be_silent) as pool:
        for done in as_completed([pool.submit(warm, name) for name in names]):
            yield done.result()


def cached_bytes(folders: frozenset[Path]) -> int:
    """Size of Numba's files in `folders`."""
    return sum(file.stat().st_size for folder in folders for file in folder.glob("*.nb[ic]"))


def cores() -> int:
    """Processor cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _be_silent() -> None:
    LOGGER.setLevel(logging.ERROR)


def _folders() -> Iterator[Path]:
    """Where the functions that were called here are kept."""
    for name in [name for name in sys.modules if name.startswith("spatialmem.")]:
        for value in vars(sys.modules[name]).values():
            stats = getattr(value, "stats", None) if hasattr(value, "py_func") else None
            if stats is not None and stats.cache_path is not None:
                yield Path(stats.cache_path)


def _camera(place: tuple[float, float] = (0.0, 0.0)) -> Cameras:
    """One at eye height that looks along +X."""
    eye = torch.tensor([*place, 1.6], dtype=torch.float64)
    ahead, up = (torch.tensor(way, dtype=torch.float64) for way in ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]))
    pose: Tensor = look_at(eye, eye + ahead, up)
    return Cameras(pinhole(math.radians(75), HEIGHT, WIDTH)[None], pose[None], HEIGHT, WIDTH)
