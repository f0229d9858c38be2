"""One given plan to one instance: what is asked, compared and left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.model.clients import Location
from reconciler.model.errors import Interrupted, Refused
from reconciler.model.settings import CredentialNames, Instance, Settings
from reconciler.planning.plan.plan import Create, Note, Plan
from reconciler.results import ApplyResult, Finished, Planned, Stopped
from reconciler.sandbox.accounts import ADMIN
from reconciler.workflow.exact.apply_saved import ExactPlan, apply_exact_plan
from reconciler.workflow.options import Options
from reconciler.workflow.run import Run, RunOrigin
from tests.builders import at, spec
from tests.cli.projects import Platform, platform

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
ENVIRON = dict(zip(("USER_NAME", "PASSWORD"), ADMIN, strict=True))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Platform]:
    with platform(tmp_path / "platform.sqlite3") as running:
        yield running


def _order(served: Platform, *names: str) -> ExactPlan:
    instance = Instance(
        "staging",
        Location("reconciler.yaml", 1, 1),
        url=served.url,
        credentials=CredentialNames("USER_NAME", "PASSWORD"),
    )
    changes = tuple(Create(spec(name), Note("x", "because"), at(1), None, ()) for name in names)
    plan = Plan("staging", served.url, changes, live=5, live_ids=(1, 2, 3, 4, 5))
    return ExactPlan(
        Settings(Path("reconciler.yaml"), (instance,)), instance, lambda _: plan, Options(ENVIRON, timeout=5)
    )


def _run(tmp_path: Path, stop: Callable[[], bool] = lambda: False) -> Run:
    return Run(
        name="20261123T134500Z-7f3a9c",
        origin=RunOrigin("ann@host"),
        journal=tmp_path / "journal",
        locks=tmp_path / "locks",
        now=lambda: datetime(2026, 11, 23, 13, 45, tzinfo=UTC),
        on_progress=lambda *_: None,
        stop=stop,
        parallelism=2,
    )


def _asked(order: ExactPlan, run: Run, answer: bool, meanwhile: Callable[[], None] = lambda: None) -> ApplyResult:
    def approve(_: Planned) -> bool:
        meanwhile()
        return answer

    return apply_exact_plan(order, approve, run)


def test_an_approval_that_takes_no_time_costs_no_look(served: Platform, tmp_path: Path) -> None:
    assert isinstance(_asked(_order(served, "One"), _run(tmp_path), True), Finished)
    assert served.asked() == [LOGIN, LIST, *ASK, CREATE, LIST, LOGOUT]


def test_an_approval_that_takes_time_is_followed_by_a_look(served: Platform, tmp_path: Path) -> None:
    order = replace(_order(served, "One"), takes_time=True)
    assert isinstance(_asked(order, _run(tmp_path), True), Finished)
    assert served.asked() == [LOGIN, LIST, *ASK, LIST, CREATE, LIST, LOGOUT]


def test_what_somebody_did_during_the_question_is_not_done_twice(served: Platform, tmp_path: Path) -> None:
    order = replace(_order(served, "One", "Two"), takes_time=True)
    result = _asked(order, _run(tmp_path), True, meanwhile=lambda: served.has(spec("One")))
    assert isinstance(result, Finished)
    assert [change.name for change in result.already_live] == ["One"]
    assert [outcome.change.name for outcome in result.report.outcomes] == ["Two"]


def test_what_became_stale_during_the_question_is_not_written(served: Platform, tmp_path: Path) -> None:
    order = replace(_order(served, "One", "Two"), takes_time=True, when_stale="think")
    other = spec("One", redirect="https://other.example.com/cb")
    result = _asked(order, _run(tmp_path), True, meanwhile=lambda: served.has(other))
    assert isinstance(result, Planned)
    assert [(refusal.code, refusal.way_out) for refusal in result.refusals] == [("stale-name-taken", "think")]
    assert served.log.writes() == []


def test_a_no_writes_nothing_and_begins_no_journal(served: Platform, tmp_path: Path) -> None:
    result = _asked(_order(served, "One"), _run(tmp_path), False)
    assert isinstance(result, Stopped)
    assert isinstance(result.error, Refused)
    assert served.asked() == [LOGIN, LIST, *ASK, LOGOUT]
    assert not (tmp_path / "journal").exists()


def test_what_is_refused_or_done_is_not_asked_about(served: Platform, tmp_path: Path) -> None:
    def never(_: Planned) -> bool:
        raise AssertionError("nobody must be asked")

    frozen = _order(served, "One")
    frozen = replace(frozen, instance=replace(frozen.instance, frozen="quarter end"))
    assert isinstance(apply_exact_plan(frozen, never, _run(tmp_path)), Planned)
    served.has(spec("One"))
    assert isinstance(apply_exact_plan(_order(served, "One"), never, _run(tmp_path)), Finished)
    assert served.log.writes() == []


def test_a_run_that_is_stopped_right_after_the_yes_writes_nothing(served: Platform, tmp_path: Path) -> None:
    stopped: list[bool] = []
    run = _run(tmp_path, stop=lambda: bool(stopped))
    result = _asked(_order(served, "One"), run, True, meanwhile=lambda: stopped.append(True))
    assert isinstance(result, Stopped)
    assert isinstance(result.error, Interrupted)
    assert served.asked() == [LOGIN, LIST, *ASK, LOGOUT]


def test_a_run_that_is_stopped_before_its_login_does_not_log_in(served: Platform, tmp_path: Path) -> None:
    result = _asked(_order(served, "One"), _run(tmp_path, stop=lambda: True), True)
    assert isinstance(result, Stopped)
    assert isinstance(result.error, Interrupted)
    assert served.asked() == []


def test_the_lock_is_held_during_the_question_and_free_afterwards(served: Platform, tmp_path: Path) -> None:
    order, results = _order(served, "One"), []

    def second() -> None:
        results.append(_asked(order, _run(tmp_path), True))

    _asked(order, _run(tmp_path), False, meanwhile=second)
    (refused,) = results
    assert isinstance(refused, Stopped)
    assert "run 20261123T134500Z-7f3a9c of ann@host" in refused.error.message
    assert isinstance(_asked(order, _run(tmp_path), True), Finished)
