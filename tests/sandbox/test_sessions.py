"""What happens to a session while it is open: another password, another status, other permissions, on each line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.sandbox.accounts import AccountStatus, Permission
from reconciler.sandbox.serve import running
from reconciler.sandbox.store import Store
from tests.sandbox.conftest import Browser

OVER_HTTP = {"session.secure": "false"}
LOCKED = "Account locked after too many failed attempts. Contact administrator."


@contextmanager
def viewer_on(platform: str, database: Path) -> Iterator[tuple[Browser, Store]]:
    """Somebody who may view clients and is logged in, and a way to change the account."""
    with running(database, platform=platform, settings=OVER_HTTP) as base, Browser(base) as browser:
        browser.headers["User-Agent"] = "tests/1.0"
        browser.log_in("pm_viewer", "Viewer-pass-1")
        assert browser.call("GET", "/oauth/clients").status_code == 200
        with Store(database) as store:
            yield browser, store


def twice(browser: Browser) -> list[int]:
    """The status of two requests, one after the other."""
    return [browser.call("GET", "/oauth/clients").status_code for _ in range(2)]


@pytest.mark.parametrize(
    ("platform", "statuses"),
    [
        ("4.0.17", [200, 200]),
        ("4.2.10", [401, 403]),
        ("4.6.3", [401, 403]),
        ("4.11.1", [401, 403]),
        ("4.13.2", [401, 500]),
        ("4.15.6", [401, 500]),
        ("2026-hashed", [200, 200]),
        ("2026", [200, 200]),
    ],
)
def test_another_password_ends_sessions_on_most_lines(platform: str, statuses: list[int], tmp_path: Path) -> None:
    with viewer_on(platform, tmp_path / "sandbox.sqlite3") as (browser, store):
        store.set_password("pm_viewer", "Another-pass-1")
        assert twice(browser) == statuses
        browser.call("GET", "/logout")
        assert browser.log_in("pm_viewer", "Viewer-pass-1").status_code == 422
        assert browser.log_in("pm_viewer", "Another-pass-1").status_code in (204, 302)
        assert browser.call("GET", "/oauth/clients").status_code == 200


@pytest.mark.parametrize("status", [AccountStatus.BLOCKED, AccountStatus.INACTIVE])
@pytest.mark.parametrize("platform", ["4.0.17", "4.8.4", "4.15.6", "2026-owner-only", "2026"])
def test_another_status_ends_sessions_on_2026_alone(platform: str, status: AccountStatus, tmp_path: Path) -> None:
    with viewer_on(platform, tmp_path / "sandbox.sqlite3") as (browser, store):
        store.set_status("pm_viewer", status)
        if not platform.startswith("2026"):
            assert twice(browser) == [200, 200]
            return
        told = browser.call("POST", "/oauth/token/refresh")
        assert told.status_code == 401
        assert told.json() == {"message": LOCKED if status is AccountStatus.BLOCKED else "Unauthorized"}
        assert twice(browser) == [500, 500]


@pytest.mark.parametrize(
    ("platform", "at_once"),
    [("4.0.17", 200), ("4.9.4", 200), ("4.11.1", 200), ("4.11.2", 403), ("4.15.6", 403), ("2026", 403)],
)
def test_a_permission_that_is_taken_away_works_on_up_to_4_11_1(platform: str, at_once: int, tmp_path: Path) -> None:
    with viewer_on(platform, tmp_path / "sandbox.sqlite3") as (browser, store):
        store.set_permissions("pm_viewer", [])
        assert twice(browser) == [at_once, at_once]
        browser.call("GET", "/logout")
        browser.log_in("pm_viewer", "Viewer-pass-1")
        assert twice(browser) == [403, 403]


@pytest.mark.parametrize("platform", ["4.0.17", "4.11.1", "4.15.6", "2026"])
def test_a_permission_that_is_given_works_at_once(platform: str, tmp_path: Path) -> None:
    with viewer_on(platform, tmp_path / "sandbox.sqlite3") as (browser, store):
        assert browser.call("POST", "/oauth/clients", json={}).status_code == 403
        store.set_permissions("pm_viewer", [Permission.VIEW, Permission.CREATE])
        assert browser.call("POST", "/oauth/clients", json={}).status_code == 422


@pytest.mark.parametrize("platform", ["4.6.3", "4.15.6", "2026"])
def test_a_password_that_has_to_be_changed_leads_pages_there_and_leaves_clients_alone(
    platform: str, tmp_path: Path
) -> None:
    with viewer_on(platform, tmp_path / "sandbox.sqlite3") as (browser, store):
        store.set_password("pm_viewer", "Another-pass-1", must_change=True)
        browser.call("GET", "/oauth/clients")  # the session may be told here that it is over
        browser.call("GET", "/logout")
        browser.log_in("pm_viewer", "Another-pass-1")
        assert twice(browser) == [200, 200]
        assert browser.call("POST", "/oauth/token/refresh").status_code == 200
        page = browser.call("GET", "/about")
        assert (page.status_code, page.headers["Location"]) == (302, f"{browser.base}/password/change")


@pytest.mark.parametrize("platform", ["4.2.36", "4.15.6", "2026"])
def test_a_login_of_an_ldap_account_makes_no_session(platform: str, tmp_path: Path) -> None:
    with viewer_on(platform, tmp_path / "sandbox.sqlite3") as (browser, store), Browser(browser.base) as other:
        store.set_ldap("pm_viewer", True)
        answer = other.log_in("pm_viewer", "Viewer-pass-1")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{browser.base}/sso/callback")
        assert other.call("POST", "/oauth/token/refresh").status_code == 401
        assert other.log_in("pm_viewer", "wrong").status_code == 422


@pytest.mark.parametrize("platform", ["4.0.17", "4.2.36", "4.3", "4.15.6"])
def test_up_to_4_2_a_session_cookie_is_for_https_unless_a_setting_says_otherwise(platform: str) -> None:
    old = platform in ("4.0.17", "4.2.36")
    for settings, secure in (({}, old), ({"session.secure": "true"}, True), ({"session.secure": "false"}, False)):
        with running(None, platform=platform, settings=settings) as base, Browser(base) as browser:
            assert ("Secure" in browser.log_in().headers["Set-Cookie"]) is secure
            # The cookie does not come back over http.
            assert browser.call("POST", "/oauth/token/refresh").status_code == (401 if secure else 200)
