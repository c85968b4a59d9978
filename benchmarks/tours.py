"""What memory keeps of a tour through an endless world: fidelity at return views, and labels.

    python benchmarks/tours.py "a home" "a garden" --frames 300 --size 256x192 --out tours

For each prompt a tour is explored with `--generator procedural` and rendered from memory at every pose; both are
compared with the painted truth. A return view is one from which memory trusted at least 90 % of the pixels before
the clip was made; the last view of a tour is the first one again. Prints a table; keeps the worlds under --out.
"""

import argparse
import time
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.exploration import start
from spatialmem.generators.worlds.worded import worded
from spatialmem.metrics import psnr
from spatialmem.settings import Settings

RETURN = 0.9
BATCH = 10


def explored(prompt: str, folder: Path, *, frames: int, size: tuple[int, int], seed: int) -> list[float]:
    """The figures of one tour: frames, return frames, dB there, worst of them, dB of all, labels, Gaussians, s."""
    began = time.perf_counter()
    job = start(folder, Settings(generator="procedural", prompt=prompt, seed=seed, trajectory="tour", frames=frames,
                                 size=size))
    with job.world as world:
        known = torch.cat([step.recall.known for step in job.steps()])
        seconds = time.perf_counter() - began
        truth = worded(prompt, seed=seed)
        fidelity, right = [], []
        for i in range(0, frames, BATCH):
            cameras: Cameras = job.cameras[i : i + BATCH]
            true = truth.truth(cameras)
            fidelity.append(psnr(world.render(cameras).rgb, true.rgb))
            right.append((world.labels(cameras) == true.labels).float().mean(dim=(1, 2)))
        quality, labels = torch.cat(fidelity), torch.cat(right)
        back = known >= RETURN
        again = quality[back] if bool(back.any()) else torch.full((1,), torch.nan)
        return [frames, int(back.sum()), float(again.mean()), float(again.min()), float(quality.mean()),
                float(quality[-1]), 100 * float(labels.mean()), len(world.splats()), seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="+")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", default="256x192")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="new folder for the worlds")
    asked = parser.parse_args()
    width, height = (int(n) for n in asked.size.split("x"))
    asked.out.mkdir(parents=True)
    print("| tour | frames | return views | dB there | worst | dB of all | dB at the end | labels right, % | Gaussians "
          "| seconds |\n|---|---|---|---|---|---|---|---|---|---|")
    for number, prompt in enumerate(asked.prompts):
        figures = explored(prompt, asked.out / f"{number}", frames=asked.frames, size=(height, width), seed=asked.seed)
        print(f"| {prompt} | " + " | ".join(f"{f:,.0f}" if f > 1000 or f == int(f) else f"{f:.1f}" for f in figures)
              + " |", flush=True)


if __name__ == "__main__":
    main()
