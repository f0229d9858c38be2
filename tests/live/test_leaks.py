"""Whatever goes wrong, no password, cookie or client secret is in what is left behind."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

import pytest

from reconciler.live.platform.gateway import connect
from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.errors import GatewayError
from tests.live.servers import (
    CLIENT_SECRET,
    CREDENTIALS,
    HURRIED,
    PASSWORD,
    PLANTED,
    RESET,
    SET_COOKIE,
    USERNAME,
    Answering,
    Pieces,
    answer,
    platform,
    row,
    serving,
)

SPEC = ClientSpec(
    "Customer portal", frozenset({Grant.AUTHORIZATION_CODE}), ("https://portal.example.com/oauth/callback",)
)
JSON = "Content-Type: application/json\r\nConnection: close\r\n"
ECHO = f"{USERNAME} {PASSWORD}"


def raw(head: str, body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{JSON}{SET_COOKIE}{head}\r\n{body}".encode()


def trickle() -> Iterator[bytes]:
    yield raw("Content-Length: 900\r\n", CLIENT_SECRET)
    while True:
        yield b""


ANSWERS: dict[str, Pieces | Answering] = {
    "reset": RESET,
    "nothing": b"",
    "not http": f"{CLIENT_SECRET}\r\n\r\n".encode(),
    "bad status": f"HTTP/1.1 {CLIENT_SECRET}\r\n\r\n".encode(),
    "cut short": raw("Content-Length: 900\r\n", f'{{"data": [{{"secret": "{CLIENT_SECRET}"'),
    "bad chunk": raw("Transfer-Encoding: chunked\r\n", f"{CLIENT_SECRET}\r\n"),
    "bad gzip": raw("Content-Encoding: gzip\r\nContent-Length: 40\r\n", CLIENT_SECRET),
    "bad encoding": raw(f"Content-Encoding: {CLIENT_SECRET}\r\nContent-Length: 40\r\n", CLIENT_SECRET),
    "bad length": raw(f"Content-Length: {CLIENT_SECRET}\r\n", CLIENT_SECRET),
    "bad json": raw("", f'{{"secret": "{CLIENT_SECRET}",'),
    "not utf-8": answer(200, b'{"secret": "' + CLIENT_SECRET.encode() + b"\xff", headers=SET_COOKIE),
    "page": answer(200, CLIENT_SECRET.encode(), content_type="text/html", headers=SET_COOKIE),
    "other shape": answer(200, {"secret": CLIENT_SECRET, CLIENT_SECRET: CLIENT_SECRET}, headers=SET_COOKIE),
    "bad field": answer(200, {"data": [row(name=5, token=CLIENT_SECRET)]}, headers=SET_COOKIE),
    "bad id": answer(200, {"data": [row(), {**row(), "id": None}]}, headers=SET_COOKIE),
    "bad field, unwrapped": answer(200, row(name=5), headers=SET_COOKIE),
    "other name": answer(200, row(name="Other"), headers=SET_COOKIE),
    "revoked": answer(200, row(revoked=True), headers=SET_COOKIE),
    "other id": answer(200, row(8), headers=SET_COOKIE),
    "redirect": answer(302, headers=f"{SET_COOKIE}Location: https://a.example/{CLIENT_SECRET}\r\n"),
    "to login": answer(302, headers=f"{SET_COOKIE}Location: /login?{CLIENT_SECRET}\r\n"),
    **{f"{status}": answer(status, {"message": ECHO}, headers=SET_COOKIE) for status in (400, 401, 403, 404, 500, 503)},
}


def attempt(answering: Answering, timeout: float = 30) -> GatewayError:
    """Whatever goes wrong first."""
    with serving(answering) as server:
        try:
            with connect(server.url, CREDENTIALS, timeout=timeout, retry_clock=HURRIED) as gateway:
                gateway.update_client(7, SPEC)
                gateway.list_clients()
        except GatewayError as error:
            return error
    pytest.fail("nothing went wrong")


def everything(error: BaseException) -> str:
    """All that any program could print of an error: itself, its chain, its tracebacks with every local variable."""
    seen: list[str] = []
    links: list[BaseException | None] = [error]
    while links:
        link = links.pop()
        if link is None:
            continue
        seen += [str(link), repr(link), repr(link.args), repr(getattr(link, "__dict__", {}))]
        lines = traceback.TracebackException.from_exception(link, capture_locals=True, compact=False).format()
        # The locals of this file's own functions are the planted secrets themselves.
        seen += [line for line in lines if "tests/live" not in line and 'File "' in line]
        links += [link.__cause__, link.__context__]
    return "\n".join(seen)


@pytest.mark.parametrize("step", ["login", "update", "list"])
@pytest.mark.parametrize("name", ANSWERS)
def test_no_error_holds_a_secret(step: str, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = attempt(platform(**{step: ANSWERS[name]}))
    left = everything(error) + caplog.text
    assert [planted for planted in PLANTED if planted in left] == []


def test_a_time_out_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = attempt(platform(update=lambda _: trickle()), timeout=0.1)
    left = everything(error) + caplog.text
    assert "no complete answer" in left
    assert [planted for planted in PLANTED if planted in left] == []


@pytest.mark.parametrize("step", ["login", "update"])
def test_a_refusal_that_quotes_the_credentials_holds_no_secret(step: str) -> None:
    """Of a login's refusal the platform's words are shown: without what was sent."""
    refused = answer(422, {"errors": {"username": [ECHO if step == "login" else "no"]}}, headers=SET_COOKIE)
    error = attempt(platform(**{step: refused}))
    assert [planted for planted in PLANTED if planted in everything(error)] == []


def test_this_test_would_see_a_secret() -> None:
    """`everything` does look at local variables of the program, of which an error holds the frames."""
    found = everything(attempt(platform(login=answer(503))))
    assert "Credentials(username=***, password=***)" in found
