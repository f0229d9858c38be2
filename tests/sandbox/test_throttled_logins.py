"""Logging in on the lines that count wrong passwords by address, and on those that fail at some programs."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from reconciler.sandbox.app import Application
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store
from tests.sandbox.conftest import Clock

JSON = {"Accept": "application/json", "User-Agent": "tests/1.0"}


def log_in(app: Application, username: str, password: str, **headers: str) -> tuple[int, object]:
    """Status and messages of a login from an empty cookie jar."""
    answer = Client(app).post("/login", data={"username": username, "password": password}, headers={**JSON, **headers})
    return answer.status_code, (answer.json or {}).get("errors")


def wait(seconds: int) -> tuple[int, object]:
    return 429, {"username": [f"Too many login attempts. Please try again in {seconds} seconds."]}


@pytest.mark.parametrize("platform", ["4.0.17", "4.2.36", "4.6.3", "4.8.4"])
def test_after_five_wrong_passwords_the_right_one_is_refused_for_a_minute(platform: str) -> None:
    clock = Clock()
    with Store(None, platform=platform, clock=clock) as store:
        app = Application(store, LoginSettings(), "http://sandbox")
        assert [log_in(app, "pm_lock", "wrong")[0] for _ in range(5)] == [422] * 5
        assert log_in(app, "PM_Lock", "Lock-pass-1") == wait(60)
        assert log_in(app, "pm_viewer", "Viewer-pass-1")[0] in (204, 302)
        clock.now += 59.5
        assert log_in(app, "pm_lock", "Lock-pass-1") == wait(1)
        clock.now += 0.5
        assert log_in(app, "pm_lock", "Lock-pass-1")[0] in (204, 302)


def test_a_right_password_forgets_the_wrong_ones() -> None:
    with Store(None, platform="4.8.4") as store:
        app = Application(store, LoginSettings(), "http://sandbox")
        for _ in range(3):
            assert [log_in(app, "pm_lock", "wrong")[0] for _ in range(4)] == [422] * 4
            assert log_in(app, "pm_lock", "Lock-pass-1")[0] == 204


def test_another_address_is_counted_by_itself() -> None:
    with Store(None, platform="4.6.3") as store:
        app = Application(store, LoginSettings(), "http://sandbox")
        wrong = {"username": "pm_lock", "password": "wrong"}
        for address, statuses in {"10.0.0.1": [422] * 5 + [429], "10.0.0.2": [422]}.items():
            for status in statuses:
                sent = Client(app).post("/login", data=wrong, headers=JSON, environ_base={"REMOTE_ADDR": address})
                assert sent.status_code == status


@pytest.mark.parametrize("platform", ["4.9.4", "4.15.6", "2026"])
def test_later_lines_do_not_throttle(platform: str) -> None:
    with Store(None, platform=platform) as store:
        app = Application(store, LoginSettings(), "http://sandbox")
        assert {log_in(app, "pm_lock", "wrong")[0] for _ in range(8)} == {422}
        assert log_in(app, "pm_lock", "Lock-pass-1")[0] == 204


@pytest.mark.parametrize("platform", ["4.0.17", "4.8.4"])
def test_the_policies_for_logins_have_no_effect_up_to_4_8(platform: str) -> None:
    with Store(None, platform=platform) as store:
        policy = LoginSettings(login_attempts=1, ip_restriction=1, device_restriction=2)
        app = Application(store, policy, "http://sandbox")
        assert [log_in(app, "pm_lock", "wrong")[0] for _ in range(3)] == [422] * 3
        assert [log_in(app, "pm_lock", "Lock-pass-1")[0] in (204, 302) for _ in range(3)] == [True] * 3


@pytest.mark.parametrize(
    "agent", ["python-requests/2.31.0", "Python-urllib/3.11", "curl/8.5.0", "Wget/1.21", "Go-http-client/2.0"]
)
def test_some_versions_answer_500_to_every_login_of_well_known_programs(agent: str) -> None:
    """The right password makes the session all the same."""
    for platform, fails in {"4.0.17": False, "4.1.27": True, "4.2.10": True, "4.2.29": True, "4.2.30": False}.items():
        with Store(None, platform=platform) as store:
            app = Application(store, LoginSettings(secure=0), "http://localhost")
            browser = Client(app)
            headers = {**JSON, "User-Agent": agent}
            right = browser.post("/login", data={"username": "admin", "password": "Admin-pass-1"}, headers=headers)
            assert right.status_code == (500 if fails else 302)
            assert browser.get("/oauth/clients", headers=headers).status_code == 200
            wrong = [log_in(app, "admin", "wrong", **{"User-Agent": agent})[0] for _ in range(6)]
            # What fails is not counted.
            assert wrong == ([500] * 6 if fails else [422] * 5 + [429])


def test_a_login_leads_to_the_page_that_was_asked_for() -> None:
    with Store(None, platform="4.2.36") as store:
        browser = Client(Application(store, LoginSettings(secure=0), "http://localhost"))
        html = {"Accept": "text/html", "User-Agent": "tests/1.0"}
        assert browser.get("/admin/auth-clients?order_by=name", headers=html).status_code == 302
        assert browser.get("/login", headers=html).status_code == 200
        answer = browser.post("/login", data={"username": "admin", "password": "Admin-pass-1"}, headers=html)
        assert answer.headers["Location"] == "http://localhost/admin/auth-clients?order_by=name"
