"""Progress bars for work that says how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spatialmem.progress import Progress


@contextmanager
def counting_bar(name: str, unit: str) -> Iterator[Progress]:
    """A bar that appears on stderr if it takes long; what to tell how much is done, and of how much."""
    from tqdm import tqdm

    with tqdm(desc=name, unit=unit, delay=1, leave=False) as bar:

        def told(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield told
