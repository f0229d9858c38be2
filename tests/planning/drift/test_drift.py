"""Change told from drift: the labels, and what --on-drift does about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.clients import AbsentClient, ClientSpec, Declarations, DesiredClient, Field, Listing
from reconciler.model.settings import NO_LIMITS
from reconciler.planning.drift.origins import origins_of
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.plan.plan import Create, Delete, Kept, OnDrift, Origin, Plan, Prune, Update
from tests.builders import (
    CODE,
    PASSWORD,
    absent,
    declare,
    elsewhere,
    listing,
    live,
    plan_of,
    present,
    spec,
    unsupported,
)

A = spec("X", redirect="https://a.example/cb")
B = spec("X", redirect="https://b.example/cb")
C = spec("X", redirect="https://c.example/cb")
GIT, INSTANCE, BOTH = Origin.GIT, Origin.INSTANCE, Origin.BOTH
NOTHING = None
LEFT = "left alone"

# What the base says, what is declared now, what is live → the change with `--prune removed`, and its label.
# "absent" is `state: absent`; None is "says nothing", or "is not live".
TABLE: list[tuple[ClientSpec | str | None, ClientSpec | str | None, ClientSpec | None, object]] = [
    (None, None, None, NOTHING),
    (None, None, A, LEFT),
    (None, None, B, LEFT),
    (None, A, None, (Create, GIT)),
    (None, A, A, NOTHING),
    (None, A, B, (Update, BOTH)),
    (None, B, None, (Create, GIT)),
    (None, B, A, (Update, BOTH)),
    (None, B, B, NOTHING),
    (A, None, None, NOTHING),
    (A, None, A, (Delete, GIT)),
    (A, None, B, (Delete, BOTH)),
    (A, A, None, (Create, INSTANCE)),
    (A, A, A, NOTHING),
    (A, A, B, (Update, INSTANCE)),
    (A, B, None, (Create, BOTH)),
    (A, B, A, (Update, GIT)),
    (A, B, B, NOTHING),
    (B, None, None, NOTHING),
    (B, None, A, (Delete, BOTH)),
    (B, None, B, (Delete, GIT)),
    (B, A, None, (Create, BOTH)),
    (B, A, A, NOTHING),
    (B, A, B, (Update, GIT)),
    (B, B, None, (Create, INSTANCE)),
    (B, B, A, (Update, INSTANCE)),
    (B, B, B, NOTHING),
    (A, B, C, (Update, BOTH)),
    ("absent", None, None, NOTHING),
    ("absent", None, A, LEFT),
    ("absent", A, None, (Create, GIT)),
    ("absent", A, B, (Update, BOTH)),
    ("absent", "absent", A, (Delete, INSTANCE)),
    ("absent", "absent", None, NOTHING),
    (None, "absent", A, (Delete, GIT)),
    (A, "absent", A, (Delete, GIT)),
    (A, "absent", B, (Delete, BOTH)),
    (A, "absent", None, NOTHING),
]


def declaring(what: ClientSpec | str | None) -> Declarations:
    """Declarations of at most one client X, beside one that makes a prune plausible."""
    other = present("Other", line=9)
    if what is None:
        return declare(other)
    return declare(other, absent("X") if isinstance(what, str) else present(what))


def having(what: ClientSpec | None) -> Listing:
    """A listing of at most one client X beside the other one."""
    other = live(9, "Other")
    return listing(other) if what is None else listing(live(1, what), other)


@pytest.mark.parametrize(("base", "declared", "found", "expected"), TABLE)
def test_every_difference_is_labelled_by_where_it_comes_from(
    base: ClientSpec | str | None, declared: ClientSpec | str | None, found: ClientSpec | None, expected: object
) -> None:
    plan = plan_of(declaring(declared), having(found), prune=Prune.REMOVED, base=declaring(base))
    if isinstance(expected, tuple):
        [change] = plan.changes
        assert (type(change), *set(origins_of(change))) == expected
    else:
        assert plan.changes == ()
        assert [each.name for each in plan.unmanaged] == (["X"] if expected is LEFT else [])


def test_the_table_has_every_combination_of_absent_a_and_b() -> None:
    combinations = {row[:3] for row in TABLE}
    assert {(b, d, f) for b in (None, A, B) for d in (None, A, B) for f in (None, A, B)} <= combinations


@pytest.mark.parametrize(("base", "declared", "found", "expected"), TABLE)
@pytest.mark.parametrize("on_drift", OnDrift)
def test_what_a_person_did_is_refused_kept_or_reverted(
    base: ClientSpec | str | None,
    declared: ClientSpec | str | None,
    found: ClientSpec | None,
    expected: object,
    on_drift: OnDrift,
) -> None:
    plan = plan_of(declaring(declared), having(found), prune=Prune.REMOVED, base=declaring(base), on_drift=on_drift)
    refused = [refusal.code for refusal in refusals(plan, Guards(NO_LIMITS))]
    if not isinstance(expected, tuple) or expected[1] is GIT:
        assert (refused, plan.kept) == ([], ())
    elif on_drift is OnDrift.KEEP:
        assert plan.changes == ()
        [kept] = plan.kept
        assert (kept.origin, kept.id) == (expected[1], 1 if found else None)
        assert plan.in_sync == 1
    else:
        assert len(plan.changes) == 1
        assert refused == (["drift"] if on_drift is OnDrift.REFUSE else [])


def test_without_a_base_nothing_is_labelled() -> None:
    plan = plan_of(declaring(A), having(B), on_drift=OnDrift.KEEP)
    [change] = plan.changes
    assert (origins_of(change), plan.base, plan.on_drift, plan.kept) == ((), None, None, ())


def test_each_field_has_its_own_label() -> None:
    before = spec("X", CODE, PASSWORD, redirect="https://a.example/cb")
    wanted = replace(before, grants=frozenset({CODE}))
    found = replace(before, redirect_urls=("https://night.example/fix",))
    [change] = plan_of(declaring(wanted), having(found), base=declaring(before)).changes
    assert isinstance(change, Update)
    assert {each.field: each.origin for each in change.origins} == {Field.GRANTS: GIT, Field.REDIRECT_URL: INSTANCE}


def test_keeping_takes_what_git_changed_and_leaves_what_a_person_did() -> None:
    before = spec("X", CODE, PASSWORD, redirect="https://a.example/cb")
    wanted = replace(before, grants=frozenset({CODE}))
    found = replace(before, redirect_urls=("https://night.example/fix",))
    plan = plan_of(declaring(wanted), having(found), base=declaring(before), on_drift=OnDrift.KEEP)
    [change] = plan.changes
    assert isinstance(change, Update)
    assert change.after == replace(found, grants=wanted.grants)
    assert {each.field: each.origin for each in change.origins} == {Field.GRANTS: GIT}
    [kept] = plan.kept
    assert [(each.field, each.live, each.declared) for each in kept.fields] == [
        (Field.REDIRECT_URL, "https://night.example/fix", "https://a.example/cb")
    ]


def test_a_redirect_that_is_kept_keeps_its_grant_since_the_platform_derives_one_from_the_other() -> None:
    before = spec("X", CODE, PASSWORD, redirect="https://a.example/cb")
    wanted = spec("X", PASSWORD)
    found = replace(before, redirect_urls=("https://night.example/fix",))
    plan = plan_of(declaring(wanted), having(found), base=declaring(before), on_drift=OnDrift.KEEP)
    assert plan.changes == ()
    [kept] = plan.kept
    assert kept.origin is BOTH
    assert [each.field for each in kept.fields] == [Field.GRANTS, Field.REDIRECT_URL]


def test_a_rename_in_git_is_git_s_and_one_on_the_instance_is_drift() -> None:
    renamed_in_git = plan_of(
        declare(present("New", previous=["Old"])), listing(live(1, "Old")), base=declare(present("Old"))
    )
    renamed_there = plan_of(
        declare(present("Old", id=1)), listing(live(1, "Renamed")), base=declare(present("Old", id=1))
    )
    assert [origins_of(change) for change in renamed_in_git.changes] == [(GIT,)]
    assert [origins_of(change) for change in renamed_there.changes] == [(INSTANCE,)]


def test_a_redirect_that_is_ignored_is_neither_change_nor_drift() -> None:
    entry = present(A, keep_redirect=True)
    plan = plan_of(declare(entry), having(B), base=declare(entry))
    assert (plan.changes, plan.in_sync) == ((), 1)


def test_a_removed_entry_is_unmanaged_and_the_plan_says_where_it_stood() -> None:
    plan = plan_of(declaring(None), having(A), base=declaring(A))
    [left] = plan.unmanaged
    assert left.note is not None
    assert left.note.code == "removed"
    assert "the base declares it here at clients/all.yaml:1, and the files no longer do" in left.note.text
    assert "--prune removed" in left.note.text


def test_a_removed_name_that_several_clients_have_is_not_deleted() -> None:
    found = listing(live(1, "X"), live(2, "X"), live(9, "Other"))
    plan = plan_of(declaring(None), found, prune=Prune.REMOVED, base=declaring(spec("X")))
    assert plan.changes == ()
    assert [each.id for each in plan.unmanaged] == [1, 2]


def test_a_removed_name_that_a_client_has_which_cannot_be_declared_is_not_deleted() -> None:
    found = listing(live(1, "X"), unsupported(2, "X"), live(9, "Other"))
    plan = plan_of(declaring(None), found, prune=Prune.REMOVED, base=declaring(spec("X")))
    assert plan.changes == ()


def test_a_client_that_the_platform_needs_is_said_to_stay() -> None:
    plan = plan_of(declaring(None), listing(live(1, "PmApi"), live(9, "Other")), base=declaring(spec("PmApi")))
    [left] = plan.unmanaged
    assert left.note is not None
    assert "the platform needs it, so nothing deletes it" in left.note.text


def test_a_removed_entry_with_an_id_deletes_that_client_whatever_its_namesakes() -> None:
    found = listing(live(1, "X"), live(2, "X"), live(9, "Other"))
    base = declare(present("X", id=2), present("Other"))
    plan = plan_of(declaring(None), found, prune=Prune.REMOVED, base=base)
    assert [change.id for change in plan.changes if isinstance(change, Delete)] == [2]


def test_an_entry_that_is_for_other_instances_now_is_removed_here() -> None:
    declared = declare(present("Other"), elsewhere("X", "production"))
    plan = plan_of(declared, having(A), prune=Prune.REMOVED, base=declaring(A))
    assert [type(change) for change in plan.changes] == [Delete]


def test_what_was_renamed_is_not_removed() -> None:
    found = listing(live(1, "Old"), live(2, "New"), live(9, "Other"))
    declared = declare(present("Other"), present("New", previous=["Old"]))
    plan = plan_of(declared, found, prune=Prune.REMOVED, base=declare(present("Other"), present("Old")))
    assert plan.changes == ()


def test_system_ignored_and_never_declared_clients_survive_the_prune_of_what_was_removed() -> None:
    found = listing(live(1, "PmApi"), live(2, "Zapier one"), live(3, "By hand"), live(9, "Other"))
    base = declare(present("Other"), present("PmApi"), present("Zapier one"))
    plan = plan_of(declaring(None), found, ignore=("zapier*",), prune=Prune.REMOVED, base=base)
    assert plan.changes == ()


def test_pruning_everything_counts_as_drift_what_git_never_had() -> None:
    found = listing(live(1, "By hand"), live(2, "X"), live(9, "Other"))
    plan = plan_of(declaring(None), found, prune=Prune.ALL, base=declaring(spec("X")))
    assert {change.name: origins_of(change) for change in plan.changes} == {"By hand": (INSTANCE,), "X": (GIT,)}


def test_a_refusal_names_every_way_out() -> None:
    plan = plan_of(declaring(A), having(B), base=declaring(A))
    [refusal] = refusals(plan, Guards(NO_LIMITS))
    assert "changed on the instance, not in git" in refusal.text
    for way_out in ("export --update --accept X --instance staging", "--on-drift revert", "--on-drift keep"):
        assert way_out in refusal.way_out


def test_a_plan_keeps_no_more_than_it_says() -> None:
    plan: Plan = plan_of(declaring(A), having(None), base=declaring(A), on_drift=OnDrift.KEEP)
    assert plan.kept == (Kept("X", None, INSTANCE, present(A).source),)


def test_entries_of_the_base_are_found_by_id_then_name_then_previous_names() -> None:
    entries: list[DesiredClient | AbsentClient] = [present("New", previous=["Old"], id=None), present("By id", id=7)]
    base = declare(present("Old"), present("Was called so", id=7))
    found = listing(live(1, "Old"), live(7, "Was called so"))
    plan = plan_of(declare(*entries), found, base=base)
    assert {change.name: origins_of(change) for change in plan.changes} == {"New": (GIT,), "By id": (GIT,)}
