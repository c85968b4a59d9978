"""Gaussians seen from afar that a closer frame replaces."""

from dataclasses import replace

import torch
from box_room import room_frames, room_walk

from spatialmem.frames import Frames
from spatialmem.reconstruction.coarse import too_coarse
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.seed import seed
from spatialmem.render.footprint import coarser_than, spread

CONFIG = FusionConfig()


def seeded() -> tuple[Frames, torch.Tensor]:
    frame = room_frames(room_walk(1))
    return frame, torch.ones(frame.rgb.shape[:3], dtype=torch.bool)


def test_a_new_gaussian_spreads_over_its_footprint() -> None:
    frame, everywhere = seeded()
    size = spread(seed(frame, everywhere, config=CONFIG), frame.cameras)
    assert float(size.median()) > 0.8 * CONFIG.footprint
    assert float(size.quantile(0.9)) < 2 * CONFIG.footprint


def test_spread_falls_with_distance_and_bounds_what_is_coarse() -> None:
    frame, everywhere = seeded()
    splats = seed(frame, everywhere, config=CONFIG)
    larger = replace(splats, scales=3 * splats.scales)
    torch.testing.assert_close(spread(larger, frame.cameras), 3 * spread(splats, frame.cameras))
    assert torch.equal(coarser_than(larger, frame.cameras, 1.0), spread(larger, frame.cameras) > 1.0)


def test_only_coarse_gaussians_with_a_wrong_colour_in_view_are_replaced() -> None:
    frame, everywhere = seeded()
    splats = seed(frame, everywhere, config=CONFIG)
    coarse = replace(splats, scales=6 * splats.scales)
    right = Frames(frame.rgb, frame.cameras, depth=frame.depth, alpha=torch.ones(frame.rgb.shape[:3]))
    wrong = replace(right, rgb=(frame.rgb + 0.5) % 1)
    assert not too_coarse(splats, frame, wrong, CONFIG).any()
    assert not too_coarse(coarse, frame, right, CONFIG).any()
    assert too_coarse(coarse, frame, wrong, CONFIG).float().mean() > 0.9
    hidden = replace(coarse, means=coarse.means + 0.5 * (coarse.means - frame.cameras.centres.float()))
    assert not too_coarse(hidden, frame, wrong, CONFIG).any()
