"""`Condition`: everything the model is told about a clip, as numbers for each pixel."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.errors import ShapeError
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.generators.embedded.encoding import codes_of, colour_code, depth_code, metres
from spatialmem.generators.embedded.fill import push_pull
from spatialmem.generators.worlds.blockout import Blockout

SURFACE, MEMORY, REFERENCE, RAYS = 31, 7, 4, 6
"""Numbers a pixel: of the layout's surfaces, of memory's render, of each reference, of its ray."""

DEPTH, PALETTE = slice(0, 1), slice(5, 8)
"""Which of a surface's numbers are its depth code and its palette's colour code."""

OWN = slice(8, 12)
"""Which of a blockout's phases count in units of the material's pattern."""

REFERENCES = 2
"""Keyframes that are looked at."""

AGREE = 0.04
"""A reference shows a surface if its depth there agrees within this share."""

INFINITY_M = 1e6


@dataclass(frozen=True, eq=False)
class Condition:
    """What is known of the `T` frames of a clip before they are made.

    Attributes:
        surfaces: `[T, H, W, SURFACE]` float32: of the layout's surfaces; 0 without a layout.
        classes, materials: `[T, H, W]` int64: `SemanticClass` and `Pattern` of the layout, each plus 1; 0 without.
        memory: `[T, H, W, MEMORY]`: colour code and depth code of memory's render times its weight, weight,
            whether it is to be revised, whether it is trusted.
        references: `[T, H, W, REFERENCES * REFERENCE]`: colour code and whether it shows this surface, each.
        rays: `[T, H, W, RAYS]`: Plücker coordinates (direction, moment) in the frame of the clip's first camera.
        base: `[T, H, W, 4]`: colour and depth code that the model departs from, before the painter has its say.
        weight: `[T, H, W]` 0..1: how much of the base is memory's.
        code: `[A]`: the world's attributes, see `code.code_of`.
        layout: `[]` float32: 1 with a layout.
    """

    surfaces: Tensor
    classes: Tensor
    materials: Tensor
    memory: Tensor
    references: Tensor
    rays: Tensor
    base: Tensor
    weight: Tensor
    code: Tensor
    layout: Tensor

    def __len__(self) -> int:
        return len(self.base)

    def pixels(self, rows: slice, columns: slice) -> Condition:
        """Only some of each frame's pixels."""
        whole = {"code", "layout"}
        return Condition(**{field.name: value if field.name in whole else value[:, rows, columns]
                            for field in fields(Condition) for value in (getattr(self, field.name),)})

    def to(self, device: torch.device | str) -> Condition:
        """The same on another device."""
        return Condition(**{field.name: getattr(self, field.name).to(device) for field in fields(Condition)})

    @staticmethod
    def stack(conditions: list[Condition]) -> Condition:
        """Several of one size, with a leading axis."""
        return Condition(**{field.name: torch.stack([getattr(each, field.name) for each in conditions])
                            for field in fields(Condition)})


def condition(cameras: Cameras, recall: Recall, guide: Blockout | None, code: Tensor) -> Condition:
    """The condition of a clip.

    Args:
        cameras: of its frames.
        recall: what memory knows there.
        guide: the layout along the cameras; None = nobody has planned this place.
        code: `[A]` float32, the world's attributes.

    Raises:
        ShapeError: the recall or the layout is not for these cameras.
    """
    size = (len(cameras), cameras.height, cameras.width)
    if guide is not None and guide.depth.shape != size:
        raise ShapeError(f"condition: the layout must be for frames {[*size]}, got {list(guide.depth.shape)}")
    if guide is None:
        surfaces, classes = torch.zeros(*size, SURFACE), torch.zeros(size, dtype=torch.int64)
        materials = classes
    else:
        surfaces = _surfaces(guide, cameras)
        classes, materials = (torch.from_numpy(each.astype(np.int64)) + 1 for each in (guide.classes, guide.materials))
    nothing = torch.zeros(*size, 0)
    blank = Condition(surfaces, classes, materials, nothing, nothing, plucker(cameras), nothing, torch.zeros(size),
                      code, torch.tensor(float(guide is not None)))
    return remembering(blank, recall, cameras)


def remembering(told: Condition, recall: Recall, cameras: Cameras) -> Condition:
    """The condition with what memory knows now, whatever it knew before.

    Raises:
        ShapeError: the recall is not for these cameras.
    """
    if recall.trust.shape != told.classes.shape:
        raise ShapeError(f"condition: the recall must be for frames {list(told.classes.shape)}, "
                         f"got {list(recall.trust.shape)}")
    memory, weight, remembered = _memory(recall)
    if bool(told.layout):
        planned = torch.cat([told.surfaces[..., PALETTE], told.surfaces[..., DEPTH]], dim=-1)
        base = torch.lerp(planned, remembered, weight[..., None])
        base[..., 3] = planned[..., 3]
    else:
        base = push_pull(remembered, weight)
    return replace(told, memory=memory, weight=weight, base=base,
                   references=_references(recall, cameras, base[..., 3]))


def pictured(told: Condition, picture: Tensor) -> Condition:
    """The condition whose first frame is a given picture `[H, W, 3]` 0..1 of unknown depth, whatever memory says.

    Such pixels have weight, and are neither trusted nor to be revised: that tells them from memory's render.

    Raises:
        ShapeError: the picture is of another size.
    """
    if picture.shape != (*told.base.shape[1:3], 3):
        raise ShapeError(f"condition: the picture must be {[*told.base.shape[1:3], 3]}, got {list(picture.shape)}")
    memory, base, weight = told.memory.clone(), told.base.clone(), told.weight.clone()
    code = colour_code(picture)
    memory[0] = 0
    memory[0, ..., :3], memory[0, ..., 4] = code, 1
    base[0, ..., :3], weight[0] = code, 1
    return replace(told, memory=memory, base=base, weight=weight)


def known_colours(recall: Recall) -> tuple[Tensor, Tensor]:
    """How much of a pixel memory covers `[T, H, W]`, 0 where it is unknown, and in which colour `[T, H, W, 3]`."""
    alpha = torch.as_tensor(recall.view.alpha)
    # A render over black is darker where it covers a pixel in part; what is there has its own colour.
    rgb = (recall.view.rgb / alpha[..., None].clamp(min=0.05)).clamp(0, 1)
    return torch.where(recall.trust > UNKNOWN, alpha, 0.0), rgb


def _memory(recall: Recall) -> tuple[Tensor, Tensor, Tensor]:
    """Channels of memory `[T, H, W, 7]`, its weight `[T, H, W]` and its codes `[T, H, W, 4]`."""
    weight, rgb = known_colours(recall)
    codes = codes_of(rgb, torch.as_tensor(recall.view.depth))
    levels = torch.stack([recall.trust == REVISE, recall.trust == TRUSTED], dim=-1).float()
    return torch.cat([codes * weight[..., None], weight[..., None], levels], dim=-1), weight, codes


def _surfaces(guide: Blockout, cameras: Cameras) -> Tensor:
    """`[T, H, W, SURFACE]`: depth, normal, palette, light, phases, the pattern's own also at half the period."""
    normals, phases = torch.from_numpy(guide.normals), torch.from_numpy(guide.phases)
    seen = torch.einsum("tij,thwi->thwj", cameras.T_world_cam[:, :3, :3].to(torch.float32), normals)
    return torch.cat([depth_code(torch.from_numpy(guide.depth))[..., None], seen, normals[..., 2:],
                      colour_code(torch.from_numpy(guide.palette)), torch.from_numpy(guide.light), phases,
                      _octave(phases[..., OWN]), torch.ones_like(normals[..., :1])], dim=-1)


def _octave(waves: Tensor) -> Tensor:
    """Sine and cosine of twice the angles (sin, cos in turn), fainter where they have faded already."""
    sine, cosine = waves[..., 0::2], waves[..., 1::2]
    strength = (sine * sine + cosine * cosine).clamp(min=1e-6)
    # amplitude a becomes a^3: products give a^2, and what has faded to a at one period is far fainter at half of it
    doubled = torch.stack([2 * sine * cosine, cosine * cosine - sine * sine], dim=-1) * strength.sqrt()[..., None]
    return doubled.flatten(-2)


def plucker(cameras: Cameras) -> Tensor:
    """`[T, H, W, 6]` float32: unit directions of the pixels' rays and their moments about the first camera's centre.

    In the first camera's frame (as light fields are given rays by Sitzmann et al. 2021).
    """
    ones = torch.ones(len(cameras), cameras.height, cameras.width)
    first = cameras.T_world_cam[0]
    away = unproject(ones.to(torch.float64), cameras) - cameras.centres[:, None, None]
    local = away @ first[:3, :3]
    direction = local / local.norm(dim=-1, keepdim=True)
    centre = ((cameras.centres - first[:3, 3]) @ first[:3, :3])[:, None, None].expand_as(direction)
    return torch.cat([direction, torch.linalg.cross(centre, direction)], dim=-1).to(torch.float32)


def _references(recall: Recall, cameras: Cameras, depth: Tensor) -> Tensor:
    """`[T, H, W, REFERENCES * REFERENCE]`: keyframes seen from the cameras, over the base's depth code."""
    chosen = recall.references[:REFERENCES]
    out = torch.zeros(*depth.shape, REFERENCES * REFERENCE)
    if len(chosen) == 0 or chosen.depth is None:
        return out
    away = metres(depth)
    points = unproject(torch.where(away > 0, away, INFINITY_M), cameras).reshape(-1, 3)
    for k, camera in enumerate(chosen.cameras):
        out[..., k * REFERENCE:(k + 1) * REFERENCE] = _looked_up(points, away, chosen[[k]], camera).reshape(
            *depth.shape, REFERENCE)
    return out


def _looked_up(points: Tensor, away: Tensor, reference: Frames, camera: Cameras) -> Tensor:
    """`[N, REFERENCE]`: colour code between the reference's pixels where it shows the points, and whether it does."""
    (pixels,), (z,) = project(points, camera)
    row, column, inside = pixel_index(pixels, camera.height, camera.width)
    depth = torch.as_tensor(reference.depth)
    shown = depth[0, row, column]
    nearness = torch.where(depth > 0, 1 / depth.clamp(min=1e-3), 0.0)[..., None]
    looks = torch.cat([reference.rgb, nearness], dim=-1).permute(0, 3, 1, 2)
    places = (2 * pixels / torch.tensor([camera.width, camera.height]) - 1)[None, None]
    *colour, between = nn.grid_sample(looks, places, align_corners=False, padding_mode="border")[0, :, 0]
    rgb = torch.stack(colour, dim=-1)
    # between its pixels a plane's 1 / depth is linear, so that a wall seen askew agrees; at edges the pixel itself does
    same = ((shown - z).abs() < AGREE * z) | ((between * z - 1).abs() < AGREE)
    agrees = torch.where(away.reshape(-1) == 0, shown == 0, same) & inside & (z > 0)
    looked_up: Tensor = torch.cat([colour_code(rgb), torch.ones_like(rgb[:, :1])], dim=-1) * agrees[:, None]
    return looked_up
