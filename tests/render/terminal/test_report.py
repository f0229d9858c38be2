"""A report that somebody tired can read, however much went wrong."""

from __future__ import annotations

from reconciler.applying.report import Applied, Failed, Report, Skipped
from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.model.errors import Unavailable
from reconciler.planning.plan.plan import Create, Note, Plan
from reconciler.render.terminal.report import render_report

PLAN = Plan("staging", "https://staging.example.com")


def _create(number: int) -> Create:
    spec = ClientSpec(f"App {number}", frozenset({Grant.PASSWORD}))
    return Create(spec, Note("declared-not-live", "declared, and not live"), Location("clients/a.yaml", number, 1))


def test_an_outage_names_its_cause_once_and_counts() -> None:
    failed = [Failed(_create(n), Unavailable("connection refused")) for n in range(1, 4)]
    skipped = [Skipped(_create(n), "the instance does not answer") for n in range(4, 301)]
    text = render_report(PLAN, Report((*failed, *skipped)))
    assert text.count("connection refused") == 1
    assert "               all 3: connection refused\n" in text
    assert text.count("the instance does not answer") == 1
    assert "and 294 more not tried, for the same reason\n" in text
    assert text.endswith("0 of 300 changes applied · 3 failed · 297 not tried\n")


def test_what_differs_from_client_to_client_does_not_keep_a_reason_from_being_told_once() -> None:
    errors = [Unavailable(f"cannot update auth client {n} on X: it is down; tried 3 times in {n} s") for n in (4, 5)]
    text = render_report(PLAN, Report(tuple(Failed(_create(n), each) for n, each in enumerate(errors))))
    assert "               both: cannot update auth clients on X: it is down; tried several times\n" in text
    assert text.count("it is down") == 1


def test_every_applied_change_is_named_however_many_there_are() -> None:
    text = render_report(PLAN, Report(tuple(Applied(_create(n), n) for n in range(1, 101))))
    assert all(f"App {n} (id {n})" in text for n in range(1, 101))


def test_a_plan_that_was_done_before_leaves_nothing_to_do() -> None:
    assert render_report(PLAN, Report(), already_live=(_create(1),)).endswith("nothing to do · 1 done before\n")
