"""Images within a page: pixels as JPEG in data addresses, so that nothing is fetched."""

from __future__ import annotations

import base64
import io

import torch
from PIL import Image
from torch import Tensor

from spatialmem.export.video import to_bytes

QUALITY = 82


def jpeg(rgb: Tensor, *, width: int) -> str:
    """The data address of an image `[H, W, 3]` float32 0..1, scaled down to `width` pixels if it is wider."""
    image = Image.fromarray(to_bytes(rgb))
    if image.width > width:
        image = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def difference(a: Tensor, b: Tensor, *, times: float) -> Tensor:
    """Their absolute difference, so many times over, at most 1."""
    return (times * (a - b).abs()).clamp(max=1)


def over(rgb: Tensor, alpha: Tensor, paper: str) -> Tensor:
    """A premultiplied image `[H, W, 3]` with `alpha` `[H, W]` over the colour `paper`, such as "#f3f3ef"."""
    colour = torch.tensor([int(paper[i:i + 2], 16) / 255 for i in (1, 3, 5)])
    return (rgb + (1 - alpha[..., None]) * colour).clamp(0, 1)
