"""The faults that other tests are built on do what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from reconciler.sandbox.serve import running
from tests.faults import CutAnswer, DropConnection, Hold, LoseSession, On, RequestLog, Respond, Seen, together
from tests.sandbox.conftest import Browser

CLIENTS = "/oauth/clients"


def test_the_second_of_three_requests_gets_another_answer_and_all_are_logged() -> None:
    log = RequestLog()
    fault = Respond(On("GET", CLIENTS, numbers={2}), 503, "<h1>back soon</h1>", headers={"Retry-After": "1"})
    with running(None, middleware=together(log, fault)) as base, Browser(base) as browser:
        browser.log_in()
        answers = [browser.call("GET", CLIENTS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 503, 200]
    assert (answers[1].headers["Retry-After"], answers[1].text) == ("1", "<h1>back soon</h1>")
    assert log.requests == [
        Seen("POST", "/login", 204),
        Seen("GET", CLIENTS, 200),
        Seen("GET", CLIENTS, 503),
        Seen("GET", CLIENTS, 200),
    ]
    assert (log.count("GET", CLIENTS), log.writes()) == (3, [])


@pytest.mark.parametrize(("after", "made"), [(False, []), (True, ["lost"])])
def test_a_connection_is_dropped_before_or_after_the_platform_acted(after: bool, made: list[str]) -> None:
    log = RequestLog()
    fault = DropConnection(On("POST", CLIENTS, numbers={1}), after=after)
    with running(None, middleware=together(log, fault)) as base, Browser(base) as browser:
        browser.log_in()
        with pytest.raises(requests.ConnectionError):
            browser.create(name="lost")
        assert [name for client_id, name in browser.names().items() if client_id > 5] == made
    assert log.writes() == [Seen("POST", CLIENTS, None)]


def test_an_answer_is_cut_short() -> None:
    with (
        running(None, middleware=CutAnswer(On("GET", CLIENTS, numbers={1}), keep=20)) as base,
        Browser(base) as browser,
    ):
        browser.log_in()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            browser.call("GET", CLIENTS)
        assert browser.call("GET", CLIENTS).status_code == 200


def test_a_session_is_lost_in_between() -> None:
    with running(None, middleware=LoseSession(On("PUT", f"{CLIENTS}/5"))) as base, Browser(base) as browser:
        browser.log_in()
        assert browser.call("PUT", f"{CLIENTS}/5", json={}).status_code == 500
        assert browser.call("GET", "/oauth/scopes").status_code == 401


def test_a_request_is_held_until_the_test_lets_it_go() -> None:
    hold = Hold(On("GET", "/oauth/scopes"))
    with running(None, middleware=hold) as base, Browser(base) as browser, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(browser.call, "GET", "/oauth/scopes")
        assert hold.arrived.wait(60)
        assert not waiting.done()
        hold.released.set()
        assert waiting.result(10).status_code == 401


def test_a_mistake_in_a_middleware_is_raised_where_the_server_was_started() -> None:
    """Nobody reads a traceback from a thread."""

    def broken(app: object) -> object:
        def fail(*_: object) -> list[bytes]:
            raise ZeroDivisionError("in the middleware")

        return fail

    with (
        pytest.raises(ZeroDivisionError),
        running(None, middleware=broken) as base,  # type: ignore[arg-type]
        Browser(base) as browser,
        pytest.raises(requests.ConnectionError),
    ):
        browser.log_in()
