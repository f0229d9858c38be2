"""The sessions of the sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from secrets import token_urlsafe

from reconciler.sandbox.accounts import Permission
from reconciler.sandbox.data.account_store import read_permissions
from reconciler.sandbox.data.database import Database
from reconciler.support.frozen import frozen


class Ended(IntEnum):
    """Why a session is over, though it has not expired. Its next request is told."""

    NOT = 0
    BY_ANOTHER_LOGIN = 1
    BY_ANOTHER_PASSWORD = 2


@frozen
class StoredSession:
    """The session of a logged-in user."""

    token: str
    account: str
    address: str
    device: str
    previous: str | None
    """Path and query of the last page requested."""
    ended: Ended
    permissions: frozenset[Permission]
    """What the account could do when it logged in."""


class SessionStore:
    """The part of the store that holds sessions."""

    _database: Database

    def session(self, token: str, *, lifetime: float) -> StoredSession | None:
        """The session of a token, unless it had no request for `lifetime` seconds."""
        return next(iter(self._sessions("token = ?", token, lifetime)), None)

    def sessions_of(self, account: str, *, lifetime: float) -> list[StoredSession]:
        """All sessions of an account that have not expired."""
        return self._sessions("account = ?", account, lifetime)

    def start_session(self, account: str, address: str, device: str, previous: str | None) -> StoredSession:
        """Start a session."""
        token = token_urlsafe(30)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO sessions (token, account, address, device, last_request, previous, permissions)"
                " SELECT ?, name, ?, ?, ?, ?, permissions FROM accounts WHERE name = ?",
                (token, address, device, self._database.clock(), previous, account),
            )
            found = connection.execute("SELECT permissions FROM sessions WHERE token = ?", (token,)).fetchone()
        return StoredSession(token, account, address, device, previous, Ended.NOT, read_permissions(found[0]))

    def touch(self, token: str, previous: str | None) -> None:
        """Record a request of a session. Within a second of the last, only another page is written."""
        now = self._database.clock()
        with self._database.reading() as connection:
            query = "SELECT 1 FROM sessions WHERE token = ? AND last_request > ? AND previous IS ?"
            fresh = connection.execute(query, (token, now - 1, previous)).fetchone()
        if not fresh:
            with self._database.writing() as connection:
                connection.execute(
                    "UPDATE sessions SET last_request = ?, previous = ? WHERE token = ?", (now, previous, token)
                )

    def end_sessions(self, tokens: Iterable[str]) -> None:
        """Mark sessions as ended by another login."""
        with self._database.writing() as connection:
            connection.executemany(
                "UPDATE sessions SET ended = ? WHERE token = ?", [(Ended.BY_ANOTHER_LOGIN, t) for t in tokens]
            )

    def drop_session(self, token: str) -> None:
        """Delete a session."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE token = ?", (token,))

    def _sessions(self, condition: str, value: str, lifetime: float) -> list[StoredSession]:
        columns = "token, account, address, device, previous, ended, permissions"
        query = f"SELECT {columns} FROM sessions WHERE {condition} AND last_request > ?"  # noqa: S608 - constants
        with self._database.reading() as connection:
            rows = connection.execute(query, (value, self._database.clock() - lifetime)).fetchall()
        return [
            StoredSession(token, account, address, device, previous, Ended(ended), read_permissions(permissions))
            for token, account, address, device, previous, ended, permissions in rows
        ]
