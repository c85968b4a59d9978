"""A world without end, from words: walk a tour through it and see what memory keeps, in colours and in classes."""

import shutil
from pathlib import Path

import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from spatialmem import Cameras, World
from spatialmem.camera import pinhole
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.generators.worlds.worded import worded
from spatialmem.labels import class_colours
from spatialmem.metrics import psnr
from spatialmem.trajectory.named import trajectory

MOMENTS = 5


def main(out: Path = Path("worlds/endless"), *, prompt: str = "a street with brick houses at dusk", seed: int = 0,
         style_seed: int = 0, frames: int = 96, width: int = 256, height: int = 192) -> None:
    """Explore the world that words choose, and leave a picture of what is remembered of it.

    Args:
        out: folder for the world and the picture; an earlier one of this example there is replaced.
        prompt: what the world is like; docs/worlds.md lists the words.
        seed: which of the worlds that are like that.
        style_seed: the same places with other materials and colours.
        frames: how many along a tour that comes back to where it began.
        width: of the frames.
        height: of the frames.
    """
    endless = worded(prompt, seed=seed, style_seed=style_seed)
    for remark in endless.remarks:
        print(remark)
    first = Cameras(pinhole(1.22, height, width)[None], endless.start_pose()[None], height, width)
    tour = trajectory("tour", start=first, up=endless.up, frames=frames, free_space=endless.free_space, seed=seed)

    clear(out / "world")
    known = []
    with World.create(out / "world", up=endless.up) as world, tqdm(total=frames, unit="frame", desc="explore") as bar:
        for step in world.explore(tour, endless, seed=seed):
            known.append(step.recall.known)
            bar.update(len(step.frames))
        memory, classes, gaussians = world.render(tour).rgb, world.labels(tour), len(world.splats())

    truth = endless.truth(tour)
    right = (classes == torch.as_tensor(truth.labels)).float().mean()
    quality, returned = psnr(memory, truth.rgb), torch.cat(known) > 0.9
    print(f"{frames} frames into {gaussians:,} Gaussians: {quality.mean():.1f} dB against the truth, "
          f"{100 * right:.0f} % of the pixels in their class")
    if bool(returned.any()):
        print(f"on return: {quality[returned].mean():.1f} dB in {int(returned.sum())} frames that memory knew before")
    some = torch.linspace(0, frames - 1, min(MOMENTS, frames)).round().long()
    rows = {"world": truth.rgb[some], "memory": memory[some], "its classes": coloured(classes[some])}
    print(contact_sheet(rows, [f"frame {i}: {quality[i]:.1f} dB" for i in some.tolist()], out / "sheet.png"))


def clear(world: Path) -> None:
    """Remove an earlier world."""
    if world.exists() and not (world / "WORLD.json").is_file():
        raise SystemExit(f"{world} is no world; choose another --out")
    shutil.rmtree(world, ignore_errors=True)
    world.parent.mkdir(parents=True, exist_ok=True)


def coloured(classes: Tensor) -> Tensor:
    """Classes `[T, H, W]` in their display colours `[T, H, W, 3]`."""
    return torch.tensor(class_colours())[classes.long()] / 255


if __name__ == "__main__":
    tyro.cli(main)
