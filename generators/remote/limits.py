"""How much a served generator lets itself be asked."""

from __future__ import annotations

from dataclasses import dataclass

PIXELS = 1 << 26
"""Pixels of all frames of a clip together: as many as a world takes in a single frame."""

BYTES_PER_PIXEL = 24
"""Of a request: colour 12, depth 4, alpha 4, trust 1, and room for the references."""

HEADER = 4 << 20
"""Bytes of a message's header; prompt and state together may take half of it."""

FRAME_BYTES_PER_PIXEL = 12 + 4 + 4 + 4 + 1 + 8
"""Of an answer that uses every layer: colour, depth, alpha, confidence, dynamic, labels."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one server.

    Attributes:
        message: bytes of a request.
        connections: open at once; further ones wait to be accepted.
        seats: requests at once whose bodies are read, waiting or at work; further ones are told to come back.
        patience: seconds that a client has for its headers, and at every pause.
        rate: bytes a second that a body must come and go with on average.
    """

    message: int = BYTES_PER_PIXEL * PIXELS
    connections: int = 16
    seats: int = 2
    patience: float = 10.0
    rate: float = 250_000.0

    def seconds(self, size: int) -> float:
        """How long `size` bytes may take on the way."""
        return self.patience + size / self.rate
