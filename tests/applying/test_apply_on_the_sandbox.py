"""Applying over real HTTP to the embedded sandbox: the same promises, kept by gateway and platform together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.applying.apply import apply_plan
from reconciler.applying.report import Applied, Failed, Report, Skipped, is_complete, wrote_anything
from reconciler.live.gateway import Gateway
from reconciler.live.http.retry import RETRIES, RetryClock
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.model.clients import ClientSpec, Declarations
from reconciler.model.errors import NotAuthenticated, NotPermitted, NotVerified, UnexpectedResponse
from reconciler.model.secret import Secret
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Plan, Prune
from reconciler.sandbox.accounts import ACCOUNTS
from reconciler.sandbox.serve import ADMIN
from tests.builders import CODE, PASSWORD, PERSONAL, absent, declare, present, spec
from tests.faults import CutAnswer, DropConnection, LoseSession, On, RequestLog, Respond, together
from tests.memory_gateway import Unrecorded
from tests.platform_lines import DEFAULT, Line
from tests.strategies import certainties
from tests.tiers import examples

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.faults import Fault

CLIENTS = "/oauth/clients"
[EDITOR] = [(account.name, account.password) for account in ACCOUNTS if account.name == "pm_editor"]
BEFORE = (spec("Changed"), spec("Old name", CODE, PERSONAL), spec("Gone"))
CHANGED = present(spec("Changed", PASSWORD))
EVERYTHING = declare(CHANGED, present("New name", previous=["Old name"]), present("Made"), absent("Gone"))


@contextmanager
def logged_in(url: str, account: tuple[str, str] = ADMIN) -> Iterator[Gateway]:
    """A gateway to a sandbox, which tries again without a pause."""
    credentials = Credentials(Secret(account[0]), Secret(account[1]))
    with connect(url, credentials, embedded=True, retry_clock=RetryClock(pause=lambda _: None)) as gateway:
        yield gateway


@contextmanager
def sandbox(
    *faults: Fault, holding: tuple[ClientSpec, ...] = BEFORE, line: Line = DEFAULT
) -> Iterator[tuple[str, RequestLog]]:
    """A sandbox that holds these clients, and a log of what reaches it; it has them before any fault can strike."""
    log = RequestLog()
    switch = Switch(*faults)
    with line.running(None, middleware=together(log, switch)) as url:
        with logged_in(url) as gateway:
            for each in holding:
                gateway.create_client(each)
        log.requests.clear()
        switch.on()
        yield url, log


class Switch:
    """Faults that strike only once they are switched on."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = faults
        self._on = False

    def on(self) -> None:
        """From now on the faults strike."""
        self._on = True

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        faulty = together(*self._faults)(app)

        def switched(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return (faulty if self._on else app)(environ, start_response)

        return switched


def plan_with(declared: Declarations, gateway: Gateway, prune: Prune = Prune.NONE) -> Plan:
    return make_plan(declared, gateway.list_clients(), PlanPolicy("sandbox", "embedded:", prune=prune))


def apply(declared: Declarations, gateway: Gateway, prune: Prune = Prune.NONE) -> Report:
    """One write after another, so that the order of the requests is certain."""
    return run(plan_with(declared, gateway, prune), gateway)


def run(plan: Plan, gateway: Gateway, parallelism: int = 1) -> Report:
    return apply_plan(plan, gateway, journal=Unrecorded(), on_progress=lambda _: None, parallelism=parallelism)


def test_planning_again_after_applying_gives_an_empty_plan(platform_line: Line) -> None:
    platform_line.demand_creates()
    with sandbox(line=platform_line) as (url, log), logged_in(url) as gateway:
        report = apply(EVERYTHING, gateway)
        assert is_complete(report)
        assert [(seen.method, seen.path) for seen in log.requests[1:]] == [
            ("GET", CLIENTS),
            ("PUT", f"{CLIENTS}/6"),
            ("PUT", f"{CLIENTS}/7"),
            ("POST", CLIENTS),
            ("DELETE", f"{CLIENTS}/8"),
            ("GET", CLIENTS),
        ]
        again = plan_with(EVERYTHING, gateway)
        assert (again.changes, again.blocked, again.in_sync) == ((), (), 4)


def test_a_client_in_sync_is_never_written() -> None:
    """Contract: a PUT that changes nothing still writes a line into the platform's security log."""
    with sandbox() as (url, log), logged_in(url) as gateway:
        apply(declare(*map(present, BEFORE)), gateway)
        assert log.writes() == []
        assert log.count("GET", CLIENTS) == 1


def test_a_lost_answer_to_a_create_is_adopted_not_repeated() -> None:
    """Contract: names are not unique, so a POST that is sent again would make a second client."""
    with sandbox(DropConnection(On("POST", CLIENTS), after=True)) as (url, log), logged_in(url) as gateway:
        report = apply(declare(present("Made")), gateway)
        assert report.outcomes == (Applied(report.outcomes[0].change, 9, adopted=True),)
        assert log.count("POST", CLIENTS) == 1


def test_a_put_answered_with_revoked_true_wrote_to_a_client_that_somebody_deleted() -> None:
    """Contract: 200 with `revoked: true` for a deleted client, which stays deleted."""
    with sandbox() as (url, _), logged_in(url) as gateway:
        plan = plan_with(declare(CHANGED), gateway)
        gateway.delete_client(6)
        [outcome] = run(plan, gateway).outcomes
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, UnexpectedResponse)
        assert "deleted client 6" in outcome.error.message


def test_a_verb_that_the_account_may_not_use_is_asked_for_once() -> None:
    """Contract: 403 before the id and the body are looked at."""
    declared = declare(CHANGED, present("Made"), present("Made too"), absent("Gone"))
    with sandbox() as (url, log), logged_in(url, EDITOR) as gateway:
        report = apply(declared, gateway)
        assert [type(outcome) for outcome in report.outcomes] == [Applied, Failed, Skipped, Skipped]
        assert [type(o.error) for o in report.outcomes if isinstance(o, Failed)] == [NotPermitted]
        assert (log.count("POST", CLIENTS), log.count("DELETE", CLIENTS)) == (1, 0)


def test_a_session_that_ends_again_after_its_renewal_stops_everything() -> None:
    """Contract: without a valid session every verb answers 500, the same as a real failure of the server."""
    lose = LoseSession(On("POST", CLIENTS)), LoseSession(On("POST", "/oauth/token/refresh"))
    declared = declare(present("Made"), present("Made too"), absent("Gone"))
    with sandbox(*lose) as (url, log), logged_in(url) as gateway:
        report = apply(declared, gateway)
        assert [type(outcome) for outcome in report.outcomes] == [Failed, Skipped, Skipped]
        assert [type(o.error) for o in report.outcomes if isinstance(o, Failed)] == [NotAuthenticated]
        assert log.count("POST", CLIENTS) == 2
        assert not wrote_anything(report)


def test_a_server_that_falls_ill_after_the_writes_leaves_them_unverified() -> None:
    every_try_of_the_look = range(2, 2 + 1 + RETRIES)
    with sandbox(Respond(On("GET", CLIENTS, every_try_of_the_look), 503)) as (url, _), logged_in(url) as gateway:
        report = apply(declare(CHANGED), gateway)
        [outcome] = report.outcomes
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, NotVerified)
        assert plan_with(declare(CHANGED), gateway).changes == ()


class Together:
    """Lets no write through before so many have come together; a test that sends them in turn gets stuck."""

    def __init__(self, method: str, parties: int) -> None:
        self._method = method
        self._barrier = Barrier(parties, timeout=60)

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def waiting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == self._method and environ["PATH_INFO"].startswith(CLIENTS):
                self._barrier.wait()
            return app(environ, start_response)

        return waiting


def test_eight_writes_are_under_way_at_once_on_one_session() -> None:
    """And of every kind, with no request more than the writes and the last look."""
    numbers = range(16)
    before = tuple(spec(f"{word} {n:02}") for word in ("Changed", "Gone") for n in numbers)
    declared = declare(
        *(present(spec(f"Changed {n:02}", PASSWORD)) for n in numbers),
        *(present(f"Made {n:02}") for n in numbers),
        *(absent(f"Gone {n:02}") for n in numbers),
    )
    barriers = (Together(method, 8) for method in ("PUT", "POST", "DELETE"))
    with sandbox(*barriers, holding=before) as (url, log), logged_in(url) as gateway:
        plan = plan_with(declared, gateway)
        report = run(plan, gateway, parallelism=8)
        assert is_complete(report)
        assert [outcome.change for outcome in report.outcomes] == list(plan.changes)
        assert len(log.writes()) == 48
        assert log.count("GET", "/") == 2
        assert log.count("POST", "/login") == 1
        assert plan_with(declared, gateway).changes == ()


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_lost_answers_among_many_writes_at_once_are_found_and_not_repeated(method: str) -> None:
    numbers = range(12)
    declared = declare(
        *(present(spec(f"Changed {n:02}", PASSWORD)) for n in numbers),
        *(present(f"Made {n:02}") for n in numbers),
        absent("Gone"),
    )
    before = (spec("Gone"), *(spec(f"Changed {n:02}") for n in numbers))
    drop = DropConnection(On(method, CLIENTS, {2, 7}), after=True)
    with sandbox(drop, holding=before) as (url, log), logged_in(url) as gateway:
        report = run(plan_with(declared, gateway), gateway, parallelism=8)
        assert is_complete(report)
        assert log.count("POST", CLIENTS) == 12
        assert plan_with(declared, gateway).changes == ()
        names = [client.name for client in gateway.list_clients().clients]
        assert len(names) == len(set(names))


FAULTS: dict[str, Callable[[On], Fault]] = {
    "dropped before": DropConnection,
    "dropped after": lambda on: DropConnection(on, after=True),
    "cut": lambda on: CutAnswer(on, 20),
    "ill": lambda on: Respond(on, 503),
    "another page": lambda on: Respond(on, 200, "<html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "on", [("PUT", 1), ("PUT", 2), ("POST", 1), ("DELETE", 1), ("GET", 2)], ids=lambda on: f"{on[0]} {on[1]}"
)
def test_any_single_fault_then_a_clean_run_converges_with_no_duplicate(
    platform_line: Line, fault: str, on: tuple[str, int]
) -> None:
    platform_line.demand_creates()
    method, number = on
    with (
        sandbox(FAULTS[fault](On(method, CLIENTS, {number})), line=platform_line) as (url, log),
        logged_in(url) as gateway,
    ):
        apply(EVERYTHING, gateway)
        assert log.count("POST", CLIENTS) == 1
        assert is_complete(apply(EVERYTHING, gateway))
        assert plan_with(EVERYTHING, gateway).changes == ()
        names = [client.name for client in gateway.list_clients().clients]
        assert sorted(names) == sorted({*names, "Changed", "New name", "Made"})


@examples(0.1)
@given(scenario=certainties(), prune=st.sampled_from(Prune))
def test_whatever_is_declared_one_apply_is_enough_and_the_system_clients_stay(
    platform_line: Line, scenario: tuple[Declarations, list[ClientSpec]], prune: Prune
) -> None:
    platform_line.demand_creates()
    declared, there = scenario
    with sandbox(holding=tuple(there), line=platform_line) as (url, _), logged_in(url) as gateway:
        system = gateway.list_clients().clients[:5]
        assert is_complete(apply(declared, gateway, prune))
        again = plan_with(declared, gateway, prune)
        assert (again.changes, again.blocked) == ((), ())
        assert gateway.list_clients().clients[:5] == system
