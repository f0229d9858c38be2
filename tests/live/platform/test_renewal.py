"""A session that ends before its time: renewed once a run, by one thread, without losing or doubling anything."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Barrier, Lock, Thread

import pytest

from reconciler.live.gateway import Gateway
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, Unavailable, UnexpectedResponse
from reconciler.model.secret import Secret
from reconciler.sandbox.serve import ADMIN, running
from tests.builders import spec
from tests.faults import RequestLog
from tests.live.expiring import Expiring, cookie
from tests.live.servers import CREDENTIALS, HURRIED, PLANTED, Request, answer, in_turn, row, serving

ACCOUNT = Credentials(Secret(ADMIN[0]), Secret(ADMIN[1]))
PORTAL = ClientSpec(
    "Customer portal", frozenset({Grant.AUTHORIZATION_CODE}), ("https://portal.example.com/oauth/callback",)
)
LIST, CREATE = "GET /oauth/clients", "POST /oauth/clients"
UPDATE, DELETE = "PUT /oauth/clients/7", "DELETE /oauth/clients/7"
LOGIN, LOGOUT, PROBE = "POST /login", "GET /logout", "POST /oauth/token/refresh"

WORK: dict[str, Callable[[Gateway], object]] = {
    LIST: lambda gateway: gateway.list_clients(),
    UPDATE: lambda gateway: gateway.update_client(7, PORTAL),
    DELETE: lambda gateway: gateway.delete_client(7),
    CREATE: lambda gateway: gateway.create_client(PORTAL),
}

NO_CLIENT = answer(200, {"data": [row(1, name="PmApi")]})


@pytest.mark.parametrize("line", [LIST, UPDATE, DELETE])
def test_a_request_that_finds_the_session_ended_is_sent_again_in_a_new_one(line: str) -> None:
    """⚠ Without a valid session every verb answers 500; the probe tells that from a failure."""
    instance = Expiring()
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        WORK[line](gateway)
        WORK[line](gateway)
    assert server.lines == [LOGIN, line, PROBE, LOGIN, line, line, LOGOUT]
    assert [request.headers["cookie"] for request in server.requests[4:]] == 3 * [cookie(2)]


def test_a_create_is_sent_again_after_the_list_has_shown_that_it_made_nothing() -> None:
    """A 500 from an ended session does not prove it: the session may have been lost right after the client was made."""
    instance = Expiring({"list": NO_CLIENT})
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        assert gateway.create_client(PORTAL).id == 7
    assert server.lines == [LOGIN, CREATE, PROBE, LOGIN, LIST, CREATE, LOGOUT]


@pytest.mark.parametrize("types", [["authorization_code_grant"], []], ids=["its-like", "unsupported"])
def test_a_create_is_not_sent_again_when_a_client_of_its_name_is_live(types: list[str]) -> None:
    """Perhaps it made that client, perhaps somebody else did: whoever has the plan can tell."""
    instance = Expiring({"list": answer(200, {"data": [row(12, types=types)]})})
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        with pytest.raises(Unavailable, match="a client of this name is live"):
            gateway.create_client(PORTAL)
    assert server.lines == [LOGIN, CREATE, PROBE, LOGIN, LIST, LOGOUT]


def test_a_create_is_not_sent_again_when_nobody_can_say_whether_it_made_something() -> None:
    instance = Expiring({"list": answer(500)})
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        with pytest.raises(Unavailable, match="cannot list"):
            gateway.create_client(PORTAL)
    assert server.lines.count(CREATE) == 1


@pytest.mark.parametrize("line", WORK)
def test_a_500_in_a_living_session_renews_nothing(line: str) -> None:
    names = {LIST: "list", CREATE: "create", UPDATE: "update", DELETE: "delete"}
    with (
        serving(Expiring({names[line]: answer(500)})) as server,
        connect(server.url, CREDENTIALS) as gateway,
        pytest.raises(Unavailable, match="the server failed"),
    ):
        WORK[line](gateway)
    assert server.lines == [LOGIN, line, PROBE, LOGOUT]


@pytest.mark.parametrize("probe", [500, 502, 503, 403, 404])
def test_a_probe_that_says_neither_leaves_it_at_a_failed_server(probe: int) -> None:
    instance = Expiring({"update": answer(500), "probe": answer(probe)})
    with (
        serving(instance) as server,
        connect(server.url, CREDENTIALS, retry_clock=HURRIED) as gateway,
        pytest.raises(Unavailable, match=r"the server failed \(500\)"),
    ):
        gateway.update_client(7, PORTAL)
    assert (server.lines.count(UPDATE), server.lines.count(LOGIN)) == (1, 1)


@pytest.mark.parametrize("first", [answer(401), answer(302, headers="Location: /login\r\n")], ids=["401", "to-login"])
def test_other_words_for_a_missing_session_are_understood_and_verified(first: bytes) -> None:
    """An account whose password was changed gets one 401; older instances may redirect."""
    instance = Expiring({"list": in_turn(first, answer(200, {"data": []})), "probe": in_turn(answer(401), answer(200))})
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        gateway.list_clients()
    assert server.lines == [LOGIN, LIST, PROBE, LOGIN, LIST, LOGOUT]


def test_a_second_end_is_a_failure_that_says_what_to_do() -> None:
    """Whoever ends the sessions of this account would go on, and so would the renewals."""
    instance = Expiring()
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        gateway.list_clients()
        instance.end(2)
        for _ in range(2):
            with pytest.raises(NotAuthenticated, match="the session has ended again, though it was renewed") as caught:
                gateway.list_clients()
    assert caught.value.hint is not None
    assert "an account that nobody but this program" in caught.value.hint
    assert server.lines.count(LOGIN) == 2


@pytest.mark.parametrize(
    ("login", "kind", "said", "way_out"),
    [
        (
            answer(422, {"errors": {"username": ["These credentials do not match our records."]}}),
            LoginRefused,
            "user name and password do not belong to an active account",
            "do not try again",
        ),
        (
            answer(302, headers="Location: /login\r\n"),
            LoginRefused,
            "one session a user",
            "somebody else has logged in",
        ),
        (answer(503), Unavailable, "maintenance", "later"),
        (b"", Unavailable, "was closed", None),
        (answer(200, {}), UnexpectedResponse, "200", "`url:`"),
    ],
    ids=["password-changed", "taken", "maintenance", "lost", "nonsense"],
)
def test_a_renewal_that_fails_is_not_tried_again(
    login: bytes, kind: type[GatewayError], said: str, way_out: str | None
) -> None:
    """⚠ Never retry a login that was refused."""
    instance = Expiring(logins=lambda number: login if number > 1 else None)
    with serving(instance) as server, connect(server.url, CREDENTIALS, retry_clock=HURRIED) as gateway:
        instance.end(1)
        for work in WORK.values():
            with pytest.raises(kind) as caught:
                work(gateway)
            assert caught.value.message.startswith(f"cannot log in again to {server.url}: ")
            assert said in caught.value.message
            assert way_out is None or way_out in (caught.value.hint or "")
    assert server.lines.count(LOGIN) == 2
    assert server.lines[-1] == LOGOUT


def at_once(number: int, work: Callable[[], object]) -> list[GatewayError | None]:
    """What became of so many threads that do the same."""
    outcomes, lock = list[GatewayError | None](), Lock()

    def run() -> None:
        error = None
        try:
            work()
        except GatewayError as caught:
            error = caught
        with lock:
            outcomes.append(error)

    threads = [Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def meeting(number: int, method: str) -> Callable[[Request, bool], None]:
    """Lets nobody without a session go on before so many of them have come."""
    barrier = Barrier(number, timeout=60)

    def wait(request: Request, inside: bool) -> None:
        if request.method == method and not inside:
            barrier.wait()

    return wait


@pytest.mark.parametrize("line", [UPDATE, DELETE, CREATE])
def test_eight_threads_that_find_the_session_ended_log_in_once(line: str) -> None:
    """The answers to the old session set cookies, too: late ones must not take the new session away."""
    instance = Expiring({"list": NO_CLIENT}, before=meeting(8, line.partition(" ")[0]))
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        assert at_once(8, lambda: WORK[line](gateway)) == 8 * [None]
        gateway.list_clients()
    sessions = [r.headers["cookie"] for r in server.requests if r.line == line]
    assert sorted(sessions) == 8 * [cookie(1)] + 8 * [cookie(2)]
    assert server.lines.count(LOGIN) == 2
    assert [request.headers["cookie"] for request in server.requests[-2:]] == 2 * [cookie(2)]


def test_eight_threads_whose_renewal_is_refused_have_tried_one_login() -> None:
    """⚠ One try too many blocks the account."""
    refused = answer(422, {"errors": {"username": ["These credentials do not match our records."]}})
    instance = Expiring(logins=lambda number: refused if number > 1 else None, before=meeting(8, "PUT"))
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        outcomes = at_once(8, lambda: gateway.update_client(7, PORTAL))
    assert [type(error) for error in outcomes] == 8 * [LoginRefused]
    assert len({id(error) for error in outcomes}) == 8
    assert server.lines.count(LOGIN) == 2


def test_a_late_answer_of_the_old_session_needs_no_probe() -> None:
    """One thread waits for its answer while another one finds out and renews."""
    instance = Expiring()
    renewed = Barrier(2, timeout=60)
    arrived = Barrier(2, timeout=60)

    def hold(request: Request, inside: bool) -> None:
        if request.method == "DELETE" and not inside:
            arrived.wait()
            renewed.wait()

    instance.before = hold
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        late = Thread(target=gateway.delete_client, args=(7,))
        late.start()
        arrived.wait()
        gateway.list_clients()
        renewed.wait()
        late.join()
    assert sorted(server.lines) == sorted([LOGIN, DELETE, LIST, PROBE, LOGIN, LIST, DELETE, LOGOUT])


def test_the_renewal_is_told_at_info_without_any_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    instance = Expiring()
    with serving(instance) as server, connect(server.url, CREDENTIALS) as gateway:
        instance.end(1)
        gateway.list_clients()
    [record] = caplog.records
    assert record.getMessage() == f"the session at {server.url} has ended before its time: logging in again, this once"
    assert not [planted for planted in PLANTED if planted in caplog.text]


def test_where_a_second_login_ends_the_first_session_each_run_is_renewed_once_and_they_do_not_go_on_for_ever() -> None:
    """⚠ Where sessions are limited to one a user, a second login ends the first session."""
    log = RequestLog()
    with running(None, settings={"session-control.ip_restriction": 2}, middleware=log) as url:
        with connect(url, ACCOUNT) as ours, connect(url, ACCOUNT) as theirs:
            ours.create_client(spec("Ours"))
            theirs.create_client(spec("Theirs"))
            with pytest.raises(NotAuthenticated, match="ended again"):
                ours.list_clients()
            names = [client.name for client in theirs.list_clients().clients]
        assert names[-2:] == ["Ours", "Theirs"]
        assert log.count("POST", "/login") == 4
