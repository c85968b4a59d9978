"""The embedded generator from a picture: what it keeps of it, where it stands, and what it refuses."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from embedded_models import tiny_model
from PIL import Image

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, InvalidValueError, RecordingError
from spatialmem.exploration import first_camera, start
from spatialmem.frames import TRUSTED
from spatialmem.generators.embedded.picture import FromPicture
from spatialmem.generators.embedded.weights import save_weights
from spatialmem.generators.select import Options, open_generator
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.memory.check import check
from spatialmem.protocols import Request, check_generator, empty_recall
from spatialmem.settings import Settings
from spatialmem.trajectory.named import trajectory

SIZE = (48, 64)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of 160x96: dark on the left, bright on the right, with a red square in the middle."""
    pixels = np.repeat(np.linspace(0, 255, 160)[None, :, None], 96, 0).repeat(3, 2).astype(np.uint8)
    pixels[40:56, 72:88] = (255, 0, 0)
    file = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(pixels).save(file)
    return file


def from_picture(photo: Path, **more: object) -> FromPicture:
    return FromPicture(photo, Attributes(), tiny_model(), version="tiny", **more)  # type: ignore[arg-type]


def walk(generator: FromPicture, count: int = 8) -> Cameras:
    first = first_camera(generator, None, SIZE)
    return trajectory("forward", start=first, up="+Z", frames=count)


def test_it_keeps_the_contract(photo: Path) -> None:
    assert check_generator(from_picture(photo), size=SIZE) == []


def test_the_first_frame_is_the_picture_and_the_rest_is_made(photo: Path) -> None:
    generator = from_picture(photo)
    cameras = walk(generator)
    request = Request(cameras, empty_recall(cameras), "", 0)
    frames, again = generator.generate(request), generator.generate(request)
    assert torch.equal(frames.rgb, again.rgb)
    assert frames.rgb[0, 24, 32, 0] > 0.9 and frames.rgb[0, 24, 32, 1] < 0.1, "the square is in the middle"
    left, right = frames.rgb[0, :, 0].mean(), frames.rgb[0, :, -1].mean()
    assert 0.05 < left < 0.2 and 0.8 < right < 0.95, "the sides are cut off, for the frames are less wide"
    assert not torch.equal(frames.rgb[1], frames.rgb[0]) and frames.labels is None
    elsewhere = generator.generate(Request(cameras[1:], empty_recall(cameras[1:]), "", 0))
    assert not torch.equal(elsewhere.rgb[0], frames.rgb[0])


def test_a_narrower_frame_sees_less_of_it(photo: Path) -> None:
    whole, half = from_picture(photo, fov=90.0).intrinsics(96, 160), from_picture(photo, fov=90.0).intrinsics(96, 80)
    assert math.isclose(2 * math.degrees(math.atan(80 / float(whole[0, 0]))), 90.0, rel_tol=1e-9)
    assert math.isclose(float(half[0, 0]), float(whole[0, 0]), rel_tol=1e-9)


def test_what_memory_trusts_is_kept(photo: Path) -> None:
    generator = from_picture(photo)
    cameras = walk(generator)
    frames = generator.generate(Request(cameras, empty_recall(cameras), "", 0))
    recall = empty_recall(cameras)
    recall.trust[:, :, :32] = TRUSTED
    recall.view.rgb[:] = 0.25
    torch.as_tensor(recall.view.depth)[:] = 3.0
    kept = generator.generate(Request(cameras, recall, "", 0))
    assert bool((kept.rgb[1:, :, :32] == 0.25).all()) and bool((torch.as_tensor(kept.depth)[1:, :, :32] == 3).all())
    assert not torch.equal(kept.rgb[0], frames.rgb[0]), "where memory knows the place, it has the last word"


def test_bad_pictures_and_angles_are_refused(photo: Path, tmp_path: Path) -> None:
    for across in (5.0, 170.0, math.nan):
        with pytest.raises(InvalidValueError, match="--fov must be"):
            from_picture(photo, fov=across)
    (tmp_path / "no.png").write_bytes(b"no picture")
    for file in (tmp_path / "no.png", tmp_path / "missing.png"):
        with pytest.raises(RecordingError, match=file.name):
            from_picture(file)
    with pytest.raises(GenerationError, match="comes too late"):
        generator = from_picture(photo)
        cameras = walk(generator)
        generator.generate(Request(cameras, empty_recall(cameras), "another", 0))


def test_a_photo_that_lies_on_its_side_is_put_upright(photo: Path, tmp_path: Path) -> None:
    with Image.open(photo) as image:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by a quarter
        image.rotate(90, expand=True).save(tmp_path / "side.jpg", exif=exif, quality=95)
    turned, upright = (from_picture(file).intrinsics(96, 160) for file in (tmp_path / "side.jpg", photo))
    assert torch.equal(turned, upright)


def test_a_world_begins_with_it(photo: Path, tmp_path: Path) -> None:
    weights = tmp_path / "tiny.safetensors"
    save_weights(weights, tiny_model(), {})
    settings = Settings(generator="embedded", input=str(weights), image=str(photo), fov=60.0, size=SIZE, frames=4,
                        trajectory="turn")
    job = start(tmp_path / "W", settings)
    with job.world:
        list(job.steps())
        first = job.world.bank.load_keyframes([0]).rgb
    assert first[0, 24, 32, 0] > 0.9 and first[0, 24, 32, 1] < 0.1 and check(tmp_path / "W") == []
    for options, message in ((Options(fov=60.0), "--fov says how wide"),
                             (Options(image=photo, style_seed=1), "without --layout and --style-seed")):
        with pytest.raises(GenerationError, match=message):
            open_generator("embedded", weights, options)
    with pytest.raises(GenerationError, match="--image belongs to --generator embedded"):
        open_generator("procedural", None, Options(image=photo))
