"""Logging in: names, locks, sessions that expire or exclude each other."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from reconciler.sandbox.accounts import ACCOUNTS, ADMIN, AccountStatus
from reconciler.sandbox.app import Application
from reconciler.sandbox.serve import running
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store
from tests.sandbox.conftest import Browser, Clock

JSON = {"Accept": "application/json"}
LOCKED = "Account locked after too many failed attempts. Contact administrator."
WRONG = "These credentials do not match our records."


def log_in(client: Client, username: str, password: str) -> str | int:
    """The message of a refused login, the status of any other."""
    answer = client.post("/login", data={"username": username, "password": password}, headers=JSON)
    return str(answer.json["message"]) if answer.status_code == 422 and answer.json else answer.status_code


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_an_account_logs_in_with_its_own_password_if_it_is_active(account: object, stranger: Browser) -> None:
    (found,) = [each for each in ACCOUNTS if each is account]
    answer = stranger.log_in(found.name, found.password)
    assert answer.status_code == (204 if found.status is AccountStatus.ACTIVE else 422)


@pytest.mark.parametrize("name", ["ADMIN", " admin\u200b", "\u0000Admin\ufeff", "ádmin", "ＡＤＭＩＮ"])
def test_a_user_name_is_trimmed_and_case_makes_no_difference(name: str, stranger: Browser) -> None:
    assert stranger.log_in(name).status_code == 204


@pytest.mark.parametrize("name", ["ad min", "admin\u001f", "admin@example.com", "", "admi", "admin2"])
def test_other_user_names_are_nobody(name: str, stranger: Browser) -> None:
    assert stranger.log_in(name).json()["message"] == WRONG


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({}, {"username": [WRONG]}),
        ({"username": "admin"}, {"password": ["The Password field is required."]}),
        ({"username": "admin", "password": ""}, {"password": ["The Password field is required."]}),
        ({"username": "admin", "password": "  "}, {"password": ["The Password field is required."]}),
        ({"username": "admin", "password": 5}, {"password": ["The Password field must be a string."]}),
        ({"username": ["admin"], "password": ADMIN[1]}, {"username": ["The Username field must be a string."]}),
        ({"username": "nobody"}, {"username": [WRONG]}),
        ({"username": "pm_blocked"}, {"username": [LOCKED]}),
        ({"username": "pm_inactive"}, {"username": [WRONG]}),
        ({"username": 7, "password": "x"}, {"username": [WRONG]}),
        ({"username": "admin", "password": "admin-pass-1"}, {"username": [WRONG]}),
    ],
)
def test_a_refused_login_says_what_the_platform_says(
    fields: dict[str, object], errors: dict[str, list[str]], stranger: Browser
) -> None:
    answer = stranger.call("POST", "/login", json=fields)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


def test_a_success_is_204_only_where_json_is_liked_best(base: str) -> None:
    for headers, status in (({"Accept": "*/*"}, 302), ({"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"}, 302)):
        with Browser(base) as browser:
            answer = browser.call(
                "POST", "/login", json=dict(zip(("username", "password"), ADMIN, strict=True)), headers=headers
            )
            assert (answer.status_code, answer.headers["Location"]) == (status, base)
            assert browser.call("GET", "/oauth/clients").status_code == 200


def test_the_login_form_is_for_strangers(admin: Browser, stranger: Browser) -> None:
    assert stranger.call("GET", "/login").headers["Content-Type"] == "text/html; charset=UTF-8"
    assert admin.call("GET", "/login").headers["Location"] == admin.base


def test_logging_out_without_a_session_does_no_harm(stranger: Browser) -> None:
    answer = stranger.call("GET", "/logout")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{stranger.base}/login")
    assert stranger.log_in().status_code == 204


def test_logging_out_ends_one_session_and_not_the_others(admin: Browser, stranger: Browser) -> None:
    assert stranger.log_in().status_code == 204
    admin.call("GET", "/logout")
    assert admin.call("GET", "/oauth/scopes").status_code == 401
    assert stranger.call("GET", "/oauth/scopes").status_code == 200


def test_one_try_too_many_blocks_the_account_even_with_the_right_password() -> None:
    """And an unblocked account is blocked again by the right password, until a minute after the first wrong one."""
    clock = Clock()
    with Store(None, clock=clock) as store:
        client = Client(Application(store, LoginSettings(login_attempts=2), "http://sandbox"))
        assert [log_in(client, "pm_lock", "wrong") for _ in range(2)] == [WRONG, WRONG]
        assert log_in(client, "PM_LOCK", "Lock-pass-1") == LOCKED
        clock.now += 3600
        assert log_in(client, "pm_lock", "Lock-pass-1") == LOCKED

        store.set_status("pm_lock", AccountStatus.ACTIVE)
        assert [log_in(client, "pm_lock", "wrong") for _ in range(2)] == [WRONG, WRONG]
        clock.now += 59
        assert log_in(client, "pm_lock", "Lock-pass-1") == LOCKED
        store.set_status("pm_lock", AccountStatus.ACTIVE)
        assert log_in(client, "pm_lock", "Lock-pass-1") == LOCKED
        store.set_status("pm_lock", AccountStatus.ACTIVE)
        clock.now += 1
        assert log_in(client, "pm_lock", "Lock-pass-1") == 204


def test_a_success_forgets_the_wrong_passwords() -> None:
    with Store(None) as store:
        app = Application(store, LoginSettings(login_attempts=2), "http://sandbox")
        for _ in range(3):
            client = Client(app)
            assert log_in(client, "pm_lock", "wrong") == WRONG
            assert log_in(client, "pm_lock", "Lock-pass-1") == 204


def test_a_session_lives_for_its_lifetime_after_the_last_request() -> None:
    clock = Clock()
    with Store(None, clock=clock) as store:
        client = Client(Application(store, LoginSettings(lifetime=30), "http://sandbox"))
        assert log_in(client, *ADMIN) == 204
        for _ in range(3):
            clock.now += 29 * 60
            assert client.get("/oauth/scopes", headers=JSON).status_code == 200
        clock.now += 30 * 60
        assert client.get("/oauth/scopes", headers=JSON).status_code == 401
        assert log_in(client, *ADMIN) == 204


def test_a_second_login_from_one_address_is_sent_to_the_login_page() -> None:
    with running(None, settings={"session-control.ip_restriction": 1}) as base, Browser(base) as a, Browser(base) as b:
        assert a.log_in().status_code == 204
        for password in (ADMIN[1], "wrong"):
            answer = b.log_in(password=password)
            assert (answer.status_code, answer.headers["Location"]) == (302, f"{base}/login")
        assert b.log_in("pm_viewer", "Viewer-pass-1").status_code == 204
        assert a.call("GET", "/oauth/clients").status_code == 200


def test_a_second_login_ends_the_first_session_which_learns_it_by_a_redirect() -> None:
    with (
        running(None, settings={"session-control.ip_restriction": "2"}) as base,
        Browser(base) as a,
        Browser(base) as b,
    ):
        assert [a.log_in().status_code, b.log_in().status_code] == [204, 204]
        told = a.call("GET", "/oauth/clients")
        assert (told.status_code, told.headers["Location"]) == (302, f"{base}/login")
        assert a.call("GET", "/oauth/clients").status_code == 500
        assert b.call("GET", "/oauth/clients").status_code == 200


@pytest.mark.parametrize(("restriction", "second", "first"), [(1, 302, 200), (2, 204, 302)])
def test_another_device_is_restricted_and_the_same_is_not(restriction: int, second: int, first: int) -> None:
    settings = {"session-control.device_restriction": restriction}
    with running(None, settings=settings) as base, Browser(base) as a, Browser(base) as b, Browser(base) as c:
        c.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0)"
        assert [a.log_in().status_code, b.log_in().status_code] == [204, 204]
        assert a.call("GET", "/oauth/scopes").status_code == 200
        assert c.log_in().status_code == second
        assert a.call("GET", "/oauth/scopes").status_code == first
