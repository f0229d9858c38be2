"""Trying again: every rule of what, after what, how often and for how long, with the requests counted."""

from __future__ import annotations

import logging
import shutil
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests
import trustme
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from reconciler.live.gateway import Gateway
from reconciler.live.http.errors import explain_failure
from reconciler.live.http.outcomes import HttpOutcome, HttpResponse, NoResponse
from reconciler.live.http.retry import (
    RETRIES,
    TOTAL_TIMEOUT_FACTOR,
    RetryClock,
    RetryLog,
    TimeLimits,
    pause_unless,
    send_with_retries,
)
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.endpoints import LIST
from reconciler.live.platform.gateway import connect
from reconciler.model.errors import GatewayError, Unavailable
from reconciler.model.secret import Secret
from reconciler.sandbox.serve import ADMIN, running
from tests.builders import spec
from tests.faults import CutAnswer, DropConnection, On, RequestLog, Respond, together
from tests.live.servers import CREDENTIALS, HURRIED, ONCE, RESET, Request, answer, in_turn, platform, serving
from tests.live.waiting import Waiting
from tests.ports import port_to_return_to

if TYPE_CHECKING:
    from tests.faults import Fault

ACCOUNT = Credentials(Secret(ADMIN[0]), Secret(ADMIN[1]))
CLIENTS = "/oauth/clients"
SEVERAL = 1 + RETRIES

WORK: dict[str, Callable[[Gateway], object]] = {
    "GET": lambda gateway: gateway.list_clients(),
    "POST": lambda gateway: gateway.create_client(spec("Made")),
    "PUT": lambda gateway: gateway.update_client(6, spec("Changed")),
    "DELETE": lambda gateway: gateway.delete_client(7),
}

PASSING: dict[str, Callable[[On], Fault]] = {
    **{str(status): partial(Respond, status=status) for status in (429, 502, 503, 504)},
    "dropped before": DropConnection,
    "dropped after": partial(DropConnection, after=True),
    "cut": partial(CutAnswer, keep=10),
}


@pytest.fixture(scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("prepared") / "sandbox.sqlite3"
    with running(database) as url, connect(url, ACCOUNT) as gateway:
        assert [gateway.create_client(spec(name)).id for name in ("One", "Two")] == [6, 7]
    return database


@pytest.fixture
def database(_prepared: Path, tmp_path: Path) -> Path:
    """A sandbox's, with clients 6 and 7."""
    return Path(shutil.copy(_prepared, tmp_path))


class Work(NamedTuple):
    """What a call of the gateway came to, and how many requests of its method it took."""

    requests: int
    error: GatewayError | None


def work(method: str, fault: Fault, database: Path) -> Work:
    log, error = RequestLog(), None
    with (
        running(database, middleware=together(log, fault)) as url,
        connect(url, ACCOUNT, retry_clock=HURRIED) as gateway,
    ):
        try:
            WORK[method](gateway)
        except GatewayError as caught:
            error = caught
    return Work(log.count(method, CLIENTS), error)


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("fault", PASSING)
def test_a_read_and_an_update_are_sent_again_and_succeed(method: str, fault: str, database: Path) -> None:
    """A PUT replaces the whole client, so that it makes no difference whether it arrives twice."""
    assert work(method, PASSING[fault](On(method, CLIENTS, {1})), database) == (2, None)


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("fault", PASSING)
def test_they_are_sent_again_a_bounded_number_of_times(method: str, fault: str, database: Path) -> None:
    tried, error = work(method, PASSING[fault](On(method, CLIENTS)), database)
    assert tried == SEVERAL
    assert isinstance(error, Unavailable)
    assert f"; tried {SEVERAL} times in 0 s" in error.message


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault != "cut"])
def test_a_create_and_a_delete_that_may_have_arrived_are_not_sent_again(
    method: str, fault: str, database: Path
) -> None:
    """⚠ Names are not unique: a second POST makes a second client. What became of a DELETE shows in the list."""
    tried, error = work(method, PASSING[fault](On(method, CLIENTS, {1})), database)
    assert tried == 1
    assert isinstance(error, Unavailable)
    assert "tried" not in error.message


def test_a_create_whose_answer_is_cut_is_not_sent_again(database: Path) -> None:
    """A DELETE is answered without a body, so there is nothing to cut."""
    tried, error = work("POST", CutAnswer(On("POST", CLIENTS, {1}), 10), database)
    assert (tried, type(error)) == (1, Unavailable)


@pytest.mark.parametrize("method", WORK)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422, 500, 501, 505, 302, 206])
def test_after_other_answers_nothing_is_sent_again(method: str, status: int, database: Path) -> None:
    """500 is looked into: with a session it is the answer to a missing client, too."""
    tried, error = work(method, Respond(On(method, CLIENTS), status), database)
    assert tried == 1
    assert error is not None


def test_the_probe_behind_a_500_is_a_read_like_others(database: Path) -> None:
    log = RequestLog()
    ill = Respond(On("PUT", CLIENTS), 500), Respond(On("POST", "/oauth/token/refresh", {1}), 503)
    with (
        running(database, middleware=together(log, *ill)) as url,
        connect(url, ACCOUNT, retry_clock=HURRIED) as gateway,
        pytest.raises(Unavailable, match="no such client any more, or the server failed"),
    ):
        gateway.update_client(6, spec("Changed"))
    assert (log.count("PUT", CLIENTS), log.count("POST", "/oauth/token/refresh")) == (1, 2)


ANSWERED = {
    **{str(status): answer(status, headers="Retry-After: 1\r\n") for status in (401, 422, 429, 500, 502, 503, 504)},
    "one session a user": answer(302, headers="Location: /login\r\n"),
    "lost": b"",
    "reset": RESET,
    "cut": b"HTTP/1.1 503 X\r\nConte",
}


@pytest.mark.parametrize("login", ANSWERED.values(), ids=ANSWERED)
def test_a_login_is_never_sent_again_once_it_may_have_arrived(login: bytes) -> None:
    """⚠ One try too many blocks the account."""
    waiting = Waiting()
    with serving(platform(login=in_turn(login, answer(204)))) as server:
        with pytest.raises(GatewayError), connect(server.url, CREDENTIALS, retry_clock=waiting.retry_clock):
            pytest.fail("there is no session to use")
        assert server.lines == ["POST /login"]
    assert waiting.pauses == []


class Outages:
    """A sandbox that can be stopped and started, always at the same place and with the same data."""

    def __init__(self, database: Path, *faults: Fault) -> None:
        self.log = RequestLog()
        self.waiting = Waiting()
        self._port = port_to_return_to()
        self.url = f"http://127.0.0.1:{self._port}"
        self._run = partial(running, database, port=self._port, middleware=together(self.log, *faults))
        self._running = ExitStack()

    def __enter__(self) -> Outages:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def start(self) -> None:
        self._running.enter_context(self._run())

    def stop(self) -> None:
        self._running.close()

    def pause(self, seconds: float) -> None:
        """During the second pause it is started again."""
        self.waiting.pause(seconds)
        if len(self.waiting.pauses) == 2:
            self.start()


def test_a_login_waits_for_an_instance_that_nobody_can_connect_to(database: Path) -> None:
    with Outages(database) as instance:
        retry_clock = RetryClock(instance.pause)
        with connect(instance.url, ACCOUNT, retry_clock=retry_clock):
            assert len(instance.waiting.pauses) == 2
        assert instance.log.count("POST", "/login") == 1


@pytest.mark.parametrize("method", WORK)
def test_whatever_was_not_sent_because_there_was_no_connection_is_sent_later(method: str, database: Path) -> None:
    """Also a create: nothing of it has left this machine."""
    with Outages(database) as instance:
        instance.start()
        with connect(instance.url, ACCOUNT, retry_clock=RetryClock(instance.pause)) as gateway:
            instance.stop()
            WORK[method](gateway)
            assert len(instance.waiting.pauses) == 2
        assert instance.log.count(method, CLIENTS) == 1


@pytest.mark.parametrize("method", WORK)
def test_a_connection_that_the_server_closed_meanwhile_is_not_used(method: str, database: Path) -> None:
    """Not even for a try. That is why a create does not fail when it is the first request after a long while."""
    with Outages(database) as instance:
        instance.start()
        with connect(instance.url, ACCOUNT, retry_clock=instance.waiting.retry_clock) as gateway:
            instance.stop()
            instance.start()
            WORK[method](gateway)
        assert instance.waiting.pauses == []
        assert instance.log.count(method, CLIENTS) == 1


def test_an_instance_without_a_connection_says_nothing_of_the_next_request(database: Path) -> None:
    """The login was not sent; the create was, over a connection that was there, and must not be taken for unsent."""
    log = RequestLog()
    fault = DropConnection(On("POST", CLIENTS), after=True)
    with (
        running(database, middleware=together(log, fault)) as url,
        connect(url, ACCOUNT, retry_clock=HURRIED) as gateway,
        socket.socket() as nobody,
    ):
        nobody.bind(("127.0.0.1", 0))  # and never listens
        nowhere = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(Unavailable, match="refused"), connect(nowhere, ACCOUNT, retry_clock=HURRIED):
            pytest.fail("nothing listens there")
        with pytest.raises(Unavailable, match="the connection was closed"):
            gateway.create_client(spec("Made"))
    assert log.count("POST", CLIENTS) == 1


def test_a_create_that_never_gets_a_connection_says_how_long_was_tried(database: Path) -> None:
    with Outages(database) as instance:
        instance.start()
        with connect(instance.url, ACCOUNT, retry_clock=instance.waiting.retry_clock) as gateway:
            instance.stop()
            with pytest.raises(Unavailable) as caught:
                gateway.create_client(spec("Made"))
            tried = f"tried {SEVERAL} times in {sum(instance.waiting.pauses):.0f} s"
            assert caught.value.message.endswith(f": connection refused; {tried}")


def server_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_tls_handshake_that_is_cut_off_sent_nothing_so_a_login_tries_again(tmp_path: Path) -> None:
    authority, waiting = trustme.CA(), Waiting()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with serving(platform(), server_side(authority), hang_ups=2) as server:
        with connect(server.url, CREDENTIALS, ca_bundle=tmp_path / "authority.pem", retry_clock=waiting.retry_clock):
            pass
        assert server.lines == ["POST /login", "GET /logout"]
    assert len(waiting.pauses) == 2


def test_without_tls_the_same_comes_after_the_login_may_have_been_sent() -> None:
    waiting = Waiting()
    with (
        serving(platform(), hang_ups=1) as server,
        pytest.raises(Unavailable, match="was closed"),
        connect(server.url, CREDENTIALS, retry_clock=waiting.retry_clock),
    ):
        pytest.fail("the connection was closed")
    assert waiting.pauses == []


def test_a_certificate_that_does_not_verify_is_asked_for_once() -> None:
    waiting = Waiting()
    with (
        serving(platform(), server_side(trustme.CA())) as server,
        pytest.raises(Unavailable, match="not trusted"),
        connect(server.url, CREDENTIALS, retry_clock=waiting.retry_clock),
    ):
        pytest.fail("nobody knows this authority")
    assert waiting.pauses == []


class Cause(NamedTuple):
    """A failure, and whether the same must come of every further try."""

    error: Exception
    permanent: bool


CAUSES = {
    "refused": Cause(ConnectionRefusedError(111, "refused"), False),
    "unreachable": Cause(OSError(101, "Network is unreachable"), False),
    "time-out": Cause(TimeoutError("timed out"), False),
    "no name server": Cause(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), False),
    "no such name": Cause(socket.gaierror(socket.EAI_NONAME, "Name or service not known"), True),
    "certificate": Cause(ssl.SSLCertVerificationError(1, "certificate verify failed"), True),
    "no common TLS": Cause(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), True),
    "handshake cut off": Cause(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), False),
    "proxy wants a password": Cause(OSError("Tunnel connection failed: 407 Proxy Authentication Required"), True),
    "proxy is ill": Cause(OSError("Tunnel connection failed: 503 Service Unavailable"), False),
    "no bundle": Cause(OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /none"), True),
    "no URL": Cause(requests.exceptions.InvalidURL("?"), True),
    "library": Cause(urllib3.exceptions.ProtocolError("?"), False),
}


def test_many_requests_that_fail_alike_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    log = RetryLog()
    with caplog.at_level(logging.WARNING, "reconciler.http"):
        for client in range(100):
            log.tell(f"503 from /oauth/clients/{client}: trying again in 1 s (1 of 4)", "1 503")
        log.tell("503 from /oauth/clients/7: trying again in 2 s (2 of 4)", "2 503")
    assert caplog.messages == [
        "503 from /oauth/clients/0: trying again in 1 s (1 of 4)",
        "503 from /oauth/clients/7: trying again in 2 s (2 of 4)",
    ]


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_what_will_not_pass_is_told_from_what_may(cause: Cause) -> None:
    wrapped = cause.error if isinstance(cause.error, ValueError) else requests.ConnectionError(cause.error)
    assert explain_failure(wrapped, 30, sent=False).permanent is cause.permanent


def test_a_tls_failure_in_the_middle_of_an_answer_may_pass() -> None:
    damaged = ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed")
    assert not explain_failure(requests.ConnectionError(damaged), 30, sent=True).permanent


def test_an_error_that_is_being_handled_is_not_the_reason_of_the_next_one() -> None:
    earlier = Unavailable("an earlier one")
    earlier.__cause__ = ConnectionRefusedError(111, "refused")
    later = requests.ConnectionError(urllib3.exceptions.ProtocolError("?"))
    later.__context__ = earlier
    assert explain_failure(later, 30, sent=True).why == "the connection was closed before the answer was complete"


class Given(NamedTuple):
    """The error of a list that is never answered otherwise, the requests and pauses that it took, and their log."""

    message: str
    requests: int
    pauses: list[float]


def list_for_ever(listed: bytes, timeout: float = 30.0) -> Given:
    waiting = Waiting()
    with serving(platform(list=listed)) as server:
        with (
            connect(server.url, CREDENTIALS, timeout=timeout, retry_clock=waiting.retry_clock) as gateway,
            pytest.raises(Unavailable) as caught,
        ):
            gateway.list_clients()
        return Given(caught.value.message, server.lines.count("GET /oauth/clients"), waiting.pauses)


def test_pauses_grow_twofold_and_none_is_like_another_threads() -> None:
    pauses = list_for_ever(answer(503)).pauses
    assert len(pauses) == RETRIES
    assert all(2**number <= pause <= 2**number + 1 for number, pause in enumerate(pauses))
    assert list_for_ever(answer(503)).pauses != pauses


def test_maintenance_that_lasts_ends_in_one_message_that_says_how_long_was_tried() -> None:
    message, tried, pauses = list_for_ever(answer(503, b"<html>", content_type="text/html"))
    assert tried == SEVERAL
    assert message.endswith(f"it is in maintenance or overloaded (503); tried 5 times in {sum(pauses):.0f} s")


def test_each_retry_is_told_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    listed = in_turn(answer(429, headers="Retry-After: 2\r\n"), answer(503, headers="Retry-After: 60\r\n"), b"")
    with serving(platform(list=listed)) as server:
        with (
            connect(server.url, CREDENTIALS, retry_clock=Waiting().retry_clock) as gateway,
            pytest.raises(Unavailable),
        ):
            gateway.list_clients()
        place = f"{server.url}/oauth/clients"
    assert {(record.name, record.levelname) for record in caplog.records} == {("reconciler.http", "WARNING")}
    lines = [record.getMessage() for record in caplog.records]
    assert lines[:2] == [
        f"429 from {place}: trying again in 2 s (1 of 4)",
        f"503 from {place}: trying again in 60 s (2 of 4)",
    ]
    assert lines[2].startswith(f"{place}: the connection was closed before the answer was complete: trying again in ")
    assert lines[2].endswith(" s (3 of 4)")


def first_pause(retry_after: str) -> float:
    """How long is waited after an answer that asks for this."""
    waiting = Waiting()
    listed = in_turn(answer(503, headers=f"Retry-After: {retry_after}\r\n"), answer(200, {"data": []}))
    with (
        serving(platform(list=listed)) as server,
        connect(server.url, CREDENTIALS, retry_clock=waiting.retry_clock) as gateway,
    ):
        gateway.list_clients()
    [pause] = waiting.pauses
    return pause


@pytest.mark.parametrize("seconds", ["7", " 60 ", "119"])
def test_retry_after_in_seconds_is_heeded(seconds: str) -> None:
    assert first_pause(seconds) == int(seconds)


def test_retry_after_as_a_date_is_heeded() -> None:
    """The date has whole seconds, and some of them may be over when it arrives."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 60 < first_pause(date) <= 90


@pytest.mark.parametrize(
    "nothing",
    ["0", "", "soon", "-5", "1.5", "9" * 5000, "Wed, 21 Oct 2015 07:28:00 GMT", "Mon, 99 Foo 99999999999 99:99:99 GMT"],
    ids=lambda nothing: nothing[:20],
)
def test_a_retry_after_that_says_nothing_new_leaves_the_usual_pause(nothing: str) -> None:
    """More digits than Python reads as a number are nothing, too."""
    assert 1 <= first_pause(nothing) <= 2


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_retry_after_beyond_all_patience_is_told_and_not_waited_for(form: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    wanted = "3600" if form == "seconds" else date
    message, tried, pauses = list_for_ever(answer(429, headers=f"Retry-After: {wanted}\r\n"))
    assert (tried, pauses) == (1, [])
    assert "it asks us to slow down (429); it asks us to wait 3" in message


def test_the_time_for_all_tries_is_four_times_the_time_out() -> None:
    """Another try needs a second, so that it can show something new."""
    assert list_for_ever(answer(503, headers="Retry-After: 120\r\n")).pauses == []
    assert list_for_ever(answer(503, headers="Retry-After: 119\r\n")).pauses == [119]
    assert list_for_ever(answer(503, headers="Retry-After: 119\r\n"), timeout=60).pauses == [119, 119]


def test_tries_that_take_long_are_fewer() -> None:
    waiting = Waiting()

    def slow(_: Request) -> bytes:
        waiting.now += 30
        return answer(504)

    with serving(platform(list=slow)) as server:
        with connect(server.url, CREDENTIALS, retry_clock=waiting.retry_clock) as gateway, pytest.raises(Unavailable):
            gateway.list_clients()
        assert server.lines.count("GET /oauth/clients") == 4


durations = st.floats(0, 100)
outcomes = st.sampled_from([503, 429, 504, 502, None])
wishes = st.none() | st.integers(0, 200).map(str)


@given(
    timeout=st.floats(0.1, 60),
    tries=st.lists(st.tuples(durations, outcomes, wishes), min_size=SEVERAL, max_size=SEVERAL),
)
def test_however_long_it_takes_the_limits_hold(
    timeout: float, tries: list[tuple[float, int | None, str | None]]
) -> None:
    waiting, made, left = Waiting(), list[float](), list(tries)
    began = waiting.now

    def send(seconds: float) -> HttpOutcome:
        duration, status, wish = left.pop(0)
        made.append(seconds)
        waiting.now += min(duration, seconds)
        return NoResponse("?", None, None) if status is None else HttpResponse(status, "", None, b"", wish)

    limits = TimeLimits(timeout, TOTAL_TIMEOUT_FACTOR * timeout)
    send_with_retries(send, LIST, "here", limits, waiting.retry_clock, log=RetryLog())
    assert 1 <= len(made) <= SEVERAL
    assert all(0 < seconds <= timeout for seconds in made)
    assert waiting.now - began <= TOTAL_TIMEOUT_FACTOR * timeout + 1e-6


def test_a_logout_does_not_hold_up_whatever_is_on_its_way_out() -> None:
    waiting = Waiting()
    with serving(platform(logout=answer(503))) as server:
        with connect(server.url, CREDENTIALS, retry_clock=waiting.retry_clock):
            pass
        assert 1 < server.lines.count("GET /logout") <= 3
    assert sum(waiting.pauses) < 5


def test_a_logout_whose_answer_is_lost_is_sent_again() -> None:
    """A session that stays may keep the next run out, where an instance allows one a user."""
    with serving(platform(logout=in_turn(b"", answer(302)))) as server:
        with connect(server.url, CREDENTIALS, retry_clock=HURRIED):
            pass
        assert server.lines == ["POST /login", "GET /logout", "GET /logout"]


def test_a_pause_that_says_stop_ends_the_trying() -> None:
    with serving(platform(list=answer(503))) as server:
        with connect(server.url, CREDENTIALS, retry_clock=ONCE) as gateway, pytest.raises(Unavailable) as caught:
            gateway.list_clients()
        assert server.lines == ["POST /login", "GET /oauth/clients", "GET /logout"]
    assert "tried" not in caught.value.message


def test_a_pause_ends_when_the_run_is_to_stop() -> None:
    """An hour would be over only after this test was given up."""
    asked = iter([False, False, True, True])
    assert pause_unless(lambda: next(asked))(3600)
    assert pause_unless(lambda: True)(3600)
    assert not pause_unless(lambda: False)(0)
