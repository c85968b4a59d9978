"""A mesh becomes a world that remembers: walk through it, come back, write its Gaussians.

Run it twice: the second time everything is remembered already. `python examples/00_hello_world.py --help`
"""

from pathlib import Path

import tyro

from spatialmem import Cameras, World
from spatialmem.camera import pinhole
from spatialmem.export.images import write_render
from spatialmem.export.ply import write_ply
from spatialmem.generators.scene.generator import Scene
from spatialmem.trajectory.named import trajectory

ROOM = Path(__file__).parent / "data" / "room.glb"


def main(out: Path = Path("worlds/hello"), mesh: Path = ROOM, frames: int = 24, width: int = 320,
         height: int = 240) -> None:
    """Explore a mesh along a circle, then look round in what was remembered.

    Args:
        out: folder for the world, the render and the PLY.
        mesh: a .glb, .gltf, .obj or .ply file.
        frames: how many along the circle.
        width: of the frames.
        height: of the frames.
    """
    scene, path = Scene(mesh), out / "world"
    first = Cameras(pinhole(1.22, height, width)[None], scene.start_pose()[None], height, width)
    circle = trajectory("loop", start=first, up=scene.up, frames=frames)
    around = trajectory("turn", start=first, up=scene.up, frames=frames)

    with World.open(path, write=True) if path.exists() else World.create(path, up=scene.up) as world:
        for step in world.explore(circle, scene):
            print(f"frame {step.start:3d}: memory knew {100 * step.recall.known.mean():3.0f} % of the clip")
        for _ in write_render(world, around, out / "render"):
            pass
        ply = write_ply(world.splats(), out / "room.ply", up=world.up)
    print(f"look at {out / 'render' / 'video.mp4'}, and open {ply} in any splat viewer")


if __name__ == "__main__":
    tyro.cli(main)
