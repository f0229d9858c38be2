"""The sandbox's data: clients, sessions, and which accounts are locked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from types import TracebackType

from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.fields import join_urls
from reconciler.sandbox.accounts import AccountStatus
from reconciler.sandbox.database import (
    INSERT_CLIENT,
    INSTALLED_URL,
    install_again,
    new_secret,
    open_database,
    timestamp,
    transaction,
)
from reconciler.support.frozen import frozen

_COLUMNS = "id, name, secret, redirect, revoked, personal_access, password, created_at, updated_at"
_WINDOW = 60.0  # seconds from the first wrong password until all are forgotten

ClientRow = tuple[int, str, str, str, int, int, int, str, str]
"""id, name, secret, redirect, revoked, personal access, password, created at, updated at."""


@frozen
class StoredSession:
    """The session of a logged-in user."""

    token: str
    account: str
    address: str
    device: str
    previous: str | None
    """Path and query of the last page requested."""
    ended: int
    """1 if another login has ended it; its next request is told."""


class Store:
    """The database and a clock (seconds since 1970), safe to share between threads and processes.

    Any method may raise `sqlite3.Error`, as when the disk is full.
    """

    def __init__(self, file: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        self._connection = open_database(file)
        self._clock = clock
        self._turn = Lock()
        self._base = INSTALLED_URL

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._turn:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._turn, transaction(self._connection):
            yield

    @property
    def now(self) -> float:
        """The time by its clock."""
        return self._clock()

    def set_url(self, base: str) -> None:
        """Set the URL of a fresh installation, which one of the system clients redirects to."""
        self._base = base
        with self._writing():
            self._tell_address()

    def _tell_address(self) -> None:
        self._connection.execute(
            "UPDATE clients SET redirect = replace(redirect, :old, :new) WHERE id < 6 AND redirect LIKE :old || '/%'",
            {"old": INSTALLED_URL, "new": self._base},
        )

    def reset(self) -> None:
        """Reset to a fresh installation."""
        with self._turn:
            install_again(self._connection)

    # Clients

    def clients(self) -> list[ClientRow]:
        """All clients that are not revoked, in ascending id."""
        with self._turn:
            query = f"SELECT {_COLUMNS} FROM clients WHERE NOT revoked ORDER BY id"  # noqa: S608 - a constant
            return self._connection.execute(query).fetchall()

    def client(self, number: float) -> ClientRow | None:
        """The client with this id, also when it is revoked."""
        with self._turn:
            query = f"SELECT {_COLUMNS} FROM clients WHERE id = ?"  # noqa: S608 - a constant
            row: ClientRow | None = self._connection.execute(query, (number,)).fetchone()
            return row

    def create(self, name: str, redirect: str, personal_access: bool, password: bool) -> ClientRow:
        """Create a client with a new id and secret."""
        now, secret = timestamp(self._clock()), new_secret()
        values = (name, redirect, personal_access, password, secret, now, now)
        with self._writing():
            made = self._connection.execute(INSERT_CLIENT, values).lastrowid
        return (made or 0, name, secret, redirect, 0, personal_access, password, now, now)

    def create_many(self, specs: Iterable[ClientSpec]) -> None:
        """Create many clients at once."""
        now = timestamp(self._clock())
        rows = [(*_stored(spec), new_secret(), now, now) for spec in specs]
        with self._writing():
            self._connection.executemany(INSERT_CLIENT, rows)

    def update(self, client_id: int, name: str, redirect: str, personal_access: bool, password: bool) -> None:
        """Replace all fields of a client that can change. Without a difference, `updated_at` stays."""
        values = {"name": name, "redirect": redirect, "personal": personal_access, "password": password}
        with self._writing():
            self._connection.execute(
                "UPDATE clients SET name = :name, redirect = :redirect, personal_access = :personal,"
                " password = :password, updated_at = :now WHERE id = :id"
                " AND (name, redirect, personal_access, password) <> (:name, :redirect, :personal, :password)",
                {**values, "id": client_id, "now": timestamp(self._clock())},
            )

    def revoke(self, client_id: int) -> None:
        """Revoke a client for good."""
        with self._writing():
            self._connection.execute(
                "UPDATE clients SET revoked = 1, updated_at = ? WHERE id = ? AND NOT revoked",
                (timestamp(self._clock()), client_id),
            )

    # Accounts

    def status(self, account: str) -> AccountStatus:
        """Whether an account can log in."""
        with self._turn:
            return AccountStatus(self._one("SELECT status FROM accounts WHERE name = ?", account))

    def set_status(self, account: str, status: AccountStatus) -> None:
        """Block an account, or unblock it as an administrator would. Wrong passwords stay counted."""
        with self._writing():
            self._connection.execute("UPDATE accounts SET status = ? WHERE name = ?", (status, account))

    def failures(self, account: str) -> int:
        """The number of recent wrong passwords of an account."""
        with self._turn:
            query = "SELECT iif(forgotten_at > ?, failures, 0) FROM accounts WHERE name = ?"
            return int(self._one(query, self._clock(), account))

    def count_failure(self, account: str) -> None:
        """Count a wrong password. A minute after the first, all are forgotten together."""
        with self._writing():
            self._connection.execute(
                "UPDATE accounts SET failures = iif(forgotten_at > :now, failures, 0) + 1,"
                " forgotten_at = iif(forgotten_at > :now, forgotten_at, :now + :window) WHERE name = :account",
                {"account": account, "now": self._clock(), "window": _WINDOW},
            )

    def forget_failures(self, account: str) -> None:
        """Reset the count of wrong passwords."""
        with self._writing():
            self._connection.execute("UPDATE accounts SET failures = 0, forgotten_at = NULL WHERE name = ?", (account,))

    # Sessions

    def session(self, token: str, *, lifetime: float) -> StoredSession | None:
        """The session of a token, unless it had no request for `lifetime` seconds."""
        return next(iter(self._sessions("token = ?", token, lifetime)), None)

    def sessions_of(self, account: str, *, lifetime: float) -> list[StoredSession]:
        """All sessions of an account that have not expired."""
        return self._sessions("account = ?", account, lifetime)

    def start_session(self, account: str, address: str, device: str, previous: str | None) -> StoredSession:
        """Start a session."""
        session = StoredSession(token_urlsafe(30), account, address, device, previous, 0)
        with self._writing():
            # Resetting a running sandbox ends all sessions, so nobody lists its clients before this.
            self._tell_address()
            self._connection.execute(
                "INSERT INTO sessions (token, account, address, device, last_request, previous) VALUES (?,?,?,?,?,?)",
                (session.token, account, address, device, self._clock(), previous),
            )
        return session

    def touch(self, token: str, previous: str | None) -> None:
        """Record a request of a session. Within a second of the last, only another page is written."""
        now = self._clock()
        with self._turn:
            query = "SELECT 1 FROM sessions WHERE token = ? AND last_request > ? AND previous IS ?"
            fresh = self._connection.execute(query, (token, now - 1, previous)).fetchone()
        if not fresh:
            with self._writing():
                self._connection.execute(
                    "UPDATE sessions SET last_request = ?, previous = ? WHERE token = ?", (now, previous, token)
                )

    def end_sessions(self, tokens: Iterable[str]) -> None:
        """Mark sessions as ended by another login."""
        with self._writing():
            self._connection.executemany("UPDATE sessions SET ended = 1 WHERE token = ?", [(t,) for t in tokens])

    def drop_session(self, token: str) -> None:
        """Delete a session."""
        with self._writing():
            self._connection.execute("DELETE FROM sessions WHERE token = ?", (token,))

    def _sessions(self, condition: str, value: str, lifetime: float) -> list[StoredSession]:
        query = f"SELECT token, account, address, device, previous, ended FROM sessions WHERE {condition}"  # noqa: S608
        with self._turn:
            rows = self._connection.execute(f"{query} AND last_request > ?", (value, self._clock() - lifetime))
            return [StoredSession(*row) for row in rows]

    def _one(self, query: str, *values: object) -> str:
        value: str = self._connection.execute(query, values).fetchone()[0]
        return value


def reset(database: Path) -> None:
    """Reset the database to a fresh installation, also while a server uses it; create it if it is missing.

    Raises `SandboxError` if the file cannot be used, or is not a sandbox's; it is left unchanged then.
    """
    with Store(database) as store:
        store.reset()


def seed(database: Path, clients: Iterable[ClientSpec]) -> None:
    """Add clients in one transaction, without the platform's rules. Raises `SandboxError` as `reset` does."""
    with Store(database) as store:
        store.create_many(clients)


def _stored(spec: ClientSpec) -> tuple[str, str, bool, bool]:
    redirect = join_urls(spec.redirect_urls) if Grant.AUTHORIZATION_CODE in spec.grants else None
    return (
        spec.name,
        redirect or "",
        Grant.PERSONAL_ACCESS_TOKEN in spec.grants,
        Grant.PASSWORD in spec.grants,
    )
