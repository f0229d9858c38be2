"""Logins and lost sessions as versions before 4.12 and after 4.15 answer them."""

from __future__ import annotations

import pytest

from reconciler.live.platform.gateway import connect
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, NotPermitted, Unavailable
from tests.live.expiring import Expiring
from tests.live.servers import CREDENTIALS, ONCE, PASSWORD, SET_COOKIE, Answering, answer, platform, serving

PROBE = "POST /oauth/token/refresh"
NO_SESSION = answer(401, {"error": "Unauthenticated."})
NOT_AUTHORIZED = answer(403, {"message": "This action is unauthorized."})
LOCKED = "Account locked after too many failed attempts. Contact administrator."


def redirect(location: str, headers: str = SET_COOKIE) -> bytes:
    return answer(302, headers=f"Location: {location}\r\n{headers}")


def login_error(answering: Answering) -> tuple[GatewayError, list[str]]:
    """What connecting raises, and the requests that were made."""
    with serving(answering) as server:
        with pytest.raises(GatewayError) as caught, connect(server.url, CREDENTIALS, retry_clock=ONCE):
            pytest.fail("there is no session to use")
        return caught.value, server.lines


@pytest.mark.parametrize("location", ["/", "", "/requests", "/admin/users?page=2"])
def test_a_redirect_that_the_probe_confirms_is_a_login(location: str) -> None:
    """Up to 4.2 a login is answered with a redirect to the start page, or to the page asked for before."""
    with (
        serving(platform(login=redirect(location))) as server,
        connect(server.url, CREDENTIALS) as gateway,
    ):
        gateway.list_clients()
    assert server.lines == ["POST /login", PROBE, "GET /oauth/clients", "GET /logout"]


def test_a_redirect_without_a_session_is_a_refusal_that_is_not_repeated() -> None:
    """4.0.17 and 4.2.10 answer the login of an inactive account as they answer a success."""
    error, lines = login_error(platform(login=redirect("/"), probe=NO_SESSION))
    assert isinstance(error, LoginRefused)
    assert "the account may be inactive" in error.message
    assert lines == ["POST /login", PROBE]


def test_an_account_of_a_directory_is_named_as_one() -> None:
    error, _ = login_error(platform(login=redirect("/sso/callback?state=x"), probe=NO_SESSION))
    assert isinstance(error, LoginRefused)
    assert "LDAP" in error.message
    assert "make a local account" in str(error.hint)


def test_a_login_that_cannot_be_confirmed_is_logged_out() -> None:
    error, lines = login_error(platform(login=redirect("/"), probe=answer(503)))
    assert type(error) is Unavailable
    assert "whether it succeeded is not known" in error.message
    assert lines == ["POST /login", PROBE, "GET /logout"]


@pytest.mark.parametrize("login", [answer(204, headers=SET_COOKIE.replace("httponly", "secure")), None])
def test_a_secure_cookie_over_http_is_said_before_anything_else_is_asked(login: bytes | None) -> None:
    error, lines = login_error(platform(login=login or redirect("/", SET_COOKIE.replace("httponly", "secure"))))
    assert isinstance(error, NotAuthenticated)
    assert "marks its session cookie as Secure" in error.message
    assert "https" in str(error.hint)
    assert lines == ["POST /login"]


def test_an_unknown_user_name_is_a_refusal() -> None:
    """4.0.17 and 4.2.10 answer 401; later versions 422."""
    error, lines = login_error(platform(login=NO_SESSION))
    assert isinstance(error, LoginRefused)
    assert "there is no account with this user name" in error.message
    assert lines == ["POST /login"]


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ({"errors": {"username": ["Too many login attempts. Please try again in 51 seconds."]}}, "wait 51 seconds"),
        ({"errors": {"username": ["Too many login attempts. Please try again in 1 second."]}}, "wait 1 second,"),
        ({"message": "The given data was invalid."}, "wait a minute"),
        ({"errors": {"username": [PASSWORD]}}, "wait a minute"),
    ],
)
def test_too_many_wrong_logins_say_how_long_to_wait(body: object, wait: str) -> None:
    """Up to 4.8, from the sixth wrong login within a minute on."""
    error, lines = login_error(platform(login=answer(429, body)))
    assert isinstance(error, LoginRefused)
    assert error.exit_code == 6
    assert wait in str(error.hint)
    assert PASSWORD not in f"{error.message} {error.hint}"
    assert lines == ["POST /login"]


def test_403_without_a_session_is_renewed() -> None:
    """Up to 4.11.1 every verb answers so without a session, with the words of a missing permission."""
    instance = Expiring(without_session=NOT_AUTHORIZED)
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        assert len(gateway.list_clients().clients) == 1
    assert server.lines == [
        "POST /login", "GET /oauth/clients", PROBE, "POST /login", "GET /oauth/clients", "GET /logout",
    ]  # fmt: skip


def test_403_with_a_session_is_a_missing_permission() -> None:
    with (
        serving(platform(list=NOT_AUTHORIZED)) as server,
        connect(server.url, CREDENTIALS) as gateway,
        pytest.raises(NotPermitted, match="View Auth Clients"),
    ):
        gateway.list_clients()
    assert server.lines == ["POST /login", "GET /oauth/clients", PROBE, "GET /logout"]


@pytest.mark.parametrize("words", [LOCKED, "Unauthorized"])
def test_a_session_of_a_blocked_account_is_not_renewed(words: str) -> None:
    """From 2026 on it ends at once; another login would count against the account."""
    with (
        serving(platform(list=answer(401, {"message": words}))) as server,
        connect(server.url, CREDENTIALS) as gateway,
        pytest.raises(LoginRefused, match="blocked or made inactive during the run") as caught,
    ):
        gateway.list_clients()
    assert caught.value.exit_code == 6
    assert words in caught.value.message
    assert server.lines == ["POST /login", "GET /oauth/clients", "GET /logout"]


def test_a_401_whose_body_breaks_off_is_still_a_lost_session() -> None:
    broken = answer(401, {"message": LOCKED}).replace(b"}", b"")
    with (
        serving(platform(list=broken, probe=NO_SESSION, login=answer(204, headers=SET_COOKIE))) as server,
        connect(server.url, CREDENTIALS, retry_clock=ONCE, renewals=0) as gateway,
        pytest.raises(NotAuthenticated),
    ):
        gateway.list_clients()
    assert server.lines[:3] == ["POST /login", "GET /oauth/clients", PROBE]
