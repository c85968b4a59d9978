"""`render_splats`: frames of what memory holds, and a cheap import."""

import subprocess
import sys

import torch

from spatialmem.camera import Cameras, pinhole
from spatialmem.render import render_splats
from spatialmem.splats import Splats


def wall(opacity: float) -> Splats:
    """A grid of Gaussians on the plane z = 3 that fills the left half of the view."""
    y, x = torch.meshgrid(torch.linspace(-3, 3, 61), torch.linspace(-3, 0, 31), indexing="ij")
    count = x.numel()
    return Splats(
        means=torch.stack([x, y, torch.full_like(x, 3.0)], -1).reshape(-1, 3),
        quats=torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1), scales=torch.full((count, 3), 0.06),
        opacities=torch.full((count,), opacity), colors=torch.tensor([[1.4, 0.5, -0.2]]).repeat(count, 1),
        clip=torch.zeros(count, dtype=torch.int32), seen=torch.ones(count, dtype=torch.int32),
        confidence=torch.ones(count), generated=torch.zeros(count, dtype=torch.bool),
        labels=torch.zeros(count, dtype=torch.int32))


def cameras(count: int) -> Cameras:
    K = pinhole(1.2, 48, 64)[None].repeat(count, 1, 1)
    return Cameras(K, torch.eye(4).repeat(count, 1, 1), 48, 64)


def test_a_wall_is_seen_at_its_depth_and_the_rest_is_unknown() -> None:
    frames = render_splats(wall(0.9), cameras(2))
    assert frames.depth is not None and frames.alpha is not None
    assert len(frames) == 2
    torch.testing.assert_close(frames.depth[:, :, :28], torch.full((2, 48, 28), 3.0), atol=1e-4, rtol=0)
    assert float(frames.alpha[:, :, :28].min()) > 0.9
    assert not frames.depth[:, :, 36:].any()
    assert not frames.rgb[:, :, 36:].any()
    assert float(frames.rgb[..., 0].max()) == 1.0
    assert not frames.rgb.requires_grad


def test_depth_is_unknown_where_little_is_covered() -> None:
    frames = render_splats(wall(0.05), cameras(1))
    assert frames.depth is not None and frames.alpha is not None
    assert 0.0 < float(frames.alpha[:, :, :28].max()) < 0.5
    assert not frames.depth.any()


def test_empty_memory_and_no_cameras() -> None:
    black = render_splats(Splats.empty(), cameras(1))
    assert not black.rgb.any()
    assert len(render_splats(wall(0.9), cameras(0))) == 0


def test_import_compiles_and_loads_nothing_heavy() -> None:
    program = "import sys, spatialmem.render; print({'numba', 'llvmlite', 'gsplat'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                          timeout=60)
    assert done.stdout.strip() == "set()"
