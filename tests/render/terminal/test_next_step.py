"""Which command is named as the next one, and when none is."""

from __future__ import annotations

import pytest

from reconciler.applying.report import Applied, Failed, Outcome, Report, Skipped
from reconciler.model.errors import GatewayError, LoginRefused, Unavailable
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.next_step import Chosen, next_after_plans, next_after_reports
from tests.builders import declare, listing, live, plan_of, present

PENDING = plan_of(declare(present("New")), listing(live(1, "PmApi")))
IN_SYNC = plan_of(declare(present("Old")), listing(live(1, "Old")))
BLOCKED = plan_of(declare(present("Twice")), listing(live(1, "Twice"), live(2, "Twice")))
PENDING_AND_BLOCKED = plan_of(declare(present("New"), present("Twice")), listing(live(1, "Twice"), live(2, "Twice")))
REFUSAL = Refusal("frozen", "the instance is frozen: audit", "take `frozen:` out")


def test_a_plan_with_changes_names_its_apply() -> None:
    """With the instance, so that the line means the same tomorrow."""
    assert next_after_plans([(PENDING, ())]) == "next: reconciler apply --instance staging\n"


def test_the_apply_needs_the_flags_that_shaped_the_plan() -> None:
    """Quoted for a shell."""
    line = next_after_plans([(PENDING, ())], ["--clients", "my clients", "--prune", "all"])
    assert line == "next: reconciler apply --instance staging --clients 'my clients' --prune all\n"


@pytest.mark.parametrize("plan", [IN_SYNC, BLOCKED], ids=["in sync", "blocked"])
def test_nothing_is_named_where_an_apply_would_do_nothing(plan: Plan) -> None:
    """What is blocked has its own way out."""
    assert next_after_plans([(plan, ())]) == ""


def test_a_refused_plan_names_no_apply() -> None:
    """It would be refused as well."""
    assert next_after_plans([(PENDING, [REFUSAL])]) == ""


def test_it_is_said_that_blocked_clients_stay_as_they_are() -> None:
    """As a comment, so that the whole line can be pasted."""
    expected = "next: reconciler apply --instance staging  # blocked clients are not changed\n"
    assert next_after_plans([(PENDING_AND_BLOCKED, ())]) == expected


def test_of_several_instances_those_that_can_be_applied_are_named() -> None:
    """In one command."""
    line = next_after_plans([(PENDING, ()), (PENDING, [REFUSAL]), (IN_SYNC, ()), (PENDING, ())])
    assert line == "next: reconciler apply --instance staging --instance staging\n"


def test_the_flags_that_chose_the_instances_stand_for_all_of_them_and_for_many() -> None:
    """Twelve names in a command help nobody."""
    two = [(PENDING, ()), (PENDING, ())]
    every = "next: reconciler apply --all\n"
    assert next_after_plans(two, chosen=Chosen(["--all"], 2)) == every
    assert next_after_plans(two * 3, chosen=Chosen(["--all"], 12)) == every
    named = "next: reconciler apply --instance staging --instance staging\n"
    assert next_after_plans([*two, (IN_SYNC, ())], chosen=Chosen(["--all"], 3)) == named
    assert next_after_plans(two, chosen=Chosen([], 2)) == named, "the default instance was meant"
    assert next_after_plans([(IN_SYNC, ())], chosen=Chosen(["--all"], 0)) == ""


def _report(*errors: GatewayError | str | None, interrupted: bool = False) -> Report:
    change = PENDING.changes[0]
    outcomes: list[Outcome] = []
    for error in errors:
        match error:
            case None:
                outcomes.append(Applied(change, 9))
            case str():
                outcomes.append(Skipped(change, error))
            case _:
                outcomes.append(Failed(change, error))
    return Report(tuple(outcomes), interrupted)


def test_after_a_complete_apply_nothing_is_left_to_do() -> None:
    """So nothing is named."""
    assert next_after_reports([(PENDING, _report(None, None))]) == ""


@pytest.mark.parametrize(
    "report",
    [_report(None, Unavailable("no answer")), _report("not asked for"), _report(None, interrupted=True)],
    ids=["failed", "not tried", "interrupted"],
)
def test_after_an_incomplete_apply_a_plan_shows_what_is_left(report: Report) -> None:
    """With the flags of the apply."""
    assert next_after_reports([(PENDING, report)], ["--prune", "all"]) == (
        "next: reconciler plan --instance staging --prune all\n"
    )


def test_after_a_refused_login_nothing_is_named() -> None:
    """A plan logs in as well, and might lock the account."""
    assert next_after_reports([(PENDING, _report(LoginRefused("locked"), "no"))]) == ""
