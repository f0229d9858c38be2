"""Create and open the sandbox's SQLite database, which several processes may use at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from reconciler.model.errors import ReconcilerError, SandboxError, WrongUsage
from reconciler.sandbox.data.schema import FORMAT, change_format, create_tables, install, upgrade_to_2026
from reconciler.sandbox.platforms import DEFAULT, Platform, find_platform

_APPLICATION_ID = 0x504D_5242
_OTHER_FILE = "name another file, or start afresh: `reconciler sandbox reset` for an embedded instance, else delete it"
_BUSY_TIMEOUT = 20.0  # seconds to wait for another process that writes


class Database:
    """The open database and a clock (seconds since 1970), safe to share between threads and processes."""

    def __init__(self, file: Path | None, platform: str | None, clock: Callable[[], float], *, upgraded: bool) -> None:
        """Open the database; create and seed it if it is missing. None is a private one in memory.

        It remembers its platform; `platform` may name a later one, to which it is upgraded then. Raises `WrongUsage`
        for a platform that is not known, and `SandboxError` if the file cannot be used, is not a sandbox's, or is of a
        platform that cannot become the one that is named.
        """
        wanted = None if platform is None else find_platform(platform)
        self.connection = _connect(file)
        self.turn = Lock()
        self.clock = clock
        try:
            with transaction(self.connection):
                self.platform = _prepare(self.connection, file, wanted, upgraded=upgraded)
            if _pragma(self.connection, "journal_mode") != "wal":
                self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            self.connection.close()
            raise _unusable(file, error) from error
        except ReconcilerError:
            self.connection.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a block in a transaction, which no other thread or process can disturb."""
        with self.turn, transaction(self.connection):
            yield self.connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run a block of queries, while no other thread uses the connection."""
        with self.turn:
            yield self.connection

    def install_again(self, platform: str | None, *, upgraded: bool) -> None:
        """Delete everything and seed the database like a fresh installation, of the same platform or another."""
        wanted = self.platform if platform is None else find_platform(platform)
        refuse_upgraded(wanted, upgraded=upgraded)
        with self.writing() as connection:
            install(connection, wanted, upgraded=upgraded)
        self.platform = wanted

    def close(self) -> None:
        """Close the connection."""
        with self.turn:
            self.connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block in a transaction. It waits for other writers at its start, so that none can make it fail later."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(file: Path | None) -> sqlite3.Connection:
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        # One connection for all threads; the store locks it.
        return sqlite3.connect(
            file or ":memory:",
            timeout=_BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=64,
        )
    except (OSError, sqlite3.Error) as error:
        raise _unusable(file, error) from error


def _prepare(connection: sqlite3.Connection, file: Path | None, wanted: Platform | None, *, upgraded: bool) -> Platform:
    """Create, convert or upgrade the tables where that is needed. Returns the platform that the database is of."""
    found = _format_of(connection, file)
    if found == FORMAT:
        return settle(connection, file, wanted, upgraded=upgraded)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    if found:
        change_format(connection)
        return settle(connection, file, wanted, upgraded=upgraded)
    create_tables(connection)
    platform = wanted or find_platform(DEFAULT)
    refuse_upgraded(platform, upgraded=upgraded)
    install(connection, platform, upgraded=upgraded)
    return platform


def settle(connection: sqlite3.Connection, file: Path | None, wanted: Platform | None, *, upgraded: bool) -> Platform:
    """The platform of a database that exists; it is upgraded to `wanted` if that is a later one."""
    name, was_upgraded = connection.execute("SELECT platform, upgraded FROM installation").fetchone()
    found = find_platform(name)
    platform = wanted or found
    refuse_upgraded(platform, upgraded=upgraded)
    if platform.version < found.version:
        what = f"the sandbox database {file} is of platform {name}, and nothing leads back to {platform.name}"
        raise SandboxError(what, _OTHER_FILE)
    if upgraded and found.is_2026 and not was_upgraded:
        raise SandboxError(f"the sandbox database {file} was installed as {name}, not upgraded to it", _OTHER_FILE)
    if platform.is_2026 and not found.is_2026:
        if not upgraded:
            what = f"the sandbox database {file} is of platform {name}, and was not upgraded to {platform.name} yet"
            raise SandboxError(
                what, f"reconciler sandbox serve --platform {platform.name} --upgraded --database {file}"
            )
        upgrade_to_2026(connection)
    if platform.name != name:
        values = (platform.name, upgraded or was_upgraded)
        connection.execute("UPDATE installation SET platform = ?, upgraded = ?", values)
    return platform


def refuse_upgraded(platform: Platform, *, upgraded: bool) -> None:
    """Raise `WrongUsage` if a platform that nobody upgrades to 2026 is said to be upgraded."""
    if upgraded and not platform.is_2026:
        raise WrongUsage(
            f"only a database of 2026 can be an upgraded one, not of {platform.name}",
            "leave --upgraded out, or add --platform 2026",
        )


def _format_of(connection: sqlite3.Connection, file: Path | None) -> int:
    """The format of a sandbox's database that can be used; 0 if there are no tables yet."""
    mark, version = int(_pragma(connection, "application_id")), int(_pragma(connection, "user_version"))
    if mark == _APPLICATION_ID and 1 <= version <= FORMAT:
        return version
    if mark == _APPLICATION_ID:
        raise SandboxError(
            f"the sandbox database {file} was made by {'a newer' if version > FORMAT else 'another'} version",
            "update reconciler, or name another file",
        )
    if mark or version or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise SandboxError(f"{file} is the database of another program, and was not changed", "name another file")
    return 0


def _pragma(connection: sqlite3.Connection, name: str) -> int | str:
    value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _unusable(file: Path | None, error: OSError | sqlite3.Error) -> SandboxError:
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if "not a database" in what:
        return SandboxError(f"{file} is not a sandbox database, and was not changed", "name another file")
    return SandboxError(
        f"the sandbox cannot use {file}: {what.lower()}",
        "name a file in a directory that you may write to",
    )
