"""A world painted from words: the generator that comes with spatialmem walks a tour and returns (`make demo`)."""

import shutil
from pathlib import Path

import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from spatialmem import Frames
from spatialmem.exploration import Exploration, start
from spatialmem.export.beside import write_beside
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.export.ply import write_ply
from spatialmem.generators.embedded.generator import Embedded
from spatialmem.generators.worlds.blockout import blockout
from spatialmem.metrics import psnr, ssim
from spatialmem.report.write import write_after_exploring
from spatialmem.settings import Settings

OUTPUTS = {"world", "world.report.html", "world.ply", "tour.mp4", "contact_sheet.png"}
MOMENTS = 6


def main(out: Path = Path("worlds/demo"), *, prompt: str = "a garden with a brick wall on a sunny day", seed: int = 0,
         frames: int = 144, width: int = 256, height: int = 192, weights: Path | None = None) -> None:
    """Explore a world that words choose, and leave the world, a report, a video, a contact sheet and a PLY.

    Args:
        out: folder for all of it; an earlier demo there is replaced.
        prompt: what the world is like; docs/worlds.md lists the words.
        seed: which of the worlds that are like that.
        frames: how many along a tour from place to place, which ends where it began.
        width: of the frames, a multiple of 16.
        height: of the frames, a multiple of 16.
        weights: of the generator; default those that come with it.
    """
    clear(out)
    job = start(out / "world", Settings(generator="embedded", input=None if weights is None else str(weights),
                                        prompt=prompt, seed=seed, trajectory="tour", frames=frames,
                                        size=(height, width)))
    with job.world as world:
        made, known, rate = explore(job)
        memory, splats = world.render(made.cameras).rgb, world.splats()
        write_ply(splats, out / "world.ply", up=world.up)
        write_after_exploring(world, progress=True)
    had = [f"had {100 * share:.0f} % before" for share in known]
    panels = {"generated": made.rgb, "memory": memory, "what was asked for": asked(job, made)}
    write_beside(out / "tour.mp4", panels, notes={"memory": had}, rate=8)
    some = torch.linspace(0, len(made) - 1, min(MOMENTS, len(made))).round().long()
    contact_sheet({name: clip[some] for name, clip in panels.items()},
                  [f"frame {i}: had {100 * known[i]:.0f} %" for i in some.tolist()], out / "contact_sheet.png")

    print(f"{len(made)} frames into {len(splats):,} Gaussians, {rate:.1f} frames/s after the first clip")
    pair = made.rgb[-1:], made.rgb[:1]
    print(f"the first view again, {len(made) - 1} frames later: {psnr(*pair).mean():.1f} dB PSNR, "
          f"{ssim(*pair).mean():.3f} SSIM; memory had {100 * known[-1]:.0f} % of it")
    print(f"look at world.report.html, tour.mp4 and world.ply (for any splat viewer) in {out}")


def clear(out: Path) -> None:
    """Make room in `out`; only what a demo left there is removed."""
    out.mkdir(parents=True, exist_ok=True)
    world, strangers = out / "world", [entry.name for entry in out.iterdir() if entry.name not in OUTPUTS]
    if strangers or (world.exists() and not (world / "WORLD.json").is_file()):
        raise SystemExit(f"{out} holds more than a demo's output {strangers}; choose another --out")
    shutil.rmtree(out)
    out.mkdir()


def explore(job: Exploration) -> tuple[Frames, Tensor, float]:
    """What was generated, `[T]` share of pixels that memory had before, frames/s."""
    steps = []
    with tqdm(total=len(job.cameras), unit="frame", desc="explore") as bar:
        for step in job.steps():
            steps.append(step)
            bar.update(len(step.frames))
    timed = steps[1:] or steps  # the first clip of a fresh installation also compiles the kernels
    rate = sum(len(step.frames) for step in timed) / sum(sum(step.seconds.values()) for step in timed)
    return Frames.concat(step.frames for step in steps), torch.cat([step.recall.known for step in steps]), rate


def asked(job: Exploration, made: Frames) -> Tensor:
    """The plan of the world at the same cameras, in plain colours `[T, H, W, 3]`."""
    generator = job.generator
    assert isinstance(generator, Embedded)
    territory = generator.plan.territory
    return torch.from_numpy(blockout(territory, made.cameras, territory.sky).palette)


if __name__ == "__main__":
    tyro.cli(main)
