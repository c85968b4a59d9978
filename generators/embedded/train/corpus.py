"""`Corpus`: situations as files in a folder, made where they are missing.

Run as a module it fills one:
python -m spatialmem.generators.embedded.train.corpus FOLDER --count 3000 --seed 1 --size 128x96
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from pathlib import Path

from spatialmem.errors import InvalidValueError, SpatialMemError, StorageError
from spatialmem.generators.embedded.train.draw import PER_WORLD
from spatialmem.generators.embedded.train.recipe import Recipe
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.embedded.train.situationfile import decode, encode
from spatialmem.wholefile import write_whole

LARGEST = 256 * 2**20
"""Bytes of a situation's file, at most."""

_RECIPE = "corpus.json"
_NAME = re.compile(r"(\d{6})\.safetensors")
_MOST = 10**6


class Corpus:
    """The situations in a folder; it may grow while it is read."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def __len__(self) -> int:
        """How many there are without a gap, from the first: `read` takes the numbers below."""
        there = self._there()
        return next(number for number in range(len(there) + 1) if number not in there)

    def read(self, number: int) -> Situation:
        """Situation `number`.

        Raises:
            InvalidValueError: there is no such situation, or its file is damaged.
        """
        path = self._path(number)
        try:
            if path.stat().st_size > LARGEST:
                raise InvalidValueError(f"{path}: larger than {LARGEST >> 20} MiB; it is no situation")
            blob = path.read_bytes()
        except OSError as error:
            raise InvalidValueError(f"{path}: cannot be read ({error.strerror}); fill the corpus, or ask for a number "
                                    f"below {len(self)}") from None
        return decode(blob, str(path))

    def fill(self, count: int, recipe: Recipe, *, workers: int = 1,
             told: Callable[[int], object] | None = None) -> None:
        """Make those of the first `count` situations that are missing, each as the recipe and its number say.

        It can be stopped at any time, and goes on where it was.

        Args:
            count: how many there are to be.
            recipe: the corpus' own; kept with it.
            workers: processes that make them.
            told: called with the number of those that are there, again and again.

        Raises:
            InvalidValueError: the folder was made by another recipe, or a number is out of range.
            StorageError: the disk refused.
        """
        if not (0 < count <= _MOST and workers > 0):
            raise InvalidValueError(f"a corpus has 1..{_MOST} situations and 1 or more workers, "
                                    f"got {count} and {workers}")
        self._agree(recipe)
        there = self._there()
        missing = [number for number in range(count) if number not in there]
        groups = [list(numbers) for _, numbers in groupby(missing, lambda number: number // PER_WORLD)]
        done = count - len(missing)
        for made in _made(self.folder, recipe, groups, workers):
            done += made
            if told is not None:
                told(done)

    def write(self, number: int, situation: Situation) -> None:
        """Put a situation in place: whole, or not at all.

        Raises:
            StorageError: the disk refused.
        """
        write_whole(self._path(number), encode(situation))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.safetensors"

    def _there(self) -> set[int]:
        if not self.folder.is_dir():
            return set()
        return {int(match[1]) for path in self.folder.iterdir() if (match := _NAME.fullmatch(path.name))}

    def _agree(self, recipe: Recipe) -> None:
        """Raise unless the folder is new or was made by this recipe; then it is kept there."""
        path, own = self.folder / _RECIPE, recipe.text()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            kept = path.read_text(encoding="utf-8") if path.exists() else None
        except OSError as error:
            raise StorageError(f"{self.folder}: cannot hold a corpus ({error.strerror}); choose another "
                               "folder") from None
        if kept is None and self._there():
            raise InvalidValueError(f"{path}: is missing, but there are situations; fill an empty folder")
        if kept not in {None, own}:
            raise InvalidValueError(f"{path}: the corpus was made with {kept}, asked for was {own}; "
                                    "fill another folder")
        if kept is None:
            write_whole(path, own.encode())


def _made(folder: Path, recipe: Recipe, groups: list[list[int]], workers: int) -> Iterator[int]:
    """Makes all groups; yields how many situations were made, as they come."""
    if workers == 1:
        for numbers in groups:
            yield from _make(folder, recipe, numbers)
        return
    # new processes rather than copies of this one, whose threads and compiled kernels a copy would share
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_make_all, folder, recipe, numbers) for numbers in groups]):
            yield done.result()


def _make(folder: Path, recipe: Recipe, numbers: list[int]) -> Iterator[int]:
    for number, situation in zip(numbers, recipe.situations(numbers), strict=True):
        Corpus(folder).write(number, situation)
        yield 1


def _make_all(folder: Path, recipe: Recipe, numbers: list[int]) -> int:
    return sum(_make(folder, recipe, numbers))


def main() -> None:
    """The command line."""
    from tqdm import tqdm

    parser = argparse.ArgumentParser(prog="python -m spatialmem.generators.embedded.train.corpus",
                                     description="Make the situations of a corpus that are missing in a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, required=True, help="how many there are to be")
    parser.add_argument("--seed", type=int, required=True, help="of the corpus; training and tests need different ones")
    parser.add_argument("--size", default="128x96", help="WIDTHxHEIGHT in pixels (128x96)")
    parser.add_argument("--unseen", type=float, nargs=2, metavar=("FROM", "TO"),
                        help="share of each clip that was never seen, as nearly as can be; drawn if it is left out")
    parser.add_argument("--recalls", type=float, default=0.2, help="how often a real memory is asked (0.2)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    asked = parser.parse_args()
    sides = re.fullmatch(r"(\d{1,5})x(\d{1,5})", asked.size)
    if sides is None:
        parser.error(f"--size: expected WIDTHxHEIGHT such as 128x96, got {asked.size!r}")
    size, unseen = (int(sides[2]), int(sides[1])), tuple(asked.unseen) if asked.unseen else None
    try:
        recipe = Recipe(asked.seed, size, unseen, asked.recalls)
        with tqdm(total=asked.count, unit="situation", mininterval=5.0) as bar:
            Corpus(asked.folder).fill(asked.count, recipe, workers=asked.workers,
                                      told=lambda done: bar.update(done - bar.n))
    except SpatialMemError as error:
        parser.exit(1, f"error: {error}\n")


if __name__ == "__main__":
    main()
