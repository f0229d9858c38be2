"""The accounts of every sandbox: one for each way in which the platform accepts or refuses an account."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from reconciler.support.frozen import frozen


class Permission(StrEnum):
    """What an account may do with auth clients, by the platform's own names."""

    VIEW = "view-auth_clients"
    CREATE = "create-auth_clients"
    EDIT = "edit-auth_clients"
    DELETE = "delete-auth_clients"


class AccountStatus(StrEnum):
    """Whether an account can log in. Too many wrong passwords make it BLOCKED, where the policy says so."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    BLOCKED = "BLOCKED"


@frozen
class Account:
    """A user of the sandbox. The passwords are public, so the sandbox serves on loopback only."""

    name: str
    password: str
    permissions: frozenset[Permission] = frozenset()
    status: AccountStatus = AccountStatus.ACTIVE
    """As installed; the current status is in the database."""


_VIEW = frozenset({Permission.VIEW})
_EDIT = frozenset({Permission.EDIT})

ACCOUNTS = (
    Account("admin", "Admin-pass-1", frozenset(Permission)),
    Account("pm_manager", "Manager-pass-1", frozenset(Permission)),
    Account("pm_editor", "Editor-pass-1", _VIEW | _EDIT),
    Account("pm_editonly", "Editonly-pass-1", _EDIT),
    Account("pm_viewer", "Viewer-pass-1", _VIEW),
    Account("pm_none", "None-pass-1"),
    Account("pm_inactive", "Inactive-pass-1", status=AccountStatus.INACTIVE),
    Account("pm_blocked", "Blocked-pass-1", status=AccountStatus.BLOCKED),
    Account("pm_lock", "Lock-pass-1", _VIEW),
)

ANONYMOUS = Account("_pm4_anon_user", "")
"""An account of the platform's own. An empty password is never right, so nobody can log in to it."""

ADMIN: tuple[str, str] = (ACCOUNTS[0].name, ACCOUNTS[0].password)
"""User name and password of the account with all permissions."""


def find_account(name: str) -> Account | None:
    """Find an account by user name; None if there is none. Case and accents are ignored, as on the platform."""
    return _BY_KEY.get(_key(name))


def account_named(name: str) -> Account:
    """The account with exactly this name, which must exist."""
    return _BY_NAME[name]


def _key(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


_BY_NAME = {account.name: account for account in ACCOUNTS}
_BY_KEY = {_key(account.name): account for account in (*ACCOUNTS, ANONYMOUS)}
