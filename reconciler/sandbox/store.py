"""The sandbox's data, and the functions that change it from outside while a server uses it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from reconciler.model.clients import ClientSpec
from reconciler.sandbox.data.account_store import AccountStore
from reconciler.sandbox.data.client_store import ClientStore
from reconciler.sandbox.data.database import Database
from reconciler.sandbox.data.session_store import SessionStore
from reconciler.sandbox.data.token_store import TokenStore
from reconciler.sandbox.platforms import Platform


class Store(ClientStore, AccountStore, SessionStore, TokenStore):
    """The database and a clock (seconds since 1970), safe to share between threads and processes.

    Any method may raise `sqlite3.Error`, as when the disk is full.
    """

    def __init__(
        self,
        file: Path | None,
        *,
        platform: str | None = None,
        upgraded: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the database as `Database` does: `platform` is what it is upgraded to, or installed as if it is new."""
        super().__init__(Database(file, platform, clock, upgraded=upgraded))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    @property
    def platform(self) -> Platform:
        """The platform that this is an instance of."""
        return self._database.platform

    @property
    def now(self) -> float:
        """The time by its clock."""
        return self._database.clock()

    def reset(self, platform: str | None = None, *, upgraded: bool = False) -> None:
        """Reset to a fresh installation, of the same platform if no other is named."""
        self._database.install_again(platform, upgraded=upgraded)


def reset(database: Path, platform: str | None = None, *, upgraded: bool = False) -> None:
    """Reset the database to a fresh installation, also while a server uses it; create it if it is missing.

    It stays of its platform if no other is named. Raises `SandboxError` if the file cannot be used, or is not a
    sandbox's, and `WrongUsage` if there is no such platform; the file is left unchanged then.
    """
    with Store(database) as store:
        store.reset(platform, upgraded=upgraded)


def seed(database: Path, clients: Iterable[ClientSpec]) -> None:
    """Add clients in one transaction, without the platform's rules. Raises `SandboxError` as `reset` does."""
    with Store(database) as store:
        store.create_many(clients)
