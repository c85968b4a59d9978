"""Gaussians that were seen from afar and are too coarse for what a closer frame shows."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import pixel_index, project
from spatialmem.errors import ShapeError
from spatialmem.frames import Frames
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.render.footprint import coarser_than
from spatialmem.splats import Splats


def too_coarse(splats: Splats, frame: Frames, view: Frames, config: FusionConfig) -> Tensor:
    """`[N]` bool: Gaussians to be replaced by finer ones seeded from `frame` (one frame).

    One is too coarse if, on the visible surface, it spreads over more than `config.coarse` pixels
    (standard deviation) around a pixel whose remembered colour is wrong by more than
    `config.colour_tolerance`: so surfaces gain detail when the camera comes closer, and smooth ones
    stay as they are.
    """
    if view.depth is None or frame.depth is None:
        raise ShapeError("too_coarse needs the depth of the frame and of memory's view of it")
    pixels, z = project(splats.means, frame.cameras)
    height, width = frame.cameras.height, frame.cameras.width
    row, column, inside = pixel_index(pixels[0], height, width)
    surface = frame.depth[0, row, column]
    visible = inside & (z[0] > 0) & ((z[0] - surface).abs() <= config.depth_tolerance * surface)
    error = (frame.rgb - view.rgb).abs().amax(dim=-1)[:, None]
    wrong = torch.nn.functional.max_pool2d(error, 3, 1, 1)[0, 0] > config.colour_tolerance
    candidates = visible & wrong[row, column]
    candidates[candidates.clone()] = coarser_than(splats[candidates], frame.cameras, config.coarse)
    return candidates
