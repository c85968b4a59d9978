"""Your own generator: as here, or PYTHONPATH=examples spatialmem explore W --generator 02_your_generator:Painter"""

import torch

from spatialmem import Cameras, Frames, Request, World
from spatialmem.camera import pinhole, unproject
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.trajectory.named import trajectory


class Painter:  # a tiled room of 6 x 5 x 3 m, each clip in another light, as models do; what memory trusts stays
    clip: int | None = None  # any number of frames a call
    size_multiple = 1  # height and width may be any
    def generate(self, request: Request) -> Frames:
        cameras, memory, trusted = request.cameras, request.recall.view, request.recall.trust == 2
        eye, low, high = cameras.centres[:, None, None], torch.tensor([-3, -2.5, 0]), torch.tensor([3, 2.5, 3])
        rays = unproject(torch.ones(trusted.shape, dtype=torch.float64), cameras) - eye  # per metre of z-depth
        depth, wall = ((torch.where(rays > 0, high, low) - eye).abs() / rays.abs().clamp(min=1e-9)).min(dim=-1)
        tiles = (2 * (eye + depth[..., None] * rays) + 0.01).floor().sum(dim=-1, keepdim=True) % 2
        light = 1 - 0.2 * torch.rand(3, generator=torch.Generator().manual_seed(request.seed))
        paint = torch.tensor([[0.9, 0.6, 0.4], [0.5, 0.7, 0.8], [0.8, 0.7, 0.6]])[wall] * light * (1 - 0.2 * tiles)
        return Frames(torch.where(trusted[..., None], memory.rgb, paint.float()), cameras, depth=depth.float())

    def state(self):  # what must be kept to go on after a stop: nothing
        return {}


def main(out: str = "worlds/painted", height: int = 120, width: int = 160) -> None:
    pose = torch.tensor([[1, 0, 0, 0], [0, 0, 1, -0.5], [0, -1, 0, 1.5], [0, 0, 0, 1]])  # camera to world
    first = Cameras(pinhole(1.22, height, width)[None], pose[None], height, width)
    with World.create(f"{out}/world") as world:
        steps = list(world.explore(trajectory("turn", start=first, up="+Z", frames=12), Painter(), clip=2))
    rows = {"memory": [s.recall.view.rgb[0] for s in steps], "result": [s.frames.rgb[0] for s in steps]}
    captions = [f"memory had {float(step.recall.known[0]):.0%}" for step in steps]
    print(contact_sheet({name: torch.stack(row) for name, row in rows.items()}, captions, f"{out}/sheet.png"))


if __name__ == "__main__":
    main()
