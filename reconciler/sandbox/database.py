"""Create and open the sandbox's SQLite database, which several processes may use at once."""

from __future__ import annotations

import secrets
import sqlite3
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.model.errors import SandboxError
from reconciler.sandbox.accounts import ACCOUNTS

FORMAT = 1
"""Increases when the tables change."""

INSTALLED_URL = "<installed>"
"""Placeholder for the instance's URL in a seeded redirect, until the first server on the file knows it."""

_APPLICATION_ID = 0x504D_5242
_BUSY_TIMEOUT = 20.0  # seconds to wait for another process that writes
_ALPHABET = string.ascii_letters + string.digits

_TABLES = (
    # AUTOINCREMENT: the id of a deleted client is never used again.
    """CREATE TABLE clients (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, secret TEXT NOT NULL, redirect TEXT NOT NULL,
        personal_access INTEGER NOT NULL, password INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL)""",
    """CREATE TABLE accounts (
        name TEXT PRIMARY KEY, status TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, forgotten_at REAL)""",
    """CREATE TABLE sessions (
        token TEXT PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL, device TEXT NOT NULL,
        last_request REAL NOT NULL, previous TEXT, ended INTEGER NOT NULL DEFAULT 0)""",
)

# Name, redirect, personal access, password: what a fresh installation has (observed on 4.15.6).
_SYSTEM_CLIENTS = (
    ("PmApi", "http://localhost", True, False),
    ("Swagger UI Auth", f"{INSTALLED_URL}/api/oauth2-callback", False, False),
    ("Password Grant", "http://localhost", False, True),
    ("ProcessMaker Personal Access Client", "http://localhost", True, False),
    ("ProcessMaker Password Grant Client", "http://localhost", False, True),
)

INSERT_CLIENT = """INSERT INTO clients (name, redirect, personal_access, password, secret, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""


def open_database(file: Path | None) -> sqlite3.Connection:
    """Open the database; create and seed it if it is missing. None is a private one in memory.

    Raises `SandboxError` if the file cannot be used, or is not a sandbox's.
    """
    connection = _connect(file)
    try:
        with transaction(connection):
            if _needs_tables(connection, file):
                _install(connection)
        if _pragma(connection, "journal_mode") != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(file, error) from error
    except SandboxError:
        connection.close()
        raise
    return connection


def install_again(connection: sqlite3.Connection) -> None:
    """Delete everything and seed the database like a fresh installation, in one transaction."""
    with transaction(connection):
        for table in ("clients", "accounts", "sessions"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are constants
        connection.execute("DELETE FROM sqlite_sequence")
        _seed(connection)


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


def new_secret() -> str:
    """Make a client secret like the platform's: 40 letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(40))


def timestamp(seconds: float) -> str:
    """Format a time, in seconds since 1970, as the platform prints it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(seconds))


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


def _needs_tables(connection: sqlite3.Connection, file: Path | None) -> bool:
    mark, version = int(_pragma(connection, "application_id")), int(_pragma(connection, "user_version"))
    if mark == _APPLICATION_ID and version == FORMAT:
        return False
    if mark == _APPLICATION_ID:
        raise SandboxError(
            f"the sandbox database {file} was made by {'a newer' if version > FORMAT else 'another'} version",
            "update reconciler, or name another file",
        )
    if mark or version or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise SandboxError(f"{file} is the database of another program, and was left alone", "name another file")
    return True


def _install(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(table)
    _seed(connection)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _seed(connection: sqlite3.Connection) -> None:
    now = timestamp(time.time())
    connection.executemany(INSERT_CLIENT, [(*client, new_secret(), now, now) for client in _SYSTEM_CLIENTS])
    connection.executemany(
        "INSERT INTO accounts (name, status) VALUES (?, ?)", [(account.name, account.status) for account in ACCOUNTS]
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int | str:
    value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _unusable(file: Path | None, error: OSError | sqlite3.Error) -> SandboxError:
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if "not a database" in what:
        return SandboxError(f"{file} is not a sandbox database, and was left alone", "name another file")
    return SandboxError(
        f"the sandbox cannot use {file}: {what.lower()}",
        "name a file in a directory that you may write to",
    )
