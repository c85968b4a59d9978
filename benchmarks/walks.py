"""Are tours of grown worlds sound? Poses inside solids or off the free floor, places missed, walls at the nose.

    python benchmarks/walks.py --seeds 3 --frames 900 --poses 10000 --views 480

Solids are tested here by their exact bodies, point by point, and not by the grid that the tours were planned in.
"""

from __future__ import annotations

import argparse
import json
import math

import numpy as np
import torch
from numpy.typing import NDArray

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.worlds.attributes import KINDS, Attributes
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.paint import paint
from spatialmem.generators.worlds.skies import sky_of
from spatialmem.generators.worlds.solids import BLOCK, Shape, Solids
from spatialmem.poses import look_at
from spatialmem.trajectory.legs import Stand
from spatialmem.trajectory.pace import Pace
from spatialmem.trajectory.paths import PathOptions
from spatialmem.trajectory.tour import Tour
from spatialmem.trajectory.walks import walk

Points = NDArray[np.float64]

RADIUS = 0.2
HEIGHTS = np.arange(0.1, 1.81, 0.05)
SIZE = (48, 64)
NOSE_DEPTH, NOSE_SHARE, NOSE_NEAR = 0.6, 0.9, 1.0


def main() -> None:
    """Prints one line of figures a kind of place, and one for all, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seeds", 3), ("frames", 900), ("poses", 10_000), ("views", 480)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    tours = len(KINDS) * asked.seeds
    total: dict[str, int] = {}
    for kind in KINDS:
        found: dict[str, int] = {}
        for seed in range(asked.seeds):
            world = Grown(seed, Attributes(place=kind))
            each = measured(world, seed, asked.frames, -(-asked.poses // tours), -(-asked.views // tours))
            found = {name: found.get(name, 0) + count for name, count in each.items()}
        print(json.dumps({"place": kind, **found}), flush=True)
        total = {name: total.get(name, 0) + count for name, count in found.items()}
    print(json.dumps({"place": "all", **total}))


def measured(world: Grown, seed: int, frames: int, poses: int, views: int) -> dict[str, int]:
    """Counts over one tour."""
    x, y, heading = world.start()
    stand = Stand(x, y, heading)
    cameras = walk("tour", first_camera(world, stand), world.free_space, frames=frames, seed=seed)
    tour = Tour(world.free_space, stand, frames, Pace.of(PathOptions().rate), seed)
    chance = np.random.default_rng(seed)
    chosen = chance.integers(0, frames, poses)
    centres = cameras.centres.numpy()[chosen]
    cells = np.floor(centres[:, :2] / world.free_space.cell).astype(int)
    off = sum(not world.free_space.free((i, j), (i + 1, j + 1))[0, 0] for i, j in cells.tolist())
    missed = sum(float(np.hypot(*(tour.motion.points - (stop.x, stop.y)).T).min()) > world.free_space.cell
                 for stop in tour.stops)
    return {"poses": poses, "cameras_inside": sum(is_inside(world, centre[None]) for centre in centres),
            "bodies_inside": sum(is_inside(world, body(*centre[:2])) for centre in centres), "off_free": off,
            "stops": len(tour.stops), "stops_missed": missed, "views": views,
            "noses": noses(world, cameras[chance.integers(0, frames, views).tolist()])}


def first_camera(world: Grown, stand: Stand) -> Cameras:
    """A level camera at eye height above the floor."""
    eye = torch.tensor([stand.x, stand.y, world.free_space.floor(stand.x, stand.y) + world.free_space.eye],
                       dtype=torch.float64)
    ahead = torch.tensor([math.cos(stand.yaw), math.sin(stand.yaw), 0.0], dtype=torch.float64)
    pose = look_at(eye, eye + ahead, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
    return Cameras(pinhole(1.22, *SIZE)[None], pose[None], *SIZE)


def body(x: float, y: float) -> Points:
    """Points `[N, 3]` of an upright cylinder: rings of the radius, of half of it, and the middle."""
    angles = np.arange(16) * (math.pi / 8)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    disc = np.array([[x, y]]) + np.concatenate([RADIUS * ring, RADIUS / 2 * ring, np.zeros((1, 2))])
    return np.concatenate([np.column_stack([disc, np.full(len(disc), z)]) for z in HEIGHTS])


def is_inside(world: Grown, points: Points) -> bool:
    """Whether any of some points close together lies within a solid."""
    i, j = (int(number) for number in np.floor(points[0, :2] / BLOCK))
    return any(within(world.block(a, b).solids, points - (BLOCK * a, BLOCK * b, 0.0)).any()
               for a in (i - 1, i, i + 1) for b in (j - 1, j, j + 1))


def within(solids: Solids, points: Points) -> NDArray[np.bool_]:
    """`[N]`: whether points of the block's coordinates lie within any body, by the bodies' own formulas."""
    near = ((solids.bounds[:, 0] < points.max(0)) & (solids.bounds[:, 1] > points.min(0))).all(1)
    inside = np.zeros(len(points), bool)
    for row in np.flatnonzero(near):
        off = points - solids.center[row]
        cos, sin = solids.yaw_cos[row], solids.yaw_sin[row]
        u, v, w = (np.stack([cos * off[:, 0] + sin * off[:, 1], cos * off[:, 1] - sin * off[:, 0], off[:, 2]])
                   / solids.half[row][:, None])
        shape = solids.shape[row]
        if shape == Shape.ELLIPSOID:
            inside |= u * u + v * v + w * w < 1
        elif shape == Shape.CYLINDER:
            inside |= (u * u + v * v < 1) & (abs(w) < 1)
        elif shape == Shape.GABLE:
            inside |= (abs(u) < 1) & (w > -1) & (abs(v) < (1 - w) / 2)
        else:
            inside |= (abs(u) < 1) & (abs(v) < 1) & (abs(w) < 1)
    return inside


def noses(world: Grown, cameras: Cameras) -> int:
    """How many views show only a wall: half of the pixels within 0.6 m, or nine tenths one thing within a metre."""
    painted = paint(world, cameras, sky_of("day", "clear"), samples=1)
    count = 0
    for depth, instances in zip(painted.depth, painted.instances, strict=True):
        seen = np.where(depth > 0, depth, np.inf)
        near = instances[seen < NOSE_NEAR]
        most = np.unique(near, return_counts=True)[1].max(initial=0)
        count += bool(np.median(seen) < NOSE_DEPTH or most > NOSE_SHARE * depth.size)
    return count


if __name__ == "__main__":
    main()
