"""Opening `world.db`: one writer, any number of readers, nothing trusted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from spatialmem.errors import InvalidValueError, StorageError, WorldFormatError, WorldLockedError
from spatialmem.memory.schema import check_schema, create_schema

NAME = "world.db"
_REFUSALS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
             sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM}


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into ours: the disk refused, another holds the lock, or damage."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise InvalidValueError(f"{path}: is closed ({error}); open the world again") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # extended codes lie above
        if code in _REFUSALS:
            raise StorageError(f"{path}: the disk refused ({error}); check its space and your permissions, "
                               "then resume") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise WorldLockedError(f"{path}: another process holds it ({error}); try again") from error
        raise WorldFormatError(f"{path}: damaged ({error}); restore the world from a backup") from error
    except UnicodeDecodeError as error:  # text in a damaged row or schema
        raise WorldFormatError(f"{path}: damaged ({error.reason}); restore the world from a backup") from None


def create_database(folder: Path) -> None:
    """Makes an empty `world.db` in `folder`, whole and synced."""
    path = folder / NAME
    with database_errors(path):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            create_schema(connection)
        finally:
            connection.close()


def copy_database(source: Path, folder: Path) -> None:
    """Makes `world.db` in `folder`, as that of the world `source` is now; a writer there is not disturbed."""
    with closing(open_database(source, write=False)) as connection, database_errors(source / NAME):
        connection.execute("VACUUM INTO ?", (str(folder / NAME),))


def settle_log(folder: Path) -> None:
    """Moves what the database's log holds into the database, if it can still be opened; else both stay as they are.

    Raises:
        WorldLockedError: somebody reads it.
    """
    try:
        with closing(open_database(folder, write=True)) as connection:
            require_settled(connection, folder / NAME)
    except (WorldFormatError, StorageError):
        return  # damaged: whoever settles it is about to replace it


def require_settled(connection: sqlite3.Connection, path: Path) -> None:
    """Empties the log into the database. Raises where that fails, which closing a connection would not tell."""
    with database_errors(path):
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise WorldLockedError(f"{path}: somebody reads it; close the world everywhere, then try again")


def clip_names(folder: Path) -> list[str]:
    """The clips that a database names, the last one first; as far as it can still be read at all."""
    try:
        with closing(open_database(folder, write=False)) as connection, database_errors(folder / NAME):
            return [str(name) for name, in connection.execute("SELECT hash FROM clips ORDER BY number DESC")]
    except (WorldFormatError, StorageError):
        return []


def open_database(folder: Path, *, write: bool) -> sqlite3.Connection:
    """A connection in autocommit mode to the world's database, its schema verified.

    Raises:
        WorldFormatError: missing, a link, damaged, foreign, or of a newer version.
        StorageError: it cannot be opened.
    """
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        raise WorldFormatError(f"{path}: is missing or a link; restore the world from a backup")
    with database_errors(path):
        connection = _connect(path, write=write)
        try:
            _configure(connection, write=write)
            check_schema(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, *, write: bool) -> Iterator[None]:
    """One transaction: all of it or, on any exception, nothing."""
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _connect(path: Path, *, write: bool) -> sqlite3.Connection:
    # One Bank may be used from another thread than the one that opened it, by one thread at a time.
    mode = "rw" if write else "ro"
    connection = _open_uri(path, f"mode={mode}")
    if write:
        return connection
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        wal = path.with_name(path.name + "-wal")
        # On a read-only folder SQLite cannot make its shared memory; without a log it needs none.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or wal.exists():
            raise
        return _open_uri(path, "mode=ro&immutable=1")
    return connection


def _open_uri(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?{options}", uri=True, isolation_level=None,
                           check_same_thread=False)


def _configure(connection: sqlite3.Connection, *, write: bool) -> None:
    for pragma in ("trusted_schema = OFF", "foreign_keys = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    if write:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", f"journal_size_limit = {64 << 20}"):
            connection.execute(f"PRAGMA {pragma}")
