"""Frames a second of grown worlds: `python benchmarks/worlds.py [--places home,street] [--rounds N] [--views N]`.

Each place is grown once (milliseconds a block), then painted, with one and with four rays at edges, and laid
out as a blockout, on one thread and on all. The best of all rounds counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numba
import numpy as np
import torch

from spatialmem.camera import Cameras
from spatialmem.generators.worlds.attributes import KINDS, Attributes, Kind
from spatialmem.generators.worlds.blockout import blockout
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.paint import paint
from spatialmem.generators.worlds.skies import sky_of
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.poses import look_at

SIZES = ((128, 96), (256, 192), (512, 384))
EYE = 1.5
SKY = sky_of("day")


def grown(place: Kind) -> tuple[Grown, float]:
    """A world of one place, and the milliseconds that a block of its first window took."""
    world = Grown(0, Attributes(place=place, light="day", weather="clear"))
    start = time.perf_counter()
    for i in range(-3, 4):
        for j in range(-3, 4):
            world.block(i, j)
    milliseconds = 1e3 * (time.perf_counter() - start) / 49
    # the first picture sorts the window and brings the kernels into memory
    paint(world, views(world, 1, (16, 12)), SKY)
    blockout(world, views(world, 1, (16, 12)), SKY)
    return world, milliseconds


def views(world: Grown, count: int, size: tuple[int, int]) -> Cameras:
    """Cameras at eye height somewhere in the rooms of one block, each looking its own way; 75 degrees wide."""
    random = np.random.default_rng(0)
    i, j = next((i, j) for i in range(3) for j in range(3) if world.block(i, j).rooms)
    rooms, corner = world.block(i, j).rooms, np.array([BLOCK * i, BLOCK * j])
    eyes, targets = np.empty((count, 3)), np.empty((count, 3))
    for number in range(count):
        room = rooms[number % len(rooms)]
        low, high = (corner + np.array(end) for end in (room.low, room.high))
        turn, pitch = random.uniform(0, 2 * np.pi), random.uniform(-0.2, 0.1)
        eyes[number] = *(low + (high - low) * random.uniform(0.2, 0.8, 2)), EYE
        targets[number] = eyes[number] + (np.cos(turn), np.sin(turn), pitch)
    poses = look_at(torch.from_numpy(eyes), torch.from_numpy(targets), torch.tensor([0.0, 0.0, 1.0]).double())
    width, height = size
    focal = width / 2 / np.tan(np.radians(75 / 2))
    K = torch.tensor([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    return Cameras(K.expand(count, 3, 3), poses, height, width)


def rate(call: Callable[[], object], count: int, threads: int, rounds: int) -> float:
    """Frames a second of the best round."""
    numba.set_num_threads(threads)
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return count / best


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", default=",".join(KINDS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--views", type=int, default=12)
    asked = parser.parse_args()
    every = numba.get_num_threads()
    print(f"frames a second on 1 thread / on all {every}")
    print(f"{'place':>9} {'ms/block':>8} {'size':>8} {'painted, 1 ray':>15} {'painted, 4 rays':>16} {'blockout':>14}")
    for place in asked.places.split(","):
        world, milliseconds = grown(place)
        for size in SIZES:
            cameras = views(world, asked.views, size)
            calls = (partial(paint, world, cameras, SKY, samples=1), partial(paint, world, cameras, SKY, samples=4),
                     partial(blockout, world, cameras, SKY))
            figures = [" / ".join(f"{rate(call, asked.views, threads, asked.rounds):.0f}" for threads in (1, every))
                       for call in calls]
            print(f"{place:>9} {milliseconds:>8.1f} {f'{size[0]}x{size[1]}':>8} {figures[0]:>15} {figures[1]:>16} "
                  f"{figures[2]:>14}", flush=True)
        numba.set_num_threads(every)


if __name__ == "__main__":
    main()
