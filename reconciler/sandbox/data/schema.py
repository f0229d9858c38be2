"""The tables of the sandbox's database, what a fresh installation has in them, and how they are upgraded."""

from __future__ import annotations

import sqlite3
import time
from base64 import b64encode
from hashlib import sha512
from hmac import compare_digest
from secrets import choice
from string import ascii_letters, digits

from reconciler.sandbox.accounts import ACCOUNTS, ADMIN, ANONYMOUS, Account
from reconciler.sandbox.platforms import DEFAULT, Platform, Secrets

FORMAT = 2
"""Increases when the tables change."""

INSTALLED_URL = "<installed>"
"""Placeholder for the instance's URL in a seeded redirect, until the first server on the file knows it."""

_ALPHABET = ascii_letters + digits
_HASH = "$2y$10$"
_SALT, _REST = 22, 31  # characters

_TABLES = (
    # AUTOINCREMENT: the id of a deleted client is never used again.
    """CREATE TABLE clients (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, secret TEXT NOT NULL, redirect TEXT NOT NULL,
        personal_access INTEGER NOT NULL, password INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL, owner TEXT, provider TEXT)""",
    """CREATE TABLE accounts (
        name TEXT PRIMARY KEY, status TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, forgotten_at REAL,
        password TEXT NOT NULL DEFAULT '', permissions TEXT NOT NULL DEFAULT '',
        must_change INTEGER NOT NULL DEFAULT 0, ldap INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE sessions (
        token TEXT PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL, device TEXT NOT NULL,
        last_request REAL NOT NULL, previous TEXT, ended INTEGER NOT NULL DEFAULT 0,
        permissions TEXT NOT NULL DEFAULT '')""",
)
_LATER_TABLES = (
    "CREATE TABLE attempts (key TEXT PRIMARY KEY, count INTEGER NOT NULL, forgotten_at REAL NOT NULL)",
    "CREATE TABLE refresh_tokens (token TEXT PRIMARY KEY, client INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE installation (platform TEXT NOT NULL, upgraded INTEGER NOT NULL)",
)
_FORMAT_1_TO_2 = (
    "ALTER TABLE clients ADD COLUMN owner TEXT",
    "ALTER TABLE clients ADD COLUMN provider TEXT",
    "ALTER TABLE accounts ADD COLUMN password TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE accounts ADD COLUMN permissions TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE accounts ADD COLUMN ldap INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN permissions TEXT NOT NULL DEFAULT ''",
    *_LATER_TABLES,
)

# Name, redirect, personal access, password: what a fresh installation has (observed on 4.15.6, and on 2026).
_SWAGGER = ("Swagger UI Auth", f"{INSTALLED_URL}/api/oauth2-callback", False, False)
_SYSTEM_CLIENTS = (
    ("PmApi", "http://localhost", True, False),
    _SWAGGER,
    ("Password Grant", "http://localhost", False, True),
    ("ProcessMaker Personal Access Client", "http://localhost", True, False),
    ("ProcessMaker Password Grant Client", "http://localhost", False, True),
)
_SYSTEM_CLIENTS_2026 = (("PmApi", "", True, False), _SWAGGER, ("Password Grant", "", False, True))

INSERT_CLIENT = """INSERT INTO clients
    (name, redirect, personal_access, password, secret, owner, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Create all tables, empty."""
    for table in (*_TABLES, *_LATER_TABLES):
        connection.execute(table)


def change_format(connection: sqlite3.Connection) -> None:
    """Change a database of the first format to the present one; what is in it stays."""
    for statement in _FORMAT_1_TO_2:
        connection.execute(statement)
    connection.execute("INSERT INTO installation VALUES (?, 0)", (DEFAULT,))
    # The first format did not note who had created a client.
    connection.execute("UPDATE clients SET owner = ? WHERE id > 5", (ADMIN[0],))
    connection.execute("INSERT INTO accounts (name, status) VALUES (?, ?)", (ANONYMOUS.name, ANONYMOUS.status))
    connection.executemany(
        "UPDATE accounts SET password = ?, permissions = ? WHERE name = ?",
        [(account.password, _text(account), account.name) for account in (*ACCOUNTS, ANONYMOUS)],
    )
    connection.execute("UPDATE sessions SET permissions = (SELECT permissions FROM accounts WHERE name = account)")


def install(connection: sqlite3.Connection, platform: Platform, *, upgraded: bool) -> None:
    """Delete everything and seed the tables like a fresh installation, or one of 4.15 that was upgraded to 2026."""
    for table in ("clients", "accounts", "sessions", "attempts", "refresh_tokens", "installation", "sqlite_sequence"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are constants
    connection.execute("INSERT INTO installation VALUES (?, ?)", (platform.name, upgraded))
    old = upgraded or not platform.is_2026
    now = timestamp(time.time())
    connection.executemany(
        INSERT_CLIENT,
        [
            (*client, stored_secret(new_secret(), Secrets.PLAIN if old else platform.clients.secrets), None, now, now)
            for client in (_SYSTEM_CLIENTS if old else _SYSTEM_CLIENTS_2026)
        ],
    )
    connection.executemany(
        "INSERT INTO accounts (name, status, password, permissions) VALUES (?, ?, ?, ?)",
        [(account.name, account.status, account.password, _text(account)) for account in (*ACCOUNTS, ANONYMOUS)],
    )
    if upgraded:
        upgrade_to_2026(connection)


def upgrade_to_2026(connection: sqlite3.Connection) -> None:
    """Do what the platform's upgrade scripts do: hash all secrets, and give personal access clients an owner."""
    rows = connection.execute("SELECT secret, id FROM clients").fetchall()
    connection.executemany(
        "UPDATE clients SET secret = ? WHERE id = ?", [(stored_secret(secret, Secrets.ONCE), i) for secret, i in rows]
    )
    connection.execute("UPDATE clients SET owner = ? WHERE personal_access AND owner IS NULL", (ADMIN[0],))


def new_secret() -> str:
    """Make a client secret like the platform's: 40 letters and digits."""
    return "".join(choice(_ALPHABET) for _ in range(40))


def stored_secret(secret: str, kind: Secrets) -> str:
    """How a secret is stored: as it is, or as a hash that looks like bcrypt's but takes no time."""
    if kind is Secrets.PLAIN:
        return secret
    return _hash(secret, "".join(choice(_ALPHABET) for _ in range(_SALT)))


def is_secret(given: str, stored: str, kind: Secrets) -> bool:
    """Whether this is the secret that is stored. A secret in clear is none where hashes are expected."""
    if kind is Secrets.PLAIN:
        return compare_digest(given.encode(errors="surrogatepass"), stored.encode())
    salt = stored.removeprefix(_HASH)[:_SALT]
    return stored.startswith(_HASH) and compare_digest(_hash(given, salt), stored)


def timestamp(seconds: float) -> str:
    """Format a time, in seconds since 1970, as the platform prints it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(seconds))


def _hash(secret: str, salt: str) -> str:
    digest = sha512(f"{salt}{secret}".encode(errors="surrogatepass")).digest()
    return f"{_HASH}{salt}{b64encode(digest, altchars=b'./').decode()[:_REST]}"


def _text(account: Account) -> str:
    return " ".join(sorted(account.permissions))
