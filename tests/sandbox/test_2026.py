"""Clients on 2026, and on the older lines that store something else than was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from reconciler.sandbox.serve import running
from tests.sandbox.conftest import Browser

CODE, PERSONAL, PASSWORD = "authorization_code_grant", "personal_access_client", "password_client"
URL = "https://a.example/cb"
STATES = ["2026-hashed", "2026-owner-only", "2026"]
HASH = re.compile(r"\$2y\$10\$[A-Za-z0-9./]{53}")


@contextmanager
def two_accounts(platform: str, *, upgraded: bool = False) -> Iterator[tuple[Browser, Browser]]:
    """The administrator, and another account that may do everything."""
    settings = {"session.secure": "false"}
    with (
        running(None, platform=platform, upgraded=upgraded, settings=settings) as base,
        Browser(base) as admin,
        Browser(base) as manager,
    ):
        for browser, credentials in ((admin, ("admin", "Admin-pass-1")), (manager, ("pm_manager", "Manager-pass-1"))):
            browser.headers["User-Agent"] = "tests/1.0"
            browser.log_in(*credentials)
        yield admin, manager


def listed(browser: Browser) -> dict[int, dict[str, object]]:
    return {client["id"]: client for client in browser.call("GET", "/oauth/clients").json()["data"]}


@pytest.mark.parametrize("state", STATES)
def test_a_secret_is_shown_once_or_as_its_hash_or_never(state: str) -> None:
    with two_accounts(state) as (admin, _):
        made = admin.create(name="n", types=[CODE], redirect=URL).json()
        one = admin.call("GET", "/oauth/clients/4").json()
        put = admin.call("PUT", "/oauth/clients/4", json={"name": "m", "types": [PASSWORD]}).json()
        assert one["secret"] == put["secret"] == listed(admin)[4]["secret"]
        if state == "2026-hashed":
            assert HASH.fullmatch(made["secret"])
            assert put["secret"] == made["secret"]
            assert all(HASH.fullmatch(str(client["secret"])) for client in listed(admin).values())
        else:
            assert re.fullmatch("[A-Za-z0-9]{40}", made["secret"])
            assert {client["secret"] for client in listed(admin).values()} == {None}
            token = {"grant_type": "password", "client_id": 4, "username": "pm_none", "password": "None-pass-1"}
            tried = requests.post(
                f"{admin.base}/oauth/token", data={**token, "client_secret": made["secret"]}, timeout=10
            )
            assert tried.status_code == 200


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("asked", "stored", "kept"),
    [
        ([CODE], [CODE], URL),
        ([PASSWORD], [PASSWORD], ""),
        ([PERSONAL], [PERSONAL], ""),
        ([CODE, PASSWORD], [PASSWORD], ""),
        ([CODE, PERSONAL], [PERSONAL], ""),
        ([PASSWORD, PERSONAL], [PERSONAL], ""),
        ([CODE, PASSWORD, PERSONAL], [PERSONAL], ""),
    ],
)
def test_a_post_stores_one_grant_and_a_put_all(state: str, asked: list[str], stored: list[str], kept: str) -> None:
    with two_accounts(state) as (admin, manager):
        made = admin.create(name="n", types=asked, redirect=URL).json()
        assert (made["types"], made["redirect"]) == (stored, kept)
        owned = stored == [CODE]
        wish = {"name": "n", "types": asked, "redirect": URL}
        changed = admin.call("PUT", "/oauth/clients/4", json=wish)
        by_another = manager.call("PUT", "/oauth/clients/4", json=wish)
        if state == "2026":
            assert (changed.status_code, by_another.status_code) == (200, 200)
        else:
            assert (changed.status_code, by_another.status_code) == (200 if owned else 404, 404)
            assert by_another.content == b""
        if changed.status_code == 200:
            assert changed.json()["types"] == [each for each in (CODE, PERSONAL, PASSWORD) if each in asked]


@pytest.mark.parametrize("state", STATES)
def test_what_is_missing_deleted_or_somebody_elses_is_404_without_a_body(state: str) -> None:
    with two_accounts(state) as (admin, manager):
        admin.create(name="n", types=[CODE], redirect=URL)
        for method in ("GET", "PUT", "DELETE"):
            for path in ("0", "99", "abc", "-1"):
                answer = admin.call(method, f"/oauth/clients/{path}", json={} if method == "PUT" else None)
                assert (answer.status_code, answer.content) == (404, b"")
                assert "Content-Type" not in answer.headers
        mine = 200 if state == "2026" else 404
        assert manager.call("GET", "/oauth/clients/4").status_code == mine
        assert admin.call("GET", "/oauth/clients/4x").json()["id"] == 4
        assert admin.call("DELETE", "/oauth/clients/4").status_code == 204
        for method in ("GET", "PUT", "DELETE"):
            assert admin.call(method, "/oauth/clients/4", json={}).status_code == 404


def test_the_system_clients_of_2026_have_no_owner_until_an_upgrade_gives_some_one() -> None:
    for upgraded, touched in ((False, []), (True, [1, 4])):
        with two_accounts("2026-owner-only", upgraded=upgraded) as (admin, manager):
            clients = listed(admin)
            assert list(clients) == ([1, 2, 3, 4, 5] if upgraded else [1, 2, 3])
            assert [number for number in clients if admin.call("GET", f"/oauth/clients/{number}").ok] == touched
            assert [number for number in clients if manager.call("GET", f"/oauth/clients/{number}").ok] == []


def test_names_that_are_no_text() -> None:
    for platform, shown in {"4.15.6": [5, True, False], "2026": ["5", "1", "0"]}.items():
        with two_accounts(platform) as (admin, _):
            assert [admin.create(name=name).json()["name"] for name in (5, True, False)] == shown
            assert admin.create(name=["n"]).status_code == 500
    for platform, status in {"4.0.17": 500, "4.2.10": 200, "4.6.3": 200, "4.8.4": 500, "2026": 500}.items():
        with two_accounts(platform) as (admin, _):
            number = admin.create(name="n", types=[CODE], redirect=URL).json()["id"]
            put = admin.call("PUT", f"/oauth/clients/{number}", json={"name": ["a/b"], "types": [PASSWORD]})
            assert put.status_code == status
            assert listed(admin)[number]["name"] == ('["a\\/b"]' if status == 200 else "n")


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ([CODE], [CODE]),
        ([PERSONAL], []),
        ([PASSWORD], [PERSONAL]),
        ([CODE, PERSONAL], [CODE]),
        ([CODE, PASSWORD], [CODE, PERSONAL]),
        ([PERSONAL, PASSWORD], [PERSONAL]),
        ([CODE, PERSONAL, PASSWORD], [CODE, PERSONAL]),
    ],
)
def test_4_2_10_stores_other_grants_and_a_provider_that_no_put_clears(asked: list[str], stored: list[str]) -> None:
    with two_accounts("4.2.10") as (admin, _):
        made = admin.create(name="n", types=asked, redirect=URL).json()
        assert made["types"] == stored
        wish = {"name": "n", "types": asked, "redirect": URL}
        again = admin.call("PUT", "/oauth/clients/6", json=wish).json()
        assert again["types"] == [each for each in (CODE, PERSONAL, PASSWORD) if each in asked]
        user = {"username": "pm_none", "password": "None-pass-1"}
        fields = {"grant_type": "password", "client_id": 6, "client_secret": made["secret"], **user}
        token = requests.post(f"{admin.base}/oauth/token", data=fields, timeout=10)
        broken = PERSONAL in asked
        assert token.status_code == (401 if PASSWORD not in asked else 500 if broken else 200)
