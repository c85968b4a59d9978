"""`islands`: the connected pieces of a mask, numbered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def islands(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number of the piece that each marked cell belongs to, from 1 in the order of the axes; 0 where unmarked.

    Cells that share a side hang together, for any number of axes.
    """
    numbers = np.zeros(mask.shape, np.int32)
    ndimage.label(mask, output=numbers)
    return numbers
