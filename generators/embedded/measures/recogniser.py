"""`Recogniser`: which attributes of a world its pictures show, by a small network trained on true ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from spatialmem import tensorfile
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.embedded.measures.convnet import convnet, fit, outputs

_WIDTHS = (32, 64, 96, 128)
_BATCH = 48
_PART = 0.8
"""Of a picture's sides, as it is learned from."""

_LIMITS = tensorfile.TensorLimits(header=1 << 16, tensors=64)


def topics() -> dict[str, slice]:
    """Where each topic of a code stands: place, wall, floor, ground, light, weather."""
    names = [name.split(" ")[0] for name in CODE_NAMES]
    return {topic: slice(names.index(topic), names.index(topic) + names.count(topic)) for topic in dict.fromkeys(names)}


@dataclass(frozen=True, eq=False)
class Recogniser:
    """A trained network; make one with `trained` or `load`."""

    network: nn.Module

    @staticmethod
    def trained(pictures: Tensor, codes: Tensor, *, seed: int, steps: int = 1500) -> Recogniser:
        """A recogniser that learned from true pictures.

        Args:
            pictures: `[N, H, W, 3]` uint8. codes: `[N, A]` float32, of their worlds; a topic left open teaches nothing.

        Raises:
            ShapeError: the shapes do not match.
        """
        if pictures.ndim != 4 or pictures.dtype != torch.uint8 or codes.shape != (len(pictures), len(CODE_NAMES)):
            raise ShapeError(f"Recogniser: expected pictures [N, H, W, 3] uint8 and codes [N, {len(CODE_NAMES)}], got "
                             f"{list(pictures.shape)} {pictures.dtype} and {list(codes.shape)}")
        network = convnet(_WIDTHS, len(CODE_NAMES), seed=seed)
        fit(network, _batches(pictures, codes, seed), _loss, steps=steps)
        return Recogniser(network)

    def likelihoods(self, pictures: Tensor) -> Tensor:
        """Log-probabilities `[N, A]` of the attributes, each topic by itself, of pictures `[N, H, W, 3]` uint8."""
        logits = outputs(self.network, pictures)
        return torch.cat([logits[:, part].log_softmax(dim=1) for part in topics().values()], dim=1)

    def read(self, pictures: Tensor) -> dict[str, str]:
        """The likeliest value of each topic over all pictures `[N, H, W, 3]` uint8 of one world."""
        mean = self.likelihoods(pictures).mean(dim=0)
        best = {topic: part.start + int(mean[part].argmax()) for topic, part in topics().items()}
        return {topic: CODE_NAMES[index].split(" ", 1)[1] for topic, index in best.items()}

    def save(self, path: Path) -> None:
        """Write the weights as a safetensors file."""
        path.write_bytes(tensorfile.pack(self.network.state_dict(), {"codes": list(CODE_NAMES)}, _LIMITS))

    @staticmethod
    def load(path: Path) -> Recogniser:
        """Read what `save` wrote.

        Raises:
            InvalidValueError: there is no such file, it holds something else, or was trained for other attributes.
        """
        try:
            blob = path.read_bytes()
        except OSError as error:
            raise InvalidValueError(f"{path}: cannot be read ({error.strerror}); train a recogniser first") from None
        weights, record = tensorfile.unpack(blob, str(path), _LIMITS)
        network = convnet(_WIDTHS, len(CODE_NAMES), seed=0)
        shapes = {name: value.shape for name, value in network.state_dict().items()}
        if record != {"codes": list(CODE_NAMES)} or shapes != {name: value.shape for name, value in weights.items()}:
            raise InvalidValueError(f"{path}: no recogniser of this version's attributes; train it anew")
        network.load_state_dict(weights)
        return Recogniser(network.eval())


def recognised(found: Mapping[str, str], code: Tensor) -> dict[str, bool]:
    """Whether each topic that the world's code `[A]` names was found."""
    named = {topic: part.start + int(code[part].argmax()) for topic, part in topics().items() if bool(code[part].any())}
    return {topic: CODE_NAMES[index] == f"{topic} {found[topic]}" for topic, index in named.items()}


def _loss(logits: Tensor, codes: Tensor) -> Tensor:
    """Mean cross entropy over all topics that are named."""
    total, count = logits.new_zeros(()), 0.0
    for part in topics().values():
        named = codes[:, part].any(dim=1)
        total = total + functional.cross_entropy(logits[named][:, part], codes[named][:, part].argmax(1),
                                                 reduction="sum", label_smoothing=0.05)
        count += float(named.sum())
    return total / max(count, 1.0)


def _batches(pictures: Tensor, codes: Tensor, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end: a part of each picture, half of them mirrored, so that no picture is learned by heart."""
    random = torch.Generator().manual_seed(seed)
    sides = [round(_PART * side) for side in pictures.shape[1:3]]
    while True:
        chosen = torch.randint(len(pictures), (_BATCH,), generator=random)
        top, left = (int(torch.randint(whole - side + 1, (), generator=random))
                     for whole, side in zip(pictures.shape[1:3], sides, strict=True))
        some = pictures[chosen, top:top + sides[0], left:left + sides[1]]
        flipped = torch.rand(_BATCH, generator=random) < 0.5
        yield torch.where(flipped[:, None, None, None], some.flip(2), some), codes[chosen]
