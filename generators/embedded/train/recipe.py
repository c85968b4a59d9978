"""`Recipe`: what decides, with its number, on each situation of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from spatialmem import strictjson
from spatialmem.errors import InvalidValueError
from spatialmem.generators.embedded.train.draw import PER_WORLD, Draw
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.worlds.dice import Dice


@dataclass(frozen=True)
class Recipe:
    """What decides, with its number, on each situation of a corpus.

    Attributes:
        seed: of the corpus.
        size: height and width.
        unseen, recalls: as `draw.Draw.situation` takes them.

    Raises:
        InvalidValueError: a value is out of its range.
    """

    seed: int
    size: tuple[int, int] = (96, 128)
    unseen: tuple[float, float] | None = None
    recalls: float = 0.2

    def __post_init__(self) -> None:
        if any(not 16 <= side <= 2048 for side in self.size):
            raise InvalidValueError(f"size: sides must be 16..2048 pixels, got {self.size[1]}x{self.size[0]}")
        low, high = self.unseen or (0.0, 1.0)
        if not (0 <= low <= high <= 1 and 0 <= self.recalls <= 1):
            raise InvalidValueError("unseen needs two shares 0..1, the smaller one first, and recalls a share 0..1; "
                                    f"got {self.unseen} and {self.recalls}")

    def situations(self, numbers: Sequence[int]) -> Iterator[Situation]:
        """The situations `numbers`, all of one group of `PER_WORLD`."""
        group = numbers[0] // PER_WORLD
        world = Draw(Dice(self.seed, "corpus", group).integer(0, 2**31 - 1))
        return (world.situation(number % PER_WORLD, size=self.size, unseen=self.unseen, recalls=self.recalls)
                for number in numbers)

    def text(self) -> str:
        """The recipe as JSON, as a corpus keeps it."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return strictjson.dumps(plain, "recipe")
