"""A program: warms up, then does real work of other sizes and settings, and prints what that still had to compile."""

from __future__ import annotations

import json
import sys
from typing import Any

import torch
from box_room import brief_fusion, room_frames, room_walk
from render_scenes import scene

from spatialmem.generators.worlds.worded import worded
from spatialmem.labels import SemanticClass
from spatialmem.memory.coarse import coarse, spread
from spatialmem.memory.sightings import Witnesses
from spatialmem.memory.trust import trust_levels
from spatialmem.protocols import Request, empty_recall
from spatialmem.render import rasterization, render_labels, render_points, render_splats
from spatialmem.splats import Splats
from spatialmem.trajectory.named import trajectory
from spatialmem.warmup import WORK, warm


def kernels() -> dict[str, Any]:
    """Every compiled function that Python can call, by its name."""
    modules = [module for name, module in sys.modules.items() if name.startswith("spatialmem.")]
    found = {f"{value.py_func.__module__}.{value.py_func.__name__}": value
             for module in modules for value in list(vars(module).values()) if hasattr(value, "py_func")}
    return {name: value for name, value in found.items() if hasattr(value, "overloads")}


def compiled() -> set[str]:
    """What is compiled or loaded, each for its types; pieces and their like are a part of what they are in."""
    return {f"{name}{signature}" for name, value in kernels().items() for signature in value.overloads}


def render() -> None:
    """What users ask of the rasteriser."""
    gaussians, viewmats, Ks = scene(30, 24, 20)
    rest = (viewmats, Ks, 24, 20)
    rasterization(**gaussians, viewmats=viewmats, Ks=Ks, width=24, height=20, render_mode="RGB+D",
                  backgrounds=torch.rand(2, 3))
    shapes = [gaussians[name] for name in ("means", "quats", "scales", "opacities")]
    for mode in ("D", "ED"):
        rasterization(*shapes, gaussians["colors"], *rest, render_mode=mode, packed=False)
    rasterization(*shapes, torch.rand(2, 30, 9), *rest)
    for name in gaussians:
        leaves = {key: value.clone().requires_grad_(key == name) for key, value in gaussians.items()}
        rasterization(**leaves, viewmats=viewmats, Ks=Ks, width=24, height=20)[0].sum().backward()
    coefficients = torch.rand(30, 4, 3, requires_grad=True)
    rasterization(*shapes, coefficients, *rest, sh_degree=1)[0].sum().backward()
    render_points(gaussians["means"], torch.rand(30, 3), room_walk(2), size=torch.full((30,), 0.1))


def fuse() -> None:
    """Clips with depth and without, what they made, and its labels."""
    cameras = room_walk(2, height=20, width=28)
    frames = room_frames(cameras)
    splats = brief_fusion(2).fuse(Splats.empty(), frames, frames[:0]).splats
    splats = brief_fusion(2).fuse(splats, type(frames)(frames.rgb, cameras), frames).splats
    render_splats(splats, cameras)
    render_labels(splats, cameras)
    view = render_splats(splats, cameras)
    trust_levels(view, [Witnesses(coarse(frames.depth, cameras)[0], cameras)], frames)
    large = room_frames(room_walk(1, height=120, width=170))
    sampled, _ = coarse(large.depth, large.cameras)
    spread(sampled > 1, sampled, large.depth)


def generate() -> None:
    """Views of a town and of a home, as the loop asks for them."""
    for prompt in ("a street with brick houses at dusk", "a home in snow"):
        world = worded(prompt, seed=3)
        cameras = trajectory("forward", start=room_walk(1, height=20, width=28), up="+Z", frames=2)
        frames = world.generate(Request(cameras, empty_recall(cameras), prompt, 0))
        assert frames.labels is not None
        assert int(frames.labels.max()) <= max(SemanticClass)
        world.start_pose()


for kind in WORK:
    warm(kind)
before = compiled()
idle = [name for name, value in kernels().items() if value.targetoptions.get("parallel") and not value.overloads]
for work in (render, fuse, generate):
    work()
print(json.dumps({"known": len(before), "never called": idle, "missing": sorted(compiled() - before)}))
