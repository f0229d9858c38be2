"""What can change about the accounts of the sandbox: status, password and permissions."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.sandbox.accounts import AccountStatus, Permission
from reconciler.sandbox.data.database import Database

_WINDOW = 60.0  # seconds from the first wrong password until all are forgotten


class AccountStore:
    """The part of the store that holds accounts."""

    _database: Database

    def status(self, account: str) -> AccountStatus:
        """Whether an account can log in."""
        return AccountStatus(self._of_account("status", account))

    def set_status(self, account: str, status: AccountStatus) -> None:
        """Set whether an account can log in. Wrong passwords stay counted, and open sessions are not ended by this."""
        with self._database.writing() as connection:
            connection.execute("UPDATE accounts SET status = ? WHERE name = ?", (status, account))

    def password(self, account: str) -> str:
        """The password of an account; empty if none is right."""
        return str(self._of_account("password", account))

    def set_password(self, account: str, password: str, *, must_change: bool = False) -> None:
        """Change the password of an account, as an administrator does: on most platforms, its sessions end.

        If the user `must_change` it, pages lead to where that is done.
        """
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE accounts SET password = ?, must_change = ? WHERE name = ?", (password, must_change, account)
            )
            if self._database.platform.session.ends_with_password:
                connection.execute("UPDATE sessions SET ended = 2 WHERE account = ? AND NOT ended", (account,))

    def must_change_password(self, account: str) -> bool:
        """Whether the user has to choose a new password."""
        return bool(self._of_account("must_change", account))

    def uses_ldap(self, account: str) -> bool:
        """Whether another server knows the account's password, so that a login here makes no session."""
        return bool(self._of_account("ldap", account))

    def set_ldap(self, account: str, uses_ldap: bool) -> None:
        """Set whether another server knows the account's password. The password stays the same here."""
        with self._database.writing() as connection:
            connection.execute("UPDATE accounts SET ldap = ? WHERE name = ?", (uses_ldap, account))

    def permissions(self, account: str) -> frozenset[Permission]:
        """What an account may do with clients now."""
        return read_permissions(str(self._of_account("permissions", account)))

    def set_permissions(self, account: str, permissions: Collection[Permission]) -> None:
        """Replace what an account may do with clients, as an administrator does, also while it has a session."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE accounts SET permissions = ? WHERE name = ?", (" ".join(sorted(permissions)), account)
            )

    def failures(self, account: str) -> int:
        """The number of recent wrong passwords of an account."""
        with self._database.reading() as connection:
            query = "SELECT iif(forgotten_at > ?, failures, 0) FROM accounts WHERE name = ?"
            return int(connection.execute(query, (self._database.clock(), account)).fetchone()[0])

    def count_failure(self, account: str) -> None:
        """Count a wrong password. A minute after the first, all are forgotten together."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE accounts SET failures = iif(forgotten_at > :now, failures, 0) + 1,"
                " forgotten_at = iif(forgotten_at > :now, forgotten_at, :now + :window) WHERE name = :account",
                {"account": account, "now": self._database.clock(), "window": _WINDOW},
            )

    def forget_failures(self, account: str) -> None:
        """Reset the count of wrong passwords."""
        with self._database.writing() as connection:
            connection.execute("UPDATE accounts SET failures = 0, forgotten_at = NULL WHERE name = ?", (account,))

    def _of_account(self, column: str, account: str) -> str:
        with self._database.reading() as connection:
            query = f"SELECT {column} FROM accounts WHERE name = ?"  # noqa: S608 - a constant
            value: str = connection.execute(query, (account,)).fetchone()[0]
            return value


def read_permissions(text: str) -> frozenset[Permission]:
    """The permissions that are stored as text."""
    return frozenset(map(Permission, text.split()))
