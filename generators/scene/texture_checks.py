"""The images that a glTF file refers to, opened (not decoded) to see that they are images of a fair size."""

from __future__ import annotations

import base64
import binascii
import io
from pathlib import Path

from PIL import Image

from spatialmem.errors import MeshError

_UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)
MAX_SIDE = 8192
"""Larger textures are refused: decoded, one of 8192 x 8192 takes 256 MB."""


def check_image(path: Path, number: int, encoded: bytes) -> None:
    """Raise MeshError unless image `number` of the mesh `path` can be opened and is small enough."""
    try:
        # "formats" keeps to what glTF knows; nothing is decoded before its size has been seen
        with Image.open(io.BytesIO(encoded), formats=["PNG", "JPEG", "WEBP"]) as image:
            width, height = image.size
    except _UNREADABLE as error:
        raise MeshError(f"{path}: texture image {number} cannot be read as PNG, JPEG or WebP; "
                        "export the mesh again") from error
    if max(width, height) > MAX_SIDE:
        raise MeshError(f"{path}: texture image {number} has {width}x{height} pixels; "
                        f"reduce it to {MAX_SIDE} a side")


def embedded_bytes(path: Path, uri: str) -> bytes:
    """Content of a `data:` URI. Raises MeshError if it is damaged."""
    try:
        return base64.b64decode(uri.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise MeshError(f"{path}: embedded content is not base64 ({error}); export it again") from error
