"""Writing the report of a world beside it."""

from __future__ import annotations

import os
from pathlib import Path

from tqdm import tqdm

from spatialmem.errors import SpatialMemError, StorageError
from spatialmem.export.page import require_page, write_page
from spatialmem.report.measure import measure
from spatialmem.report.measurements import Measurements
from spatialmem.world import World


def report_path(world: Path | str) -> Path:
    """Where the report of the world folder `world` stands by default: `worlds/room` has `worlds/room.report.html`."""
    folder = Path(os.path.abspath(world))  # noqa: PTH100 - resolve() would follow links
    return folder.with_name(folder.name + ".report.html")


def write_report(world: World, out: Path | str | None = None, *, progress: bool = False) -> Path:
    """The written page: one self-contained HTML file, replaced if it is there; whole or not at all.

    Args:
        world: open to read or to write; nothing in it is changed.
        out: the file; by default beside the world (see `report_path`).
        progress: whether to show a progress bar on stderr.

    Raises:
        StorageError: `out` lies in the world's folder, or cannot be written.
        InvalidValueError: `out` does not end in .html, or something else than a page of ours stands there.
        WorldFormatError: an object of the world is damaged.
    """
    target = report_path(world.bank.path) if out is None else Path(out)
    check_place(target, world.bank.path)
    write_measured(measured(world, progress=progress), target)
    return target


def write_measured(measurements: Measurements, target: Path) -> None:
    """Write the page of `measurements`, whole or not at all. Raises as `export.page.write_page` does."""
    from spatialmem.report.page import page  # draws with matplotlib, which takes a while to import

    write_page(page(measurements), target)


def write_after_exploring(world: World, out: Path | str | None = None, *, progress: bool = False) -> Path:
    """As `write_report`; an error says first that the world itself is safe, and how to try again."""
    try:
        return write_report(world, out, progress=progress)
    except SpatialMemError as error:
        raise type(error)(f"the world {world.bank.path} is safe and whole, only its report was not written: {error}; "
                          "`spatialmem report` makes it again") from error


def measured(world: World, *, progress: bool = False) -> Measurements:
    """The measurements of `world`, under a progress bar if wanted."""
    with tqdm(desc="report", unit="frame", disable=not progress, leave=False) as bar:
        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return measure(world, progress=advance)


def check_place(target: Path, folder: Path) -> None:
    """Raise StorageError or InvalidValueError if a report of the world `folder` cannot stand at `target`."""
    if target.resolve().is_relative_to(folder.resolve()):
        raise StorageError(f"{target}: lies within the world's own folder; choose a place outside, such as "
                           f"{report_path(folder)}")
    if target.is_dir():
        raise StorageError(f"{target}: is a folder; name the file to write, such as {target / 'report.html'}")
    require_page(target)
