"""Layouts for tests: written from Python values, looked at along rays with known answers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.worlds.blockout import Blockout, blockout
from spatialmem.generators.worlds.layouts.world import LayoutWorld
from spatialmem.generators.worlds.paint import paint
from spatialmem.poses import look_at

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "data" / "layouts"

TWO_ROOMS = {
    "rooms": [{"name": "west", "low": [0, 0], "high": [4, 4]}, {"name": "east", "low": [4, 0], "high": [8, 4]}],
    "doors": [{"between": ["west", "east"]}], "start": {"at": [2, 2], "heading": 0}}


def write(folder: Path, **content: object) -> Path:
    """A layout file with these entries."""
    path = folder / "layout.json"
    path.write_text(json.dumps({"version": 1, **content}))
    return path


def seen(world: LayoutWorld, eye: tuple[float, float, float], *targets: tuple[float, float, float]) -> Blockout:
    """What one pixel shows that looks from `eye` at each target."""
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    at = torch.tensor(eye, dtype=torch.float64)
    poses = [look_at(at, torch.tensor(target, dtype=torch.float64), up) for target in targets]
    K = pinhole(math.radians(1.0), 1, 1)[None].repeat(len(poses), 1, 1)
    return blockout(world, Cameras(K, torch.stack(poses), 1, 1), world.sky)


def painted(world: LayoutWorld, eye: tuple[float, float, float], target: tuple[float, float, float]) -> float:
    """Mean luminance of a wide view from `eye` towards `target`."""
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    pose = look_at(torch.tensor(eye, dtype=torch.float64), torch.tensor(target, dtype=torch.float64), up)
    cameras = Cameras(pinhole(math.radians(80.0), 24, 32)[None], pose[None], 24, 32)
    return float((paint(world, cameras, world.sky).rgb @ (0.2126, 0.7152, 0.0722)).mean())


def plan_picture(path: Path, *, blur: int = 1) -> Path:
    """A plan of 8 x 6 m, 20 pixels a metre: two rooms, doors, windows, a sofa; `blur` > 1 softens its edges."""
    s = 20 * blur
    image = Image.new("RGB", (8 * s, 6 * s), "white")
    draw = ImageDraw.Draw(image)

    def fill(x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        """A rectangle in metres from the lower left corner."""
        draw.rectangle((round(x0 * s), round((6 - y1) * s), round(x1 * s) - 1, round((6 - y0) * s) - 1), fill=colour)

    fill(1, 1, 7, 5, "#000000")
    fill(1.2, 1.2, 3.9, 4.8, "#ffffff")
    fill(4.1, 1.2, 6.8, 4.8, "#ffffff")
    fill(3.9, 2, 4.1, 3, "#ff0000")
    fill(1, 3, 1.2, 4, "#8b4513")
    fill(5, 1, 6, 1.2, "#0000ff")
    fill(5, 3.8, 6.6, 4.6, "#8e5ea2")
    image.resize((160, 120), Image.Resampling.BOX).save(path)
    return path


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
