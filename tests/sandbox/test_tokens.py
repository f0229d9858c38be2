"""The token endpoint: who gets a token, and the refusals of each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from werkzeug.test import Client

from reconciler.sandbox.app import Application
from reconciler.sandbox.serve import running
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store
from tests.sandbox.conftest import Browser, Clock

CODE, PERSONAL, PASSWORD = "authorization_code_grant", "personal_access_client", "password_client"
COMBINATIONS = [[CODE], [PERSONAL], [PASSWORD], [CODE, PERSONAL], [CODE, PASSWORD], [PERSONAL, PASSWORD]]
COMBINATIONS += [[CODE, PERSONAL, PASSWORD]]
USER = {"username": "pm_viewer", "password": "Viewer-pass-1"}
OLD_LINES = ["4.0.17", "4.2.36", "4.6.3", "4.9.4", "4.13.2", "4.14.1", "4.15.6"]

Ask = Callable[..., tuple[int, str]]


@contextmanager
def client_with(platform: str, types: list[str]) -> Iterator[tuple[Browser, Ask]]:
    """A client that was POSTed for the code and then PUT, and a way to ask for tokens as this client."""
    settings = {"session.secure": "false"}
    with running(None, platform=platform, settings=settings) as base, Browser(base) as admin:
        admin.headers["User-Agent"] = "tests/1.0"
        admin.log_in()
        made = admin.create(name="n", types=[CODE], redirect="https://a.example/cb").json()
        wish = {"name": "n", "types": types, "redirect": "https://a.example/cb"}
        assert admin.call("PUT", f"/oauth/clients/{made['id']}", json=wish).json()["types"] == types

        def ask(grant: str, **fields: object) -> tuple[int, str]:
            sent = {"grant_type": grant, "client_id": made["id"], "client_secret": made["secret"], **fields}
            answer = requests.post(f"{base}/oauth/token", data=sent, timeout=10)
            content = answer.json()
            return answer.status_code, content.get("error") or content.get("refresh_token") or "no refresh token"

        yield admin, ask


@pytest.mark.parametrize("types", COMBINATIONS, ids=" ".join)
@pytest.mark.parametrize("platform", OLD_LINES)
def test_what_each_combination_of_grants_gives_up_to_4_15(platform: str, types: list[str]) -> None:
    refused = (401, "invalid_client")
    with client_with(platform, types) as (_, ask):
        status, token = ask("password", **USER)
        if platform == "4.14.1":
            assert (status, token) == (400, "unsupported_grant_type")
        elif PASSWORD in types:
            assert (status, len(token)) == (200, 120)
        else:
            assert (status, token) == refused
        assert ask("client_credentials") == (200, "no refresh token")
        assert ask("personal_access", user_id=99999) == ((200, "no refresh token") if PERSONAL in types else refused)
        # No code is ever right here, but the client is judged first.
        assert ask("authorization_code", code="x") == ((400, "invalid_request") if types == [CODE] else refused)
        assert ask("implicit") == (400, "unsupported_grant_type")


@pytest.mark.parametrize("types", COMBINATIONS, ids=" ".join)
@pytest.mark.parametrize("platform", ["2026-owner-only", "2026"])
def test_what_each_combination_of_grants_gives_on_2026(platform: str, types: list[str]) -> None:
    """The clients have an owner, so that none may use `client_credentials`."""
    refused = (400, "unauthorized_client")
    with client_with(platform, types) as (_, ask):
        assert ask("password", **USER)[0] == (200 if PASSWORD in types else 400)
        assert ask("client_credentials") == refused
        assert ask("personal_access", user_id=1) == (400, "unsupported_grant_type")
        assert ask("authorization_code", code="x") == ((400, "invalid_request") if CODE in types else refused)


def test_without_an_owner_a_client_of_2026_may_use_client_credentials() -> None:
    with running(None, platform="2026") as base, Browser(base) as admin:
        admin.log_in()
        made = admin.create(name="n").json()
        sent = {"grant_type": "client_credentials", "client_id": made["id"], "client_secret": made["secret"]}
        assert requests.post(f"{base}/oauth/token", json=sent, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("platform", "wrong_password", "no_secret", "used_up"),
    [
        ("4.0.17", (401, "invalid_credentials"), (401, "invalid_client"), (401, "invalid_request")),
        ("4.2.36", (400, "invalid_grant"), (401, "invalid_client"), (401, "invalid_request")),
        ("4.15.6", (400, "invalid_grant"), (401, "invalid_client"), (401, "invalid_request")),
        ("2026", (400, "invalid_grant"), (400, "invalid_request"), (400, "invalid_grant")),
    ],
)
def test_refusals(
    platform: str, wrong_password: tuple[int, str], no_secret: tuple[int, str], used_up: tuple[int, str]
) -> None:
    with client_with(platform, [PASSWORD]) as (admin, ask):
        assert ask("password", username="pm_viewer", password="wrong") == wrong_password
        assert ask("password", username="nobody", password="x") == wrong_password
        assert ask("password", username="_pm4_anon_user", password="") == (400, "invalid_request")
        assert ask("password", username="pm_viewer") == (400, "invalid_request")
        assert ask("password", **USER, client_secret="x" * 40) == (401, "invalid_client")
        assert ask("password", **USER, client_secret=None) == no_secret
        assert ask("password", **USER, client_id=None) == (400, "invalid_request")
        assert ask("password", **USER, client_id=99) == (401, "invalid_client")
        for account in ("pm_blocked", "pm_inactive"):
            assert ask("password", username=account, password=f"{account[3:].title()}-pass-1")[0] == 200
        _, token = ask("password", **USER)
        status, second = ask("refresh_token", refresh_token=token)
        assert (status, second != token) == (200, True)
        assert ask("refresh_token", refresh_token=token) == used_up
        assert ask("refresh_token", refresh_token="invented") == used_up
        number = max(admin.names())
        assert admin.call("DELETE", f"/oauth/clients/{number}").status_code == 204
        assert ask("password", **USER) == ask("refresh_token", refresh_token=second) == (401, "invalid_client")


def test_id_and_secret_may_come_by_basic_authentication_and_the_answer_starts_no_session() -> None:
    with running(None) as base, Browser(base) as admin:
        admin.log_in()
        made = admin.create(name="n").json()
        for secret, status in ((made["secret"], 200), ("wrong", 401)):
            answer = requests.post(
                f"{base}/oauth/token",
                data={"grant_type": "password", **USER},
                auth=(str(made["id"]), secret),
                headers={"Accept": "text/html"},
                timeout=10,
            )
            assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
            assert not answer.cookies
        broken = {"Authorization": "Basic ~"}
        answer = requests.post(f"{base}/oauth/token", data={"grant_type": "password"}, headers=broken, timeout=10)
        assert answer.json()["hint"] == "Check the `client_id` parameter"


def test_sixty_requests_a_minute_are_answered() -> None:
    clock = Clock()
    with Store(None, clock=clock) as store:
        client = Client(Application(store, LoginSettings(), "http://sandbox"))
        for remaining in range(59, -1, -1):
            answer = client.post("/oauth/token")
            assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (400, str(remaining))
        clock.now += 20
        refused = client.post("/oauth/token")
        assert (refused.status_code, refused.json) == (429, {"message": "Too Many Attempts."})
        assert (refused.headers["Retry-After"], refused.headers["X-RateLimit-Limit"]) == ("40", "60")
        clock.now += 40
        assert client.post("/oauth/token").status_code == 400


@pytest.mark.parametrize("platform", ["4.0.17", "4.2.10", "4.6.3", "4.9.4", "4.15.6", "2026-hashed", "2026"])
def test_the_probe_that_is_alike_everywhere(platform: str) -> None:
    with running(None, platform=platform, settings={"session.secure": "false"}) as base, Browser(base) as browser:
        browser.headers["User-Agent"] = "tests/1.0"
        assert browser.call("POST", "/oauth/token/refresh").status_code == 401
        browser.log_in()
        answer = browser.call("POST", "/oauth/token/refresh")
        assert (answer.status_code, answer.text) == (200, "Refreshed.")
        assert answer.headers["Content-Type"].startswith("text/html")
