"""Single images as PNG: lossless, bounded, decoded only at the size that was declared."""

import io
import struct
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spatialmem.errors import WorldFormatError

Plane = NDArray[np.uint8] | NDArray[np.uint16]

PIXEL_LIMIT = 1 << 26
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 1  # a quarter of the time of level 6, an eighth more bytes


def encode_png(image: Plane) -> bytes:
    """PNG of `[H, W, 3]` uint8, `[H, W]` uint8 or `[H, W]` uint16."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=_LEVEL)
    return buffer.getvalue()


def decode_png(blob: bytes, shape: tuple[int, ...], dtype: type[np.uint8 | np.uint16], where: str) -> Plane:
    """The image in `blob`, which must have exactly this shape (`[H, W]` or `[H, W, 3]`) and dtype.

    Raises:
        WorldFormatError: another size or kind, damaged, or above 67 megapixels; names `where`.
    """
    height, width = shape[:2]
    bits, colour = np.dtype(dtype).itemsize * 8, 2 if len(shape) == 3 else 0
    # The header is read here: the library would allocate whatever it declares.
    header = struct.unpack(">IIBB", blob[16:26]) if blob[:8] == _SIGNATURE and len(blob) > 26 else ()
    if header != (width, height, bits, colour) or height * width > PIXEL_LIMIT:
        raise WorldFormatError(f"{where}: expected a {bits}-bit PNG of {width}x{height}, found (width, "
                               f"height, bits, colour) = {header}")
    try:
        with Image.open(io.BytesIO(blob), formats=["PNG"]) as image:
            plane = cast(Plane, np.asarray(image, dtype=dtype))
    except (OSError, SyntaxError, ValueError) as error:
        raise WorldFormatError(f"{where}: a damaged PNG ({error})") from None
    if plane.shape != shape:
        raise WorldFormatError(f"{where}: expected an image {list(shape)}, got {list(plane.shape)}")
    return plane
