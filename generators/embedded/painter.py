"""`Painter`: a small network that colours each pixel of a layout on its own."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from spatialmem.generators.embedded.channels import PALETTE, SURFACE, Condition
from spatialmem.generators.worlds.materials import Pattern
from spatialmem.labels import SemanticClass

CLASSES, MATERIALS = len(SemanticClass) + 1, len(Pattern) + 1
"""Numbers of a layout's classes and materials; 0 stands for no layout."""

KINDS = 16
_AT_ONCE = 4096


class Kinds(nn.Module):
    """What the numbers of classes and materials mean, as `KINDS` learned numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(CLASSES, KINDS)
        self.materials = nn.Embedding(MATERIALS, KINDS)

    def forward(self, classes: Tensor, materials: Tensor) -> Tensor:
        """`[..., KINDS]` of numbers `[...]`."""
        # one table of all pairs: one lookup for each pixel instead of two and a sum
        table = self.classes.weight[:, None] + self.materials.weight[None]
        return nnf.embedding(classes * MATERIALS + materials, table.flatten(0, 1))


class Painter(nn.Module):
    """Colour of a pixel from what the layout says of it: no neighbour is looked at, no chance is involved.

    What kind of surface it is decides how the hidden units answer to where on it the pixel lies and to the light.
    """

    def __init__(self, attributes: int, width: int = 64, layers: int = 3) -> None:
        """Of `attributes` numbers in a world's code."""
        super().__init__()
        self.kinds = Kinds()
        self.mood = nn.Linear(attributes, width)
        self.enter = nn.Linear(SURFACE + KINDS, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(layers - 1))
        self.gates = nn.ModuleList(nn.Linear(KINDS, width) for _ in range(layers))
        self.leave = nn.Linear(width, 3)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, condition: Condition) -> Tensor:
        """Colour codes `[B, T, H, W, 3]` of a stacked condition."""
        mood = self.mood(condition.code)[:, None, None, None]
        return self._coloured(condition.surfaces, condition.classes, condition.materials, mood)

    @torch.no_grad()
    def painted(self, condition: Condition) -> Tensor:
        """The same without gradients, some pixels at a time: what passes through the layers stays in the cache."""
        out = condition.surfaces.new_empty(*condition.classes.shape, 3)
        for clip, mood in enumerate(self.mood(condition.code)):
            parts = (condition.surfaces[clip].flatten(0, 2), condition.classes[clip].flatten(),
                     condition.materials[clip].flatten(), out[clip].flatten(0, 2))
            pieces = zip(*(torch.split(part, _AT_ONCE) for part in parts), strict=True)
            for surfaces, classes, materials, painted in pieces:
                painted.copy_(self._coloured(surfaces, classes, materials, mood))
        return out

    def _coloured(self, surfaces: Tensor, classes: Tensor, materials: Tensor, mood: Tensor) -> Tensor:
        kinds = self.kinds(classes, materials)
        hidden = nnf.silu(self.enter(torch.cat([surfaces, kinds], dim=-1)) + mood)
        hidden = hidden * (1 + self.gates[0](kinds))
        for layer, gate in zip(self.layers, list(self.gates)[1:], strict=True):
            hidden = hidden + nnf.silu(layer(hidden)) * (1 + gate(kinds))
        colour: Tensor = self.leave(hidden) + surfaces[..., PALETTE]
        return colour
