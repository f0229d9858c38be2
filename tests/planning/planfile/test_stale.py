"""A saved plan is applied exactly or not at all: every kind of change, and everything that can come in between."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from reconciler.model.clients import Field, Listing, LiveClient, UnsupportedClient
from reconciler.model.settings import Limits
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.plan.plan import Create, Delete, Plan, Prune, Update
from reconciler.planning.planfile.stale import Ready, Stale, StaleField, reconcile_saved, stale_refusals
from tests.builders import (
    PASSWORD,
    PERSONAL,
    absent,
    declare,
    listing,
    live,
    plan_of,
    present,
    spec,
    unsupported,
)

SYSTEM = live(1, "PmApi")
OTHER = live(9, "Other")
NEW_URL = "https://new.example.com/cb"

CREATE = plan_of(declare(present("Portal")), listing(SYSTEM, OTHER))
UPDATE = plan_of(declare(present(spec("Portal", redirect=NEW_URL))), listing(SYSTEM, live(5, "Portal"), OTHER))
PINNED = plan_of(declare(present(spec("Portal", redirect=NEW_URL), id=5)), listing(SYSTEM, live(5, "Portal"), OTHER))
RENAME = plan_of(declare(present("Portal", previous=["Gate"])), listing(SYSTEM, live(5, "Gate"), OTHER))
DELETE = plan_of(declare(absent("Portal")), listing(SYSTEM, live(5, "Portal"), OTHER))
PRUNE = plan_of(declare(present("Other")), listing(SYSTEM, live(5, "Portal"), OTHER), prune=Prune.ALL)

Client = LiveClient | UnsupportedClient


@dataclass(frozen=True)
class Case:
    """A plan with one change, what is live now beside the system clients, and what is to come of it."""

    plan: Plan
    now: tuple[Client, ...]
    codes: tuple[str, ...] = ()
    done: bool = False
    ignore: tuple[str, ...] = ()


def named(name: str) -> LiveClient:
    """A client that came after the plan."""
    return live(20, name)


PORTAL, GATE = live(5, "Portal"), live(5, "Gate")
UPDATED = live(5, spec("Portal", redirect=NEW_URL))
CHANGED = live(5, spec("Portal", PASSWORD))
CHANGED_GATE = live(5, spec("Gate", PASSWORD))
LIKE_IT, TAKEN = live(21, spec("Portal", PASSWORD)), ("name-taken",)

CASES = {
    "create, nothing happened": Case(CREATE, (OTHER,)),
    "create, something unrelated came": Case(CREATE, (OTHER, named("Else"))),
    "create, something unrelated went": Case(CREATE, ()),
    "create, something unrelated changed": Case(CREATE, (live(9, spec("Other", PASSWORD)),)),
    "create, done": Case(CREATE, (OTHER, named("Portal")), done=True),
    "create, done by a client of other grants": Case(CREATE, (OTHER, live(20, spec("Portal", PERSONAL))), TAKEN),
    "create, done with another URL": Case(CREATE, (live(20, spec("Portal", redirect=NEW_URL)),), TAKEN),
    "create, done twice": Case(CREATE, (OTHER, named("Portal"), live(21, "Portal")), TAKEN),
    "create, done, and a namesake came": Case(CREATE, (named("Portal"), LIKE_IT), TAKEN),
    "create, done, and an unsupported namesake": Case(CREATE, (named("Portal"), unsupported(21, "Portal")), TAKEN),
    "create, an old client took the name": Case(CREATE, (live(9, "Portal"),), TAKEN),
    "create, an unsupported client took the name": Case(CREATE, (unsupported(20, "Portal"),), TAKEN),
    "create, a lookalike came": Case(CREATE, (OTHER, named("portal")), ("name-lookalike",)),
    "create, an unsupported lookalike came": Case(CREATE, (unsupported(20, "PORTAL"),), ("name-lookalike",)),
    "create, an old client became a lookalike": Case(CREATE, (live(9, "Por\u200btal"),), ("name-lookalike",)),
    "create, done, and a lookalike came": Case(CREATE, (named("Portal"), live(21, "portal")), done=True),
    "create, ignored by now": Case(CREATE, (OTHER,), ("ignored",), ignore=("port*",)),
    "create, done and ignored by now": Case(CREATE, (named("Portal"),), done=True, ignore=("port*",)),
    "update, nothing happened": Case(UPDATE, (PORTAL, OTHER)),
    "update, done": Case(UPDATE, (UPDATED, OTHER), done=True),
    "update, done, and a namesake came": Case(UPDATE, (UPDATED, named("Portal")), done=True),
    "update, half done": Case(UPDATE, (CHANGED, OTHER), ("changed",)),
    "update, another URL": Case(UPDATE, (live(5, spec("Portal", redirect="https://x.example/")),), ("changed",)),
    "update, another name": Case(UPDATE, (live(5, "Gate"),), ("changed",)),
    "update, another case of the name": Case(UPDATE, (live(5, "portal"),), ("changed",)),
    "update, gone": Case(UPDATE, (OTHER,), ("gone",)),
    "update, made again under another id": Case(UPDATE, (OTHER, named("Portal")), ("gone",)),
    "update, unsupported": Case(UPDATE, (unsupported(5, "Portal"),), ("unsupported",)),
    "update, a namesake came": Case(UPDATE, (PORTAL, named("Portal")), ("ambiguous",)),
    "update, an unsupported namesake came": Case(UPDATE, (PORTAL, unsupported(20, "Portal")), ("ambiguous",)),
    "update, an old client took its name": Case(UPDATE, (PORTAL, live(9, "Portal")), ("ambiguous",)),
    "update, a lookalike came": Case(UPDATE, (PORTAL, named("portal"))),
    "update, ignored by now": Case(UPDATE, (PORTAL,), ("ignored",), ignore=("Portal",)),
    "update, changed and a namesake came": Case(UPDATE, (CHANGED, named("Portal")), ("changed", "ambiguous")),
    "update by id, a namesake came": Case(PINNED, (PORTAL, named("Portal"))),
    "update by id, changed": Case(PINNED, (live(5, spec("Portal", PERSONAL)),), ("changed",)),
    "rename, nothing happened": Case(RENAME, (GATE, OTHER)),
    "rename, done": Case(RENAME, (PORTAL, OTHER), done=True),
    "rename, to another name": Case(RENAME, (live(5, "Portal 2"),), ("changed",)),
    "rename, done, but with another URL": Case(RENAME, (UPDATED,), ("changed",)),
    "rename, gone": Case(RENAME, (OTHER,), ("gone",)),
    "rename, unsupported": Case(RENAME, (unsupported(5, "Gate"),), ("unsupported",)),
    "rename, the new name is taken by an equal one": Case(RENAME, (GATE, named("Portal")), TAKEN),
    "rename, the new name is taken by an old client": Case(RENAME, (GATE, live(9, "Portal")), TAKEN),
    "rename, gone and the new name is taken": Case(RENAME, (named("Portal"),), ("gone", "name-taken")),
    "rename, changed, the new name is taken": Case(RENAME, (CHANGED_GATE, named("Portal")), ("changed", "name-taken")),
    "rename, a lookalike of the new name came": Case(RENAME, (GATE, named("PORTAL")), ("name-lookalike",)),
    "rename, the old name got a namesake": Case(RENAME, (GATE, named("Gate")), ("ambiguous",)),
    "rename, the new name is ignored by now": Case(RENAME, (GATE,), ("ignored",), ignore=("Portal",)),
    "rename, the old name is ignored by now": Case(RENAME, (GATE,), ("ignored",), ignore=("gate",)),
    "delete, nothing happened": Case(DELETE, (PORTAL, OTHER)),
    "delete, done": Case(DELETE, (OTHER,), done=True),
    "delete, done, and made again by somebody": Case(DELETE, (OTHER, named("Portal")), done=True),
    "delete, another URL": Case(DELETE, (UPDATED,), ("changed",)),
    "delete, another name": Case(DELETE, (live(5, "Kept"),), ("changed",)),
    "delete, unsupported": Case(DELETE, (unsupported(5, "Portal"),), ("unsupported",)),
    "delete, a namesake came": Case(DELETE, (PORTAL, named("Portal")), ("ambiguous",)),
    "delete, ignored by now": Case(DELETE, (PORTAL,), ("ignored",), ignore=("*tal",)),
    "prune, nothing happened": Case(PRUNE, (PORTAL, OTHER)),
    "prune, done": Case(PRUNE, (OTHER,), done=True),
    "prune, changed": Case(PRUNE, (CHANGED,), ("changed",)),
    "prune, a namesake came": Case(PRUNE, (PORTAL, named("Portal"))),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_came_in_between_is_told_from_what_does_not_matter(case: Case) -> None:
    found = reconcile_saved(case.plan, listing(SYSTEM, *case.now), ignore=case.ignore)
    match found:
        case Stale(reasons):
            assert tuple(reason.code for reason in reasons) == case.codes
            assert {reason.change for reason in reasons} == set(case.plan.changes)
        case Ready(plan, already_live):
            assert case.codes == ()
            assert already_live == (case.plan.changes if case.done else ())
            assert plan.changes == (() if case.done else case.plan.changes)


def test_the_plans_of_the_table_have_the_one_change_that_they_are_named_for() -> None:
    kinds = [type(change) for plan in (CREATE, UPDATE, PINNED, RENAME, DELETE, PRUNE) for change in plan.changes]
    assert kinds == [Create, Update, Update, Update, Delete, Delete]


def reasons(plan: Plan, *now: Client) -> Stale:
    found = reconcile_saved(plan, listing(SYSTEM, *now))
    assert isinstance(found, Stale)
    return found


def test_a_changed_client_is_told_field_by_field() -> None:
    [reason] = reasons(UPDATE, live(5, spec("Gate", PASSWORD, PERSONAL))).reasons
    assert reason.differences == (
        StaleField(Field.NAME, "Portal", "Gate"),
        StaleField(Field.GRANTS, "authorization_code", "personal_access_token, password"),
        StaleField(Field.REDIRECT_URL, "https://app.example.com/cb", None),
    )
    assert reason.text == (
        "client 5, 'Portal', has changed since: name is 'Gate', not 'Portal'; "
        "grants is 'personal_access_token, password', not 'authorization_code'; "
        "redirect_url is empty, not 'https://app.example.com/cb'"
    )


def test_a_difference_at_the_end_of_a_long_url_is_shown() -> None:
    planned, found = (spec("Portal", redirect="https://a.example/" + "x" * 1900 + end) for end in "12")
    plan = plan_of(declare(absent("Portal")), listing(live(5, planned)))
    [reason] = reasons(plan, live(5, found)).reasons
    assert "x2', not 'https" in reason.text
    assert reason.text.endswith("x1'")


def test_a_password_in_a_url_is_not_shown_and_the_difference_is() -> None:
    planned, found = (spec("Portal", redirect=f"https://u:{word}@a.example/") for word in ("hunter1", "hunter2"))
    plan = plan_of(declare(absent("Portal")), listing(live(5, planned)))
    [reason] = reasons(plan, live(5, found)).reasons
    assert "hunter" not in reason.text
    assert "redirect_url has another user name or password in 'https://***@a.example/'" in reason.text


def test_the_client_that_took_a_name_is_told_with_what_differs() -> None:
    [reason] = reasons(CREATE, live(20, spec("Portal", redirect=NEW_URL))).reasons
    assert reason.others == (20,)
    assert reason.text == (
        "the name 'Portal' is taken by another live client now: 20 (created 2026-01-21), "
        f"where redirect_url is '{NEW_URL}', not 'https://app.example.com/cb'"
    )


def test_several_that_took_a_name_are_all_named() -> None:
    [reason] = reasons(CREATE, live(21, "Portal"), live(20, "Portal")).reasons
    assert reason.others == (20, 21)
    assert reason.differences == ()
    assert reason.text.endswith(": 20 (created 2026-01-21), 21 (created 2026-01-22)")


def test_a_hostile_name_cannot_reach_the_terminal() -> None:
    [reason] = reasons(CREATE, live(20, "port\u202eal"), live(21, "\x1b[31mportal"), live(22, "por\u200btal")).reasons
    assert reason.others == (20, 22)
    assert reason.text.isprintable()


def test_one_reason_stops_the_whole_plan_and_all_reasons_are_given() -> None:
    declared = declare(present("New"), present(spec("Portal", redirect=NEW_URL)), absent("Old"), absent("Older"))
    plan = plan_of(declared, listing(SYSTEM, live(5, "Portal"), live(6, "Old"), live(7, "Older")))
    found = reasons(plan, live(5, "Gate"), live(7, spec("Older", PASSWORD)), live(20, "New"))
    assert [(reason.code, reason.change.name) for reason in found.reasons] == [
        ("changed", "Portal"),
        ("changed", "Older"),
    ]


def test_what_is_done_is_left_out_and_counted_as_in_sync() -> None:
    declared = declare(present("New"), present("Newer"), absent("Old"), present("Other"))
    plan = plan_of(declared, listing(SYSTEM, live(5, "Old"), OTHER))
    found = reconcile_saved(plan, listing(SYSTEM, OTHER, live(20, "New")))
    assert isinstance(found, Ready)
    assert [change.name for change in found.already_live] == ["New", "Old"]
    assert [change.name for change in found.plan.changes] == ["Newer"]
    assert found.plan.in_sync == plan.in_sync + 2


def test_the_plan_to_apply_counts_the_clients_that_are_live_now() -> None:
    """A client that came meanwhile is none that this run made, should an answer get lost."""
    found = reconcile_saved(CREATE, listing(SYSTEM, OTHER, named("Else"), unsupported(30, "Odd")))
    assert isinstance(found, Ready)
    assert (found.plan.live, found.plan.live_ids) == (4, (1, 9, 20, 30))


def test_guards_judge_what_is_left_by_the_listing_of_today() -> None:
    found = reconcile_saved(CREATE, Listing())
    assert isinstance(found, Ready)
    assert [refusal.code for refusal in refusals(found.plan, Guards(Limits()))] == ["empty-listing"]


def test_an_empty_listing_does_not_count_as_everything_deleted() -> None:
    """The instance had clients that nobody was to delete: a listing without any is not to be believed."""
    found = reconcile_saved(DELETE, Listing())
    assert isinstance(found, Stale)
    assert [reason.code for reason in found.reasons] == ["empty-listing"]


def test_the_last_client_of_an_instance_can_be_found_deleted() -> None:
    plan = plan_of(declare(absent("Portal")), listing(live(5, "Portal")))
    assert isinstance(found := reconcile_saved(plan, Listing()), Ready)
    assert found.already_live == plan.changes


def test_a_lookalike_that_the_plan_allowed_for_does_not_make_it_stale() -> None:
    """It was live with that name when the plan was made, so the entry allows it."""
    seen = listing(SYSTEM, live(5, "portal"))
    plan = plan_of(declare(present("Portal", allow=["name-lookalike"])), seen)
    assert reconcile_saved(plan, seen) == Ready(plan)


def test_a_lookalike_that_the_plan_itself_makes_does_not_make_the_rest_stale() -> None:
    pair = declare(present("Portal", allow=["name-lookalike"]), present("portal", allow=["name-lookalike"]))
    plan = plan_of(pair, listing(SYSTEM))
    found = reconcile_saved(plan, listing(SYSTEM, live(20, "portal")))
    assert isinstance(found, Ready)
    assert [change.name for change in found.plan.changes] == ["Portal"]


def test_a_namesake_that_was_there_does_not_make_a_pinned_change_stale() -> None:
    seen = listing(live(5, "Portal"), live(6, "Portal"))
    plan = plan_of(declare(absent("Portal", id=5)), seen)
    assert reconcile_saved(plan, seen) == Ready(plan)


def test_a_plan_without_changes_is_never_stale() -> None:
    plan = replace(CREATE, changes=())
    assert isinstance(found := reconcile_saved(plan, listing(named("Portal"), live(21, "portal"))), Ready)
    assert found.plan.changes == found.already_live == ()


def test_stale_reasons_are_shown_as_refusals_with_one_way_out() -> None:
    stale = reasons(RENAME, live(5, spec("Gate", PASSWORD)), named("Portal"))
    shown = stale_refusals(stale, "production")
    assert [refusal.code for refusal in shown] == ["stale-changed", "stale-name-taken"]
    assert [refusal.text for refusal in shown] == [reason.text for reason in stale.reasons]
    assert {refusal.way_out for refusal in shown} == {
        "plan again, and read it: reconciler plan --instance production -o FILE"
    }
