"""`Model`: painter and network together: from a condition and noise to the codes of a clip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spatialmem.generators.embedded.channels import MEMORY, RAYS, REFERENCE, REFERENCES, SURFACE, Condition
from spatialmem.generators.embedded.encoding import BLIND_SCALE, PLANNED_SCALE
from spatialmem.generators.embedded.flow import sampled
from spatialmem.generators.embedded.network import Shape, VideoUNet
from spatialmem.generators.embedded.painter import KINDS, Kinds, Painter

SPREAD = 0.55
"""Standard deviation of true departures, in the units of `Prepared.scale`."""

KNOWN = SURFACE + KINDS + MEMORY + REFERENCES * REFERENCE + RAYS + 4 + 3
"""Numbers that the network is told of each pixel."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What all steps of a clip have in common.

    Attributes:
        base: `[B, T, H, W, 4]` codes that the model departs from: memory, the painter, the layout's depth.
        scale: `[B, 1, 1, 1, 4]`, units of the departures.
        looked: what the network took in of the condition.
        attributes: `[B, A]`.
    """

    base: Tensor
    scale: Tensor
    looked: Tensor
    attributes: Tensor

    def codes(self, departure: Tensor) -> Tensor:
        """Colour and depth codes `[B, T, H, W, 4]` of a departure."""
        return self.base + self.scale * departure

    def departure(self, codes: Tensor) -> Tensor:
        """The inverse of `codes`."""
        return (codes - self.base) / self.scale


class Model(nn.Module):
    """A flow that departs from what is known: it makes what base and truth differ by, in units of `Prepared.scale`.

    Where memory and painter are right there is nothing to make, and the way from noise is short.
    """

    def __init__(self, attributes: int, shape: Shape | None = None) -> None:
        """For `attributes` numbers in a world's code; `shape` = sizes of the network, else the shipped ones."""
        super().__init__()
        self.painter = Painter(attributes)
        self.kinds = Kinds()
        self.network = VideoUNet(shape or Shape(known=KNOWN, attributes=attributes))

    def prepare(self, condition: Condition) -> Prepared:
        """What the steps of `B` clips have in common, of their stacked condition.

        The painter is trained before the network and frozen: no gradients go through it.
        """
        painted = self.painter.painted(condition)
        layout = condition.layout[:, None, None, None, None]
        share = layout * (1 - condition.weight[..., None])
        rgb = torch.lerp(condition.base[..., :3], painted, share)
        base = torch.cat([rgb, condition.base[..., 3:]], dim=-1)
        kinds = self.kinds(condition.classes, condition.materials) * layout
        known = torch.cat([condition.surfaces, kinds, condition.memory, condition.references, condition.rays, base,
                           painted * layout], dim=-1)
        scale = torch.lerp(base.new_tensor(BLIND_SCALE), base.new_tensor(PLANNED_SCALE), layout)
        return Prepared(base, scale, self.network.look(known), condition.code)

    def clean(self, prepared: Prepared, noisy: Tensor, time: Tensor) -> Tensor:
        """The departure from the base `[B, T, H, W, 4]` that it believes in, of a noisy one at times `[B]`.

        The network is told the best guess that only scales the noisy departure (Wiener's), not that itself: at the
        start it hears no noise, so that what it makes there does not depend on it.
        """
        t = time.reshape(-1, 1, 1, 1, 1)
        guess = noisy * ((1 - t) * SPREAD**2 / ((1 - t).square() * SPREAD**2 + t.square()))
        clean: Tensor = self.network(guess, time, prepared.looked, prepared.attributes)
        return clean

    def made(self, condition: Condition, noise: Tensor, at: Sequence[float]) -> Tensor:
        """Colour and depth codes `[B, T, H, W, 4]` at the end of the way from `noise`; arguments as of `steps`."""
        prepared = self.prepare(condition)
        *_, last = self.steps(prepared, noise, at)
        return prepared.codes(last)

    def steps(self, prepared: Prepared, noise: Tensor, at: Sequence[float], *,
              kept: Tensor | None = None) -> Iterator[Tensor]:
        """The departure after each step along the times `at`, from `noise` `[B, T, H, W, 4]`.

        Args:
            prepared: of the condition.
            noise: of unit variance.
            at: as `flow.times` gives them.
            kept: `[B, T, H, W]` 0..1, how firmly what memory says of a pixel is kept, at every step.
        """
        give = None if kept is None else 1 - kept[..., None]

        def predict(state: Tensor, time: float) -> Tensor:
            clean = self.clean(prepared, state, torch.full(state.shape[:1], time, dtype=state.dtype))
            return clean if give is None else clean * give

        return sampled(predict, noise, at)


def channels_last(model: Model) -> Model:
    """The model itself, its weights laid out for pixels whose numbers lie side by side."""
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
