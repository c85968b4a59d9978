"""Making a world folder: it exists whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from spatialmem.errors import StorageError, WorldExistsError
from spatialmem.memory import manifest as manifests
from spatialmem.memory.database import create_database
from spatialmem.memory.index import Index
from spatialmem.memory.lock import READERS
from spatialmem.memory.manifest import Manifest
from spatialmem.memory.netdisk import refuse_network_disk
from spatialmem.memory.objects import ObjectStore, object_name
from spatialmem.memory.plan import Plan, encode_plan
from spatialmem.memory.storage import sync_folder, write_new


def create_world(path: Path, manifest: Manifest, plan: Plan | None) -> None:
    """Makes an empty world at `path`, with its plan if there is one.

    It is built in a hidden folder beside `path` and renamed, so a kill leaves no half world. Missing
    parent folders are made.

    Raises:
        WorldExistsError: something stands at `path`.
        StorageError: the disk refused.
    """
    with staged(path) as staging:
        make_folders(staging, manifest)
        create_database(staging)
        if plan is not None:
            keep_plan(staging, manifest, plan)


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A hidden folder beside `path` that becomes `path` when all went well, and is gone otherwise.

    Raises:
        WorldExistsError: something stands at `path`.
        StorageError: the disk refused.
    """
    if os.path.lexists(path):
        raise WorldExistsError(f"{path}: already exists; choose another name, remove it, or --resume it")
    refuse_network_disk(path.parent)
    staging = path.parent / f".{path.name}.{secrets.token_hex(4)}.new"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        yield staging
        sync_folder(staging)
        staging.rename(path)
        sync_folder(path.parent)
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{path.parent}: cannot make a world here ({error.strerror}); choose a folder "
                           "that you may write to, on a disk with free space") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def make_folders(folder: Path, manifest: Manifest) -> None:
    """Everything that a world's folder holds beside its database and objects."""
    for name in ("objects", "quarantine", "tmp"):
        (folder / name).mkdir()
    write_new(folder / READERS, b"")
    write_new(folder / manifests.NAME, manifest.text().encode())


def keep_plan(folder: Path, manifest: Manifest, plan: Plan) -> None:
    """Writes the plan of a world into its folder, in place of the one it may have."""
    blob = encode_plan(plan, world=manifest.world)
    name = object_name(blob)
    ObjectStore(folder).write({name: blob})
    with closing(Index(folder, write=True)) as index:
        index.set_plan(name, len(blob))
