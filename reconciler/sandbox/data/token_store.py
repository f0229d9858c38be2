"""The refresh tokens of the sandbox, and the attempts that are limited per minute."""

from __future__ import annotations

from math import ceil
from secrets import token_hex

from reconciler.sandbox.data.database import Database

_WINDOW = 60.0  # seconds from the first attempt until all are forgotten


class TokenStore:
    """The part of the store that holds refresh tokens and counts attempts."""

    _database: Database

    def start_refresh_token(self, client_id: int) -> str:
        """Make a refresh token of a client."""
        token = token_hex(60)
        with self._database.writing() as connection:
            connection.execute("INSERT INTO refresh_tokens (token, client) VALUES (?, ?)", (token, client_id))
        return token

    def use_refresh_token(self, token: str, client_id: int) -> bool:
        """Use up a refresh token. False if it is not one of the client, or was used before."""
        with self._database.writing() as connection:
            used = connection.execute(
                "UPDATE refresh_tokens SET revoked = 1 WHERE token = ? AND client = ? AND NOT revoked",
                (token, client_id),
            )
            return used.rowcount == 1

    def seconds_to_wait(self, key: str, most: int) -> int:
        """The whole seconds until another attempt is allowed; 0 if fewer than `most` were counted."""
        now = self._database.clock()
        with self._database.reading() as connection:
            query = "SELECT forgotten_at FROM attempts WHERE key = ? AND count >= ? AND forgotten_at > ?"
            found = connection.execute(query, (key, most, now)).fetchone()
        return ceil(found[0] - now) if found else 0

    def count_attempt(self, key: str) -> int:
        """Count an attempt, and return how many there are. A minute after the first, all are forgotten together."""
        with self._database.writing() as connection:
            found = connection.execute(
                "INSERT INTO attempts VALUES (:key, 1, :now + :window) ON CONFLICT (key) DO UPDATE SET"
                " count = iif(forgotten_at > :now, count, 0) + 1,"
                " forgotten_at = iif(forgotten_at > :now, forgotten_at, :now + :window) RETURNING count",
                {"key": key, "now": self._database.clock(), "window": _WINDOW},
            ).fetchone()
            return int(found[0])

    def forget_attempts(self, key: str) -> None:
        """Reset the count of attempts."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM attempts WHERE key = ?", (key,))
