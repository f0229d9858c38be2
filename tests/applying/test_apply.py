"""What becomes of a plan: in which order it is written, what stops what, and what counts as applied."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.applying.apply import apply_plan, never_stop
from reconciler.applying.events import ChangeAnswered, ChangeStarted, OnProgress, ProgressEvent
from reconciler.applying.report import (
    Applied,
    DeliveryResult,
    Failed,
    Outcome,
    Report,
    Skipped,
    is_complete,
    was_login_refused,
    wrote_anything,
)
from reconciler.model.clients import Declarations, Listing
from reconciler.model.errors import (
    GatewayError,
    LoginRefused,
    NotAuthenticated,
    NotPermitted,
    NotVerified,
    Rejected,
    Unavailable,
    UnexpectedResponse,
)
from reconciler.planning.plan.plan import Plan
from tests.builders import CODE, PASSWORD, absent, declare, plan_of, present, spec
from tests.memory_gateway import Fault, MemoryGateway, Unrecorded, lost, refused_connection

CHANGED = present(spec("Changed", PASSWORD))
EVERYTHING = declare(CHANGED, present("New name", previous=["Old name"]), present("Made"), absent("Gone"))


def instance(**faults: Fault) -> MemoryGateway:
    """An instance with three clients, on which requests of the given kinds fail."""
    gateway = MemoryGateway([spec("Changed"), spec("Old name"), spec("Gone")])
    for kind, fault in faults.items():
        gateway.fail(kind, fault)
    return gateway


def plan_for(gateway: MemoryGateway, declared: Declarations = EVERYTHING) -> Plan:
    return plan_of(declared, gateway.live)


def apply(gateway: MemoryGateway, declared: Declarations = EVERYTHING) -> Report:
    """Plan and apply; what is told must be what is reported."""
    told: list[ProgressEvent] = []
    report = run(plan_for(gateway, declared), gateway, told.append)
    outcomes = [event for event in told if not isinstance(event, ChangeStarted | ChangeAnswered)]
    assert sorted(map(repr, outcomes)) == sorted(map(repr, report.outcomes))
    return report


def run(
    plan: Plan, gateway: MemoryGateway, on_progress: OnProgress = lambda _: None, stop: Callable[[], bool] = never_stop
) -> Report:
    """Apply one change after another, so that the order of the requests is certain."""
    return apply_plan(plan, gateway, journal=Unrecorded(), on_progress=on_progress, parallelism=1, stop=stop)


def summary(report: Report) -> list[tuple[str, type[Outcome]]]:
    return [(outcome.change.name, type(outcome)) for outcome in report.outcomes]


def error_of(report: Report, name: str) -> GatewayError:
    [error] = [o.error for o in report.outcomes if isinstance(o, Failed) and o.change.name == name]
    assert isinstance(error, GatewayError)
    return error


def test_a_plan_without_changes_makes_no_request() -> None:
    gateway = instance()
    report = apply(gateway, declare(present("Changed")))
    assert (report, gateway.requests) == (Report(), [])
    assert is_complete(report)
    assert not wrote_anything(report)


def test_updates_and_renames_go_first_then_creates_then_deletes_then_one_look() -> None:
    gateway = instance()
    report = apply(gateway)
    assert gateway.requests == ["update 1", "update 2", "create Made", "delete 3", "list"]
    assert gateway.names == ["Changed", "Made", "New name"]
    assert [(o.change.name, o.id) for o in report.outcomes if isinstance(o, Applied)] == [
        ("Changed", 1),
        ("New name", 2),
        ("Made", 4),
        ("Gone", 3),
    ]
    assert is_complete(report)
    assert not plan_for(gateway).changes


def test_a_plan_in_another_order_is_still_written_in_the_safe_one() -> None:
    """Whoever builds or loads a plan: deletes come last."""
    gateway = instance()
    plan = plan_for(gateway)
    backwards = Plan(plan.instance, plan.identity, tuple(reversed(plan.changes)), live_ids=plan.live_ids)
    report = run(backwards, gateway)
    assert [outcome.change for outcome in report.outcomes] == list(backwards.changes)
    assert [request.split()[0] for request in gateway.requests] == ["update", "update", "create", "delete", "list"]


def test_one_failure_does_not_stop_independent_changes_but_no_delete_is_tried() -> None:
    gateway = instance()
    gateway.faults[1] = Fault(Rejected("refused: redirect: is not a URL"))
    report = apply(gateway)
    assert summary(report) == [("Changed", Failed), ("New name", Applied), ("Made", Applied), ("Gone", Skipped)]
    assert gateway.count("delete") == 0
    assert "Gone" in gateway.names
    assert wrote_anything(report)
    assert not is_complete(report)


@pytest.mark.parametrize("kind", ["update", "create"])
@pytest.mark.parametrize(
    "fault", [Fault(Rejected("no")), Fault(NotPermitted("no")), refused_connection()], ids=["422", "403", "?"]
)
def test_deletes_start_only_after_every_other_write_has_succeeded(kind: str, fault: Fault) -> None:
    gateway = instance(**{kind: fault})
    [skipped] = [o for o in apply(gateway).outcomes if o.change.name == "Gone"]
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "deletes start only after every other change has succeeded"
    assert gateway.count("delete") == 0


def test_one_failed_delete_does_not_stop_the_others() -> None:
    gateway = instance()
    gateway.faults[1] = refused_connection()
    report = apply(gateway, declare(absent("Gone"), absent("Changed")))
    assert summary(report) == [("Changed", Failed), ("Gone", Applied)]


def test_a_verb_that_the_account_may_not_use_is_asked_for_once() -> None:
    """Contract: permissions are checked before the id and the body are looked at, so the answer is known."""
    gateway = instance(update=Fault(NotPermitted("lacks Auth Clients: Edit Auth Clients")))
    report = apply(gateway)
    assert summary(report) == [("Changed", Failed), ("New name", Skipped), ("Made", Applied), ("Gone", Skipped)]
    assert gateway.requests == ["update 1", "create Made", "list"]
    assert report.outcomes[1] == Skipped(report.outcomes[1].change, "the account may not update auth clients")


@pytest.mark.parametrize(
    ("error", "reason", "looks"),
    [
        (NotAuthenticated("ended"), "the session has ended", 1),
        (LoginRefused("no"), "the instance does not accept the account any more", 0),
    ],
)
def test_an_account_that_is_refused_stops_everything(error: GatewayError, reason: str, looks: int) -> None:
    """Contract: never retry a login that was refused; one try too many blocks the account. So nobody even looks."""
    gateway = instance(create=Fault(error))
    report = apply(gateway, declare(CHANGED, present("Made"), present("Made too"), absent("Gone")))
    assert [type(o) for o in report.outcomes] == [Applied if looks else Failed, Failed, Skipped, Skipped]
    assert [o.reason for o in report.outcomes if isinstance(o, Skipped)] == [reason, reason]
    assert gateway.requests == ["update 1", "create Made", *["list"] * looks]
    assert wrote_anything(report)
    assert was_login_refused(report) == (looks == 0)


def test_where_nothing_was_sent_nobody_looks() -> None:
    gateway = instance(create=Fault(LoginRefused("no")))
    report = apply(gateway, declare(present("Made")))
    assert gateway.requests == ["create Made"]
    assert not wrote_anything(report)


def test_a_lost_answer_to_a_create_is_adopted_not_repeated() -> None:
    """Contract: names are not unique, so a second POST would make a second client."""
    gateway = instance()
    gateway.faults[1] = lost()
    report = apply(gateway, declare(present("Made")))
    assert report.outcomes == (Applied(report.outcomes[0].change, 4, adopted=True),)
    assert gateway.requests == ["create Made", "list"]
    assert is_complete(report)


def test_a_create_that_never_arrived_is_failed_with_its_error() -> None:
    gateway = instance(create=refused_connection())
    report = apply(gateway, declare(present("Made")))
    assert error_of(report, "Made").message == "connection refused"
    assert not wrote_anything(report)
    assert gateway.requests == ["create Made", "list"]


def test_two_new_clients_that_equal_a_lost_create_are_both_named_and_neither_is_adopted() -> None:
    gateway = instance()
    gateway.faults[1] = lost()
    plan = plan_for(gateway, declare(present("Made")))
    gateway.put(spec("Made"))  # somebody else, between plan and apply
    report = run(plan, gateway)
    error = error_of(report, "Made")
    assert isinstance(error, NotVerified)
    assert "4 and 5" in error.message
    assert wrote_anything(report)


def test_a_client_that_was_live_before_is_never_taken_for_a_lost_create() -> None:
    """A lookalike that the entry allows, or one that was renamed meanwhile: its id was known."""
    gateway = instance(create=refused_connection())
    plan = plan_for(gateway, declare(present("Made")))
    gateway.overwrite(1, spec("Made"))
    report = run(plan, gateway)
    assert error_of(report, "Made").message == "connection refused"


def test_a_new_client_of_the_name_that_is_not_what_was_sent_is_not_adopted() -> None:
    """The answer was not what was sent, and the listing agrees: something was written, and it is not right."""
    gateway = instance(create=Fault(UnexpectedResponse("it answers with other grants")))
    plan = plan_for(gateway, declare(present("Made")))
    gateway.put(spec("Made", PASSWORD))
    report = run(plan, gateway)
    error = error_of(report, "Made")
    assert isinstance(error, NotVerified)
    assert "not what was sent: 4" in error.message
    assert wrote_anything(report)


@pytest.mark.parametrize("kind", ["update", "delete"])
def test_a_lost_answer_to_an_update_or_delete_is_judged_by_the_listing(kind: str) -> None:
    gateway = instance(**{kind: lost()})
    report = apply(gateway, declare(CHANGED) if kind == "update" else declare(absent("Gone")))
    [outcome] = report.outcomes
    assert isinstance(outcome, Applied)
    assert outcome.adopted
    assert len(gateway.requests) == 2


@pytest.mark.parametrize("kind", ["update", "delete"])
def test_an_update_or_delete_that_never_arrived_is_failed_with_its_error(kind: str) -> None:
    gateway = instance(**{kind: refused_connection()})
    report = apply(gateway, declare(CHANGED) if kind == "update" else declare(absent("Gone")))
    assert [o.error.message for o in report.outcomes if isinstance(o, Failed)] == ["connection refused"]
    assert not wrote_anything(report)


def test_an_update_that_wrote_to_a_deleted_client_is_failed() -> None:
    """Contract: a PUT to a deleted client is answered 200 with `revoked: true`, and the client stays deleted."""
    gateway = instance()
    plan = plan_for(gateway, declare(CHANGED))
    gateway.revoke(1)
    report = run(plan, gateway)
    assert "deleted by somebody" in error_of(report, "Changed").message


def test_a_lost_update_that_shows_neither_before_nor_after_is_not_verified() -> None:
    gateway = instance(update=refused_connection())
    plan = plan_for(gateway, declare(CHANGED))
    gateway.overwrite(1, spec("Changed", CODE, PASSWORD))
    report = run(plan, gateway)
    error = error_of(report, "Changed")
    assert isinstance(error, NotVerified)
    assert "neither what was there nor what was sent" in error.message


class Meddling(MemoryGateway):
    """An instance on which somebody else is at work between our writes and our look."""

    def meddle(self) -> None:
        """What the other one does."""

    def list_clients(self) -> Listing:
        self.meddle()
        return super().list_clients()


class _LastWriterWins(Meddling):
    def meddle(self) -> None:
        self.overwrite(1, spec("Changed", CODE, PASSWORD))
        self.revoke(4)


def test_of_two_concurrent_writers_the_last_wins_and_the_look_says_so() -> None:
    """Contract: no version, ETag or precondition; of two concurrent writers the last wins, silently."""
    gateway = _LastWriterWins([spec("Changed"), spec("Old name"), spec("Gone")])
    report = apply(gateway, declare(CHANGED, present("Made")))
    assert "shows something else now" in error_of(report, "Changed").message
    assert "is not live any more" in error_of(report, "Made").message
    assert wrote_anything(report)


class _Undead(Meddling):
    def delete_client(self, client_id: int) -> None:
        self.requests.append("delete")


def test_a_delete_that_is_answered_and_not_done_is_not_applied() -> None:
    gateway = _Undead([spec("Gone")])
    report = apply(gateway, declare(absent("Gone")))
    assert "still live" in error_of(report, "Gone").message


def test_writes_that_nobody_could_look_at_are_written_not_verified() -> None:
    gateway = instance(list=Fault(Unavailable("the server failed (500)")))
    report = apply(gateway)
    assert [type(o) for o in report.outcomes] == [Failed] * 4
    for outcome in report.outcomes:
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, NotVerified)
        assert outcome.error.message == "written, not verified: the server failed (500)"
    assert wrote_anything(report)


def test_a_lost_write_that_nobody_could_look_at_may_have_been_done() -> None:
    gateway = instance(create=lost(), list=Fault(Unavailable("the server failed (500)")))
    report = apply(gateway, declare(present("Made")))
    error = error_of(report, "Made")
    assert isinstance(error, NotVerified)
    assert "neither answered nor verified: the connection was closed" in error.message
    assert wrote_anything(report)


class _Blank(MemoryGateway):
    def list_clients(self) -> Listing:
        self.requests.append("list")
        return Listing()


def test_an_empty_listing_does_not_prove_a_delete() -> None:
    gateway = _Blank([spec("Gone"), spec("Stays")])
    report = apply(gateway, declare(absent("Gone")))
    assert "lists no client at all" in error_of(report, "Gone").message


def after(gateway: MemoryGateway, requests: int) -> Callable[[], bool]:
    """Says stop once the instance has had so many requests."""
    return lambda: len(gateway.requests) >= requests


def test_when_somebody_says_stop_nothing_more_is_sent_and_the_look_tells_what_was() -> None:
    gateway = instance()
    report = run(plan_for(gateway), gateway, stop=after(gateway, 2))
    assert summary(report) == [("Changed", Applied), ("New name", Applied), ("Made", Skipped), ("Gone", Skipped)]
    assert {o.reason for o in report.outcomes if isinstance(o, Skipped)} == {"interrupted"}
    assert gateway.requests == ["update 1", "update 2", "list"]
    assert report.interrupted
    assert not is_complete(report)


def test_a_stop_before_the_first_write_makes_no_request() -> None:
    gateway = instance()
    report = run(plan_for(gateway), gateway, stop=lambda: True)
    assert {type(outcome) for outcome in report.outcomes} == {Skipped}
    assert (gateway.requests, report.interrupted, wrote_anything(report)) == ([], True, False)


def test_a_stop_after_a_lost_answer_spends_no_look_on_deletes_that_will_not_start() -> None:
    gateway = instance(create=lost())
    report = run(plan_for(gateway), gateway, stop=after(gateway, 3))
    assert gateway.requests == ["update 1", "update 2", "create Made", "list"]
    assert summary(report)[2:] == [("Made", Applied), ("Gone", Skipped)]


def test_a_stop_during_the_last_write_is_an_interruption_of_a_run_that_did_everything() -> None:
    """Who presses Ctrl-C gets 130, and the report says that nothing is left to be done."""
    gateway = instance()
    report = run(plan_for(gateway), gateway, stop=after(gateway, 4))
    assert {type(outcome) for outcome in report.outcomes} == {Applied}
    assert report.interrupted


def ctrl_c(_: object = None) -> bool:
    raise KeyboardInterrupt


def silence(_: ProgressEvent) -> None:
    """Hear nothing."""


@pytest.mark.parametrize(
    ("on_progress", "stop", "most"),
    [(ctrl_c, never_stop, 1), (silence, ctrl_c, 0), (silence, never_stop, 5)],
    ids=["tell", "stop", "look"],
)
def test_a_hard_stop_goes_through_at_once(on_progress: OnProgress, stop: Callable[[], bool], most: int) -> None:
    """The second Ctrl-C: KeyboardInterrupt in the thread that applies, wherever it is, and no write starts after it."""
    gateway = instance(list=Fault(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run(plan_for(gateway), gateway, on_progress, stop)
    assert len(gateway.requests) <= most


def named(event: ProgressEvent) -> tuple[str, str]:
    assert not isinstance(event, DeliveryResult)
    return type(event).__name__, event.change.name


def test_failures_are_told_at_once_and_the_rest_when_it_is_certain() -> None:
    gateway = instance()
    gateway.fail("update 2", Fault(Rejected("no")))
    told: list[tuple[str, str]] = []
    run(plan_for(gateway), gateway, on_progress=lambda event: told.append(named(event)))
    assert told == [
        ("ChangeStarted", "Changed"),
        ("ChangeAnswered", "Changed"),
        ("ChangeStarted", "New name"),
        ("ChangeAnswered", "New name"),
        ("Failed", "New name"),
        ("ChangeStarted", "Made"),
        ("ChangeAnswered", "Made"),
        ("Skipped", "Gone"),
        ("Applied", "Changed"),
        ("Applied", "Made"),
    ]


def test_an_answer_is_told_with_what_it_said() -> None:
    gateway = instance(update=lost())
    told: list[ProgressEvent] = []
    run(plan_for(gateway), gateway, on_progress=told.append)
    assert [(e.change.name, e.done) for e in told if isinstance(e, ChangeAnswered)] == [
        ("Changed", False),
        ("New name", False),
        ("Made", True),
        ("Gone", True),
    ]


def test_an_instance_that_is_gone_is_left_alone_after_three_writes_without_an_answer() -> None:
    gateway = instance(create=refused_connection())
    report = run(plan_for(gateway, declare(*(present(f"Made {n}") for n in range(5)))), gateway)
    assert [type(outcome) for outcome in report.outcomes] == [Failed, Failed, Failed, Skipped, Skipped]
    assert report.outcomes[-1] == Skipped(
        report.outcomes[-1].change, "the instance gave no proper answer to 3 writes in a row"
    )
    assert gateway.requests == ["create Made 0", "create Made 1", "create Made 2", "list"]


def test_any_answer_shows_that_the_instance_is_still_there() -> None:
    """A refusal is an answer, too."""
    gateway = instance(create=refused_connection())
    gateway.fail("create Made 2", Fault(Rejected("no")))
    report = run(plan_for(gateway, declare(*(present(f"Made {n}") for n in range(5)))), gateway)
    assert [type(outcome) for outcome in report.outcomes] == [Failed] * 5


def test_a_lost_answer_costs_one_look_before_the_deletes_which_then_may_start() -> None:
    gateway = instance(create=lost())
    report = apply(gateway)
    assert gateway.requests == ["update 1", "update 2", "create Made", "list", "delete 3", "list"]
    assert is_complete(report)


def test_a_write_that_the_look_before_the_deletes_does_not_show_holds_them() -> None:
    """And since nothing is written after that look, it is the last one."""
    gateway = instance(create=refused_connection())
    report = apply(gateway)
    assert gateway.requests == ["update 1", "update 2", "create Made", "list"]
    assert summary(report) == [("Changed", Applied), ("New name", Applied), ("Made", Failed), ("Gone", Skipped)]


def test_what_somebody_undid_before_the_deletes_holds_them() -> None:
    """An answer said that it was done, and the look that another one's loss costs says that it is not there."""
    gateway = _LastWriterWins([spec("Changed"), spec("Old name"), spec("Gone")])
    gateway.fail("update 2", lost())
    report = apply(gateway)
    assert summary(report)[-1] == ("Gone", Skipped)
    assert gateway.count("delete") == 0


@pytest.mark.parametrize("error", [Unavailable("the server failed (500)"), LoginRefused("no")])
def test_a_look_before_the_deletes_that_fails_holds_them_and_is_not_repeated(error: GatewayError) -> None:
    """Contract: one login too many blocks the account."""
    gateway = instance(create=lost(), list=Fault(error))
    report = apply(gateway)
    assert gateway.requests == ["update 1", "update 2", "create Made", "list"]
    assert [type(outcome) for outcome in report.outcomes] == [Failed, Failed, Failed, Skipped]
    assert isinstance(error_of(report, "Changed"), NotVerified)


def test_where_nothing_is_deleted_a_lost_answer_costs_no_request_more() -> None:
    gateway = instance(create=lost())
    apply(gateway, declare(present("Made")))
    assert gateway.requests == ["create Made", "list"]
