"""Pictures that a visitor takes home: of the page, and of the memory itself."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import viser
from numpy.typing import NDArray
from PIL import Image

from spatialmem.errors import GenerationError
from spatialmem.studio.here import to_bytes
from spatialmem.studio.viewpoint import Viewpoint
from spatialmem.world import World

_PATIENCE = 60.0
_GROUND = 20  # the grey of the page behind the scene
_PIXELS = 1280 * 720
_LARGEST = 4_000_000  # so that the page's answer stays well within the largest message it may send


def photograph(client: viser.ClientHandle) -> NDArray[np.uint8]:
    """What the page of `client` shows, `[H, W, 3]` without the panel, at most 4 megapixels; blocks meanwhile.

    Raises:
        GenerationError: the page closed or did not answer.
    """
    height, width = client.camera.image_height, client.camera.image_width
    scale = min(1.0, (_LARGEST / max(height * width, 1)) ** 0.5)
    try:
        picture = client.get_render(max(round(height * scale), 1), max(round(width * scale), 1), transport_format="png",
                                    timeout=_PATIENCE)
    except (RuntimeError, TimeoutError) as error:
        raise GenerationError(f"the page gave no picture ({error}); try again with the page in front") from None
    alpha = picture[..., 3:].astype(np.float64) / 255
    return np.asarray((picture[..., :3] * alpha + _GROUND * (1 - alpha)).round(), dtype=np.uint8)


def exact_render(world: World, view: Viewpoint) -> NDArray[np.uint8]:
    """The memory rendered at `view` by our own rasteriser, `[H, W, 3]` of about 0.9 megapixels."""
    return to_bytes(world.render(view.cameras(_PIXELS)).rgb[0])


def send_png(client: viser.ClientHandle, name: str, picture: NDArray[np.uint8]) -> None:
    """Have the browser of `client` save `picture` as `name`.png."""
    blob = BytesIO()
    Image.fromarray(picture).save(blob, "PNG")
    client.send_file_download(f"{name}.png", blob.getvalue(), save_immediately=True)
