"""Logging in and out, as the contract has it."""

from __future__ import annotations

import codecs
import html
import signal
import threading
from base64 import b64encode
from urllib.parse import quote

import pytest

from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, Unavailable, UnexpectedResponse
from reconciler.model.secret import Secret
from tests.live.servers import (
    COOKIE,
    CREDENTIALS,
    ONCE,
    PASSWORD,
    SET_COOKIE,
    Answering,
    Request,
    answer,
    platform,
    serving,
)

NO_MATCH = "These credentials do not match our records."
LEFT_OUT = "(its words are left out, since they may contain the password)"
LOCKED = "Account locked after too many failed attempts. Contact administrator."


def refusal(words: str, field: str = "username") -> bytes:
    return answer(422, {"message": words, "errors": {field: [words]}}, headers=SET_COOKIE)


def login_error(answering: Answering, credentials: Credentials = CREDENTIALS) -> tuple[GatewayError, list[str]]:
    """What connecting raises, and the requests that were made."""
    with serving(answering) as server:
        with pytest.raises(GatewayError) as caught, connect(server.url, credentials):
            pytest.fail("there is no session to use")
        return caught.value, server.lines


def test_a_listing_takes_a_login_the_list_and_a_logout() -> None:
    with serving(platform()) as server, connect(server.url, CREDENTIALS) as gateway:
        gateway.list_clients()
    assert server.lines == ["POST /login", "GET /oauth/clients", "GET /logout"]


def test_the_login_is_a_form_that_accepts_json_and_needs_no_token() -> None:
    with serving(platform()) as server, connect(server.url, CREDENTIALS):
        pass
    login = server.requests[0]
    assert login.headers["accept"] == "application/json"
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert login.body == b"username=user-4711&password=open+sesame+%2B+1%C3%B6"


def test_a_login_starts_from_an_empty_jar_and_only_later_requests_carry_the_cookie() -> None:
    """⚠ Logging in on a jar that already has a session checks nothing and keeps the old user."""
    with serving(platform()) as server:
        for _ in range(2):
            with connect(server.url, CREDENTIALS) as gateway:
                gateway.list_clients()
    cookies = [request.headers.get("cookie") for request in server.requests]
    assert cookies == 2 * [None, f"processmaker_session={COOKIE}", f"processmaker_session={COOKIE}"]


def test_the_session_cookie_is_renewed_with_each_answer() -> None:
    listed = answer(200, {"data": []}, headers="Set-Cookie: processmaker_session=second; path=/\r\n")
    with serving(platform(list=listed)) as server, connect(server.url, CREDENTIALS) as gateway:
        gateway.list_clients()
    assert server.requests[-1].headers["cookie"] == "processmaker_session=second"


@pytest.mark.parametrize(
    ("words", "field", "said", "way_out"),
    [
        (NO_MATCH, "username", "do not belong to an active account", "check both"),
        (LOCKED, "username", "the account is locked", "have an administrator unlock it in Admin > Users"),
        ("The Password field is required.", "password", "did not arrive", "`credentials:`"),
    ],
)
def test_a_refused_login_says_why_and_is_never_sent_again(words: str, field: str, said: str, way_out: str) -> None:
    """⚠ One try too many blocks the account."""
    error, lines = login_error(platform(login=refusal(words, field)))
    assert isinstance(error, LoginRefused)
    assert error.exit_code == 6
    assert said in error.message
    assert words in error.message
    assert error.hint is not None
    assert way_out in error.hint
    assert "do not try again" in error.hint
    assert lines == ["POST /login"]


def test_a_refusal_without_words_is_a_refusal_all_the_same() -> None:
    error, lines = login_error(platform(login=answer(422, b"<html>", content_type="text/html")))
    assert isinstance(error, LoginRefused)
    assert lines == ["POST /login"]


@pytest.mark.parametrize(
    "words",
    [
        "Zugang verweigert.",
        f"No user has the password {PASSWORD}!",
        html.escape(f"<{PASSWORD}>"),
        quote(quote(PASSWORD)),
        PASSWORD[::-1],
        PASSWORD[:-1],
        " ".join(PASSWORD),
        PASSWORD.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
        b64encode(b"username=user-4711&password=open+sesame+%2B+1%C3%B6").decode(),
        PASSWORD.encode().hex(":"),
        "".join(f"\\u{ord(each):04x}" for each in PASSWORD),
        codecs.encode(PASSWORD, "rot13"),
        f"These credentials do not match our records. {codecs.encode(PASSWORD, 'rot13')}",
    ],
)
@pytest.mark.parametrize("field", ["username", PASSWORD[:7]])
def test_words_of_a_refused_login_that_the_platform_never_uses_are_left_out(words: str, field: str) -> None:
    """There is no end of forms that a password can be hidden in."""
    error, _ = login_error(platform(login=refusal(words, field)))
    assert isinstance(error, LoginRefused)
    assert words not in error.message
    assert words not in str(error.hint)
    assert PASSWORD[:7] not in error.message
    assert "its words are left out" in error.message


@pytest.mark.parametrize(
    ("password", "words", "said"),
    [
        ("Secret", NO_MATCH, f'("username: {NO_MATCH}")'),
        ("MATCH", NO_MATCH, LEFT_OUT),
        ("Credentials", NO_MATCH, LEFT_OUT),
        ("Secret", f"{NO_MATCH} Secret", LEFT_OUT),
        ("Secret", "Secret", LEFT_OUT),
    ],
)
def test_usual_words_are_shown_whatever_the_password_unless_it_is_one_of_them(
    password: str, words: str, said: str
) -> None:
    error, _ = login_error(platform(login=refusal(words)), Credentials(Secret("user-4711"), Secret(password)))
    assert error.message.endswith(said)


def test_only_the_known_words_of_several_are_shown() -> None:
    errors = {"username": [NO_MATCH, PASSWORD[:6]], PASSWORD[6:]: [LOCKED]}
    error, _ = login_error(platform(login=answer(422, {"errors": errors})))
    assert error.message.endswith(f'("username: {NO_MATCH}; {LOCKED}")')


@pytest.mark.parametrize("location", ["/login", "{base}/login", "{base}/login?again=1"])
def test_a_second_session_of_one_user_is_refused_with_a_redirect_even_with_json_accepted(location: str) -> None:
    """⚠ Where sessions are limited to one a user, a second login gets 302 to /login."""

    def login(request: Request) -> bytes:
        base = f"http://{request.headers['host']}"
        return answer(302, headers=f"Location: {location.format(base=base)}\r\n{SET_COOKIE}")

    error, lines = login_error(platform(login=login))
    assert isinstance(error, LoginRefused)
    assert "has one already" in error.message
    assert error.hint is not None
    assert "have an administrator end it in Admin > Users (a killed run's never expires)" in error.hint
    assert lines == ["POST /login"]


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://sso.example.com/login", "https://sso.example.com"),
        ("https://127.0.0.1/login", "https://127.0.0.1"),
        ("http://127.0.0.1:1/somewhere", "http://127.0.0.1"),
        ("http://[::1", "an unreadable address"),
        ("//\x1b]red.example/x", "an unreadable address"),
        ("//a\u202eb.example/x", "http://a"),
    ],
)
def test_any_other_redirect_is_not_followed_and_asks_for_the_platforms_own_url(location: str, where: str) -> None:
    error, lines = login_error(platform(login=answer(302, headers=f"Location: {location}\r\n")))
    assert isinstance(error, UnexpectedResponse)
    assert f"answers with a redirect to {where}" in error.message
    assert error.hint == "give the URL of the platform itself in `url:`"
    assert error.message.isprintable()
    assert lines == ["POST /login"]


@pytest.mark.parametrize("status", [200, 201, 202])
def test_204_is_the_only_success_of_a_login(status: int) -> None:
    error, lines = login_error(platform(login=answer(status, {}, headers=SET_COOKIE)))
    assert isinstance(error, UnexpectedResponse)
    assert lines == ["POST /login"]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (400, UnexpectedResponse, "does not know this host name"),
        (401, UnexpectedResponse, "401"),
        (403, UnexpectedResponse, "a firewall in front of it"),
        (404, UnexpectedResponse, "no such page"),
        (405, UnexpectedResponse, "no such page"),
        (419, UnexpectedResponse, "419"),
        (429, Unavailable, "slow down"),
        (500, Unavailable, "the server failed"),
        (502, Unavailable, "behind the proxy"),
        (503, Unavailable, "maintenance"),
        (504, Unavailable, "in time"),
        (522, Unavailable, "522"),
    ],
)
def test_a_login_that_gets_another_answer_is_not_a_refusal(status: int, kind: type[GatewayError], said: str) -> None:
    error, lines = login_error(platform(login=answer(status, b"<html>oops", content_type="text/html")))
    assert type(error) is kind
    assert error.message.startswith("cannot log in to http://127.0.0.1:")
    assert said in error.message
    assert lines == ["POST /login"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError, NotAuthenticated])
def test_whatever_ends_the_work_the_session_is_logged_out_last(error: type[BaseException]) -> None:
    """⚠ Always log out when done, also on failure."""
    with serving(platform()) as server:
        with pytest.raises(error, match="mine"), connect(server.url, CREDENTIALS):
            raise error("mine")
        assert server.lines == ["POST /login", "GET /logout"]


def test_a_failed_call_is_followed_by_the_logout() -> None:
    with serving(platform(list=answer(503))) as server:
        with pytest.raises(Unavailable), connect(server.url, CREDENTIALS, retry_clock=ONCE) as gateway:
            gateway.list_clients()
        assert server.lines == ["POST /login", "GET /oauth/clients", "GET /logout"]


@pytest.mark.parametrize("logout", [answer(500), b"", b"nonsense\r\n\r\n", answer(200, b"<html>")])
def test_a_logout_that_fails_is_no_error_and_hides_none(logout: bytes) -> None:
    with serving(platform(logout=logout)) as server:
        with connect(server.url, CREDENTIALS, retry_clock=ONCE):
            pass
        with pytest.raises(ZeroDivisionError), connect(server.url, CREDENTIALS, retry_clock=ONCE):
            raise ZeroDivisionError
        assert server.lines[-1] == "GET /logout"


def interrupting(request: Request) -> bytes:
    """Ctrl-C while the answer is awaited."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    return b""


def test_an_interruption_while_waiting_for_an_answer_still_logs_out() -> None:
    with serving(platform(list=interrupting)) as server:
        with pytest.raises(KeyboardInterrupt), connect(server.url, CREDENTIALS) as gateway:
            gateway.list_clients()
        assert server.lines == ["POST /login", "GET /oauth/clients", "GET /logout"]


def test_an_interruption_while_logging_in_has_no_session_to_end() -> None:
    with serving(platform(login=interrupting)) as server:
        with pytest.raises(KeyboardInterrupt), connect(server.url, CREDENTIALS):
            pytest.fail("there is no session to use")
        assert server.lines == ["POST /login"]


def test_a_path_below_the_host_stays_in_front_of_every_request() -> None:
    with serving(platform()) as server, connect(f"{server.url}/pm/", CREDENTIALS):
        pass
    assert server.lines == ["POST /pm/login", "GET /pm/logout"]
