"""A recorded walk becomes a 3D world; what it remembers is shown beside what was recorded."""

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
from spatialmem.metrics import psnr, ssim
from spatialmem.report.write import write_after_exploring
from spatialmem.settings import Settings

RECORDING = Path(__file__).parent / "data" / "living_room"
OUTPUTS = {"world", "world.report.html", "world.ply", "walk.mp4", "contact_sheet.png"}
RETURN = 12  # so many frames at the end of the shipped walk look again at where it began


def main(out: Path = Path("worlds/walk"), recording: Path = RECORDING) -> None:
    """Explore a recording, and leave a world, a report of it, a video, a contact sheet and a PLY.

    Args:
        out: folder for all of it; an earlier demo there is replaced.
        recording: a posed RGB-D sequence, see docs/recordings.md.
    """
    clear(out)
    job = start(out / "world", Settings(input=str(recording), holdout=8))
    with job.world as world:
        seen, known, heldout, rate = explore(job)
        memory, splats = world.render(seen.cameras).rgb, world.splats()
        write_ply(splats, out / "world.ply", up=world.up)
        write_after_exploring(world, progress=True)
    had = [f"had {100 * share:.0f} % before" for share in known]
    write_beside(out / "walk.mp4", {"input": seen.rgb, "memory": memory}, notes={"memory": had})
    write_sheet(out / "contact_sheet.png", seen.rgb, memory, known)

    print(f"{len(seen)} frames into {len(splats):,} Gaussians, {rate:.1f} frames/s after the first clip")
    for name, chosen in (("fused", ~heldout), ("held out", heldout)):
        if bool(chosen.any()):
            pair = memory[chosen], seen.rgb[chosen]
            print(f"{name}: {psnr(*pair).mean():.1f} dB PSNR, {ssim(*pair).mean():.3f} SSIM, {len(pair[0])} frames")
    print(f"on return: memory had {100 * known[-RETURN:].mean():.0f} % of the last frames before they came")
    print(f"look at world.report.html, walk.mp4 and world.ply (for any splat viewer) in {out}")


def clear(out: Path) -> None:
    """Make room in `out`; only what a demo left there is removed."""
    out.mkdir(parents=True, exist_ok=True)
    world, strangers = out / "world", [entry.name for entry in out.iterdir() if entry.name not in OUTPUTS]
    if strangers or (world.exists() and not (world / "WORLD.json").is_file()):
        raise SystemExit(f"{out} holds more than a demo's output {strangers}; choose another --out")
    shutil.rmtree(out)
    out.mkdir()


def explore(job: Exploration) -> tuple[Frames, Tensor, Tensor, float]:
    """What was given, `[T]` share of pixels that memory had before, `[T]` never fused, frames/s."""
    steps = []
    with tqdm(total=len(job.cameras), unit="frame", desc="explore") as bar:
        for step in job.steps():
            steps.append(step)
            bar.update(len(step.frames))
    covers = [step.recall.view.alpha for step in steps]
    known = torch.cat([(cover > 0.9).float().mean(dim=(1, 2)) for cover in covers if cover is not None])
    timed = steps[1:] or steps  # the first clip of a fresh installation also compiles the kernels
    rate = sum(len(step.frames) for step in timed) / sum(sum(step.seconds.values()) for step in timed)
    return Frames.concat(step.frames for step in steps), known, torch.cat([s.heldout for s in steps]), rate


def write_sheet(path: Path, seen: Tensor, memory: Tensor, known: Tensor) -> None:
    """Four moments of the walk, from its start to its return."""
    some = torch.linspace(0, len(seen) - 1, min(4, len(seen))).round().long()
    quality, difference = psnr(memory, seen), (4 * (memory - seen).abs()).clamp(max=1)
    captions = [f"frame {i}: had {100 * known[i]:.0f} %, {quality[i]:.1f} dB" for i in some.tolist()]
    contact_sheet({"input": seen[some], "memory": memory[some], "difference x4": difference[some]}, captions, path)


if __name__ == "__main__":
    tyro.cli(main)
