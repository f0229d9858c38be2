"""A database remembers its platform: what it can become, and what an upgrade does to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import requests

from reconciler.model.errors import SandboxError, WrongUsage
from reconciler.sandbox.serve import reset, running
from reconciler.sandbox.store import Store
from tests.sandbox.conftest import Browser

OVER_HTTP = {"session.secure": "false"}
HOW_TO_START_AFRESH = (
    "name another file, or start afresh: `reconciler sandbox reset` for an embedded instance, else delete it"
)

# The tables of the first format, with one client of its own.
FIRST_FORMAT = """
CREATE TABLE clients (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, secret TEXT NOT NULL, redirect TEXT NOT NULL,
    personal_access INTEGER NOT NULL, password INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE accounts (
    name TEXT PRIMARY KEY, status TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, forgotten_at REAL);
CREATE TABLE sessions (
    token TEXT PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL, device TEXT NOT NULL,
    last_request REAL NOT NULL, previous TEXT, ended INTEGER NOT NULL DEFAULT 0);
INSERT INTO clients VALUES (1, 'PmApi', 's', 'http://localhost', 1, 0, 0, 'then', 'then');
INSERT INTO clients VALUES (6, 'kept', 'its secret', 'https://a.example/cb', 0, 0, 0, 'then', 'then');
INSERT INTO accounts (name, status) VALUES ('admin', 'ACTIVE'), ('pm_viewer', 'BLOCKED');
INSERT INTO sessions VALUES ('token', 'admin', '127.0.0.1', 'unknown', 9e9, NULL, 0);
PRAGMA application_id = 0x504D5242;
PRAGMA user_version = 1;
"""


def platform_of(database: Path) -> str:
    """What the database is of."""
    with Store(database) as store:
        return store.platform.name


def test_a_database_stays_of_its_platform(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    for platform in ("4.2.36", None, "4.2.36"):
        with running(database, platform=platform, settings=OVER_HTTP) as base, Browser(base) as browser:
            assert browser.log_in().headers["Location"] == base
    reset(database)
    assert platform_of(database) == "4.2.36"
    assert platform_of(tmp_path / "another.sqlite3") == "4.15.6"


@pytest.mark.parametrize(
    ("first", "then"), [("4.2.36", "4.15.6"), ("4.15", "4.15.6"), ("4.15.6", "4.15"), ("2026-hashed", "2026")]
)
def test_a_later_version_upgrades_it(first: str, then: str, tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    Store(database, platform=first).__exit__(None, None, None)
    with Store(database, platform=then) as store:
        assert store.platform.name == then
    assert platform_of(database) == then


NOT_BACK = "is of platform {first}, and nothing leads back to {then}"


@pytest.mark.parametrize(
    ("first", "then", "upgraded", "message", "hint"),
    [
        ("4.8.4", "4.6.3", False, NOT_BACK, HOW_TO_START_AFRESH),
        ("2026", "4.15.6", False, NOT_BACK, HOW_TO_START_AFRESH),
        ("2026", "2026-hashed", False, NOT_BACK, HOW_TO_START_AFRESH),
        ("2026", "2026", True, "was installed as 2026, not upgraded to it", HOW_TO_START_AFRESH),
        (
            "4.15.6",
            "2026",
            False,
            "is of platform 4.15.6, and was not upgraded to 2026 yet",
            "reconciler sandbox serve --platform 2026 --upgraded --database {database}",
        ),
        (
            "4.6.3",
            "4.8.4",
            True,
            "only a database of 2026 can be an upgraded one, not of 4.8.4",
            "leave --upgraded out, or add --platform 2026",
        ),
    ],
)
def test_what_a_database_cannot_become_is_refused_and_leaves_it_alone(  # noqa: PLR0917
    first: str, then: str, upgraded: bool, message: str, hint: str, tmp_path: Path
) -> None:
    database = tmp_path / "sandbox.sqlite3"
    Store(database, platform=first).__exit__(None, None, None)
    with pytest.raises((SandboxError, WrongUsage)) as refused:
        Store(database, platform=then, upgraded=upgraded)
    assert message.format(first=first, then=then) in refused.value.message
    assert refused.value.hint == hint.format(database=database)
    assert platform_of(database) == first


def test_an_upgrade_to_2026_hashes_secrets_that_still_work_and_gives_personal_access_clients_an_owner(
    tmp_path: Path,
) -> None:
    database = tmp_path / "sandbox.sqlite3"
    with running(database, platform="4.15.6") as base, Browser(base) as manager:
        manager.log_in("pm_manager", "Manager-pass-1")
        made = manager.create(name="mine").json()
    with running(database, platform="2026-owner-only", upgraded=True) as base, Browser(base) as admin:
        admin.log_in()
        assert list(admin.names()) == [1, 2, 3, 4, 5, 6]
        assert [n for n in admin.names() if admin.call("GET", f"/oauth/clients/{n}").ok] == [1, 4]
        with Browser(base) as manager:
            manager.log_in("pm_manager", "Manager-pass-1")
            assert manager.call("GET", "/oauth/clients/6").json()["secret"] is None
        user = {"grant_type": "password", "username": "pm_none", "password": "None-pass-1"}
        fields = {**user, "client_id": 6, "client_secret": made["secret"]}
        assert requests.post(f"{base}/oauth/token", data=fields, timeout=10).status_code == 200
    with Store(database) as store:
        assert store.clients()[5][2] != made["secret"]
    # It is an upgraded one from now on, and the next upgrade needs no flag.
    with Store(database, platform="2026", upgraded=True), Store(database, platform="2026"):
        assert platform_of(database) == "2026"


def test_reset_can_choose_another_platform(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    reset(database, "2026")
    reset(database, "4.6.3")
    assert platform_of(database) == "4.6.3"
    with Store(database) as store:
        assert len(store.clients()) == 5
    with pytest.raises(WrongUsage):
        reset(database, "4.16")
    reset(database, "2026", upgraded=True)
    with Store(database) as store:
        assert [client[9] for client in store.clients()] == ["admin", None, None, "admin", None]


def test_a_database_of_the_first_format_is_of_4_15_6_and_keeps_what_it_holds(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(FIRST_FORMAT)
    with running(database) as base, Browser(base) as browser:
        browser.cookies.set("processmaker_session", "token")
        client = browser.call("GET", "/oauth/clients").json()["data"][1]
        assert (client["name"], client["secret"]) == ("kept", "its secret")
        assert browser.call("PUT", "/oauth/clients/6", json={}).status_code == 422
    with running(database) as base, Browser(base) as browser:
        assert browser.log_in("pm_viewer", "Viewer-pass-1").status_code == 422
        assert browser.log_in().status_code == 204
    with Store(database, platform="2026-owner-only", upgraded=True) as store:
        assert [client[9] for client in store.clients()] == ["admin", "admin"]
