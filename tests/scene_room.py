"""A small textured room, made in code, that the scene tests look at."""

from pathlib import Path

import numpy as np
import torch
import trimesh
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from spatialmem.camera import Cameras, pinhole
from spatialmem.frames import Frames
from spatialmem.poses import look_at
from spatialmem.protocols import Request, empty_recall

SIZE = np.array([5.0, 4.0, 2.6])
PILLAR = (np.array([3.6, 1.0, 0.0]), np.array([0.4, 0.4, 2.0]))


def _quads(low: NDArray[np.float64], size: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The six faces of a box, each four corners in turn."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    faces = []
    for axis in range(3):
        for end in (0.0, 1.0):
            corners = np.insert(square, axis, end, axis=1)
            faces.append(low + corners * size)
    return faces


def quad(corners: NDArray[np.float64], image: Image.Image, repeat: float = 1.0) -> trimesh.Trimesh:
    """A quad (+Z up) whose corners get the image's lower left, lower right, upper right, upper left."""
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float) * repeat
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=image, metallicFactor=0.0)
    up_y = corners[:, [0, 2, 1]] * [1, 1, -1]
    return trimesh.Trimesh(up_y, [[0, 1, 2], [0, 2, 3]], process=False,
                           visual=trimesh.visual.TextureVisuals(uv=uv, material=material))


def texture(seed: int, size: int = 128) -> Image.Image:
    """Smooth coloured noise that repeats without a seam."""
    noise = np.random.default_rng(seed).standard_normal((size, size, 3))
    smooth = gaussian_filter(noise, (3, 3, 0), mode="wrap")
    return Image.fromarray(np.uint8(np.clip(0.5 + 1.6 * smooth, 0, 1) * 255))


def write_room(path: Path) -> Path:
    """Writes the room (x 0..5, y 0..4, floor at 0, height 2.6 m) with a pillar as a Y-up GLB."""
    scene = trimesh.Scene()
    for i, corners in enumerate(_quads(np.zeros(3), SIZE)):
        scene.add_geometry(quad(corners, texture(i), 2.0))
    for i, corners in enumerate(_quads(*PILLAR)):
        scene.add_geometry(quad(corners, texture(20 + i)))
    path.write_bytes(scene.export(file_type="glb"))
    return path


def walk(count: int, height: int = 48, width: int = 64, first: int = 0) -> Cameras:
    """Frames `first` to `first + count` of a slow walk through the room, to and fro."""
    poses = []
    for i in range(first, first + count):
        eye = torch.tensor([1.2 + 0.3 * np.sin(0.17 * i), 2.4 + 0.25 * np.sin(0.11 * i), 1.5]).double()
        target = torch.tensor([4.0, 1.6 + 0.6 * np.sin(0.13 * i), 1.3]).double()
        poses.append(look_at(eye, target, torch.tensor([0.0, 0.0, 1.0]).double()))
    return Cameras(pinhole(1.3, height, width).expand(count, 3, 3), torch.stack(poses), height, width)


def blank(cameras: Cameras) -> Request:
    """A request to a generator whose memory is empty."""
    return Request(cameras, empty_recall(cameras), "", 0)


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Peak signal-to-noise ratio of images 0..1, decibels."""
    return float(-10 * torch.log10(((a - b) ** 2).mean() + 1e-12))


def same(a: Frames, b: Frames) -> bool:
    """Whether two clips are bit-identical in colour and depth."""
    assert a.depth is not None and b.depth is not None
    return torch.equal(a.rgb, b.rgb) and torch.equal(a.depth, b.depth)
