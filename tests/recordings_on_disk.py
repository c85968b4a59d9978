"""Writers of one and the same tiny recording in each layout, for the tests of its readers."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from spatialmem.poses import quat_from_matrix

FRAMES, HEIGHT, WIDTH = 4, 12, 16
FX, FY, CX, CY = 14.0, 15.0, 8.25, 5.75  # half-integer pixel centres


def poses() -> torch.Tensor:
    """A walk along x while turning left about -y, the first camera at the identity."""
    T = torch.eye(4, dtype=torch.float64).repeat(FRAMES, 1, 1)
    angle = 0.1 * torch.arange(FRAMES, dtype=torch.float64)
    T[:, 0, 0], T[:, 2, 2] = angle.cos(), angle.cos()
    T[:, 0, 2], T[:, 2, 0] = -angle.sin(), angle.sin()
    T[:, 0, 3] = 0.25 * torch.arange(FRAMES)
    return T


def images() -> tuple[np.ndarray, np.ndarray]:
    """Colour `[T, H, W, 3]` uint8 and depth `[T, H, W]` metres with a hole and an edge."""
    rng = np.random.default_rng(0)
    depth = np.where(np.arange(WIDTH) < 7, 1.5, 3.0) * np.ones((FRAMES, HEIGHT, 1))
    depth[:, 2:5, 3:6] = 0
    return rng.integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3), dtype=np.uint8), depth


def save_images(root: Path, colour: str, units: float) -> None:
    (root / colour).mkdir(parents=True)
    (root / "depth").mkdir()
    rgb, depth = images()
    for i in range(FRAMES):
        Image.fromarray(rgb[i]).save(root / colour / f"{i}.png")
        Image.fromarray(np.round(depth[i] * units).astype(np.uint16)).save(root / "depth" / f"{i}.png")


def write_open3d(root: Path) -> Path:
    save_images(root, "image", 1000)
    blocks = [f"{i} {i} {i + 1}\n" + "\n".join(" ".join(map(repr, row)) for row in T) for i, T in
              enumerate(poses().tolist())]
    (root / "trajectory.log").write_text("\n".join(blocks) + "\n")
    matrix = [FX, 0, 0, 0, FY, 0, CX - 0.5, CY - 0.5, 1]
    fields = {"width": WIDTH, "height": HEIGHT, "intrinsic_matrix": matrix}
    (root / "intrinsic.json").write_text(json.dumps(fields))
    return root


def write_nerfstudio(root: Path) -> Path:
    save_images(root, "images", 1000)
    opengl = poses() @ torch.diag(torch.tensor([1.0, -1, -1, 1], dtype=torch.float64))
    frames = [{"file_path": f"images/{i}.png", "depth_file_path": f"./depth/{i}.png", "transform_matrix": T}
              for i, T in enumerate(opengl.tolist())]
    head = {"camera_model": "OPENCV", "k1": 0.0, "fl_x": FX, "fl_y": FY, "cx": CX, "cy": CY,
            "w": WIDTH, "h": HEIGHT}
    (root / "transforms.json").write_text(json.dumps({**head, "frames": frames[::-1]}))
    return root


def write_tum(root: Path) -> Path:
    save_images(root, "rgb", 5000)
    q = quat_from_matrix(poses()[:, :3, :3]).tolist()
    t = poses()[:, :3, 3].tolist()
    rgb = [f"{1000 + i / 30:.6f} rgb/{i}.png" for i in range(FRAMES)]
    depth = [f"{1000 + i / 30 + 0.004:.6f} depth/{i}.png" for i in range(FRAMES)]
    truth = [" ".join(map(repr, (1000 + i / 30, *t[i], *q[i][1:], q[i][0]))) for i in range(FRAMES)]
    for name, lines in (("rgb", rgb), ("depth", depth), ("groundtruth", truth)):
        (root / f"{name}.txt").write_text("# a comment\n" + "\n".join(lines) + "\n")
    (root / "calibration.txt").write_text(f"{FX} {FY} {CX - 0.5} {CY - 0.5}\n")
    return root


WRITERS = {"open3d": write_open3d, "nerfstudio": write_nerfstudio, "tum": write_tum}
