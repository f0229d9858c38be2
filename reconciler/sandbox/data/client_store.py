"""The clients of the sandbox."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.fields import join_urls
from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.data.database import Database
from reconciler.sandbox.data.schema import INSERT_CLIENT, INSTALLED_URL, new_secret, stored_secret, timestamp
from reconciler.sandbox.platforms import Secrets

_COLUMNS = "id, name, secret, redirect, revoked, personal_access, password, created_at, updated_at, owner, provider"

ClientRow = tuple[int, str, str, str, int, int, int, str, str, str | None, str | None]
"""id, name, secret, redirect, revoked, personal access, password, created at, updated at, owner, provider."""


class ClientStore:
    """The part of the store that holds clients."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._base = INSTALLED_URL

    def set_url(self, base: str) -> None:
        """Set the URL of a fresh installation, which one of the system clients redirects to."""
        self._base = base
        self.tell_url()

    def tell_url(self) -> None:
        """Write the URL of the instance where a fresh installation does not have it yet."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE clients SET redirect = replace(redirect, :old, :new)"
                " WHERE id < 6 AND redirect LIKE :old || '/%'",
                {"old": INSTALLED_URL, "new": self._base},
            )

    def clients(self) -> list[ClientRow]:
        """All clients that are not revoked, in ascending id."""
        with self._database.reading() as connection:
            query = f"SELECT {_COLUMNS} FROM clients WHERE NOT revoked ORDER BY id"  # noqa: S608 - a constant
            return connection.execute(query).fetchall()

    def client(self, number: float) -> ClientRow | None:
        """The client with this id, also when it is revoked."""
        with self._database.reading() as connection:
            query = f"SELECT {_COLUMNS} FROM clients WHERE id = ?"  # noqa: S608 - a constant
            row: ClientRow | None = connection.execute(query, (number,)).fetchone()
            return row

    def create(  # noqa: PLR0913  (the columns of a client)
        self,
        name: str,
        redirect: str,
        personal_access: bool,
        password: bool,
        *,
        owner: str | None = ADMIN[0],
        provider: str | None = None,
    ) -> ClientRow:
        """Create a client with a new id and secret. The secret returned is what its creator is shown."""
        kind = self._database.platform.clients.secrets
        now, secret = timestamp(self._database.clock()), new_secret()
        stored = stored_secret(secret, kind)
        values = (name, redirect, personal_access, password, stored, owner, now, now)
        with self._database.writing() as connection:
            made = connection.execute(INSERT_CLIENT, values).lastrowid or 0
            if provider is not None:
                connection.execute("UPDATE clients SET provider = ? WHERE id = ?", (provider, made))
        shown = stored if kind is Secrets.HASHED else secret
        return (made, name, shown, redirect, 0, personal_access, password, now, now, owner, provider)

    def create_many(self, specs: Iterable[ClientSpec]) -> None:
        """Create many clients at once, which belong to the administrator."""
        kind = self._database.platform.clients.secrets
        now = timestamp(self._database.clock())
        rows = [(*_stored(spec), stored_secret(new_secret(), kind), ADMIN[0], now, now) for spec in specs]
        with self._database.writing() as connection:
            connection.executemany(INSERT_CLIENT, rows)

    def update(self, client_id: int, name: str, redirect: str, personal_access: bool, password: bool) -> None:
        """Replace all fields of a client that can change. Without a difference, `updated_at` stays."""
        values = {"name": name, "redirect": redirect, "personal": personal_access, "password": password}
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE clients SET name = :name, redirect = :redirect, personal_access = :personal,"
                " password = :password, updated_at = :now WHERE id = :id"
                " AND (name, redirect, personal_access, password) <> (:name, :redirect, :personal, :password)",
                {**values, "id": client_id, "now": timestamp(self._database.clock())},
            )

    def revoke(self, client_id: int) -> None:
        """Revoke a client for good."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE clients SET revoked = 1, updated_at = ? WHERE id = ? AND NOT revoked",
                (timestamp(self._database.clock()), client_id),
            )


def _stored(spec: ClientSpec) -> tuple[str, str, bool, bool]:
    redirect = join_urls(spec.redirect_urls) if Grant.AUTHORIZATION_CODE in spec.grants else None
    return (
        spec.name,
        redirect or "",
        Grant.PERSONAL_ACCESS_TOKEN in spec.grants,
        Grant.PASSWORD in spec.grants,
    )
