"""A rendered path as a folder of images: rgb, depth, alpha, labels, a video and the cameras."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import StorageError
from spatialmem.export.video import VideoWriter, even_size, to_bytes
from spatialmem.frames import Frames
from spatialmem.labels import class_colours, class_name
from spatialmem.memory.storage import storage_errors
from spatialmem.posefiles.cameras_json import is_cameras_json, write_cameras
from spatialmem.world import RENDER_BATCH, World

LAYERS = ("rgb", "depth", "alpha", "labels")
LABELS_VIDEO, CLASSES = "labels.mp4", "classes.json"
_OWN = {*LAYERS, "video.mp4", "cameras.json", LABELS_VIDEO, CLASSES}
_MILLIMETRES, _DEEPEST = 1000.0, 65535


def write_render(world: World, cameras: Cameras, folder: Path | str, *, labels: bool = False,
                 rate: int = 15) -> Iterator[int]:
    """Render `cameras` into `folder`; yields the number of frames done after each batch.

    Writes `rgb/00000.png`, `depth/00000.png` (uint16 millimetres, 0 = unknown or beyond 65.5 m),
    `alpha/00000.png`, `video.mp4` and `cameras.json`; with `labels` also `labels/00000.png` (uint16
    semantic class, 0 = unknown or sky), `labels.mp4` in the colours of the classes, and `classes.json`, which
    names those that appear. A folder that holds an earlier render is replaced; one that holds
    anything else is refused.

    Raises:
        ShapeError: images too small for a video; nothing is touched.
        StorageError: the folder is not empty, or cannot be written.
    """
    folder = Path(folder)
    even_size(cameras.height, cameras.width)
    _make_room(folder, LAYERS if labels else LAYERS[:-1])
    write_cameras(folder / "cameras.json", cameras, up=world.up)
    size, seen = (cameras.height, cameras.width), set[int]()
    with ExitStack() as videos:
        video = videos.enter_context(VideoWriter(folder / "video.mp4", *size, rate=rate))
        coloured = videos.enter_context(VideoWriter(folder / LABELS_VIDEO, *size, rate=rate)) if labels else None
        for begin in range(0, len(cameras), RENDER_BATCH):
            batch = cameras[begin : begin + RENDER_BATCH]
            frames = world.render(batch)
            frames = replace(frames, labels=world.labels(batch)) if labels else frames
            with storage_errors(folder):
                video.write(frames.rgb)
                _write_images(frames, folder, begin)
                if coloured is not None and frames.labels is not None:
                    coloured.write(torch.from_numpy(class_colours()[frames.labels.numpy()]).float() / 255)
                    seen |= set(torch.unique(frames.labels).tolist())
            yield begin + len(frames)
    if labels:
        with storage_errors(folder):
            _write_classes(folder / CLASSES, seen)


def _write_classes(path: Path, seen: set[int]) -> None:
    """The name and display colour of every class but 0 that appears."""
    colours = class_colours()
    named = {str(label): {"name": class_name(label), "colour": "#" + bytes(colours[label]).hex()}
             for label in sorted(seen - {0})}
    path.write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")


def _make_room(folder: Path, layers: Sequence[str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = sorted(entry.name for entry in folder.iterdir() if entry.name not in _OWN)
        if strangers:
            raise StorageError(f"{folder}: holds other files ({strangers[0]}); choose a new or empty folder")
        full = [layer for layer in LAYERS if (folder / layer).is_dir() and any((folder / layer).iterdir())]
        if full and not is_cameras_json(folder / "cameras.json"):
            raise StorageError(f"{folder}: holds {full[0]}/ of something else than a render (no cameras.json of ours); "
                               "choose a new or empty folder")
        for layer in LAYERS:
            shutil.rmtree(folder / layer, ignore_errors=True)
        for name in (LABELS_VIDEO, CLASSES):
            (folder / name).unlink(missing_ok=True)
        for layer in layers:
            (folder / layer).mkdir()
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{folder}: cannot be written ({error.strerror}); choose another place") from None


def _write_images(frames: Frames, folder: Path, begin: int) -> None:
    layers: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.uint16]]] = {"rgb": to_bytes(frames.rgb)}
    if frames.depth is not None:
        layers["depth"] = depth_millimetres(frames.depth)
    if frames.alpha is not None:
        layers["alpha"] = to_bytes(frames.alpha)
    if frames.labels is not None:
        layers["labels"] = frames.labels.numpy().astype(np.uint16)
    for layer, images in layers.items():
        for i, image in enumerate(images):
            Image.fromarray(image).save(folder / layer / f"{begin + i:05d}.png", compress_level=1)


def depth_millimetres(depth: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Depth in metres as uint16 millimetres; what does not fit becomes 0, unknown."""
    values = (depth.cpu().numpy() * _MILLIMETRES).round()
    return np.where(values <= _DEEPEST, values, 0).astype(np.uint16)
