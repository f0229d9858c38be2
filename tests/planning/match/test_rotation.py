"""A client that is too old gets a successor; nothing but the dates of the two is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model.clients import Declarations, DesiredClient, Listing, LiveClient, UnsupportedClient
from reconciler.model.settings import Limits, SinkScope
from reconciler.planning.drift.origins import origin_text
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.plan.plan import Create, Delete, OnDrift, Origin, Plan, Prune, Replaced, Update
from reconciler.planning.planfile.stale import Ready, Stale, reconcile_saved
from reconciler.planning.rollback import invert
from tests.builders import CODE, PERSONAL, at, declare, listing, plan_of, present, rotation, spec, unsupported

TIME = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
NOW = TIME + timedelta(hours=1)
WEEK, AT_ONCE = timedelta(days=7), timedelta(0)
LONG_BEFORE, BEFORE, SINCE = TIME - timedelta(days=60), TIME - timedelta(days=30), TIME + timedelta(minutes=5)
NEW_URL = "https://new.example.com/cb"
SYSTEM = LiveClient(1, spec("PmApi"), LONG_BEFORE)


def made(
    id: int, created_at: datetime | None = BEFORE, redirect: str | None = None, name: str = "Portal"
) -> LiveClient:
    return LiveClient(id, spec(name, redirect=redirect), created_at)


OLD, NEW = made(17), made(29, SINCE)


def portal(
    keep_old: timedelta = WEEK, time: datetime = TIME, *, redirect: str | None = None, id: int | None = None
) -> DesiredClient:
    return present(spec("Portal", redirect=redirect), id=id, owner="team-portal", rotate=rotation(time, keep_old))


def planned(
    *seen: LiveClient | UnsupportedClient,
    entry: DesiredClient | None = None,
    now: datetime | None = NOW,
    base: Declarations | None = None,
    on_drift: OnDrift = OnDrift.REFUSE,
    prune: Prune = Prune.NONE,
) -> Plan:
    look = listing(SYSTEM, *seen, at=now)
    return plan_of(declare(entry or portal()), look, base=base, on_drift=on_drift, prune=prune)


def reason_of_block(plan: Plan) -> str:
    assert plan.changes == ()
    [blocked] = plan.blocked
    return f"{blocked.reason.code}: {blocked.reason.text}; {blocked.way_out}"


def note(plan: Plan) -> str:
    [found] = plan.notes
    return f"{found.code}: {found.text}"


def test_a_client_from_before_the_time_gets_a_successor_and_stays_until_that_is_old_enough() -> None:
    [change] = planned(OLD).changes
    assert isinstance(change, Create)
    assert change.replaces == Replaced(17, spec("Portal"), WEEK, NOW + WEEK)
    assert change.replaces is not None
    assert change.replaces.stops_at == NOW + WEEK
    assert (change.after, change.owner, change.source) == (spec("Portal"), "team-portal", at(5))
    assert [risk.code for risk in change.risks] == ["new-id-and-secret", "tokens-revoked-later"]


def test_with_nothing_to_keep_the_old_one_goes_with_the_same_plan_after_the_new_one() -> None:
    create, delete = planned(OLD, entry=portal(AT_ONCE)).changes
    assert isinstance(create, Create)
    assert isinstance(delete, Delete)
    assert (delete.id, delete.reason.code, delete.successor, delete.owner) == (17, "rotated", None, "team-portal")


def test_beside_its_successor_the_old_one_is_left_alone_and_the_plan_says_until_when() -> None:
    plan = planned(OLD, NEW)
    assert (plan.changes, plan.unmanaged, plan.in_sync) == ((), planned(NEW).unmanaged, 1)
    assert "client 17) works until 2026-05-08 09:05 UTC" in note(plan)


@pytest.mark.parametrize(("seconds", "over"), [(-1, False), (0, True), (1, True)])
def test_the_old_one_goes_once_the_new_one_is_old_enough(seconds: int, over: bool) -> None:
    plan = planned(OLD, NEW, now=SINCE + WEEK + timedelta(seconds=seconds))
    assert [change.id for change in plan.changes if isinstance(change, Delete)] == [17] * over
    assert [change.successor for change in plan.changes if isinstance(change, Delete)] == [29] * over
    assert bool(plan.notes) is not over


def test_afterwards_it_is_a_client_like_any_other() -> None:
    plan = planned(NEW)
    assert (plan.changes, plan.notes, plan.in_sync) == ((), (), 1)
    assert planned(NEW, now=None).changes == ()


def test_what_is_not_live_is_made_and_needs_no_rotation() -> None:
    [change] = planned().changes
    assert isinstance(change, Create)
    assert change.replaces is None


def test_a_client_that_was_made_at_the_very_time_is_new() -> None:
    assert planned(made(17, TIME)).changes == ()


def test_the_successor_is_the_client_that_is_declared() -> None:
    """An update goes to it, and the old one stays as its applications know it."""
    [update] = planned(OLD, NEW, entry=portal(redirect=NEW_URL)).changes
    assert isinstance(update, Update)
    assert update.id == 29
    update, delete = planned(OLD, NEW, entry=portal(AT_ONCE, redirect=NEW_URL)).changes
    assert isinstance(update, Update)
    assert (update.id, delete.name) == (29, "Portal")
    [create] = planned(OLD, entry=portal(redirect=NEW_URL)).changes
    assert create.after == spec("Portal", redirect=NEW_URL)  # type: ignore[union-attr]
    assert "redirect-host" in [risk.code for risk in create.risks]


def test_a_redirect_that_is_left_to_the_instance_goes_over_to_the_successor() -> None:
    entry = replace(present("Portal", keep_redirect=True), rotate=rotation(TIME))
    [create] = planned(made(17, redirect=NEW_URL), entry=entry).changes
    assert create.after == spec("Portal", redirect=NEW_URL)  # type: ignore[union-attr]


def test_planning_a_moment_later_gives_the_same_changes() -> None:
    """A person who is asked takes time; when the secret stops moves on with the clock."""
    assert planned(OLD).changes == planned(OLD, now=NOW + timedelta(seconds=30)).changes


@pytest.mark.parametrize("seen", [(), (OLD,), (NEW,), (OLD, NEW)])
def test_a_time_that_is_yet_to_come_would_rotate_with_every_apply(seen: tuple[LiveClient, ...]) -> None:
    said = reason_of_block(planned(*seen, entry=portal(time=NOW + timedelta(seconds=1))))
    assert said.startswith("rotation-ahead: `created_before` is 2026-05-01 10:00:01 UTC, and on the instance it is")


def test_this_very_second_is_not_yet_to_come() -> None:
    [change] = planned(OLD, entry=portal(time=NOW)).changes
    assert isinstance(change, Create)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([made(17), made(18)], ["2 made before 2026-05-01 09:00 UTC: 17 (created 2026-04-01 09:00 UTC), 18", "ids: {"]),
        ([made(17), made(18), NEW], ["2 made before", "and 1 made since 2026-05-01 09:00 UTC: 29"]),
        (
            [OLD, NEW, made(30, SINCE)],
            ["1 made before", "2 made since", "30 (created 2026-05-01 09:05 UTC)"],
        ),
        ([NEW, made(30, SINCE)], ["live are 2 made since"]),
    ],
)
def test_more_than_one_old_or_new_one_is_never_guessed_about(seen: list[LiveClient], words: list[str]) -> None:
    """A killed run, or two at once, may have made a client twice: the wrong one of them may have been delivered."""
    plan = planned(*seen, entry=portal(AT_ONCE), prune=Prune.ALL)
    said = reason_of_block(plan)
    assert said.startswith("rotation-ambiguous: ")
    assert [word for word in words if word not in said] == []
    assert set(plan.held) == {each.id for each in seen}


@pytest.mark.parametrize("odd", [made(18, None), unsupported(18, "Portal")])
@pytest.mark.parametrize("others", [[OLD], [NEW], [OLD, NEW]])
def test_what_cannot_be_judged_by_its_date_blocks_the_rotation(
    odd: LiveClient | UnsupportedClient, others: list[LiveClient]
) -> None:
    assert reason_of_block(planned(odd, *others)).startswith("rotation-unclear: ")


def test_one_without_a_date_alone_is_not_rotated() -> None:
    assert "17 (creation date unknown)" in reason_of_block(planned(made(17, None)))


def test_one_in_a_form_that_cannot_be_declared_is_blocked_for_that() -> None:
    assert reason_of_block(planned(unsupported(18, "Portal"))).startswith("unsupported: ")


@pytest.mark.parametrize("seen", [[OLD], [OLD, NEW]])
def test_without_the_clock_of_the_instance_nothing_is_rotated(seen: list[LiveClient]) -> None:
    assert reason_of_block(planned(*seen, now=None)).startswith("rotation-without-clock: ")


def test_a_date_at_the_end_of_the_calendar_is_no_reason_to_fail() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert "9999-12-31" in note(planned(OLD, made(29, last)))


def test_an_old_client_is_neither_unmanaged_nor_pruned_while_it_stays() -> None:
    plan = planned(OLD, NEW, prune=Prune.ALL)
    assert plan.changes == ()
    assert [client.id for client in plan.unmanaged] == [1]


# With `ids:`


def test_the_pinned_one_of_two_old_namesakes_is_replaced() -> None:
    [change] = planned(made(16), OLD, entry=portal(id=17)).changes
    assert isinstance(change, Create)
    assert change.replaces is not None
    assert change.replaces.id == 17


def test_while_the_pinned_one_stays_the_plan_says_what_to_pin_then() -> None:
    plan = planned(made(16), OLD, NEW, entry=portal(id=17))
    assert plan.changes == ()
    assert "then write `ids: {staging: 29}`" in note(plan)
    assert [client.id for client in plan.unmanaged] == [1, 16]


def test_once_the_pinned_one_is_gone_its_successor_is_the_client() -> None:
    """Or the next plan would be blocked because of the rotation that it asked for itself."""
    plan = planned(made(16), NEW, entry=portal(id=17))
    assert (plan.changes, plan.blocked, plan.in_sync) == ((), (), 1)
    assert note(plan).startswith("rotation-moved: ")
    assert "write `ids: {staging: 29}`" in note(plan)
    [update] = planned(NEW, entry=portal(id=17, redirect=NEW_URL)).changes
    assert isinstance(update, Update)
    assert update.id == 29


def test_a_pinned_one_that_is_gone_without_a_successor_is_not_made_again() -> None:
    assert reason_of_block(planned(made(16), entry=portal(id=17))).startswith("id-not-live: ")
    assert reason_of_block(planned(NEW, made(30, SINCE), entry=portal(id=17))).startswith("rotation-ambiguous: ")


def test_an_old_one_beside_a_pinned_successor_is_left_alone_and_named() -> None:
    plan = planned(OLD, NEW, entry=portal(AT_ONCE, id=29))
    assert plan.changes == ()
    assert note(plan).startswith("rotation-leftover: ")


def test_a_client_is_renamed_before_it_is_replaced() -> None:
    gate = made(17, name="Gate")
    entry = replace(portal(), previous_names=("Gate",))
    plan = planned(gate, entry=entry)
    assert [type(change) for change in plan.changes] == [Update]
    assert note(plan).startswith("rotation-follows: ")
    plan = planned(gate, entry=portal(id=17))
    assert [type(change) for change in plan.changes] == [Update]


def test_nobody_else_may_claim_the_old_one_or_its_successor() -> None:
    for id in (17, 29):
        plan = plan_of(declare(portal(), present("Other", line=9, id=id)), listing(OLD, NEW, at=NOW))
        assert [blocked.reason.code for blocked in plan.blocked] == ["clashing", "clashing"]


# Drift


def test_to_rotate_is_a_change_of_git() -> None:
    base = declare(present("Portal"))
    create, delete = planned(OLD, entry=portal(AT_ONCE), base=base).changes
    assert (create.origin, delete.origin) == (Origin.GIT, Origin.GIT)  # type: ignore[union-attr]
    assert (origin_text(create), origin_text(delete)) == ("rotated in git", "rotated in git")


def test_what_a_person_changed_on_the_old_one_is_not_lost_by_rotating_it() -> None:
    base, changed = declare(present("Portal")), made(17, redirect=NEW_URL)
    plan = planned(changed, base=base)
    assert [refusal.code for refusal in refusals(plan, Guards(Limits()))] == ["drift"]
    kept = planned(changed, base=base, on_drift=OnDrift.KEEP)
    [create] = kept.changes
    assert create.after == spec("Portal", redirect=NEW_URL)  # type: ignore[union-attr]
    assert [each.name for each in kept.kept] == ["Portal"]
    assert refusals(kept, Guards(Limits())) == ()


# The guards

SINKS = (SinkScope(owners=("team-*",)),)


def codes(plan: Plan, **guards: object) -> list[str]:
    return [each.code for each in refusals(plan, replace(Guards(Limits(), sinks=SINKS), **guards))]  # type: ignore[arg-type]


@pytest.mark.parametrize("keep_old", [WEEK, AT_ONCE])
def test_a_protected_client_may_be_rotated(keep_old: timedelta) -> None:
    assert codes(planned(OLD, entry=portal(keep_old)), protected=("Portal",)) == []
    assert codes(planned(OLD, NEW, entry=portal(keep_old), now=SINCE + WEEK), protected=("Portal",)) == []


def test_a_protected_client_is_not_deleted_for_a_successor_that_is_not_there() -> None:
    plan = planned(OLD, NEW, now=SINCE + WEEK)
    assert codes(replace(plan, live_ids=(1, 17)), protected=("Portal",)) == ["protected"]
    _, delete = planned(OLD, entry=portal(AT_ONCE)).changes
    assert codes(replace(plan, changes=(delete,), live_ids=(1, 17)), protected=("Portal",)) == ["protected"]


def test_a_system_client_is_never_rotated() -> None:
    entry = present("PmApi", rotate=rotation(TIME))
    assert codes(planned(entry=entry)) == ["system-client"]
    assert "would be replaced" in refusals(planned(entry=entry), Guards(Limits()))[0].text


def test_a_secret_that_stops_at_once_is_not_rotated_where_nobody_gets_the_new_one() -> None:
    assert codes(planned(OLD, entry=portal(AT_ONCE)), sinks=()) == ["rotation-undelivered"]
    assert codes(planned(OLD, entry=portal(WEEK)), sinks=()) == []


def test_a_rotation_counts_as_a_create_and_then_as_a_delete() -> None:
    plan = planned(OLD, entry=portal(AT_ONCE))
    assert codes(plan, limits=Limits(creates=0, deletes=0)) == ["limit-creates", "limit-deletes"]


# Saved plans

AT_ONCE_PLAN, KEEPING_PLAN = planned(OLD, entry=portal(AT_ONCE)), planned(OLD)
LATER_PLAN = planned(OLD, NEW, now=SINCE + WEEK)
CHANGED = made(17, redirect=NEW_URL)


def stale_codes(plan: Plan, *now: LiveClient | UnsupportedClient) -> list[str]:
    match reconcile_saved(plan, listing(SYSTEM, *now)):
        case Stale(reasons):
            return [reason.code for reason in reasons]
        case Ready():
            return []


@pytest.mark.parametrize("plan", [KEEPING_PLAN, AT_ONCE_PLAN])
def test_a_saved_rotation_is_applied_where_nothing_has_changed(plan: Plan) -> None:
    found = reconcile_saved(plan, listing(SYSTEM, OLD))
    assert isinstance(found, Ready)
    assert (found.plan.changes, found.already_live) == (plan.changes, ())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([CHANGED], "changed"),
        ([], "gone"),
        ([unsupported(17, "Portal")], "unsupported"),
        ([OLD, made(30, SINCE, NEW_URL)], "name-taken"),
        ([OLD, made(30, SINCE), made(31, SINCE)], "name-taken"),
    ],
)
def test_a_saved_rotation_of_what_is_no_longer_so_is_stale(now: list[LiveClient], expected: str) -> None:
    assert stale_codes(KEEPING_PLAN, *now) == [expected]


def test_a_saved_rotation_that_was_broken_off_goes_on() -> None:
    """And the guards know the successor, which is not made by what is left of the plan."""
    found = reconcile_saved(AT_ONCE_PLAN, listing(SYSTEM, OLD, NEW))
    assert isinstance(found, Ready)
    [delete] = found.plan.changes
    assert isinstance(delete, Delete)
    assert (delete.id, delete.successor, found.plan.in_sync) == (17, 29, 0)
    assert codes(found.plan, protected=("Portal",)) == []


def test_a_saved_rotation_that_is_done_is_done() -> None:
    for plan, now in ((KEEPING_PLAN, [OLD, NEW]), (AT_ONCE_PLAN, [NEW]), (LATER_PLAN, [NEW])):
        found = reconcile_saved(plan, listing(SYSTEM, *now))
        assert isinstance(found, Ready)
        assert (found.plan.changes, found.plan.in_sync) == ((), 1)


def test_an_old_client_is_not_deleted_once_its_successor_is_gone() -> None:
    assert stale_codes(LATER_PLAN, OLD) == ["no-successor"]
    assert stale_codes(LATER_PLAN, OLD, NEW) == []


# The way back


def test_a_rotation_is_not_undone_but_the_form_of_the_client_is() -> None:
    create, delete = planned(OLD, entry=portal(AT_ONCE, redirect=NEW_URL)).changes
    undo = invert("run", [(create, 29), (delete, 17)], at(1))
    [update] = undo.changes
    assert isinstance(update, Update)
    assert (update.id, update.before, update.after) == (29, spec("Portal", redirect=NEW_URL), spec("Portal"))
    assert [loss.code for loss in undo.losses] == ["rotation-stays", "rotation-stays"]
    assert invert("run", [(KEEPING_PLAN.changes[0], 29)], at(1)).changes == ()


def test_a_client_with_personal_access_is_replaced_without_saying_that_it_gets_what_it_had() -> None:
    entry = present(spec("Portal", PERSONAL), rotate=rotation(TIME))
    [create] = planned(LiveClient(17, spec("Portal", PERSONAL), BEFORE), entry=entry).changes
    assert "personal-access" not in [risk.code for risk in create.risks]
    [create] = planned(LiveClient(17, spec("Portal", CODE), BEFORE), entry=entry).changes
    assert "personal-access" in [risk.code for risk in create.risks]


def test_the_order_of_the_listing_does_not_matter() -> None:
    seen = [SYSTEM, OLD, NEW]
    for now in (NOW, SINCE + WEEK):
        forwards, backwards = Listing(tuple(seen), at=now), Listing(tuple(reversed(seen)), at=now)
        assert plan_of(declare(portal()), forwards) == plan_of(declare(portal()), backwards)


def test_two_entries_that_pin_one_client_never_take_it_from_each_other() -> None:
    """Not even if the match of one of them is ambiguous for a reason of its own: here, an instance without a clock."""
    rotate = rotation(TIME, AT_ONCE)
    entries = [present(name, line=line, id=7, rotate=rotate) for line, name in ((1, "Beta"), (11, "Gamma"))]
    seen = Listing((LiveClient(7, spec("Beta"), BEFORE),))
    assert plan_of(declare(*entries), seen).changes == ()
