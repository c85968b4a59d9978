"""The weights that are shipped: small, honest about themselves, and better than the plan's own colours."""

from importlib.resources import files
from pathlib import Path

import torch

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.embedded.measures.baselines import lit
from spatialmem.generators.embedded.open import embedded
from spatialmem.generators.embedded.weights import LARGEST, load_weights
from spatialmem.generators.worlds.blockout import blockout
from spatialmem.metrics import psnr, ssim
from spatialmem.protocols import Request, empty_recall
from spatialmem.trajectory.named import trajectory

SIZE = (96, 128)


def test_they_are_small_and_say_how_they_came_about() -> None:
    file = Path(str(files("spatialmem.generators.embedded") / "weights.safetensors"))
    assert file.stat().st_size < LARGEST
    _, record = load_weights()
    assert {"stage", "steps", "seed", "version"} <= record.keys()
    card = (Path(__file__).parents[1] / "docs" / "model-card.md").read_text("utf-8")
    assert str(record["version"]) in card, "the card is of other weights"


def test_they_paint_nearer_to_the_truth_than_the_plans_colours() -> None:
    gains = []
    for prompt in ("a cosy home by day", "a street with brick houses at noon", "a garden in spring", "an office"):
        generator = embedded(prompt, seed=4711)
        first = Cameras(pinhole(1.2, *SIZE)[None], generator.start_pose()[None], *SIZE)
        path = trajectory("tour", start=first, up="+Z", frames=24, free_space=generator.free_space, seed=0)
        cameras = path[list(range(0, 24, 3))]
        frames = generator.generate(Request(cameras, empty_recall(cameras), "", 0))
        true = generator.plan.truth(cameras).rgb
        plain = lit(blockout(generator.plan.territory, cameras, generator.plan.territory.sky))
        gains.append([float((measure(frames.rgb, true) - measure(plain, true)).mean()) for measure in (psnr, ssim)])
        assert torch.isfinite(torch.as_tensor(frames.depth)).all()
    decibels, similarity = torch.tensor(gains).mean(dim=0).tolist()
    assert decibels > 1.5 and similarity > 0.02
